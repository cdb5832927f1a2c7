"""Symmetric squares up to rounding: the two theorems against brute force, known exponents, damaged witnesses."""

import math
from collections.abc import Callable

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov import near_lift
from certify.lyapunov.driver import lyapunov_exponent
from certify.lyapunov.family import Family, family
from certify.lyapunov.line_pieces import LineFunction
from certify.lyapunov.near_lift import distance, lipschitz_constant, modulus
from foundation import CertificateError

Known = Callable[[str], tuple[Family, float]]
ROOT = math.sqrt(2.0)


def squares(members: Family, turn: int | None = None) -> np.ndarray:
    """Sym^2 in the orthonormal basis x^2, sqrt2 xy, y^2 with all the rounding errors of floats; rotated for a seed."""
    rows = []
    for (a, b), (c, d) in members.matrices.mid:
        rows.append([[a * a, ROOT * a * b, b * b], [ROOT * a * c, a * d + b * c, ROOT * b * d], [c * c, ROOT * c * d, d * d]])  # fmt: skip # noqa: E501
    lifted = np.array(rows)
    if turn is None:
        return lifted
    q = np.linalg.qr(np.random.default_rng(turn).normal(size=(3, 3)))[0]
    return q @ lifted @ q.T


@pytest.mark.parametrize(
    ("name", "width"), [("fibonacci", 5e-3), ("shears", 4e-3), ("unstable", 5e-3), ("product", 2e-4)]
)
@pytest.mark.parametrize("turn", [None, 4])
def test_rounded_symmetric_squares_double_the_exponent(known: Known, name: str, width: float, turn: int | None) -> None:
    members, exponent = known(name)
    lifted = family(squares(members, turn))
    assert near_lift.applies(lifted) is None
    found = near_lift.prove(lifted, near_lift.propose(lifted, 0, math.inf))
    assert found.lower < 2 * exponent < found.upper
    assert found.width < width


def test_scales_and_signs_of_the_letters(known: Known) -> None:
    members, exponent = known("unstable")
    lifted = squares(members) * np.array([3.0, -0.5])[:, None, None]
    found = lyapunov_exponent(lifted, tolerance=1e-2, budget=30, engines=("near_lift",)).enclosure
    assert found.lower < 2 * exponent + math.log(1.5) / 2 < found.upper
    assert found.width < 1e-2


