"""Adam at a minimum, where its second moments are small against eps."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.common import companion_views as views
from cases.common.parameters import as_float, positive_rational
from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.momentum import read_momentum
from cases.strict_minimum.case import read_curvatures
from numeric import Adam, training_orbit
from symbolic.optimizers import adam

_STEPS = 600


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    found = adam()
    settings = {"eta": values["learning_rate"], "beta_1": values["b1"], "epsilon": values["eps"]}
    return SymbolicView((found.derivation,), views.exact_values(found, values["curvatures"], settings))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    rate, b1, eps = (as_float(values[name]) for name in ("learning_rate", "b1", "eps"))
    at = views.float_radius(lambda eta, h: (1.0, -(1 + b1 - eta / eps * (1 - b1) * h), b1), values["curvatures"])
    threshold = 2 * eps * (1 + b1) / ((1 - b1) * max(as_float(h) for h in values["curvatures"]))
    estimates = {
        views.RADIUS: views.radius_estimate(at(rate)),
        views.RATE: Estimate(threshold, 1e-12 * threshold),
    }
    return NumericView(estimates, (_orbits(values), views.radius_plot(at, threshold, rate, "Adam")))


def _orbits(values: Mapping[str, Any]) -> Plot:
    """Adam as optax runs it, from starts inside and outside the neighbourhood that the linearisation describes."""
    rate, eps = as_float(values["learning_rate"]), as_float(values["eps"])
    problem = views.problem_of(values["curvatures"])
    optimizer = Adam(rate, as_float(values["b1"]), as_float(values["b2"]), eps)
    largest = max(as_float(h) for h in values["curvatures"])
    series = []
    for tone, factor in enumerate((1e-4, 1e-2, 1.0, 100.0)):
        start = np.full(problem.dimension, factor * eps / largest)
        run = training_orbit(problem, optimizer, _STEPS, theta=start)
        size = np.linalg.norm(run.parameters, axis=1) / np.linalg.norm(start)
        kept = np.isfinite(size) & (size > 1e-18)
        series.append(Series("line", run.steps[kept], size[kept], f"first gradient {factor:g} eps", tone=tone))
    return Plot(
        "Adam from four distances: only gradients far below eps follow the linearisation",
        "step",
        "distance from the minimum / first distance",
        tuple(series),
        f"Relative distance over {_STEPS} steps for first gradients of 0.0001, 0.01, 1 and 100 times eps.",
        {"log_y": True},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    settings = {name: values[name] for name in ("learning_rate", "b1", "b2", "eps")}
    arguments = {"problem": views.problem_of(values["curvatures"]), "optimizer": Adam(**settings)}
    return CertifiedView((Task("Adam", "minimum", arguments, views.QUANTITIES),))


CASE = case_of(
    "adam",
    readers={
        "curvatures": read_curvatures,
        "learning_rate": positive_rational,
        "b1": read_momentum,
        "b2": read_momentum,
        "eps": positive_rational,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(Known(views.RATE, "0.0029296875", "2 eps (1 + b1)/((1 - b1) h)"), Known(views.VERDICT, "STABLE", "exact")),
)
