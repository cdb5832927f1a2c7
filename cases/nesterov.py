"""Nesterov's method at a minimum: the critical learning rate is lower than heavy ball's."""

from collections.abc import Mapping
from typing import Any

from cases.common import companion_views as views
from cases.common.parameters import as_float, positive_rational
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.momentum import read_momentum
from cases.strict_minimum.case import read_curvatures
from numeric import Nesterov
from symbolic.optimizers import nesterov


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    found = nesterov()
    settings = {"eta": values["learning_rate"], "beta": values["momentum"]}
    return SymbolicView((found.derivation,), views.exact_values(found, values["curvatures"], settings))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    rate, b = as_float(values["learning_rate"]), as_float(values["momentum"])
    problem = views.problem_of(values["curvatures"])
    radius = views.map_spectral_radius(problem, Nesterov(rate, b), views.gradient_of(problem))
    threshold = 2 * (1 + b) / ((1 + 2 * b) * max(as_float(h) for h in values["curvatures"]))
    estimates = {
        views.RADIUS: views.radius_estimate(radius),
        views.RATE: Estimate(threshold, 1e-12 * threshold),
    }
    at = views.float_radius(lambda eta, h: (1.0, -(1 + b) * (1 - eta * h), b * (1 - eta * h)), values["curvatures"])
    return NumericView(estimates, (views.radius_plot(at, threshold, rate, "Nesterov's method"),))


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    optimizer = Nesterov(values["learning_rate"], values["momentum"])
    arguments = {"problem": views.problem_of(values["curvatures"]), "optimizer": optimizer}
    return CertifiedView((Task("Nesterov's method", "minimum", arguments, views.QUANTITIES),))


CASE = case_of(
    "nesterov",
    readers={
        "curvatures": read_curvatures,
        "learning_rate": positive_rational,
        "momentum": read_momentum,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(Known(views.RATE, "3/4", "2 (1 + b)/((1 + 2 b) h)"), Known(views.VERDICT, "STABLE", "1/2 is below 3/4")),
)
