"""Optimisers of optax: thresholds against their closed forms and against simulation of optax itself, refusals,
files."""

import warnings
from functools import cache

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax
import pytest

import stabproof as sp
from certify.certificate import issue
from foundation import CertificateError

ROOT = np.sqrt(1.7)

# optimiser at rate e, and c with "stable iff e h < c" (the formulas of the optimisers' companion polynomials)
THRESHOLDS = {
    "sgd": (lambda e: optax.sgd(e), 2.0),
    "heavy ball": (lambda e: optax.sgd(e, 0.9), 2 * 1.9),
    "nesterov": (lambda e: optax.sgd(e, 0.9, nesterov=True), 2 * 1.9 / 2.8),
    "ema": (lambda e: optax.chain(optax.ema(0.9), optax.scale(-e)), 2 * 1.9 / 0.1),
    "adam": (lambda e: optax.adam(e, eps=1.0), 2 * 1.9 / 0.1),
    "radam": (lambda e: optax.radam(e, eps=1.0), 2 * 1.9 / 0.1),
    "nadam": (lambda e: optax.nadam(e, eps=1.0), 2 * 1.9 / (0.1 * 2.8)),
    "rmsprop": (lambda e: optax.rmsprop(e, eps=1.0), 2.0),
    "adagrad": (lambda e: optax.adagrad(e, 0.25), 2 * np.sqrt(0.25 + 1e-7)),
    "yogi": (lambda e: optax.yogi(e, eps=1.0), 2 * 1.9 / 0.1 * (1 + 1e-3)),
    "adadelta": (lambda e: optax.adadelta(e), 2.0),
    "adabelief": (lambda e: optax.adabelief(e, eps=1.0, eps_root=1e-6), 38 * (1 + np.sqrt(1e-6 / 0.001))),
    "optimistic": (lambda e: optax.optimistic_gradient_descent(e, 1.0, 1.0), 2 / 3),
    "clipped": (lambda e: optax.chain(optax.clip(1.0), optax.sgd(e)), 2.0),
    "schedule": (lambda e: optax.sgd(optax.warmup_constant_schedule(0.0, e, 10)), 2.0),
    "amsgrad": (lambda e: optax.amsgrad(e, eps=1.0), 38.0),
    "adamax": (lambda e: optax.adamax(e, eps=1.0), 38.0),
    "novograd": (lambda e: optax.novograd(e, eps=1.0), 2 * 1.9),
    "clipped by norm": (lambda e: optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(e)), 2.0),
    "mean of three": (lambda e: optax.MultiSteps(optax.sgd(e, 0.9), 3), 2 * 1.9),
    # (1 + (1 - h)^5) / 2 = -1
    "lookahead": (lambda e: optax.lookahead(optax.sgd(e), 5, 0.5), 1 + 3**0.2),
    "ridge": (lambda e: optax.chain(optax.scale(0.5), optax.sgd(2 * e)), 2.0),
}


@cache
def one_example(width=1):
    """(1/2) (sqrt(1.7) sum theta - sqrt(1.7))^2: the Hessian is 1.7 width on the normal space."""
    x = np.full((1, width), ROOT)
    return sp.Regression(lambda t, x: x @ t["w"], {"w": np.full(width, 1.0 / width)}, x, np.array([ROOT]))


@pytest.mark.parametrize("name", THRESHOLDS)
def test_thresholds_are_reproduced(name):
    """The proved stable curvatures end at c / e, relative width below 1e-6."""
    make, c = THRESHOLDS[name]
    certificate = sp.certify_minimum(one_example(), make(0.125))
    critical = certificate.number("critical_curvature")
    assert critical.lower * (1 - 1e-12) <= c / 0.125 <= critical.upper * (1 + 1e-12)
    assert critical.width < 1e-6 * critical.upper


