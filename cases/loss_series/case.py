"""The loss as a time series at a very large learning rate: autocorrelation and exponents, with null models."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np
import sympy

from cases.common.iris import NETWORK_READERS, IrisNetwork, iris_network
from cases.common.parameters import as_float, positive_rational, whole_number
from cases.common.readers import bounded_rational
from cases.loss_series.autocorrelation import Autocorrelation, autocorrelation, correlations
from cases.loss_series.definitions import derive_estimators
from cases.loss_series.derivation import derive_autoregression, derive_logistic_exponent
from cases.loss_series.figures import autocorrelation_plot, local_plots, series_plots, stretching_plot
from cases.loss_series.irregular import irregular_section
from cases.loss_series.kantz import LocalExpansion, Stretching, kantz, local_expansion
from cases.loss_series.known_series import COEFFICIENT, autoregression, logistic, logistic_exponent
from cases.loss_series.surrogates import phase_randomised, shuffled
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, case_of
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure
from certify.trajectories.orbit import orbit
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric.trajectories import descend, draw, growth_along, growth_rate

_LOGISTIC, _REGRESSION = "Kantz exponent of the logistic map", "autocorrelation of an autoregression, lag 1"
_NOISE = "autocorrelation of white noise, lag 1"
_FIT = (1, 6)
_HORIZON = 12
_EXCLUSION = 50
_LEAST = 300
_TRANSIENT = 200
_BITS_PER_STEP = 16


@final
@dataclass(frozen=True)
class Section:
    """The longest irregular stretch of the losses of several runs: its first step, losses (T,) and points (T, D)."""

    run: int
    first: int
    losses: np.ndarray
    points: np.ndarray


def section(iris: IrisNetwork, values: Mapping[str, Any]) -> Section:
    """The longest irregular section; `InputError` when none has 300 steps."""
    count, rate = values["initial_conditions"], as_float(values["learning_rate"])
    run = descend(iris.network, _starts(iris, count, values["seed"]), rate, values["steps"])
    found = [irregular_section(row[_TRANSIENT:-1]) for row in run.losses]
    best = max(range(count), key=lambda k: len(found[k]))
    where = slice(_TRANSIENT + found[best].start, _TRANSIENT + found[best].stop)
    if len(found[best]) < _LEAST:
        raise InputError(
            f"none of {count} runs is irregular for {_LEAST} steps (the longest section has {len(found[best])}); raise "
            "steps, initial_conditions or learning_rate"
        )
    return Section(best, where.start, run.losses[best, where], run.parameters[best, where])


def _starts(iris: IrisNetwork, count: int, seed: int) -> np.ndarray:
    return np.stack([draw(iris.network, k, 1e-8, 1, seed)[0] for k in range(count)])


@final
@dataclass(frozen=True)
class Analysis:
    """Everything that is estimated from the irregular section."""

    correlation: Autocorrelation
    loss: Stretching
    shuffled: Stretching
    linear: Stretching
    local: LocalExpansion
    local_shuffled: LocalExpansion


def _analysis(losses: np.ndarray, values: Mapping[str, Any]) -> Analysis:
    generator = np.random.default_rng((values["seed"], 3))
    radius = as_float(values["neighbourhood"]) * float(np.ptp(losses))
    options: dict[str, Any] = {
        "radius": radius,
        "dimension": values["dimension"],
        "exclusion": _EXCLUSION,
        "fit": _FIT,
    }
    mixed, linear = shuffled(losses, generator), phase_randomised(losses, generator)
    return Analysis(
        autocorrelation(losses, values["lags"], generator=generator, realisations=values["realisations"]),
        kantz(losses, _HORIZON, **options),
        kantz(mixed, _HORIZON, **options),
        kantz(linear, _HORIZON, **options),
        local_expansion(losses, _HORIZON, **options),
        local_expansion(mixed, _HORIZON, **options),
    )


def _numeric(values: Mapping[str, Any]) -> NumericView:
    iris, rate = iris_network(values), as_float(values["learning_rate"])
    part = section(iris, values)
    found = _analysis(part.losses, values)
    direction = np.random.default_rng((values["seed"], 4)).standard_normal(iris.network.dimension)
    tangent = growth_rate(growth_along(iris.network, part.points, direction, rate))
    estimates = _of_section(found) | {
        "exponent of the tangent vectors along it": Estimate(float(tangent.rate[0]), 2 * float(tangent.error[0])),
        **_calibration(values),
        **_first_losses(iris, values),
    }
    curves = {"loss": found.loss, "same values, shuffled": found.shuffled, "same spectrum": found.linear}
    plots = (
        *series_plots(part.losses, part.first, rate),
        autocorrelation_plot(found.correlation),
        *local_plots(found.local, _FIT),
        stretching_plot(curves),
    )
    remark = f"Initial condition {part.run + 1} is irregular for {len(part.losses)} steps from step {part.first} on."
    return NumericView(estimates, plots, (remark, *_verdicts(found)))


def _of_section(found: Analysis) -> dict[str, Estimate]:
    lags = len(found.correlation.values) - 1
    growing = [local.significant() for local in (found.local, found.local_shuffled)]
    estimates = {
        f"lags of {lags} with significant autocorrelation": Estimate(float(len(found.correlation.significant)), 0.0),
        "Kantz exponent of the loss": Estimate(found.loss.exponent, 2 * found.loss.error),
        "Kantz exponent, shuffled": Estimate(found.shuffled.exponent, 2 * found.shuffled.error),
        "Kantz exponent, same spectrum": Estimate(found.linear.exponent, 2 * found.linear.error),
    }
    names = ("share of reference points that grow", "share that grows, shuffled")
    for name, chosen in zip(names, growing, strict=True):
        estimates[name] = Estimate(float(chosen.mean()), 2 * float(np.sqrt(chosen.mean() * (1 - chosen.mean()) / 100)))
    return estimates


def _verdicts(found: Analysis) -> tuple[str, ...]:
    """In words: whether the null models are excluded."""
    words = []
    for name, null in (("shuffled values", found.shuffled), ("a linear process of the same spectrum", found.linear)):
        distance = (found.loss.exponent - null.exponent) / np.hypot(found.loss.error, null.error)
        decided = "is not what" if distance > 3 else "cannot be told from what"
        words.append(f"The stretching of the loss {decided} {name} would show ({distance:.1f} standard errors).")
    return tuple(words)


def _calibration(values: Mapping[str, Any]) -> dict[str, Estimate]:
    """The same estimators on series with known answers."""
    count, generator = values["calibration"], np.random.default_rng((values["seed"], 5))
    known = kantz(logistic(count, generator), 8, radius=1e-3, fit=(0, 4))
    regression, noise = autoregression(count, generator), generator.standard_normal(count)
    estimates = {_LOGISTIC: Estimate(known.exponent, 4 * known.error + 0.02)}
    for name, series in ((_REGRESSION, regression), (_NOISE, noise)):
        found = autocorrelation(series, 1, generator=generator, realisations=50)
        estimates[name] = Estimate(float(found.values[1]), 4 * float(found.errors[1]))
    return estimates


def _proved_names(values: Mapping[str, Any]) -> tuple[str, str]:
    steps = values["proved_steps"]
    return f"mean loss over the first {steps} steps", f"autocorrelation at lag 3 of these {steps} losses"


def _first_losses(iris: IrisNetwork, values: Mapping[str, Any]) -> dict[str, Estimate]:
    """Mean and autocorrelation of the first losses; the error is what starts moved by rounding make of it."""
    start, steps = _starts(iris, 1, values["seed"])[0], values["proved_steps"]
    generator = np.random.default_rng((values["seed"], 6))
    starts = np.concatenate([start[None], start * (1 + 1e-16 * generator.integers(-4, 5, (8, len(start))))])
    losses = descend(iris.network, starts, as_float(values["learning_rate"]), steps).losses[:, :steps]
    means, lags = losses.mean(axis=1), correlations(losses, 3)[:, 3]
    found = zip(_proved_names(values), (means, lags), strict=True)
    return {name: Estimate(float(v[0]), 2 * float(np.ptp(v)) + 1e-10) for name, v in found}


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    iris, steps = iris_network(values), values["proved_steps"]
    start = _starts(iris, 1, values["seed"])[0]
    proved = dict(zip(_proved_names(values), _proved_losses(iris, start, values["learning_rate"], steps), strict=True))
    return CertifiedView(values={_LOGISTIC: logistic_exponent(), **proved})


def _proved_losses(iris: IrisNetwork, start: np.ndarray, rate: Fraction, steps: int) -> tuple[Enclosure, Enclosure]:
    """Mean and lag-3 autocorrelation of the first losses of the exact orbit."""
    bits = 128 + _BITS_PER_STEP * steps
    losses = [moment.loss for moment in orbit(iris.exact, start, rate, steps - 1, bits)]
    with arb_precision(bits):
        mean = sum(losses, flint.arb(0)) / steps
        rest = [loss - mean for loss in losses]
        lagged = sum((a * b for a, b in zip(rest, rest[3:], strict=False)), flint.arb(0))
        ratio = lagged / sum((a * a for a in rest), flint.arb(0))
    return arb_enclosure(mean), arb_enclosure(ratio)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    exact = {_LOGISTIC: sympy.log(2), _REGRESSION: sympy.Rational(str(COEFFICIENT)), _NOISE: sympy.Integer(0)}
    return SymbolicView((derive_estimators(), derive_logistic_exponent(), derive_autoregression()), exact)


CASE = case_of(
    "loss-series",
    readers={
        **NETWORK_READERS,
        "seed": whole_number(0, 2**31),
        "learning_rate": positive_rational,
        "steps": whole_number(_TRANSIENT + _LEAST, 100_000),
        "initial_conditions": whole_number(1, 200),
        "lags": whole_number(3, 200),
        "realisations": whole_number(20, 100_000),
        "dimension": whole_number(1, 10),
        "neighbourhood": bounded_rational("1e-6", 1),
        "calibration": whole_number(1000, 100_000),
        "proved_steps": whole_number(8, 400),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(Known(_LOGISTIC, "0.6931471805599453", "log 2: the map is conjugate to doubling the angle"),),
)
