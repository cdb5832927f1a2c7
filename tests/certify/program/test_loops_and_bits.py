"""Loops that the balls stop, reductions with a body, repeated writes, bits and random numbers."""

import operator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from certify.arithmetic import Ball
from certify.program import UndecidedBranch, evaluate, jacobian, trace
from certify.program.primitives.permutations import threefry
from foundation import InputError

_RNG = np.random.default_rng(4)
V = _RNG.normal(size=6)
I = np.array([0, 5, -3, 2**31 - 1, -(2**31), 12345], np.int32)


def _newton(x):
    return lax.while_loop(lambda s: abs(s * s - x) > 1e-9 * x, lambda s: (s + x / s) / 2, x)


def test_a_loop_stops_where_the_balls_say_so(check_values, check_jacobian):
    check_values(_newton, np.asarray(7.0))
    (root,) = evaluate(trace(_newton, 7.0), [7.0])
    assert abs(root.mid - np.sqrt(7.0)) < 1e-9
    slope = jacobian(trace(_newton, 7.0), [7.0])
    assert abs(slope.mid.item() - 0.5 / np.sqrt(7.0)) < 1e-9
    counted = trace(lambda x: lax.while_loop(lambda s: s[1] < 10.0, lambda s: (s[0] + 1, s[1] * x), (0, x))[0], 2.0)
    assert evaluate(counted, [2.0])[0] == 3
    assert evaluate(counted, [5.0])[0] == 1
    assert evaluate(counted, [11.0])[0] == 0


def test_a_loop_whose_stop_is_open_is_refused():
    doubled = trace(lambda x: lax.while_loop(lambda s: s < 10.0, lambda s: s * 2.0, x), 1.0)
    assert abs(evaluate(doubled, [1.5])[0].mid - 12.0) < 1e-14
    with pytest.raises(UndecidedBranch):
        evaluate(doubled, [Ball(np.asarray(1.25), np.asarray(1e-9))])
    with pytest.raises(UndecidedBranch, match="does not provably stop within 64 steps"):
        evaluate(doubled, [-1.0])
    with pytest.raises(UndecidedBranch):
        jacobian(doubled, [Ball(np.asarray(1.25), np.asarray(1e-9))])


def test_a_mapped_loop_stops_each_example_by_itself(check_values):
    check_values(jax.vmap(_newton), np.array([2.0, 7.0, 1e4]))


REDUCED = {
    "add": (lambda x: lax.reduce(x, 1.5, operator.add, (0,)), V),
    "mul": (lambda x: lax.reduce(x, 1.0, operator.mul, (0,)), V),
    "max": (lambda x: lax.reduce(x, 0.25, lax.max, (0,)), V),
    "min_of_rows": (lambda x: lax.reduce(x.reshape(2, 3), 9.0, lambda a, b: lax.min(b, a), (1,)), V),
    "window_product": (lambda x: lax.reduce_window(x, 1.0, lambda a, b: a * b, (3,), (2,), "SAME"), V),
    "segment_max": (lambda x: jax.ops.segment_max(x, np.array([0, 2, 0, 1, 1, 0]), 3), V),
    "segment_min": (lambda x: jax.ops.segment_min(x, np.array([0, 2, 0, 1, 1, 0]), 3), V),
    "segment_prod": (lambda x: jax.ops.segment_prod(x, np.array([0, 2, 0, 1, 1, 0]), 3), V),
    "segment_sum": (lambda x: jax.ops.segment_sum(x, np.array([0, 2, 0, 1, 1, 0]), 3), V),
    "repeated_maximum": (lambda x: x.at[np.array([1, 1, 1, 4])].max(2 * x[:4]), V),
    "sort_by_two_keys": (lambda x: lax.sort((np.array([1, 0, 1, 0, 2, 2]), x, 2 * x), num_keys=2)[2], V),
    "weighted_logsumexp": (lambda x: jax.nn.logsumexp(x, b=np.array([1.0, 0.5, 2, 3, 1, 1])), V),
    "vander": (lambda x: jnp.vander(x, 4), V),
}


@pytest.mark.parametrize("name", REDUCED)
def test_reductions_and_repeated_writes(name, check_values, check_jacobian):
    check_values(*REDUCED[name])
    if name not in ("window_product", "segment_prod"):  # JAX has no derivative of these
        check_jacobian(*REDUCED[name])


