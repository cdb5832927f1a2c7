"""The second program's flows against closed forms: containment and tightness; periods and multipliers of a circle."""

import jax.numpy as jnp
import mpmath
import pytest
from flint import arb

import recheck.flow as flows
import stabproof as sp
from recheck.main import recheck
from recheck.outcome import Standing, Undecided, Work
from recheck.program.reader import read_program


def field(equations, size=1, times=()):
    """A flow of programs in slices: the state has `size` entries, before them perhaps a time."""
    inputs = [*([["float64", []]] * len(times)), ["float64", [size]]]
    return flows.Flow(
        read_program(
            {
                "inputs": inputs,
                "constants": [],
                "equations": [[name, operands, parameters, ""] for name, operands, parameters in equations],
                "outputs": [len(inputs) + len(equations) - 1],
            }
        ),
        bool(times),
        Work(),
    )


SQUARE = field([("square", [0], {})])
CUBE = field([("integer_pow", [0], {"exponent": 3}), ("neg", [1], {})])
SINE = field([("sin", [0], {})])


@pytest.mark.parametrize(
    ("flow", "start", "time", "end", "slope"),
    [
        (CUBE, 1.0, 1.0, lambda x: x / mpmath.sqrt(1 + 2 * x * x), lambda x: (1 + 2 * x * x) ** mpmath.mpf(-1.5)),
        (SQUARE, 0.5, 1.0, lambda x: x / (1 - x), lambda x: 1 / (1 - x) ** 2),
        (SINE, 1.0, 2.0, lambda x: 2 * mpmath.atan(mpmath.tan(x / 2) * mpmath.e**2), None),
    ],
)
def test_closed_forms(flow, start, time, end, slope):
    found = flows.passage(flow, [arb(start)], [arb(0)], arb(time))
    exact = mpmath.mpf(start)
    for ball, truth in ((found.point[0], end), (found.derivative[0, 0], slope or (lambda x: mpmath.diff(end, x)))):
        with mpmath.workdps(50):
            value = arb(mpmath.nstr(truth(exact), 40))
        assert ball.overlaps(value)
        assert abs(ball - value) < 1e-18 * (1 + abs(value))


def test_boxes_contain_every_solution_and_are_tight():
    """x' = -x^3 over [0.99, 1.01]: monotone in the start, so that the ends are those of the exact image."""
    found = flows.passage(CUBE, [arb(1)], [arb(0, 0.01)], arb(1)).point[0]
    ends = [x / (1 + 2 * x * x) ** 0.5 for x in (0.99, 1.01)]
    assert found.contains(ends[0])
    assert found.contains(ends[1])
    assert found.rad() < 1.1 * (ends[1] - ends[0]) / 2


def test_time_as_an_argument():
    """x' = t: x(T) = x0 + T^2 / 2 from the time 0, and T shifted by the start time."""
    flow = field([("broadcast_in_dim", [0], {"shape": [1], "axes": []})], times=("t",))
    found = flows.passage(flow, [arb(1), arb(3)], [arb(0), arb(0)], arb(2))
    assert abs(found.point[1] - (3 + 2 + 2)) < 1e-20
    assert abs(found.derivative[1, 0] - 2) < 1e-20


def test_a_solution_that_ends_is_not_continued():
    """x' = x^2 from 1 is infinite at the time 1."""
    with pytest.raises(Undecided):
        flows.passage(SQUARE, [arb(1)], [arb(0)], arb(2))


def test_a_circle_has_its_period_and_multiplier(issued):
    report = recheck(issued("orbit"))
    assert report.standing is Standing.CONFIRMED
    lines = {line.name: line for line in report.lines}
    with mpmath.workdps(40):
        low, high = (mpmath.mpf(x) for x in lines["period"].own)
        assert max(abs(low - 2 * mpmath.pi), abs(high - 2 * mpmath.pi)) < 1e-18
        low, high = (mpmath.mpf(x) for x in lines["spectral_radius"].own)
        assert low <= mpmath.exp(-4 * mpmath.pi) <= high
        assert high - low < 1e-15


def test_an_orbit_twice_around_has_not_its_least_period(issued):
    """The tubes of two rounds pass the starting point again."""

    from recheck.document import decode, read_plain

    program = decode(read_plain(issued("orbit").read_bytes())["problem"])["field"]
    flow = flows.Flow(program, False, Work())
    start, time = [arb(1), arb(0)], 4 * arb.pi()
    assert not flows._is_least(start, time, flows.passage(flow, start, [arb(0)] * 2, time))
    assert flows._is_least(start, time / 2, flows.passage(flow, start, [arb(0)] * 2, time / 2))


def test_stiff_fields_are_not_covered(tmp_path):
    """Its own scheme takes steps that scale with the fastest rate: it says so instead of refusing."""
    found = sp.flow(lambda t, x: -1e5 * (x - jnp.cos(t)), [0.0], 0.1, start_time=0, derivative=False)
    found.save(tmp_path / "a.json")
    assert recheck(tmp_path / "a.json").standing is Standing.NOT_COVERED
