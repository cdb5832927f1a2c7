"""Adversarial matrices, all of exact floats, and interval matrices around them."""

from collections.abc import Callable

import numpy as np

from certify.arithmetic import Ball

Generator = Callable[[np.random.Generator, int], np.ndarray]


def _symmetrised(a: np.ndarray) -> np.ndarray:
    return np.tril(a) + np.tril(a, -1).T


def _orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.asarray(np.linalg.qr(rng.normal(size=(n, n)))[0])


def gaussian(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, n))


def graded(rng: np.random.Generator, n: int) -> np.ndarray:
    scale = 10.0 ** -(np.arange(n) * rng.uniform(0.2, 3))
    return rng.normal(size=(n, n)) * scale[:, None] * scale


def hilbert(_: np.random.Generator, n: int) -> np.ndarray:
    index = np.arange(n)
    return 1.0 / (index[:, None] + index + 1.0)


def clustered(rng: np.random.Generator, n: int) -> np.ndarray:
    values = np.repeat(rng.normal(size=(n + 2) // 3), 3)[:n] + 10.0 ** rng.uniform(-17, -6) * rng.normal(size=n)
    q = _orthogonal(rng, n)
    return (q * values) @ q.T


def nearly_singular(rng: np.random.Generator, n: int) -> np.ndarray:
    q = _orthogonal(rng, n)
    values = np.abs(rng.normal(size=n)) + 0.1
    values[0] = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-19, -10)
    return (q * values) @ q.T


def singular(rng: np.random.Generator, n: int) -> np.ndarray:
    """Integers of rank below n, exactly."""
    rank = max(1, n - 1 - int(rng.integers(0, 2)))
    b = rng.integers(-3, 4, (n, rank)).astype(float)
    return b @ b.T


def small_integers(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(-3, 4, (n, n)).astype(float)


def sparse_integers(rng: np.random.Generator, n: int) -> np.ndarray:
    return small_integers(rng, n) * (rng.random((n, n)) < 0.3)


def signed_zeros(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random((n, n)) < 0.6, rng.choice([0.0, -0.0], (n, n)), rng.normal(size=(n, n)))


def subnormal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(-40, 41, (n, n)) * 5e-324


def huge(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, n)) * 1e300


def tiny(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, n)) * 1e-300


def mixed_scales(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, n)) * 10.0 ** rng.uniform(-12, 12, (n, n))


def non_normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.triu(rng.normal(size=(n, n)) * 10.0 ** rng.uniform(0, 4)) + 1e-3 * rng.normal(size=(n, n))


def companion(rng: np.random.Generator, n: int) -> np.ndarray:
    a = np.diag(np.ones(n - 1), 1)
    a[-1] = rng.integers(-5, 6, n)
    return a


def jordan(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.diag(np.full(n, float(rng.integers(-2, 3)) / 2)) + np.diag(np.ones(n - 1), 1)


GENERAL: tuple[Generator, ...] = (
    *(gaussian, graded, hilbert, clustered, nearly_singular, singular, small_integers, sparse_integers, signed_zeros),
    *(subnormal, huge, tiny, mixed_scales, non_normal, companion, jordan),
)
_SYMMETRIC: tuple[Generator, ...] = (
    *(gaussian, graded, hilbert, clustered, nearly_singular, singular, small_integers, sparse_integers, signed_zeros),
    *(subnormal, huge, tiny, mixed_scales),
)


def general(rng: np.random.Generator, largest: int = 9) -> np.ndarray:
    """A square matrix of a random family."""
    return GENERAL[rng.integers(len(GENERAL))](rng, int(rng.integers(1, largest + 1)))


def rectangular(rng: np.random.Generator, largest: int = 8) -> np.ndarray:
    """Rows of a random family, at most as many as columns or the other way round."""
    a = general(rng, largest)
    return np.ascontiguousarray(a[: int(rng.integers(1, len(a) + 1))])


def symmetric(rng: np.random.Generator, largest: int = 9) -> np.ndarray:
    """An exactly symmetric matrix of a random family."""
    return _symmetrised(_SYMMETRIC[rng.integers(len(_SYMMETRIC))](rng, int(rng.integers(1, largest + 1))))


def definite(rng: np.random.Generator, size: int) -> np.ndarray:
    """A symmetric positive definite matrix, from well to badly conditioned."""
    q = _orthogonal(rng, size)
    a = (q * 10.0 ** rng.uniform(-rng.uniform(0, 9), 0, size)) @ q.T
    return _symmetrised(a)


def around(rng: np.random.Generator, a: np.ndarray, symmetric_radii: bool = False) -> Ball:
    """Mostly the matrix itself; else a ball with radii from below roundoff to as large as the entries."""
    if rng.random() < 0.5:
        return Ball.exact(a)
    rad = np.abs(a) * 10.0 ** rng.uniform(-18, 0) * (rng.random(a.shape) < 0.8) + (rng.random() < 0.2) * 1e-9
    return Ball(a, _symmetrised(rad) if symmetric_radii else rad)


def with_known_spectrum(rng: np.random.Generator, largest: int = 40) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """S J S^-1 with Jordan blocks of small whole eigenvalues and unimodular integer S: everything is exact.

    Returns the matrix and the pairs (eigenvalue, multiplicity).
    """
    n = int(rng.integers(2, largest + 1))
    j, counts, start = np.zeros((n, n)), {}, 0
    while start < n:
        size = min(int(rng.integers(1, n + 1)), n - start)
        value = int(rng.integers(-3, 4))
        j[start : start + size, start : start + size] = np.diag(np.full(size, value)) + np.diag(np.ones(size - 1), 1)
        counts[value] = counts.get(value, 0) + size
        start += size
    order = rng.permutation(n)
    j = j[np.ix_(order, order)]
    for _ in range(int(rng.integers(0, 8))):
        # a shear and its inverse: row p += row q, column q -= column p
        p, q = rng.choice(n, 2, replace=False)
        j[p] += j[q]
        j[:, q] -= j[:, p]
    assert np.abs(j).max() < 2**50
    return j, sorted(counts.items())
