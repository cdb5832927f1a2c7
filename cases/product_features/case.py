"""Phi = t1 t2 + t3 x on the inputs 1 and -1 under SGD: gradients of equal length, an exact stability condition."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax
import numpy as np
import sympy

from cases.common import sgd_views as views
from cases.common.disagreement import region_plot
from cases.common.parameters import as_float, as_sympy, exact_rational, positive_rational
from cases.common.plot import Plot, Series
from cases.common.positive_probability import derive_support
from cases.common.sgd_views import SGDInstance
from cases.model import CertifiedView, Erratum, Known, NumericView, SymbolicView, Task, case_of
from cases.product_features.derivation import S, product_features
from certify.verdict import Verdict
from foundation import InputError
from numeric import SGD, GradientDescent, Regression, training_orbit
from symbolic import AllOf, Definition, Derivation, Equal, Step
from symbolic.sgd_family import derive_regularity_erratum, sgd_family

_PAPER = (
    "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, section 3.5"
)
_STEPS = 4000


def _instance(values: Mapping[str, Any]) -> SGDInstance:
    s = values["t1"] ** 2 + values["t2"] ** 2
    if s == 0:
        raise InputError("t1 and t2 must not both be 0: the gradients are dependent there")
    return SGDInstance(((s + 1, s - 1), (s - 1, s + 1)), values["learning_rate"], 1)


def _regression(values: Mapping[str, Any]) -> Regression:
    """The minimum (t1, t2, t3 = 0) for the targets that it meets: t1 t2 at both inputs."""
    theta = np.array([as_float(values["t1"]), as_float(values["t2"]), 0.0])
    targets = np.full(2, as_float(values["t1"] * values["t2"]))
    return Regression(lambda t, x: t[0] * t[1] + t[2] * x, theta, np.array([1.0, -1.0]), targets)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    instance, found = _instance(values), product_features()
    derivations, exact = views.exact_values(instance)
    exact[views.SGD_VERDICT] = _verdict(instance)
    return SymbolicView((found.derivation, *derivations, derive_support()), exact)


def _verdict(instance: SGDInstance) -> Verdict:
    """Theorem B with its hypotheses: a negative exponent needs linearly independent gradients only, a positive one a
    regular minimum too, which excludes orthogonal gradients (s = 1). Here eta K_ii > 2 is never 1 or 2."""
    excess = instance.rate * instance.gram[0][0] - 2
    if excess < 0:
        return Verdict.STABLE
    connected = instance.gram[0][1] != 0
    return Verdict.UNSTABLE if excess > 0 and connected else Verdict.UNDECIDED


def _numeric(values: Mapping[str, Any]) -> NumericView:
    plots = (_nonlinear(values), views.sweep_plot(_instance(values), "Growth rates against the learning rate"))
    return NumericView(views.estimates(_instance(values)), plots)


def _nonlinear(values: Mapping[str, Any]) -> Plot:
    """Losses of nonlinear SGD from points near the minimum."""
    problem, rate = _regression(values), as_float(values["learning_rate"])
    series = []
    for seed in range(4):
        start = problem.flat_params + 1e-3 * np.random.default_rng(seed).normal(size=3)
        run = training_orbit(problem, SGD(rate), _STEPS, theta=start, key=jax.random.key(seed), every=20)
        kept = np.isfinite(run.losses) & (run.losses > 1e-300)
        series.append(
            Series("line", run.steps[kept], run.losses[kept], "SGD, four starts" if seed == 0 else "", tone=0)
        )
    last = series[0].y[-1] if len(series[0].y) else 0.0
    return Plot(
        "Nonlinear SGD from four points at distance 1e-3 of the minimum",
        "step",
        "loss",
        tuple(series),
        f"The loss of four runs of SGD over {_STEPS} steps; the first one ends at {last:.2g}.",
        {"log_y": True},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    instance, problem = _instance(values), _regression(values)
    descent = {
        views.DESCENT_RADIUS: "spectral_radius",
        views.DESCENT_RATE: "critical_learning_rate",
        views.DESCENT_VERDICT: "verdict",
    }
    rate = values["learning_rate"]
    stochastic = {views.SGD_VERDICT: "verdict", views.SECOND_MOMENT: "second_moment_exponent"}
    exponent = {"family": instance.family().explicit(), "tolerance": 1e-12, "budget": 10.0}
    tasks = (
        Task("gradient descent", "minimum", {"problem": problem, "optimizer": GradientDescent(rate)}, descent),
        Task(
            "SGD", "minimum", {"problem": problem, "optimizer": SGD(rate, sampling="iid"), "budget": 15.0}, stochastic
        ),
        Task("exponent", "exponent", exponent, {views.EXPONENT: "lyapunov_exponent"}),
    )
    return CertifiedView(tasks, {views.SUM: views.proved_sum(instance)}, (_disagreement(),))


def _disagreement() -> Plot:
    """The plane (s, eta); SGD's exact border is eta = 2/(s + 1), that of gradient descent eta = 2/max(s, 1)."""

    def exact(s: Fraction) -> list[list[Fraction]]:
        return [[s + 1, s - 1], [s - 1, s + 1]]

    def gram(s: float) -> np.ndarray:
        return np.array([[s + 1, s - 1], [s - 1, s + 1]])

    marks = [(Fraction(n, 2), Fraction(m, 4)) for n in (1, 3, 5, 7) for m in (1, 2, 3, 5, 7, 9)]
    labels = ("Where gradient descent and SGD disagree", "s = t1^2 + t2^2", "learning rate eta")
    return region_plot(gram, exact, (0.05, 4.0), 2.5, marks, labels)


