"""Which entries the problem of each kind of certificate has: neither more nor less."""

from collections.abc import Mapping
from typing import Any

from foundation import CertificateError

_REGRESSION = {"predict", "params", "inputs", "targets", "optimizer"}
_MINIMUM = (
    _REGRESSION,
    _REGRESSION | {"loss"},
    _REGRESSION | {"replaced"},
    _REGRESSION | {"loss", "replaced"},
    _REGRESSION | {"batched"},
    _REGRESSION | {"batched", "replaced"},
)
_WEIGHTS = ({"matrix"}, {"values", "columns", "row_ends"}, {"left", "right"})
_MATRICES = ({"matrices"}, {"midpoints", "radii"})
_PROBABILITIES = ({"probabilities"}, {"probability_midpoints", "probability_radii"})
_FIELD = {"field", "kind", "restriction"}
NETWORK = {"inputs", "labels", "hidden", "classes"}

# kind -> the sets of entries that a problem of this kind may have
PROBLEMS: dict[str, tuple[set[str], ...]] = {
    "minimum": (*_MINIMUM, *(entries | {"precision"} for entries in _MINIMUM)),
    "strict-minimum": ({"field", "params", "data", "optimizer", "replaced"},),
    "symmetric-minimum": ({"loss", "shapes", "params", "data", "optimizer", "generators"},),
    "learning-rates": _MINIMUM,
    "equilibrium": (_FIELD, _FIELD | {"base", "vectors"}, _FIELD | {"base", "across", "generators"}),
    "all-equilibria": (
        {"field", "kind", "lower", "upper"},
        {"field", "kind", "lower", "upper", "base", "vectors"},
    ),
    "lyapunov-exponent": tuple(m | p for m in _MATRICES for p in _PROBABILITIES),
    "locked-state": ({"tails", "heads", "weights", "frequencies", "coupling"},),
    "hopfield": tuple({"bias", "decay"} | weights for weights in _WEIGHTS),
    "descent": ({"network", "start", "learning_rate", "steps"},),
    "orbit-exponent": ({"network", "start", "direction", "learning_rate", "exponents", "windows", "tolerance"},),
    "null-directions": ({"network", "theta"},),
    "periodic-point": ({"map", "period"},),
    "periodic-orbit": ({"field"}, {"field", "integral"}),
    "time-map": ({"field", "box", "time"}, {"field", "box", "time", "start_time"}),
    "horseshoe": ({"map"},),
    "morse-class": ({"function", "lower", "upper"},),
    "branch": tuple({"field", "kind", "lower", "upper"} | more for more in (set(), {"symmetry"}, {"absent"})),
    "sharpness": (_REGRESSION - {"optimizer"}, {"loss", "params", "data"}),
    "inequality": ({"function", "lower", "upper"}, {"function", "lower", "upper", "where"}),
    "lyapunov-function": ({"function", "field", "centre", "radius"},),
    "contraction": ({"field", "metric", "lower", "upper"},),
    "values": ({"names", "formulas", "comparisons"},),
    "opinions": ({"start", "below", "above"},),
}


def check_entries(kind: str, problem: Mapping[str, Any]) -> None:
    """Raises `CertificateError` when the problem lacks an entry of its kind or has one that no proof reads."""
    found, admitted = set(problem), PROBLEMS[kind]
    if found not in admitted:
        nearest = min(admitted, key=lambda names: len(names ^ found))
        wrong = sorted(found - nearest) or sorted(nearest - found)
        verb = "has the unknown" if found - nearest else "lacks the"
        raise CertificateError(f"the problem of the {kind} certificate {verb} entry {wrong[0]!r:.80}")
    network = problem.get("network")
    if "network" in found and (not isinstance(network, dict) or set(network) != NETWORK):
        raise CertificateError(f"the problem's network has other entries than {', '.join(sorted(NETWORK))}")
