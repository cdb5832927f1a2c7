"""Coefficients along straight lines: against Arb's own power series, at points and over balls."""

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.flow.recurrences import solution
from certify.flow.series import SeriesSystem, working
from certify.flow.straight_line import straight_line
from certify.flow.vector_field import VectorField, checked_field
from certify.program import trace
from foundation import InputError

PRECISION, LENGTH = 128, 14
WEIGHTS = np.array([[0.5, -1.25], [2.0, 0.75]])
FIELDS = {
    "products": lambda x: jnp.stack([x[0] * x[1] - 3.0 * x[0], x[1] * x[1] + x[0] - 0.5]),
    "quotients": lambda x: jnp.stack([x[0] / x[1], 2.0 / (x[0] + 3.0)]),
    "constants first": lambda x: jnp.stack([1.5 - x[0], 2.0 - x[1] / 3.0]),
    "powers": lambda x: jnp.stack([x[0] ** 3, x[1] ** -2]),
    "exp": lambda x: jnp.exp(x * jnp.array([1.0, -0.5])),
    "log": lambda x: jnp.log(1.0 + x),
    "sqrt": lambda x: jnp.sqrt(x + 0.25),
    "sin and cos": lambda x: jnp.stack([jnp.sin(x[0] * x[1]), jnp.cos(x[0] - x[1])]),
    "cos alone": lambda x: jnp.cos(x[::-1]),
    "tanh": lambda x: -x + WEIGHTS @ jnp.tanh(x),
    "logistic": lambda x: jax.nn.sigmoid(x) - x[::-1],
    "constant output": lambda x: jnp.stack([x[1], 0 * x[0] + 2.0]),
}


def field_of(name):
    return VectorField(checked_field(trace(FIELDS[name], np.ones(2))), PRECISION)


def by_series(field, start, order):
    """The same coefficients from Arb's power series, whose methods are others."""
    rows = [list(start)]
    for k in range(order):
        series = [flint.arb_series(list(entries), k + 1) for entries in zip(*rows, strict=True)]
        constants = [SeriesSystem(PRECISION).constant(a[None]) for a in field.program.constants]
        outputs = field._run(field.program, constants, series)
        rows.append([(v[k] if isinstance(v, flint.arb_series) else v * int(k == 0)) / (k + 1) for v in outputs])
    return rows


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_coefficients_are_those_of_power_series(name):
    """At a point both enclose the same number to almost the working precision: they overlap, and ours is narrow."""
    with working(PRECISION, LENGTH + 2):
        field, start = field_of(name), [flint.arb(0.75), flint.arb(1.125)]
        assert field.line is not None
        found = solution(field.line, start, LENGTH, PRECISION)
        for k, row in enumerate(by_series(field, start, LENGTH)):
            for ours, theirs in zip((x[k] for x in found), row, strict=True):
                assert ours.overlaps(theirs)
                assert float(ours.rad()) <= 2.0**-100 * max(1.0, abs(float(ours.mid())))


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_coefficients_over_a_ball_hold_those_of_its_points(name):
    rng = np.random.default_rng(len(name))
    with working(PRECISION, LENGTH + 2):
        field, centre = field_of(name), np.array([0.75, 1.125])
        wide = solution(field.line, [flint.arb(float(c), 0.0625) for c in centre], 6, PRECISION)
        for offset in rng.choice([-1.0, 1.0, 0.3], (4, 2)) * 0.0625:
            inside = by_series(field, [flint.arb(float(c)) for c in centre + offset], 6)
            assert all(x[k].contains(row[i]) for k, row in enumerate(inside) for i, x in enumerate(wide))


def test_shared_expressions_are_computed_once():
    program = checked_field(trace(lambda x: jnp.sin(x) + jnp.cos(x) * jnp.sin(x), np.ones(2)))
    with working(PRECISION, 3):
        names = [operation.name for operation in straight_line(program, PRECISION).operations.values()]
    assert names.count("sin") == names.count("cos") == 2


def test_other_functions_are_left_to_power_series():
    program = checked_field(trace(lambda x: jnp.arctan(x), np.ones(2)))
    with working(PRECISION, 3):
        assert straight_line(program, PRECISION) is None


def test_outside_of_the_domain():
    with working(PRECISION, LENGTH + 2):
        for name, start in (("log", -1.0), ("quotients", 0.0)):
            with pytest.raises(InputError):
                solution(field_of(name).line, [flint.arb(1), flint.arb(start)], 3, PRECISION)
