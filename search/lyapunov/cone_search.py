"""The search for a cone of directions in the plane that every matrix maps into itself or its negative."""

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise, product

import flint
import numpy as np

# A sector of directions: it starts at the angle `start` and turns by `length` < pi to the left.
Sector = tuple[float, float]
_ROUNDS = 400
_LARGEST = math.pi * (1 - 1e-12)
# Sides nearer than this are taken to touch: eigenvectors are good to about 1e-13 here, but to 1e-8 when nearly double.
_CLOSE = 1e-9
# Angles nearer than this are one angle found twice.
_SAME = 1e-11
# Eigenvalues of opposite signs whose moduli agree to this part attract nothing.
_BALANCED = 1e-13
_MOST_LETTERS = 30
# A discriminant below the square of this is that of a double eigenvalue, up to rounding.
_DEFECTIVE = 1e-7


def invariant_cone(matrices: np.ndarray, exact: tuple[flint.fmpq_mat, ...] | None = None) -> np.ndarray | None:
    """A basis (2, 2), as columns, of a cone C with A C in C or -C for each of the `matrices` (k, 2, 2), or None.

    The smallest invariant cone holds the attracting directions; the complement of the largest is the smallest
    one of the adjugates (inverses up to factors). Each side is put midway between the two, or, where they
    touch, at a rational eigenvector of the `exact` matrices or an image of one, or at a nearby direction with small
    whole coordinates: only an exact boundary can be invariant there.
    """
    adjugates = np.stack([np.array([[d, -b], [-c, a]]) for (a, b), (c, d) in matrices])
    rational, dominant, dominated = _rational_directions(exact)
    for inner in _smallest_cones(matrices, rational, dominant):
        for outer in _smallest_cones(adjugates, rational, dominated):
            basis = _between(inner, outer, rational)
            if basis is not None and _is_invariant(matrices, basis):
                return _balanced(matrices, basis)
        start, length = inner
        basis = np.stack([_snapped(start, rational), _snapped(start + length, rational)], axis=1)
        if _is_invariant(matrices, basis):
            return _balanced(matrices, basis)
    return None


