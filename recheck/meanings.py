"""What the identifiers of format 2 mean here: the claims, hypotheses and theorems that this program can prove.

A claim's identifier belongs to one name, whose gaps are filled by its parameters. Identifiers that are not listed are
not covered. A hypothesis or theorem is known by its identifier alone; its parameters are words about the optimiser or
the setting, compared where they change what is said.
"""

from typing import Any

from recheck.proof import Claim

# what is claimed under the last part of its identifier, with underscores
_PLAIN = {
    "minimum": "existence-radius sharpness smallest-curvature spectral-radius critical-learning-rate "
    "gradient-descent-spectral-radius gradient-descent-critical-learning-rate",
    "strict-minimum": "existence-radius spectral-radius",
    "sampling": "contracting-learning-rate",
    "equilibrium": "radius uniqueness-radius",
    "linearisation": "spectral-radius spectral-abscissa",
    "morse": "critical-points",
    "periodic-point": "radius least-period uniqueness-radius",
    "periodic-orbit": "radius period",
    "inequality": "infimum empty counterexample",
    "contraction": "rate invariant",
    "hopfield": "radius uniqueness-radius spectral-abscissa",
    "locked-state": "radius edge-radius order-parameter spectral-abscissa excess",
}
# what is claimed by other identifiers, with gaps for parameters
_NAMED = {
    "existence_radius": "minimum.existence-radius-of-loss",
    "lyapunov_exponent": "sampling.shuffled-exponent sampling.fixed-exponent exponent.top",
    "second_moment_exponent": "minimum.second-moment sampling.shuffled-second-moment",
    "critical_learning_rate": "learning-rates.bracket",
    "unstable_up_to": "learning-rates.positive-up-to",
    "{side}_directions": "linearisation.directions locked-state.directions hopfield.directions",
    "eigenvalue_{disc}_{part}": "linearisation.eigenvalue",
    "equilibria": "all-equilibria.number all-equilibria.number-at-least",
    "equilibrium_{point}": "all-equilibria.equilibrium",
    "stable_equilibria": "all-equilibria.stable",
    "undecided_boxes": "all-equilibria.undecided-boxes",
    "critical_points": "morse.critical-points-at-least",
    "morse_class": "morse.class-1 morse.class-2 morse.class-3",
    "degenerate_point": "morse.degenerate-at morse.degenerate-near",
    "critical_point_{point}": "morse.critical-point",
    "hessian_eigenvalue_{point}_{index}": "morse.hessian-eigenvalue",
    "limit_{agent}": "opinions.limit",
    "clusters": "opinions.clusters",
    "period": "periodic-orbit.least-period",
    "coordinate_{index}": "time-map.coordinate",
    "derivative_{row}_{column}": "time-map.derivative",
    "uniqueness_radius": "locked-state.uniqueness-along-edges",
    "velocity_1": "locked-state.velocity",
    "sharpness": "sharpness.largest",
    "smallest_curvature": "sharpness.smallest",
    **{f"{said}_{{place}}": f"values.{said}" for said in ("value", "holds", "fails")},
}
CLAIMS = {f"{kind}.{last}": last.replace("-", "_") for kind, names in _PLAIN.items() for last in names.split()}
CLAIMS |= {identifier: said for said, names in _NAMED.items() for identifier in names.split()}
# the same of the points on an invariant subspace
CLAIMS |= {f"{name}-in-subspace": said for name, said in CLAIMS.items() if name.startswith("all-equilibria.")}

_ASSUMPTIONS = {
    "minimum": "smooth H1-independent H1-strict H2 H3 H4 sampling extension regular",
    "strict-minimum": "field",
    "sampling": "shuffling epochs",
    "equilibrium": "smooth invariant",
    "all-equilibria": "lipschitz smooth invariant",
    "flow": "analytic",
    **dict.fromkeys(("morse", "sharpness", "periodic-point", "contraction"), "smooth"),
    **dict.fromkeys(("linearisation", "locked-state", "hopfield"), "hyperbolic"),
}
# H1 is one hypothesis, proved in two ways
HYPOTHESES = {f"{kind}.{last}": last.split("-")[0] for kind, names in _ASSUMPTIONS.items() for last in names.split()}

# kind, verdicts, and the theorems that lead to each of them
_THEOREMS = (
    ("minimum", "STABLE UNSTABLE", "minimum.theorem-A minimum.theorem-strict minimum.theorem-B"),
    ("minimum", "STABLE UNSTABLE", "sampling.theorem-B-epochs sampling.theorem-A-epoch"),
    ("strict-minimum", "STABLE UNSTABLE", "strict-minimum.indirect"),
    ("learning-rates", "PROVED", "learning-rates.sign learning-rates.sign-epochs"),
    ("lyapunov-exponent", "STABLE UNSTABLE", "exponent.furstenberg-kesten"),
    ("equilibrium", "STABLE", "linearisation.flow-stable linearisation.map-stable"),
    ("equilibrium", "UNSTABLE", "linearisation.flow-unstable linearisation.map-unstable"),
    ("periodic-point", "STABLE", "linearisation.map-stable"),
    ("periodic-point", "UNSTABLE", "linearisation.map-unstable"),
    ("time-map", "PROVED", "time-map.lohner"),
    ("all-equilibria", "PROVED", "all-equilibria.subdivision"),
    ("morse-class", "PROVED", "morse.subdivision morse.identity morse.common-zero"),
    *((k, v, f"{k}.{v.lower()}") for k in ("periodic-orbit", "locked-state") for v in ("STABLE", "UNSTABLE")),
    ("locked-state", "REFUTED", "locked-state.cut"),
    ("inequality", "PROVED", "inequality.subdivision"),
    ("inequality", "REFUTED", "inequality.evaluation"),
    ("contraction", "PROVED", "contraction.theorem"),
    ("hopfield", "STABLE", "hopfield.contraction"),
    ("opinions", "PROVED", "opinions.events"),
    ("sharpness", "PROVED", "sharpness.matrix sharpness.structure"),
    ("values", "PROVED REFUTED", "values.arithmetic"),
)
THEOREMS = {(k, v, theorem) for k, verdicts, names in _THEOREMS for v in verdicts.split() for theorem in names.split()}

# names the methods of the first program, and states nothing further
_SILENT = {"engines"}

_WEAKER = {"verdict": "undecided", "place": "boundary", "exact": "near", "index": -1, "metric": "varying"}


def claim_name(identifier: str, parameters: dict[str, Any]) -> str | None:
    """The name that belongs to a claim's identifier and parameters; None for one that is not known."""
    pattern = CLAIMS.get(identifier)
    try:
        return None if pattern is None else pattern.format_map(parameters)
    except (KeyError, ValueError, IndexError, AttributeError):
        return None


def unproved_words(claim: Claim, own: dict[str, Any]) -> str:
    """The first parameter of a claim that is not what is proved here; "" when there is none.

    Parameters that are a part of the name are compared with it.
    """
    for key, value in claim.parameters.items():
        if key in own:
            # words that say less than what is proved are true as well
            if value != own[key] and value != _WEAKER.get(key):
                return f"{key} is {value!r:.40}, but proved is {own[key]!r:.40}"
        elif key not in _SILENT and f"{{{key}}}" not in CLAIMS[claim.identifier]:
            return f"{key} = {value!r:.40} is not proved here"
    return ""
