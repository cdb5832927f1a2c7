"""certify_equilibrium modulo linear symmetries exp(t S): circles, rotating waves and eigenvectors known exactly."""

from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.certificate import from_bytes, to_bytes
from certify.equilibrium.identities import commutes, is_across_orbits
from certify.program import trace

STABLE, UNSTABLE = sp.Verdict.STABLE, sp.Verdict.UNSTABLE
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
PLANES = np.kron(TURN, np.eye(2))  # both (x_1, y_1) and (x_2, y_2) of (x_1, x_2, y_1, y_2)
SKEW = [[Fraction(0), Fraction(-1)], [Fraction(1), Fraction(0)]]


def stuart_landau(z):
    return z - (z @ z) * z


def spinning(z):
    return stuart_landau(z) + 3.0 * jnp.stack([-z[1], z[0]])


def pair(coupling):
    """Two Stuart-Landau oscillators z_k' = z_k - |z_k|^2 z_k + K (z_j - z_k) in (x_1, x_2, y_1, y_2)."""

    def field(v):
        x, y = v[:2], v[2:]
        size = x * x + y * y
        return jnp.concatenate([x - size * x + coupling * (x[::-1] - x), y - size * y + coupling * (y[::-1] - y)])

    return field


def status(certificate):
    return {h.name: h.status.name for h in certificate.hypotheses}


def assert_spectrum(certificate, exact):
    """Each disc holds exactly one of the exact eigenvalues (separated ones)."""
    discs = certificate.eigenvalues
    assert discs.dimension == len(exact)
    for value in exact:
        assert sum(abs(complex(value) - c) <= r + 1e-15 for c, r in zip(discs.centers, discs.radii, strict=True)) == 1
    assert discs.radii.max() < 1e-11


@pytest.fixture(scope="module")
def ring():
    return sp.certify_equilibrium(stuart_landau, [0.6, 0.81], symmetry=TURN)


def test_a_circle_of_equilibria(ring):
    """z' = z - |z|^2 z: every point with |z| = 1 rests, and only the radial direction remains, 1 - 3 = -2."""
    assert ring.verdict is STABLE
    assert ring.directions == (1, 0, 0)
    assert_spectrum(ring, [-2])
    assert ring.number("velocity_1") == sp.Enclosure(0.0, 0.0)
    assert abs(mpmath.norm([mpmath.mpf(float(p)) for p in ring.point]) - 1) <= ring.radius < 1e-14
    assert status(ring) == dict.fromkeys(("smooth", "symmetry", "unmoved", "hyperbolic"), "PROVED")
    assert "An exact equilibrium" in ring.claims[0].statement
    assert "group" in ring.theorem


def test_a_rotating_wave():
    """z' = (1 + 3 i) z - |z|^2 z: the circle turns with velocity 3; across it -2."""
    wave = sp.certify_equilibrium(spinning, [-0.7, 0.7], symmetry=TURN)
    assert wave.verdict is STABLE
    assert_spectrum(wave, [-2])
    assert wave.number("velocity_1").contains(3)
    assert wave.number("velocity_1").width < 1e-13
    assert "relative" in wave.claims[0].statement
    assert "unmoved" not in status(wave)


def test_an_unstable_circle_in_sympy():
    x, y = sympy.symbols("x y")
    square = x**2 + y**2
    circle = sp.certify_equilibrium(
        [x * (square - sympy.Rational(1, 3)), y * (square - sympy.Rational(1, 3))],
        [0.5, 0.29],
        symmetry=sympy.Matrix([[0, -1], [1, 0]]),
    )
    assert circle.verdict is UNSTABLE
    assert_spectrum(circle, [sympy.Rational(2, 3)])
    assert circle.number("velocity_1") == sp.Enclosure(0.0, 0.0)


def test_two_oscillators_in_phase_and_in_antiphase():
    """In phase r = 1: amplitudes -2 and -2 - 2 K, phase difference -2 K; in antiphase r^2 = 1 - 2 K: amplitudes
    -2 r^2 and -2 r^2 + 2 K, phase difference 2 K. K = 1/8."""
    same = sp.certify_equilibrium(pair(0.125), [0.6, 0.61, 0.8, 0.79], symmetry=PLANES)
    assert same.verdict is STABLE
    assert_spectrum(same, [-2, -2.25, -0.25])
    opposite = sp.certify_equilibrium(pair(0.125), [0.5, -0.5, 0.7, -0.7], symmetry=PLANES)
    assert opposite.verdict is UNSTABLE
    assert opposite.directions == (2, 1, 0)
    assert_spectrum(opposite, [-1.5, -1.25, 0.25])
    for certificate in (same, opposite):
        assert certificate.number("velocity_1") == sp.Enclosure(0.0, 0.0)