@pytest.mark.parametrize(("factor", "verdict"), [(0.98, sp.Verdict.STABLE), (1.02, sp.Verdict.UNSTABLE)])
@pytest.mark.parametrize("name", ["sgd", "heavy ball", "nesterov", "adam", "nadam", "rmsprop", "adagrad", "optimistic"])
def test_the_verdict_is_what_optax_does(name, factor, verdict):
    """Both sides of the threshold, on a line of minima: optax itself, 4000 steps from a distance of 1e-7."""
    make, c = THRESHOLDS[name]
    rate = factor * c / 3.4
    optimizer, problem = make(rate), one_example(2)
    certificate = sp.certify_minimum(problem, optimizer)
    assert certificate.verdict is verdict
    with jax.enable_x64(True):
        gradient = jax.grad(lambda t: (ROOT * jnp.sum(t) - ROOT) ** 2 / 2)

        def body(_, carry):
            theta, state, farthest = carry
            update, state = optimizer.update(gradient(theta), state, theta)
            theta = theta + update
            distance = jnp.abs(jnp.sum(theta) - 1.0)
            # a diverging orbit may end in NaN; an adaptive one may leave and come back
            return theta, state, jnp.maximum(farthest, jnp.where(jnp.isnan(distance), jnp.inf, distance))

        theta = jnp.array([0.5 + 1e-7, 0.5])
        theta, _, farthest = jax.lax.fori_loop(0, 4000, body, (theta, optimizer.init(theta), 0.0))
        distance = abs(float(jnp.sum(theta)) - 1.0)
    assert (distance < 1e-9) if verdict is sp.Verdict.STABLE else (float(farthest) > 1e-4)


@pytest.mark.parametrize("make", [optax.sign_sgd, optax.signum, optax.lion])
def test_steps_that_never_shrink(make):
    certificate = sp.certify_minimum(one_example(2), make(1e-3))
    assert certificate.verdict is sp.Verdict.UNSTABLE
    assert "Theorem S" in certificate.theorem
    assert 0.9e-3 < certificate.number("shortest_step").lower <= 1e-3


SCALE_FREE = {
    "lars": lambda: optax.lars(1e-3),
    "lamb": lambda: optax.lamb(1e-3),
    "rprop": lambda: optax.rprop(1e-3),
    "sam": lambda: optax.contrib.sam(optax.sgd(0.1), optax.chain(optax.contrib.normalize(), optax.sgd(0.05))),
}


@pytest.mark.parametrize("name", SCALE_FREE)
def test_first_steps_whose_length_does_not_shrink(name):
    """Next to the minimum optax itself moves parameters or memory at least as far as the certificate says."""
    optimizer, problem = SCALE_FREE[name](), one_example(2)
    certificate = sp.certify_minimum(problem, optimizer)
    assert certificate.verdict is sp.Verdict.UNSTABLE
    assert "Theorem S" in certificate.theorem
    proved = certificate.number("first_step").lower
    assert proved > 1e-8
    with jax.enable_x64(True):
        for near in (1e-6, 1e-10):
            theta = {"w": jnp.array([0.5 + near, 0.5])}
            before = optimizer.init(theta)
            gradient = jax.grad(lambda t: (ROOT * jnp.sum(t["w"]) - ROOT) ** 2 / 2)(theta)
            update, after = optimizer.update(gradient, before, theta)
            pairs = zip(*map(jax.tree.leaves, (before, after)), strict=True)
            moved = [np.asarray(b - a).ravel() for a, b in pairs if np.asarray(a).dtype.kind == "f"]
            length = np.linalg.norm(np.concatenate([np.asarray(update["w"]), *moved]))
            assert length >= proved * (1 - 1e-3)


MATRIX, CENTRE = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([0.5, -0.25])
SHARPEST = (3 + np.sqrt(2)) / 2
# thresholds of the rate, up to what the decay moves the minimum by: eps = 1 is far above the gradients there
DECAYED = {
    "adamw": (lambda e: optax.adamw(e, eps=1.0, weight_decay=0.01), 3.8 / (0.1 * SHARPEST + 0.019), 5e-3),
    "heavy ball": (
        lambda e: optax.chain(optax.add_decayed_weights(0.1), optax.sgd(e, 0.9)),
        3.8 / (SHARPEST + 0.1),
        1e-9,
    ),
}