def _update_map_erratum(values: Mapping[str, Any]) -> Derivation:
    h, eta = sympy.symbols("h eta", positive=True)
    x = sympy.Symbol("x", real=True)
    loss = h * x**2 / 2
    steps = (
        Step(
            (
                "For the batch loss h x^2/2 the printed map x - L'(x) multiplies x by 1 - h, whatever the learning "
                "rate is."
            ),
            reason="Differentiation.",
            check=Equal(x - sympy.diff(loss, x), (1 - h) * x),
        ),
        Step(
            "The update rule above it, x - eta L'(x), multiplies x by 1 - eta h. The two differ by h (1 - eta) x, so "
            "they agree only for eta = 1.",
            reason="Subtraction.",
            check=Equal((x - eta * sympy.diff(loss, x)) - (x - sympy.diff(loss, x)), h * (1 - eta) * x),
        ),
    )
    return Derivation("The update map needs the learning rate", ((h, "curvature"), (eta, "learning rate")), steps)


def _infinite_erratum(values: Mapping[str, Any]) -> Derivation:
    """An admissible minimum of this very network: N = 2 > B = 1, independent gradients, and the exponent -inf."""
    kernel, eta = product_features().kernel, sympy.Rational(1, 2)
    orthogonal = kernel.subs(S, 1).as_immutable()
    first, second = (sgd_family(orthogonal, eta)[(i,)] for i in (0, 1))
    k = sympy.MatrixSymbol("K", 2, 2)
    one, two = (sympy.MatrixSymbol(f"A_{i}", 2, 2) for i in (1, 2))
    steps = (
        Step(
            "N = 2 data points and batches of B = 1: 1 <= B < N holds. At a minimum with t1^2 + t2^2 = 1 the Gram "
            "matrix is 2 I: the gradients are orthogonal, in particular independent.",
            reason="s = 1 in the Gram matrix of this system.",
            check=AllOf((Definition(k, orthogonal), Equal(sympy.Determinant(orthogonal), sympy.Integer(4)))),
        ),
        Step(
            "At eta = 1/2 these are the two updates.",
            reason="A_i = I - eta e_i e_i^T K.",
            check=AllOf((Definition(one, first), Definition(two, second))),
        ),
        Step(
            "A product that contains both updates is 0, in either order. Almost surely both are drawn, so all later "
            "products vanish, and the limit of (1/n) log |A_n ... A_1| is minus infinity: no real number.",
            reason="Multiplication; a coin does not show one side for ever.",
            check=AllOf(
                (
                    Equal(sympy.MatMul(first, second, evaluate=False), sympy.zeros(2, 2).as_immutable()),
                    Equal(sympy.MatMul(second, first, evaluate=False), sympy.zeros(2, 2).as_immutable()),
                )
            ),
        ),
    )
    meanings = ((k, "Gram matrix"), (one, "update with the first data point"), (two, "update with the second"))
    return Derivation("The exponent may be minus infinity", meanings, steps)


def _regularity_erratum(values: Mapping[str, Any]) -> Derivation:
    return derive_regularity_erratum(_instance(values).matrix, as_sympy(values["learning_rate"]))


def _number(value: Any, name: str) -> Fraction:
    return exact_rational(value, name)


CASE = case_of(
    "product-features",
    readers={
        "t1": _number,
        "t2": _number,
        "learning_rate": positive_rational,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(views.EXPONENT, "-0.1880720430734554388", "independent computation"),
        Known(views.SGD_VERDICT, "STABLE", "eta (s + 1) = 1/2 < 2"),
    ),
    errata=(
        Erratum(
            "Definition 3.13 (i) asks Id - A to be invertible for the linearised updates A of all batches.",
            "Id - A_S has rank at most qB < qN. Definition 2.2 of the paper cited there asks eta K_ii to be neither "
            "1 nor 2 for batches of one.",
            _regularity_erratum,
        ),
        Erratum(
            "The update map of a batch is printed as theta - grad L_S(theta).",
            "The update map of a batch is theta - eta grad L_S(theta).",
            _update_map_erratum,
        ),
        Erratum(
            "Theorem 3.12 states that the Lyapunov exponent is a real number.",
            "The Lyapunov exponent lies in [-inf, inf): it is minus infinity when the products vanish.",
            _infinite_erratum,
        ),
    ),
)
