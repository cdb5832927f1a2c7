"""The search for the quadratic forms that bound the spectral radius of an epoch in a fixed order."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.training.sampling import order_free, stein_pencil
from certify.training.sampling.epochs import Epochs
from certify.training.sampling.fixed_order import pencil
from search.training import stein_pencil as stein_pencil_search

Witness = dict[str, Any]
# Two-sided enclosures of the spectral radius up to this size; beyond it the sign alone.
_TWO_SIDED = 160
_MARGINS = (1e-9, 1e-7, 1e-5, 1e-3, 1e-2)


def propose(epochs: Epochs, order: Iterable[int]) -> Witness:
    """Symmetric matrices that prove rho < r or rho > r for radii near rho; empty where the contraction suffices."""
    small = epochs.dimension * (1 if epochs.momentum is None else 2) <= _TWO_SIDED
    if not small and order_free.contracts(epochs):
        return {}
    left, right = pencil(epochs, order)
    found: Witness = {}
    estimate = float(np.abs(np.linalg.eigvals(np.linalg.solve(left.mid, right.mid))).max()) if small else None
    upper = _upper(left, right, estimate)
    if upper is not None:
        found["inside"] = {"radius": upper[0], "form": upper[1]}
    if estimate is not None:
        lower = _lower(left, right, estimate)
        if lower is not None:
            found["outside"] = {"radius": lower[0], "form": lower[1]}
    return found


def _upper(left: Ball, right: Ball, estimate: float | None) -> tuple[float, np.ndarray] | None:
    radii = [1.0] if estimate is None else [estimate * (1.0 + margin) for margin in _MARGINS]
    for radius in radii:
        if not 0 < radius < math.inf:
            continue
        form = stein_pencil_search.propose(left.mid, right.mid, radius)
        if form is None:
            continue
        sharper = _sharper(left, form) if estimate is None else radius
        for value in dict.fromkeys((sharper, radius)):
            if stein_pencil.is_inside(left, right, form, value):
                return value, form
    return None


def _sharper(left: Ball, form: np.ndarray) -> float:
    """The form solves P - M^T P M = I, so that r^2 P - M^T P M > 0 for r^2 > 1 - 1/lambda_max(P)."""
    metric = left.mid.T @ form @ left.mid
    largest = float(np.linalg.norm(metric))
    return math.sqrt(max(1.0 - 0.5 / largest, 0.25)) if largest > 0.5 else 1.0


def _lower(left: Ball, right: Ball, estimate: float) -> tuple[float, np.ndarray] | None:
    for margin in _MARGINS:
        radius = estimate * (1.0 - margin)
        if not 0 < radius < math.inf:
            return None
        form = stein_pencil_search.propose_indefinite(left.mid, right.mid, radius)
        if form is not None and stein_pencil.is_outside(left, right, form, radius):
            return radius, form
    return None
