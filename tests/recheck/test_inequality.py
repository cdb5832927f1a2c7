"""Inequalities and contraction against exact truths; every field of their certificates changed, one at a time."""

import base64
import io
import json
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from forgeries import sealed

from recheck.inequality import Scalar, settle
from recheck.main import recheck_bytes
from recheck.outcome import BadInput, NotCovered, Standing, Work
from recheck.program.reader import read_program


def scalar(*equations, size=1) -> Scalar:
    plain = {
        "inputs": [["float64", [size]]],
        "constants": [],
        "equations": [[name, operands, parameters, ""] for name, operands, parameters in equations],
        "outputs": [len(equations)],
    }
    problem = {"function": read_program(plain)}
    return Scalar(type("Statement", (), {"problem": problem})(), Work())


def sum_of(*operations):
    """The entries' sum of x -> operations applied one after the other."""
    steps = [(name, [*range(k, k + 1)], parameters) for k, (name, parameters) in enumerate(operations)]
    return scalar(*steps, ("reduce_sum", [len(steps)], {"axes": [0]}))


CUBE = sum_of(("integer_pow", {"exponent": 3}))
SIZE = sum_of(("abs", {}))


def standing(plain):
    try:
        return recheck_bytes(sealed(plain)).standing
    except BadInput:
        return None


def plain_of(issued, name):
    return json.loads(issued(name).read_text())


def stated(plain, name, low, high):
    """The certificate with other bounds of a claim."""
    for claim in plain["claims"]:
        if claim["name"] == name:
            claim["enclosure"] = {"$enclosure": [float(low).hex(), float(high).hex()]}
    return plain


@pytest.mark.parametrize("ends", [(0, 1), (-2, 1), (1, 3), (-1, Fraction(-1, 2))])
def test_values_over_boxes_hold_the_exact_ones_and_are_tight(ends):
    low, high = (fmpq(Fraction(x).numerator, Fraction(x).denominator) for x in ends)
    found = CUBE.over([arb(low).union(arb(high))])
    assert all(found.contains(arb(low + (high - low) * k / 16) ** 3) for k in range(17))
    narrow = CUBE.over([arb(low).union(arb(low + fmpq(1, 1000)))])
    exact = abs(arb(low + fmpq(1, 1000)) ** 3 - arb(low) ** 3)
    assert narrow.rad() <= (0.51 * exact + 1e-5).upper()


def test_mean_value_forms_are_not_used_across_kinks():
    """|x| on [-1, 1] reaches 0: its derivative is not one number there."""
    found = SIZE.over([arb(0, 1)])
    assert found.contains(0)
    assert found.contains(1)


def test_a_box_is_settled_or_not_covered():
    settle([(arb(-1), arb(1))], lambda part: CUBE.over(part) > -1.5)
    with pytest.raises(NotCovered):
        settle([(arb(-1), arb(1))], lambda part: CUBE.over(part) > -0.5)


def test_a_positive_minimum_is_bounded_from_both_sides(issued):
    """inf of x^2 - x y + y^2 + 1 is 1."""
    plain = plain_of(issued, "inequality")
    assert standing(stated(plain, "infimum", 0.999, 1.001)) is Standing.CONFIRMED
    assert standing(stated(plain, "infimum", 1.001, 1.002)) is not Standing.CONFIRMED
    assert standing(stated(plain, "infimum", 0.5, 0.99)) is not Standing.CONFIRMED
    assert standing(stated(plain, "infimum", -0.5, 1.5)) is not Standing.CONFIRMED


def test_the_set_counts(issued):
    """(x x)(1 - x x) is 0 at the origin, which the set leaves out."""
    plain = plain_of(issued, "inequality-where")
    assert standing(plain) is Standing.CONFIRMED
    assert standing(stated(plain, "infimum", 0.1, 0.2)) is not Standing.CONFIRMED  # it is 0.09
    plain = plain_of(issued, "inequality-where")
    del plain["problem"]["where"]
    assert standing(plain) is not Standing.CONFIRMED


def test_points_must_lie_in_the_set(issued):
    """A counterexample on the box is none where the box is another."""
    plain = plain_of(issued, "counterexample")
    assert standing(plain) is Standing.CONFIRMED
    stream = io.BytesIO()
    np.save(stream, np.array([1.0, -0.5]))  # x^2 - y > 0 for y <= -1/2
    plain["problem"]["upper"]["$array"] = base64.b64encode(stream.getvalue()).decode()
    assert standing(plain) is not Standing.CONFIRMED
    other = plain_of(issued, "inequality")
    other["witness"] = plain["witness"]
    assert standing(other) is not Standing.CONFIRMED


def test_the_rate_of_a_moving_metric_is_sharp(issued):
    """x' = -x, M = 1 + x^2 on [1, 2]: M' = -2 x^2, so that the rate is 1 + x^2 / (1 + x^2), least 3/2 at x = 1."""
    plain = plain_of(issued, "contraction-moving")
    assert standing(stated(plain, "rate", 1.499, 1.499)) is Standing.CONFIRMED
    assert standing(stated(plain, "rate", 1.501, 1.501)) is not Standing.CONFIRMED
    assert standing(stated(plain, "rate", 1.0, 1.4)) is not Standing.CONFIRMED


def test_every_face_must_point_inwards(issued):
    """x' = -x leaves [1, 2]."""
    plain, other = plain_of(issued, "contraction-moving"), plain_of(issued, "contraction")
    plain["witness"]["invariant"] = True
    plain["claims"].append(next(c for c in other["claims"] if c["name"] == "invariant"))
    assert standing(plain) is not Standing.CONFIRMED


def test_a_moving_metric_is_not_called_constant(issued):
    plain = plain_of(issued, "contraction-moving")
    plain["claims"][0]["parameters"]["metric"] = "constant"
    assert standing(plain) is Standing.REFUSED


@pytest.mark.parametrize("name", ["inequality", "inequality-where", "counterexample", "contraction", "undecided-list"])
def test_missing_fields_are_never_confirmed(issued, name):
    """What only says how the first program searched may be missing."""
    text = issued(name).read_text()
    for tree in ("problem", "witness"):
        for key in set(json.loads(text)[tree]) - {
            "parts",
            "lowest",
            "where",
            "invariant",
            "exhausted",
            "boxes",
            "rate",
        }:
            if key in ("points", "inverses", "radii") and name != "undecided-list":
                continue
            plain = json.loads(text)
            del plain[tree][key]
            if (tree, key) == ("witness", "inverses"):
                continue
            assert standing(plain) is not Standing.CONFIRMED, key


def test_undecided_boxes_are_those_of_the_witness(issued):
    """x^2 has its zero in the boxes around 0; fewer boxes, or another number of them, do not hold it."""
    plain = plain_of(issued, "undecided-list")
    assert standing(plain) is Standing.CONFIRMED
    assert standing(stated(plain, "undecided_boxes", 1, 1)) is not Standing.CONFIRMED


def test_a_stable_step_needs_no_non_singular_map_and_an_unstable_one_does(issued):
    """w -> w - 1 * w sends all to one point: stable, though H3 is refuted."""
    plain = plain_of(issued, "one-step")
    assert plain["verdict"] == "STABLE"
    assert next(h for h in plain["hypotheses"] if h["name"] == "H3")["status"] == "REFUTED"
    assert standing(plain) is Standing.CONFIRMED
    nesterov = plain_of(issued, "descent-pair")
    assert nesterov["verdict"] == "UNSTABLE"
    next(h for h in nesterov["hypotheses"] if h["name"] == "H3")["status"] = "REFUTED"
    assert standing(nesterov) is Standing.REFUSED
