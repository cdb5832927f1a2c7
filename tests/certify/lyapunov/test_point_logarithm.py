"""The vectorised logarithm against Arb."""

import numpy as np
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.point_logarithm import log_bounds, log_points


def _worst_ratio(points: np.ndarray) -> float:
    """The greatest |error| / bound over the points."""
    values, errors = log_points(points)
    worst = 0.0
    with ctx.workprec(200):
        for x, value, error in zip(points, values, errors, strict=True):
            gap = abs(arb(float(x)).log() - arb(float(value)))
            worst = max(
                worst, float(gap.upper() / arb(float(error))) if error > 0 else (0.0 if float(gap) == 0 else np.inf)
            )
    return worst


def test_the_error_bound_holds_over_the_whole_range() -> None:
    generator = np.random.default_rng(7)
    mantissas = np.concatenate([generator.uniform(0.5, 2.0, 4000), np.nextafter(np.sqrt(0.5), [0.0, 1.0])])
    exponents = generator.integers(-1073, 1023, mantissas.size)
    near_one = 1.0 + generator.uniform(-1, 1, 2000) * 2.0 ** -generator.integers(1, 52, 2000).astype(float)
    extreme = np.array([5e-324, 2.2e-308, 1.7976931348623157e308, 1.0, np.nextafter(1.0, 0.0), np.nextafter(1.0, 2.0)])
    for points in (np.ldexp(mantissas, exponents), mantissas, near_one, extreme):
        assert _worst_ratio(points[points > 0]) <= 1.0


def test_the_error_bound_is_a_few_units_in_the_last_place() -> None:
    values, errors = log_points(np.array([3.0, 1e-5, 1e200]))
    assert np.all(errors <= 16 * np.spacing(np.abs(values)))
    assert log_points(np.array([1.0]))[0][0] == 0.0


@settings(deadline=None, max_examples=50)
@given(st.floats(1e-300, 1e300), st.floats(0, 0.9))
def test_balls_are_enclosed(mid: float, relative: float) -> None:
    ball = Ball(np.array([mid]), np.array([mid * relative]))
    lower, upper = log_bounds(ball)
    with ctx.workprec(200):
        assert arb(float(ball.lower[0])).log() >= arb(float(lower[0]))
        assert arb(float(ball.upper[0])).log() <= arb(float(upper[0]))


def test_undefined_arguments_are_infinite() -> None:
    lower, upper = log_bounds(Ball(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, np.inf, 3.0])))
    assert np.isneginf(lower).all()
    assert np.isinf(upper[[0, 2]]).all()
    assert upper[1] >= np.log(2.0)
    assert upper[3] >= np.log(4.0)
