"""Lifts: recognised exactly, bounded by their factors, never taken for granted."""

import math
from fractions import Fraction

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.prove import prove_one
from certify.lyapunov.structure import lift
from certify.lyapunov.structure.lift import _sum
from foundation import CertificateError
from foundation.computing_time import computing_time
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.structure import lift as lift_search

FIBONACCI = [[[0, 1], [1, 1]], [[0, 1], [1, -1]]]
SHEARS = [[[1, 1], [0, 1]], [[1, 0], [1, 1]]]
# Viswanath 2000; the second number is an independent computation
EXPONENTS = {"fibonacci": (FIBONACCI, 0.12397559880), "shears": (SHEARS, 0.39621256430)}


def square(matrix, middle=1):
    """Sym^2 on (x^2, s xy, y^2) with s^2 = middle^2."""
    (a, b), (c, d) = [[Fraction(x) for x in row] for row in matrix]
    s = Fraction(middle)
    rows = [[a * a, 2 * a * b, b * b], [a * c, a * d + b * c, b * d], [c * c, 2 * c * d, d * d]]
    weights = (1, s, 1)
    return [[weights[i] * rows[i][j] / weights[j] for j in range(3)] for i in range(3)]


def kronecker(left, right):
    return [[left[i // 2][j // 2] * right[i % 2][j % 2] for j in range(4)] for i in range(4)]


def enclosure(matrices, effort=0):
    family = matrix_family(matrices)
    assert lift.admits(family) is None
    return lift.prove(family, lift_search.propose(family, effort, computing_time() + 20.0))


@pytest.mark.parametrize("middle", [1, 2, Fraction(1, 3)])
@pytest.mark.parametrize("name", EXPONENTS)
def test_symmetric_squares_double_the_exponent(name, middle):
    matrices, known = EXPONENTS[name]
    found = enclosure([square(m, middle) for m in matrices])
    assert found.lower - 1e-9 <= 2 * known <= found.upper + 1e-9
    assert found.width < 2e-3


def test_kronecker_products_add_the_exponents():
    found = enclosure([kronecker(a, b) for a, b in zip(FIBONACCI, SHEARS, strict=True)])
    known = EXPONENTS["fibonacci"][1] + EXPONENTS["shears"][1]
    assert found.lower - 1e-9 <= known <= found.upper + 1e-9
    assert found.width < 2e-3


def test_scales_are_taken_off():
    """Each letter of the lift multiplied by 5: the exponent grows by log 5."""
    plain = enclosure([square(m) for m in SHEARS])
    scaled = enclosure([[[5 * x for x in row] for row in square(m)] for m in SHEARS])
    assert abs(scaled.midpoint - plain.midpoint - math.log(5)) < 1e-6


def test_square_roots_without_a_corner():
    """Letters whose square has zero corners: b or c alone decides."""
    matrices = [[[0, 2], [3, 0]], [[0, Fraction(1, 2)], [5, 0]]]
    family = matrix_family([square(m) for m in matrices])
    found = lift.find_lift(family)
    assert found is not None
    # exchange matrices: the product of two is diagonal, lambda = E log sqrt|bc| over pairs
    exact = lyapunov_exponent(matrix_family(matrices), tolerance=1e-6, budget=5).enclosure
    result = enclosure([square(m) for m in matrices], 1)
    assert result.lower <= 2 * exact.upper
    assert 2 * exact.lower <= result.upper


def test_what_is_no_lift():
    rng = np.random.default_rng(0)
    assert lift.admits(matrix_family(rng.integers(-3, 4, (2, 3, 3)).astype(float)))
    assert lift.admits(matrix_family(rng.integers(-3, 4, (2, 4, 4)).astype(float)))
    almost = [square(m) for m in SHEARS]
    almost[0][1][1] += Fraction(1, 10**12)
    assert lift.admits(matrix_family(almost))
    assert lift.admits(matrix_family([square(SHEARS[0], 1), square(SHEARS[1], 2)]))
    assert lift.admits(matrix_family(FIBONACCI))
    assert lift.admits(matrix_family(Ball(np.array([square(m) for m in SHEARS], float), np.full((2, 3, 3), 1e-9))))


def test_the_verification_rests_on_the_product_itself():
    """M = -Sym^2(B) has the pattern of a square but a negative scale."""
    assert lift.find_lift(matrix_family([[[-x for x in row] for row in square(m)] for m in SHEARS])) is None


def test_a_damaged_witness_is_refused():
    family = matrix_family([square(m) for m in SHEARS])
    for witness in ({}, {"factors": []}, {"factors": "x"}, {"factors": [[["cone", {}]]]}):
        with pytest.raises(CertificateError):
            prove_one(family, "lift", witness)
    assert prove_one(family, "lift", {"factors": [[]]}) == Enclosure(-math.inf, math.inf)


def test_outward_sums():
    assert _sum([1.0, -math.inf], -math.inf) == -math.inf
    assert _sum([1.0, math.inf], math.inf) == math.inf
    assert _sum([-math.inf, 1.0], math.inf) == -math.inf
    exact = Fraction(0.1) + Fraction(0.2)
    assert Fraction(_sum([0.1, 0.2], -math.inf)) <= exact <= Fraction(_sum([0.1, 0.2], math.inf))
