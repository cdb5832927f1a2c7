"""Contraction rates against exact ones, invariance, and forged certificates."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import sympy

import stabproof as sp
from certify.certificate import issue

x, y = sympy.symbols("x y", real=True)


def rate_of(found):
    return found.number("rate").lower


def names(found):
    return {claim.name for claim in found.claims}


def test_the_rate_of_a_linear_field_in_a_metric():
    """The least generalised eigenvalue of -(M A + A^T M) / 2 with respect to M."""
    slope, metric = np.array([[-1.0, 2.0], [-0.25, -3.0]]), np.array([[2.0, 0.5], [0.5, 1.0]])
    exact = scipy.linalg.eigh(-(metric @ slope + slope.T @ metric) / 2, metric, eigvals_only=True)[0]
    found = sp.certify_contraction(lambda s: jnp.asarray(slope) @ s, metric, [(-1, 1), (-1, 1)])
    assert found.verdict is sp.Verdict.PROVED
    assert 0.98 * exact < rate_of(found) < exact


@pytest.mark.parametrize("edge", [1, sympy.Rational(1, 2)])
def test_a_metric_that_varies(edge):
    """x' = -x in M = 1 + x^2: M' = -2 x^2 along the field, so that the rate is (1 + 2 x^2) / (1 + x^2)."""
    exact = float((1 + 2 * edge**2) / (1 + edge**2))
    found = sp.certify_contraction([-x], sympy.Matrix([[1 + x**2]]), [(float(edge), 2)], variables=[x])
    assert 0.98 * exact < rate_of(found) < exact
    assert "invariant" not in names(found)  # the field points out of the box at its lower end


def test_a_box_that_no_solution_leaves():
    found = sp.certify_contraction([-2 * x + sympy.tanh(y), -2 * y - sympy.tanh(x)], np.eye(2), [(-1, 1), (-1, 1)])
    assert "invariant" in names(found)
    # the largest real part of the symmetric part: -2 + sup |sech^2 y - sech^2 x| / 2
    exact = 2 - (1 - 1 / np.cosh(1) ** 2) / 2
    assert 0.97 * exact < rate_of(found) < exact


def test_a_rate_that_is_asked_for():
    field, box = [-x - x**3], [(-1, 1)]
    assert sp.certify_contraction(field, [[1.0]], box, rate=0.999).verdict is sp.Verdict.PROVED
    beyond = sp.certify_contraction(field, [[1.0]], box, rate=1.001, budget=5)
    assert beyond.verdict is sp.Verdict.UNDECIDED
    assert len(beyond.attachments["undecided_boxes"]) == beyond.number("undecided_boxes").lower > 0


@pytest.mark.parametrize(
    ("metric", "box", "told"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], [(-1, 1)], "shape"),
        ([[-1.0]], [(-1, 1)], "positive definite"),
        ([[1.0]], [(-1, 3)], "does not contract"),
    ],
)
def test_bad_input(metric, box, told):
    with pytest.raises(sp.InputError, match=told):
        sp.certify_contraction([-x + x**2 / 3], metric, box)


def test_forged_witnesses_prove_nothing():
    found = sp.certify_contraction([-x], sympy.Matrix([[1 + x**2]]), [(1.0, 2.0)], variables=[x])
    with pytest.raises(sp.CertificateError, match="does not pass"):
        issue(found.kind, found.problem, {**found.witness, "rate": 1.51})
    with pytest.raises(sp.CertificateError, match="face"):
        issue(found.kind, found.problem, {**found.witness, "invariant": True})
    for rate in (-1.0, 0.0, np.inf, 1):
        with pytest.raises(sp.CertificateError, match="rate"):
            issue(found.kind, found.problem, {**found.witness, "rate": rate})
