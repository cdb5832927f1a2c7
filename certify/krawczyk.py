"""Krawczyk's test: a box holds exactly one zero of a square system, or none, or it is undecided."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np

from certify.arithmetic import Ball, ball, matmul
from certify.linear_algebra.inverse import approximate_inverse
from certify.linear_algebra.matrix_input import is_bounded
from certify.verdict import Verdict
from foundation import InputError

BallFunction: TypeAlias = Callable[[Ball], Ball]


@final
@dataclass(frozen=True, eq=False)
class BoxZeros:
    """What is proved about the zeros of F in a box.

    PROVED: exactly one zero, it is simple, and lies in `box`. REFUTED: none. UNDECIDED: every zero lies in
    `box`, which is the box given or smaller; split it. `reason` is one sentence.
    """

    verdict: Verdict
    box: Ball
    reason: str


def krawczyk(function: BallFunction, jacobian: BallFunction, box: Any, refinements: int = 20) -> BoxZeros:
    """Test the box X, Ball (n,), for zeros of F: R^n -> R^n.

    function: encloses F, Ball (n,) -> Ball (n,). jacobian: encloses F', Ball (n,) -> Ball (n, n), over a box of points.
    With m the midpoint of X, R ~ F'(m)^-1 and K = m - R F(m) + (I - R F'(X)) (X - m), every zero in X lies in K; K in
    the interior of X proves that there is exactly one, and that F' is non-singular on X; K and X disjoint, or 0 not in
    F(X), that there is none [R. Krawczyk, Computing 4 (1969); R. Moore, SIAM J. Numer. Anal. 14 (1977); S. Rump, Acta
    Numerica 19 (2010)]. A proved box is narrowed at most `refinements` times. Raises `InputError` on malformed input.
    """
    given = _box(box)
    image = _shaped(function(given), given.shape, "function")
    if not image.contains(np.zeros(given.shape)).all():
        return BoxZeros(Verdict.REFUTED, given, "the values of the function over the box exclude 0")
    candidate = _operator(function, jacobian, given)
    if candidate is None:
        return BoxZeros(Verdict.UNDECIDED, given, "the Jacobian at the midpoint has no approximate inverse or no bound")
    if _disjoint(candidate, given):
        return BoxZeros(Verdict.REFUTED, given, "Krawczyk's operator maps the box off itself")
    if not _inside(candidate, given):
        reason = "Krawczyk's operator does not map the box into itself"
        return BoxZeros(Verdict.UNDECIDED, _common(candidate, given), reason)
    return BoxZeros(
        Verdict.PROVED,
        _narrowed(function, jacobian, _common(candidate, given), refinements),
        "Krawczyk's operator maps the box into its interior",
    )


def _operator(function: BallFunction, jacobian: BallFunction, box: Ball) -> Ball | None:
    """K(X), or None when it has no finite bound."""
    slopes = _shaped(jacobian(box), (len(box), len(box)), "jacobian")
    guess = approximate_inverse(slopes.mid) if is_bounded(slopes) else None
    if guess is None:
        return None
    middle = Ball(box.mid, np.zeros(box.shape))
    inverse = Ball.exact(guess)
    defect = Ball.exact(np.eye(len(guess))) - matmul(inverse, slopes)
    step = matmul(inverse, _shaped(function(middle), box.shape, "function"))
    result = middle - step + matmul(defect, Ball(np.zeros(box.shape), np.array(box.rad)))
    return result if is_bounded(result) else None


def _narrowed(function: BallFunction, jacobian: BallFunction, box: Ball, refinements: int) -> Ball:
    """K(X) and X again and again while the box shrinks: the zero lies in both."""
    for _ in range(refinements):
        candidate = _operator(function, jacobian, box)
        if candidate is None:
            break
        smaller = _common(candidate, box)
        if not smaller.rad.max() < 0.9 * box.rad.max():
            break
        box = smaller
    return box


def _inside(inner: Ball, outer: Ball) -> bool:
    """Whether `inner` is proved to lie in the interior of `outer`; interval bounds of `outer` are rounded inward."""
    lower, upper = np.nextafter(outer.mid - outer.rad, np.inf), np.nextafter(outer.mid + outer.rad, -np.inf)
    return bool(((lower < inner.lower) & (inner.upper < upper)).all())


def _disjoint(first: Ball, second: Ball) -> bool:
    return bool(((first.upper < second.lower) | (second.upper < first.lower)).any())


def _common(first: Ball, second: Ball) -> Ball:
    return Ball.from_bounds(np.maximum(first.lower, second.lower), np.minimum(first.upper, second.upper))


def _box(box: Any) -> Ball:
    given = ball(box)
    if given.ndim != 1 or given.size == 0 or not is_bounded(given):
        raise InputError(f"box must be a bounded Ball of shape (n,), n >= 1, but has shape {given.shape}")
    return given


def _shaped(value: Any, shape: tuple[int, ...], name: str) -> Ball:
    result = ball(value)
    if result.shape != shape:
        raise InputError(f"{name} must return a ball of shape {shape}, not {result.shape}")
    return result
