"""Families in dimension 4 that are Kronecker products of independent plane matrices up to rounding, in any basis.

Let T^-1 A_ij T = +-B_i (x) C_j + E_ij, where the pair (i, j) has the probability q_i r_j, and let X -> B X C^T stand
for B (x) C. nu and mu are stationary directions b under B^T and d under C^T as in `planar_tails`, F(X) = int int
log|b^T X d|.
Theorem. If |X' - X| <= e s, s the largest singular value of X, then F(X') - F(X) <= E log(1 + e/Z), Z <= 1 a random
variable with P(Z <= z) <= E min(1, m(z/x)), x = |v . d| for d from mu and some unit v, m(t) = sup_u nu{|b . u| <= t}.
Hence lambda lies within E log(1 + e_ij'/Z) of lambda(B) + lambda(C), e' = e/(1 - e), e = sqrt(2) |E| |B^-1| |C^-1| in
the Frobenius norm.
Proof. |b^T X' d| <= |b^T X d| + e s; with v the right singular vector of s, |X d| >= s x and |b^T X d| >= s x |b . u|,
u the direction of X d; given d, P(|b . u| <= z/x) <= m(z/x). F is bounded, as the tails of x and |b . u| are bounded
by powers. By stationarity E F(B X C^T) = F(X) + c with c = E log|B^T b| + E log|C^T d| for every X, and likewise in
the plane, where this makes the two terms equal to lambda(B) and lambda(C). The images under A_ij and B_i (x) C_j of X
(in the coordinates of T) differ by |E| |X|_F <= sqrt(2) |E| |B^-1| |C^-1| s', s' the largest singular value of B X
C^T, and back by the same with e'. So E F(A X) - F(X) is within the mean of these terms of lambda(B) + lambda(C), and
F(X) - log|X| is bounded. QED
The expectations are summed over z = 2^-l and x = 2^-l with the bounds of the distribution functions of both factors.
(H. Furstenberg, H. Kesten 1960 for the exponents; the perturbation theorem is our own.)
Statement and proof: docs/theory/perturbed-products.md.
"""

import math
from typing import Any, TypeAlias

import flint
import numpy as np

from certify.arithmetic import Ball, exp
from certify.enclosure import Enclosure
from certify.lyapunov.families.arb_family import FLOAT_BITS, upper_float
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.point_logarithm import log_bounds
from certify.lyapunov.structure.kronecker_form import Product, exact_matrix, kronecker
from certify.lyapunov.structure.stationary_measure_regularity import Tails, prove_tails
from certify.lyapunov.witness_fields import array_field
from foundation import CertificateError
from foundation.arb_precision import arb_precision

Matrix: TypeAlias = flint.fmpq_mat

_DIMENSION = 4
_MOST_LETTERS = 9
_FARTHEST = 1e-2
_BINS = 480
_LOG_TWO = 0.6931471805599453
_UP, _TINY = 1 + 2.0**-40, 2.0**-500
_LARGEST_EXPONENT = 600.0