def extension(values: np.ndarray, s: np.ndarray) -> float:
    """F by its definition: f (samples at equal angles theta) extended by the Poisson sum."""
    count = len(values)
    theta = 2 * math.pi * np.arange(count) / count
    sigma = complex(s[1], s[2])

    def at(angle: float) -> float:
        return float(np.interp(angle % (2 * math.pi), np.append(theta, 2 * math.pi), np.append(values, values[0])))

    if abs(s[0]) <= abs(sigma):
        shift = math.acos(s[0] / abs(sigma))
        angle = math.atan2(sigma.imag, sigma.real)
        return math.log(2 * abs(sigma)) + at(angle + shift) + at(angle - shift)
    k = sigma / s[0]
    z = k / (1 + math.sqrt(1 - abs(k) ** 2))
    poisson = (1 - abs(z) ** 2) / np.abs(np.exp(1j * theta) - z) ** 2
    return math.log(2 * (abs(s[0]) + math.sqrt(s[0] ** 2 - abs(sigma) ** 2))) + 2 * float((poisson * values).mean())


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_differences_on_symmetric_matrices_stay_within_those_on_vectors(seed: int) -> None:
    generator = np.random.default_rng(seed)
    count = 4096
    theta = 2 * math.pi * np.arange(count) / count
    wave = generator.normal(size=4)
    values = (
        wave[0] * np.cos(theta) + wave[1] * np.sin(theta) + wave[2] * np.cos(2 * theta) + wave[3] * np.sin(3 * theta)
    )
    b = generator.normal(size=(2, 2))
    m = np.array([[float(x) for x in row] for row in near_lift._on_squares(near_lift._exact(b)).tolist()])
    rank_one = np.stack([np.ones(400), np.cos(theta[::10][:400]), np.sin(theta[::10][:400])], axis=1)
    edge = [extension(values, m @ s) - extension(values, s) for s in rank_one]
    for s in generator.normal(size=(40, 3)):
        if abs(abs(s[0]) - math.hypot(s[1], s[2])) < 1e-2 * abs(s[0]):
            continue  # the Poisson sum needs a distance from the circle
        difference = extension(values, m @ s) - extension(values, s)
        assert min(edge) - 0.02 <= difference <= max(edge) + 0.02


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([1e-3, 1e-5, 1e-8]))
def test_the_modulus_of_continuity_bounds_what_perturbations_change(seed: int, size: float) -> None:
    """The harmonic extension of |theta| is known: a kink of slope 1, near which the modulus is attained up to a factor.

    With log((1+z)/(1-z)) = u + iv on the disc, f~ is a series: pi/2 - (4/pi) sum_(odd n) Re z^n / n^2.
    """
    generator = np.random.default_rng(seed)
    odd = np.arange(1, 400_001, 2)

    def f(angle: float) -> float:
        return abs((angle + math.pi) % (2 * math.pi) - math.pi)

    def whole(s: np.ndarray) -> float:
        sigma = complex(s[1], s[2])
        if abs(s[0]) <= abs(sigma):
            shift, angle = math.acos(s[0] / abs(sigma)), math.atan2(sigma.imag, sigma.real)
            return math.log(2 * abs(sigma)) + f(angle + shift) + f(angle - shift)
        k = sigma / s[0]
        root = math.sqrt(max(s[0] ** 2 - abs(sigma) ** 2, 0.0))
        z = k / (1 + root / abs(s[0]))
        series = math.pi / 2 - 4 / math.pi * float(np.real(np.exp(np.log(z) * odd) / odd**2).sum())
        return math.log(2 * (abs(s[0]) + root)) + 2 * series

    angle = generator.choice([0.0, 1e-4, math.pi, generator.uniform(-3, 3)])
    height = generator.choice([1.0, 1.0 + size / 2, 1.0 - size / 2, generator.uniform(0.2, 2.0)])
    s = np.array([height, math.cos(angle), math.sin(angle)])
    step = generator.uniform(-1, 1, 3) / ROOT
    moved = s + 0.999 * size * max(abs(s[0]), 1.0) * step
    bound = float(modulus(np.array([size]), 1.0)[0])
    assert abs(whole(moved) - whole(s)) <= bound + 1e-7
    assert bound < 60 * math.sqrt(size)


def test_a_kink_uses_a_good_part_of_the_modulus() -> None:
    # the first term alone: from |s0| = |sigma| to |s0| = (1 + e)|sigma| the logarithm grows by about sqrt(2 e)
    for size in (1e-4, 1e-8):
        change = math.log(1 + size + math.sqrt((1 + size) ** 2 - 1))
        assert change <= float(modulus(np.array([size]), 0.0)[0]) < 3 * change
    # f = |theta| at the kink, indefinite side: both roots move by about sqrt(2 e)
    for size in (1e-4, 1e-8):
        change = 2 * math.acos(1 / (1 + size))
        assert change <= float(modulus(np.array([size]), 1.0)[0]) < 30 * change


def test_lipschitz_constants() -> None:
    nodes, values = np.array([0.0, 0.5, 1.0]), np.array([0.0, 3.0, 1.0])
    constant = lipschitz_constant(LineFunction(nodes, values))
    phi = np.linspace(0, math.pi, 200_001)[:-1]
    size = np.abs(np.cos(phi)) + np.abs(np.sin(phi))
    t = np.where(phi <= math.pi / 2, np.sin(phi) / size, 1 + np.abs(np.cos(phi)) / size)
    f = np.interp(t, np.append(nodes, 2.0), np.append(values, values[0])) + np.log(size)
    steepest = float(np.abs(np.diff(f)).max() / (2 * (phi[1] - phi[0])))
    assert steepest <= constant * (1 + 1e-6)
    assert constant < 2 * steepest


