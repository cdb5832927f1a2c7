"""A fixed order of the examples: the epoch map is one matrix, E^-1 F with E = I + C L and F = I - C (D + L^T)."""

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra import log_determinant
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.training.sampling import order_free, stein_pencil
from certify.training.sampling.epochs import Epochs
from foundation import CertificateError


def batches_of(epochs: Epochs, order: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    """The order cut into the epoch's batches."""
    cuts = np.cumsum((0, *epochs.sizes))
    listed = [int(i) for i in order]
    return tuple(tuple(listed[a:b]) for a, b in itertools.pairwise(cuts))


def pencil(epochs: Epochs, order: Iterable[int]) -> tuple[Ball, Ball]:
    """(E, F) whose quotient E^-1 F is similar to the epoch map A_(S_m) ... A_(S_1).

    With the rows in the order of the epoch, K = L + D + L^T split by its batches and C the diagonal of the steps
    eta/|S|: within an epoch each batch sees the rows before it already changed, w' = w - C (L w' + (D + L^T) w), the
    block Gauss-Seidel sweep with relaxation C. With momentum, E = I and F is the product of the block matrices.
    """
    batches = batches_of(epochs, order)
    if epochs.momentum is not None:
        product = epochs.product(batches)
        return Ball.exact(np.eye(len(product))), product
    rows = np.concatenate([epochs.rows(batch) for batch in batches])
    batch_of_row = np.repeat(np.arange(len(batches)), [len(b) * epochs.outputs for b in batches])
    gram = epochs.gram[np.ix_(rows, rows)]
    steps = [epochs.step(size) for size in epochs.sizes]
    scale = Ball(
        np.array([float(s.mid) for s in steps])[batch_of_row][:, None],
        np.array([float(s.rad) for s in steps])[batch_of_row][:, None],
    )
    below = batch_of_row[:, None] > batch_of_row[None, :]
    scaled = gram * scale
    identity = np.eye(len(rows))
    return identity + scaled * below, identity - scaled * ~below


def log_abs_determinant(epochs: Epochs, order: Iterable[int]) -> float:
    """A lower bound of log |det M| / n, which log rho(M) is at least, nats an epoch; -inf where it is not bounded.

    det M = product over the batches of det(I - c K_SS).
    Without momentum only.
    """
    total = Ball.exact(0.0)
    for batch in batches_of(epochs, order):
        rows = epochs.rows(batch)
        block = np.eye(len(rows)) - epochs.step(len(batch)) * epochs.gram[np.ix_(rows, rows)]
        if len(rows) == 1:
            low, high = float(log_lower(block.mignitude)[0, 0]), float(log_upper(block.magnitude)[0, 0])
        else:
            found = log_determinant(block)[1]
            low, high = found.lower, found.upper
        if not (math.isfinite(low) and math.isfinite(high)):
            return -math.inf
        total = total + Ball.from_bounds(low, high)
    return float((total / float(epochs.dimension)).lower)


def prove(epochs: Epochs, order: Iterable[int], witness: Mapping[str, Any]) -> Enclosure:
    """log rho of the epoch map, nats an epoch, from the witness, the contraction and the determinant."""
    low = log_abs_determinant(epochs, order) if epochs.momentum is None else -math.inf
    high = order_free.fixed_bound(epochs)
    if not witness:
        return Enclosure(low, high)
    left, right = pencil(epochs, order)
    inside = _stored(witness, "inside", len(left))
    if inside is not None and stein_pencil.is_inside(left, right, inside[1], inside[0]):
        high = min(high, float(log_upper(np.asarray(inside[0]))))
    outside = _stored(witness, "outside", len(left))
    if outside is not None and stein_pencil.is_outside(left, right, outside[1], outside[0]):
        low = max(low, float(log_lower(np.asarray(outside[0]))))
    return Enclosure(low, high)


def _stored(witness: Mapping[str, Any], name: str, size: int) -> tuple[float, np.ndarray] | None:
    entry = witness.get(name)
    if entry is None:
        return None
    radius, form = (entry.get("radius"), entry.get("form")) if isinstance(entry, dict) else (None, None)
    if not isinstance(radius, float) or not 0 < radius < math.inf:
        raise CertificateError(f"the witness {name!r} of a fixed order has no radius above 0")
    if not isinstance(form, np.ndarray) or form.dtype != np.float64 or form.shape != (size, size):
        raise CertificateError(f"the witness {name!r} of a fixed order has no matrix of size {size}")
    if not np.isfinite(form).all() or not np.array_equal(form, form.T):
        raise CertificateError(f"the witness {name!r} of a fixed order is not symmetric")
    return radius, form
