"""Why the Gram matrix K = J J^T is nearly singular: an estimate in words, beside a proof that failed."""

from collections.abc import Iterable
from typing import Any

import numpy as np

# Above this condition number float64 leaves a proof no room.
_SINGULAR = 1e10
# An eigenvalue below this part of the largest one, times the size, is 0 up to rounding.
_ROUNDING = 2.0**-50
# A gradient below this part of the largest one vanishes.
_VANISHES = 1e-12
# Examples with less weight than this in the null space are not named, and no more than so many.
_WEIGHT, _NAMED = 0.05, 8


def diagnosis(rows: np.ndarray, outputs: int) -> str:
    """What is wrong with the Jacobian `rows` (N q, D) of a residual with q outputs; "" where K is well conditioned.

    Estimates in floating point. Examples, outputs and parameters are counted from 0.
    """
    if not np.isfinite(rows).all() or not rows.size:
        return ""
    with np.errstate(over="ignore", invalid="ignore"):
        gram = rows @ rows.T
    if not np.isfinite(gram).all():
        return (
            f"the parameters are too large or too small for float64: with gradients of up to {np.abs(rows).max():.1e} "
            "their squares overflow; measure parameters or inputs in other units"
        )
    values, vectors = np.linalg.eigh(gram)
    largest, size = float(values[-1]), len(values)
    if largest <= 0:
        return "the derivative of the outputs in all parameters is 0: nothing can be trained here"
    smallest = max(float(values[0]), largest * _ROUNDING * size * 2.0**-3)
    if largest / smallest < _SINGULAR:
        return ""
    flat = values <= largest * _ROUNDING * size
    told = [
        f"K = J J^T is nearly singular: condition number {largest / smallest:.1e}, nullity {int(flat.sum())} of {size}"
    ]
    norms = np.linalg.norm(rows, axis=1)
    vanishing = norms <= _VANISHES * norms.max()
    if vanishing.any():
        told.append(
            f"the gradients of {_residuals(np.flatnonzero(vanishing), outputs)} vanish (saturated or dead units)"
        )
    null = vectors[:, flat] if flat.any() else vectors[:, :1]
    shares = np.where(vanishing, 0.0, (null**2).sum(axis=1))
    dependent = [int(i) for i in np.argsort(-shares) if shares[i] > _WEIGHT]
    if dependent:
        told.append(f"the gradients of {_residuals(np.sort(dependent), outputs)} depend on each other")
    idle = np.flatnonzero(~rows.any(axis=0))
    if idle.size:
        told.append(f"{idle.size} of {rows.shape[1]} parameters move no output ({_listed(idle)} in the flat order)")
    return "; ".join(told)


def _residuals(numbers: np.ndarray, outputs: int) -> str:
    if outputs == 1:
        return f"examples {_listed(numbers)}"
    return f"(example, output) {_listed([(int(i) // outputs, int(i) % outputs) for i in numbers])}"


def _listed(items: Iterable[Any]) -> str:
    every = [str(x) for x in items]
    return ", ".join(every[:_NAMED]) + (f" and {len(every) - _NAMED} more" if len(every) > _NAMED else "")
