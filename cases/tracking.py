"""Stability along training: the exponents of gradient descent and SGD while a network learns digits."""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import sympy

from cases.common.parameters import as_float, one_of, positive_rational, whole_number
from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Estimate, NumericView, SymbolicView, case_of
from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.lyapunov.families.sgd_family import sgd_family
from certify.training.sampling.epochs import Epochs
from certify.training.sampling.shuffled import immediate, per_step
from foundation import InputError
from foundation.optional_packages import needed
from numeric import SGD, GradientDescent, Regression, gram, initial_layers, perceptron
from numeric.lyapunov import mean_square_critical_rate
from numeric.tracking import Track, batch_size_of, track
from search.lyapunov.confidence.confidence_bound import confidence_bound
from search.lyapunov.driver import lyapunov_exponent
from symbolic import Derivation, Equal, JacobianIs, Step

_PAPER = "Chemnitz, Engel, Characterizing dynamical stability of SGD in overparameterized learning, section 2.6"
_DELTA = 1e-9
_LABELS = ("classes", "random")


def _problem(values: Mapping[str, Any]) -> Regression:
    count, data = values["examples"], needed("sklearn.datasets", "cases").load_digits()
    labels = data.target[:count, None] / 9.0
    if values["labels"] == "random":
        labels = np.random.default_rng(values["seed"]).choice([-1.0, 1.0], (count, 1))
    layers = initial_layers([64, values["width"], 1], jax.random.key(values["seed"]))
    return Regression(perceptron(), layers, data.data[:count] / 16.0, labels)


def _optimizer(values: Mapping[str, Any], problem: Regression) -> GradientDescent | SGD:
    count, batch = problem.number_of_examples, values["batch_size"]
    if batch > count:
        raise InputError(f"batch_size is {batch}, but there are only {count} examples")
    rate = as_float(values["multiple"]) * mean_square_critical_rate(gram(problem), batch)
    return GradientDescent(rate) if batch == count else SGD(rate, batch, sampling=values["sampling"])


def _steps(values: Mapping[str, Any]) -> list[int]:
    """Zero, and numbers that grow like a power up to all steps."""
    count, total = values["checkpoints"], values["epochs"] * values["examples"] // values["batch_size"]
    grown = np.unique(np.round(np.linspace(0, total ** (1 / 3), count) ** 3).astype(int))
    return [int(step) for step in grown]


def tracked(values: Mapping[str, Any]) -> tuple[Regression, GradientDescent | SGD, Track]:
    """The run; kept, since all views look at it."""
    names = ("examples", "width", "labels", "seed", "multiple", "batch_size", "sampling", "epochs", "checkpoints")
    return _tracked(tuple((name, values[name]) for name in names))


@functools.lru_cache(maxsize=4)
def _tracked(key: tuple[tuple[str, Any], ...]) -> tuple[Regression, GradientDescent | SGD, Track]:
    values = dict(key)
    problem = _problem(values)
    optimizer = _optimizer(values, problem)
    found = track(problem, optimizer, _steps(values), key=jax.random.key(values["seed"] + 1), tolerance=2e-3)
    if not found.checkpoints:
        raise InputError("training diverged before the first checkpoint; lower multiple")
    return problem, optimizer, found


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    return SymbolicView((derive_linearised_step(),))


def derive_linearised_step() -> Derivation:
    """Why K(theta) with any theta gives the update of the outputs, shown for two examples and two parameters."""
    a, b, eta = sympy.symbols("a b eta", real=True)
    x = sympy.symbols("x1:3", real=True)
    outputs = sympy.ImmutableMatrix([b * sympy.tanh(a * point) for point in x])
    jacobian = sympy.ImmutableMatrix(
        [[b * point * (1 - sympy.tanh(a * point) ** 2), sympy.tanh(a * point)] for point in x]
    )
    entries = sympy.symbols("J11 J12 J21 J22", real=True)
    general, residual = sympy.ImmutableMatrix(2, 2, entries), sympy.ImmutableMatrix(sympy.symbols("r1:3", real=True))
    first = sympy.ImmutableMatrix([[1, 0], [0, 0]])
    step = -eta * general.T * first * residual
    k11, k12, k22 = sympy.symbols("K11 K12 K22", real=True)
    kernel = sympy.ImmutableMatrix([[k11, k12], [k12, k22]])
    steps = (
        Step(
            "The Jacobian J of the outputs with respect to the parameters, for one hidden unit.",
            reason="Differentiation.",
            check=JacobianIs(outputs, (a, b), jacobian),
        ),
        Step(
            "To first order in the step of SGD on the first example, the residuals r are multiplied by I - eta E_S K "
            "with the tangent kernel K = J J^T at the present parameters, wherever these are.",
            reason="J times the step; J^T E_S r is the gradient of the batch.",
            reference=_PAPER,
            check=Equal(
                (general * step).as_immutable(), (-eta * (general * general.T) * first * residual).as_immutable()
            ),
        ),
        Step(
            "The matrices I - eta K E_S and I - eta E_S K are similar through K: they have the same exponents.",
            reason="K (I - eta E_S K) = (I - eta K E_S) K.",
            check=Equal(
                (kernel * (sympy.eye(2) - eta * first * kernel)).as_immutable(),
                ((sympy.eye(2) - eta * kernel * first) * kernel).as_immutable(),
            ),
        ),
    )
    symbols = (
        (eta, "learning rate"),
        (a, "inner weight"),
        (b, "outer weight"),
        (x, "inputs"),
        (entries, "entries of any Jacobian J"),
        (tuple(residual), "residuals"),
        ((k11, k12, k22), "entries of any symmetric K"),
    )
    return Derivation("The linearised step away from a minimum", symbols, steps)


