"""Universal embedding: agreement, dimensions above and below d + q, a field that cheats, bad input."""

from fractions import Fraction

import jax.numpy as jnp
import pytest

import cases.embedding.case as module
from cases.embedding.case import CASE
from cases.embedding.derivation import derive_rank_bound
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed

_VERDICT = "Psi is embedded with W, W~ of full rank"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"target": "sin(x1)*exp(-x2^2)/3; x3*x1; 7", "point": "1/3,-2,0.25", "horizon": "7/3", "dimension": 8},
        {"target": "x1*x2; x2^2", "point": "0,1", "dimension": 3},
        {"target": "x1*x2; x2^2", "point": "0,0", "dimension": 3},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("embedding", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


@pytest.mark.parametrize(
    ("target", "point", "dimension", "verdict"),
    [
        ("x^2", "0", 2, Verdict.PROVED),
        ("x^2", "0", 1, Verdict.REFUTED),
        ("x^3 + x", "0", 1, Verdict.UNDECIDED),
        ("5", "1,2,3", 4, Verdict.PROVED),
        ("5", "1,2,3", 3, Verdict.REFUTED),
        ("x1; x2", "0,0", 2, Verdict.UNDECIDED),
        ("x1; x1", "0,0", 2, Verdict.REFUTED),
        ("x1; x1", "0,0", 3, Verdict.UNDECIDED),
    ],
)
def test_the_verdict_is_the_rank_condition(target, point, dimension, verdict):
    """For m < d + q the derivative needs the rank d + q - m; below it the function is refuted."""
    values = CASE.values({"target": target, "point": point, "dimension": dimension})
    assert CASE.certified(values).values[_VERDICT] is verdict
    assert CASE.symbolic(values).values[_VERDICT] is verdict


def test_the_rank_bound_passes():
    assert all_passed(derive_rank_bound().verify())


def test_a_field_that_uses_its_new_component_proves_nothing(monkeypatch):
    honest = module._field
    monkeypatch.setattr(
        module, "_field", lambda values: lambda h: honest(values)(h) + jnp.array([0.0, 0.0, 1.0]) * h[2]
    )
    assert CASE.certified(CASE.values({})).values == {_VERDICT: Verdict.UNDECIDED}


def test_a_field_with_a_wrong_speed_breaks_the_agreement(monkeypatch):
    honest = module._field
    monkeypatch.setattr(module, "_field", lambda values: lambda h: 2.0 * honest(values)(h))
    values = CASE.values({})
    proved = CASE.certified(values).values["output 1 at the point"]
    assert not proved.contains(Fraction(5, 36))
    assert proved.contains(Fraction(5, 18))


@pytest.mark.parametrize(
    "bad",
    [
        {"dimension": 1},
        {"point": "1"},
        {"point": "nan,1"},
        {"horizon": 0},
        {"radius": 0},
        {"target": "y"},
        {"target": "x1/x2"},
        {"target": "__import__('os').getcwd()"},
        {"target": "x^13"},
        {"target": "1/0"},
        {"target": ""},
        {"target": "x5", "point": "1,1,1,1,1"},
        {"target": 3},
        {"target": "exp(exp(9*x1))", "point": "9"},
        {"samples": 0},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("embedding", **bad)
