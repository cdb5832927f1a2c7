"""Symmetric squares up to rounding: the two theorems against brute force, known exponents, damaged witnesses."""

import math
from collections.abc import Callable

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter1d

from certify.arithmetic import Ball
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.structure import perturbed_symmetric_square as near_lift
from certify.lyapunov.structure.perturbed_symmetric_square import distance
from foundation import CertificateError
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.structure import perturbed_symmetric_square as near_lift_search

Known = Callable[[str], tuple[Family, float]]
ROOT = math.sqrt(2.0)


def squares(family: Family, turn: int | None = None) -> np.ndarray:
    """Sym^2 in the orthonormal basis x^2, sqrt2 xy, y^2 with all the rounding errors of floats; rotated for a seed."""
    rows = []
    for (a, b), (c, d) in family.matrices.mid:
        rows.append([[a * a, ROOT * a * b, b * b], [ROOT * a * c, a * d + b * c, ROOT * b * d], [c * c, ROOT * c * d, d * d]])  # fmt: skip # noqa: E501
    lifted = np.array(rows)
    if turn is None:
        return lifted
    q = np.linalg.qr(np.random.default_rng(turn).normal(size=(3, 3)))[0]
    return q @ lifted @ q.T


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("fibonacci", 2e-3),
        ("shears", 1e-3),
        ("unstable", 2e-3),
        ("product", 2e-4),
        ("collinear", 4e-3),
        ("nearly critical", 5e-3),
    ],
)
@pytest.mark.parametrize("turn", [None, 4])
def test_rounded_symmetric_squares_double_the_exponent(known: Known, name: str, width: float, turn: int | None) -> None:
    family, exponent = known(name)
    lifted = matrix_family(squares(family, turn))
    assert near_lift_search.applies(lifted) is None
    found = near_lift.prove(lifted, near_lift_search.propose(lifted, 0, math.inf))
    assert found.lower < 2 * exponent < found.upper
    assert found.width < width


def test_scales_and_signs_of_the_letters(known: Known) -> None:
    family, exponent = known("unstable")
    lifted = squares(family) * np.array([3.0, -0.5])[:, None, None]
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
    m = np.array([[float(x) for x in row] for row in near_lift.on_squares(near_lift.exact_floats(b)).tolist()])
    rank_one = np.stack([np.ones(400), np.cos(theta[::10][:400]), np.sin(theta[::10][:400])], axis=1)
    edge = [extension(values, m @ s) - extension(values, s) for s in rank_one]
    for s in generator.normal(size=(40, 3)):
        if abs(abs(s[0]) - math.hypot(s[1], s[2])) < 1e-2 * abs(s[0]):
            continue  # the Poisson sum needs a distance from the circle
        difference = extension(values, m @ s) - extension(values, s)
        assert min(edge) - 0.02 <= difference <= max(edge) + 0.02


def measure(s: np.ndarray, count: int) -> np.ndarray:
    """The weights of m_S on `count` equal arcs around the angles 2 pi j/count."""
    angles, width = 2 * math.pi * np.arange(count) / count, 2 * math.pi / count
    sigma = complex(s[1], s[2])
    if abs(s[0]) <= abs(sigma):
        shift, angle = math.acos(s[0] / abs(sigma)), math.atan2(sigma.imag, sigma.real)
        weights = np.zeros(count)
        for point in (angle + shift, angle - shift):
            weights[round(point / width) % count] += 0.5
        return weights
    k = sigma / s[0]
    y = math.sqrt((1 - abs(k)) / (1 + abs(k)))
    ends = (angles - np.angle(k) - width / 2 + math.pi) % (2 * math.pi) - math.pi
    # the distribution function of the Poisson measure: arctan(tan(theta/2)/y)/pi
    below = np.arctan(np.tan(ends / 2) / y) / math.pi
    return (np.roll(below, -1) - below) % 1.0


def sliding(values: np.ndarray, radius: float) -> np.ndarray:
    """Suprema over the neighbourhoods of the given radius of a function on equal arcs."""
    reach = 2 * int(min(radius, math.pi) * len(values) / (2 * math.pi)) + 1
    return np.asarray(maximum_filter1d(values, reach, mode="wrap"))


def blurred(values: np.ndarray, size: float, base: float) -> np.ndarray:
    found = near_lift.blur(size, base)
    total = sliding(values, found.radius)
    for radius, weight in zip(found.radii, found.weights, strict=True):
        total = total + weight * (sliding(values, radius) + sliding(-values, radius))
    return np.asarray(total)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([1e-3, 1e-4]), st.sampled_from([4.0, 36.0]))
def test_a_perturbation_blurs_the_measure(seed: int, size: float, base: float) -> None:
    """Theorem 2 for discontinuous f, near and far from the cone, by summation over 2^16 arcs."""
    generator = np.random.default_rng(seed)
    count = 1 << 16
    cuts = np.sort(generator.integers(0, count, 9))
    values = np.repeat(generator.normal(size=10), np.diff(np.concatenate([[0], cuts, [count]])))
    values = np.roll(values, generator.integers(count))
    angle = generator.uniform(-3, 3)
    height = generator.choice([1.0, 1.0 + size / 2, 1.0 - size / 2, 1 + 3 * size, generator.uniform(0.2, 20.0)])
    s = np.array([height, math.cos(angle), math.sin(angle)])
    step = generator.uniform(-1, 1, 3) / np.array([1.0, ROOT, ROOT])
    moved = s + 0.999 * size * max(height, 1.0) * step
    left, right = measure(moved, count) @ values, measure(s, count) @ blurred(values, size, base)
    assert left <= right + 1e-9


