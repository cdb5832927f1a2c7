"""Two-sided bounds of the top exponent in dimension 2 from an invariant cone and a Chebyshev trial function.

Let the closed cone C spanned by u and v (the columns of T) satisfy A_i C in C or in -C for all i. On its
directions w(t) = (1-t)/2 u + (1+t)/2 v, |t| <= 1, the matrix B = +-T^-1 A_i T has non-negative entries, the l1 norm
of T^-1 A_i w(t) is an affine function n_i(t) > 0, and A_i acts by a Moebius map g_i of [-1, 1].

Theorem. For every bounded f on [-1, 1], with r = sum_i p_i (log n_i + f o g_i) - f:  inf r <= lambda <= sup r.
Proof. With v_0 in C, v_k the direction after k steps and |.| the l1 norm in the basis T,
log|A_n .. A_1 v_0| = sum_k log|A_(k+1) v_k|, so that E log|A_n .. A_1 v_0| = sum_k E r(v_k) + E f(v_0) - E f(v_n)
lies between n inf r - 2 sup|f| and n sup r + 2 sup|f|. The left side is at most E log|A_n .. A_1| + const: the lower
bound follows after division by n. With v_0 = (u + v)/2, |M v_0| is half the sum of the entries' moduli for every M that
is non-negative or non-positive in the basis T, hence at least a constant times |M|: the upper bound follows. QED
[H. Furstenberg, Y. Kifer, Random matrix products and measures on projective spaces, Israel J. Math. 46 (1983);
V. Protasov, R. Jungers, Lower and upper bounds for the largest Lyapunov exponent of matrices, Linear Algebra
Appl. 438 (2013), for invariant functionals on cones.]

On a cone the solution f of lambda = r is smooth: a Chebyshev series of low degree makes r constant to many digits,
and since r is analytic in a Bernstein ellipse, its range over [-1, 1] is proved from its values at Chebyshev points.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, final

import numpy as np
from flint import acb, arb

from certify.enclosure import Enclosure
from certify.lyapunov.arb_family import arb_matrices, arb_probabilities, enclosure_of
from certify.lyapunov.chebyshev import (
    bound_on_ellipse,
    chebyshev_points,
    ellipse_arcs,
    ellipse_parameter,
    evaluate,
    interpolation_bounds,
)
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.rationals import to_fmpq
from certify.lyapunov.time_limit import check_time
from certify.lyapunov.witness_fields import array_field, integer_field, number_field
from foundation import CertificateError
from foundation.arb_precision import arb_precision

_ARCS = 64


@final
@dataclass(frozen=True)
class Action:
    """One matrix on the cone: w(t) goes to coordinates of sum n(t) > 0 and difference m(t), both affine in t."""

    weight: arb
    sum_at: tuple[arb, arb]
    difference_at: tuple[arb, arb]

    def norm(self, t: arb) -> arb:
        return self.sum_at[0] + self.sum_at[1] * t

    def image(self, t: arb) -> arb:
        return (self.difference_at[0] + self.difference_at[1] * t) / self.norm(t)

    def complex_image(self, z: acb) -> acb:
        return (self.difference_at[0] + self.difference_at[1] * z) / (self.sum_at[0] + self.sum_at[1] * z)


def admits(family: Family) -> str | None:
    """None in dimension 2 (whether there is an invariant cone is found out by `propose`), else the reason."""
    if family.dimension == 2:
        return None
    return f"an invariant cone of directions is sought in dimension 2, not {family.dimension}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) that the witness proves for every family inside the balls.

    Raises `CertificateError` when the witness is malformed, or its cone is not proved to be invariant.
    """
    basis = array_field(witness, "basis", 2)
    if basis.size == 0:
        return Enclosure(-np.inf, np.inf)
    if basis.shape != (2, 2):
        raise CertificateError(f"the witness's cone must be a 2 x 2 basis, but has shape {basis.shape}")
    with arb_precision(integer_field(witness, "precision", 53, 20000)):
        points = integer_field(witness, "points", 1, 100000)
        rho = arb(number_field(witness, "rho", math.nextafter(1.0, 2.0), 1e6))
        return enclosure_of(_range(cone_actions(family, basis), _series(witness), rho, points))


