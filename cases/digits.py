"""A tanh network trained to interpolation on scikit-learn's digits, certified under gradient descent."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import jax
import numpy as np
import sympy

from cases.common.parameters import positive_rational, rational_vector, whole_number
from cases.common.plot import Plot, Series
from cases.common.spectral_stability import derive_manifold
from cases.model import CertifiedView, Estimate, NumericView, SymbolicView, Task, case_of
from foundation import InputError
from foundation.optional_packages import needed
from numeric import SGD, GradientDescent, Regression, gram, initial_layers, perceptron, sharpness, train
from symbolic import Derivation, Equal, GradientIs, Step

_CLASSES = 9.0
_INTENSITIES = 16.0
_BUDGET = 20.0


@final
@dataclass(frozen=True)
class Trained:
    """A network at an interpolating minimum, its losses during training, and its tangent-kernel spectrum / N."""

    problem: Regression
    losses: np.ndarray
    eigenvalues: np.ndarray

    @property
    def critical_rate(self) -> float:
        """2 / sharpness, estimated."""
        return 2.0 / float(self.eigenvalues[-1])


@functools.lru_cache(maxsize=4)
def trained_network(examples: int, width: int, seed: int) -> Trained:
    """Train a 64-width-1 tanh network on the first `examples` digits; the target is the class divided by 9."""
    data = needed("sklearn.datasets", "cases").load_digits()
    inputs, targets = data.data[:examples] / _INTENSITIES, data.target[:examples, None] / _CLASSES
    problem = Regression(perceptron(), initial_layers([64, width, 1], jax.random.key(seed)), inputs, targets)
    if problem.dimension < examples:
        raise InputError(f"a width of {width} gives {problem.dimension} parameters for {examples} examples; widen it")
    training = train(problem)
    if not training.converged:
        raise InputError(f"training did not interpolate ({training.message}); choose another width or seed")
    minimum = problem.with_params(training.theta)
    return Trained(minimum, training.losses, np.linalg.eigvalsh(gram(minimum)) / examples)


def _network(values: Mapping[str, Any]) -> Trained:
    return trained_network(values["examples"], values["width"], values["seed"])


def learning_rates(values: Mapping[str, Any]) -> dict[str, float]:
    """The learning rates to certify, by label: the given multiples of the estimated critical one."""
    critical = _network(values).critical_rate
    return {_label(multiple): float(multiple) * critical for multiple in values["multiples"]}


def stochastic_rates(values: Mapping[str, Any]) -> dict[str, float]:
    """The learning rates of SGD, by label: multiples of 2 / max K_ii, below which single steps contract."""
    largest = float(np.diagonal(gram(_network(values).problem)).max())
    return {
        f"eta = {float(multiple):.10g} (2 / max K_ii)": 2.0 * float(multiple) / largest
        for multiple in values["sgd_multiples"]
    }


def _label(multiple: Fraction) -> str:
    return f"eta = {float(multiple):.10g} eta_c"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    return SymbolicView((_layer_form(), derive_manifold()))


def _layer_form() -> Derivation:
    """The tangent kernel of v . tanh(W x + b) + c as a sum over layers, checked for two inputs and two hidden units."""
    x, z = sympy.symbols("x1:3", real=True), sympy.symbols("z1:3", real=True)
    w, b = sympy.Matrix(2, 2, sympy.symbols("w1:5", real=True)), sympy.Matrix(sympy.symbols("b1:3", real=True))
    v, c = sympy.Matrix(sympy.symbols("v1:3", real=True)), sympy.Symbol("c", real=True)
    parameters = (*w, *b, *v, c)
    slopes, outputs = zip(*(_layers(point, w, b, v, c) for point in (x, z)), strict=True)
    gradients = [sympy.Matrix([sympy.diff(output, p) for p in parameters]) for output in outputs]
    hidden = [(w * sympy.Matrix(point) + b).applyfunc(sympy.tanh) for point in (x, z)]
    inner = sum(p * q for p, q in zip(x, z, strict=True))
    form = 1 + hidden[0].dot(hidden[1])
    form += (1 + inner) * sum(v[k] ** 2 * slopes[0][k] * slopes[1][k] for k in range(2))
    steps = (
        Step(
            "The gradient of the network's output with respect to all weights and biases.",
            reason="Chain rule, layer by layer.",
            check=GradientIs(outputs[0], parameters, sympy.ImmutableMatrix(gradients[0])),
        ),
        Step(
            "The inner product of two such gradients splits into a part of the output layer, 1 + h(x) . h(z), and a "
            "part of the hidden layer, (1 + x . z) times the sum of squared output weights times slopes.",
            reason="Expand the product of the gradients at x and z.",
            reference="Jacot, Gabriel, Hongler, Neural tangent kernel, 2018",
            check=Equal(gradients[0].dot(gradients[1]), form),
        ),
    )
    symbols = ((v, "output weights"), (w, "hidden weights"), (b, "hidden biases"), (c, "output bias"))
    return Derivation("The tangent kernel of a network with one hidden layer", symbols, steps)


def _layers(
    point: tuple[sympy.Symbol, ...], w: sympy.Matrix, b: sympy.Matrix, v: sympy.Matrix, c: sympy.Symbol
) -> tuple[sympy.Matrix, sympy.Expr]:
    hidden = (w * sympy.Matrix(point) + b).applyfunc(sympy.tanh)
    return hidden.applyfunc(lambda h: 1 - h**2), v.dot(hidden) + c


def _numeric(values: Mapping[str, Any]) -> NumericView:
    network = _network(values)
    largest = float(network.eigenvalues[-1])
    lanczos = sharpness(network.problem)
    estimates = {
        "sharpness": Estimate(largest, 1e-10 * largest),
        "sharpness (Lanczos)": Estimate(lanczos.value, 1e-6 * largest),
        "smallest normal eigenvalue": Estimate(float(network.eigenvalues[0]), 1e-9 * largest),
        "critical learning rate": Estimate(2 / largest, 1e-10 / largest),
    }
    for label, rate in learning_rates(values).items():
        radius = float(np.abs(1 - rate * network.eigenvalues[[0, -1]]).max())
        estimates[f"spectral radius, {label}"] = Estimate(radius, 1e-9)
    remarks = (
        f"{network.problem.number_of_examples} digits, {network.problem.dimension} parameters; largest residual after "
        f"training {np.abs(network.problem.residual()).max():.1e}.",
    )
    return NumericView(estimates, (_loss_curve(network), _spectrum(network)), remarks)


def _loss_curve(network: Trained) -> Plot:
    steps = np.arange(1, len(network.losses) + 1)
    return Plot(
        "Training to interpolation (Levenberg-Marquardt, then Newton)",
        "step",
        "loss",
        (Series("path", steps, np.maximum(network.losses, 1e-34)),),
        f"The loss falls from {network.losses[0]:.2g} to {network.losses[-1]:.2g} in {len(steps)} steps.",
        {"log_y": True},
    )


def _spectrum(network: Trained) -> Plot:
    ordered = network.eigenvalues[::-1]
    return Plot(
        "Eigenvalues of K / N at the minimum",
        "index",
        "eigenvalue",
        (Series("line", np.arange(1, len(ordered) + 1), ordered),),
        f"The spectrum of the tangent-kernel Gram matrix over N, from {ordered[0]:.3g} down to {ordered[-1]:.3g}.",
        {"log_y": True},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    network, tasks = _network(values), []
    for number, (label, rate) in enumerate(learning_rates(values).items()):
        quantities = {f"spectral radius, {label}": "spectral_radius", f"verdict, {label}": "verdict"}
        if number == 0:
            quantities |= {
                "sharpness": "sharpness",
                "sharpness (Lanczos)": "sharpness",
                "smallest normal eigenvalue": "smallest_curvature",
                "critical learning rate": "critical_learning_rate",
            }
        arguments = {"problem": network.problem, "optimizer": GradientDescent(rate)}
        tasks.append(Task(f"gradient descent, {label}", "minimum", arguments, quantities))
    for multiple, rate in stochastic_rates(values).items():
        optimizer = SGD(rate, values["batch_size"], sampling="iid")
        arguments = {"problem": network.problem, "optimizer": optimizer, "budget": _BUDGET}
        quantities = {f"SGD exponent, {multiple}": "lyapunov_exponent", f"SGD verdict, {multiple}": "verdict"}
        tasks.append(Task(f"SGD, {multiple}", "minimum", arguments, quantities))
    return CertifiedView(tuple(tasks))


def _multiples(value: Any, name: str) -> tuple[Fraction, ...]:
    numbers = rational_vector()(value, name)
    return tuple(positive_rational(number, name) for number in numbers)


CASE = case_of(
    "digits",
    readers={
        "examples": whole_number(2, 1797),
        "width": whole_number(1, 4096),
        "seed": whole_number(0, 2**31 - 1),
        "multiples": _multiples,
        "sgd_multiples": _multiples,
        "batch_size": whole_number(1, 1797),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
)
