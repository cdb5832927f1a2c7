"""Sampled chains v -> A v in floating point, with a bound of what every step may be off by."""

from typing import Protocol, TypeAlias, final

import numpy as np

from certify.arithmetic.rounding import gamma, inflate
from certify.lyapunov.families.family import Family
from certify.lyapunov.families.sgd_family import SGDFamily
from foundation import InputError

Generator: TypeAlias = np.random.Generator

_RESCALE = 16
# Between two rescalings no component of a healthy chain leaves the normal range while norms stay below 2^20.
_LARGEST_NORM = 2.0**20
_HEALTHY = 2.0**200
# What underflow adds to a step: a healthy chain has |v| > 2^-520 at every step, because 16 norms make at most 2^320.
_UNDERFLOW = 2.0**-500


class Steps(Protocol):
    """One random step of many chains at once."""

    dimension: int
    local_error: float
    """e with |computed - A v| <= e |v| (Euclidean norms), for every matrix in the balls; underflow included."""

    def start(self, chains: int) -> None:
        """Forget the past."""

    def advance(self, vectors: np.ndarray, generator: Generator) -> np.ndarray:
        """The next vectors (chains, d), each multiplied by an independent random matrix."""


@final
class SGDSteps:
    """w -> w - (eta/B) E_S K w, drawn without replacement by a partial Fisher-Yates shuffle (exactly uniform)."""

    def __init__(self, family: SGDFamily) -> None:
        scaled = family.step * family.gram
        self.dimension = family.dimension
        self.rows = np.ascontiguousarray(scaled.mid)
        self.examples, self.batch, self.outputs = family.examples, family.batch_size, family.outputs
        touched = float(family.batch_size * family.outputs)
        row_norm = float(_row_norms(scaled.mid).max())
        row_error = gamma(self.dimension + 4) * (1.0 + row_norm) + float(_row_norms(scaled.rad).max()) + _UNDERFLOW
        self.local_error = float(inflate(np.sqrt(touched) * np.asarray(row_error), 12))
        _check_norm(1.0 + np.sqrt(touched) * row_norm)

    def start(self, chains: int) -> None:
        self.order = np.tile(np.arange(self.examples), (chains, 1)) if self.batch > 1 else None

    def advance(self, vectors: np.ndarray, generator: Generator) -> np.ndarray:
        chains = len(vectors)
        chosen = self._batches(chains, generator)
        rows = (chosen[:, :, None] * self.outputs + np.arange(self.outputs)).reshape(chains, -1)
        change = np.matmul(self.rows[rows], vectors[:, :, None])[:, :, 0]
        vectors[np.arange(chains)[:, None], rows] -= change
        return vectors

    def _batches(self, chains: int, generator: Generator) -> np.ndarray:
        if self.order is None:
            return generator.integers(self.examples, size=(chains, 1))
        every = np.arange(chains)
        for j in range(self.batch):
            other = generator.integers(j, self.examples, size=chains)
            swapped = self.order[every, other]
            self.order[every, other] = self.order[:, j]
            self.order[:, j] = swapped
        return self.order[:, : self.batch]


@final
class MatrixSteps:
    """v -> A_i v for an explicit family with rational probabilities (drawn exactly, as integers)."""

    def __init__(self, family: Family) -> None:
        if family.exact_probabilities is None:
            raise InputError("sampling needs exact probabilities; pass rationals or floats, not balls")
        denominator = 1
        for p in family.exact_probabilities:
            denominator = int(np.lcm(np.array(denominator, object), np.array(int(p.q), object)))
        if denominator >= 2**62:
            raise InputError("the probabilities have a common denominator above 2^62; use simpler fractions")
        parts = [int(p.p) * (denominator // int(p.q)) for p in family.exact_probabilities]
        self.ends, self.total = np.cumsum(parts), denominator
        self.matrices, self.dimension = family.matrices.mid, family.dimension
        norm = float(np.sqrt((_row_norms(self.matrices) ** 2).sum(axis=-1)).max())
        radius = float(np.sqrt((_row_norms(family.matrices.rad) ** 2).sum(axis=-1)).max())
        error = np.asarray(gamma(self.dimension + 4) * norm + radius + _UNDERFLOW)
        self.local_error = float(inflate(error, self.dimension + 12))
        _check_norm(norm)

    def start(self, chains: int) -> None:
        del chains

    def advance(self, vectors: np.ndarray, generator: Generator) -> np.ndarray:
        letters = np.searchsorted(self.ends, generator.integers(self.total, size=len(vectors)), side="right")
        return np.asarray(np.matmul(self.matrices[letters], vectors[:, :, None])[:, :, 0])


def run_chains(
    steps: Steps, chains: int, length: int, generator: Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`chains` vectors after `length` steps as (w, e, healthy): the final vector is 2^e w, |w| moderate.

    They start uniformly on the odd multiples of 2^-53 in (-1, 1)^d. Rescaling is by powers of two. A chain is not
    healthy when its size ever left [2^-200, 2^200] between rescalings; then nothing is known about it.
    """
    lattice = generator.integers(2**53, size=(chains, steps.dimension))
    vectors = ((2.0 * lattice.astype(np.float64) - 2.0**53) + 1.0) / 2.0**53
    exponents, healthy = np.zeros(chains, dtype=np.int64), np.ones(chains, dtype=bool)
    steps.start(chains)
    with np.errstate(all="ignore"):
        for k in range(1, length + 1):
            vectors = steps.advance(vectors, generator)
            if k % _RESCALE == 0 or k == length:
                size = np.abs(vectors).max(axis=1)
                healthy &= (size > 1.0 / _HEALTHY) & (size < _HEALTHY)
                shift = np.where(healthy, np.frexp(np.where(healthy, size, 1.0))[1], 0)
                vectors = np.ldexp(vectors, -shift[:, None])
                exponents += shift
    return vectors, exponents, healthy


def _row_norms(rows: np.ndarray) -> np.ndarray:
    """Upper bounds of the Euclidean norms along the last axis."""
    squares = (rows * rows).sum(axis=-1) + 2.0**-1000
    return np.asarray(inflate(np.sqrt(squares), rows.shape[-1] + 6))


def _check_norm(norm: float) -> None:
    if not norm < _LARGEST_NORM:
        raise InputError(f"a matrix of the family may have norm {norm:g}; sampling needs norms below 2^20, so rescale")
