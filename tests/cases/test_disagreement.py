"""The picture of where gradient descent and SGD disagree: estimates against closed forms, marks that are proved."""

from fractions import Fraction

import numpy as np

from cases import features
from cases.common.disagreement import exponents_on_grid
from cases.product_features import case as product_features


def test_exponents_on_a_grid_against_closed_forms() -> None:
    rates = np.array([0.25, 0.5, 1.2])
    # orthogonal gradients: the greatest of (1/2) log|1 - eta K_ii|
    grams = np.array([np.diag([1.0, 2.0])] * 3)
    exact = [max(np.log(np.abs(1 - rate * np.array([1.0, 2.0])) + 1e-300)) / 2 for rate in rates]
    assert np.abs(exponents_on_grid(grams, rates) - exact).max() < 0.03


def test_the_region_of_equal_gradient_lengths_follows_the_exact_borders() -> None:
    plot = product_features._disagreement()
    image = plot.series[0]
    s, eta = np.meshgrid(image.x, image.y)
    descent, stochastic = eta * np.maximum(s, 1) < 2, eta * (s + 1) < 2
    codes = np.where(descent, np.where(stochastic, 0, 1), np.where(stochastic, 2, 3))
    assert np.mean(image.upper == codes) > 0.97
    marks = {series.label: series for series in plot.series if series.proved}
    for label, sign in (("SGD proved stable", -1), ("SGD proved unstable", 1)):
        found = marks[label]
        assert len(found.x) >= 6
        assert np.all(sign * (found.y * (found.x + 1) - 2) > 0)


def test_only_two_inputs_have_a_plane() -> None:
    values = {"inputs": (Fraction(1), Fraction(2), Fraction(3)), "powers": (0, 1, 2)}
    assert features.disagreement(values) == ()
    assert features.disagreement(values | {"inputs": (Fraction(0), Fraction(2))}) == ()
