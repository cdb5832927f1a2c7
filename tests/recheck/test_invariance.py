"""Invariant subspaces: proved where an identity of polynomials holds, and only there."""

import base64
import io
from fractions import Fraction as F

import numpy as np
import pytest

from recheck.fields import is_invariant, is_polynomial
from recheck.outcome import NotCovered
from recheck.program.reader import read_program


def constant(values):
    stream = io.BytesIO()
    np.save(stream, np.asarray(values, float))
    return base64.b64encode(stream.getvalue()).decode()


def program(size, constants, *equations):
    """equations: (primitive, operands, parameters); the last is the output."""
    plain = {
        "inputs": [["float64", [size]]],
        "constants": [constant(c) for c in constants],
        "equations": [[*e, ""] for e in equations],
        "outputs": [len(constants) + len(equations)],
    }
    return read_program(plain)


DOT = {"left_batch": [], "right_batch": [], "left_contract": [1], "right_contract": [0]}
INNER = {**DOT, "left_contract": [0]}


def shares(payoff):
    """x_i ((A x)_i - x^T A x), which keeps sum x = 1 for every A."""
    return program(
        3,
        [payoff],
        ("dot_general", [1, 0], DOT),
        ("dot_general", [0, 2], INNER),
        ("sub", [2, 3], {}),
        ("mul", [0, 4], {}),
    )


SIMPLEX = ([F(1), F(0), F(0)], [[F(1), F(0)], [F(0), F(1)], [F(-1), F(-1)]])


def test_the_simplex_is_invariant_for_every_payoff():
    for seed in range(3):
        field = shares(np.random.default_rng(seed).normal(size=(3, 3)))
        assert is_invariant(field, *SIMPLEX, False)


def test_a_parallel_plane_is_not():
    """On sum x = 2 the sum changes at the rate -x^T A x."""
    assert not is_invariant(shares(np.eye(3)), [F(2), F(0), F(0)], SIMPLEX[1], False)


def test_other_directions_are_not():
    assert not is_invariant(shares(np.eye(3)), SIMPLEX[0], [[F(1), F(0)], [F(0), F(1)], [F(-1), F(1)]], False)


def test_maps_must_keep_the_base_point_too():
    """x -> x + (1, -1) keeps the line through 0 along (1, -1); x -> x + (1, 0) does not, although its field x would."""
    along = [[F(1)], [F(-1)]]
    moved = program(2, [[1.0, -1.0]], ("add", [0, 1], {}))
    across = program(2, [[1.0, 0.0]], ("add", [0, 1], {}))
    assert is_invariant(moved, [F(0), F(0)], along, True)
    assert not is_invariant(across, [F(0), F(0)], along, True)
    doubled = program(2, [[2.0, 2.0]], ("mul", [0, 1], {}))
    assert is_invariant(doubled, [F(0), F(0)], along, True)
    assert not is_invariant(doubled, [F(3), F(0)], along, True)


def test_divisions_by_constants_are_exact():
    """x / 3 minus the same in reverse order: thirds that balls would round."""
    field = program(2, [[3.0, 3.0]], ("div", [0, 1], {}), ("rev", [2], {"axes": [0]}), ("sub", [2, 3], {}))
    assert is_invariant(field, [F(0), F(0)], [[F(1)], [F(-1)]], False)
    assert not is_invariant(field, [F(0), F(0)], [[F(1)], [F(-2)]], False)


@pytest.mark.parametrize(
    "equations",
    [
        [("tanh", [0], {})],
        [("div", [0, 0], {})],
        [("integer_pow", [0], {"exponent": -1})],
        [("integer_pow", [0], {"exponent": 17})],
        [("max", [0, 0], {})],
    ],
)
def test_other_programs_are_no_polynomials(equations):
    assert not is_polynomial(program(2, [], *equations))
    assert not is_invariant(program(2, [], *equations), [F(0), F(0)], [[F(1)], [F(1)]], False)


def test_dependent_vectors_are_not_covered():
    with pytest.raises(NotCovered):
        is_invariant(shares(np.eye(3)), [F(1), F(0), F(0)], [[F(1), F(2)], [F(-1), F(-2)], [F(0), F(0)]], False)
