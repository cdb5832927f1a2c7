"""How the point of a proof is found, examples that repeat another one, and why a Gram matrix is singular."""

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from certify.minimum.diagnosis import diagnosis
from certify.minimum.repeated import contradiction, distinct

# Rows 0 and 3 agree; -0.0 is 0.0.
INPUTS = np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 2.0], [1.0, 1.0, -1.0], [-0.0, 1.0, 0.5], [0.0, 1.0, 0.5]])
START = np.array([0.5, -0.25, 1.0, 2.0])


def linear(theta, x):
    return theta[:3] @ x + 0.0 * theta[3]


def problem(targets=None, inputs=INPUTS, start=START):
    targets = inputs @ start[:3] if targets is None else targets
    return sp.Regression(linear, start, inputs, targets)


def exact_sharpness(inputs, counts, total):
    """The largest eigenvalue of (1/N) sum_i c_i x_i x_i^T."""
    rows = np.array([[Fraction(float(v)) for v in row] for row in inputs])
    matrix = sum(c * np.outer(row, row) for c, row in zip(counts, rows, strict=True)) / Fraction(total)
    return np.linalg.eigvalsh(matrix.astype(float))[-1]


@pytest.fixture(scope="module")
def repeated():
    return sp.certify_minimum(problem(), sp.GradientDescent(0.1))


def test_examples_that_repeat_another_one_count_once_with_their_weight(repeated):
    assert repeated.verdict is sp.Verdict.STABLE
    exact = exact_sharpness(INPUTS[:3], [3, 1, 1], 5)
    assert repeated.sharpness.lower - 1e-14 <= exact <= repeated.sharpness.upper + 1e-14
    assert repeated.sharpness.width < 1e-12
    first = next(h for h in repeated.hypotheses if h.name == "H1")
    assert "2 examples that repeat another one count once" in first.reason
    assert sp.check(repeated).verdict is sp.Verdict.STABLE


def test_five_residuals_of_which_three_are_distinct_fit_into_four_parameters(repeated):
    assert "manifold" in next(h for h in repeated.hypotheses if h.name == "H1").statement
    assert next(h for h in repeated.hypotheses if h.name == "H1").status.name == "PROVED"


def test_equal_inputs_with_different_targets_interpolate_nothing():
    targets = np.array([1.0, 2.0, 1.0 + 2.0**-52])
    found = sp.certify_minimum(problem(targets, INPUTS[[0, 1, 3]]), sp.GradientDescent(0.1))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert "no interpolation exists: examples 0 and 2" in found.reason
    assert [(h.name, h.status.name) for h in found.hypotheses] == [("interpolation", "REFUTED")]
    assert sp.check(found).verdict is sp.Verdict.UNDECIDED


def test_under_sgd_repeated_examples_are_not_merged():
    """A batch may hold one of the two: the family of updates is that of all examples."""
    found = sp.certify_minimum(problem(inputs=INPUTS[[0, 1, 3]]), sp.SGD(0.1, 1), budget=1.0)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert "examples 0, 2 depend on each other" in found.reason


def test_which_examples_are_the_same():
    targets = np.array([[1.0], [2.0], [3.0], [1.0], [4.0]])
    found = distinct(INPUTS, targets)
    assert found.kept.tolist() == [0, 1, 2, 4]
    assert found.counts.tolist() == [2, 1, 1, 1]
    assert found.copies == 1
    assert contradiction(INPUTS, targets) == (0, 4)
    assert contradiction(INPUTS[:4], targets[:4]) is None
    assert contradiction(INPUTS[:3], np.zeros((3, 1))) is None


def test_levenberg_marquardt_takes_over_where_newton_steps_do_not_help():
    """tanh(3 (t - 1)) = 0.97 from t = 1.6, where the residual is too large for Newton's steps alone."""

    def predict(theta, x):
        return jnp.tanh(3 * (theta[0] * x - 1)) * (1 + 1e-6 * theta[1])

    stiff = sp.Regression(predict, np.array([1.6, 1.0]), np.array([1.0]), np.array([0.97]))
    found = sp.certify_minimum(stiff, sp.GradientDescent(0.1))
    assert found.existence_radius is not None
    assert "Levenberg-Marquardt" in found.attachments["refinement"]


def test_without_polishing_the_point_is_the_one_that_was_given():
    theta = np.array([1.5, 2.0 + 2.0**-20])
    product = sp.Regression(lambda t, x: t[0] * t[1] * x, theta, np.ones(1), np.full(1, 3.0))
    found = sp.certify_minimum(product, sp.GradientDescent(0.1), polish=False)
    assert np.array_equal(found.witness["point"], theta)
    # from (3/2, 2 + e) to the hyperbola t1 t2 = 3: 3/2 e / |(2, 3/2)| up to e^2
    distance = 1.5 * 2.0**-20 / 2.5
    assert distance * 0.999 <= found.existence_radius <= distance * 1.07  # a certificate leaves a margin of 1/16
    assert found.attachments["refinement"] == "the parameters as they were given"
    assert "Newton" in sp.certify_minimum(product, sp.GradientDescent(0.1)).attachments["refinement"]


def test_a_diagnosis_names_what_is_dead_dependent_or_saturated():
    rows = np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1e-40], [2.0, 4.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]])
    told = diagnosis(rows, 1)
    assert "nullity 2 of 4" in told
    assert "the gradients of examples 1 vanish" in told
    assert "the gradients of examples 0, 2 depend on each other" in told
    assert "1 of 4 parameters move no output (2 in the flat order)" in told
    assert "(example, output) (0, 1)" in diagnosis(rows, 2)
    assert diagnosis(np.eye(3), 1) == ""
    assert "nothing can be trained" in diagnosis(np.zeros((2, 3)), 1)
    assert "their squares overflow" in diagnosis(np.array([[1e200, 1.0]]), 1)
