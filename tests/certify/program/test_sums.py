"""Sums in programs against exact rational arithmetic: repeated positions, partial sums, reductions."""

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import evaluate, trace

_POSITIONS = np.array([0, 2, 1, 2] * 50)


def _scatter(values):
    return [sum((v for v, p in zip(values, _POSITIONS, strict=True) if p == k), Fraction(0)) for k in range(3)]


def _partial(values):
    return [sum(values[: i + 1], Fraction(0)) for i in range(len(values))]


CASES = {
    "repeated_positions": (lambda x: jnp.zeros(3).at[_POSITIONS].add(x), _scatter),
    "partial_sums": (jnp.cumsum, _partial),
    "partial_sums_reversed": (lambda x: jnp.cumsum(x[::-1])[::-1], lambda v: _partial(v[::-1])[::-1]),
    "sum": (jnp.sum, lambda v: [sum(v, Fraction(0))]),
    "mean_times_count": (lambda x: jnp.mean(x) * 200, lambda v: [sum(v, Fraction(0))]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("radius", [0.0, 1e-3])
def test_sums_contain_the_exact_ones(name, radius):
    function, exact = CASES[name]
    rng = np.random.default_rng(11)
    mid = rng.normal(size=200) * 10.0 ** rng.integers(-8, 8, 200)
    (ball,) = evaluate(trace(function, mid), [Ball(mid, np.full(200, radius))])
    for sign in (-1, 0, 1):
        expected = exact([Fraction(float(m)) + sign * Fraction(radius) for m in mid])
        for value, middle, spread in zip(expected, ball.mid.reshape(-1), ball.rad.reshape(-1), strict=True):
            assert abs(Fraction(float(middle)) - value) <= Fraction(float(spread))
    assert np.all(ball.rad <= 200 * radius * 1.01 + 1e-12 * np.abs(mid).sum())
