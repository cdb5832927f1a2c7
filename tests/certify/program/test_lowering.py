"""A program is what JAX computes: parameters are understood or refused, and values are compared when it is traced."""

import dataclasses
import importlib
from types import MappingProxyType

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from certify.program import evaluate, trace
from certify.program.lowering.rule import BOOLEAN, INTEGER, PRECISION, Rule, named, only
from certify.program.tracing import RULES, lower
from foundation import InputError

tracing = importlib.import_module("certify.program.tracing")


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


def values(function, *arguments, precision=None):
    with jax.enable_x64(True):
        program = lower(jax.make_jaxpr(function)(*arguments))
    return evaluate(program, arguments, precision=precision)


def with_rule(monkeypatch, name, lower_rule):
    rules = {**RULES, name: dataclasses.replace(RULES[name], lower=lower_rule)}
    monkeypatch.setattr(tracing, "RULES", MappingProxyType(rules))


def test_an_unknown_parameter_is_refused_by_name():
    rule = Rule(lambda b, o, p: o, {"axis": INTEGER})
    with pytest.raises(InputError, match="`p` carries the parameter novelty = 3"):
        rule.checked("p", {"axis": 1, "novelty": 3})


def test_an_unknown_value_is_refused_by_name():
    rule = Rule(lambda b, o, p: o, {"mode": named("CLIP"), "flag": BOOLEAN})
    with pytest.raises(InputError, match="`p` with flag = 1 cannot be enclosed; understood are: True or False"):
        rule.checked("p", {"mode": lax.GatherScatterMode.CLIP, "flag": 1})
    with pytest.raises(InputError, match="mode ="):
        rule.checked("p", {"mode": lax.GatherScatterMode.ONE_HOT, "flag": True})


def test_a_missing_parameter_is_refused_by_name():
    with pytest.raises(InputError, match="lacks the parameter axis"):
        Rule(lambda b, o, p: o, {"axis": INTEGER}).checked("p", {})


@pytest.mark.parametrize(
    ("admitted", "value", "holds"),
    [
        (only(None), None, True),
        (only(None), 0, False),
        (only(True), True, True),
        (only(True), 1, False),
        (INTEGER, True, False),
        (INTEGER, np.int64(3), True),
        (named("TO_NEAREST_EVEN"), lax.RoundingMethod.TO_NEAREST_EVEN, True),
        (named("TO_NEAREST_EVEN"), 1, False),
        (PRECISION, (lax.Precision.HIGHEST, None), True),
        (PRECISION, lax.DotAlgorithmPreset.F16_F16_F32, False),
    ],
)
def test_admitted_values(admitted, value, holds):
    assert admitted.holds(value) is holds


@pytest.mark.parametrize(("x", "rounded"), [(0.5, 0.0), (2.5, 2.0), (-0.5, 0.0), (-2.5, -2.0), (3.5, 4.0)])
def test_halves_round_to_even(x, rounded):
    (ball,) = values(jnp.round, np.array(x))
    assert ball.lower == ball.upper == rounded


def test_a_function_of_ones_own_at_an_index_is_refused():
    with pytest.raises(InputError, match="`scatter` with update_jaxpr"):
        values(lambda x: x.at[1].apply(jnp.sin), np.ones(3))


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8", "uint64"])
def test_the_largest_of_extreme_integers(dtype):
    limits = np.iinfo(dtype)
    x = np.array([limits.min, limits.max, 5, limits.min + 1], dtype)
    top, places = values(lambda x: lax.top_k(x, 3), x)
    assert top.tolist() == [limits.max, 5, limits.min + 1]
    assert places.tolist() == [1, 2, 3]


def test_integer_products_are_summed_in_the_preferred_type():
    x = np.array([100, 100], np.int8)  # 20000 as int32, 32 as int8
    dims = (((0,), (0,)), ((), ()))
    (wide,) = values(lambda x: lax.dot_general(x, x, dims, preferred_element_type=np.int32), x)
    (narrow,) = values(lambda x: lax.dot_general(x, x, dims), x)
    assert (wide.item(), wide.dtype) == (20000, np.int32)
    assert (narrow.item(), narrow.dtype) == (32, np.int8)


def test_the_whole_part_of_an_arb_number_is_exact():
    """1 - 2^-80 is no float: its whole part is 0, and that of the float next to it 1."""
    (whole,) = values(lambda x: (1 - x).astype(jnp.int64), np.array(2.0**-80), precision=200)
    assert whole == 0


