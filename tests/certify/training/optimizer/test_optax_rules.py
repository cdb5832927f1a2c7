"""Optimisers with rules of their own: averages, steps that stop, dual averaging, growing rates, losses as arguments."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import issue
from certify.program import trace
from certify.training.optimizer.averaged import averaged_plane
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.leaves import Leaf
from certify.training.optimizer.linearise import linearise
from certify.training.optimizer.rest import at_rest
from certify.training.optimizer.scalars import Recipes
from certify.training.optimizer.stopped import check_memory
from foundation import CertificateError

ROOT = np.sqrt(1.7)


@pytest.fixture(scope="module")
def line():
    """(1/2) (sqrt(1.7) (t0 + t1) - sqrt(1.7))^2: a line of minima with curvature 3.4 across it."""
    x = np.full((1, 2), ROOT)
    return sp.Regression(lambda t, x: x @ t["w"], {"w": np.full(2, 0.5)}, x, np.array([ROOT]))


def farthest(optimizer, start, steps, value=False):
    """(last, farthest) distance to the line when optax itself runs from `start` above it."""
    with jax.enable_x64(True):
        loss = lambda t: (ROOT * jnp.sum(t["w"]) - ROOT) ** 2 / 2  # noqa: E731

        def body(_, carry):
            theta, state, far = carry
            now, gradient = jax.value_and_grad(loss)(theta)
            more = {"value": now} if value else {}
            update, state = optimizer.update(gradient, state, theta, **more)
            theta = optax.apply_updates(theta, update)
            away = jnp.abs(jnp.sum(theta["w"]) - 1.0)
            return theta, state, jnp.maximum(far, jnp.where(jnp.isnan(away), jnp.inf, away))

        theta = {"w": jnp.array([0.5 + start, 0.5])}
        state = jax.tree.map(jnp.asarray, optimizer.init({"w": jnp.array([0.5, 0.5])}))
        theta, _, far = jax.lax.fori_loop(0, steps, body, (theta, state, jnp.asarray(0.0)))
        return abs(float(jnp.sum(theta["w"])) - 1.0), float(far)


# c with "stable iff e h < c" at the parameters (1/2, 1/2)
THRESHOLDS = {
    "schedule-free": (lambda e: contrib.schedule_free_sgd(e, b1=0.75), 2 / 0.25),
    "sm3": (lambda e: optax.sm3(e), 38 * 1e-4),
    "dog": (lambda e: contrib.dog(e), 2 * 1e-4 / (1e-6 * (1 + np.sqrt(0.5)))),
    "adafactor": (lambda e: optax.adafactor(e), 2 * 1e-15 / 0.5),
}


@pytest.mark.parametrize("name", THRESHOLDS)
def test_thresholds_are_reproduced(line, name):
    make, c = THRESHOLDS[name]
    certificate = sp.certify_minimum(line, make(0.125))
    critical = certificate.number("critical_curvature")
    assert critical.lower * (1 - 1e-12) <= c / 0.125 <= critical.upper * (1 + 1e-12)
    assert critical.width < 1e-6 * critical.upper
    assert certificate.verdict is (sp.Verdict.STABLE if c / 0.125 > 3.4 else sp.Verdict.UNSTABLE)


@pytest.mark.parametrize(("factor", "verdict"), [(0.98, sp.Verdict.STABLE), (1.02, sp.Verdict.UNSTABLE)])
@pytest.mark.parametrize("name", ["sm3", "dog"])
def test_the_verdict_is_what_optax_does(line, name, factor, verdict):
    make, c = THRESHOLDS[name]
    optimizer = make(factor * c / 3.4)
    assert sp.certify_minimum(line, optimizer).verdict is verdict
    # far below every eps; both keep squares of gradients, which end what has grown
    last, far = farthest(optimizer, 1e-13, 3000)
    assert (last < 1e-14 and far < 1e-12) if verdict is sp.Verdict.STABLE else far > 1e-8


@pytest.mark.parametrize(("factor", "verdict"), [(0.98, sp.Verdict.STABLE), (1.02, sp.Verdict.UNSTABLE)])
def test_schedule_free_is_what_optax_does(line, factor, verdict):
    """Late: early weights are not small, and the gradient's rate is larger than it ends up to be."""
    rate = factor * 8 / 3.4
    optimizer = contrib.schedule_free_sgd(rate, b1=0.75)
    assert sp.certify_minimum(line, optimizer).verdict is verdict
    late = optax.GradientTransformation(
        lambda p: optimizer.init(p)._replace(weight_sum=jnp.asarray(1e4 * rate**2)),
        lambda g, s, p: optimizer.update(g, s, p),
    )
    last, far = farthest(late, 1e-10, 3000)
    assert (last < 1e-10 and far < 1e-9) if verdict is sp.Verdict.STABLE else far > 1e-3


