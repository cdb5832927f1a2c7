"""Phi = theta . psi(x) with monomial features under SGD, any number of data, any batch size."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy

from cases.common import sgd_views as views
from cases.common.disagreement import region_plot
from cases.common.parameters import as_float, as_sympy, positive_rational, rational_vector, whole_number
from cases.common.plot import Plot
from cases.common.sgd_views import SGDInstance
from cases.common.spectral_stability import derive_manifold
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from foundation import InputError
from numeric import SGD, GradientDescent, Regression
from symbolic.gram import gram_matrix
from symbolic.renewal import renewal_series

_MOST_INPUTS = 6


def instance_of(values: Mapping[str, Any]) -> SGDInstance:
    """The exact instance that the parameters describe."""
    gram = views.feature_gram(values["inputs"], values["powers"])
    return SGDInstance(gram, values["learning_rate"], values["batch_size"])


def regression(inputs: tuple[Fraction, ...], powers: tuple[int, ...]) -> Regression:
    """theta -> sum_p theta_p x^p at theta = 1, where it meets its own outputs."""
    x = np.array([as_float(value) for value in inputs])

    def predict(theta: Any, point: Any) -> Any:
        return sum(theta[k] * (point**p if p else jnp.ones_like(point)) for k, p in enumerate(powers))

    targets = sum(x**p for p in powers)
    return Regression(predict, np.ones(len(powers)), x, np.asarray(targets, dtype=float))


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    """K from the network, the sum of the exponents, thresholds, regularity, and the renewal series when it exists."""
    instance = instance_of(values)
    x = sympy.Symbol("x", real=True)
    names = sympy.symbols(f"theta1:{len(values['powers']) + 1}", real=True)
    network = sympy.Add(*[name * x**p for name, p in zip(names, values["powers"], strict=True)])
    kernel = gram_matrix(network, names, x, [as_sympy(value) for value in values["inputs"]])
    derivations, exact = views.exact_values(instance)
    return SymbolicView((kernel.derivation, *derivations, *_renewal(instance), derive_manifold()), exact)


def _renewal(instance: SGDInstance) -> tuple[Any, ...]:
    try:
        return (renewal_series(instance.matrix, as_sympy(instance.rate)).derivation,)
    except InputError:
        return ()


def numeric_view(values: Mapping[str, Any]) -> NumericView:
    """Benettin exponents, second moment and gradient descent in floating point."""
    instance = instance_of(values)
    remark = (
        f"N = {instance.size} data points, batches of {instance.batch_size}; exponents by Benettin's method, with an "
        "error bar of five standard errors."
    )
    found: dict[str, Estimate] = views.estimates(instance)
    return NumericView(found, (), (remark,))


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    """The minimum under SGD and gradient descent, the exponent of the exact matrices, and proved points of a sweep."""
    instance = instance_of(values)
    problem = regression(values["inputs"], values["powers"])
    optimizer = SGD(values["learning_rate"], batch_size=instance.batch_size, sampling="iid")
    descent = {
        views.DESCENT_RADIUS: "spectral_radius",
        views.DESCENT_RATE: "critical_learning_rate",
        views.DESCENT_VERDICT: "verdict",
    }
    tasks = [
        Task(
            "gradient descent",
            "minimum",
            {"problem": problem, "optimizer": GradientDescent(values["learning_rate"])},
            descent,
        )
    ]
    proved: dict[str, Any] = {views.SUM: views.proved_sum(instance)}
    stochastic = {views.SGD_VERDICT: "verdict", views.SECOND_MOMENT: "second_moment_exponent"}
    tasks.append(Task("SGD", "minimum", {"problem": problem, "optimizer": optimizer, "budget": 10.0}, stochastic))
    family = instance.family().explicit()
    if family is not None:
        arguments = {"family": family, "tolerance": 1e-10, "budget": values["budget"]}
        tasks.append(Task("exponent", "exponent", arguments, {views.EXPONENT: "lyapunov_exponent"}))
    plots = (_sweep(instance), *disagreement(values))
    return CertifiedView(tuple(tasks), proved, plots)


def disagreement(values: Mapping[str, Any]) -> tuple[Plot, ...]:
    """Where gradient descent and SGD with batches of one disagree, for two inputs; otherwise nothing."""
    inputs = values["inputs"]
    if len(inputs) != 2 or inputs[0] == 0:
        return ()

    def exact(ratio: Fraction) -> list[list[Fraction]]:
        pair = (inputs[0], ratio * inputs[0])
        gram = [[sum(((x * y) ** p for p in values["powers"]), Fraction(0)) for y in pair] for x in pair]
        unit = (gram[0][0] + gram[1][1]) / 4
        return [[entry / unit for entry in row] for row in gram]

    marks = [(Fraction(n, 4), Fraction(m, 5)) for n in (-9, -6, -3, 3, 6, 9) for m in (2, 5, 7, 8, 9)]
    labels = (
        "Where gradient descent and SGD (B = 1) disagree, for inputs x1 fixed and x2 = r x1",
        "ratio r = x2 / x1",
        "eta times the mean of K_ii, over 2",
    )

    def gram(ratio: float) -> np.ndarray:
        return np.array([[as_float(entry) for entry in row] for row in exact(Fraction(ratio))])

    return (region_plot(gram, exact, (-3.0, 3.0), 2.1, marks, labels),)


def _sweep(instance: SGDInstance) -> Plot:
    return views.sweep_plot(
        instance, f"Growth rates against the learning rate, N = {instance.size}, B = {instance.batch_size}"
    )


def read_inputs(value: Any, name: str) -> tuple[Fraction, ...]:
    """Two to six distinct inputs."""
    numbers = rational_vector()(value, name)
    if len(numbers) > _MOST_INPUTS or len(set(numbers)) < len(numbers):
        raise InputError(f"{name} must hold at most {_MOST_INPUTS} distinct numbers, but is {value!r}")
    return numbers


def read_powers(value: Any, name: str) -> tuple[int, ...]:
    """Distinct whole powers from 0 to 12."""
    numbers = rational_vector()(value, name)
    read = whole_number(0, 12)
    powers = tuple(read(number, name) for number in numbers)
    if len(set(powers)) < len(powers):
        raise InputError(f"{name} must hold distinct powers, but is {value!r}")
    return powers


READERS = {
    "inputs": read_inputs,
    "powers": read_powers,
    "learning_rate": positive_rational,
    "batch_size": whole_number(1, _MOST_INPUTS),
    "budget": lambda v, n: as_float(positive_rational(v, n)),
}

CASE = case_of(
    "features",
    readers=READERS,
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(views.EXPONENT, "-0.00367856843944", "independent computation"),
        Known(views.SGD_VERDICT, "STABLE", "negative exponent at a regular minimum"),
    ),
)
