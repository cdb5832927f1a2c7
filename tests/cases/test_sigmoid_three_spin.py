"""Sigmoid networks and 3-spin functions: training, the observable (4.11), slopes, resumed runs, errata, bad input."""

import math

import numpy as np
import pytest

from cases.common.spin_figures import averages, local_slopes
from cases.sigmoid_three_spin import case as sigmoid_three_spin
from cases.sigmoid_three_spin.estimates import SigmoidSettings, sigmoid_descent
from foundation import InputError
from numeric.particles import permutation_sum, sphere_points, three_spin_coefficients
from stabproof import comparison
from symbolic import Outcome, all_passed

_QUICK = {"particles": "5,10", "steps": 500, "quench": 50, "test_points": 2000}


@pytest.mark.parametrize("parameters", [_QUICK, {**_QUICK, "dimension": 25, "targets": 1, "particles": 8}])
def test_the_views_agree(parameters):
    found = comparison.crosscheck("sigmoid-3spin", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


def test_training_reaches_what_the_observable_predicts():
    """After 8000 steps with charges at rest: (4.11) is 2 loss/sqrt(2 pi d) within its scatter, and the loss fell."""
    run = sigmoid_descent(SigmoidSettings(10, 32, 3, 0.25, 8000, 100, 0), 20_000)
    predicted = 2 * run.losses / math.sqrt(20 * math.pi)
    assert ((run.positive - run.negative) / 2 / predicted).mean() == pytest.approx(1, abs=0.1)
    assert (run.losses < 0.7 * run.half_square).all()
    assert run.half_square.mean() == pytest.approx(5, rel=0.2)


def test_one_step_is_the_gradient_of_the_batch_loss():
    """(3.1) against differences of n/(2P) sum (f - f_n)^2, in the same single step."""
    settings = SigmoidSettings(4, 6, 1, 0.5, 1, 1, 3)
    assert settings.batches == (1, 1)
    from cases.sigmoid_three_spin import estimates as sigmoid

    rng = np.random.default_rng(1)
    a, b, c = rng.standard_normal((1, 6, 4)), rng.standard_normal((1, 6)), rng.standard_normal((1, 6))
    drawn = rng.standard_normal((1, 1, 3, 4))
    total = permutation_sum(three_spin_coefficients(4, 3))
    x = drawn[0, 0] * 2 / np.linalg.norm(drawn[0, 0], axis=1, keepdims=True)
    f = np.einsum("pqr,mp,mq,mr->m", total, x, x, x) / 24

    def scaled_loss(weights):
        gap = f - sigmoid.sigmoid_network(*weights, x)
        return 6 / (2 * 3) * np.sum(gap**2)

    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        given = tuple(jnp.asarray(part) for part in (a, b, c))
        moved = sigmoid._piece(jnp.asarray(total[None]), given, jnp.asarray(drawn), jnp.float64(0.5 / 3))
        shifts = [np.asarray(after - before)[0] for after, before in zip(moved, given, strict=True)]
    for place, shift in enumerate(shifts):
        for index in np.ndindex(shift.shape):
            weights = [part[0].copy() for part in (a, b, c)]
            weights[place][index] += 1e-6
            above = scaled_loss(weights)
            weights[place][index] -= 2e-6
            slope = (above - scaled_loss(weights)) / 2e-6
            assert shift[index] == pytest.approx(-0.5 * slope, rel=1e-5, abs=1e-8)


def test_a_run_continues_in_the_same_bits(tmp_path):
    file = tmp_path / "run.npz"

    def stop(message, share):
        if share > 0.4:
            raise KeyboardInterrupt

    settings = SigmoidSettings(3, 10, 2, 0.25, 1500, 100, 0)
    whole = sigmoid_descent(settings, 500)
    from numeric.particles import checkpoint

    original = checkpoint._SECONDS_BETWEEN_WRITES
    checkpoint._SECONDS_BETWEEN_WRITES = 0.0
    try:
        with pytest.raises(KeyboardInterrupt):
            sigmoid_descent(settings, 500, checkpoint=file, progress=stop)
    finally:
        checkpoint._SECONDS_BETWEEN_WRITES = original
    resumed = sigmoid_descent(settings, 500, checkpoint=file)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(whole.weights, resumed.weights, strict=True))
    assert whole.curves.tobytes() == resumed.curves.tobytes()


def test_local_slopes_of_powers():
    """Values n^-1 (1 + noise): slope -1 within its error, which is the error of a mean of ratios."""
    rng = np.random.default_rng(0)
    found = {n: (1 + 0.1 * rng.standard_normal(50)) / n for n in (10, 20, 40)}
    for small, large, slope, error in local_slopes(found):
        assert large == 2 * small
        assert abs(slope + 1) < 4 * error
        assert error == pytest.approx(0.1 * math.sqrt(2 / 50) / math.log(2), rel=0.3)
    assert averages({10: np.array([1.0]), 20: np.array([0.5])}, "loss") == [
        "Local slope of the loss from n = 10 to 20: -1.00."
    ]


def test_the_errata_are_proved():
    for erratum in sigmoid_three_spin.CASE.errata:
        assert all_passed(erratum.proof({}).verify())


def test_the_target_has_variance_d():
    x = sphere_points(200_000, 10, 5)
    squares = []
    for seed in range(20):
        total = permutation_sum(three_spin_coefficients(10, seed))
        squares.append(np.mean(sigmoid_three_spin._target(total, x[seed::20]) ** 2))
    assert np.mean(squares) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(
    "parameters",
    [
        {"dimension": 2},
        {"particles": "1"},
        {"particles": "3/2"},
        {"particles": "x"},
        {"time_step": 0},
        {"time_step": 99, "particles": 5, "steps": 2000},
        {"targets": 0},
        {"checkpoints": "/dev/null/runs"},
        {"batch": 3},
    ],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("sigmoid-3spin", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    """A wrong trace term in the proved C_f."""
    wrong = sigmoid_three_spin.exact_half_mean_square
    monkeypatch.setattr(sigmoid_three_spin, "exact_half_mean_square", lambda total: wrong(total) * 2)
    assert not comparison.crosscheck("sigmoid-3spin", **_QUICK).agrees
