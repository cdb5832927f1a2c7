"""The plane of learning rate and batch size: borders known in closed form, proved parts on the right side of them."""

from fractions import Fraction as F

import numpy as np

from cases.common.sgd_views import SGDInstance
from cases.minibatch.figures import batch_exponents, plane_plot


def test_exponents_of_orthogonal_gradients() -> None:
    # B = 1: max (1/2) log |1 - eta K_ii|; B = 2 = N: max log |1 - eta K_ii / 2|
    rates, diagonal = np.array([0.3, 0.6, 1.3]), np.array([1.0, 2.0])
    for batch in (1, 2):
        exact = np.log(np.abs(1 - rates[:, None] * diagonal / batch)).max(axis=1) * batch / 2
        assert np.abs(batch_exponents(np.diag(diagonal), rates, batch) - exact).max() < 0.03


def test_borders_of_orthogonal_gradients_of_equal_length() -> None:
    """K = I, N = 2: SGD (B = 1) is stable iff eta < 2, gradient descent iff eta / 2 < 2."""
    plot = plane_plot(SGDInstance(((F(1), F(0)), (F(0), F(1))), F(1), 1))
    image = plot.series[0]
    eta, height = np.meshgrid(image.x, image.y)
    expected = np.where(eta >= 4, 3, np.where((height < 1.5) & (eta >= 2), 1, 0))
    assert np.mean(image.upper == expected) > 0.97
    bars = {series.label: series for series in plot.series if series.kind == "segments"}
    critical = {1.0: 2.0, 2.0: 4.0}
    stable, unstable = bars["SGD proved stable (range)"], bars["SGD proved unstable (range)"]
    assert {*stable.y} == {*unstable.y} == {1.0, 2.0}
    for y, end in zip(stable.y, stable.upper[:, 0], strict=True):
        assert 0.99 * critical[y] < end <= critical[y]
    for y, start in zip(unstable.y, unstable.x, strict=True):
        assert critical[y] <= start < 1.01 * critical[y]
