"""Undecided comparisons, kinks, jumps, custom derivatives, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.program import (
    Ternary,
    UndecidedBranch,
    analytic_everywhere,
    evaluate,
    hessian,
    jacobian,
    pullback,
    require_decided,
    trace,
)
from foundation import InputError


def _ball(lower, upper):
    return Ball.from_bounds(np.asarray(lower, float), np.asarray(upper, float))


def _value(function, *balls, **options):
    program = trace(function, *(b.mid for b in balls))
    return evaluate(program, list(balls), **options)[0]


def test_an_undecided_selection_raises_and_names_the_line():
    with pytest.raises(UndecidedBranch, match=r"select_n.*test_branches_and_kinks\.py:\d+"):
        _value(lambda x: jnp.where(x > 0, x, 5.0), _ball(-1.0, 2.0))


def test_an_undecided_selection_may_split():
    value = _value(lambda x: jnp.where(x > 0, x, 5.0), _ball(-1.0, 2.0), undecided="split")
    assert value.lower <= -1
    assert 5 <= value.upper < 5.1


def test_cond_splits_into_the_hull_of_both_branches():
    def function(x):
        return jax.lax.cond(x > 0, lambda v: v + 10, lambda v: v - 10, x)

    value = _value(function, _ball(-0.5, 0.5), undecided="split")
    assert value.contains(10.5)
    assert value.contains(-10.5)
    assert value.upper < 10.6
    with pytest.raises(UndecidedBranch):
        _value(function, _ball(-0.5, 0.5))


def test_arb_branches_are_undecided_too():
    program = trace(lambda x: jnp.where(x > 0, x, 5.0), 1.0)
    with pytest.raises(UndecidedBranch):
        evaluate(program, [_ball(-1.0, 2.0)], precision=100)
    (value,) = evaluate(program, [_ball(-1.0, 2.0)], precision=100, undecided="split")
    assert value.item().contains(5)
    assert value.item().contains(-1)


_INTERVALS = [(0.0, 1.0), (1.0, 2.0), (3.0, 4.0), (1.0, 1.0), (0.25, 0.75), (-1.0, 5.0)]


@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
@pytest.mark.parametrize("precision", [None, 100])
def test_comparisons_are_decided_only_when_all_points_agree(name, precision):
    """Three-valued truth against all pairs of the intervals' ends that lie in both: they show every possible order."""
    program = trace(getattr(jnp, name), 0.0, 0.0)
    compare = getattr(np, name)
    for first in _INTERVALS:
        for second in _INTERVALS:
            x, y = _ball(*first), _ball(*second)
            (found,) = evaluate(program, [x, y], precision=precision)
            ends = np.array([x.lower, x.upper, y.lower, y.upper])
            pairs = [
                compare(a, b)
                for a in ends[(ends >= x.lower) & (ends <= x.upper)]
                for b in ends[(ends >= y.lower) & (ends <= y.upper)]
            ]
            answer = (True in found.true, True in found.false) if isinstance(found, Ternary) else (found, not found)
            if precision is None:
                assert answer == (all(pairs), not any(pairs))
            assert not answer[0] or all(pairs)
            assert not answer[1] or not any(pairs)


@pytest.mark.parametrize("function", [jnp.sort, jnp.argsort, jnp.argmax, lambda x: x.astype(int)])
def test_orders_and_positions_that_are_undecided_raise(function):
    with pytest.raises(UndecidedBranch):
        _value(function, _ball([0.0, 0.5], [1.0, 1.5]), undecided="split")


def test_exact_ties_keep_the_first_position():
    assert _value(jnp.argmax, _ball([1.0, 3.0, 3.0], [1.0, 3.0, 3.0])) == 1
    order = _value(jnp.argsort, _ball([2.0, 1.0, 2.0], [2.0, 1.0, 2.0]))
    assert np.array_equal(order, [1, 0, 2])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (jnp.abs, (-1.0, 1.0)),
        (jax.nn.relu, (0.0, 1.0)),
        (lambda x: jnp.maximum(2 * x, -x), (-1.0, 2.0)),
        (lambda x: jnp.minimum(x, 0.0), (0.0, 1.0)),
        (jax.nn.leaky_relu, (0.01, 1.0)),
        (lambda x: jnp.where(x > 0, x, 0.0), (0.0, 1.0)),
    ],
)
def test_kinks_get_clarkes_gradient(function, expected):
    slope = jacobian(trace(function, 0.0), [_ball(-1.0, 1.0)])
    assert slope.lower.item() <= expected[0]
    assert slope.upper.item() >= expected[1]
    assert slope.rad.item() < 2