def test_an_outer_sum_of_a_shift_is_no_log_sum_exp():
    """lse(x - m)_i + m_j for all i, j, against a plain float computation."""

    def outer(x):
        m = jnp.max(x, axis=1)
        return jax.nn.logsumexp(x - m[:, None], axis=1)[:, None] + m[None, :]

    def plain(x):
        m = jnp.max(x, axis=1)
        return jnp.log(jnp.sum(jnp.exp(x - m[:, None]), axis=1))[:, None] + m[None, :]

    x = np.array([[0.5, 2.0], [3.0, -1.0]])
    maxima = x.max(1)
    expected = np.log(np.exp(x - maxima[:, None]).sum(1))[:, None] + maxima[None, :]
    for function in (outer, plain):
        (ball,) = values(function, x)
        assert np.all(np.abs(ball.mid - expected) <= ball.rad + 1e-14)


def test_stacks_are_differentiated():
    loss = lambda p: jnp.sum(jnp.stack([p[0] * p[1] - 1, p[0] - p[1]]) ** 2) / 2  # noqa: E731
    (ball,) = values(jax.grad(loss), np.array([2.0, 3.0]))
    # (p0 p1 - 1) (p1, p0) + (p0 - p1) (1, -1) = 5 (3, 2) - (1, -1)
    assert np.all(ball.lower <= [14.0, 11.0])
    assert np.all(ball.upper >= [14.0, 11.0])


def test_sums_of_repeated_narrow_integers_wrap():
    update = lambda x, i, u: x.at[i].add(u)  # noqa: E731
    (result,) = values(update, np.zeros(2, np.int8), np.array([1, 1]), np.array([100, 100], np.int8))
    assert result.dtype == np.int8
    assert result.tolist() == [0, -56]


def test_a_constant_that_wraps_is_recorded(double):
    program = trace(lambda x: x * (jnp.int64(2**62) * 4 + 3), np.ones(2))
    (wrap,) = program.record.wraps
    assert str(wrap).startswith("`mul` of int64 constants at test_lowering.py")
    assert not trace(lambda x: x * (jnp.int64(2**40) * 3), np.ones(2)).record.wraps


def test_a_traced_program_was_compared_with_jax():
    record = trace(lambda x: jnp.tanh(x) @ x, np.array([0.5, 2.0])).record
    assert (record.points, record.skipped, record.rounding) == (3, (), 0)
    assert record.jax == jax.__version__


def test_a_wrong_rule_is_found_and_named(monkeypatch):
    with_rule(monkeypatch, "round", lambda b, o, p: (b.emit("round_away", *o),))
    with pytest.raises(InputError, match=r"the value of `round` at test_lowering\.py"):
        trace(lambda x: jnp.sin(x) + jnp.round(x), np.array([2.5]))


def test_a_wrong_rule_inside_a_loop_is_found_near_the_point(monkeypatch):
    """At 0 the wrong value agrees: the points near it tell."""
    with_rule(monkeypatch, "sin", lambda b, o, p: (o[0],))
    with pytest.raises(InputError, match="the value of `sin`"):
        trace(lambda x: lax.fori_loop(0, 2, lambda i, c: jnp.sin(5 * c), x), np.array([0.0]))


def test_the_users_point_is_compared(monkeypatch):
    with_rule(monkeypatch, "floor", lambda b, o, p: (b.emit("mul", b.number(0.0), o[0]),))
    function = lambda x: jnp.floor(x)  # noqa: E731
    with pytest.raises(InputError, match="`floor`"):
        trace(function, np.zeros(1), near=[np.array([7.5])])


def test_chaos_is_rounding_and_not_a_fault():
    """200 steps of the logistic map double JAX's rounding error each time; each equation alone agrees."""
    program = trace(lambda x: lax.fori_loop(0, 200, lambda i, c: 4 * c * (1 - c), x), np.array([0.3]))
    assert program.record is not None


def test_points_outside_the_domain_are_recorded():
    record = trace(jnp.log, np.array([-1.0])).record
    assert record.points == 0
    assert len(record.skipped) == 3


def test_a_comparison_fails_closed_on_other_shapes():
    with pytest.raises(InputError, match="unlike the examples'"):
        trace(jnp.sin, np.zeros(2), near=[np.zeros(3)])


def test_what_reads_the_same_but_holds_other_arrays_is_compiled_again():
    def make(array):
        return lambda x: jax.jit(lambda y: y * jnp.asarray(array).sum())(x)

    for array in (np.arange(5.0), np.arange(5.0) * 7):
        assert trace(make(array), np.ones(2)).record.points == 3


def test_a_loop_read_backwards_is_found(monkeypatch):
    """No single operation is wrong, but their order is."""
    from certify.program.lowering import control

    backwards = lambda inline, b, o, p: control.scan(inline, b, o, {**p, "reverse": not p["reverse"]})  # noqa: E731
    with_rule(monkeypatch, "scan", backwards)
    with pytest.raises(InputError, match="a loop or a branch differs"):
        trace(lambda x: lax.scan(lambda c, r: (2 * c + r, None), 0.0, x)[0], np.array([0.5, 2.0, 3.0]))