def admits(family: Family) -> str | None:
    """None for at most 9 exact matrices in dimension 4, else the reason: what a witness can speak about."""
    if family.dimension != _DIMENSION:
        return f"Kronecker products of matrices of size 2 have dimension 4, not {family.dimension}"
    if family.exact is None or family.exact_probabilities is None or family.count > _MOST_LETTERS:
        return "Kronecker products are looked for in at most 9 exact matrices only"
    return None


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of the theorem; raises `CertificateError` on a malformed witness.

    Checked: exact matrices and probabilities; T, B_i and C_j regular; every pair of factors occurs once, with the
    probability q_i r_j exactly; proofs and tails of both factors; e <= 1e-2.
    """
    from certify.lyapunov.prove import prove_exponent

    found = _read(family, witness)
    probabilities = factor_probabilities(family, found.rows, found.columns)
    if probabilities is None:
        raise CertificateError("the factors of the witness's Kronecker products are not independent")
    proofs, stored = witness.get("proofs"), witness.get("tails")
    if not (isinstance(proofs, list) and isinstance(stored, list) and len(proofs) == len(stored) == 2):
        raise CertificateError("the witness does not hold proofs and tails for both factors")
    lower, upper, tails = 0.0, 0.0, []
    for factors, weights, listed, tail in zip((found.left, found.right), probabilities, proofs, stored, strict=True):
        planar = matrix_family(factors, weights)
        bound = prove_exponent(planar, [(name, entry) for name, entry in listed])
        lower, upper = _added(lower, bound.lower, -math.inf), _added(upper, bound.upper, math.inf)
        tails.append(prove_tails(planar, tail))
    distances = _distances(family, found)
    if not (distances <= _FARTHEST).all():
        return Enclosure(-math.inf, math.inf)
    slack = family.expectation_upper(perturbation(tails[0], tails[1], distances / (1 - distances) * _UP))
    return Enclosure(_added(lower, -slack, -math.inf), _added(upper, slack, math.inf))


def _added(x: float, y: float, direction: float) -> float:
    return math.nextafter(x + y, direction) if math.isfinite(x + y) else direction


def _read(family: Family, witness: Witness) -> Product:
    basis, left, right = (array_field(witness, name, ndim) for name, ndim in (("basis", 2), ("left", 3), ("right", 3)))
    rows, columns = (array_field(witness, name, 1).astype(np.int64) for name in ("rows", "columns"))
    shapes = basis.shape == (4, 4) and left.shape[1:] == right.shape[1:] == (2, 2)
    if family.exact is None or not shapes or rows.shape != (family.count,) or columns.shape != (family.count,):
        raise CertificateError(
            "the witness needs a basis (4, 4), factors (., 2, 2) and the places of all exact matrices"
        )
    if rows.min() < 0 or columns.min() < 0 or rows.max() != len(left) - 1 or columns.max() != len(right) - 1:
        raise CertificateError("the witness names factors that it does not hold, or holds others")
    return Product(basis, left, right, rows, columns)


def factor_probabilities(family: Family, rows: np.ndarray, columns: np.ndarray) -> tuple[list[Any], list[Any]] | None:
    """The probabilities q and r of the factors if every pair occurs once and has q_i r_j, exactly; else None."""
    count = (int(rows.max()) + 1, int(columns.max()) + 1)
    probabilities = family.exact_probabilities
    places = set(zip(rows.tolist(), columns.tolist(), strict=True))
    if probabilities is None or len(places) != len(rows) or len(rows) != count[0] * count[1]:
        return None
    q, r = ([flint.fmpq(0)] * size for size in count)
    for i, j, p in zip(rows, columns, probabilities, strict=True):
        q[i], r[j] = q[i] + p, r[j] + p
    if any(q[i] * r[j] != p for i, j, p in zip(rows, columns, probabilities, strict=True)):
        return None
    return q, r


def _distances(family: Family, found: Product) -> np.ndarray:
    """Upper bounds of sqrt(2) |E| |B^-1| |C^-1| for all letters; infinite for singular matrices."""
    basis = exact_matrix(found.basis)
    try:
        back = basis.inv()
        left, right = ([_squared_norm(exact_matrix(x).inv()) for x in side] for side in (found.left, found.right))
    except ZeroDivisionError:
        return np.full(family.count, math.inf)
    result = []
    for a, i, j in zip(family.exact or (), found.rows, found.columns, strict=True):
        moved, product = back * a * basis, kronecker(exact_matrix(found.left[i]), exact_matrix(found.right[j]))
        error = min(_squared_norm(moved - product), _squared_norm(moved + product))
        square = 2 * error * left[i] * right[j]
        with arb_precision(FLOAT_BITS):
            root = flint.arb(square).sqrt()
        # the root may underflow
        result.append(upper_float(root) * _UP + _TINY)
    return np.array(result)


def _squared_norm(x: Matrix) -> flint.fmpq:
    return sum((entry * entry for row in x.tolist() for entry in row), flint.fmpq(0))


def perturbation(first: Tails, second: Tails, distances: np.ndarray) -> np.ndarray:
    """Upper bounds of E log(1 + e/Z) for all e = `distances`, with either factor in the role of x; the smaller one."""
    sides: list[list[float]] = []
    for inner, outer in ((first, second), (second, first)):
        z = 2.0 ** -np.arange(1.0, _BINS)
        law = np.minimum(1.0, product_law(inner, outer, z))
        # below the last bin: P(Z <= z) <= P(x <= sqrt z) + P(|b . u| <= sqrt z), and log(1 + e/z) grows by log 2 a bin
        rest = sum(_far(tails) for tails in (inner, outer))
        terms = []
        for e in distances:
            heights = log_bounds(Ball.exact(1.0) + Ball.exact(e) / Ball.exact(np.concatenate([[0.5], z / 2])))[1]
            heights = np.maximum.accumulate(heights)
            terms.append((heights[0] + (np.diff(heights) * law).sum() + _LOG_TWO * rest) * _UP + 1e-290)
        sides.append(terms)
    return np.asarray(np.min(sides, axis=0))


def product_law(inner: Tails, outer: Tails, z: np.ndarray) -> np.ndarray:
    """Upper bounds of P(Z <= z) = E min(1, m(z/x)) for m of `inner` and x of `outer`.

    With G_l the greatest value of m(z/x) on x > 2^(-l-1), the mean is at most G_0 + sum_l (G_l - G_(l-1)) P(x <= 2^-l).
    """
    x = 2.0 ** -np.arange(1.0, 2 * _BINS)
    masses = outer.bound(x)
    lowest = np.concatenate([[0.5], x / 2])
    values = np.maximum.accumulate(inner.bound(z[:, None] / lowest[None, :]), axis=1)
    values[:, -1] = 1.0
    return np.asarray((values[:, 0] + (np.diff(values, axis=1) * masses).sum(axis=1)) * _UP)


def _far(tails: Tails) -> float:
    """sum over l >= _BINS - 1 of the bound at sqrt(2^-l): a geometric series."""
    exponent = tails.logarithm + tails.power * (tails.last + _LOG_TWO - (_BINS - 1) / 2 * _LOG_TWO)
    size = abs(tails.logarithm) + tails.power * (tails.last + _BINS)
    if not exponent < _LARGEST_EXPONENT:
        return math.inf
    first = float(exp(Ball.exact(max(exponent, -_LARGEST_EXPONENT) + 2.0**-40 * size)).upper)
    ratio = float(exp(Ball.exact(-tails.power / 2 * _LOG_TWO)).upper)
    return first / (1 - ratio * _UP) * _UP if ratio * _UP < 1 else math.inf
