"""Two examples: the exact surface against brute force, and the opposite verdicts of the two ways to draw."""

import math
from fractions import Fraction

import numpy as np
import pytest

import stabproof as sp
from cases.shuffled_epochs.derivation import derive_orders, derive_surface, shuffled_exponent
from cases.shuffled_epochs.figures import renewal_exponents
from foundation import InputError
from symbolic.outcome import Outcome

# first example (p, q), second (0, 1), eta = 1: x = p^2 + q^2, r = q^2 / x
PLACES = [("2", "1"), ("5/4", "1"), ("3/2", "0.25")]


def place(p, q):
    p, q = Fraction(p), Fraction(q)
    x = p * p + q * q
    return float(1 - x), float(q * q / x)


@pytest.mark.parametrize(("p", "q"), PLACES)
def test_the_renewal_average_is_the_exponent(p, q):
    """Against whole epochs multiplied out, 20 000 of them, at four standard errors."""
    s, r = place(p, q)
    formula = (2 * math.log(abs(r + (1 - r) * s)) + math.log(r + (1 - r) * s * s)) / 8
    assert float(shuffled_exponent(s, r)) == pytest.approx(formula, rel=1e-12)
    gradients = np.array([[float(Fraction(p)), float(Fraction(q))], [0.0, 1.0]])
    gram, generator = gradients @ gradients.T, np.random.default_rng(1)
    totals = []
    for _ in range(20):
        vector, total = np.array([1.0, 0.3]), 0.0
        for _ in range(1000):
            for i in generator.permutation(2):
                vector = vector - gram[:, i] * vector[i]
            size = np.abs(vector).max()
            total, vector = total + math.log(size), vector / size
        totals.append(total / 2000)
    assert abs(np.mean(totals) - formula) < 4 * np.std(totals) / math.sqrt(20) + 2e-3


@pytest.mark.parametrize(("p", "q"), [("2", "1"), ("3", "1")])
def test_the_engines_enclose_the_exact_numbers(p, q):
    s, r = place(p, q)
    independent, shuffled = (float(a[0]) for a in renewal_exponents(np.array([1 - s]), np.array([r])))
    points = np.array([[float(Fraction(p)), float(Fraction(q))], [0.0, 1.0]])
    problem = sp.Regression(lambda theta, x: theta @ x, np.zeros(2), points, np.zeros(2))
    for kind, value in (("iid", independent), ("shuffled", shuffled)):
        proved = sp.certify_minimum(problem, sp.SGD(1.0, 1, sampling=kind), budget=4).lyapunov_exponent
        assert proved.lower - 1e-9 <= value <= proved.upper + 1e-9
        assert proved.width < 1e-2


def test_the_default_has_opposite_verdicts():
    check = sp.crosscheck("shuffled-epochs")
    assert check.agrees
    found = {row.quantity: row.certified for row in check.rows}
    assert found["independent draws: verdict"] is sp.Verdict.UNSTABLE
    assert found["shuffled epochs: verdict"] is sp.Verdict.STABLE
    assert found["fixed order: verdict"] is sp.Verdict.STABLE


def test_derivations_pass_and_parallel_examples_are_refused():
    for derivation in (derive_orders(), derive_surface()):
        assert all(result.outcome is Outcome.PASSED for result in derivation.verify())
    with pytest.raises(InputError, match="parallel"):
        sp.crosscheck("shuffled-epochs", first="1,2", second="2,4")
