"""Points of several terms: deep networks against 60-digit evaluations, and witnesses that somebody made up."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.minimum import exact_minimum, prove_minimum
from certify.minimum.extended import Extended
from certify.minimum.statement import MinimumStatement
from certify.program import trace
from foundation import CertificateError
from search.minimum.extended import extensions

DEPTH, WIDTH, INPUTS = 20, 6, 2
SIZES = [(INPUTS, WIDTH), *[(WIDTH, WIDTH)] * (DEPTH - 1), (WIDTH, 1)]


def unpacked(theta):
    start = 0
    for rows, columns in SIZES:
        yield theta[start : start + rows * columns].reshape(rows, columns)
        start += rows * columns


def network(theta, x):
    *inner, last = unpacked(theta)
    for weights in inner:
        x = jnp.tanh(x @ weights)
    return x @ last


@pytest.fixture(scope="module")
def deep():
    """A tanh network of depth 20 whose targets are its outputs rounded to floats."""
    rng = np.random.default_rng(3)
    theta = np.concatenate([1.6 * rng.normal(size=s).reshape(-1) / np.sqrt(s[0]) for s in SIZES])
    inputs = rng.normal(size=(3, INPUTS))
    with jax.enable_x64(True):
        predict = trace(network, theta, inputs[0])
        targets = np.stack([np.asarray(network(theta, x)) for x in inputs])
    problem = {"predict": predict, "params": theta, "inputs": inputs, "targets": targets}
    problem |= {"optimizer": {"name": "gradient-descent", "learning_rate": 1e-3}}
    rows = np.array([[float(v) for v in row] for row in exact_rows(theta, inputs).tolist()])
    return problem, {"point": theta, "inverse_gram": np.linalg.inv(rows @ rows.T)}, rows


@pytest.fixture(scope="module")
def found(deep):
    return list(extensions(*deep))


def read(problem, witness, stored):
    return Extended.from_tree(MinimumStatement.from_tree(problem).at(witness["point"]), stored)


def summed(witness, part):
    """x + t_1 + t_2 in 60 digits."""
    terms = zip(witness["point"], *part["extended"]["terms"], strict=True)
    return np.array([mpmath.fsum(map(mpmath.mpf, entries)) for entries in terms])


def exact_rows(theta, inputs):
    """The Jacobian of the network by the chain rule in 60 digits: an independent computation."""
    rows = []
    with mpmath.workdps(60):
        layers = [mpmath.matrix(w.tolist()) for w in unpacked(np.asarray(theta, object))]
        for x in inputs:
            values = [mpmath.matrix([list(map(mpmath.mpf, x))])]
            for weights in layers[:-1]:
                values.append((values[-1] * weights).apply(mpmath.tanh))
            back, parts = mpmath.matrix([[1]]), []
            for value, weights in zip(reversed(values), reversed(layers), strict=True):
                parts.append([a * b for a in value for b in back])
                back = back * weights.T
                back = mpmath.matrix([[b * (1 - v * v) for b, v in zip(back, value, strict=True)]])
            rows.append([entry for part in reversed(parts) for entry in part])
        return mpmath.matrix(rows)


def test_depth_is_proved_where_floats_lose_all_digits(deep, found):
    problem, witness, _ = deep
    assert "not proved" in str(prove_minimum(problem, witness).reason) or exact_minimum(problem, witness)[1] is None
    outcome = prove_minimum(problem, witness | found[1])
    assert outcome.verdict.name in ("STABLE", "UNSTABLE")
    assert outcome.claim("existence_radius").enclosure.upper < 1e-10
    enclosure = outcome.claim("sharpness").enclosure
    assert enclosure.upper - enclosure.lower < 1e-12 * enclosure.upper
    with mpmath.workdps(60):
        rows = exact_rows(summed(witness, found[1]), problem["inputs"])
        largest = max(mpmath.eigsy(rows * rows.T, eigvals_only=True)) / len(problem["inputs"])
        # the exact minimum lies within 1e-30 of that point
        assert mpmath.mpf(enclosure.lower) <= largest <= mpmath.mpf(enclosure.upper)
    first = next(h for h in outcome.hypotheses if h.name == "H1")
    assert "residual and Jacobian in Arb balls (192 bits)" in first.reason


def test_the_cheapest_comes_first(found):
    bits = [part["extended"]["bits"] for part in found]
    assert bits == sorted(bits)
    assert not found[0]["extended"]["jacobian_in_arb"]
    assert found[-1]["extended"]["jacobian_in_arb"]


def test_the_residual_is_that_of_the_sum(deep, found):
    """In 60 digits, at x + t_1 + t_2: inside the enclosure, and far below what a float point leaves."""
    problem, witness, _ = deep
    stored = found[1]["extended"]
    residual = read(problem, witness, stored).residual()
    assert np.abs(residual.mid).max() < 1e-25
    with mpmath.workdps(60):
        at = summed(witness, found[1])
        for x, y, low, high in zip(problem["inputs"], problem["targets"], residual.lower, residual.upper, strict=True):
            row = mpmath.matrix([list(map(mpmath.mpf, x))])
            *inner, last = (mpmath.matrix(w.tolist()) for w in unpacked(at))
            for weights in inner:
                row = (row * weights).apply(mpmath.tanh)
            assert mpmath.mpf(low) <= (row * last)[0] - mpmath.mpf(y[0]) <= mpmath.mpf(high)


def test_beyond_the_cube_the_jacobian_is_enclosed_anew(deep, found):
    """At a point outside of the cube, in 60 digits; within the cube the enclosure is narrow."""
    problem, witness, _ = deep
    extended = read(problem, witness, found[1]["extended"])
    assert extended.jacobian(Ball(np.zeros(extended.point.size), np.zeros(extended.point.size))).rad.max() < 1e-12
    aside = np.zeros(extended.point.size)
    aside[0] = 1e-9
    with mpmath.workdps(60):
        exact = exact_rows(summed(witness, found[1]) + aside, problem["inputs"])
        over = extended.jacobian(Ball.exact(aside))
        assert all(
            mpmath.mpf(low) <= x <= mpmath.mpf(high)
            for x, low, high in zip(exact, over.lower.reshape(-1), over.upper.reshape(-1), strict=True)
        )


def test_made_up_terms_prove_nothing(deep, found):
    problem, witness, _ = deep
    stored = found[1]["extended"]
    far = stored | {"terms": stored["terms"] + 1e-3}
    assert exact_minimum(problem, witness | {"extended": far})[1] is None


@pytest.mark.parametrize(
    "change",
    [
        {"terms": np.zeros((2, 5))},
        {"terms": np.full((1, sum(a * b for a, b in SIZES)), np.nan)},
        {"terms": np.zeros((9, sum(a * b for a, b in SIZES)))},
        {"bits": 10**9},
        {"bits": True},
        {"reach": 0.0},
        {"reach": float("inf")},
        {"merge": 1},
    ],
)
def test_malformed_parts_are_refused(deep, found, change):
    problem, witness, _ = deep
    with pytest.raises(CertificateError, match="extended"):
        prove_minimum(problem, witness | {"extended": found[1]["extended"] | change})


def test_the_distance_counts_the_terms(deep, found):
    """From the float point to the exact minimum it is at least the length of the terms."""
    problem, witness, _ = deep
    _, minimum = exact_minimum(problem, witness | found[1])
    length = float(np.linalg.norm(found[1]["extended"]["terms"].sum(axis=0)))
    assert length <= minimum.distance <= length * (1 + 1e-9)
    assert isinstance(minimum.box, Ball)
    assert (np.abs(minimum.box.mid - witness["point"]) <= minimum.distance).all()


def test_what_is_smooth_on_the_cube_may_be_rough_at_a_zero_outside_of_it():
    """theta_1 = 1 + 1e-30 is off the kink at 1 by less than any float tells; the slice reaches beyond the cube."""
    start = np.array([0.5, 1.0])
    with jax.enable_x64(True):
        predict = trace(lambda t, x: t[0] * x + 1e-3 * jnp.maximum(t[1] - 1.0, 0.0), start, np.array(1.0))
    problem = {"predict": predict, "params": start, "inputs": np.ones(1), "targets": np.array([[0.5]])}
    problem |= {"optimizer": {"name": "gradient-descent", "learning_rate": 1e-3}}
    part = {"terms": np.array([[0.0, 1e-30]]), "bits": 256, "reach": 1e-29, "jacobian_in_arb": True, "merge": False}
    witness = {"point": start, "inverse_gram": np.ones((1, 1))}
    for reach, smooth in ((9e-31, True), (1e-40, False)):
        polished, minimum = exact_minimum(problem, witness | {"extended": part | {"reach": reach}})
        assert bool(minimum.roughness(polished)) is not smooth