def test_far_shifts_use_a_good_part_of_their_weights() -> None:
    # from rank one to the definite matrix next to it: how much mass leaves the arc of radius rho?
    size, count = 1e-6, 1 << 16
    rank_one, inside = np.array([1.0, 1.0, 0.0]), np.array([1 + size, 1 - size, 0.0])
    for rho in (0.1, 1.0):
        far = (np.abs((2 * math.pi * np.arange(count) / count + math.pi) % (2 * math.pi) - math.pi) > rho) * 1.0
        leaving, allowed = measure(inside, count) @ far, measure(rank_one, count) @ blurred(far, size, 8.0)
        assert 0 < leaving <= allowed < 20 * leaving


def test_the_radius_uses_a_good_part_of_its_length() -> None:
    # both roots of an indefinite matrix near rank one move by about sqrt(2 e)
    for size in (1e-4, 1e-8):
        change = math.acos(1 / (1 + size))
        assert change <= 2.17 * math.sqrt(size) <= near_lift.blur(size, 4.0).radius < 6 * change


def test_the_first_term_is_nearly_attained() -> None:
    # from |s0| = |sigma| to |s0| = (1 + e)|sigma| the logarithm grows by about sqrt(2 e)
    for size in (1e-4, 1e-8):
        change = math.log(1 + size + math.sqrt((1 + size) ** 2 - 1))
        assert change <= near_lift.first_term(size) < 2 * change


def test_the_bounds_of_the_plane_are_doubled_and_widened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_lift, "blurred_bounds", lambda *_: (-0.25, 0.5))
    flat = {"nodes": np.array([0.0, 1.0]), "values": np.zeros(2), "exponent": 1.0, "blur": 10.0, "rounds": 5}
    witness = flat | {"basis": np.eye(3), "factors": 2 * np.eye(2)[None]}
    found = near_lift.prove(matrix_family([4 * np.eye(3) * (1 + 2.0**-20)]), witness)
    # |E| and |M(B)^-1| are over-estimated by factors of 2: |sigma| <= |s1| + |s2|
    slack = near_lift.first_term(4 * 2.0**-20)
    assert found.lower == pytest.approx(1.5 - slack, abs=1e-9)
    assert found.upper == pytest.approx(3.0 + slack, abs=1e-9)


def test_refinement_finds_the_squares_up_to_rounding(known: Known) -> None:
    family, _ = known("collinear")
    lifted = matrix_family(squares(family, 4))
    basis = near_lift_search.cone_basis(lifted.matrices.mid)
    assert basis is not None
    factors = np.array([near_lift_search._square_root(np.linalg.solve(basis, a @ basis)) for a in lifted.matrices.mid])
    before = near_lift.square_distances(lifted, basis, factors).max()
    after = near_lift.square_distances(lifted, *near_lift_search.refined(lifted.matrices.mid, basis, factors)).max()
    assert after < 1e-12 < before


def test_distances_are_those_of_exact_arithmetic() -> None:
    b = near_lift.exact_floats(np.array([[2.0, 1.0], [0.0, 1.0]]))
    m = near_lift.on_squares(b)
    one = flint.fmpq_mat([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert distance(m, one, b) == distance(-m, one, b) == 0.0
    bent = m + flint.fmpq_mat([[flint.fmpq(1, 1024), 0, 0], [0, 0, 0], [0, 0, 0]])
    # |M(B)^-1| <= the row sums of M(B^-1): S = diag(x, y) -> ..., by hand below
    back = near_lift.on_squares(b.inv())
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
    assert "cone" in str(near_lift_search.applies(matrix_family(generator.normal(size=(2, 3, 3)))))
    assert "dimension 3" in str(near_lift_search.applies(known("cone")[0]))
    assert "exact" in str(
        near_lift_search.applies(matrix_family(Ball(squares(known("cone")[0]), np.full((2, 3, 3), 1e-9))))
    )
    assert "singular" in str(near_lift_search.applies(matrix_family(squares(known("singular")[0]))))


def test_a_witness_is_not_believed(known: Known) -> None:
    family, exponent = known("product")
    lifted = matrix_family(squares(family))
    good = near_lift_search.propose(lifted, 0, math.inf)
    bent = good["factors"].copy()
    bent[0, 0, 0] += 1e-5
    wide = near_lift.prove(lifted, good | {"factors": bent})
    assert wide.contains(2 * exponent)
    assert wide.width > 1e-2
    assert near_lift.prove(lifted, good | {"factors": 2 * good["factors"]}).width == math.inf
    assert near_lift.prove(lifted, good | {"basis": np.zeros((3, 3))}).width == math.inf
    assert near_lift.prove(lifted, good | {"values": np.zeros_like(good["values"])}).contains(2 * exponent)
    for damage in (
        {"basis": np.eye(2)},
        {"factors": bent[:1]},
        {"nodes": good["nodes"][1:]},
        {"exponent": math.nan},
        {"blur": 0.5},
    ):
        with pytest.raises(CertificateError):
            near_lift.prove(lifted, good | damage)


def test_multiples_of_the_identity_are_exact() -> None:
    # B = 2 I: S -> 4 S, whatever the basis, and f = 0 solves the equation
    flat = {"nodes": np.array([0.0, 1.0]), "values": np.zeros(2), "exponent": 0.0, "blur": 10.0, "rounds": 5}
    witness = flat | {"basis": np.array([[2.0, 1, 0], [0, 1, 0], [1, 0, 3]]), "factors": 2 * np.eye(2)[None]}
    found = near_lift.prove(matrix_family([4 * np.eye(3)]), witness)
    assert found.contains(math.log(4))
    assert found.width < 1e-12