@pytest.mark.parametrize("name", DECAYED)
def test_weight_decay_moves_the_point_of_rest(name, tmp_path):
    make, rate, error = DECAYED[name]
    loss = lambda t: 0.5 * (t["w"] - CENTRE) @ MATRIX @ (t["w"] - CENTRE)  # noqa: E731
    problem = sp.Loss(loss, {"w": CENTRE})
    for factor, verdict in ((1 - error - 1e-3, sp.Verdict.STABLE), (1 + error + 1e-3, sp.Verdict.UNSTABLE)):
        certificate = sp.certify_minimum(problem, make(factor * rate))
        assert certificate.verdict is verdict
        assert certificate.number("rest_distance").upper > 1e-3
    certificate.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is sp.Verdict.UNSTABLE
    witness = {k: v for k, v in certificate.witness.items() if k != "rest"}
    assert issue("strict-minimum", certificate.problem, witness).verdict is sp.Verdict.UNDECIDED
    spoilt = {**certificate.witness, "rest": {**certificate.witness["rest"], "scale": np.zeros(2)}}
    with pytest.raises(CertificateError, match="point of rest"):
        issue("strict-minimum", certificate.problem, spoilt)


def test_crowded_roots_are_separated():
    """Adan's four coupled arrays at 0.98 and 1.02 times the curvature at which NumPy's roots leave the circle."""
    certificate = sp.certify_minimum(one_example(), optax.adan(0.01))
    critical = certificate.number("critical_curvature")
    b1, b2, gain = 0.98, 0.92, 0.01 / (1e-4 + 1e-8)

    def radius(h):
        m, v = np.array([(1 - b1) * h, b1, 0, 0]), np.array([(1 - b2) * h, 0, b2, -(1 - b2)])
        rows = [np.array([1.0, 0, 0, 0]) - gain * (m + (1 - b2) * v), m, v, np.array([h, 0, 0, 0])]
        return np.abs(np.linalg.eigvals(np.array(rows))).max()

    assert radius(critical.lower * 0.999) < 1 < radius(critical.upper * 1.001)
    assert critical.width < 1e-6


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: optax.adamw(1e-3), "decoupled weight decay"),
        (lambda: optax.fromage(1e-3), "moves the parameters where the gradient vanishes"),
    ],
)
def test_what_is_not_understood_is_undecided_with_the_reason(make, reason):
    certificate = sp.certify_minimum(one_example(2), make())
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert __import__("re").search(reason, certificate.reason)


def test_the_preconditioned_sharpness_at_the_users_state():
    """Adam with v = (4, 1): G = 0.1 rate / (sqrt v + eps), and lambda_max is 1.7 sum G on one example."""
    optimizer = optax.adam(0.5, eps=0.25)
    state = optimizer.init({"w": jnp.ones(2)})
    state = (state[0]._replace(nu={"w": np.array([4.0, 1.0])}, count=np.int32(100)), *state[1:])
    certificate = sp.certify_minimum(one_example(2), optimizer, state=state)
    # at the user's late step the bias correction is over: sqrt(0.999 v)
    gain = 0.1 * 0.5 / (np.sqrt(0.999 * np.array([4.0, 1.0])) + 0.25)
    proved = certificate.number("preconditioned_sharpness")
    assert proved.contains(1.7 * gain.sum())
    assert proved.width < 1e-9
    # 1.7 * 2 * 0.5 / 0.25 * 0.1 < 3.8: the answer at rest, where v decays to zero
    assert certificate.verdict is sp.Verdict.STABLE


def test_accumulators_keep_the_users_state():
    """AMSGrad with a maximum of 4 in every coordinate: P = 2 + eps, stable iff e h < 38 P."""
    optimizer = optax.amsgrad(0.125, eps=1e-8)
    state = optimizer.init({"w": jnp.ones(1)})
    state = (state[0]._replace(nu_max={"w": np.array([4.0])}), *state[1:])
    certificate = sp.certify_minimum(one_example(), optimizer, state=state)
    critical = certificate.number("critical_curvature")
    assert critical.lower <= 38 * (2 + 1e-8) / 0.125 * (1 + 1e-9)
    assert critical.upper >= 38 * (2 + 1e-8) / 0.125 * (1 - 1e-9)
    assert "nu_max" in next(h.reason for h in certificate.hypotheses if h.name == "differentiable")