def _range(actions: list[Action], series: list[arb], rho: arb, points: int) -> arb:
    """A ball around the range of r = sum_i p_i (log n_i + f o g_i) - f over [-1, 1]."""
    values = [_residual(actions, series, t) for t in chebyshev_points(points)]
    return interpolation_bounds(values, residual_on_ellipse(actions, series, rho), rho)


def _residual(actions: list[Action], series: list[arb], t: arb) -> arb:
    check_time()
    # sum_i p_i (f(g_i t) - f(t)): the same as the formula, because the probabilities sum to one
    here = evaluate(series, t)
    return sum((a.weight * (a.norm(t).log() + evaluate(series, a.image(t)) - here) for a in actions), arb(0))


def residual_on_ellipse(actions: list[Action], series: list[arb], rho: arb) -> arb:
    """A bound of |r| in the ellipse; raises when r is not proved to be analytic there.

    There |z| <= X = (rho + 1/rho)/2 and Re n_i(z) >= min(n_i(X), n_i(-X)), so log n_i is analytic where both are
    positive, and |log n_i| <= |log|n_i|| + pi/2.
    """
    arcs = ellipse_arcs(rho, _ARCS)
    total = bound_on_ellipse(series, rho)
    reach = (rho + 1 / rho) / 2
    for action in actions:
        check_time()
        ends = action.norm(reach), action.norm(-reach)
        if not (ends[0] > 0 and ends[1] > 0):
            raise CertificateError("the witness's ellipse reaches a pole of the trial function; choose a smaller rho")
        logs = [abs(end.log()) for end in ends] + [abs((abs(action.sum_at[0]) + abs(action.sum_at[1]) * reach).log())]
        rhos = [ellipse_parameter(action.complex_image(arc)) for arc in arcs]
        image = reduce(arb.max, rhos)
        if not image.is_finite():
            raise CertificateError("an image of the witness's ellipse is unbounded; choose a smaller rho")
        bound = sum(logs, arb(0)) + arb.pi() / 2 + bound_on_ellipse(series, image)
        total += action.weight * bound
    return total.upper()


def cone_actions(family: Family, basis: np.ndarray) -> list[Action]:
    """The matrices in the basis of the cone; raises unless each is proved to map the cone into it or its negative."""
    # in rationals where the family is exact: an entry may be zero, which no ball around it shows
    numbers: list[Any] = [float(x) for x in basis.flat]
    tables: list[Any] = arb_matrices(family)
    if family.exact is not None:
        tables = [matrix.tolist() for matrix in family.exact]
        numbers = [to_fmpq(Fraction(x)) for x in numbers]
    a, b, c, d = numbers if family.exact is not None else map(arb, numbers)
    determinant = a * d - b * c
    if not (determinant > 0 or determinant < 0):
        raise CertificateError("the witness's cone is degenerate: its two directions are parallel")
    actions = []
    for matrix, weight in zip(tables, arb_probabilities(family), strict=True):
        (p, q), (r, s) = matrix
        first, second = (p * a + q * c, r * a + s * c), (p * b + q * d, r * b + s * d)
        entries = [(d * x - b * y, a * y - c * x) for x, y in (first, second)]
        columns = [tuple(arb(e / determinant) for e in column) for column in entries]
        actions.append(_action(columns, weight))
    return actions


def _action(columns: list[tuple[arb, ...]], weight: arb) -> Action:
    flat = [entry for column in columns for entry in column]
    if all(entry <= 0 for entry in flat):
        columns = [tuple(-entry for entry in column) for column in columns]
    elif not all(entry >= 0 for entry in flat):
        raise CertificateError("the witness's cone is not proved to be invariant under every matrix")
    (a, c), (b, d) = columns
    if not (a + c > 0 and b + d > 0):
        raise CertificateError("a matrix annihilates a direction at the end of the witness's cone")
    return Action(weight, ((a + c + b + d) / 2, (b + d - a - c) / 2), ((c + d - a - b) / 2, (d - b - c + a) / 2))


def _series(witness: Witness) -> list[arb]:
    high, low = (array_field(witness, name, 1) for name in ("coefficients", "corrections"))
    if high.shape != low.shape or high.size < 2:
        raise CertificateError("the witness's series needs two equally long lists of at least two coefficients")
    return [arb(float(h)) + arb(float(c)) for h, c in zip(high, low, strict=True)]
