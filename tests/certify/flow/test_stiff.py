"""Stiff fields by polynomials and logarithmic norms: containment, width, numbers of steps, forged witnesses."""

import dataclasses
from fractions import Fraction

import flint
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import stabproof as sp
from certify.flow.block_norms import comparison_matrix, norms
from certify.flow.polynomial_step import Around, Comparison, Proposal, advanced, entering
from foundation import CertificateError, InputError


def robertson(y):
    slow, fast = 0.04 * y[0] - 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    return jnp.stack([-slow, slow - fast, fast])


@pytest.fixture(scope="module")
def reaction():
    return sp.flow(robertson, [1.0, 0.0, 0.0], 100, derivative=False)


def test_robertsons_reaction(reaction):
    """Against an independent implicit scheme; the total is conserved; the rates are thousands a second."""
    assert reaction.verdict.name == "PROVED"
    assert len(reaction.times) < 200

    def rates(_, y):
        slow, fast = 0.04 * y[0] - 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
        return [-slow, slow - fast, fast]

    found = solve_ivp(rates, (0, 100), [1.0, 0.0, 0.0], method="Radau", rtol=1e-9, atol=1e-15).y[:, -1]
    middle = (reaction.lower + reaction.upper) / 2
    assert np.allclose(middle, found, rtol=1e-7)
    assert (reaction.upper - reaction.lower < 1e-10 * middle).all()
    assert reaction.lower.sum() <= 1 <= reaction.upper.sum()
    with pytest.raises(InputError, match="derivative"):
        _ = reaction.derivative


def test_the_certificate_is_repeated(reaction, tmp_path):
    reaction.save(tmp_path / "a.json")
    checked = sp.check(tmp_path / "a.json")
    assert checked.verdict.name == "PROVED"
    assert checked.number("coordinate_2").contains((reaction.lower[1] + reaction.upper[1]) / 2)
    assert "logarithmic norms" in checked.theorem


def forced(rate):
    return lambda t, x: -rate * (x - jnp.cos(t))


@pytest.mark.parametrize("rate", [1e3, 1e6])
def test_a_forced_relaxation_in_closed_form(rate):
    """x' = -r (x - cos t) from (0, 0): x = (r^2 cos t + r sin t - r^2 e^(-r t)) / (1 + r^2)."""
    found = sp.flow(forced(rate), [0.0], 3, start_time=0, derivative=False)
    with mpmath.workdps(40):
        r, t = mpmath.mpf(rate), mpmath.mpf(3)
        exact = (r**2 * mpmath.cos(t) + r * mpmath.sin(t) - r**2 * mpmath.exp(-r * t)) / (1 + r**2)
        assert found.lower[0] <= exact <= found.upper[0]
    assert found.upper[0] - found.lower[0] < 1e-10
    assert len(found.times) < 300


@pytest.mark.parametrize("unit", [1e-15, 1.0, 1e12])
def test_linear_systems_with_a_rotation_in_any_unit(unit):
    """A slow rotation that drives a fast coordinate, z' = -r (z - x), in closed form."""
    rate = 1e5
    matrix = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [rate, 0.0, -rate]])
    found = sp.flow(lambda x: jnp.asarray(matrix) @ x, unit * np.array([1.0, 0.0, 0.0]), 5, derivative=False)
    with mpmath.workdps(40):
        r, t = mpmath.mpf(rate), mpmath.mpf(5)
        z = (r**2 * mpmath.cos(t) + r * mpmath.sin(t) - r**2 * mpmath.exp(-r * t)) / (1 + r**2)
        exact = [mpmath.mpf(unit) * v for v in (mpmath.cos(t), -mpmath.sin(t), z)]
        for low, high, value in zip(found.lower, found.upper, exact, strict=True):
            assert low <= value <= high
    assert (found.upper - found.lower).max() < 1e-10 * unit
    assert len(found.times) < 300


def test_forged_witnesses_prove_nothing(reaction):
    """A polynomial moved away, rooms that are too small, a step that is too long; malformed arrays are refused."""
    from certify.flow import prove_time_map

    problem, witness = reaction.statement.as_tree(), reaction.found.witness
    few = {name: value[:3] for name, value in witness.items() if name not in ("precision",)} | {"precision": 128}
    problem = problem | {"time": sum(few["steps"], Fraction(0))}
    assert prove_time_map(problem, few).verdict.name == "PROVED"
    moved = few["chebyshev"].copy()
    moved[1, 0, 0] += 1e-6
    for forged in (
        few | {"chebyshev": moved},
        few | {"rooms": few["rooms"] * 1e-6},
        few | {"steps": [few["steps"][0] * 2, *few["steps"][1:]]},
        few | {"frames": few["frames"] * 0},
    ):
        assert prove_time_map(problem, forged).verdict.name == "UNDECIDED"
    for malformed in (
        few | {"rooms": few["rooms"][:, :2]},
        few | {"pairs": few["rooms"]},
        few | {"chebyshev": few["chebyshev"] * np.nan},
        few | {"steps": few["steps"][:2]},
    ):
        with pytest.raises(CertificateError):
            prove_time_map(problem, malformed)


def test_norms_of_blocks_bound_those_of_lapack():
    generator = np.random.default_rng(0)
    blocks = [[0, 1], [2], [3, 4]]
    for _ in range(20):
        matrix = generator.standard_normal((5, 5))
        ball = flint.arb_mat(5, 5, matrix.ravel().tolist())
        found = np.array([float(x) for x in comparison_matrix(ball, blocks).entries()]).reshape(3, 3)
        sizes = np.array([float(x) for x in norms(ball, blocks, blocks).entries()]).reshape(3, 3)
        for i, left in enumerate(blocks):
            for j, right in enumerate(blocks):
                block = matrix[np.ix_(left, right)]
                true = np.linalg.norm(block, 2)
                assert true * (1 - 1e-12) <= sizes[i, j] <= true * (1 + 1e-6)
                if i == j:
                    true = np.linalg.eigvalsh((block + block.T) / 2).max()
                    assert found[i, j] == pytest.approx(true, rel=1e-9, abs=1e-12)
                else:
                    assert found[i, j] == pytest.approx(true, rel=1e-6)


def test_dataclasses_hold_what_is_proved(reaction):
    """Where the passage stops early nothing is claimed of the end."""
    stopped = dataclasses.replace(reaction.found, reason="the time budget is spent")
    assert dataclasses.replace(reaction, found=stopped).verdict.name == "UNDECIDED"


def test_what_enters_a_step():
    """States 1 +- 1/2 and a polynomial that is 5/4: the distance is up to 3/4, and smaller rooms prove nothing."""
    states = Around.of_box([flint.arb(1, 0.5)])
    wide = Proposal(np.array([[1.25, 0.0]]), np.eye(1), [[0]], np.array([1.0]))
    (first,) = entering(states, wide)
    assert 0.75 <= float(first) <= 0.75 + 1e-9
    decay = Comparison(flint.arb_mat(1, 1, [-1]), [flint.arb(0)], [flint.arb(1, 2)])
    after = advanced(states, wide, decay)
    assert 0.75 * np.exp(-2) <= float(after.sizes[0]) <= 0.7501 * np.exp(-2)
    narrow = Proposal(wide.chebyshev, wide.frame, wide.blocks, np.array([0.7]))
    assert advanced(states, narrow, decay) is None
