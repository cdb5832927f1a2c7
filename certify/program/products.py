"""The large matrix products of the interpreter: the one place where another device could compute them."""

import functools
import math
from collections.abc import Iterator

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.arithmetic.ball import _checked
from certify.arithmetic.products import vector_norms
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma, inflate, rounding_error

# Shorter sums are accurate as they are.
_SHORTEST_SPLIT = 4

# Beyond 2^+-400 the parts of a split could overflow or lose bits to underflow.
_EXTREME_EXPONENT = 400

# Products of factors below this bound stay far from overflow.
_LARGE = 2.0**500

# Entries in flight: the temporaries of one block stay in the second-level cache.
_BLOCK = 16384


def multiply_matrices(x: Ball, y: Ball) -> Ball:
    """Enclosure of the products of stacks of matrices, shapes (B, ..., m, k) and (B, ..., k, n); B may be 1."""
    if x.shape[-1] == 1:
        return _outer(x, y)
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    count = int(np.prod(batch, dtype=np.int64))
    if y.size == y.shape[-1] * y.shape[-2]:  # the same right factor for every member of the stack
        rows = x.size // x.shape[-1] if x.shape[-1] else math.prod(x.shape[:-1])
        left, right = x.reshape((rows, x.shape[-1])), y.reshape(y.shape[-2:])
        chosen = _unit_rows(left, right)
        flat = _product(left, right) if chosen is None else right[chosen]
        return flat.reshape((*x.shape[:-1], y.shape[-1])).reshape((*batch, x.shape[-2], y.shape[-1]))
    if x.size == x.shape[-1] * x.shape[-2] and count > 1:
        turned = multiply_matrices(_turn(y), _turn(x))
        return _turn(turned)
    return _product(x, y)


def _unit_rows(x: Ball, y: Ball) -> np.ndarray | None:
    """For a matrix x whose rows are unit vectors the positions of their ones: x @ y is then y[positions], not rounded.

    Derivatives start from such matrices. None also where y is unbounded: zero times what may be no number is not zero.
    """
    if np.count_nonzero(x.mid) != len(x.mid) or not x.is_exact or not (y.is_exact or np.isfinite(y.rad).all()):
        return None
    positions = x.mid.argmax(axis=-1)
    return positions if np.all(x.mid[np.arange(len(positions)), positions] == 1.0) else None