def test_at_the_kink_itself_all_slopes_count():
    for function, (low, high) in ((jnp.abs, (-1.0, 1.0)), (jax.nn.relu, (0.0, 1.0))):
        slope = jacobian(trace(function, 0.0), [0.0])
        assert slope.lower.item() <= low < high <= slope.upper.item()


def test_a_jump_is_not_taken_for_a_kink():
    for function in (lambda x: jnp.where(x > 0, x, 2.0 * x + 1), lambda x: jnp.where(x > 1, x, 0.0)):
        with pytest.raises(UndecidedBranch):
            jacobian(trace(function, 0.0), [_ball(-2.0, 2.0)])


def test_indices_may_differ_between_examples():
    def function(x, k):
        return x[k] ** 2 * jnp.sum(x), x.at[k].set(x[0] * 2), x.at[jnp.stack([k, k])].add(x[:2])

    x, ks = np.array([0.1, 0.2, 0.3, 0.4]), np.array([2, 0, 3, -1, 1])
    program = trace(function, x, 1)
    together = jacobian(program, [x, ks], batch=[False, True])
    for i, k in enumerate(ks):
        for mine, alone in zip(evaluate(program, [x, ks], batch=[False, True]), evaluate(program, [x, k]), strict=True):
            np.testing.assert_allclose(mine.mid[i], alone.mid, rtol=1e-14)
        single = jacobian(program, [x, k], precision=100)
        estimate = np.array([[float(entry) for entry in row] for row in single])
        np.testing.assert_allclose(together.mid[i], estimate, rtol=1e-13, atol=1e-15)


def test_kinks_that_are_decided_get_the_branch():
    slope = jacobian(trace(lambda x: jnp.abs(x) + jax.nn.relu(x), 0.0), [_ball(0.5, 1.0)])
    assert slope.contains(2.0).all()
    assert slope.rad.max() < 1e-14


@pytest.mark.parametrize("function", [jnp.sign, jnp.floor, jnp.round])
def test_jumps_have_no_bounded_derivative(function):
    slope = jacobian(trace(lambda x: function(x) * 2, 0.0), [_ball(-0.75, 0.75)])
    assert np.isinf(slope.rad).all()


def test_the_second_derivative_at_a_kink_is_unbounded():
    program = trace(lambda x: jnp.sum(jnp.abs(x) * x**2), np.zeros(1))
    assert np.isinf(hessian(program, [_ball([-0.5], [0.5])]).rad).all()
    assert np.isfinite(hessian(program, [_ball([0.5], [0.75])]).rad).all()


def test_an_undecided_selection_has_no_jacobian():
    with pytest.raises(UndecidedBranch):
        jacobian(trace(lambda x: jnp.where(x > 0, 1.0 + x, x), 0.0), [_ball(-1.0, 1.0)])


def test_custom_derivatives_are_not_trusted():
    @jax.custom_jvp
    def wrong(x):
        return jnp.sin(x)

    wrong.defjvp(lambda primals, tangents: (wrong(primals[0]), 7.0 * tangents[0]))

    @jax.custom_vjp
    def wrong_too(x):
        return jnp.sin(x)

    wrong_too.defvjp(lambda x: (wrong_too(x), x), lambda x, g: (7.0 * g,))
    for function in (wrong, wrong_too):
        slope = jacobian(trace(function, 0.5), [0.5])
        assert abs(slope.mid.item() - np.cos(0.5)) < 1e-14


def test_a_function_that_only_looks_like_logaddexp_is_not_taken_for_it():
    @jax.custom_jvp
    def logaddexp(x, y):
        return jnp.maximum(x, y) + jnp.log1p(jnp.exp(-2 * jnp.abs(x - y)))

    logaddexp.defjvp(lambda p, t: (logaddexp(*p), t[0]))
    (value,) = evaluate(trace(logaddexp, 0.0, 0.0), [0.25, 1.0])
    assert abs(value.mid - (1.0 + np.log1p(np.exp(-1.5)))) < 1e-14
    names = [e.primitive for e in trace(jnp.logaddexp, 0.0, 0.0).equations]
    assert names == ["logaddexp"]