def test_a_torus_of_two_rotations():
    """Uncoupled oscillators of amplitudes 1 and 1/2, frequencies 3 and -1: two velocities, across -2 and -1/2."""
    quarter = 0.25

    def field(v):
        z, w = v[:2], v[2:]
        turned = jnp.array([-v[1] * 3, v[0] * 3, v[3], -v[2]])
        return jnp.concatenate([z - (z @ z) * z, quarter * w - (w @ w) * w]) + turned

    first, second = np.zeros((4, 4)), np.zeros((4, 4))
    first[:2, :2], second[2:, 2:] = TURN, TURN
    torus = sp.certify_equilibrium(field, [0.6, 0.8, 0.3, -0.41], symmetry=[first, second])
    assert torus.verdict is STABLE
    assert_spectrum(torus, [-2, -0.5])
    assert torus.number("velocity_1").contains(3)
    assert torus.number("velocity_2").contains(-1)


def test_eigenvectors_are_equilibria_modulo_scaling():
    """x' = A x modulo x -> exp(t) x: eigenvectors, velocity lambda, spectrum lambda_j - lambda; a map: quotients."""
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 4.0, 0.5], [0.0, 0.5, 7.0]])
    values, vectors = mpmath.eigsy(mpmath.matrix(matrix.tolist()))
    for k, verdict in ((0, UNSTABLE), (2, STABLE)):
        start = np.array([float(vectors[i, k]) for i in range(3)]) * 2
        others = [values[j] for j in range(3) if j != k]
        flow = sp.certify_equilibrium(lambda x: jnp.array(matrix) @ x, start, symmetry=np.eye(3))
        assert flow.verdict is verdict
        assert_spectrum(flow, [other - values[k] for other in others])
        assert flow.number("velocity_1").contains(Fraction(mpmath.nstr(values[k], 25)))
        iterated = sp.certify_equilibrium(lambda x: jnp.array(matrix) @ x, start, kind="map", symmetry=np.eye(3))
        assert iterated.verdict is verdict
        assert_spectrum(iterated, [other / values[k] for other in others])
        assert iterated.number("velocity_1").contains(Fraction(mpmath.nstr(mpmath.log(values[k]), 25)))


def test_weights_near_simple_rationals_are_meant():
    """x' = y^3, y' = y under x -> e^t x, y -> e^(t/3) y, the third a float: u = x/y^3 has u' = 1 - 3 u, velocity 3."""
    scaled = sp.certify_equilibrium(lambda v: jnp.stack([v[1] ** 3, v[1]]), [1 / 3, 1.0], symmetry=np.diag([1, 1 / 3]))
    assert scaled.verdict is STABLE
    assert status(scaled)["symmetry"] == "PROVED"
    assert_spectrum(scaled, [-3])
    assert scaled.number("velocity_1").contains(3)


def test_maps_on_circles():
    """An Euler step of 1/8 rests with multiplier 1 - 2/8; z -> e^(i phi) a z / (1/2 + |z|^2) turns by phi, |z|^2 =
    a - 1/2, multiplier 1 - 2 |z|^2 / a with a e^(i phi) = 3/4 + i."""
    step = sp.certify_equilibrium(lambda z: z + stuart_landau(z) / 8, [0.6, 0.8], kind="map", symmetry=TURN)
    assert step.verdict is STABLE
    assert_spectrum(step, [0.75])
    assert step.number("velocity_1") == sp.Enclosure(0.0, 0.0)
    turning = jnp.array([[0.75, -1.0], [1.0, 0.75]])
    turned = sp.certify_equilibrium(lambda z: turning @ z / (0.5 + z @ z), [0.6, 0.61], kind="map", symmetry=TURN)
    assert turned.verdict is STABLE
    assert_spectrum(turned, [1 - 2 * 0.75 / 1.25])
    angle = mpmath.atan2(1, mpmath.mpf("0.75"))
    assert turned.number("velocity_1").contains(Fraction(mpmath.nstr(angle, 25)))
    assert turned.number("velocity_1").width < 1e-13


def test_a_field_that_is_not_analytic_leaves_the_symmetry_assumed():
    """x (relu(2 - |x|^2) - 1): smooth on the circle, but its program has a kink elsewhere."""
    bent = sp.certify_equilibrium(lambda z: z * (jax.nn.relu(2 - z @ z) - 1), [0.6, 0.8], symmetry=TURN)
    assert bent.verdict is STABLE
    assert status(bent)["symmetry"] == "ASSUMED"
    assert_spectrum(bent, [-2])


def _stepped(v):
    radial = 1 - v[0] * v[0] - v[1] * v[1]
    return jnp.stack([radial * v[0], radial * v[1], jnp.floor(v[0]) - v[2]])