def _numeric(values: Mapping[str, Any]) -> NumericView:
    _, optimizer, found = tracked(values)
    last = found.checkpoints[-1]
    estimates = {
        "loss at the last checkpoint": Estimate(last.loss, 1e-9 * (1 + last.loss)),
        "exponent at the last checkpoint": Estimate(last.exponent, 4 * last.error + 1e-6),
        "sharpness at the last checkpoint": Estimate(last.sharpness, 1e-9 * last.sharpness),
    }
    remarks = (
        f"Learning rate {found.learning_rate:.4g}; a checkpoint takes as long as "
        f"{found.seconds_per_checkpoint / max(found.seconds_per_step, 1e-12):.0f} training steps."
        + (" The run diverged after the last checkpoint." if found.diverged else ""),
    )
    return NumericView(estimates, (_ratios(found), _exponents(values, optimizer, found), _losses(found)), remarks)


def _ratios(found: Track) -> Plot:
    steps = found.series("step") + 1
    almost_sure = np.array([c.almost_sure_rate.value for c in found.checkpoints if c.almost_sure_rate])
    rates = (
        ("gradient descent, eta sharpness / 2", found.series("gradient_descent_rate")),
        ("mean square", found.series("mean_square_rate")),
        ("almost sure", almost_sure),
    )
    series = tuple(Series("path", steps, found.learning_rate / rate, label) for label, rate in rates)
    last = found.learning_rate / float(almost_sure[-1])
    return Plot(
        f"Learning rate over the critical rate (B = {found.batch_size})",
        "step + 1",
        "eta / eta_c(theta_t)",
        series,
        f"One is the edge of stability. At the end the learning rate is {last:.3g} of the almost sure critical rate.",
        {"log_x": True, "horizontal": (1.0,)},
    )


def _exponents(values: Mapping[str, Any], optimizer: GradientDescent | SGD, found: Track) -> Plot:
    steps = found.series("step") + 1
    series = [
        Series("path", steps, found.series("exponent"), "lambda (standard errors are below the markers)"),
        Series("path", steps, found.series("mu"), "mu of gradient descent with this rate"),
        Series("path", steps, found.series("half_second_moment"), "Lambda(2)/2"),
    ]
    if isinstance(optimizer, SGD) and not found.shuffled and values["confidence"] == "yes":
        bounds = confidence_bounds(values)
        series.append(Series("points", steps, bounds, f"upper bounds of lambda, confidence 1 - {_DELTA:g}"))
    return Plot(
        "Exponents along training",
        "step + 1",
        "nats per step",
        tuple(series),
        "The exponents of the linearised update at the checkpoints; while they are negative they are close to zero, "
        "since the slowest direction of the tangent kernel hardly contracts.",
        {"log_x": True, "horizontal": (0.0,)},
    )


def confidence_bounds(values: Mapping[str, Any]) -> np.ndarray:
    """Upper bounds of lambda at the checkpoints, each with confidence 1 - 1e-9, for the float64 kernels."""
    problem, optimizer, found = tracked(values)
    batch = batch_size_of(problem, optimizer)
    kernels = [gram(problem, point.theta) for point in found.checkpoints]
    families = [sgd_family(Ball.exact((k + k.T) / 2), found.learning_rate, batch, 1) for k in kernels]
    return np.array([confidence_bound(member, _DELTA, seed=7, budget=1.0).upper for member in families])


def _losses(found: Track) -> Plot:
    losses = np.maximum(found.series("loss"), 1e-34)
    return Plot(
        "Loss at the checkpoints",
        "step + 1",
        "loss",
        (Series("path", found.series("step") + 1, losses),),
        f"The loss falls from {losses[0]:.2g} to {losses[-1]:.2g}.",
        {"log_x": True, "log_y": True},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    problem, _, found = tracked(values)
    kernel = gram(problem, found.checkpoints[-1].theta)
    found_exponent = _enclosed(Ball.exact((kernel + kernel.T) / 2), found)
    spectrum = extreme_eigenvalues(Ball.exact((kernel + kernel.T) / 2))[1]
    count = Ball.exact(float(problem.number_of_examples))
    sharpness = (Ball.from_bounds(spectrum.lower, spectrum.upper) / count).enclosure()
    names = ("exponent at the last checkpoint", "sharpness at the last checkpoint")
    return CertifiedView(values=dict(zip(names, (found_exponent, sharpness), strict=True)))


def _enclosed(kernel: Ball, found: Track) -> Enclosure:
    """The exponent of the linearised update; that of epochs by contraction in every order and by determinants."""
    if found.shuffled:
        epochs = Epochs(kernel, Ball.exact(found.learning_rate), found.batch_size)
        return per_step(immediate(epochs), epochs.steps)
    return lyapunov_exponent(sgd_family(kernel, found.learning_rate, found.batch_size, 1), budget=8.0).enclosure


CASE = case_of(
    "tracking",
    readers={
        "examples": whole_number(2, 1797),
        "width": whole_number(1, 4096),
        "labels": one_of(*_LABELS),
        "seed": whole_number(0, 2**31 - 2),
        "multiple": positive_rational,
        "batch_size": whole_number(1, 1797),
        "sampling": one_of("iid", "shuffled"),
        "epochs": whole_number(1, 10**7),
        "checkpoints": whole_number(2, 500),
        "confidence": one_of("yes", "no"),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
)