def test_a_body_that_is_no_monoid_is_refused():
    with pytest.raises(InputError, match="alone"):
        trace(lambda x: lax.reduce(x, 0.0, lambda a, b: a + b * b, (0,)), V)
    with pytest.raises(InputError, match="alone"):
        trace(lambda x: lax.reduce(x, 0.0, lambda a, b: a - b, (0,)), V)


@pytest.mark.parametrize(
    "function",
    [
        lax.population_count,
        lax.clz,
        lambda i: lax.shift_right_logical(i, jnp.full_like(i, 3)),
        lambda i: lax.shift_right_arithmetic(i, jnp.full_like(i, 3)),
        lambda i: lax.shift_left(i, jnp.full_like(i, 3)),
        lambda i: (i & 12) | (i ^ 7) | ~i,
        lambda i: lax.reduce(i, np.int32(0), lax.bitwise_xor, (0,)),
        lambda i: lax.reduce(i, np.int32(-1), lax.bitwise_and, (0,)),
        lambda i: lax.bitcast_convert_type(i, np.uint32),
    ],
)
def test_bits_are_those_of_jax(function):
    (result,) = evaluate(trace(function, I), [I])
    expected = np.asarray(function(jnp.asarray(I)))
    assert result.dtype == expected.dtype
    assert np.array_equal(result, expected)


def test_bits_of_floats_are_read_from_exact_numbers_alone():
    program = trace(lambda x: lax.bitcast_convert_type(x, np.int64), V)
    assert np.array_equal(evaluate(program, [V])[0], V.view(np.int64))
    with pytest.raises(UndecidedBranch, match="bits of a number"):
        evaluate(program, [Ball(V, np.full(6, 1e-9))])


def test_threefry_has_its_published_values():
    # the test vectors of Random123 (kat_vectors, threefry2x32, 20 rounds)
    zero, full = np.uint32(0), np.uint32(0xFFFFFFFF)
    assert [int(x) for x in threefry(zero, zero, zero, zero)] == [0x6B200159, 0x99BA4EFE]
    assert [int(x) for x in threefry(full, full, full, full)] == [0x1CB996FC, 0xBB002BE7]
    key, counter = (0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3)
    words = threefry(*(np.uint32(x) for x in (*key, *counter)))
    assert [int(x) for x in words] == [0xC4923A9C, 0x483DF7A0]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: jax.random.uniform(jax.random.PRNGKey(3), (5,)),
        lambda: jax.random.bits(jax.random.key(8), (4,), "uint32"),
        lambda: jax.random.uniform(jax.random.split(jax.random.key(0), 3)[1], (2, 2)),
        lambda: jax.random.uniform(jax.random.fold_in(jax.random.key(1), 9), (3,)),
        lambda: jax.random.randint(jax.random.key(1), (4,), 0, 1000),
    ],
)
def test_random_numbers_from_a_key_are_exact(draw):
    (result,) = evaluate(trace(draw), [])
    with jax.enable_x64(True):
        expected = np.asarray(draw())
    if isinstance(result, Ball):
        assert result.contains(expected).all()
        assert result.rad.max() <= 1e-15
    else:
        assert np.array_equal(result, expected)


def test_normal_numbers_are_the_quantiles_of_exact_uniform_ones():
    (result,) = evaluate(trace(lambda x: x + jax.random.normal(jax.random.key(5), (6,)), V), [0 * V])
    with jax.enable_x64(True):
        expected = np.asarray(jax.random.normal(jax.random.key(5), (6,)))
    assert np.all(np.abs(result.mid - expected) < 1e-14)
    assert result.rad.max() < 1e-14


def test_other_generators_are_refused():
    with pytest.raises(InputError, match="threefry2x32"):
        trace(lambda x: x + jax.random.uniform(jax.random.key(0, impl="rbg"), (6,)), V)
    with pytest.raises(InputError, match="neighbour of a float"):
        trace(lambda x: jnp.nextafter(x, 2.0), V)


def test_undecided_booleans_are_joined():
    def joined(x):
        return jnp.all(jnp.concatenate([x > 0, x > -10]))

    assert evaluate(trace(joined, V), [np.abs(V)])[0]
    undecided = Ball(np.zeros(6), np.full(6, 0.1))
    assert not isinstance(evaluate(trace(joined, V), [undecided])[0], np.ndarray)
