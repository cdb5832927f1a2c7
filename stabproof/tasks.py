"""What the front door does with a case's tasks."""

from collections.abc import Callable, Mapping
from typing import Any

from cases.model import Task
from certify.certificate import Certificate, issue
from search.trajectories import certify_descent, certify_null_directions, certify_orbit_exponent
from stabproof.enumeration import all_equilibria
from stabproof.equilibrium import certify_equilibrium
from stabproof.exponent import lyapunov_exponent
from stabproof.horseshoe import certify_horseshoe
from stabproof.inequality import certify_inequality
from stabproof.minimum import certify_minimum
from stabproof.morse import morse_class
from stabproof.periodic import certify_periodic_point
from stabproof.periodic_orbit import certify_periodic_orbit
from stabproof.sharpness import certify_sharpness
from stabproof.time_map import flow
from stabproof.values import certify_values


def run_task(task: Task) -> Certificate:
    """The certificate of one task."""
    return _RUNNERS[task.kind](task.arguments)


def _minimum(arguments: Mapping[str, Any]) -> Certificate:
    return certify_minimum(**arguments)


def _exponent(arguments: Mapping[str, Any]) -> Certificate:
    return lyapunov_exponent(arguments["family"], tolerance=arguments["tolerance"], budget=arguments["budget"])


def _equilibrium(arguments: Mapping[str, Any]) -> Certificate:
    return certify_equilibrium(**arguments)


def _all_equilibria(arguments: Mapping[str, Any]) -> Certificate:
    return all_equilibria(**arguments).certificate


def _periodic_point(arguments: Mapping[str, Any]) -> Certificate:
    return certify_periodic_point(**arguments)


def _periodic_orbit(arguments: Mapping[str, Any]) -> Certificate:
    return certify_periodic_orbit(**arguments)


def _time_map(arguments: Mapping[str, Any]) -> Certificate:
    return flow(**arguments).certificate


def _horseshoe(arguments: Mapping[str, Any]) -> Certificate:
    return certify_horseshoe(**arguments)


def _morse(arguments: Mapping[str, Any]) -> Certificate:
    return morse_class(**arguments).certificate


def _descent(arguments: Mapping[str, Any]) -> Certificate:
    return certify_descent(**arguments)


def _null_directions(arguments: Mapping[str, Any]) -> Certificate:
    return certify_null_directions(**arguments)


def _orbit_exponent(arguments: Mapping[str, Any]) -> Certificate:
    return certify_orbit_exponent(**arguments)


def _inequality(arguments: Mapping[str, Any]) -> Certificate:
    return certify_inequality(**arguments)


def _sharpness(arguments: Mapping[str, Any]) -> Certificate:
    return certify_sharpness(**arguments)


def _opinions(arguments: Mapping[str, Any]) -> Certificate:
    return issue("opinions", {name: list(numbers) for name, numbers in arguments.items()}, {})


def _values(arguments: Mapping[str, Any]) -> Certificate:
    return certify_values(**arguments)


_RUNNERS: dict[str, Callable[[Mapping[str, Any]], Certificate]] = {
    "minimum": _minimum,
    "exponent": _exponent,
    "equilibrium": _equilibrium,
    "all-equilibria": _all_equilibria,
    "periodic-point": _periodic_point,
    "periodic-orbit": _periodic_orbit,
    "time-map": _time_map,
    "horseshoe": _horseshoe,
    "morse": _morse,
    "descent": _descent,
    "null-directions": _null_directions,
    "orbit-exponent": _orbit_exponent,
    "inequality": _inequality,
    "sharpness": _sharpness,
    "opinions": _opinions,
    "values": _values,
}
