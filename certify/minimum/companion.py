"""Deterministic optimisers at a minimum: one polynomial per Hessian eigenvalue.

For a Hessian eigenvalue h > 0 the linearised update acts on one plane (or line) with the characteristic polynomial
z^2 - t z + d:

    gradient descent        t = 1 - eta h                              d = 0
    heavy ball              t = 1 + b - eta h                          d = b
    Nesterov                t = (1 + b)(1 - eta h)                     d = b (1 - eta h)
    Adam at zero moments    t = 1 + b1 - (1 - b1) (eta / eps) h        d = b1

Sources: Polyak 1964 (heavy ball); Sutskever et al. 2013 (Nesterov); Adam: Kingma, Ba 2015, linearised where
sqrt(v) is negligible against eps. The largest root modulus over an interval of h is attained at its ends: for fixed
d it does not decrease with |t|, and for Nesterov t and d move together with 1 - eta h.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball, ball, hull
from certify.minimum.settings import setting
from foundation import CertificateError


@final
@dataclass(frozen=True)
class Companion:
    """polynomial: h -> (t, d). critical: the number c with "stable iff h < c", so that eta_c = eta c / h_max.

    name: which map it is, also where SGD with full batches is one of the others.
    """

    polynomial: Callable[[Ball], tuple[Ball, Ball]]
    critical_curvature: Ball
    name: str


def companion(optimizer: Mapping[str, Any]) -> Companion:
    """The polynomial of a deterministic optimiser's settings; raises `CertificateError` for unknown ones."""
    name = optimizer.get("name")
    if name not in _COMPANIONS:
        raise CertificateError(f"no deterministic optimiser is called {name!r}; known are {', '.join(_COMPANIONS)}")
    return _COMPANIONS[name](optimizer)


def spectral_radius(rule: Companion, smallest: Ball, largest: Ball) -> Ball:
    """Largest root modulus over the Hessian eigenvalues between `smallest` and `largest` (both attained)."""
    low, high = (root_modulus(*rule.polynomial(h)) for h in (smallest, largest))
    return Ball.from_bounds(np.maximum(low.lower, high.lower), np.maximum(low.upper, high.upper))


def root_modulus(trace: Ball, determinant: Ball) -> Ball:
    """Largest modulus of the roots of z^2 - t z + d: sqrt(d) if t^2 < 4d, else (|t| + sqrt(t^2 - 4d)) / 2.

    Where t^2 exceeds every float: between |t| / 2, because the roots sum to t, and |t| + sqrt|d|, because
    |t^2 - 4d| <= (|t| + 2 sqrt|d|)^2.
    """
    discriminant = trace.square() - determinant * 4.0
    if not np.isfinite(discriminant.upper):
        size = abs(trace)
        return Ball.from_bounds(size.lower / 2.0, (size + abs(determinant).sqrt()).upper)
    if discriminant.upper < 0:
        return determinant.sqrt()
    size = abs(trace)
    real = (size + _clipped(discriminant).sqrt()) / 2.0
    if discriminant.lower >= 0:
        return real
    return hull(real, _clipped(determinant).sqrt())


def _clipped(x: Ball) -> Ball:
    """x restricted to [0, inf)."""
    return Ball.from_bounds(np.maximum(x.lower, 0.0), np.maximum(x.upper, 0.0))


def _gradient_descent(optimizer: Mapping[str, Any]) -> Companion:
    eta = setting(optimizer, "learning_rate")
    return Companion(lambda h: (1.0 - eta * h, ball(0.0)), 2.0 / eta, "gradient-descent")


def _heavy_ball(optimizer: Mapping[str, Any]) -> Companion:
    eta, b = setting(optimizer, "learning_rate"), setting(optimizer, "momentum")
    critical = 2.0 * (1.0 + b) / eta
    return Companion(lambda h: ((1.0 + b) - eta * h, b), critical, "heavy-ball")


def _nesterov(optimizer: Mapping[str, Any]) -> Companion:
    eta, b = setting(optimizer, "learning_rate"), setting(optimizer, "momentum")

    def polynomial(h: Ball) -> tuple[Ball, Ball]:
        step = 1.0 - eta * h
        return (1.0 + b) * step, b * step

    critical = 2.0 * (1.0 + b) / ((1.0 + 2.0 * b) * eta)
    return Companion(polynomial, critical, "nesterov")


def _adam(optimizer: Mapping[str, Any]) -> Companion:
    eta, b1, eps = (setting(optimizer, name) for name in ("learning_rate", "b1", "eps"))
    slope = (1.0 - b1) * (eta / eps)
    critical = 2.0 * (1.0 + b1) / slope
    return Companion(lambda h: ((1.0 + b1) - slope * h, b1), critical, "adam")


def _full_batch_sgd(optimizer: Mapping[str, Any]) -> Companion:
    """SGD whose batches hold all examples: gradient descent, or heavy ball with momentum."""
    return _heavy_ball(optimizer) if optimizer.get("momentum") else _gradient_descent(optimizer)


_COMPANIONS: dict[Any, Callable[[Mapping[str, Any]], Companion]] = {
    "gradient-descent": _gradient_descent,
    "heavy-ball": _heavy_ball,
    "nesterov": _nesterov,
    "adam": _adam,
    "sgd": _full_batch_sgd,
}
