"""Strict minima: rho(I - eta Hess L) < 1, the threshold 2 / lambda_max, and what decides when rho = 1."""

import functools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy, exact_rational, positive_rational, rational_vector
from cases.common.plot import Plot, Series
from cases.common.positive_probability import derive_milnor
from cases.common.spectral_stability import derive_strict
from cases.common.told import counted
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.strict_minimum.derivation import derive_quadratic_approximation_erratum, derive_strict_erratum
from certify.verdict import Verdict
from foundation import InputError
from numeric import GradientDescent, Regression, orbit, sharpness
from symbolic import Derivation, SignIs, Step, analyse_loss
from symbolic.checks import AllOf, Definition, Equal, HessianIs, at

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_LARGE = 100_000
_LARGE_LABEL = f"sharpness of a quadratic with D = {_LARGE} (Lanczos)"


def separable(curvatures: tuple[Fraction, ...], quartic: Fraction = Fraction(0)) -> Regression:
    """L = sum_k h_k t_k^2 / 2 + s t_m^4 / 4 near 0, m the sharpest direction, as a regression with targets 0.

    Output k is t_k sqrt(h_k + s_k t_k^2 / 2); one more, idle output makes the minimum strict in the sense D < qN. The
    numerators and denominators of h and s are data, so that the square roots are those of the exact rationals.
    """
    sharpest = int(np.argmax([float(h) for h in curvatures]))
    quartics = [quartic if k == sharpest else Fraction(0) for k in range(len(curvatures))]
    rows = [(as_float(Fraction(h.numerator)), as_float(Fraction(h.denominator))) for h in (*curvatures, *quartics)]
    data = np.array(rows).reshape(2, len(curvatures), 2).transpose(0, 2, 1).reshape(1, 4, len(curvatures))
    return Regression(_predict, np.zeros(len(curvatures)), data, np.zeros((1, len(curvatures) + 1)))


def _predict(theta: Any, x: Any) -> Any:
    curvature, quartic = x[0] / x[1], x[2] / x[3]
    return jnp.concatenate([theta * jnp.sqrt(curvature + quartic * theta * theta / 2), jnp.zeros(1)])


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    curvatures = [as_sympy(h) for h in values["curvatures"]]
    rate, quartic = as_sympy(values["learning_rate"]), as_sympy(values["quartic"])
    names = sympy.symbols(f"t1:{len(curvatures) + 1}", real=True)
    loss = sympy.Add(*[h * t**2 / 2 for h, t in zip(curvatures, names, strict=True)])
    analysis = analyse_loss(loss, names, rate, point=(0,) * len(names))
    verdict, argument = _verdict(max(curvatures), rate, quartic, values)
    whole = (_quadratic_part(loss, names, curvatures, quartic),) if quartic else ()
    exact: dict[str, Any] = {
        "sharpness": max(curvatures),
        "critical learning rate": 2 / max(curvatures),
        "spectral radius": max(abs(1 - rate * h) for h in curvatures),
        "verdict": verdict,
        _LARGE_LABEL: sympy.Integer(4),
    }
    return SymbolicView((*whole, analysis.derivation, *argument, derive_milnor(), derive_strict()), exact)


def _quadratic_part(
    loss: sympy.Expr, names: tuple[sympy.Symbol, ...], curvatures: list[sympy.Rational], quartic: sympy.Rational
) -> Derivation:
    """The loss of the system has a quartic term; its Hessian at 0 is that of the quadratic part, which follows."""
    whole, sharpest = sympy.Symbol("L_s"), names[curvatures.index(max(curvatures))]
    form = loss + quartic * sharpest**4 / 4
    hessian = sympy.hessian(form, names)
    at_zero = [
        Equal(at(hessian[i, i], (t, sympy.Integer(0))), curvatures[i]) for i, t in enumerate(names) if t == sharpest
    ]
    steps = (
        Step("The loss of this system.", reason="Definition.", check=Definition(whole, form)),
        Step(
            "The quartic term does not change the Hessian at 0: what follows first is said of the quadratic part L.",
            reason="Differentiation; the other second derivatives are constant.",
            check=AllOf((HessianIs(whole, names, hessian.as_immutable()), *at_zero)),
        ),
    )
    symbols = ((whole, "loss"), *((t, "parameter") for t in names))
    return Derivation("The loss, and its quadratic part", symbols, steps)


def _verdict(
    largest: sympy.Rational, rate: sympy.Rational, quartic: sympy.Rational, values: Mapping[str, Any]
) -> tuple[Verdict, tuple[Derivation, ...]]:
    """The sign of rho - 1; at rho = 1 the quartic coefficient of the loss along the sharpest direction."""
    excess = rate * largest - 2
    eta, h = sympy.symbols("eta h", positive=True)
    symbols = ((eta, "learning rate"), (h, "sharpness"))
    if excess != 0:
        relation, verdict = ("<", Verdict.STABLE) if excess < 0 else (">", Verdict.UNSTABLE)
        reason = "Theorem 3.5: the spectral radius is below one iff eta lambda_max < 2."
        step = Step(
            f"eta times the sharpness is {rate * largest}, so the minimum is {verdict.value}.",
            reason=reason,
            reference=f"{_PAPER}, Theorem 3.5 and (17)",
            check=SignIs(at(eta * h - 2, (eta, rate), (h, largest)), relation),
        )
        return verdict, (Derivation("The verdict at this learning rate", symbols, (step,)),)
    if list(values["curvatures"]).count(max(values["curvatures"])) > 1 or quartic == 0:
        return Verdict.UNSTABLE, (_flipping(rate, largest),)
    x = sympy.Symbol("x", real=True)
    boundary = analyse_loss(largest * x**2 / 2 + quartic * x**4 / 4, (x,), rate, point=(0,))
    return (Verdict.STABLE if quartic < 0 else Verdict.UNSTABLE), (boundary.derivation,)


