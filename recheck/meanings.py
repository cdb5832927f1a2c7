"""What the identifiers of format 2 mean here: the claims, hypotheses and theorems that this program can prove.

A claim's identifier belongs to one name, whose gaps are filled by its parameters. Identifiers that are not listed are
not covered. A hypothesis or theorem is known by its identifier alone; its parameters are words about the optimiser or
the setting, compared where they change what is said.
"""

from typing import Any

from recheck.claims import Claim

CLAIMS = {
    "minimum.existence-radius": "existence_radius",
    "minimum.sharpness": "sharpness",
    "minimum.smallest-curvature": "smallest_curvature",
    "minimum.spectral-radius": "spectral_radius",
    "minimum.critical-learning-rate": "critical_learning_rate",
    "minimum.second-moment": "second_moment_exponent",
    "minimum.gradient-descent-spectral-radius": "gradient_descent_spectral_radius",
    "minimum.gradient-descent-critical-learning-rate": "gradient_descent_critical_learning_rate",
    "sampling.shuffled-exponent": "lyapunov_exponent",
    "sampling.fixed-exponent": "lyapunov_exponent",
    "sampling.shuffled-second-moment": "second_moment_exponent",
    "sampling.contracting-learning-rate": "contracting_learning_rate",
    "learning-rates.bracket": "critical_learning_rate",
    "learning-rates.positive-up-to": "unstable_up_to",
    "exponent.top": "lyapunov_exponent",
    "equilibrium.radius": "radius",
    "equilibrium.uniqueness-radius": "uniqueness_radius",
    "linearisation.spectral-radius": "spectral_radius",
    "linearisation.spectral-abscissa": "spectral_abscissa",
    "linearisation.directions": "{side}_directions",
    "linearisation.eigenvalue": "eigenvalue_{disc}_{part}",
    "all-equilibria.number": "equilibria",
    "all-equilibria.number-at-least": "equilibria",
    "all-equilibria.equilibrium": "equilibrium_{point}",
    "all-equilibria.stable": "stable_equilibria",
    "morse.class-1": "morse_class",
    "morse.class-2": "morse_class",
    "morse.critical-points": "critical_points",
    "morse.critical-point": "critical_point_{point}",
    "morse.hessian-eigenvalue": "hessian_eigenvalue_{point}_{index}",
    "periodic-point.radius": "radius",
    "periodic-point.least-period": "least_period",
    "periodic-point.uniqueness-radius": "uniqueness_radius",
    "periodic-orbit.radius": "radius",
    "periodic-orbit.least-period": "period",
    "periodic-orbit.period": "period",
    "time-map.coordinate": "coordinate_{index}",
    "time-map.derivative": "derivative_{row}_{column}",
    "locked-state.radius": "radius",
    "locked-state.edge-radius": "edge_radius",
    "locked-state.uniqueness-along-edges": "uniqueness_radius",
    "locked-state.velocity": "velocity_1",
    "locked-state.order-parameter": "order_parameter",
    "locked-state.spectral-abscissa": "spectral_abscissa",
    "locked-state.directions": "{side}_directions",
    "locked-state.excess": "excess",
}

HYPOTHESES = {
    "minimum.smooth": "smooth",
    "minimum.H1-independent": "H1",
    "minimum.H1-strict": "H1",
    "minimum.H2": "H2",
    "minimum.H3": "H3",
    "minimum.H4": "H4",
    "minimum.sampling": "sampling",
    "minimum.extension": "extension",
    "minimum.regular": "regular",
    "sampling.shuffling": "shuffling",
    "sampling.epochs": "epochs",
    "equilibrium.smooth": "smooth",
    "equilibrium.invariant": "invariant",
    "linearisation.hyperbolic": "hyperbolic",
    "all-equilibria.lipschitz": "lipschitz",
    "all-equilibria.smooth": "smooth",
    "flow.analytic": "analytic",
    "morse.smooth": "smooth",
    "periodic-point.smooth": "smooth",
    "locked-state.hyperbolic": "hyperbolic",
}

_EPOCHS = ("sampling.theorem-B-epochs", "sampling.theorem-A-epoch")
# the theorems that lead to each verdict, by kind
THEOREMS = {
    ("minimum", "STABLE"): {"minimum.theorem-A", "minimum.theorem-strict", "minimum.theorem-B", *_EPOCHS},
    ("minimum", "UNSTABLE"): {"minimum.theorem-A", "minimum.theorem-strict", "minimum.theorem-B", *_EPOCHS},
    ("learning-rates", "PROVED"): {"learning-rates.sign"},
    ("lyapunov-exponent", "STABLE"): {"exponent.furstenberg-kesten"},
    ("lyapunov-exponent", "UNSTABLE"): {"exponent.furstenberg-kesten"},
    ("equilibrium", "STABLE"): {"linearisation.flow-stable", "linearisation.map-stable"},
    ("equilibrium", "UNSTABLE"): {"linearisation.flow-unstable", "linearisation.map-unstable"},
    ("periodic-point", "STABLE"): {"linearisation.map-stable"},
    ("periodic-point", "UNSTABLE"): {"linearisation.map-unstable"},
    ("periodic-orbit", "STABLE"): {"periodic-orbit.stable"},
    ("periodic-orbit", "UNSTABLE"): {"periodic-orbit.unstable"},
    ("time-map", "PROVED"): {"time-map.lohner"},
    ("all-equilibria", "PROVED"): {"all-equilibria.subdivision"},
    ("morse-class", "PROVED"): {"morse.subdivision"},
    ("locked-state", "STABLE"): {"locked-state.stable"},
    ("locked-state", "UNSTABLE"): {"locked-state.unstable"},
    ("locked-state", "REFUTED"): {"locked-state.cut"},
}

# names the methods of the first program, and states nothing further
_SILENT = {"engines"}

_WEAKER = {"verdict": "undecided", "place": "boundary", "exact": "near", "index": -1}


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
