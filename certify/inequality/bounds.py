"""Lower bounds of a scalar function over many boxes at once: affine forms, and Taylor forms of second order."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.morse.evaluation import BoxForms
from certify.morse.forms import Forms, coordinates
from certify.program import Program, evaluate, gradient_program, piecewise_obstacle
from foundation import InputError

# Covers the roundings of the sums and products below, up to 8 coordinates (fewer than 2^7 terms), and their underflow.
_GROWTH = 2.0**-44
_UNDERFLOW = 2.0**-1040


@final
@dataclass(frozen=True, eq=False)
class Lower:
    """values (N,): proved lower bounds, -inf where nothing is known. influence (N, d): how much each direction
    contributes to the gap (an estimate, for splitting).
    """

    values: np.ndarray
    influence: np.ndarray


@final
@dataclass(frozen=True, eq=False)
class ScalarBounds:
    """Bounds a program (d,) -> scalar over boxes [lower, upper], (N, d)."""

    program: Program

    @cached_property
    def gradient(self) -> BoxForms | None:
        """The gradient; None where the function has kinks or jumps, so that no Taylor form is used."""
        return None if piecewise_obstacle(self.program) else BoxForms(gradient_program(self.program))

    @cached_property
    def _forms(self) -> BoxForms:
        return BoxForms(self.program)

    def upper(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Proved upper bounds over the boxes, (N,): by affine forms alone."""
        forms = self._forms.forms(lower, upper)
        with np.errstate(over="ignore"):
            return np.asarray((forms.centre + forms.deviation + _slack(forms))[:, 0])

    def lower(self, lower: np.ndarray, upper: np.ndarray, wanted: float = np.inf) -> Lower:
        """Proved lower bounds over the boxes; Taylor forms are tried where affine forms do not reach `wanted`."""
        forms = self._forms.forms(lower, upper)
        with np.errstate(over="ignore"):
            values = np.asarray((forms.centre - forms.deviation - _slack(forms))[:, 0])
        values = np.where(np.isfinite(values), values, -np.inf)
        influence = np.abs(forms.slopes[:, :, 0]).T + 0.0
        rest = np.flatnonzero(~(values > wanted))
        if self.gradient is not None and len(rest):
            found = taylor(self.program, self.gradient, lower[rest], upper[rest])
            values[rest] = np.maximum(values[rest], found.values)
            influence[rest] = found.influence
        return Lower(values, influence)


def taylor(program: Program, gradient: BoxForms, lower: np.ndarray, upper: np.ndarray) -> Lower:
    """f(m + r e) = f(m) + sum_i r_i e_i (c_i + 1/2 sum_k A_ik e_k + w_i), |w_i| <= rho_i, on the cube |e_i| <= 1.

    With the gradient c + A e + w on the box this is the mean value of the gradient along the segment from the middle m:
    the integral of t from 0 to 1 makes the factor 1/2, and w is bounded by rho everywhere. The quadratic function is
    bounded below by its diagonal with the linear part, each e_i for itself, and the other products by their moduli.
    """
    place = coordinates(lower, upper)
    middle, half = place.centre, np.stack([place.slopes[k, :, k] for k in range(lower.shape[1])], axis=1)
    slopes = gradient.forms(lower, upper)
    linear = half * slopes.centre
    matrix = half[:, :, None] * np.moveaxis(slopes.slopes, 0, -1)
    symmetric = matrix / 2 + np.swapaxes(matrix, 1, 2) / 2
    diagonal = np.einsum("nii->ni", symmetric)
    with np.errstate(all="ignore"):
        steep = np.abs(linear)
        inner = np.where((diagonal > 0) & (steep < diagonal), -(linear * linear) / (2 * diagonal), diagonal / 2 - steep)
        others = np.abs(symmetric).sum(axis=(1, 2)) - np.abs(diagonal).sum(axis=1)
        remainder = (half * slopes.radius).sum(axis=1)
        mass = steep.sum(axis=1) + np.abs(symmetric).sum(axis=(1, 2)) + remainder
        down = inner.sum(axis=1) - others / 2 - remainder - (_GROWTH * mass + _UNDERFLOW)
        values = (_values(program, middle) + Ball.exact(np.where(np.isfinite(down), down, 0.0))).lower
    values = np.where(np.isfinite(down), values, -np.inf)
    share = steep + np.abs(matrix).sum(axis=2) + half * np.where(np.isfinite(slopes.radius), slopes.radius, 1.0)
    return Lower(values, share)


def _values(program: Program, points: np.ndarray) -> Ball:
    """f at exact points (N, d), N >= 1, unbounded outside of its domain."""
    try:
        (value,) = evaluate(program, [points.reshape(len(points), *program.inputs[0].shape)], batch=[True])
        return value.reshape(len(points))
    except InputError:
        if len(points) == 1:
            return Ball(np.zeros(1), np.full(1, np.inf))
        half = len(points) // 2
        parts = [_values(program, part) for part in (points[:half], points[half:])]
        return Ball(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("mid", "rad")))


def _slack(forms: Forms) -> np.ndarray:
    """What the last sums of centre and deviation may lose to rounding."""
    return np.asarray(_GROWTH * (np.abs(forms.centre) + forms.deviation) + _UNDERFLOW)