def schedule_free(change=0.0, power=1, growth=0.25, weight=lambda w, total: w / total):
    """The jets of a schedule-free step whose average is off by `change` c^power z."""

    def step(t, g, total, z):
        following = total + growth
        c = weight(growth, following)
        moved = z - 0.5 * g
        average = (1 - c) * ((t - 0.5 * z) / 0.5) + c * moved
        return 0.5 * average + 0.5 * moved - t + change * c**power * z, following, moved

    leaves = [
        Leaf("sum", "sum", np.array(-1), np.array(0.25)),
        Leaf("z", "params", np.arange(2), np.array([3.0, -5.0])),
    ]
    program = trace(step, np.zeros(2), np.zeros(2), np.array(0.0), np.zeros(2))
    params = Ball(np.array([3.0, -5.0]), np.full(2, 1e-3))
    return linearise(program, params, leaves), leaves


def test_averages_are_recognised_exactly():
    plane = averaged_plane(*schedule_free())
    assert plane.a.mid.tolist() == [[1.0]]
    assert plane.b.contains(-0.25)
    assert plane.is_stable(7.99, 7.99) is True
    assert plane.is_stable(8.01, 8.01) is False
    assert averaged_plane(*schedule_free(change=2.0**-40)) is None
    assert averaged_plane(*schedule_free(change=2.0**-40, power=2)) is None
    assert averaged_plane(*schedule_free(weight=lambda w, total: w / total**2)) is None
    assert averaged_plane(*schedule_free(weight=lambda w, total: -w / total)) is None
    assert averaged_plane(*schedule_free(growth=-0.25)) is None


def test_means_with_any_weight_keep_a_number():
    """c x + (1 - c) x is x by its recipe, whatever c; 2 (1 - c) x is not."""
    recipes = Recipes()
    c, one, x = (
        recipes.named(Ball(np.float64(0.25), np.float64(0.25)), "c"),
        recipes.constant(1.0),
        recipes.constant(4.0),
    )
    rest = recipes.apply("sub", one, c)
    first, second = (recipes.apply("mul", weight, x) for weight in (c, rest))
    assert recipes.apply("add", first, second).key == x.key
    assert recipes.apply("add", second, first).key == x.key
    assert recipes.apply("add", second, second).key != x.key


def test_what_grows_and_is_no_average_decides_instability_alone():
    """theta' = theta - g / W with a sum W: stable at every step, and nothing is proved of all of them."""
    program = trace(lambda t, g, w: (-g / w, w + 0.25), np.zeros(2), np.zeros(2), np.array(0.0))
    leaves = [Leaf("sum", "sum", np.array(-1), np.array(0.25))]
    found = linearise(program, Ball.exact(np.array([1.0, 2.0])), leaves)
    rest = at_rest([found], leaves)
    assert rest.given == ("sum",)
    assert not rest.memory_decays


@pytest.mark.parametrize("make", [optax.polyak_sgd, contrib.momo, contrib.momo_adam])
def test_optimisers_that_stop(line, make):
    """Gradients whose square is below the rounding unit move nothing, which optax itself shows."""
    certificate = sp.certify_minimum(line, make())
    assert certificate.verdict is sp.Verdict.STABLE
    assert "exactly zero" in certificate.theorem
    assert [h.status.name for h in certificate.hypotheses if h.name == "loss"] == ["PROVED"]
    last, far = farthest(make(), 2.0**-50, 50, value=True)
    assert last == far == 2.0**-50
    problem = {**certificate.problem, "optimizer": {**certificate.problem["optimizer"]}}
    memory = problem["optimizer"]["memory"]
    wrong = [{**leaf, "value": np.array(1.0)} if leaf["kind"] == "loss" else leaf for leaf in memory]
    problem["optimizer"]["memory"] = wrong
    with pytest.raises(CertificateError, match="vanishes"):
        issue("minimum", problem, certificate.witness)