def _balanced(matrices: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """The second vector scaled by a power of two so that the matrices move as much weight one way as the other."""
    inside = np.abs(np.linalg.solve(basis, matrices @ basis)).sum(axis=0)
    if not (inside[0, 1] > 0 and inside[1, 0] > 0):
        return basis
    shift = np.round(np.log2(inside[1, 0] / inside[0, 1]) / 2)
    return np.asarray(basis * np.array([1.0, np.exp2(np.clip(shift, -500, 500))]))


def _rational_directions(exact: tuple[flint.fmpq_mat, ...] | None) -> tuple[np.ndarray, list[float], list[float]]:
    """Vectors (n, 2) of whole coordinates: the rational eigenvectors of the matrices, and their images.

    Beside them the angles of those that attract under a matrix, and of those that attract under an inverse.
    """
    if exact is None or len(exact) > _MOST_LETTERS:
        return np.zeros((0, 2)), [], []
    pairs = [pair for matrix in exact for pair in _eigenvectors(matrix)]
    images = [matrix * vector for matrix in exact for vector, _ in pairs]
    whole = {_whole_coordinates(vector) for vector in [*(vector for vector, _ in pairs), *images]} - {None}
    vectors = np.array(sorted(pair for pair in whole if pair), dtype=np.float64).reshape(-1, 2)
    angles = [(_whole_coordinates(vector), ratio) for vector, ratio in pairs]
    found = [(_angle(np.array(pair, np.float64)), ratio) for pair, ratio in angles if pair]
    return vectors, [a for a, ratio in found if ratio >= 0], [a for a, ratio in found if ratio <= 0]


def _eigenvectors(matrix: flint.fmpq_mat) -> list[tuple[flint.fmpq_mat, int]]:
    """Rational eigenvectors; with 1 when the eigenvalue is the greater one, -1 when the lesser, 0 when it is double."""
    (a, b), (c, d) = matrix.tolist()
    discriminant = (a - d) * (a - d) + 4 * b * c
    if discriminant < 0:
        return []
    top, bottom = math.isqrt(int(discriminant.p)), math.isqrt(int(discriminant.q))
    if top * top != discriminant.p or bottom * bottom != discriminant.q:
        return []
    root = flint.fmpq(top, bottom)
    vectors = []
    for sign in (1, -1):
        value = (a + d + sign * root) / 2
        choices = [(b, value - a), (value - d, c)]
        size = sign * ((a + d > 0) - (a + d < 0)) if root != 0 else 0
        # eigenvalues of opposite signs attract nothing
        if a + d != 0 or root == 0:
            vectors += [(flint.fmpq_mat([[x], [y]]), size) for x, y in choices if x != 0 or y != 0][:1]
    return vectors


def _whole_coordinates(vector: flint.fmpq_mat) -> tuple[int, int] | None:
    """The direction by coprime whole numbers below 2^53, the first that is not zero positive; None: there are none."""
    x, y = (Fraction(int(vector[i, 0].p), int(vector[i, 0].q)) for i in (0, 1))
    if x == 0 and y == 0:
        return None
    scale = math.lcm(x.denominator, y.denominator)
    p, q = int(x * scale), int(y * scale)
    divisor = math.gcd(p, q) * (1 if (p, q) > (0, 0) else -1)
    p, q = p // divisor, q // divisor
    return (p, q) if max(abs(p), abs(q)) < 2**53 else None


def _between(inner: Sector, outer: Sector, rational: np.ndarray) -> np.ndarray | None:
    """The basis of a cone that contains `inner` and avoids `outer`, or None when the two overlap."""
    start, length = inner
    # the complement of `outer` is the sector from its end to its start + pi
    complement = outer[0] + outer[1]
    before = (start - complement) % math.pi
    if before > math.pi - _CLOSE:
        before -= math.pi
    after = math.pi - outer[1] - before - length
    if before < -_CLOSE or after < -_CLOSE:
        return None
    left = _direction(start - before / 2) if before > _CLOSE else _snapped(start, rational)
    right = _direction(start + length + after / 2) if after > _CLOSE else _snapped(start + length, rational)
    return np.stack([left, right], axis=1)


def _smallest_cones(matrices: np.ndarray, rational: np.ndarray, known: list[float]) -> list[Sector]:
    """Invariant sectors grown from the attracting directions, one for each gap between these that can stay open."""
    angles = _merged(_exactly(angle, rational) for angle in [*_attracting(matrices), *known])
    if not angles:
        return []
    gaps = sorted(
        ((b - a, b) for a, b in pairwise([*angles, angles[0] + math.pi])), key=lambda pair: pair[0], reverse=True
    )
    grown = (_grow(matrices, (start, math.pi - gap)) for gap, start in gaps)
    return [sector for sector in grown if sector is not None]


def _merged(angles: Iterable[float]) -> list[float]:
    """The angles modulo pi, ascending; those that differ by rounding count once."""
    kept: list[float] = []
    for angle in sorted(angle % math.pi for angle in angles):
        if not kept or angle - kept[-1] > _SAME:
            kept.append(angle)
    return kept[:-1] if len(kept) > 1 and kept[0] + math.pi - kept[-1] <= _SAME else kept


def _grow(matrices: np.ndarray, sector: Sector) -> Sector | None:
    """The sector enlarged until it holds its images, or None when it fills the half-plane."""
    for _ in range(_ROUNDS):
        enlarged = sector
        for matrix in matrices:
            enlarged = _hull(enlarged, _image(matrix, sector))
            if enlarged[1] > _LARGEST:
                return None
        if enlarged[1] <= sector[1] + 1e-15:
            return enlarged
        sector = enlarged
    return sector


def _image(matrix: np.ndarray, sector: Sector) -> Sector:
    """The directions that the matrix sends the sector's directions to."""
    first, last = matrix @ _direction(sector[0]), matrix @ _direction(sector[0] + sector[1])
    turn = math.atan2(first[0] * last[1] - first[1] * last[0], first @ last)
    if turn < 0:
        first, turn = last, -turn
    return math.atan2(first[1], first[0]), turn


def _hull(sector: Sector, other: Sector) -> Sector:
    """The shorter way to cover both sectors of directions (angles modulo pi)."""
    middle = sector[0] + sector[1] / 2
    shift = math.pi * round((middle - other[0] - other[1] / 2) / math.pi)
    start = min(sector[0], other[0] + shift)
    return start, max(sector[0] + sector[1], other[0] + shift + other[1]) - start


def _attracting(matrices: np.ndarray) -> Iterable[float]:
    """Angles of the dominant eigenvectors of the matrices and of their products of two."""
    pairs = [a @ b for a, b in product(matrices, repeat=2)] if len(matrices) <= _MOST_LETTERS else []
    for matrix in [*matrices, *pairs]:
        vector = _dominant_eigenvector(matrix)
        if vector is not None:
            yield _angle(vector)


def _dominant_eigenvector(matrix: np.ndarray) -> np.ndarray | None:
    """The eigenvector of the greater modulus, also of a double eigenvalue; None where no direction attracts.

    Closed forms and tolerances, not a library's eigenvectors: what is decided here must not hang on a last bit.
    """
    (a, b), (c, d) = (tuple(float(x) for x in row) for row in matrix)
    size = max(abs(a), abs(b), abs(c), abs(d))
    if not 0 < size < math.inf:
        return None
    a, b, c, d = a / size, b / size, c / size, d / size
    half, squared = (a + d) / 2, ((a - d) / 2) ** 2 + b * c
    double = abs(squared) <= _DEFECTIVE**2
    if not double and (squared < 0 or abs(half) <= _BALANCED):
        return None
    value = half if double else half + math.copysign(math.sqrt(squared), half)
    vectors = np.array([[b, value - a], [value - d, c]])
    sizes = np.abs(vectors).max(axis=1)
    # a multiple of the identity attracts nothing
    return vectors[int(sizes.argmax())] if sizes.max() > _DEFECTIVE else None


def _angle(vector: np.ndarray) -> float:
    return math.atan2(vector[1], vector[0]) % math.pi


def _direction(angle: float) -> np.ndarray:
    return np.array([math.cos(angle), math.sin(angle)])


def _nearest(angle: float, rational: np.ndarray) -> np.ndarray | None:
    """The rational direction within 1e-7 of the angle, if there is one; defective eigenvectors are no more precise."""
    if not len(rational):
        return None
    units = rational / np.linalg.norm(rational, axis=1)[:, None]
    x, y = _direction(angle)
    sines = np.abs(units[:, 0] * y - units[:, 1] * x)
    best = int(np.argmin(sines))
    if sines[best] > _DEFECTIVE:
        return None
    vector = np.asarray(rational[best] * np.exp2(-np.floor(np.log2(np.abs(rational[best]).max()))))
    return vector if vector @ (x, y) > 0 else -vector


def _exactly(angle: float, rational: np.ndarray) -> float:
    """The angle of the rational direction in its place."""
    vector = _nearest(angle, rational)
    return angle if vector is None else _angle(vector)


def _snapped(angle: float, rational: np.ndarray) -> np.ndarray:
    """A vector in almost the direction of the angle: a given rational one, or one with small whole coordinates."""
    nearest = _nearest(angle, rational)
    if nearest is not None:
        return nearest
    x, y = _direction(angle)
    if abs(x) >= abs(y):
        slope = Fraction(y / x).limit_denominator(2**16)
        vector = np.array([float(slope.denominator), float(slope.numerator)])
    else:
        slope = Fraction(x / y).limit_denominator(2**16)
        vector = np.array([float(slope.numerator), float(slope.denominator)])
    return vector if vector @ (x, y) > 0 else -vector


def _is_invariant(matrices: np.ndarray, basis: np.ndarray) -> bool:
    """Whether, up to rounding, every matrix is non-negative or non-positive in the basis."""
    determinant = np.linalg.det(basis)
    if determinant == 0:
        return False
    inside = np.linalg.solve(basis, matrices @ basis)
    slack = 1e-12 * np.abs(inside).max(axis=(1, 2))
    return bool(np.all((inside.min(axis=(1, 2)) >= -slack) | (inside.max(axis=(1, 2)) <= slack)))
