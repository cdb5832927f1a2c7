"""Coupled double-well particles: all equilibria of a few, the critical noise and the order of many."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.parameters import as_sympy, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.desai_zwanzig.critical_noise import critical_noise, order_excess, order_parameter
from cases.desai_zwanzig.derivation import (
    count_of_two,
    critical_noise_at_one,
    derive_critical_noise,
    derive_many,
    derive_noise_erratum,
    derive_two,
    field,
)
from cases.desai_zwanzig.estimates import (
    AT_ONE,
    COUNT,
    CRITICAL,
    ORDER,
    SLOWEST,
    STABLE,
    desai_zwanzig_numeric,
    guess_critical_noise,
    guess_order,
    order_curve,
)
from cases.model import CertifiedView, Erratum, Known, SymbolicView, Task, case_of
from certify.enclosure import Enclosure
from certify.verdict import Verdict
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (31)"
_DISORDER = "stability of the state without order, without noise"
_REACH = Fraction(3, 2)
_WIDTHS = (1e-13, 1e-11, 1e-9, 1e-7)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    coupling, count = as_sympy(values["coupling"]), values["particles"]
    exact: dict[str, Any] = {AT_ONE: critical_noise_at_one(), _DISORDER: Verdict.UNSTABLE}
    exact[SLOWEST] = sympy.Integer(-2)
    if count == 2:
        number, stable = count_of_two(coupling)
        exact |= {COUNT: sympy.Integer(number), STABLE: sympy.Integer(stable)}
    elif coupling >= 1:
        exact |= {COUNT: sympy.Integer(3), STABLE: sympy.Integer(2)}
    if coupling == 1:
        exact[CRITICAL] = critical_noise_at_one()
        if number_sign(as_sympy(values["noise"]) - critical_noise_at_one()) == 1:
            exact[ORDER] = sympy.Integer(0)
    return SymbolicView((derive_two(), derive_many(count, coupling), derive_critical_noise()), exact)


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    coupling, noise = values["coupling"], values["noise"]
    proved: dict[str, Any] = {}
    for name, strength in ((AT_ONE, Fraction(1)), (CRITICAL, coupling)):
        found = _critical(strength)
        if found is not None:
            proved[name] = found
    order = _order(coupling, noise)
    if order is not None:
        proved[ORDER] = order
    return CertifiedView(_tasks(values), proved, _proved_points(values, proved))


def _proved_points(values: Mapping[str, Any], proved: Mapping[str, Any]) -> tuple[Plot, ...]:
    """The proved critical noise and order parameter beside the estimated curve."""
    if CRITICAL not in proved or ORDER not in proved:
        return ()
    critical, order = proved[CRITICAL], proved[ORDER]
    grid, line = order_curve(float(values["coupling"]), critical.midpoint)
    places = np.array([critical.midpoint, float(values["noise"])])
    return (
        Plot(
            "Proved critical noise and order parameter",
            "noise D",
            "mean position m",
            (
                Series("line", grid, line, "self-consistent mean (estimate)"),
                Series("points", places, np.array([0.0, order.midpoint]), "proved", proved=True),
            ),
            f"The critical noise lies in {critical}, and the order parameter at the chosen noise in {order}.",
        ),
    )


def _critical(coupling: Fraction) -> Enclosure | None:
    """The narrowest bracket of the critical noise that the certified integrals show."""
    guess = guess_critical_noise(float(coupling))
    found = (critical_noise(coupling, guess, width * max(1.0, guess)) for width in _WIDTHS if width < guess)
    return next((bracket for bracket in found if bracket is not None), None)


def _order(coupling: Fraction, noise: Fraction) -> Enclosure | None:
    """The self-consistent mean m >= 0 of the stable phase.

    The mean of the density is a concave function of m > 0 [R. Ellis, J. Monroe, C. Newman, Commun. Math. Phys. 46
    (1976)]: there is one positive self-consistent m where its slope at 0 is above one, and none otherwise.
    """
    excess = order_excess(noise, coupling)
    if excess < 0:
        return Enclosure(0.0, 0.0)
    if not excess > 0:
        return None
    guess = guess_order(float(coupling), float(noise))
    found = (order_parameter(noise, coupling, guess, width) for width in _WIDTHS)
    return next((bracket for bracket in found if bracket is not None), None)


def _tasks(values: Mapping[str, Any]) -> tuple[Task, ...]:
    count, coupling = values["particles"], as_sympy(values["coupling"])
    symbols = sympy.symbols(f"x1:{count + 1}", real=True)
    flow = {"field": list(field(symbols, coupling)), "variables": list(symbols)}
    box = [(-float(_REACH), float(_REACH))] * count
    ordered, disordered = np.ones(count), np.zeros(count)
    listed: tuple[Task, ...] = ()
    if not _is_degenerate(values):
        listed = (
            Task(
                "All equilibria: each lies in the box, because the outermost particle is pulled inwards beyond 1",
                "all-equilibria",
                {**flow, "box": box},
                {COUNT: "equilibria", STABLE: "stable_equilibria"},
            ),
        )
    states = (
        Task("Consensus at 1", "equilibrium", {**flow, "x": ordered}, {SLOWEST: "spectral_abscissa"}),
        Task("Consensus at 0", "equilibrium", {**flow, "x": disordered}, {_DISORDER: "verdict"}),
    )
    return (*listed, *(states[:1] if coupling == 1 else states))


def _is_degenerate(values: Mapping[str, Any]) -> bool:
    """Couplings at which equilibria merge at rational points: no list can be proved whole by intervals."""
    return values["coupling"] in (Fraction(2, 3), Fraction(1))


CASE = case_of(
    "desai-zwanzig",
    readers={
        "coupling": bounded_rational(Fraction(1, 100), 100),
        "particles": whole_number(2, 4),
        "noise": bounded_rational(Fraction(1, 100), 100),
        "ensemble": whole_number(100, 200_000),
        "members": whole_number(1, 100),
    },
    symbolic=_symbolic,
    numeric=desai_zwanzig_numeric,
    certified=_certified,
    known=(
        Known(COUNT, "9", "K < 2/3, two particles"),
        Known(STABLE, "4", "consensus at +-1 and +-sqrt(1 - K) apart"),
        Known(AT_ONE, "0.45694658104446", "4 Gamma(3/4)^2 / Gamma(1/4)^2"),
    ),
    errata=(
        Erratum(
            "(31) as printed has no noise: x_i' = -V'(x_i) + (K/M) sum_j (x_j - x_i).",
            "The phase transition of the model is that of dx_i = -V'(x_i) dt + (K/M) sum_j (x_j - x_i) dt + "
            "sqrt(2 D) dW_i; without noise order is stable for every K > 0.",
            lambda values: derive_noise_erratum(),
        ),
    ),
)
