"""Blurred images on the circle: against sampling, against families that move their images, against brute force."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from certify.lyapunov.directions import projective_line
from certify.lyapunov.directions.line_pieces import LineFunction
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.structure.smoothed_test_function import Blur, _Cost, _tables, _windowed, blurred_bounds
from search.lyapunov.directions import projective_line as projective_line_search
from search.lyapunov.directions.line_collocation import solve_adaptively

Known = Callable[[str], tuple[Family, float]]
NONE = Blur(0.0, (), ())


def solved(family: Family, cells: int) -> tuple[LineFunction, float]:
    found = solve_adaptively(family.matrices.mid, family.probabilities.mid, cells, math.inf)
    return LineFunction(found.nodes, found.values), found.exponent


def turned(family: Family, angles: list[float], probabilities: list[float]) -> Family:
    """Every letter followed by a rotation by one of the angles (of phi)."""
    letters, weights = [], []
    for matrix, p in zip(family.matrices.mid, family.probabilities.mid, strict=True):
        for angle, q in zip(angles, probabilities, strict=True):
            c, s = math.cos(angle), math.sin(angle)
            letters.append(np.array([[c, -s], [s, c]]) @ matrix)
            weights.append(p * q)
    return matrix_family(np.array(letters), weights)


def exponent(family: Family) -> tuple[float, float]:
    found = projective_line.prove(family, projective_line_search.propose(family, 0, math.inf))
    return found.lower, found.upper


@pytest.mark.parametrize("name", ["fibonacci", "collinear"])
def test_without_blur_the_bounds_are_those_of_the_projective_line(known: Known, name: str) -> None:
    family, _ = known(name)
    function, offset = solved(family, 1000)
    below, above = blurred_bounds(family, function, offset, NONE, 300)
    witness = {"nodes": function.nodes, "values": function.values, "exponent": offset, "rounds": 300}
    plain = projective_line.prove(family, witness)
    # the norm of the plane is another one: log(|v|_1/|v|_2) is part of phi, and costs nothing
    assert offset + below == pytest.approx(plain.lower, abs=1e-9)
    assert offset + above == pytest.approx(plain.upper, abs=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_exponents_of_families_that_move_their_images(known: Known, sign: float) -> None:
    """Images turned by phi = R/2, all of them: the exponent moves, and must stay inside."""
    family, plain = known("fibonacci")
    function, offset = solved(family, 256)
    radius = 2e-3
    below, above = blurred_bounds(family, function, offset, Blur(radius, (), ()), 300)
    low, high = exponent(turned(family, [sign * radius / 2], [1.0]))
    assert offset + below <= low
    assert high <= offset + above
    assert above - below < 0.5
    assert high - low < 1e-2
    assert offset + below < plain < offset + above


def test_exponents_of_families_that_turn_some_of_their_images(known: Known) -> None:
    """A quarter of the images turned far: nothing near the bounds for the rest holds, but the price does."""
    family, _ = known("shears")
    function, offset = solved(family, 600)
    blur = Blur(1e-5, (0.2, 1.6), (0.125, 0.125))
    below, above = blurred_bounds(family, function, offset, blur, 300)
    low, high = exponent(turned(family, [0.0, 0.1, -0.8], [0.75, 0.125, 0.125]))
    assert offset + below <= low
    assert high <= offset + above
    unpriced = blurred_bounds(family, function, offset, Blur(1e-5, (), ()), 300)
    assert high < offset + unpriced[0] - 1e-3 or low > offset + unpriced[1] + 1e-3


def test_bounds_hold_point_by_point() -> None:
    """No averaging (h = 0): the supremum over v of E[log|Bv|_2 + Psi(Bv)] - phi(v), by sampling, and not much more."""
    generator = np.random.default_rng(5)
    family = matrix_family(generator.normal(size=(2, 2, 2)))
    nodes = np.linspace(0, 2, 41)[:-1]
    function = LineFunction(nodes, generator.normal(size=len(nodes)))
    blur = Blur(4e-3, (0.1, 1.0), (0.2, 0.1))
    above = blurred_bounds(family, function, 0.0, blur, 0)[1]
    count = 40_000
    phi = math.pi * np.arange(count) / count
    size = np.abs(np.cos(phi)) + np.abs(np.sin(phi))
    t = np.where(phi <= math.pi / 2, np.sin(phi) / size, 1 + np.abs(np.cos(phi)) / size)
    values = np.interp(t, np.append(nodes, 2.0), np.append(function.values, function.values[0])) + np.log(size)

    def extreme(radius: float) -> tuple[np.ndarray, np.ndarray]:
        reach = int(radius / 2 / math.pi * count)
        shifts = np.arange(-reach, reach + 1, max(reach // 40, 1))
        stacked = np.stack([np.roll(values, shift) for shift in shifts])
        return stacked.max(axis=0), stacked.min(axis=0)

    psi = extreme(blur.radius)[0]
    for radius, weight in zip(blur.radii, blur.weights, strict=True):
        high, low = extreme(radius)
        psi = psi + weight * (high - low)
    total = -values
    for matrix, p in zip(family.matrices.mid, family.probabilities.mid, strict=True):
        image = matrix @ np.stack([np.cos(phi), np.sin(phi)])
        place = np.round(np.mod(np.arctan2(image[1], image[0]), math.pi) / math.pi * count).astype(int) % count
        total = total + p * (np.log(np.hypot(*image)) + psi[place])
    assert total.max() <= above + 1e-2
    assert above < total.max() + 1.0


def test_windows_hold_the_extremes_of_their_cells() -> None:
    generator = np.random.default_rng(1)
    nodes = np.unique(np.concatenate([[0.0, 1.0], generator.uniform(0, 2, 60)]))
    values = generator.normal(size=len(nodes))
    function = LineFunction(nodes, np.zeros(len(nodes)))
    for radius, weight in ((0.05, 1.0), (0.9, 0.5), (3.1416, 0.25)):
        priced = _Cost(function, Blur(0.0, (radius,), (weight,))).priced(values)
        for cell, (start, end) in enumerate(zip(nodes, function.ends, strict=True)):
            points = np.mod(np.linspace(start - radius / 2, end + radius / 2, 3000), 2.0)
            seen = values[np.searchsorted(nodes, points, side="right") - 1]
            assert priced[cell] >= values[cell] + weight * (seen.max() - seen.min()) * (1 - 1e-12)
        assert (priced <= values + weight * np.ptp(values) * (1 + 1e-12)).all()


def test_sliding_maxima() -> None:
    values = np.random.default_rng(2).normal(size=37)
    tables = _tables(values)
    for length in (1, 2, 5, 36, 37):
        first = np.arange(37)
        found = _windowed(tables, first, np.full(37, length))
        assert found.tolist() == [max(np.roll(values, -j)[:length]) for j in first]


def test_too_wide_blurs_prove_nothing(known: Known) -> None:
    family, _ = known("fibonacci")
    function, offset = solved(family, 600)
    assert blurred_bounds(family, function, offset, Blur(1.0, (), ()), 10) == (-math.inf, math.inf)
