"""Where programs are proved real-analytic: on boxes up to the edge of the true set, not beyond, and on all of R^D."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

import certify.program.regularity as module
from certify.arithmetic import Ball
from certify.program import UndecidedBranch, analytic_everywhere, analytic_on, jacobian, piecewise_obstacle, trace
from certify.program.primitives.registry import PRIMITIVES
from certify.program.primitives.regularity import Kind

E = 2.0**-40


def _box(low, high):
    return Ball.from_bounds(np.atleast_1d(np.asarray(low, float)), np.atleast_1d(np.asarray(high, float)))


def _is_regular(function, low, high):
    box = _box(low, high)
    found = analytic_on(trace(function, box.mid), [box])
    assert found.everywhere == (found.obstacle == "")
    return found.everywhere


# name: function of one array, a box just inside the open set where it is analytic, a box that just touches its edge
ONE = {
    "sqrt": (lambda x: jnp.sqrt(x), (E, 1.0), (0.0, 1.0)),
    "rsqrt": (lambda x: lax.rsqrt(x), (E, 1.0), (0.0, 1.0)),
    "cbrt": (lambda x: jnp.cbrt(x), (-1.0, -E), (-1.0, 0.0)),
    "log": (lambda x: jnp.log(x), (E, 1.0), (-E, 1.0)),
    "log1p": (lambda x: jnp.log1p(x), (-1.0 + E, 0.0), (-1.0, 0.0)),
    "power": (lambda x: x**1.5, (E, 1.0), (0.0, 1.0)),
    "varying exponent": (lambda x: x**x, (E, 1.0), (0.0, 1.0)),
    "negative power": (lambda x: lax.integer_pow(x, -3), (E, 1.0), (-E, 1.0)),
    "quotient": (lambda x: (1 + x) / x, (-1.0, -E), (-1.0, E)),
    "asin": (lambda x: jnp.arcsin(x), (-1 + E, 1 - E), (0.0, 1.0)),
    "acos": (lambda x: jnp.arccos(x), (-1 + E, 1 - E), (-1.0, 0.0)),
    "acosh": (lambda x: jnp.arccosh(x), (1 + E, 2.0), (1.0, 2.0)),
    "atanh": (lambda x: jnp.arctanh(x), (-1 + E, 1 - E), (-1.0, 0.0)),
    "tan": (lambda x: jnp.tan(x), (-np.pi / 2 + E, np.pi / 2 - E), (1.5, 1.6)),
    "tan far out": (lambda x: jnp.tan(x), (1000 * np.pi - 1.5, 1000 * np.pi + 1.5), (1e3 * np.pi, 1e3 * np.pi + 1.6)),
    "abs": (lambda x: jnp.abs(x), (E, 1.0), (0.0, 1.0)),
    "relu": (lambda x: jax.nn.relu(x), (-1.0, -E), (-1.0, 0.0)),
    "sign": (lambda x: jnp.sign(x) * x, (E, 1.0), (0.0, 1.0)),
    "floor": (lambda x: jnp.floor(x), (1 + E, 2 - E), (1.0, 1.5)),
    "ceil": (lambda x: jnp.ceil(x), (1 + E, 2 - E), (1.5, 2.0)),
    "round": (lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), (0.5 + E, 1.5 - E), (0.5, 1.0)),
    "selection": (lambda x: jnp.where(x > 2, x * x, x), (2 + E, 3.0), (1.0, 2.0)),
    "selection on equality": (lambda x: jnp.where(x == 2, 0.0, x), (2 + E, 3.0), (2.0, 2.0)),
    "integer": (lambda x: x.astype(int) * x, (1 + E, 2 - E), (1.0, 1.5)),
    "clip": (lambda x: jnp.clip(x, -1.0, 1.0), (-1 + E, 1 - E), (0.0, 1.0)),
    "elu": (lambda x: jax.nn.elu(x), (E, 1.0), (-E, 1.0)),
    "remainder": (lambda x: x % 2.0, (E, 2 - E), (-E, 1.0)),
    "hidden abs": (lambda x: jnp.sqrt(x * x), (-1.0, -0.1), (-E, E)),
    "hidden abs by powers": (lambda x: (x**4) ** 0.25, (0.1, 1.0), (-E, E)),
    "hidden sign": (lambda x: x / jnp.sqrt(x * x), (0.1, 1.0), (-E, E)),
    "hidden sign by log": (lambda x: jnp.exp(jnp.log(x * x) / 2), (0.1, 1.0), (-E, E)),
    "hidden sign by angles": (lambda x: jnp.arctan(x) + jnp.arctan(1 / x), (E, 1.0), (-E, E)),
    "hidden max": (lambda x: (x + 1 + jnp.sqrt((x - 1) ** 2)) / 2, (1.1, 2.0), (0.5, 1.5)),
}


@pytest.mark.parametrize("name", ONE)
def test_the_regular_set_of_functions_of_one_number(name):
    function, inside, touching = ONE[name]
    assert _is_regular(function, *inside)
    assert not _is_regular(function, *touching)


# atan2(y, x) is analytic off the half-line y = 0, x <= 0
@pytest.mark.parametrize(
    ("low", "high", "regular"),
    [
        ([E, -1.0], [1.0, 1.0], True),
        ([-1.0, -1.0], [-E, 1.0], True),
        ([-1.0, E], [1.0, 2.0], True),
        ([0.0, -1.0], [1.0, -0.5], False),
        ([-1.0, -1.0], [0.0, -0.5], False),
        ([0.0, 0.0], [0.0, 0.0], False),
        ([-1.0, 0.0], [1.0, 2.0], False),
        ([0.0, -1.0], [0.0, -1.0], False),
    ],
)
def test_the_cut_of_atan2(low, high, regular):
    assert _is_regular(lambda v: jnp.arctan2(v[0], v[1]), low, high) is regular


@settings(deadline=None, max_examples=200)
@given(st.lists(st.floats(-2, 2), min_size=2, max_size=2), st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_atan2_is_continuous_where_it_is_proved_regular(center, radius):
    box = Ball(np.array(center), np.array(radius))
    program = trace(lambda v: jnp.arctan2(v[0], v[1]), np.ones(2))
    met = bool(box.lower[0] <= 0 <= box.upper[0] and box.lower[1] <= 0)
    assert analytic_on(program, [box]).everywhere is not met
    if met:
        with pytest.raises(UndecidedBranch, match="atan2"):
            jacobian(program, [box])


# name: function, a regular point of three numbers with radius 0.1, an irregular one
SEVERAL = {
    "max": (lambda x: jnp.max(x), [1.0, 2.0, 3.0], [1.0, 3.0, 3.0]),
    "min": (lambda x: jnp.min(x), [1.0, 2.0, 2.0], [1.0, 1.1, 2.0]),
    "argmax": (lambda x: x[jnp.argmax(x)] * x[0], [1.0, 2.0, 3.0], [3.0, 2.0, 3.0]),
    "sort": (lambda x: jnp.sort(x) * jnp.arange(3.0), [3.0, 2.0, 1.0], [3.0, 2.9, 1.0]),
    "maximum": (lambda x: jnp.maximum(x[0], x[1]), [1.0, 2.0, 0.0], [1.0, 1.15, 0.0]),
    "equal entries": (lambda x: jnp.where(x[0] < x[1], x[2], -x[2]), [1.0, 2.0, 0.0], [1.0, 1.2, 0.0]),
    "norm": (lambda x: jnp.sqrt(jnp.sum(x * x)), [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    "median": (lambda x: jnp.median(x), [3.0, 2.0, 1.0], [3.0, 2.0, 2.1]),
    "cumulative": (lambda x: jnp.log(jnp.cumsum(x)), [1.0, 0.0, 2.0], [1.0, -0.9, 2.0]),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_the_regular_set_of_functions_of_several_numbers(name):
    function, regular, irregular = SEVERAL[name]
    for point, expected in ((regular, True), (irregular, False)):
        assert _is_regular(function, np.array(point) - 0.1, np.array(point) + 0.1) is expected


def test_the_first_obstacle_is_named_with_its_line():
    found = analytic_on(trace(lambda x: jnp.tanh(jnp.abs(x)), np.zeros(1)), [_box(-1, 1)])
    assert found.obstacle.startswith("`abs` at test_regular_sets.py:")
    assert "exclude 0" in found.obstacle


def test_examples_are_told_apart_also_outside_of_the_domain():
    program = trace(lambda x: jnp.log(x) * jnp.abs(x - 2), np.ones(1))
    boxes = Ball(np.array([[1.0], [-1.0], [2.0], [3.0], [0.5]]), np.full((5, 1), 0.25))
    found = analytic_on(program, [boxes], batch=[True])
    assert found.holds.tolist() == [True, False, False, True, True]
    assert found.obstacle


def test_each_condition_counts_for_each_example():
    program = trace(lambda x: jnp.abs(x - 1) * jnp.abs(x - 2), np.ones(1))
    boxes = Ball(np.array([[1.0], [2.0], [3.0]]), np.full((3, 1), 0.25))
    assert analytic_on(program, [boxes], batch=[True]).holds.tolist() == [False, False, True]


@pytest.mark.parametrize("function", [jnp.sort, jnp.max, jnp.argmax, lambda x: x[jnp.argmin(x)]])
def test_exact_ties_are_kinks(function):
    """A tie of exact numbers is decided at the point, not around it."""
    assert not _is_regular(function, [2.0, 2.0], [2.0, 2.0])
    assert _is_regular(function, [1.0, 2.0], [1.0, 2.0])


def test_what_does_not_move_may_have_kinks():
    program = trace(lambda t, x: jnp.abs(x) * t + jnp.floor(x), np.ones(1), np.ones(1))
    box, data = _box(-1, 1), np.array([[0.0], [1.0]])
    assert analytic_on(program, [box, data], (0,), batch=[False, True]).holds.tolist() == [True, True]
    assert not analytic_on(program, [box, _box(-1, 1)]).everywhere


def test_a_kink_at_one_example_only():
    program = trace(lambda t, x: jax.nn.relu(t[0] - x[0]), np.ones(1), np.ones(1))
    found = analytic_on(program, [_box(-1, 1), np.array([[2.0], [0.5], [-2.0]])], (0,), batch=[False, True])
    assert found.holds.tolist() == [True, False, True]


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive_declares_its_rule(name):
    rule = PRIMITIVES[name].regularity
    assert rule is not None
    assert (rule.holds is None) == (rule.kind is Kind.ENTIRE)
    assert bool(rule.demand) == (rule.kind is not Kind.ENTIRE)


def test_a_primitive_without_a_rule_is_refused(monkeypatch):
    undeclared = {**PRIMITIVES, "tanh": replace(PRIMITIVES["tanh"], regularity=None)}
    monkeypatch.setattr(module, "PRIMITIVES", undeclared)
    program = trace(lambda x: jnp.tanh(x), np.zeros(1))
    for found in (analytic_on(program, [_box(0, 1)]), analytic_everywhere(program)):
        assert not found.everywhere
        assert "`tanh` declares no condition" in found.obstacle
    assert "tanh" in piecewise_obstacle(program)


def _layer_norm(x):
    centred = x - jnp.mean(x)
    return centred / jnp.sqrt(jnp.mean(centred**2) + 1e-5)


SMOOTH = {
    "polynomial": lambda x: x**5 - 3 * x**2 + x[0] * x[1],
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "softplus": jax.nn.softplus,
    "log of 1 + exp": lambda x: jnp.log(1 + jnp.exp(x)),
    "log1p of exp": lambda x: jnp.log1p(jnp.exp(x)),
    "softmax": jax.nn.softmax,
    "log softmax": jax.nn.log_softmax,
    "logsumexp": jax.nn.logsumexp,
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
    "hand-made sigmoid": lambda x: 1 / (1 + jnp.exp(-x)),
    "layer norm": _layer_norm,
    "layer norm by var": lambda x: (x - x.mean()) * lax.rsqrt(x.var() + 1e-6),
    "rms norm": lambda x: x / jnp.sqrt(jnp.mean(x * x) + 1e-6),
    "smoothed abs": lambda x: jnp.sqrt(x**2 + 1e-12),
    "dot with itself": lambda x: jnp.sqrt(jnp.dot(x, x) + 1),
    "einsum with itself": lambda x: jnp.log(1 + jnp.einsum("i,i->", x, x)),
    "rational": lambda x: x / (1 + x**2),
    "reciprocal of cosh": lambda x: 1 / jnp.cosh(x),
    "log cosh": lambda x: jnp.log(jnp.cosh(x)),
    "quotient by exp": lambda x: jnp.sin(x) / jnp.exp(x),
    "power of exp": lambda x: jnp.exp(x) ** 0.3,
    "slope of tanh": lambda x: jnp.log(1 - jnp.tanh(x) ** 2),
    "entropy of a sigmoid": lambda x: jnp.log(1 - jax.nn.sigmoid(x)),
    "atanh of a bounded value": lambda x: jnp.arctanh(0.9 * jnp.tanh(x)),
    "acos of a bounded value": lambda x: jnp.arccos(jnp.sin(x) / 2),
    "angle in the right half-plane": lambda x: jnp.arctan2(x[0], jnp.exp(x[1])),
    "tan of a bounded value": lambda x: jnp.tan(jnp.sin(x)),
    "cauchy": lambda x: 1 / (x**2 + 0.5),
    "decided kink": lambda x: jnp.abs(2 + jnp.sin(x)) + jnp.maximum(x**2, -1.0),
    "two exponentials": lambda x: 1 / (jnp.exp(x[0]) + x[1] ** 2),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_are_proved_on_the_whole_space(name):
    found = analytic_everywhere(trace(SMOOTH[name], np.array([0.3, -0.7, 1.1])))
    assert found.everywhere, found.obstacle


ROUGH = {
    "reciprocal": lambda x: 1 / x,
    "log of a square": lambda x: jnp.log(x**2),
    "hidden abs": lambda x: jnp.sqrt(x**2),
    "norm": lambda x: jnp.sqrt(jnp.dot(x, x)),
    "cube root": jnp.cbrt,
    "glued angles": lambda x: jnp.arctan(x) + jnp.arctan(1 / x),
    "normalised": lambda x: x / jnp.sqrt(x**2),
    "atan2": lambda x: jnp.arctan2(x[0], x[1]),
    "atan2 of a square": lambda x: jnp.arctan2(x[0], x[1] ** 2),
    "tan": jnp.tan,
    "square minus one": lambda x: jnp.sqrt(x**2 - 1),
    "relu": jax.nn.relu,
    "leaky": jax.nn.leaky_relu,
    "softsign": lambda x: x / (1 + jnp.abs(x)),
    "elu": jax.nn.elu,
    "floor": jnp.floor,
    "saturated": lambda x: jnp.log(1 - jnp.sin(x)),
    "asin of sin": lambda x: jnp.arcsin(jnp.sin(x)),
    "negative base": lambda x: (x - 1) ** 0.5,
    "sorted": jnp.sort,
    "largest": jnp.max,
    "argmax": lambda x: x[jnp.argmax(x)],
}


@pytest.mark.parametrize("name", ROUGH)
def test_what_is_not_analytic_somewhere_is_not_proved_on_the_whole_space(name):
    found = analytic_everywhere(trace(ROUGH[name], np.array([0.3, 0.7, 1.1])))
    assert not found.everywhere
    assert found.obstacle.startswith("`")


def test_the_whole_space_of_the_first_input_with_known_data():
    """t^2 + x is above 0 for every t when the data are."""
    program = trace(lambda t, x: jnp.log(t**2 + x), np.ones(1), np.ones(1))
    assert analytic_everywhere(program, [np.array([[0.5], [2.0]])]).everywhere
    assert not analytic_everywhere(program, [np.array([[0.5], [0.0]])]).everywhere
    assert not analytic_everywhere(program).everywhere


def test_defined_everywhere_admits_kinks_and_cuts_but_no_edges():
    allowed = frozenset((Kind.PIECEWISE, Kind.CUT))
    kinks = trace(lambda x: jax.nn.relu(x) * jnp.arctan2(x, -1.0) + jnp.floor(x), np.ones(1))
    assert analytic_everywhere(kinks, but_for=allowed).everywhere
    assert not analytic_everywhere(trace(lambda x: jnp.log(jnp.abs(x)), np.ones(1)), but_for=allowed).everywhere


@pytest.mark.parametrize("name", ["layer norm", "slope of tanh", "rational", "smoothed abs"])
def test_the_whole_space_implies_every_box(name):
    program = trace(SMOOTH[name], np.zeros(3))
    box = Ball(np.array([0.3, -0.7, 1.1]), np.full(3, 2.0**-6))
    assert analytic_on(program, [box]).everywhere