def test_the_shift_of_softmax_does_not_widen_derivatives():
    box = _ball(np.array([1.0, 1.0, 0.9]) - 1e-3, np.array([1.0, 1.0, 0.9]) + 1e-3)
    for function in (jax.nn.softmax, jax.nn.log_softmax, jax.nn.logsumexp):
        program = trace(function, box.mid)
        assert analytic_everywhere(program).everywhere
        slope = jacobian(program, [box])
        assert slope.rad.max() < 0.01
        estimate = np.atleast_2d(jax.jacobian(function)(jnp.asarray(box.mid)))
        assert np.all(np.abs(slope.mid - estimate) <= slope.rad + 1e-6)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    st.floats(0, 1),
    st.floats(0, 1),
    st.lists(st.floats(-1, 1), min_size=3, max_size=3),
)
def test_inclusion_isotonicity_and_containment(center, outer, fraction, direction):
    """A smaller ball gives a smaller enclosure (up to rounding), and every point's value lies in it."""
    mid = np.array(center)
    large, small = Ball(mid, np.full(3, outer)), Ball(mid, np.full(3, outer * fraction))
    (wide,), (narrow,) = (evaluate(_PROGRAM, [b]) for b in (large, small))
    slack = 1e-12 * (1 + np.abs(wide.mid) + wide.rad)
    assert np.all(wide.lower - slack <= narrow.lower)
    assert np.all(narrow.upper <= wide.upper + slack)
    point = mid + outer * fraction * 0.999 * np.array(direction)
    (exact,) = evaluate(_PROGRAM, [point], precision=120)
    pairs = zip(narrow.lower, narrow.upper, exact, strict=True)
    assert all(low <= value <= high for low, high, value in pairs) or outer * fraction < 1e-300


def _mixture(x):
    attention = jax.nn.softmax(x) @ jnp.outer(x, x)
    kinks = jnp.maximum(x, x[::-1]) + jnp.abs(x - 0.5) + jnp.clip(x, -1, 1)
    return jnp.tanh(attention) + kinks * jax.nn.softplus(x) + jnp.sqrt(1 + x**2) + jax.nn.gelu(x) + jnp.sin(3 * x)


_PROGRAM = trace(_mixture, np.zeros(3))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(1e-6, 0.5), st.integers(0, 2**32 - 1))
def test_the_mean_value_form_holds_across_kinks(center, radius, seed):
    """f(y) - f(x) lies in J([x, y]) (y - x): what the existence proofs use."""
    rng = np.random.default_rng(seed)
    mid = np.array(center)
    x, y = (mid + 0.99 * radius * rng.uniform(-1, 1, 3) for _ in range(2))
    slope = jacobian(_PROGRAM, [Ball(mid, np.full(3, radius))])
    predicted = slope @ (Ball.exact(y) - Ball.exact(x))
    (first,), (second,) = (evaluate(_PROGRAM, [point]) for point in (x, y))
    difference = second - first
    assert np.all(predicted.lower <= difference.upper)
    assert np.all(difference.lower <= predicted.upper)


def test_the_pullback_is_a_program_that_can_be_pulled_back_again():
    program = trace(lambda x: jnp.sum(jnp.sin(x) * x[0]), np.ones(3))
    twice = pullback(pullback(program), [0])
    x, v = np.array([0.3, -0.2, 0.9]), np.array([1.0, 2.0, -1.0])
    (value,) = evaluate(twice, [x, 1.0, v])
    with jax.enable_x64(True):
        expected = np.asarray(jax.hessian(lambda x: jnp.sum(jnp.sin(x) * x[0]))(jnp.asarray(x))) @ v
    np.testing.assert_allclose(value.mid, expected, rtol=1e-12)