def _flipping(rate: sympy.Rational, largest: sympy.Rational) -> Derivation:
    """A sharpest direction without a quartic term is multiplied by -1 for ever."""
    eta, h, x = sympy.symbols("eta h x", real=True)
    step = Step(
        "Along a sharpest direction in which the loss is exactly h x^2/2 a step takes x to -x: unless x = 0, a set of "
        "measure zero, the orbit never converges. The minimum is not Milnor stable.",
        reason="Substitution; the other coordinates do not enter.",
        reference=f"{_PAPER}, Definition 3.2",
        check=Equal(at((1 - eta * h) * x, (eta, rate), (h, largest)), -x),
    )
    symbols = ((eta, "learning rate"), (h, "sharpness"), (x, "coordinate along a sharpest direction"))
    return Derivation("The verdict at the critical learning rate", symbols, (step,))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    curvatures = np.array([as_float(h) for h in values["curvatures"]])
    rate, quartic = as_float(values["learning_rate"]), as_float(values["quartic"])
    largest = float(curvatures.max())
    estimates = {
        "sharpness": _estimate(largest),
        "critical learning rate": _estimate(2 / largest),
        "spectral radius": _estimate(float(np.abs(1 - rate * curvatures).max())),
        _LARGE_LABEL: _large_sharpness(),
    }
    return NumericView(estimates, (_orbits(largest, rate, quartic),))


def _estimate(value: float) -> Estimate:
    return Estimate(value, 1e-13 * max(1.0, abs(value)))


@functools.lru_cache(maxsize=1)
def _large_sharpness() -> Estimate:
    """Lanczos on L = 1/2 sum_k h_k t_k^2 with h_k = 3 k / D, except the last one, which is 4."""
    curvatures = 3.0 * np.arange(1, _LARGE + 1) / _LARGE
    curvatures[-1] = 4.0

    def predict(theta: Any, x: Any) -> Any:
        return jnp.sqrt(x) * theta

    found = sharpness(Regression(predict, np.zeros(_LARGE), curvatures[None], np.zeros((1, _LARGE))))
    return Estimate(found.value, max(10 * found.residual, 1e-9))


def _orbits(largest: float, rate: float, quartic: float) -> Plot:
    """|x_n| along the sharpest direction, for h x^2/2 + s x^4/4."""
    path = orbit(lambda x: x - rate * (largest * x + quartic * x**3), np.array([0.1]), 200)
    size = np.abs(path.points[:, 0])
    seen = np.isfinite(size) & (size < 1e6) & (size > 1e-300)
    steps = np.arange(len(size))[seen]
    return Plot(
        "Gradient descent along the sharpest direction, from 0.1",
        "step n",
        "distance |x_n| from the minimum",
        (Series("path", steps, size[seen], f"h = {largest:g}, s = {quartic:g}, eta = {rate:g}"),),
        f"The distance from the minimum over {counted(int(steps[-1]), 'step')}: it starts at 0.1 and ends at "
        f"{size[seen][-1]:.3g}" + (", beyond which it leaves the picture." if steps[-1] < 200 else "."),
        {"log_y": True},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    problem = separable(values["curvatures"], values["quartic"])
    arguments = {"problem": problem, "optimizer": GradientDescent(values["learning_rate"])}
    quantities = {
        "sharpness": "sharpness",
        "critical learning rate": "critical_learning_rate",
        "spectral radius": "spectral_radius",
        "verdict": "verdict",
    }
    return CertifiedView((Task("strict minimum", "minimum", arguments, quantities),))


def read_curvatures(value: Any, name: str) -> tuple[Fraction, ...]:
    """At most 50 exact numbers above zero."""
    numbers = tuple(positive_rational(number, name) for number in rational_vector()(value, name))
    if len(numbers) > 50:
        raise InputError(f"{name} holds {len(numbers)} numbers; the derivation is written out for at most 50")
    return numbers


CASE = case_of(
    "strict-minimum",
    readers={
        "curvatures": read_curvatures,
        "learning_rate": positive_rational,
        "quartic": exact_rational,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known("critical learning rate", "1/2", "2 / 4"),
        Known("verdict", "STABLE", "eta = 2/5 is below 1/2"),
    ),
    errata=(
        Erratum(
            (
                "Remark 3.6 approximates the loss by L(theta*) + <theta - theta*, Hess L (theta - theta*)>, without "
                "a factor."
            ),
            "The quadratic approximation is L(theta*) + 1/2 <theta - theta*, Hess L (theta - theta*)>.",
            lambda values: derive_quadratic_approximation_erratum(),
        ),
        Erratum(
            "A strict local minimum is said to be one whose Hessian is positive definite.",
            "Strict minima may have a vanishing Hessian (x^4); the theorem needs a positive definite Hessian.",
            lambda values: derive_strict_erratum(),
        ),
    ),
)
