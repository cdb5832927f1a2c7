"""The learning rates are safe: proved for every network that Hypothesis draws."""

from curve_fit import safe_learning_rate
from hypothesis import HealthCheck, given, settings

import stabproof as sp
from stabproof.testing import assert_certified_stable, assert_unstable, strategies

PROOFS = settings(deadline=None, max_examples=2, suppress_health_check=[HealthCheck.too_slow])


@PROOFS
@given(strategies.interpolating_problems())
def test_the_safe_rate_is_stable(known):
    assert_certified_stable(known.problem, sp.GradientDescent(safe_learning_rate(known.problem)))


@PROOFS
@given(strategies.polynomial_problems(max_examples=2))
def test_the_safe_rate_is_at_most_half_of_the_exact_threshold(known):
    assert safe_learning_rate(known.problem) <= float(known.critical_learning_rate / 2) * (1 + 1e-12)


@PROOFS
@given(strategies.polynomial_problems(max_examples=1))
def test_four_times_the_safe_rate_is_unstable_for_a_single_point(known):
    """With one point the trace is the eigenvalue, so that the threshold is exactly twice the safe rate."""
    assert_unstable(known.problem, sp.GradientDescent(4 * safe_learning_rate(known.problem)))
