"""The search for the basis in which a family is nearly a symmetric square, and for the width of the smoothing."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.structure.perturbed_symmetric_square import (
    admits,
    bounds_on_squares,
    exact_floats,
    on_squares,
    probabilities,
    square_distances,
)
from foundation import CertificateError
from foundation.computing_time import computing_time
from search.lyapunov.directions.line_collocation import solve_adaptively
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.weighted_moment import perron

_CLOSE = 1e-10
_TRIAL = 400
_CELLS = 1600
_MOST_CELLS = 1 << 17
_BLURS = (4.0, 12.0, 36.0, 108.0, 324.0)
_STEPS = 3
_ROUNDS = 400
_LARGEST_CONDITION = 1e12


def applies(family: Family) -> str | None:
    """None for exact regular families in dimension 3 that keep a cone of squares up to rounding, else the reason."""
    if reason := admits(family):
        return reason
    if any(np.linalg.cond(matrix) > _LARGEST_CONDITION for matrix in family.matrices.mid):
        return "some matrix is singular, nearly"
    return None if cone_basis(family.matrices.mid) is not None else "no cone of squares is nearly invariant"


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The basis T (3, 3), the factors B_i (k, 2, 2), and a piecewise linear f on the circle (estimates).

    f has four times as many cells for each unit of `effort`, as long as `deadline`, a `computing_time()` value, allows.
    It is given as for the projective line: ascending `nodes` in [0, 2), `values`, the estimate `exponent`, `rounds`.
    `blur` is rho_0 in units of sqrt(e).
    """
    trials = [_best_blur(family, *frame, _TRIAL, deadline) for frame in _frames(family)]
    best = min(trials, key=lambda found: found[1])
    chosen = best[0]
    for cells in (_CELLS * 2 ** (2 * effort - 1), _CELLS * 4**effort):
        if computing_time() < deadline:
            best = min(
                best,
                _best_blur(family, chosen["basis"], chosen["factors"], cells, deadline),
                key=lambda found: found[1],
            )
    return best[0]


def _best_blur(
    family: Family, basis: np.ndarray, factors: np.ndarray, cells: float, deadline: float
) -> tuple[Witness, float]:
    """The witness for about so many cells with the blur that gives the narrowest bounds, and their width."""
    planar, distances = matrix_family(factors, probabilities(family)), square_distances(family, basis, factors)
    found = solve_adaptively(factors, family.probabilities.mid, min(int(cells), _MOST_CELLS), deadline)
    witness: Witness = {"basis": basis, "factors": factors, "exponent": found.exponent, "rounds": _ROUNDS}
    witness |= {"nodes": found.nodes, "values": found.values, "blur": _BLURS[0]}
    width = np.inf
    for base in _BLURS:
        bound = bounds_on_squares(planar, distances, witness | {"blur": base})
        # a blur beyond the narrowest cells gives nothing; far from the best one the rest is worse still
        if bound.width > 2 * width:
            break
        if bound.width < width:
            witness, width = witness | {"blur": base}, bound.width
    return witness, width


def _frames(family: Family) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """T and the B_i, as they are found and after a change of basis in which the mean square of the B_i is rounder."""
    basis = cone_basis(family.matrices.mid)
    if basis is None:
        raise CertificateError("no cone of squares is nearly invariant")
    factors = np.array([_square_root(np.linalg.solve(basis, a @ basis)) for a in family.matrices.mid])
    yield refined(family.matrices.mid, basis, factors)
    values, vectors = np.linalg.eigh(positive_metric(perron(factors, family.probabilities.mid).left))
    change = (vectors * values**0.25) @ vectors.T
    back = np.linalg.inv(change)
    turned = np.array([[float(x) for x in row] for row in on_squares(exact_floats(back)).tolist()])
    yield refined(family.matrices.mid, basis @ turned, change @ factors @ back)