@pytest.mark.parametrize("name", ["sgd", "adam", "adabelief"])
def test_certificates_are_checked_from_files(name, tmp_path):
    certificate = sp.certify_minimum(one_example(2), THRESHOLDS[name][0](0.125))
    certificate.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is certificate.verdict


def test_a_forged_memory_proves_nothing():
    """A first moment that does not rest at zero moves the parameters; a wrong owner is refused."""
    certificate = sp.certify_minimum(one_example(2), optax.adam(1e-3, eps=1.0))
    settings = certificate.problem["optimizer"]

    def forged(**changes):
        memory = [{**leaf, **changes} if leaf["name"] == "[0].mu" else leaf for leaf in settings["memory"]]
        problem = {**certificate.problem, "optimizer": {**settings, "memory": memory}}
        return issue("minimum", problem, certificate.witness)

    moved = forged(value=np.ones(2))
    assert moved.verdict is sp.Verdict.UNDECIDED
    for changes in (
        {"owner": np.array([0, 5])},
        {"kind": "clocks"},
        {"value": np.array([np.nan, 0.0])},
        {"value": np.zeros(3)},
    ):
        with pytest.raises(CertificateError, match=r"memory|arrays"):
            forged(**changes)
    swapped = forged(owner=np.array([1, 0]))
    assert swapped.verdict is sp.Verdict.UNDECIDED
    near = forged(kind="near", value=np.ones(2))
    assert near.verdict is sp.Verdict.UNDECIDED


def test_random_steps_and_missing_arguments_are_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        noisy = optax.noisy_sgd(1e-3, 1.0, 1.0, jax.random.key(0))
    with pytest.raises(sp.InputError, match="random"):
        sp.certify_minimum(one_example(), noisy)
    with pytest.raises(sp.InputError, match="value"):
        sp.certify_minimum(one_example(), optax.lbfgs())


def adamw_radius(rate, h=1.7, centre=0.75, decay=0.5, b1=0.9, b2=0.999):
    """The spectral radius of AdamW's step, eps = 1, at its point of rest near the minimum of h (theta - centre)^2 / 2,
    with 30 digits: g / (|g| + 1) = -decay theta there, m = g, v = g^2."""
    with mpmath.workdps(30):
        theta = mpmath.findroot(lambda t: h * (t - centre) / (abs(h * (t - centre)) + 1) + decay * t, centre / 2)
        g = h * (theta - centre)
        p, s = abs(g) + 1, abs(g)
        m, v = [(1 - b1) * h, b1, 0], [2 * (1 - b2) * g * h, 0, b2]
        moved = [(a / p - g / p**2 * b / (2 * s)) for a, b in zip(m, v, strict=True)]
        first = [1 - rate * (moved[0] + decay), -rate * moved[1], -rate * moved[2]]
        return max(abs(z) for z in mpmath.eig(mpmath.matrix([first, m, v]), left=False, right=False))


def test_the_critical_rates_of_decoupled_decay():
    """To a few parts in 10^7: SGD with decay l, eta (h + l) = 2, and AdamW's, by bisection with mpmath. The textbook
    value 2 (1 + b) / ((1 - b) h / P + l (1 + b)) takes the second moment for a constant, and is 3e-4 off here."""
    low, high = 0.1, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if adamw_radius(middle) < 1 else (low, middle)
    cases = {
        2 / (1.7 + 0.3): lambda e: optax.chain(optax.add_decayed_weights(0.3), optax.sgd(e)),
        low: lambda e: optax.adamw(e, eps=1.0, weight_decay=0.5),
    }
    problem = sp.Loss(lambda t: 0.85 * jnp.sum((t - 0.75) ** 2), np.array([0.75]))
    for rate, make in cases.items():
        for factor, verdict in ((1 - 2e-7, sp.Verdict.STABLE), (1 + 2e-7, sp.Verdict.UNSTABLE)):
            assert sp.certify_minimum(problem, make(rate * factor)).verdict is verdict
