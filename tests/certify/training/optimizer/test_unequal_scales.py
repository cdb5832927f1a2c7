"""Coordinates that are scaled differently: accumulators of a trained optimiser, rates of their own for groups.

The spectra are NumPy's, of the whole matrix of (parameters, momentum) written down by hand.
"""

from functools import cache

import jax.numpy as jnp
import numpy as np
import optax
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import issue
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.scalars import Recipes
from certify.training.optimizer.weights import balanced
from foundation import CertificateError

ROWS = np.array([[1.0, 0.5, -0.25], [0.0, 1.5, 0.75]])
INTERPOLATING = ROWS.T @ ROWS / 2
STRICT = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 1.5]])
SUMS = np.array([0.3, 1.0, 5.0])
NAMES = {"a": slice(0, 1), "b": slice(1, 3)}


def tree(values):
    return {name: np.array(values[part]) for name, part in NAMES.items()}


@cache
def problem(kind):
    if kind == "strict":
        return sp.Loss(lambda t: 0.5 * jnp.concatenate([t["a"], t["b"]]) @ STRICT @ jnp.concatenate([t["a"], t["b"]]),
                       tree(np.zeros(3)))  # fmt: skip
    return sp.Regression(lambda t, x: x @ jnp.concatenate([t["a"], t["b"]]), tree(np.zeros(3)), ROWS, np.zeros(2))


def radius(hessian, gains, momentum, damping, nesterov=False):
    """Of m' = momentum m + damping g, theta' = theta - gains (m', or momentum m' + damping g), on the range of the
    gains times the Hessian."""
    n, scaled = len(gains), gains[:, None] * hessian
    m = np.concatenate([damping * hessian, momentum * np.eye(n)], axis=1)
    moved = momentum * m + np.concatenate([damping * hessian, np.zeros((n, n))], axis=1) if nesterov else m
    theta = np.concatenate([np.eye(n), np.zeros((n, n))], axis=1) - gains[:, None] * moved
    sizes = np.sort(np.abs(np.linalg.eigvals(np.concatenate([theta, m]))))
    flat = n - np.linalg.matrix_rank(scaled, tol=1e-10)
    # along the minima the eigenvalue is one
    return sizes[-1] if sizes[-1] > 1 + 1e-9 else sizes[len(sizes) - 1 - flat]


def with_sums(optimizer, place, **fields):
    state = optimizer.init(tree(np.zeros(3)))
    changed = state[place]._replace(**{name: tree(value) for name, value in fields.items()})
    return (*state[:place], changed, *state[place + 1 :])


def adagrad(rate):
    optimizer = optax.adagrad(rate, 0.25)
    return optimizer, with_sums(optimizer, 0, sum_of_squares=SUMS), (rate / np.sqrt(SUMS + 1e-7), 0.0, 1.0)


def adagrad_with_momentum(rate):
    """Momentum of scaled gradients: the memory, too, has another unit in every coordinate."""
    optimizer = optax.chain(optax.scale_by_rss(0.25), optax.trace(0.75), optax.scale(-rate))
    return optimizer, with_sums(optimizer, 0, sum_of_squares=SUMS), (rate / np.sqrt(SUMS + 1e-7), 0.75, 1.0)


def amsgrad(rate):
    optimizer = optax.amsgrad(rate, eps=0.125)
    state = with_sums(optimizer, 0, nu_max=SUMS)
    return optimizer, state, (rate / (np.sqrt(SUMS) + 0.125), 0.9, 0.1)


def groups(rate):
    rates = {"a": rate, "b": rate / 3}
    optimizer = optax.multi_transform({k: optax.sgd(r, 0.75) for k, r in rates.items()}, {"a": "a", "b": "b"})
    return optimizer, None, (np.array([rate, rate / 3, rate / 3]), 0.75, 1.0)


@pytest.mark.parametrize(("make", "kind"), [(adagrad, "strict"), (adagrad_with_momentum, "interpolating"),
                                            (amsgrad, "interpolating"), (groups, "strict")])  # fmt: skip
def test_verdicts_on_both_sides_of_the_threshold(make, kind):
    hessian = STRICT if kind == "strict" else INTERPOLATING
    low, high = 0.0, 1e3
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if radius(hessian, *make(middle)[2]) < 1 else (low, middle)
    assert 1e-3 < low < 900
    for factor, verdict in ((1 - 1e-6, sp.Verdict.STABLE), (1 + 1e-6, sp.Verdict.UNSTABLE)):
        optimizer, state, (gains, _, damping) = make(low * factor)
        certificate = sp.certify_minimum(problem(kind), optimizer, state=state)
        assert certificate.verdict is verdict
        assert "scaled differently" in next(h.reason for h in certificate.hypotheses if h.name == "differentiable")
        sharpness = certificate.number("preconditioned_sharpness")
        roots = np.sqrt(damping * gains)
        assert sharpness.width < 1e-9 * sharpness.upper
        assert sharpness.contains(np.linalg.eigvalsh(roots[:, None] * hessian * roots).max())
        critical = certificate.number("critical_preconditioned_sharpness")
        assert critical.width < 1e-9 * critical.upper
        assert (sharpness.upper < critical.lower) is (verdict is sp.Verdict.STABLE)


