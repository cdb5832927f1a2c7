"""Families that are lifts of smaller ones: symmetric squares in dimension 3, Kronecker products in dimension 4.

The norms of products multiply: |X (x) Y| = |X| |Y|, and |Sym^2 X| lies between |X|^2 and a constant times it. Hence
lambda(B (x) C) = lambda(B) + lambda(C), whatever the joint law of B and C, and lambda(Sym^2 B) = 2 lambda(B)
[L. Arnold, Random Dynamical Systems, section 3.2]. A lift is recognised in exact rational arithmetic, letter by letter,
in the standard bases only; a family that is a lift up to rounding is none.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import flint

from certify.enclosure import Enclosure
from certify.lyapunov.families.arb_family import FLOAT_BITS
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.structure.exact import expected_log
from foundation import CertificateError
from foundation.arb_precision import arb_precision

Matrix: TypeAlias = flint.fmpq_mat


@final
@dataclass(frozen=True)
class Lift:
    """lambda = multiple * (sum of the factors' exponents) - E log of the scales."""

    factors: tuple[Family, ...]
    multiple: int
    scales: tuple[flint.fmpq, ...]


def admits(family: Family) -> str | None:
    """None for exact families that are lifts, otherwise the reason why not."""
    if family.dimension not in (3, 4):
        return f"lifts are recognised in dimension 3 and 4, not {family.dimension}"
    if family.exact is None or family.exact_probabilities is None:
        return "lifts are recognised in exact matrices only"
    return (
        None if find_lift(family) is not None else "the matrices are neither symmetric squares nor Kronecker products"
    )


def prove(family: Family, witness: Witness) -> Enclosure:
    """The factors' proved exponents put together; raises `CertificateError` on a family that is no lift."""
    from certify.lyapunov.prove import prove_exponent

    lift, stored = lift_of(family), witness.get("factors")
    if not isinstance(stored, list) or len(stored) != len(lift.factors):
        raise CertificateError("the witness does not hold one list of proofs for each factor of the lift")
    bounds = []
    for factor, proofs in zip(lift.factors, stored, strict=True):
        bounds.append(prove_exponent(factor, [(name, found) for name, found in proofs]))
    with arb_precision(FLOAT_BITS):
        scale = expected_log(family, [flint.arb(value) for value in lift.scales])
    lower = _sum([lift.multiple * bound.lower for bound in bounds] + [-scale.upper], -math.inf)
    upper = _sum([lift.multiple * bound.upper for bound in bounds] + [-scale.lower], math.inf)
    return Enclosure(lower, upper)


def find_lift(family: Family) -> Lift | None:
    """The factors of the family, exactly, or None."""
    if family.exact is None:
        return None
    return _symmetric_square(family) if family.dimension == 3 else _kronecker(family)


def lift_of(family: Family) -> Lift:
    lift = find_lift(family) if admits(family) is None else None
    if lift is None:
        raise CertificateError("the family is not a lift of a smaller one")
    return lift


def _sum(terms: list[float], direction: float) -> float:
    """Sum rounded outward; infinite terms of the given direction win."""
    if any(math.isinf(term) for term in terms):
        return direction if direction in terms or any(math.isnan(t) for t in terms) else -direction
    total = terms[0]
    for term in terms[1:]:
        total = math.nextafter(total + term, direction)
    return total


def _kronecker(family: Family) -> Lift | None:
    pairs = [_kronecker_factors(matrix) for matrix in family.exact or ()]
    if any(pair is None for pair in pairs):
        return None
    sides = [[pair[side] for pair in pairs if pair is not None] for side in (0, 1)]
    factors = tuple(matrix_family(side, _probabilities(family)) for side in sides)
    return Lift(factors, 1, (flint.fmpq(1),) * len(pairs))


def _kronecker_factors(matrix: Matrix) -> tuple[Matrix, Matrix] | None:
    """B and C with B (x) C = matrix, verified entry by entry."""
    cells = [(i, j) for i in range(4) for j in range(4) if matrix[i, j] != 0]
    if not cells:
        return None
    i, j = cells[0]
    left = Matrix([[matrix[2 * a + i % 2, 2 * c + j % 2] for c in range(2)] for a in range(2)])
    right = Matrix([[matrix[i - i % 2 + b, j - j % 2 + d] / matrix[i, j] for d in range(2)] for b in range(2)])
    product = [[left[a // 2, c // 2] * right[a % 2, c % 2] for c in range(4)] for a in range(4)]
    return (left, right) if Matrix(product) == matrix else None


def _symmetric_square(family: Family) -> Lift | None:
    """X_i and kappa_i > 0 with M_i = E Sym^2(X_i) E^-1 / kappa_i, E = diag(1, s^2, s^2), verified exactly.

    Sym^2 acts on the coordinates (x^2, xy, y^2); s scales the middle one (s^2 = 2 makes it orthonormal).
    """
    matrices = list(family.exact or ())
    scale = next((value for value in map(_middle_scale, matrices) if value is not None), flint.fmpq(1))
    roots = [_square_root(matrix, scale) for matrix in matrices]
    for matrix, found in zip(matrices, roots, strict=True):
        if found is None or not found[1] > 0 or _lifted(found[0], scale) != matrix * found[1]:
            return None
    factors = (matrix_family([found[0] for found in roots if found is not None], _probabilities(family)),)
    return Lift(factors, 2, tuple(found[1] for found in roots if found is not None))


def _middle_scale(m: Matrix) -> flint.fmpq | None:
    """s^2 from one letter: (ab)^2 = M11 M13 and M12 = 2ab/s, and the like for the other entries."""
    candidates = (
        (4 * m[0, 0] * m[0, 2], m[0, 1] * m[0, 1]),
        (m[1, 0] * m[1, 0], m[0, 0] * m[2, 0]),
        (m[1, 2] * m[1, 2], m[0, 2] * m[2, 2]),
        (4 * m[2, 0] * m[2, 2], m[2, 1] * m[2, 1]),
    )
    return next((p / q for p, q in candidates if p > 0 and q > 0), None)


def _square_root(m: Matrix, scale: flint.fmpq) -> tuple[Matrix, flint.fmpq] | None:
    """A multiple of B, conjugated by diag(1, s), and the square of the multiple."""
    if m[0, 0] != 0:
        corner = m[1, 1] - m[0, 1] * m[1, 0] / (2 * m[0, 0])
        return Matrix([[m[0, 0], m[0, 1] * scale / 2], [m[1, 0] / scale, corner]]), m[0, 0]
    if m[2, 2] != 0:
        corner = m[1, 1] - m[1, 2] * m[2, 1] / (2 * m[2, 2])
        return Matrix([[corner, m[1, 2]], [m[2, 1] / 2, m[2, 2]]]), m[2, 2]
    if m[0, 2] != 0:
        return Matrix([[0, m[0, 2] * scale], [m[1, 1], 0]]), m[0, 2] * scale
    if m[2, 0] != 0:
        return Matrix([[0, 0], [m[2, 0] / scale, 0]]), m[2, 0] / scale
    return None


def _lifted(x: Matrix, scale: flint.fmpq) -> Matrix:
    """E Sym^2(x) E^-1."""
    a, b, c, d = x[0, 0], x[0, 1], x[1, 0], x[1, 1]
    square = [[a * a, 2 * a * b, b * b], [a * c, a * d + b * c, b * d], [c * c, 2 * c * d, d * d]]
    weights = (flint.fmpq(1), scale, scale)
    return Matrix([[weights[i] * square[i][j] / weights[j] for j in range(3)] for i in range(3)])


def _probabilities(family: Family) -> list[Any]:
    return list(family.exact_probabilities or ())
