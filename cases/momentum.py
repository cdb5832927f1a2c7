"""Gradient descent with momentum (heavy ball), and SGD with momentum through its block matrices."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax

from cases.common import companion_views as views
from cases.common.parameters import as_float, exact_rational, positive_rational
from cases.common.sgd_views import feature_gram
from cases.features import regression
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.strict_minimum.case import read_curvatures
from certify.arithmetic.rational import rational_ball
from certify.lyapunov.families.sgd_family import sgd_family
from certify.minimum.momentum_family import momentum_family
from foundation import InputError
from numeric import SGD, HeavyBall, gradient
from numeric.lyapunov import lyapunov_exponents
from symbolic.optimizers import heavy_ball

_STOCHASTIC = "SGD with momentum: exponent"
_INPUTS, _POWERS = (Fraction(1), Fraction(2)), (1, 2)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    found = heavy_ball()
    settings = {"eta": values["learning_rate"], "beta": values["momentum"]}
    return SymbolicView((found.derivation,), views.exact_values(found, values["curvatures"], settings))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    rate, b = as_float(values["learning_rate"]), as_float(values["momentum"])
    problem = views.problem_of(values["curvatures"])
    assert not gradient(problem).any()
    radius = views.map_spectral_radius(problem, HeavyBall(rate, b), views.gradient_of(problem))
    threshold = 2 * (1 + b) / max(as_float(h) for h in values["curvatures"])
    estimates = {
        views.RADIUS: views.radius_estimate(radius),
        views.RATE: Estimate(threshold, 1e-12 * threshold),
        _STOCHASTIC: _exponent(values),
    }
    at = views.float_radius(lambda eta, h: (1.0, -(1 + b - eta * h), b), values["curvatures"])
    return NumericView(estimates, (views.radius_plot(at, threshold, rate, "Heavy ball"),))


def _block_family(values: Mapping[str, Any]) -> Any:
    gram = [list(row) for row in feature_gram(_INPUTS, _POWERS)]
    family = sgd_family(gram, values["stochastic_rate"])
    return momentum_family(family, rational_ball(values["momentum"]))


def _exponent(values: Mapping[str, Any]) -> Estimate:
    matrices = _block_family(values).matrices.mid
    found = lyapunov_exponents(matrices, key=jax.random.key(0), tolerance=1e-3, maximum_steps=50_000)
    return Estimate(float(found.exponents[0]), 5 * float(found.errors[0]) + 1e-9)


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    rate, b = values["learning_rate"], values["momentum"]
    strict = {"problem": views.problem_of(values["curvatures"]), "optimizer": HeavyBall(rate, b)}
    stochastic = {
        "problem": regression(_INPUTS, _POWERS),
        "optimizer": SGD(values["stochastic_rate"], 1, b, sampling="iid"),
        "budget": 10.0,
    }
    return CertifiedView(
        (
            Task("heavy ball", "minimum", strict, views.QUANTITIES),
            Task("SGD with momentum", "minimum", stochastic, {_STOCHASTIC: "lyapunov_exponent"}),
        )
    )


def read_momentum(value: Any, name: str) -> Fraction:
    """An exact number in [0, 1)."""
    number = exact_rational(value, name)
    if not 0 <= number < 1:
        raise InputError(f"{name} must lie in [0, 1), but is {value!r}")
    return number


CASE = case_of(
    "momentum",
    readers={
        "curvatures": read_curvatures,
        "learning_rate": positive_rational,
        "momentum": read_momentum,
        "stochastic_rate": positive_rational,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(Known(views.RATE, "3/2", "2 (1 + b) / h"), Known(views.VERDICT, "STABLE", "eta = 1/2 is below 3/2")),
)
