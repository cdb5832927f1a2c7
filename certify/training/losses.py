"""Convex losses whose minimum is attained at every example: the prediction that each asks for, and its curvature there.

l_i(z_i) is least at a finite z_i, unique up to the loss's flat directions. At parameters with f_i = z_i (up to these)
for every example the Hessian of L = (1/N) sum_i l_i(f_i) is (1/N) sum_i J_i^T W_i J_i exactly, W_i = Hess l_i(z_i).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log
from foundation import CertificateError, InputError


@final
@dataclass(frozen=True, eq=False)
class Anchors:
    """centres: balls (N, q) around z_i. weights: balls (N, q, q) around W_i, exact zeros off the diagonal where that
    is.

    flat: whether l_i(f + t 1) = l_i(f) for all t, so that W_i annihilates (1, ..., 1) and z_i is meant modulo it.
    """

    centres: Ball
    weights: Ball
    flat: bool


@final
@dataclass(frozen=True)
class AttainedLoss:
    """name: as in `certify.statements.training`. analytic: whether l_i is so; Huber's is near its minimum."""

    name: str
    anchors: Callable[[Ball, Mapping[str, Any]], Anchors]
    settings: tuple[str, ...] = ()
    analytic: bool = True


def attained_loss(loss: Mapping[str, Any]) -> AttainedLoss:
    """The loss of that name with its settings; raises `CertificateError` for anything else."""
    name = loss.get("name")
    if not isinstance(name, str) or name not in LOSSES:
        raise CertificateError(f"no loss is called {name!r}; known are {', '.join(LOSSES)}")
    found = LOSSES[name]
    if set(loss) != {"name", *found.settings}:
        raise CertificateError(f"the loss {name!r} has the settings {', '.join(found.settings) or 'none'}")
    return found


def anchors(loss: Mapping[str, Any], targets: np.ndarray) -> Anchors:
    """z_i and W_i for targets (N, q); raises `InputError` where a target has no minimum, and says which."""
    return attained_loss(loss).anchors(Ball.exact(targets), loss)


# The mean of such losses may have a minimum or none; neither is decided here.
_HARD = (
    " (its infimum lies at infinite outputs), and no minimum of the mean can be least for every example; "
    "smooth the targets, or pass sp.Loss for a strict minimum of the mean"
)


def _softmax_cross_entropy(targets: Ball, loss: Mapping[str, Any]) -> Anchors:
    """-sum_k y_k log softmax(f)_k with y_k > 0: z = log y, W = s (diag p - p p^T), s = sum y, p = y / s."""
    _require(targets, targets.lower > 0, "must be positive: with a label of exactly 0 the loss of the example has no "
             "minimum" + _HARD)  # fmt: skip
    total = targets.sum(axis=1).reshape(-1, 1)
    p = targets / total
    n, q = targets.shape
    outer = p.reshape(n, q, 1) * p.reshape(n, 1, q)
    weights = (p.reshape(n, q, 1) * np.eye(q) - outer) * total.reshape(-1, 1, 1)
    return Anchors(log(targets), weights, True)


def _logistic(targets: Ball, loss: Mapping[str, Any]) -> Anchors:
    """sum_k -y_k log s(f_k) - (1 - y_k) log s(-f_k) with 0 < y < 1: z = log(y / (1 - y)), W = y (1 - y)."""
    _require(targets, (targets.lower > 0) & (targets.upper < 1), "must lie strictly between 0 and 1: with a "
             "label of exactly 0 or 1 the loss of the example has no minimum" + _HARD)  # fmt: skip
    return _diagonal(log(targets) - log(1.0 - targets), targets * (1.0 - targets))


def _poisson(targets: Ball, loss: Mapping[str, Any]) -> Anchors:
    """sum_k exp(f_k) - y_k f_k with y > 0: z = log y, W = y."""
    _require(targets, targets.lower > 0, "must be positive: with a count of 0 the loss of the example has no minimum"
             + _HARD)  # fmt: skip
    return _diagonal(log(targets), targets)


def _quadratic(targets: Ball, loss: Mapping[str, Any]) -> Anchors:
    """(1/2) sum_k w_k (f_k - y_k)^2: z = y, W = diag w."""
    weights = loss["weights"]
    shaped = isinstance(weights, np.ndarray) and weights.dtype == np.float64 and weights.shape == (targets.shape[1],)
    if not shaped or not np.isfinite(weights).all() or not (weights > 0).all():
        raise CertificateError(f"the weights of the squared error must be {targets.shape[1]} positive numbers")
    return _diagonal(targets, Ball.exact(np.broadcast_to(weights, targets.shape)))


def _huber(targets: Ball, loss: Mapping[str, Any]) -> Anchors:
    """x^2 / 2 for |x| <= delta, x = f - y: near its minimum it is the squared error."""
    delta = loss["delta"]
    if not isinstance(delta, float) or not 0 < delta < math.inf:
        raise CertificateError(f"Huber's delta must be a positive number, but is {delta!r}")
    return _diagonal(targets, Ball.exact(np.ones(targets.shape)))


def _log_cosh(targets: Ball, loss: Mapping[str, Any]) -> Anchors:
    """sum_k log cosh(f_k - y_k): z = y, W = I."""
    return _diagonal(targets, Ball.exact(np.ones(targets.shape)))


def _diagonal(centres: Ball, diagonal: Ball) -> Anchors:
    return Anchors(centres, diagonal.reshape(*diagonal.shape, 1) * np.eye(diagonal.shape[1]), False)


def _require(targets: Ball, holds: np.ndarray, what: str) -> None:
    if not holds.all():
        example, output = (int(i) for i in np.argwhere(~holds)[0])
        raise InputError(f"target {float(targets.mid[example, output])!r} of example {example} {what}")


LOSSES: dict[str, AttainedLoss] = {
    loss.name: loss
    for loss in (
        AttainedLoss("softmax-cross-entropy", _softmax_cross_entropy),
        AttainedLoss("logistic", _logistic),
        AttainedLoss("poisson", _poisson),
        AttainedLoss("weighted-squared", _quadratic, ("weights",)),
        AttainedLoss("huber", _huber, ("delta",), analytic=False),
        AttainedLoss("log-cosh", _log_cosh),
    )
}