def test_the_loss_of_a_strict_minimum_is_assumed():
    loss = lambda t: jnp.sum((t["w"] - 0.25) ** 2) + 1.0  # noqa: E731
    certificate = sp.certify_minimum(sp.Loss(loss, {"w": np.full(2, 0.25)}), optax.polyak_sgd())
    assert certificate.verdict is sp.Verdict.STABLE
    assert [h.status.name for h in certificate.hypotheses if h.name == "loss"] == ["ASSUMED"]


def test_a_stop_that_hangs_on_memory_that_goes_on():
    """where(v < 1, 0, g) with v' = v + |g|: the memory grows at a standstill, and the step starts again."""

    def stopping(memory):
        program = trace(lambda t, g, v: (jnp.where(v < 1.0, 0.0, 1.0) * g, memory(g, v)), *(np.zeros(2),) * 3)
        leaf = Leaf("v", "moving", np.arange(2), np.zeros(2))
        return [linearise(program, Ball.exact(np.array([1.0, 2.0])), [leaf])], [leaf]

    check_memory(*stopping(lambda g, v: 0.5 * v + g))
    for memory in (lambda g, v: v + g, lambda g, v: v + jnp.abs(g), lambda g, v: 0.5 * v + 2.0):
        with pytest.raises(Refused):
            check_memory(*stopping(memory))


@pytest.mark.parametrize(
    ("make", "start"), [(contrib.cocob, 1e-14), (lambda: contrib.madgrad(1e-2), 1e-12)], ids=["cocob", "madgrad"]
)
def test_dual_averaging(line, make, start):
    """Sums of gradients that move the parameters, and MADGRAD's rate, which grows with the root of the step."""
    certificate = sp.certify_minimum(line, make())
    assert certificate.verdict is sp.Verdict.UNSTABLE
    assert farthest(make(), start, 400)[1] > 1e4 * start


def test_dual_averaging_is_never_called_stable():
    """COCOB rests at one point of rest alone for what the jets know: small curvatures stay undecided."""
    x = np.array([[2.0**-13, 2.0**-13]])
    flat = sp.Regression(lambda t, x: x @ t, np.full(2, 0.5), x, np.array([2.0**-13]))
    certificate = sp.certify_minimum(flat, contrib.cocob())
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "init_particles" in certificate.reason


def test_branches_on_the_own_gradient():
    """where(v + g^2 > 0, g / sqrt(v + g^2 + eps), 0) is that quotient; with a floor that is no square it is refused."""
    leaf = Leaf("v", "kept", np.arange(2), np.zeros(2))

    def update(total, factor):
        root = lambda t, g, v: jnp.where(total(g, v) > 0, jax.lax.rsqrt(total(g, v) + 0.25), 0.0)  # noqa: E731
        program = trace(lambda t, g, v: (factor(g) * root(t, g, v), v + g * g), *(np.zeros(2),) * 3)
        return linearise(program, Ball.exact(np.array([1.0, 2.0])), [leaf]).update

    found = update(lambda g, v: g * g + v, lambda g: g)
    assert [float(e.ball.mid) for e in found.form] == [0.0, 2.0]
    with pytest.raises(Refused, match="comparison"):
        update(lambda g, v: g * g + v, lambda g: g + 1.0)
    with pytest.raises(Refused, match="comparison"):
        update(lambda g, v: g + v, lambda g: g)


@pytest.mark.parametrize("make", [optax.adamw, optax.nadamw, optax.adamaxw])
def test_decay_at_the_usual_eps(make):
    """Gradients at rest of 1e-12: the point of rest is proved in coordinates scaled to them."""
    centre = np.array([0.5, -0.25])
    loss = lambda t: jnp.sum((t["w"] - centre) ** 2)  # noqa: E731
    certificate = sp.certify_minimum(sp.Loss(loss, {"w": centre}), make(1e-2))
    assert certificate.verdict is sp.Verdict.UNSTABLE
    assert 0 < certificate.number("rest_distance").upper < 1e-9


def test_certificates_are_checked_from_files(line, tmp_path):
    for k, optimizer in enumerate([contrib.schedule_free_sgd(0.5), contrib.momo()]):
        certificate = sp.certify_minimum(line, optimizer)
        certificate.save(tmp_path / f"{k}.json")
        assert sp.check(tmp_path / f"{k}.json").verdict is certificate.verdict is sp.Verdict.STABLE
