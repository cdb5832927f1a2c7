"""Searches do not hang on last bits: perturbed eigenvalues, eigenvectors and angles give the same verdicts and widths.

Every routine of the floating searches that returns rounded numbers is replaced by one whose results are moved by up to
four units in the last place, up or down at random, and whose eigenvalues come as complex numbers: other libraries,
kernels and versions round so. What is proved must stay as sharp.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.prove import prove_one
from search.lyapunov.registry import proposer_named

_ULPS = 4


def _sgd(gram: Any, rate: Fraction) -> list[Any]:
    side = range(len(gram))
    return [[[int(r == c) - (rate * gram[i][c] if r == i else 0) for c in side] for r in side] for i in side]


def _square(rows: Any) -> Any:
    (a, b), (c, d) = rows
    return [[a * a, 2 * a * b, b * b], [a * c, a * d + b * c, b * d], [c * c, 2 * c * d, d * d]]


FIBONACCI = [[[0, 1], [1, 1]], [[0, 1], [1, -1]]]
SHEARS = [[[1, 1], [0, 1]], [[1, 0], [1, 1]]]
CASES: dict[str, tuple[str, Any]] = {
    "one matrix twice": ("cone", [[[1, 1], [1, 2]], [[1, 1], [1, 2]]]),
    "two positive matrices": ("cone", [[[2, 1], [1, 1]], [[3, 1], [1, 2]]]),
    "signs": ("cone", [[[-2, -1], [-1, -1]], [[3, 1], [1, 2]]]),
    "shears": ("cone", SHEARS),
    "touching": ("cone", _sgd([[2, 6], [6, 20]], Fraction(1, 25))),
    "singular": ("cone", _sgd([[2, 6], [6, 20]], Fraction(1, 20))),
    "product": ("cone", _sgd([[3, 1], [1, 3]], Fraction(1, 6))),
    "balls": ("cone", Ball(np.array([[[2.0, 1.0], [1.0, 1.0]], [[1.0, 3.0], [1.0, 2.0]]]), np.full((2, 2, 2), 1e-6))),
    "projective line": ("projective_line", FIBONACCI),
    "concave bound": ("concave_bound", _sgd([[2, 6], [6, 20]], Fraction(9, 50))),
    "second moment": ("second_moment", FIBONACCI),
    "words": ("words", FIBONACCI),
    "lower bound": ("lower_bound", SHEARS),
    "moment function": ("moment_function", FIBONACCI),
    "near lift": ("near_lift", [_square(a) for a in FIBONACCI]),
}


def moved(generator: np.random.Generator, value: np.ndarray) -> np.ndarray:
    """Every entry moved by at most four units in the last place of the largest entry of its row, as rounding does."""
    scale = np.abs(value).max(axis=-1, keepdims=True, initial=0.0) if value.ndim else np.abs(value)
    return np.asarray(value + generator.integers(-_ULPS, _ULPS + 1, size=value.shape) * np.spacing(scale + 0.0))


def perturbed(function: Callable[..., Any], generator: np.random.Generator, as_complex: bool) -> Callable[..., Any]:
    """The function with its results moved."""

    def call(*arguments: Any, **options: Any) -> Any:
        found = function(*arguments, **options)
        if not isinstance(found, tuple):
            return moved(generator, np.asarray(found))
        parts = [part if part.dtype.kind == "c" else moved(generator, np.asarray(part)) for part in found]
        if as_complex:
            parts = [part.astype(complex) for part in parts]
        return type(found)(*parts) if hasattr(found, "_fields") else tuple(parts)

    return call


def disturb(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    generator = np.random.default_rng(seed)
    for name in ("eig", "eigh", "svd", "solve", "inv", "det", "lstsq"):
        original = getattr(np.linalg, name)
        if name == "lstsq":
            monkeypatch.setattr(np.linalg, name, _first_moved(original, generator))
        else:
            monkeypatch.setattr(np.linalg, name, perturbed(original, generator, name == "eig"))
    monkeypatch.setattr(scipy.linalg, "eigh", perturbed(scipy.linalg.eigh, generator, False))
    for name in ("atan2", "cos", "sin"):
        monkeypatch.setattr(math, name, _scalar(getattr(math, name), generator))


def _first_moved(function: Callable[..., Any], generator: np.random.Generator) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        found = function(*arguments, **options)
        return (moved(generator, found[0]), *found[1:])

    return call


def _scalar(function: Callable[..., float], generator: np.random.Generator) -> Callable[..., float]:
    def call(*arguments: float) -> float:
        value = function(*arguments)
        return value + int(generator.integers(-_ULPS, _ULPS + 1)) * math.ulp(value)

    return call


def proved(name: str) -> Enclosure:
    """What the engine's own witness proves, from a search that no clock ends."""
    engine, matrices = CASES[name]
    family = matrix_family(matrices)
    with np.errstate(all="ignore"):
        witness = proposer_named(engine).propose(family, 0, math.inf)
    return prove_one(family, engine, witness)


@pytest.mark.parametrize("name", CASES)
def test_last_bits_change_no_proof(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = proved(name)
    assert plain.lower > -math.inf or plain.upper < math.inf
    for seed in range(3):
        with monkeypatch.context() as context:
            disturb(context, seed)
            engine, matrices = CASES[name]
            with np.errstate(all="ignore"):
                witness = proposer_named(engine).propose(matrix_family(matrices), 0, math.inf)
        found = prove_one(matrix_family(matrices), engine, witness)
        assert plain.intersect(found).width <= plain.width
        for before, after in ((plain.lower, found.lower), (plain.upper, found.upper)):
            assert math.isfinite(before) == math.isfinite(after)
            if math.isfinite(before):
                other = plain.width if math.isfinite(plain.width) else 0.1
                assert abs(after - before) <= 0.5 * other + 1e-14
        assert found.is_below(0.0) == plain.is_below(0.0)
        assert found.is_above(0.0) == plain.is_above(0.0)
