"""The search for an invariant cone of directions in the plane (floating point: a proposal, not a proof)."""

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise, product

import numpy as np

# A sector of directions: it starts at the angle `start` and turns by `length` < pi to the left.
Sector = tuple[float, float]

_ROUNDS = 400
_LARGEST = math.pi * (1 - 1e-12)
_CLOSE = 1e-9


def invariant_cone(matrices: np.ndarray) -> np.ndarray | None:
    """A basis (2, 2), as columns, of a cone C with A C in C or -C for each of the `matrices` (k, 2, 2), or None.

    The smallest invariant cone holds the attracting directions; the complement of the largest is the smallest
    one of the adjugates (inverses up to factors). Each side is put midway between the two, or, where they
    touch, at a nearby direction with small whole coordinates: only an exact boundary can be invariant there.
    """
    adjugates = np.stack([np.array([[d, -b], [-c, a]]) for (a, b), (c, d) in matrices])
    for inner in _smallest_cones(matrices):
        for outer in _smallest_cones(adjugates):
            basis = _between(inner, outer)
            if basis is not None and _is_invariant(matrices, basis):
                return basis
        start, length = inner
        basis = np.stack([_snapped(start), _snapped(start + length)], axis=1)
        if _is_invariant(matrices, basis):
            return basis
    return None


def _between(inner: Sector, outer: Sector) -> np.ndarray | None:
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
    left = _direction(start - before / 2) if before > _CLOSE else _snapped(start)
    right = _direction(start + length + after / 2) if after > _CLOSE else _snapped(start + length)
    return np.stack([left, right], axis=1)


def _smallest_cones(matrices: np.ndarray) -> list[Sector]:
    """Invariant sectors grown from the attracting directions, one for each gap between these that can stay open."""
    angles = sorted(set(_attracting(matrices)))
    if not angles:
        return []
    gaps = sorted(
        ((b - a, b) for a, b in pairwise([*angles, angles[0] + math.pi])), key=lambda pair: pair[0], reverse=True
    )
    grown = (_grow(matrices, (start, math.pi - gap)) for gap, start in gaps)
    return [sector for sector in grown if sector is not None]


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
    """Angles in [0, pi) of the dominant eigenvectors of the matrices and of their products of two."""
    pairs = [a @ b for a, b in product(matrices, repeat=2)] if len(matrices) <= 30 else []
    for matrix in [*matrices, *pairs]:
        values, vectors = np.linalg.eig(matrix)
        if np.isrealobj(values) and abs(values[0]) != abs(values[1]):
            yield _angle(vectors[:, int(np.argmax(np.abs(values)))])
        elif np.isrealobj(values) and abs(np.linalg.det(vectors)) < 1e-7:
            yield _angle(vectors[:, 0])


def _angle(vector: np.ndarray) -> float:
    # rounded, so that one direction found twice counts once
    return round(math.atan2(vector[1], vector[0]) % math.pi, 14) % round(math.pi, 14)


def _direction(angle: float) -> np.ndarray:
    return np.array([math.cos(angle), math.sin(angle)])


def _snapped(angle: float) -> np.ndarray:
    """A vector with small whole coordinates in almost the direction of the angle."""
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
