"""Whoever follows the advice of a failed assertion passes: a sample of every kind, and a thousand with `exhaustive`."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import stabproof as sp
from stabproof.testing import (
    Refuted,
    Undecided,
    assert_close_to_proved,
    assert_exponent_in,
    assert_positive_definite,
    assert_spectral_radius_below,
    assert_stable,
    assert_unstable,
    strategies,
)


def advised(failure, words):
    """The numbers that the line `to try` gives after these words."""
    line = next(line for line in str(failure).splitlines() if "to try" in line)
    found = re.search(words + r"[\[ ]+([-\d.eE+]+)(?:, ([-\d.eE+]+))?", line)
    return [Fraction(number.rstrip(".")) for number in found.groups() if number]


def radius(known, share):
    try:
        assert_spectral_radius_below(known.matrix, known.spectral_radius * share)
    except AssertionError as failure:
        assert_spectral_radius_below(known.matrix, advised(failure, "a bound above")[0])
        return True
    return False


def definiteness(known, _):
    try:
        assert_positive_definite(known.matrix)
    except Refuted as failure:
        # above what is advised, and so that the sums are floats
        multiple = float(advised(failure, "identity above")[0]) + 2.0**-20
        assert_positive_definite(known.matrix + multiple * np.eye(len(known.matrix)))
        return True
    except Undecided:
        assert min(known.eigenvalues) == 0
    return False


def closeness(known, share):
    bounds, value = known.enclosure, float(known.value) * (1 + float(share) * 2.0**-30) + 2.0**-60
    try:
        assert_close_to_proved(value, bounds, rtol=1e-12)
    except Refuted as failure:
        assert_close_to_proved(value, bounds, rtol=1e-12, atol=advised(failure, "at least")[0])
        return True
    except Undecided:
        assert bounds.width > 0
    return False


def rate(known, share):
    critical = float(known.critical_learning_rate)
    with pytest.raises(Refuted) as failure:
        assert_stable(known.problem, sp.GradientDescent(critical / float(share) * 1.5))
    assert_stable(known.problem, sp.GradientDescent(advised(failure.value, "a learning rate below")[0]))
    with pytest.raises(Refuted) as failure:
        assert_unstable(known.problem, sp.GradientDescent(critical * float(share) / 2))
    assert_unstable(known.problem, sp.GradientDescent(advised(failure.value, "a learning rate above")[0]))
    return True


def exponent(known, share):
    middle = Fraction(float(known.exponent))
    with pytest.raises(Refuted) as failure:
        assert_exponent_in(known.matrices, middle + share / 8, middle + share, known.probabilities)
    low, high = advised(failure.value, "an interval that contains")
    assert_exponent_in(known.matrices, low, high, known.probabilities)
    return True


SHARES = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(3, 4)])
MATRICES = strategies.symmetric_matrices() | strategies.non_normal_matrices()
KINDS = {
    radius: (MATRICES, 350),
    definiteness: (strategies.symmetric_matrices(), 300),
    closeness: (strategies.enclosures(), 250),
    rate: (strategies.polynomial_problems(max_width=1), 60),
    exponent: (strategies.commuting_families(2, 2), 40),
}


def followed(kind, failures):
    """Examples until so many failures were followed, or twenty times as many."""
    done = 0

    @settings(
        deadline=None, max_examples=failures, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(KINDS[kind][0], SHARES)
    def check(known, share):
        nonlocal done
        done += kind(known, share)

    for _ in range(20):
        if done < failures:
            check()
    return done


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_advice_works_when_it_is_followed(kind):
    assert followed(kind, 4) >= 4


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_thousand_pieces_of_advice_work(kind):
    """350 + 300 + 250 + 60 + 40 failures, two for each rate."""
    assert sum(failures for _, failures in KINDS.values()) == 1000
    assert followed(kind, KINDS[kind][1]) >= KINDS[kind][1]