def _product(x: Ball, y: Ball) -> Ball:
    """Enclosure of the product of stacks of matrices, with midpoints that are almost correctly rounded."""
    midpoint = _accurate(x.mid, y.mid) if x.shape[-1] >= _SHORTEST_SPLIT else None
    if midpoint is None:
        return matmul(x, y)
    count = x.shape[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        mid, rad = midpoint
        if not y.is_exact:
            rad = rad + _upper_product(np.abs(x.mid), y.rad, count)
        if not x.is_exact:
            rad = rad + _upper_product(x.rad, np.abs(y.mid) if y.is_exact else y.magnitude, count)
        return _checked(mid, inflate(rad, 3))


def _accurate(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(C, E) with |C - a b| <= E and E little more than the rounding of C; None where numbers are too large or small.

    Error-free splitting [K. Ozaki, T. Ogita, S. Oishi, S. Rump, Error-free transformations of matrix multiplication,
    Numer. Algorithms 59 (2012), section 2]: a = a1 + a2 and b = b1 + b2 exactly, with a1 of so few bits that a1 b1 is
    computed without any rounding, in any order. With row and column maxima below 2^e and 2^f, a1 is a multiple of
    2^(e + s - 52) and |a2| <= 2^(e + s - 53); the partial sums of a1 b1 are multiples of 2^(e + f + 2s - 104), at
    most k 2^(e + f), hence exact when 2s >= 51 + log2 k. What is left, a1 b2 + a2 b, errs by (gamma_k + 2u) M with
    M >= |a1| |b2| + |a2| |b|.
    """
    count = a.shape[-1]
    shift = math.ceil((51 + math.log2(count)) / 2)
    rows, columns = _exponents(a, -1), _exponents(b, -2)
    if max(np.abs(rows).max(initial=0), np.abs(columns).max(initial=0)) > _EXTREME_EXPONENT:
        return None
    (a1, a2), (b1, b2) = _split(a, rows + shift), _split(b, columns + shift)
    # what has few bits, such as grey values, leaves nothing behind: its products need not be formed
    left = [(x, y) for x, y in ((a1, b2), (a2, b)) if (y if x is a1 else x).any()]
    mid = np.matmul(a1, b1)
    if left:
        mid = mid + functools.reduce(np.add, (np.matmul(x, y) for x, y in left))
    bound = sum((_outer_norms(x, y) for x, y in left), np.zeros(()))
    return mid, rounding_error(mid) + bound * (2 * gamma(count + 4)) + (2 * count + 2) * SMALLEST_SUBNORMAL


def _outer_norms(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Upper bounds of the entries of |a| |b|: Euclidean norms of rows times those of columns (Cauchy-Schwarz)."""
    return vector_norms(a, -1)[..., :, None] * vector_norms(b, -2)[..., None, :]


def _exponents(a: np.ndarray, axis: int) -> np.ndarray:
    """Whole numbers e with all entries along the axis at most 2^e in magnitude (0 for zeros); the axis is kept."""
    exponents = np.frexp(np.abs(a).max(axis=axis, keepdims=True, initial=0.0))[1]
    return np.asarray(exponents)


def _split(a: np.ndarray, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(high, low) with high + low = a exactly; high keeps the bits above 2^(exponent - 52)."""
    anchor = np.ldexp(1.5, exponents)
    high = (a + anchor) - anchor
    return high, a - high


def _upper_product(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Upper bounds of the product of non-negative matrices; inf * 0 gives nan, which becomes an unbounded entry."""
    return np.matmul(a, b) * (1.0 + 4 * gamma(count + 2)) + (count + 1) * SMALLEST_SUBNORMAL


def _turn(x: Ball) -> Ball:
    return x.map(lambda a: np.swapaxes(a, -1, -2))


def _outer(x: Ball, y: Ball) -> Ball:
    """Enclosure of the outer products, shapes (..., m, 1) and (..., 1, n)."""
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    mid, rad = (np.empty((*batch, x.shape[-2], y.shape[-1])) for _ in range(2))
    _fill_outer(x, y, mid, rad)
    return Ball._unchecked(mid, rad)


def outer_into(left: Ball, right: Ball, mid: np.ndarray, rad: np.ndarray) -> None:
    """Writes the outer products of (B, m) and (B, n), flattened to rows of length m n, into two arrays."""
    shape = (mid.shape[0], left.shape[1], right.shape[1])
    full = left.map(lambda a: np.broadcast_to(a, (shape[0], shape[1])))
    columns = full.map(lambda a: a[:, :, None]), right.map(lambda a: a[:, None, :])
    _fill_outer(*columns, _rows_as_matrices(mid, shape), _rows_as_matrices(rad, shape))


def _rows_as_matrices(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A view (writing to a copy would be lost)."""
    strides = (rows.strides[0], shape[2] * rows.strides[1], rows.strides[1])
    return np.lib.stride_tricks.as_strided(rows, shape, strides)


def _fill_outer(x: Ball, y: Ball, mid: np.ndarray, rad: np.ndarray) -> None:
    """Outer products in one pass over each output array, by blocks that stay in the cache.

    With midpoints a, b and radii r, s the radius is |a| (s + 2u|b|) + r (|b| + s) + 8 eta. Its factors are enlarged by
    16u beforehand, which covers their rounding (at most two operations each) and that of the two products and sums,
    gamma_3; eta covers the underflow of 2u|b| and of the products.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = np.abs(x.mid), np.abs(y.mid)
        growth = 1.0 + 16 * UNIT_ROUNDOFF
        right = (y.rad + (2 * UNIT_ROUNDOFF * b + SMALLEST_SUBNORMAL)) * growth
        reach = None if x.is_exact else (b + y.rad) * growth
        for part in _blocks(mid.shape):
            np.multiply(_part(x.mid, part), _part(y.mid, part), out=mid[part])
            target = rad[part]
            np.multiply(_part(a, part), _part(right, part), out=target)
            if reach is not None:
                target += _part(x.rad, part) * _part(reach, part)
            target += 8 * SMALLEST_SUBNORMAL
    largest = max(float(v.max(initial=0.0)) for v in (a, b, x.rad, y.rad))
    if not largest < _LARGE:
        safe = _checked(mid, rad)
        mid[...], rad[...] = safe.mid, safe.rad


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of the first axis that hold about `_BLOCK` entries each."""
    step = max(1, _BLOCK // max(1, math.prod(shape[1:])))
    return (slice(start, start + step) for start in range(0, shape[0], step))


def _part(array: np.ndarray, part: slice) -> np.ndarray:
    """The slice of the first axis, which stands for all where its length is 1."""
    return array if len(array) == 1 else array[part]