def refined(matrices: np.ndarray, basis: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """T and B_i with smaller distances (estimates): Gauss-Newton steps with exact residuals."""
    weights = [np.linalg.norm(np.linalg.inv(_squares(b)), 2) for b in factors]
    for _ in range(_STEPS):
        back = np.linalg.inv(basis)
        rows, right = [], []
        for number, (a, b, weight) in enumerate(zip(matrices, factors, weights, strict=True)):
            moved = back @ a @ basis
            sign = 1.0 if (moved * _squares(b)).sum() > 0 else -1.0
            rows.append(weight * np.hstack([_commutators(moved), *_derivatives(-sign, b, number, len(factors))]))
            right.append(weight * _misfit(basis, back, a, sign, b))
        step = np.linalg.lstsq(np.concatenate(rows), -np.concatenate(right), rcond=1e-13)[0]
        basis = basis + basis @ step[:9].reshape(3, 3)
        factors = factors + step[9:].reshape(-1, 2, 2)
    return basis, factors


def _misfit(basis: np.ndarray, back: np.ndarray, a: np.ndarray, sign: float, b: np.ndarray) -> np.ndarray:
    """T^-1 A T -+ M(B), flat, from the exact A T - T (+-M(B))."""
    t = exact_floats(basis)
    error = exact_floats(a) * t - t * on_squares(exact_floats(b)) * int(sign)
    return np.asarray(back @ np.array([[float(x) for x in row] for row in error.tolist()])).ravel()


def _commutators(moved: np.ndarray) -> np.ndarray:
    """The matrix of X -> moved X - X moved on flat X."""
    one = np.eye(len(moved))
    return np.asarray(np.kron(moved, one) - np.kron(one, moved.T))


def _derivatives(sign: float, b: np.ndarray, number: int, count: int) -> list[np.ndarray]:
    """sign times the derivatives of M(B) by the entries of all factors: zero but for the factor `number`."""
    columns = []
    for entry in np.eye(4).reshape(4, 2, 2):
        # M is quadratic: the symmetric difference is exact
        columns.append(sign * (_squares(b + entry) - _squares(b - entry)).ravel() / 2)
    blocks = [np.zeros((9, 4)) for _ in range(count)]
    blocks[number] = np.stack(columns, axis=1)
    return blocks


def _squares(b: np.ndarray) -> np.ndarray:
    """M(B) in floats."""
    columns = []
    for s in ([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, -1.0]], [[0.0, 1.0], [1.0, 0.0]]):
        image = b @ np.array(s) @ b.T
        columns.append([(image[0, 0] + image[1, 1]) / 2, (image[0, 0] - image[1, 1]) / 2, image[0, 1]])
    return np.array(columns).T


def cone_basis(matrices: np.ndarray) -> np.ndarray | None:
    """T in which the quadratic form s0^2 - s1^2 - s2^2 is kept by all matrices up to factors, or None (an estimate).

    A^T Q A = |det A|^(2/3) Q are linear equations for the symmetric Q.
    """
    sides = [(i, j) for i in range(3) for j in range(i, 3)]
    forms = np.zeros((6, 3, 3))
    for number, (i, j) in enumerate(sides):
        forms[number, i, j] = forms[number, j, i] = 1.0
    rows = []
    for a in matrices:
        factor = np.abs(np.linalg.det(a)) ** (2 / 3)
        size = max(float((a * a).sum()), 1e-300)
        rows.append(np.stack([((a.T @ q @ a - factor * q) / size).ravel() for q in forms], axis=1))
    singular, vectors = np.linalg.svd(np.concatenate(rows))[1:]
    if singular[-1] > _CLOSE * singular[0]:
        return None
    values, frame = np.linalg.eigh(np.einsum("n,nij->ij", vectors[-1], forms))
    if (values > 0).sum() == 2:
        values = -values
    order = np.argsort(-values)
    values, frame = values[order], frame[:, order]
    if not (values[0] > 0 > values[1] and np.abs(values).min() > 1e-6 * np.abs(values).max()):
        return None
    return np.asarray(frame / np.sqrt(np.abs(values)))


def _square_root(x: np.ndarray) -> np.ndarray:
    """B with M(B) near +-x, from the images of e1 e1^T, e2 e2^T and e1 e2^T + e2 e1^T (an estimate)."""
    x = x if x[0, 0] > 0 else -x
    images = [
        _matrix(x @ s) for s in (np.array([0.5, 0.5, 0.0]), np.array([0.5, -0.5, 0.0]), np.array([0.0, 0.0, 1.0]))
    ]
    first, second = (_leading(image) for image in images[:2])
    mixed = np.outer(first, second)
    sign: Any = 1.0 if ((mixed + mixed.T) * images[2]).sum() >= 0 else -1.0
    return np.stack([first, sign * second], axis=1)


def _matrix(s: np.ndarray) -> np.ndarray:
    return np.array([[s[0] + s[1], s[2]], [s[2], s[0] - s[1]]])


def _leading(s: np.ndarray) -> np.ndarray:
    """b with b b^T near s."""
    values, vectors = np.linalg.eigh(s)
    return np.asarray(vectors[:, 1] * math.sqrt(max(values[1], 0.0)))
