"""Wasserstein distances of small samples by hand, and against SciPy."""

import numpy as np
import pytest
import scipy.stats

from cases.mean_field.wasserstein import wasserstein_distance
from foundation import InputError


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ([0.0], [3.0], 3.0),
        ([0, 1], [1, 0], 0.0),
        ([0, 2], [1], 1.0),
        ([0, 0, 3], [0, 3], 0.5),
        ([1, 2, 3], [4, 6, 5], 3),
    ],
)
def test_distances_by_hand(first, second, distance):
    assert wasserstein_distance(first, second) == pytest.approx(distance, abs=1e-15)


def test_unequal_sizes_agree_with_scipy(rng):
    first, second = rng.normal(size=37), rng.normal(size=52) ** 3
    expected = scipy.stats.wasserstein_distance(first, second)
    assert wasserstein_distance(first, second) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("bad", [[], [np.nan], [[1.0, 2.0]], ["a"]])
def test_bad_samples_are_refused(bad):
    with pytest.raises(InputError):
        wasserstein_distance(bad, [1.0])