REFUSED = {
    "long_fft": (lambda x: jnp.fft.fft(x, n=2048).real, "Fourier"),
    "eigenvectors": (lambda x: jnp.linalg.eigh(jnp.diag(x))[1], "up to their signs"),
    "float32": (lambda x: x.astype(jnp.float32), "float32"),
    "narrow_product": (lambda x: jnp.dot(x, x, preferred_element_type=jnp.float32), "float32"),
    "reduce_precision": (lambda x: jax.lax.reduce_precision(x, 8, 7), "bfloat16"),
    "unbounded_loop": (lambda x: jax.lax.while_loop(lambda v: v[0] < 9, lambda v: v - 9, x), "a while loop does not"),
    "complex": (lambda x: jnp.abs(jnp.arcsinh(x + 1j)), "complex"),
    "logarithm": (jnp.log, "log"),
    "square_root": (jnp.sqrt, "sqrt"),
    "infinity": (lambda x: jnp.where(x > -9, x, jnp.inf)[0] * jnp.array([jnp.inf, 1.0]), "inf"),
    "wrong_shapes": (lambda x: x @ jnp.ones(4), "cannot be traced"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_enclosed_is_refused_with_its_reason(name):
    function, pattern = REFUSED[name]
    x = np.array([-1.3, 0.1, 0.7])
    with pytest.raises(InputError, match=pattern):
        evaluate(trace(function, x), [x])


def test_the_reason_why_a_function_cannot_be_traced_is_one_line():
    with pytest.raises(InputError, match="cannot be traced") as error:
        trace(np.sin, np.zeros(2))
    assert "\n" not in str(error.value)


def test_an_unsupported_primitive_is_named_with_its_source_line():
    with pytest.raises(InputError, match=r"`nextafter`.*test_branches_and_kinks\.py:\d+"):
        trace(lambda x: 1 + jnp.nextafter(x, 2.0), 1.0)


def test_float32_numbers_pass_exactly(check_values):
    weights = jnp.asarray(np.random.default_rng(0).normal(size=3), jnp.float32)
    check_values(lambda x: (x * weights).astype(jnp.float64), np.array([0.1, 0.2, 0.3]))
    program = trace(lambda x: x + jnp.asarray(0.5).astype(jnp.float32), 1.0)
    assert evaluate(program, [1.0])[0].mid == 1.5


def test_division_by_a_ball_around_zero_is_unbounded():
    assert np.isinf(_value(lambda x: 1 / x, _ball(-1.0, 1.0)).rad)


@pytest.mark.parametrize(
    ("arguments", "batch", "pattern"),
    [
        ([np.ones(3)], None, "takes 2 arguments"),
        ([np.ones(3), np.ones(3)], None, "shape"),
        ([np.array([1.0, np.nan, 0.0]), np.ones(2)], None, "nan"),
        ([np.ones((4, 3)), np.ones((5, 2))], [True, True], "different numbers"),
        ([np.ones((4, 3)), np.ones(2)], [True], "one mark"),
        ([np.array(["a", "b", "c"]), np.ones(2)], None, "real numbers"),
    ],
)
def test_bad_arguments_are_refused(arguments, batch, pattern):
    program = trace(lambda x, y: jnp.sum(x) * y, np.ones(3), np.ones(2))
    with pytest.raises(InputError, match=pattern):
        evaluate(program, arguments, batch=batch)


def test_bad_options_are_refused():
    program = trace(jnp.sin, 1.0)
    with pytest.raises(InputError, match="undecided"):
        evaluate(program, [1.0], undecided="guess")
    with pytest.raises(InputError, match="precision"):
        evaluate(program, [1.0], precision=0)
    with pytest.raises(InputError, match="with respect"):
        jacobian(program, [1.0], 3)


JUMPS = {
    "comparison": lambda x: x + 1.5 * (x < 1),
    "selection": lambda x: x + jnp.where(x < 1, 1.5, 0.0),
    "integer": lambda x: x - x.astype(int),
    "position": lambda x: x - jnp.argmax(jnp.stack([1.0 + 0 * x, x])),
    "table": lambda x: x + jnp.array([1.5, 0.0, 0.0])[x.astype(int)],
    "order": lambda x: x + jnp.searchsorted(jnp.array([1.0]), x),
}


@pytest.mark.parametrize("name", JUMPS)
def test_a_jump_between_parts_of_equal_slope_has_no_bounded_derivative(name):
    """The mean-value form over [0.5, 2.5] would be false: the derivative is 1 on both sides."""
    program = trace(JUMPS[name], 1.5)
    with pytest.raises(UndecidedBranch):
        jacobian(program, [_ball(0.5, 2.5)])
    with pytest.raises(UndecidedBranch):
        require_decided(program, [_ball([0.1, 0.5], [0.2, 2.5])], batch=[True])
    assert jacobian(program, [_ball(1.25, 1.75)]).contains(1.0).all()
