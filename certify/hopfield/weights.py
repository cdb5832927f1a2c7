"""Weight matrices of large networks: dense, sparse, or a product of thin factors, with proved products and norms."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, final

import numpy as np
import scipy.sparse
from scipy.sparse import csr_array

from certify.arithmetic import Ball, matmul
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma, inflate_products
from certify.linear_algebra import largest_eigenvalue
from certify.linear_algebra.norms import frobenius_of_floats, upward
from certify.linear_algebra.shifted_cholesky import smallest_eigenvalue_bound
from foundation import CertificateError

_BLOCK = 512

# Within these bounds no product of three factors and no sum of 2^40 of them leaves the float range.
LARGEST = 2.0**250


@final
@dataclass(frozen=True, eq=False)
class Dense:
    """A (M, M) matrix of exact floats, an array or a CSR array."""

    matrix: Any

    @property
    def size(self) -> int:
        return int(self.matrix.shape[0])

    def as_tree(self) -> dict[str, Any]:
        if not scipy.sparse.issparse(self.matrix):
            return {"matrix": self.matrix}
        return {
            "values": self.matrix.data,
            "columns": self.matrix.indices.astype(np.int64),
            "row_ends": self.matrix.indptr.astype(np.int64),
        }

    def times(self, x: np.ndarray) -> np.ndarray:
        """A x (an estimate)."""
        return np.asarray(self.matrix @ x)

    def product(self, x: Ball) -> Ball:
        """A x, (M,)."""
        count = self._longest
        size = self.magnitude_times(np.abs(x.mid)) * gamma(count + 2)
        rad = size + (self.magnitude_times(np.asarray(x.rad)) if not x.is_exact else 0.0)
        return Ball(self.times(x.mid), inflate_products(rad, count + 4))

    def magnitude_times(self, x: np.ndarray) -> np.ndarray:
        """Upper bounds of |A| x for x >= 0."""
        count = self._longest
        if scipy.sparse.issparse(self.matrix):
            raw = np.asarray(abs(self.matrix) @ x)
        else:
            raw = np.concatenate([np.abs(self.matrix[k : k + _BLOCK]) @ x for k in range(0, self.size, _BLOCK)])
        return np.asarray(raw * (1 + 4 * gamma(count + 2)) + (count + 2) * SMALLEST_SUBNORMAL)

    @property
    def diagonal(self) -> np.ndarray:
        """a_ii, exact."""
        return np.asarray(self.matrix.diagonal())

    def symmetric_level(self, left: np.ndarray, right: Ball, level: float) -> float:
        """Upper bound of the largest eigenvalue of the symmetric part of diag(left) A diag(right); `level` a guess.

        Infinite for sparse matrices, for which the maximum norm is meant.
        """
        if scipy.sparse.issparse(self.matrix) or not np.isfinite(right.rad).all():
            return math.inf
        scaled = self.matrix * right.mid[None, :]
        scaled *= left[:, None]
        # two roundings in the products and one in the mean, and what the radii of the columns add
        rounding = frobenius_of_floats(scaled) * (16 * UNIT_ROUNDOFF) + 2.0**-500
        error = upward(rounding + self._column_spread(left, right.rad), 4)
        symmetric = scaled + scaled.T
        del scaled
        symmetric *= 0.5
        return math.nextafter(error - smallest_eigenvalue_bound(symmetric, -level, sign=-1), math.inf)

    def _column_spread(self, left: np.ndarray, radii: np.ndarray) -> float:
        """Upper bound of the Frobenius norm of diag(left) |A| diag(radii)."""
        squares = np.zeros(self.size)
        for k in range(0, self.size, _BLOCK):
            block = self.matrix[k : k + _BLOCK] * left[k : k + _BLOCK, None]
            squares += (block * block).sum(axis=0)
        columns = np.sqrt(squares * (1 + 8 * gamma(self.size + 4))) + 2.0**-500
        return frobenius_of_floats(inflate_products(columns * radii, 4))

    @cached_property
    def _longest(self) -> int:
        if scipy.sparse.issparse(self.matrix):
            return int(np.diff(self.matrix.indptr).max(initial=0)) + 1
        return self.size


@final
@dataclass(frozen=True, eq=False)
class Factors:
    """left @ right.T with thin exact factors (M, r)."""

    left: np.ndarray
    right: np.ndarray

    @property
    def size(self) -> int:
        return len(self.left)

    def as_tree(self) -> dict[str, Any]:
        return {"left": self.left, "right": self.right}

    def times(self, x: np.ndarray) -> np.ndarray:
        """A x (an estimate)."""
        return np.asarray(self.left @ (self.right.T @ x))

    def product(self, x: Ball) -> Ball:
        """A x, (M,)."""
        inner = matmul(Ball.exact(np.ascontiguousarray(self.right.T)), x.reshape(-1, 1))
        return matmul(Ball.exact(self.left), inner).reshape(-1)

    def magnitude_times(self, x: np.ndarray) -> np.ndarray:
        """Upper bounds of |A| x for x >= 0, from blocks of A."""
        rank, size = self.left.shape[1], self.size
        slack, parts = np.abs(self.right).T @ x + size * SMALLEST_SUBNORMAL, []
        for k in range(0, size, _BLOCK):
            rows = self.left[k : k + _BLOCK]
            parts.append(np.abs(rows @ self.right.T) @ x + 2 * gamma(rank + 2) * (np.abs(rows) @ slack))
        raw = np.concatenate(parts)
        return np.asarray(raw * (1 + 4 * gamma(size + rank + 4)) + self._lost(x))

    def _lost(self, x: np.ndarray) -> float:
        """What underflow may cost: eta in each product of a row of A, times x, and in each product with x."""
        return (self.left.shape[1] + 2) * self.size * SMALLEST_SUBNORMAL * (1.0 + float(x.max()))

    @property
    def diagonal(self) -> np.ndarray:
        """Nothing is made of the diagonal: zeros."""
        return np.zeros(self.size)

    def symmetric_level(self, left: np.ndarray, right: Ball, level: float) -> float:
        """Upper bound of the largest eigenvalue of the symmetric part of P Q^T, P = diag(left) L, Q = diag(right) R.

        (P Q^T + Q P^T)/2 = ((P + Q)(P + Q)^T - (P - Q)(P - Q)^T)/4 is at most |P + Q|^2/4, and at most |P| |Q|.
        """
        p = Ball.exact(self.left) * Ball.exact(left[:, None])
        q = Ball.exact(self.right) * right.reshape(-1, 1)
        sizes = [max(largest_eigenvalue(_gram(part)).upper, 0.0) for part in (p + q, p, q)]
        product = upward(math.sqrt(sizes[1]) * math.sqrt(sizes[2]), 4)
        return min(upward(sizes[0] / 4, 1), product)


Weights: TypeAlias = Dense | Factors


def weights_from_tree(problem: Mapping[str, Any], size: int) -> Weights:
    """The weights of a certificate; raises `CertificateError` when they are malformed."""
    if "left" in problem:
        left, right = np.asarray(problem["left"]), np.asarray(problem.get("right"))
        require(_floats(left, 2) and _floats(right, 2) and left.shape == right.shape and len(left) == size)
        return Factors(left, right)
    if "values" in problem:
        values, columns, ends = (np.asarray(problem.get(name)) for name in ("values", "columns", "row_ends"))
        require(_floats(values, 1) and _whole(columns) and _whole(ends) and len(ends) == size + 1)
        in_order = ends[0] == 0 and ends[-1] == len(values) == len(columns) and (np.diff(ends) >= 0).all()
        require(bool(in_order) and bool(((columns >= 0) & (columns < size)).all()))
        return Dense(csr_array((values, columns, ends), shape=(size, size)))
    matrix = np.asarray(problem.get("matrix"))
    require(_floats(matrix, 2) and matrix.shape == (size, size))
    return Dense(matrix)


def _gram(part: Ball) -> Ball:
    product = matmul(part.T, part)
    # both triangles enclose the same symmetric matrix
    return Ball(
        (product.mid + product.mid.T) / 2, np.maximum(product.rad, product.rad.T) + np.abs(product.mid - product.mid.T)
    )


def _floats(value: np.ndarray, ndim: int) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype == np.float64
        and value.ndim == ndim
        and bool((np.abs(value) <= LARGEST).all())
    )


def _whole(value: np.ndarray) -> bool:
    return value.dtype == np.int64 and value.ndim == 1


def require(condition: bool) -> None:
    if not condition:
        raise CertificateError("the problem of the certificate of a Hopfield network has malformed weights")
