"""Regions of attraction against exact ones, and forged certificates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import sympy

import stabproof as sp
from certify.certificate import issue

x, y = sympy.symbols("x y", real=True)


@pytest.mark.parametrize("edge", [sympy.Rational(3, 4), 1, 2])
def test_the_exact_region_of_a_cubic_field(edge):
    """x' = -x + x^3 / a^2, y' = -2 y, V = x^2 + y^2: V' < 0 on the disc of radius a, and not beyond."""
    found = sp.certify_lyapunov_function(x**2 + y**2, [-x + x**3 / edge**2, -2 * y], ([0, 0], 3), variables=[x, y])
    assert found.verdict is sp.Verdict.PROVED
    level = found.number("level").lower
    assert 0.98 * edge**2 < level < edge**2
    assert float(edge**2) in found.number("largest_level")
    assert "strict" in {claim.name for claim in found.claims}


def test_van_der_pol_backwards():
    """The largest level of a quadratic function, against the least value of V on V' = 0 in polar coordinates."""
    angles = np.linspace(0, 2 * np.pi, 400_001)
    c, s = np.cos(angles), np.sin(angles)
    # V' = -r^2 + b r^4 and V = v r^2 along a ray: V' = 0 at r^2 = 1 / b
    b, v = (2 * s - c) * c**2 * s, 1.5 * c**2 - c * s + s**2
    least = (v[b > 0] / b[b > 0]).min()
    found = sp.certify_lyapunov_function(
        sympy.Rational(3, 2) * x**2 - x * y + y**2, [-y, x + (x**2 - 1) * y], ([0, 0], 3), variables=[x, y]
    )
    assert found.number("largest_level").lower <= least <= found.number("largest_level").upper * (1 + 1e-6)
    assert found.number("level").lower > 0.98 * least


def pendulum(state, module=jnp):
    return module.stack([state[1], module.sin(state[0]) - 7 * state[0] - 2 * state[1]])


def fitted(units, dimension, metric, seed):
    """A network of tanh units whose last layer is fitted to a quadratic function: no zero, no extremum at 0."""
    rng = np.random.default_rng(seed)
    weights, bias = 0.8 * rng.standard_normal((units, dimension)), rng.uniform(-1, 1, units)
    points = rng.uniform(-1, 1, (4000, dimension))
    features = np.hstack([np.tanh(points @ weights.T + bias), np.ones((4000, 1))])
    targets = np.einsum("ni,ij,nj->n", points, metric, points)
    last = np.linalg.lstsq(features, targets, rcond=1e-8)[0]
    return lambda state, tanh=jnp.tanh: tanh(weights @ state + bias) @ last[:-1] + last[-1]


def test_neural_functions_prove_regions_that_trajectories_confirm():
    slope = np.asarray(jax.jacfwd(pendulum)(jnp.zeros(2)))
    network = fitted(24, 2, scipy.linalg.solve_continuous_lyapunov(slope.T, -np.eye(2)), 0)
    found = sp.certify_lyapunov_function(network, pendulum, ([0, 0], 1))
    assert found.verdict is sp.Verdict.PROVED
    assert "strict" not in {claim.name for claim in found.claims}  # its gradient does not vanish at 0
    level, rng = found.number("level").lower, np.random.default_rng(3)
    starts = [p for p in rng.uniform(-1, 1, (200, 2)) if np.linalg.norm(p) <= 1 and network(p, np.tanh) <= level]
    assert len(starts) > 20
    for start in starts[:20]:
        path = scipy.integrate.solve_ivp(lambda t, s: pendulum(s, np), (0, 30), start, rtol=1e-8)
        assert np.abs(path.y[:, -1]).max() < 1e-3


def test_unstable_equilibria_have_none():
    found = sp.certify_lyapunov_function(x**2 + y**2, [x, -y], ([0, 0], 1), variables=[x, y])
    assert found.verdict is sp.Verdict.REFUTED


def test_a_marginal_equilibrium_is_undecided():
    found = sp.certify_lyapunov_function(x**2 + y**2, [y, -x], ([0, 0], 1), variables=[x, y])
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.reason
    assert found.next_step


def test_a_function_that_rises_is_undecided():
    found = sp.certify_lyapunov_function(-(x**2) - y**2, [-x, -y], ([0, 0], 1), variables=[x, y])
    assert found.verdict is sp.Verdict.UNDECIDED


def test_bad_input():
    for V, ball, told in (
        (x**2, ([0], 0), "radius"),
        (x**2, [0, 0, 1], "centre, radius"),
        (x + y, ([0], 1), "variables"),
    ):
        with pytest.raises(sp.InputError, match=told):
            sp.certify_lyapunov_function(V, [-x], ball)
    with pytest.raises(sp.InputError, match="no equilibrium"):
        sp.certify_lyapunov_function(x**2, [1 + x**2], ([0], 1))


def test_forged_witnesses_prove_nothing():
    found = sp.certify_lyapunov_function(x**2 + y**2, [-x + x**3, -y], ([0, 0], 2), variables=[x, y])
    with pytest.raises(sp.CertificateError, match="does not pass"):
        issue(found.kind, found.problem, {**found.witness, "level": 1.01})
    # a ball of radius 1/2 does not hold the sublevel set: it reaches the sphere
    with pytest.raises(sp.CertificateError, match="does not pass"):
        issue(found.kind, {**found.problem, "radius": 0.5}, {**found.witness, "level": 0.9})
    for name, value in (("core", np.full(2, 0.99)), ("reach", np.full(2, 1.5)), ("metric", -np.eye(2))):
        assert issue(found.kind, found.problem, {**found.witness, name: value}).verdict is sp.Verdict.UNDECIDED
    moved = {**found.problem, "function": _moved(found)}
    with pytest.raises(sp.CertificateError):
        issue(found.kind, moved, found.witness)
    with pytest.raises(sp.CertificateError, match="obstacle"):
        issue(found.kind, found.problem, {**found.witness, "obstacle": np.array([0.5, 0.5])})


def _moved(found):
    """V with its minimum elsewhere: no strict Lyapunov function, though the conditions on the sublevel set may hold."""
    other = sp.certify_lyapunov_function((x - 0.001) ** 2 + y**2, [-x + x**3, -y], ([0, 0], 2), variables=[x, y])
    assert "strict" not in {claim.name for claim in other.claims}
    return other.problem["function"]
