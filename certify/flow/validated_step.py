"""One validated step: an a-priori enclosure by Picard's theorem, then Taylor's formula with its remainder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import flint

from certify.flow.taylor import derivative_coefficients, identity, polynomial, solution_coefficients
from certify.flow.vector_field import VectorField, as_ball, is_bounded
from foundation import InputError

_PICARD_ROUNDS = 10
_INFLATION = 0.125
# Components that stand still at first move as soon as their neighbours do, one after another along a chain: they get
# some room at once. Without it first: components in small units need none of the size of others.
_LEAST = (0.0, 2.0**-20)


@final
@dataclass(frozen=True, eq=False)
class ValidatedStep:
    """What is proved of the flow Phi_h on a box X with a point c in it.

    value (n, 1) encloses Phi_h(c), derivative (n, n) DPhi_h(x) for all x in X; the solutions from X stay in `tube` for
    all times in [0, h]. remainder: size of the remainders of Taylor's formulas, an estimate for the step control.
    """

    value: flint.arb_mat
    derivative: flint.arb_mat
    tube: list[flint.arb]
    remainder: float
    spread: float


def validated_step(
    field: VectorField, box: Sequence[flint.arb], center: Sequence[flint.arb], step: flint.arb, order: int
) -> ValidatedStep | None:
    """Phi_h for h = `step` by Taylor's formula of this order; None when existence on [0, h] is not proved.

    Each component of the solution is x(h) = sum_(k <= p) x_k h^k + x_(p+1)(x(s)) h^(p+1) for some s in [0, h], where
    x(s) lies in the a-priori enclosure; so is each entry of its derivative V = DPhi, V_(p+1)(x(s)) V(s) instead of the
    last coefficient [R. Lohner, Computation of guaranteed enclosures for the solutions of ordinary initial and boundary
    value problems, 1992; P. Zgliczynski, C1-Lohner algorithm, Found. Comput. Math. 2 (2002)].
    """
    tube = a_priori(field, box, step)
    if tube is None:
        return None
    try:
        within = solution_coefficients(field, tube, order + 1)
        derivatives = derivative_coefficients(field, within)
        around = solution_coefficients(field, box, order)
        matrices = derivative_coefficients(field, around)
        at = around if all(x.is_exact() for x in box) else solution_coefficients(field, center, order)
    except InputError:
        return None
    power = step ** (order + 1)
    rest = within[order + 1] * power
    matrix_rest = derivatives[order + 1] * _variation(derivatives[1], step) * power
    size = max(_size(rest) / (1.0 + _size(at[0])), _size(matrix_rest))
    derivative = polynomial(matrices, step) + matrix_rest
    spread = max(float(x.rad()) for x in derivative.entries())
    return ValidatedStep(polynomial(at, step) + rest, derivative, tube, size, spread)


def a_priori(field: VectorField, box: Sequence[flint.arb], step: flint.arb) -> list[flint.arb] | None:
    """A box W that no solution from `box` leaves in [0, h], where all of them exist; None when none is proved.

    X + [0, h] f(W) inside W makes the Picard operator map the curves in W to themselves: f is Lipschitz on W, so that
    the solution exists on [0, h], is unique, and stays in X + [0, h] f(W) [R. Moore, R. Kearfott, M. Cloud,
    Introduction to Interval Analysis, 9.1].
    """
    return next((tube for least in _LEAST if (tube := _stays(field, box, step, least)) is not None), None)


def _stays(field: VectorField, box: Sequence[flint.arb], step: flint.arb, least: float) -> list[flint.arb] | None:
    """Such a box, found by rounds that inflate each side by a part of it, and by `least` times the largest one."""
    duration = flint.arb(0).union(step)
    tube = list(box)
    for _ in range(_PICARD_ROUNDS if least == 0 else _PICARD_ROUNDS + len(box)):
        try:
            image = _image(field, box, duration, tube)
        except InputError:
            return None
        if not is_bounded(image):
            return None
        if all(w.contains(v) for w, v in zip(tube, image, strict=True)):
            return image
        floor = least * max(float(v.rad()) for v in image)
        tube = [_inflated(v, floor) for v in image]
    return None


def _image(
    field: VectorField, box: Sequence[flint.arb], duration: flint.arb, tube: Sequence[flint.arb]
) -> list[flint.arb]:
    """X + [0, h] f(W)."""
    return [x + duration * as_ball(v) for x, v in zip(box, field.values(tube), strict=True)]


def _inflated(x: flint.arb, floor: float) -> flint.arb:
    return x + flint.arb(0, _INFLATION) * x.rad() + flint.arb(0, 2.0**-200 + floor)


def _variation(slope: flint.arb_mat, step: flint.arb) -> flint.arb_mat:
    """Encloses V(s), s in [0, h], where V' = A V, V(0) = I and A in `slope`: ||V - I|| <= e^(L h) - 1 in the maximum
    norm, L >= ||A|| [Gronwall's inequality].
    """
    n = slope.nrows()
    growth = (row_sum_norm(slope) * step).expm1().upper()
    spread = flint.arb(0, 1) * growth
    return identity(n) + flint.arb_mat(n, n, [spread] * (n * n))


def row_sum_norm(matrix: flint.arb_mat) -> flint.arb:
    """Upper bound of the matrix norm of the maximum norm, over all matrices in the ball."""
    rows = matrix.tolist()
    total = flint.arb(0)
    for row in rows:
        size = flint.arb(0)
        for entry in row:
            size += entry.abs_upper()
        total = total.max(size)
    return total.upper()


def _size(matrix: flint.arb_mat) -> float:
    return max(float(entry.abs_upper()) for entry in matrix.entries())
