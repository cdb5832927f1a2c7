"""Where statements about overparameterised losses fail: critical points off the zero set, and singular zero sets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.strictness_counterexamples.derivation import (
    derive_kernel_counterexample,
    derive_rank_counterexample,
    derive_strict_minimum_counterexample,
)
from cases.strictness_counterexamples.manifold import derive_manifold_of_interpolation
from certify.arithmetic import Ball
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.program import hessian, trace
from certify.verdict import Verdict
from numeric import double_precision
from numeric.loss import Loss

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 3.3"


def saddle_loss(theta: Any) -> Any:
    """(1 - a b)^2."""
    return (1 - theta[0] * theta[1]) ** 2


def flat_loss(theta: Any) -> Any:
    """Phi = t1^2 with target 0, in two parameters: L = t1^4 / 2."""
    return theta[0] ** 4 / 2 + 0.0 * theta[1]


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    parts = [
        *(derive_rank_counterexample(), derive_strict_minimum_counterexample(), derive_kernel_counterexample()),
        derive_manifold_of_interpolation(),
    ]
    exact = {
        "(1 - ab)^2 at 0: smallest Hessian eigenvalue": sympy.Integer(-2),
        "(1 - ab)^2 at 0: largest Hessian eigenvalue": sympy.Integer(2),
        "t1^4/2 on t1 = 0: norm of the Hessian": sympy.Integer(0),
    }
    return SymbolicView(tuple(parts), exact)


@double_precision
def _hessian_at_origin(loss: Any) -> Ball:
    return hessian(trace(loss, np.zeros(2)), [Ball.exact(np.zeros(2))])


def _numeric(values: Mapping[str, Any]) -> NumericView:
    eigenvalues = np.linalg.eigvalsh(_hessian_at_origin(saddle_loss).mid)
    names = ("smallest", "largest")
    estimates = {
        f"(1 - ab)^2 at 0: {name} Hessian eigenvalue": Estimate(float(value), 1e-14)
        for name, value in zip(names, eigenvalues, strict=True)
    }
    return NumericView(estimates, (_landscape(),))


def _landscape() -> Plot:
    grid = np.linspace(-2, 2, 121)
    loss = (1 - grid[None, :] * grid[:, None]) ** 2
    return Plot(
        "The loss (1 - a b)^2 around its saddle at the origin",
        "a",
        "b",
        (Series("image", grid, grid, "log10(1 + loss)", upper=np.log10(1 + loss)),),
        "A map of the loss: zero along the two branches of a b = 1, and a saddle with value one at the origin.",
        {"equal": True, "size": (5.6, 4.8)},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    """Both Hessians by their extreme eigenvalues; a negative one refutes definiteness."""

    def verdict(certificate: Certificate) -> dict[str, Verdict]:
        smallest = certificate.number("smallest_curvature")
        refuted = smallest is not None and smallest.is_below(0)
        return {"(1 - ab)^2 at 0: Hessian positive definite": Verdict.REFUTED if refuted else Verdict.UNDECIDED}

    def norm(certificate: Certificate) -> dict[str, Enclosure]:
        ends = [certificate.number(name) for name in ("smallest_curvature", "sharpness")]
        bounds = [abs(bound) for end in ends if end is not None for bound in (end.lower, end.upper)]
        return {"t1^4/2 on t1 = 0: norm of the Hessian": Enclosure(0.0, max(bounds))} if len(bounds) == 4 else {}

    saddle = {
        "(1 - ab)^2 at 0: smallest Hessian eigenvalue": "smallest_curvature",
        "(1 - ab)^2 at 0: largest Hessian eigenvalue": "sharpness",
    }
    origin = np.zeros(2)
    tasks = (
        Task("the Hessian of (1 - ab)^2 at 0", "sharpness", {"problem": Loss(saddle_loss, origin)}, saddle, verdict),
        Task("the Hessian of t1^4/2 on t1 = 0", "sharpness", {"problem": Loss(flat_loss, origin)}, {}, norm),
    )
    return CertifiedView(tasks)


CASE = case_of(
    "strictness-counterexamples",
    readers={},
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known("(1 - ab)^2 at 0: smallest Hessian eigenvalue", "-2", "exact"),
        Known("(1 - ab)^2 at 0: largest Hessian eigenvalue", "2", "exact"),
        Known("(1 - ab)^2 at 0: Hessian positive definite", "REFUTED", "exact"),
    ),
    errata=(
        Erratum(
            "The Hessian of the loss has rank at most qN when D > qN.",
            "The Hessian has rank at most qN at interpolating parameters; elsewhere the residual times the network's "
            "own Hessian adds to it.",
            lambda values: derive_rank_counterexample(),
        ),
        Erratum(
            "In the overparameterised setting D > qN strict local minima no longer exist.",
            "No interpolating parameter is a strict local minimum when D > qN; other local minima may be strict.",
            lambda values: derive_strict_minimum_counterexample(),
        ),
    ),
)