@pytest.mark.parametrize(("alias", "nesterov"), [(optax.adam, False), (optax.nadam, True)])
def test_second_moments_held_where_training_left_them(alias, nesterov):
    """At rest they decay and eps rules; held at unequal values, NumPy's spectral radius crosses one at the proved
    threshold. NAdam looks at the next correction of its momentum: 0.9 m' + 0.1 g."""
    optimizer = alias(0.5, eps=0.25)
    certificate = sp.certify_minimum(problem("interpolating"), optimizer, state=with_sums(optimizer, 0, nu=SUMS))
    gains = 0.5 / (np.sqrt(0.999 * SUMS) + 0.25)
    sharpness = certificate.number("preconditioned_sharpness")
    critical = certificate.number("critical_preconditioned_sharpness")
    for factor, inside in ((1 - 1e-6, True), (1 + 1e-6, False)):
        scale = critical.midpoint / sharpness.midpoint * factor
        assert bool(radius(INTERPOLATING, gains * scale, 0.9, 0.1, nesterov) < 1) is inside


def test_certificates_are_proved_again_from_files(tmp_path):
    optimizer, state, _ = adagrad(0.1)
    certificate = sp.certify_minimum(problem("strict"), optimizer, state=state)
    certificate.save(tmp_path / "c.json")
    found = sp.check(tmp_path / "c.json")
    assert found.verdict is sp.Verdict.STABLE
    assert found.number("critical_preconditioned_sharpness").lower > 1.99


def test_steps_that_permute_coordinates_get_no_verdict():
    """theta' = theta - e (g_2, g_3, g_1): of another spectral radius than descent at the same curvatures."""
    swapped = optax.GradientTransformation(
        lambda params: optax.EmptyState(),
        lambda g, s, params=None: ({"a": -0.1 * g["b"][:1], "b": -0.1 * jnp.concatenate([g["b"][1:], g["a"]])}, s),
    )
    certificate = sp.certify_minimum(problem("strict"), swapped)
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "another one" in certificate.reason


def test_memory_that_is_scaled_in_two_ways_gets_no_verdict():
    """theta' = theta - r m - r^2 g, m' = m / 2 + g: no units of the memory make the coordinates alike."""
    r = np.array([1.0, 0.5, 0.25])

    def update(g, s, params=None):
        flat = jnp.concatenate([g["a"], g["b"]])
        m = jnp.concatenate([s[0]["a"], s[0]["b"]])
        return tree(-0.1 * r * m - 0.1 * r * r * flat), (tree(0.5 * m + flat),)

    def tree(values):
        return {"a": values[:1], "b": values[1:]}

    odd = optax.GradientTransformation(lambda params: (tree(jnp.zeros(3)),), update)
    certificate = sp.certify_minimum(problem("strict"), odd)
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "more than one way" in certificate.reason


def test_two_arrays_of_one_group_and_parameter_are_refused():
    optimizer = optax.sgd(0.1, 0.5)
    certificate = sp.certify_minimum(problem("strict"), optimizer)
    settings = certificate.problem["optimizer"]
    memory = [{**leaf, "owner": settings["memory"][0]["owner"]} if leaf["owner"].size == 1 else leaf
              for leaf in settings["memory"]]  # fmt: skip
    memory[1] = {**memory[1], "owner": np.array([0, 1])}
    forged = {**certificate.problem, "optimizer": {**settings, "memory": memory}}
    with pytest.raises(CertificateError, match="twice"):
        issue("strict-minimum", forged, certificate.witness)


@pytest.mark.parametrize(("centre", "refused"), [(1.0, True), (0.75, False)])
def test_coordinates_that_differ_by_what_may_be_zero_are_refused(centre, refused):
    """x+ = x + g + (1 - c) m, m+ = m + g / (1 - c): in units 1 - c of the memory one step, but for c = 1 there are
    none."""
    recipes = Recipes()
    one, first = recipes.constant(1.0), recipes.named(Ball.exact(0.5), "first")
    second = recipes.named(Ball(np.array(centre), np.array(0.1)), "second")
    share = recipes.apply("sub", one, recipes.joined([first, second], [np.array([0]), np.array([1])]))
    inverse = recipes.apply("div", one, share)
    entries = {(0, 0): one, (0, 1): one, (0, 2): share, (2, 1): inverse, (2, 2): one}
    if refused:
        with pytest.raises(Refused):
            balanced(recipes, entries, 2)
        return
    same, weights = balanced(recipes, entries, 2)
    assert weights.lower.tolist() == weights.upper.tolist() == [1.0, 1.0]
    assert same[0, 2].ball.contains(0.5)


def test_an_array_stands_for_the_coordinates_of_its_shape():
    """The same numbers spread over (2, 2) and over (2, 2, 1) scale other coordinates."""
    recipes, values = Recipes(), Ball.exact(np.array([[1.0], [2.0]]))
    owner = np.arange(4)
    for shape, expected in (((2, 2), [1.0, 1.0, 2.0, 2.0]), ((2, 2, 1), [1.0, 2.0, 1.0, 2.0])):
        place = recipes.recipes[recipes.of_coordinates(values, owner.reshape(shape)).key][1]
        assert recipes.fields[place][1].mid.tolist() == expected


def test_a_state_of_single_precision_is_taken_exactly():
    """What optax makes outside of 64-bit mode: its numbers are those of a state in doubles."""
    optimizer, sums = optax.adagrad(0.1), SUMS.astype(np.float32)
    given = problem("interpolating")
    found = []
    for array in (sums, sums.astype(np.float64)):
        first, *rest = optimizer.init(np.zeros(3))
        state = (first._replace(sum_of_squares=tree(array)), *rest)
        found.append(sp.certify_minimum(given, optimizer, state=state))
    assert found[0].verdict.name == found[1].verdict.name == "STABLE"
    assert str(found[0].preconditioned_sharpness) == str(found[1].preconditioned_sharpness)