@pytest.mark.parametrize(
    ("function", "commuting", "across"),
    [
        (stuart_landau, True, True),
        (spinning, True, False),
        (lambda z: z * jnp.tanh(1 - z @ z), True, True),
        (lambda z: z * jnp.log(z @ z) + jnp.stack([-z[1], z[0]]), True, False),
        (lambda z: z * (1 - z @ z) + 2.0**-60 * jnp.stack([z[0], 0 * z[0]]), False, False),
        (lambda z: jnp.sin(z), None, False),
        (lambda z: z * jnp.abs(z @ z - 1), None, True),
    ],
)
def test_identities(function, commuting, across):
    program = trace(function, np.array([0.6, 0.8]))
    assert commutes(program, [SKEW]) == [commuting]
    assert is_across_orbits(program, SKEW) is across


def test_a_jump_is_no_symmetry():
    """The derivative of floor(x_1) is 0 wherever it exists; turning x_1 still changes it."""
    third = [[*row, Fraction(0)] for row in SKEW] + [[Fraction(0)] * 3]
    assert commutes(trace(_stepped, np.array([0.6, 0.8, 0.5])), [third]) == [None]


SPIN = np.zeros((3, 3, 3))
for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
    SPIN[i][j, k], SPIN[i][k, j] = -1, 1

BAD = {
    "not equivariant": ({"field": lambda z: z - z**3, "x": [0.95, 1.05]}, "does not commute"),
    "in the last digit": ({"field": lambda z: stuart_landau(z) * jnp.array([1, 1 + 2.0**-52])}, "does not commute"),
    "transcendental": ({"field": lambda z: jnp.tanh(z) - z / 2, "x": [1.915, 1.915]}, "at least"),
    "not commuting": ({"field": lambda z: z * (1 - z @ z), "x": [0.6, 0.8, 0], "symmetry": SPIN[:2]}, "commut"),
    "fixed by the group": ({"x": [0.0, 0.0]}, "independent directions"),
    "the same twice": (
        {"field": lambda z: z * (1 - z @ z), "x": [0.6, 0.8, 0], "symmetry": SPIN[[0, 0]]},
        "independent",
    ),
    "too many": ({"symmetry": [TURN, np.eye(2)]}, "leave no coordinate"),
    "other shape": ({"symmetry": np.zeros((2, 3, 3))}, "several"),
    "not finite": ({"symmetry": [[0, -np.inf], [1, 0]]}, "finite"),
    "huge": ({"symmetry": [[0, -(10**400)], [10**400, 0]]}, "range"),
    "far": ({"x": [3.0, 4.0]}, "symmetry taken into account"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    changes, message = BAD[name]
    arguments = {"field": stuart_landau, "x": [0.6, 0.8], "symmetry": TURN, **changes}
    with pytest.raises(sp.InputError, match=message):
        sp.certify_equilibrium(**arguments)


def forged(certificate, **problem):
    return from_bytes(to_bytes(replace(certificate, problem={**certificate.problem, **problem})))


def test_forgeries_are_caught(ring):
    zero, one = Fraction(0), Fraction(1)
    radial = ring.problem["base"].reshape(2, 1)
    for changes in (
        {"generators": [[[zero, -one], [one, one]]]},
        {"generators": [[[one, zero], [zero, one]]]},
        {"generators": [[[zero, zero], [zero, zero]]]},
        {"generators": []},
        {"generators": [[[zero, -one]]]},
        {"generators": [[[0, -1], [1, 0]]]},
        {"generators": ring.problem["generators"] * 2},
        {"generators": [[[zero, Fraction(-(10**400))], [Fraction(10**400), zero]]]},
        {"across": np.array([[-radial[1, 0]], [radial[0, 0]]])},
        {"across": np.full((2, 1), np.nan)},
        {"across": np.zeros((2, 1))},
        {"across": np.zeros((2, 2))},
        {"base": np.zeros(2)},
        {"base": np.array([np.inf, 0])},
        {"restriction": "none"},
        {"restriction": "symmetry"},
        {"kind": "map"},
    ):
        with pytest.raises(sp.CertificateError):
            sp.check(forged(ring, **changes))
    assert sp.check(forged(ring)).verdict is STABLE


def test_a_wave_cannot_be_called_at_rest(ring):
    """The claims of the resting circle, and its proof that nothing moves, are refused for the rotating wave."""
    wave = sp.certify_equilibrium(spinning, [-0.7, 0.7], symmetry=TURN)
    still = tuple(replace(c, enclosure=sp.Enclosure(0.0, 0.0)) if c.name == "velocity_1" else c for c in wave.claims)
    for outcome in (
        replace(wave.outcome, claims=still),
        replace(wave.outcome, claims=(ring.claims[0], *wave.claims[1:])),
        replace(wave.outcome, hypotheses=ring.hypotheses),
    ):
        with pytest.raises(sp.CertificateError):
            sp.check(from_bytes(to_bytes(replace(wave, outcome=outcome))))
