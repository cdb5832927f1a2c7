"""Exponents that are exactly zero, shown in whole numbers; and near ones that are not."""

import math
from fractions import Fraction as F
from typing import Any

import pytest
from flint import fmpq, fmpq_mat, fmpq_poly

from certify.enclosure import Enclosure
from certify.lyapunov.families.sgd_family import sgd_family
from certify.lyapunov.structure.exact_logs import cyclotomic_part, is_balanced, mean_log
from certify.lyapunov.structure.invariant_form import kept_factors
from certify.verdict import Verdict
from search.lyapunov.driver import lyapunov_exponent

ROTATION = [[F(3, 5), F(-4, 5)], [F(4, 5), F(3, 5)]]
SWAP = [[0, 1], [1, 0]]


def rationals(*values: Any) -> list[fmpq]:
    return [fmpq(F(v).numerator, F(v).denominator) for v in values]


@pytest.mark.parametrize(
    ("weights", "values", "balanced"),
    [
        ((F(1, 2), F(1, 2)), (2, F(-1, 2)), True),
        ((F(1, 3), F(2, 3)), (4, F(1, 2)), True),
        ((F(1, 3), F(1, 3), F(1, 3)), (6, F(1, 2), F(1, 3)), True),
        ((F(1, 2), F(1, 2)), (1, -1), True),
        # 2^1000 3^-631 is not 1, although 0.6309 is near log 2 / log 3
        ((F(1000, 1631), F(631, 1631)), (2, F(1, 3)), False),
        ((F(1, 2), F(1, 2)), (2, F(1, 3)), False),
        ((F(1, 3), F(2, 3)), (2, F(1, 2)), False),
    ],
)
def test_products_of_powers(weights: Any, values: Any, balanced: bool) -> None:
    assert is_balanced(rationals(*weights), rationals(*values)) is balanced
    found = mean_log(rationals(*weights), rationals(*values))
    assert (found == Enclosure(0.0, 0.0)) is balanced
    exact = sum(float(w) * math.log(abs(v)) for w, v in zip(weights, values, strict=True))
    assert found.lower - 1e-12 <= exact <= found.upper + 1e-12


def test_inverse_values_cancel_whatever_their_weights() -> None:
    third = 0.1
    exact = F(third)
    assert is_balanced(rationals(exact, exact, 1 - 2 * exact), rationals(3, F(1, 3), 1))
    assert mean_log(rationals(exact, 1 - exact), rationals(0, 5)) == Enclosure(-math.inf, -math.inf)


@pytest.mark.parametrize(
    ("matrices", "probabilities"),
    [
        ([[[2]], [[F(1, 2)]]], None),
        ([[[4]], [[F(1, 2)]]], [F(1, 3), F(2, 3)]),
        ([ROTATION, SWAP], None),
        ([[[0, 1], [-1, 0]]], None),
        ([[[1, 1], [0, 1]]], None),
        ([[[0, 2], [1, 0]], [[F(1, 2), 0], [0, 1]]], None),
        # both keep 2 x^2 + 2 x y + 2 y^2
        ([[[-1, -1], [0, 1]], [[1, 0], [-1, -1]]], None),
        # companion of the fifth roots of unity, and of 1, 1/2
        ([[[0, 0, 0, -1], [1, 0, 0, -1], [0, 1, 0, -1], [0, 0, 1, -1]]], None),
        ([[[0, F(-1, 2)], [1, F(3, 2)]]], None),
    ],
)
def test_exact_zeros_are_decided_at_once(matrices: Any, probabilities: Any) -> None:
    found = lyapunov_exponent(matrices, probabilities, engines=("exact",))
    assert found.enclosure == Enclosure(0.0, 0.0)
    assert found.verdict is Verdict.UNDECIDED
    assert "exactly zero" in found.reason


@pytest.mark.parametrize("gram", [[[2]], [[2, 0], [0, 1]], [[2, 1], [1, 2]], [[2, 1, 0], [1, 2, 1], [0, 1, 2]]])
def test_learning_rates_at_the_edge_are_exactly_neutral(gram: Any) -> None:
    """eta K_ii = 2: reflections in the norm of K (or a factor of modulus one beside others below)."""
    found = lyapunov_exponent(sgd_family(gram, 1), engines=("exact",))
    assert found.enclosure == Enclosure(0.0, 0.0)


@pytest.mark.parametrize(
    ("matrices", "exact"),
    [
        ([[[2]], [[F(1, 2) + F(1, 10**6)]]], math.log1p(2e-6) / 2),
        ([[[F(3, 5), F(-4, 5)], [F(4, 5), F(3, 5) + F(1, 1000)]], SWAP], None),
        ([[[3, 4], [-4, 3]], SWAP], math.log(5) / 2),
    ],
)
def test_near_zeros_are_none(matrices: Any, exact: float | None) -> None:
    found = lyapunov_exponent(matrices, engines=("exact", "determinant"))
    assert found.enclosure != Enclosure(0.0, 0.0)
    if exact is not None:
        assert found.enclosure.contains(exact) or abs(found.enclosure.midpoint - exact) < 1e-15


def test_only_positive_forms_count() -> None:
    """diag(2, 1/2) keeps x y, which is indefinite: its exponent is log 2, not 0."""
    diagonal = fmpq_mat([[fmpq(2), fmpq(0)], [fmpq(0), fmpq(1, 2)]])
    assert kept_factors((diagonal,)) is None
    assert kept_factors((fmpq_mat([[0, 1], [-1, 0]]), diagonal)) is None
    assert kept_factors((fmpq_mat([[1, 1], [0, 1]]),)) is None
    assert kept_factors((fmpq_mat([[0, 0], [0, 0]]),)) == [fmpq(0)]


def test_long_polynomials_are_not_factored() -> None:
    short, long = fmpq_poly([1, 0, 1]), fmpq_poly([fmpq(10**2000), fmpq(0), fmpq(1)])
    assert cyclotomic_part(short) == (True, [])
    assert cyclotomic_part(long) == (False, [long])
    assert cyclotomic_part(fmpq_poly([fmpq(1, 2), fmpq(-3, 2), fmpq(1)]))[0]
    assert not cyclotomic_part(fmpq_poly([-1, 2]))[0]
