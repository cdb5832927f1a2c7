"""Where statements about overparameterised losses fail: critical points off the zero set, and singular zero sets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from cases.strictness_counterexamples.derivation import (
    derive_kernel_counterexample,
    derive_rank_counterexample,
    derive_strict_minimum_counterexample,
)
from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra import is_positive_definite, symmetric_eigenvalues
from certify.program import hessian, trace
from numeric import double_precision

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 3.3"


def saddle_loss(theta: Any) -> Any:
    """(1 - a b)^2."""
    return (1 - theta[0] * theta[1]) ** 2


def flat_loss(theta: Any) -> Any:
    """Phi = t1^2 with target 0, in two parameters: L = t1^4 / 2."""
    return theta[0] ** 4 / 2 + 0.0 * theta[1]


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    parts = [derive_rank_counterexample(), derive_strict_minimum_counterexample(), derive_kernel_counterexample()]
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
    saddle, flat = _hessian_at_origin(saddle_loss), _hessian_at_origin(flat_loss)
    found = symmetric_eigenvalues(saddle)
    norm = float(np.max(flat.magnitude))
    proved: dict[str, Any] = {
        "(1 - ab)^2 at 0: smallest Hessian eigenvalue": Enclosure(float(found.lower[0]), float(found.upper[0])),
        "(1 - ab)^2 at 0: largest Hessian eigenvalue": Enclosure(float(found.lower[1]), float(found.upper[1])),
        "t1^4/2 on t1 = 0: norm of the Hessian": Enclosure(0.0, norm),
        "(1 - ab)^2 at 0: Hessian positive definite": is_positive_definite(saddle),
    }
    return CertifiedView(values=proved)


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
