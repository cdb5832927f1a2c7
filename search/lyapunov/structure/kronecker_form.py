"""The search for a basis in which all matrices of a family are Kronecker products."""

import itertools
import math
from typing import Any

import numpy as np

from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.structure.kronecker_form import Product, exact_matrix, kronecker
from search.lyapunov.directions.change_of_basis import candidate_frames
from search.lyapunov.structure.stationary_measure_regularity import best_power_law

_CLOSE = 1e-9
_STEPS = 3
_TRIAL = 6


def recognised(matrices: np.ndarray) -> Product | None:
    """The basis in which all matrices are nearly Kronecker products, and the factors (an estimate), or None.

    B (x) C keeps the quadratic form det X up to the factor det B det C, whose square is the root of det(B (x) C).
    """
    for signs in itertools.product((1.0, -1.0), repeat=len(matrices)):
        basis = _determinant_basis(matrices, np.array(signs))
        if basis is not None:
            found = _split(np.linalg.solve(basis, matrices @ basis))
            if found is not None:
                return Product(basis, *found)
    return None


def _determinant_basis(matrices: np.ndarray, signs: np.ndarray) -> np.ndarray | None:
    """T in which the form x1 x4 - x2 x3 is kept up to signs |det A|^(1/2), if there is just one such form."""
    sides = [(i, j) for i in range(4) for j in range(i, 4)]
    forms = np.zeros((10, 4, 4))
    for number, (i, j) in enumerate(sides):
        forms[number, i, j] = forms[number, j, i] = 1.0
    rows = []
    for a, sign in zip(matrices, signs, strict=True):
        factor, size = sign * math.sqrt(abs(np.linalg.det(a))), max(float((a * a).sum()), 1e-300)
        rows.append(np.stack([((a.T @ q @ a - factor * q) / size).ravel() for q in forms], axis=1))
    singular, vectors = np.linalg.svd(np.concatenate(rows))[1:]
    if singular[-1] > _CLOSE * singular[0] or singular[-2] < 1e3 * singular[-1] or singular[-2] < _CLOSE * singular[0]:
        return None
    values, frame = np.linalg.eigh(np.einsum("n,nij->ij", vectors[-1], forms))
    if (values > 0).sum() != 2 or np.abs(values).min() < 1e-6 * np.abs(values).max():
        return None
    order = np.argsort(-values)
    frame = frame[:, order] / np.sqrt(np.abs(values[order]))
    # x1 x4 - x2 x3 = p^2 + s^2 - q^2 - r^2 for x1, x4 = p +- q, x2, x3 = r +- s
    change = np.array([[1.0, 0, 1, 0], [0, 1, 0, 1], [0, -1, 0, 1], [1, 0, -1, 0]])
    return np.asarray(frame @ np.linalg.inv(change))


def _split(products: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """The different factors on the left and on the right, and their numbers for each of the products; or None."""
    left: list[np.ndarray] = []
    right: list[np.ndarray] = []
    rows, columns, scales = [], [], {}
    for x in products:
        u, s, v = np.linalg.svd(x.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4))
        if s[1] > 1e-7 * s[0]:
            return None
        rows.append(_place(left, u[:, 0].reshape(2, 2)))
        columns.append(_place(right, v[0].reshape(2, 2)))
        scales[rows[-1], columns[-1]] = s[0]
    # s_ij = alpha_i beta_j: the first row and column decide
    first = {key: value for key, value in scales.items() if key[0] == 0 or key[1] == 0}
    if (0, 0) not in first or len(first) != len(left) + len(right) - 1:
        return None
    alpha = np.array([first[i, 0] for i in range(len(left))])
    beta = np.array([first[0, j] for j in range(len(right))]) / first[0, 0]
    if any(abs(value - alpha[i] * beta[j]) > 1e-6 * value for (i, j), value in scales.items()):
        return None
    return (
        alpha[:, None, None] * np.array(left),
        beta[:, None, None] * np.array(right),
        np.array(rows),
        np.array(columns),
    )


def _place(known: list[np.ndarray], x: np.ndarray) -> int:
    """The number of x, up to its sign, among the known matrices of norm 1, where it is entered if it is new."""
    for number, y in enumerate(known):
        if min(np.abs(x - y).max(), np.abs(x + y).max()) < 1e-6:
            return number
    known.append(x)
    return len(known) - 1


def refined(matrices: np.ndarray, found: Product) -> Product:
    """Smaller distances (an estimate): Gauss-Newton steps with exact residuals."""
    basis, left, right = found.basis, found.left, found.right
    for _ in range(_STEPS):
        back = np.linalg.inv(basis)
        rows, residuals = [], []
        for a, i, j in zip(matrices, found.rows, found.columns, strict=True):
            b, c = left[i], right[j]
            weight = np.linalg.norm(np.linalg.inv(b)) * np.linalg.norm(np.linalg.inv(c))
            moved = back @ a @ basis
            sign = 1.0 if (moved * np.kron(b, c)).sum() > 0 else -1.0
            block = np.zeros((16, 16 + left.size + right.size))
            block[:, :16] = np.kron(moved, np.eye(4)) - np.kron(np.eye(4), moved.T)
            for number, entry in enumerate(np.eye(4).reshape(4, 2, 2)):
                block[:, 16 + 4 * i + number] = -sign * np.kron(entry, c).ravel()
                block[:, 16 + left.size + 4 * j + number] = -sign * np.kron(b, entry).ravel()
            t = exact_matrix(basis)
            error = exact_matrix(a) * t - t * kronecker(exact_matrix(b), exact_matrix(c)) * int(sign)
            rows.append(weight * block)
            residuals.append(weight * (back @ np.array([[float(x) for x in row] for row in error.tolist()])).ravel())
        step = np.linalg.lstsq(np.concatenate(rows), -np.concatenate(residuals), rcond=1e-13)[0]
        basis = basis + basis @ step[:16].reshape(4, 4)
        left = left + step[16 : 16 + left.size].reshape(left.shape)
        right = right + step[16 + left.size :].reshape(right.shape)
    return Product(basis, left, right, found.rows, found.columns)


def framed(found: Product, probabilities: tuple[list[Any], list[Any]]) -> Product:
    """The factors in the frames of the plane in which their directions contract most evenly (an estimate)."""
    frames = []
    for factors, weights in zip((found.left, found.right), probabilities, strict=True):
        trials: list[tuple[float, int, np.ndarray]] = []
        for frame in candidate_frames(matrix_family(factors, weights)):
            change = frame if frame.size else np.eye(2)
            changed = matrix_family(np.linalg.solve(change, factors @ change), weights)
            trials.append((best_power_law(changed, _TRIAL)[0], len(trials), change))
        frames.append(min(trials, key=lambda trial: trial[:2])[2])
    left, right = (np.linalg.solve(s, x @ s) for s, x in zip(frames, (found.left, found.right), strict=True))
    return Product(found.basis @ np.kron(*frames), left, right, found.rows, found.columns)