def test_distances_are_those_of_exact_arithmetic() -> None:
    b = near_lift._exact(np.array([[2.0, 1.0], [0.0, 1.0]]))
    m = near_lift._on_squares(b)
    one = flint.fmpq_mat([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert distance(m, one, b) == distance(-m, one, b) == 0.0
    bent = m + flint.fmpq_mat([[flint.fmpq(1, 1024), 0, 0], [0, 0, 0], [0, 0, 0]])
    # |M(B)^-1| <= the row sums of M(B^-1): S = diag(x, y) -> ..., by hand below
    back = near_lift._on_squares(b.inv())
    rows = [sum(abs(float(x)) for x in row) for row in back.tolist()]
    expected = max(rows[0], rows[1] + rows[2]) / 1024
    assert expected <= distance(bent, one, b) <= expected * (1 + 1e-12)
    assert distance(m, flint.fmpq_mat([[0] * 3] * 3), b) == math.inf
    generator = np.random.default_rng(0)
    for _ in range(20):
        v = generator.normal(size=2)
        s = np.outer(v, v)
        x = np.array([[float(e) for e in row] for row in m.tolist()])
        image = x @ [(s[0, 0] + s[1, 1]) / 2, (s[0, 0] - s[1, 1]) / 2, s[0, 1]]
        w = np.array([[2.0, 1.0], [0.0, 1.0]]) @ v
        assert np.allclose(image, [(w @ w) / 2, (w[0] ** 2 - w[1] ** 2) / 2, w[0] * w[1]])


def test_what_is_no_symmetric_square_is_left_alone(known: Known) -> None:
    generator = np.random.default_rng(3)
    assert "cone" in str(near_lift.applies(family(generator.normal(size=(2, 3, 3)))))
    assert "dimension 3" in str(near_lift.applies(known("cone")[0]))
    assert "exact" in str(near_lift.applies(family(Ball(squares(known("cone")[0]), np.full((2, 3, 3), 1e-9)))))
    assert "singular" in str(near_lift.applies(family(squares(known("singular")[0]))))


def test_a_witness_is_not_believed(known: Known) -> None:
    members, exponent = known("product")
    lifted = family(squares(members))
    good = near_lift.propose(lifted, 0, math.inf)
    bent = good["factors"].copy()
    bent[0, 0, 0] += 1e-5
    wide = near_lift.prove(lifted, good | {"factors": bent})
    assert wide.contains(2 * exponent)
    assert wide.width > 1e-2
    assert near_lift.prove(lifted, good | {"factors": 2 * good["factors"]}).width == math.inf
    assert near_lift.prove(lifted, good | {"basis": np.zeros((3, 3))}).width == math.inf
    assert near_lift.prove(lifted, good | {"values": np.zeros_like(good["values"])}).contains(2 * exponent)
    for damage in ({"basis": np.eye(2)}, {"factors": bent[:1]}, {"nodes": good["nodes"][1:]}, {"exponent": math.nan}):
        with pytest.raises(CertificateError):
            near_lift.prove(lifted, good | damage)


def test_multiples_of_the_identity_are_exact() -> None:
    # B = 2 I: S -> 4 S, whatever the basis, and f = 0 solves the equation
    flat = {"nodes": np.array([0.0, 1.0]), "values": np.zeros(2), "exponent": 0.0}
    witness = flat | {"basis": np.array([[2.0, 1, 0], [0, 1, 0], [1, 0, 3]]), "factors": 2 * np.eye(2)[None]}
    found = near_lift.prove(family([4 * np.eye(3)]), witness)
    assert found.contains(math.log(4))
    assert found.width < 1e-12
