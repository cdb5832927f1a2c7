"""Entries far from one: scaled by powers of two, and numbers that engines cannot hold."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.prove import prove_exponent
from certify.lyapunov.structure import scaling
from foundation import CertificateError
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.structure import scaling as scaling_search

# the two shears: an independent 20-digit computation
SHEARS = 0.39621256429774456


def shears(first: int, second: int, side: int) -> list[list[list[Fraction]]]:
    """The two shears times 2^first and 2^second, conjugated by diag(1, 2^side)."""
    a, b, c = (Fraction(2) ** n for n in (first, second, side))
    return [[[a, a / c], [Fraction(0), a]], [[b, Fraction(0)], [b * c, b]]]


def balls(family: Family) -> Family:
    """The same matrices as balls of a small radius, relative to the entries."""
    mid = family.matrices.mid
    return matrix_family(Ball(mid, np.abs(mid) * 1e-13), family.probabilities)


@pytest.mark.parametrize(
    ("first", "second", "side"), [(-500, 300, 200), (900, 900, 0), (-900, -800, -120), (0, 3, 450)]
)
@pytest.mark.parametrize("weight", [Fraction(1, 2), Fraction(1, 3)])
def test_scaled_shears(first: int, second: int, side: int, weight: Fraction) -> None:
    plain = lyapunov_exponent(shears(0, 0, 0), [weight, 1 - weight], tolerance=1e-9, budget=60.0)
    if weight == Fraction(1, 2):
        assert plain.enclosure.lower <= SHEARS <= plain.enclosure.upper
    moved = math.log(2) * float(weight * first + (1 - weight) * second)
    family = matrix_family(shears(first, second, side), [weight, 1 - weight])
    for given, width in ((family, 1e-8), (balls(family), 1e-6)):
        found = lyapunov_exponent(given, tolerance=width, budget=60.0)
        assert found.enclosure.lower - 1e-12 <= plain.enclosure.lower + moved
        assert plain.enclosure.upper + moved <= found.enclosure.upper + 1e-12
        assert found.enclosure.width <= width
        assert prove_exponent(given, found.proofs) == found.enclosure


def test_moderate_families_are_left_alone() -> None:
    assert scaling_search.applies(matrix_family(shears(99, -99, 0))) is not None
    assert scaling_search.applies(matrix_family(shears(101, 0, 0))) is None


@pytest.mark.parametrize(
    "change", [{"shifts": [1]}, {"shifts": [0.5, 1]}, {"weights": [10**9, 0]}, {"proofs": [["scaling", {}]]}]
)
def test_damaged_witnesses(change: dict[str, object]) -> None:
    family = matrix_family(shears(-500, 300, 200))
    witness = scaling_search.propose(family, 0, math.inf)
    assert scaling.prove(family, witness).width < 1e-9
    with pytest.raises(CertificateError):
        scaling.prove(family, witness | change)


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e155, 1e300])
def test_engines_that_overflow_are_left_out_without_a_warning(size: float) -> None:
    generator = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = lyapunov_exponent(generator.normal(size=(2, 3, 3)) * size, budget=0.5)
    # |A| lies between the least singular value and three times the greatest entry
    assert abs(found.enclosure.upper - math.log(size)) < 5
