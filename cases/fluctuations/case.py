"""How far a random network is from its limit: law of large numbers and central limit theorem in time."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from cases.common.dobrushin import derive_dobrushin
from cases.common.parameters import as_float, as_sympy, whole_number
from cases.common.particle_limit import derive_law_of_large_numbers
from cases.common.readers import bounded_rational
from cases.common.sizes import whole_numbers
from cases.fluctuations import derivation as exact_laws
from cases.fluctuations.estimates import InitialLaw, charge_flow_ensemble, full_flow_ensemble
from cases.fluctuations.figures import PARTICLES, healing_plot, histogram_plot, variance_plot
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from certify.integral import arb_enclosure, exact_arb, integral_arb
from foundation.arb_precision import arb_precision
from symbolic import Derivation

_MEAN, _START = "mean of f_n(0, x)", "C_phi, n times the variance of f_n(0, x)"
_PATH, _LATER = "limit f_0(t, x)", "limit of n times the variance of f_n(t, x)"
_BITS = 128
_REPLICAS = 3000
_POINTS = 16
_ENOUGH = 3000


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    kappa, variance, x, mean, spread, target, t = (
        as_sympy(values[name]) for name in ("kappa", "variance", "x", "mean", "charge_variance", "target", "time")
    )
    unit = {k: exact_laws.unit_moment(k, kappa, variance, x) for k in range(1, 5)}
    moments = exact_laws.Moments(unit, mean, mean**2 + spread)
    exact = {
        _MEAN: exact_laws.network_mean(moments),
        _START: exact_laws.start_variance(moments),
        _PATH: exact_laws.limit_path(moments, target, t),
        _LATER: exact_laws.later_variance(moments, target, t),
    }
    own = (exact_laws.derive_start(kappa, variance), exact_laws.derive_later())
    return SymbolicView((*own, derive_law_of_large_numbers(), derive_dobrushin()), exact)


def _law(values: Mapping[str, Any]) -> InitialLaw:
    return InitialLaw(*(as_float(values[name]) for name in ("kappa", "variance", "mean", "charge_variance")))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    x, target, t = (as_float(values[name]) for name in ("x", "target", "time"))
    paths = charge_flow_ensemble(_law(values), x, target, [0.0, t], PARTICLES, _REPLICAS, values["seed"])
    seen = _particles_that_count(values)
    estimates = _estimates(paths, t) if seen > _ENOUGH else {}
    ensembles = {n: _full_flow(values, n) for n in values["particles"]}
    plots = (histogram_plot(paths, values), variance_plot(ensembles), healing_plot(ensembles))
    rare = f"Only about {seen:.2g} of the sampled particles lie close enough to x to count: too few for an estimate."
    remarks = (_normality(paths),) if seen > _ENOUGH else (rare,)
    return NumericView(estimates, plots, (*remarks, *_slopes(ensembles)))


def _estimates(paths: np.ndarray, t: float) -> dict[str, Estimate]:
    """Means and variances over the replicas; five standard errors, and the terms of order 1/n that limits leave out."""
    estimates = {}
    for found, (mean, variance), time in zip(paths, ((_MEAN, _START), (_PATH, _LATER)), (0.0, t), strict=True):
        spread = float(found.var(ddof=1)) * PARTICLES
        beyond = 50 * (1 + time) ** 2 / PARTICLES
        error = 5 * math.sqrt(spread / PARTICLES / _REPLICAS) + beyond * spread / 50 + 1e-14
        estimates[mean] = Estimate(float(found.mean()), error)
        batches = [float(part.var(ddof=1)) * PARTICLES for part in np.array_split(found, 10)]
        scatter = max(float(np.std(batches, ddof=1)) / math.sqrt(10), spread * math.sqrt(2 / _REPLICAS))
        estimates[variance] = Estimate(spread, 5 * scatter + beyond * spread + 1e-14)
    return estimates


def _particles_that_count(values: Mapping[str, Any]) -> float:
    """Effective number of sampled particles in the mean of phi^4, (E phi^4)^2/E phi^8 of all of them."""
    kappa, variance, x = (as_float(values[name]) for name in ("kappa", "variance", "x"))
    widths = {k: 1 + k * kappa * variance for k in (4, 8)}
    fourth, eighth = (math.exp(-k * kappa * x**2 / (2 * w)) / math.sqrt(w) for k, w in widths.items())
    return PARTICLES * _REPLICAS * fourth**2 / eighth if eighth > 0 else 0.0


def _full_flow(values: Mapping[str, Any], n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, n Var f_n(t) averaged over the points, and its standard error (from eight batches)."""
    points = np.linspace(-2.0, 2.0, _POINTS)
    targets = np.sin(2 * points)
    times, paths = full_flow_ensemble(
        _law(values), points, targets, as_float(values["duration"]), 8, 24, n, values["replicas"], values["seed"] + n
    )
    spread = n * paths.var(axis=1, ddof=1).mean(axis=1)
    batches = np.array_split(np.arange(paths.shape[1]), 8)
    parts = np.array([n * paths[:, batch].var(axis=1, ddof=1).mean(axis=1) for batch in batches])
    return times, spread, parts.std(axis=0, ddof=1) / math.sqrt(len(batches))


def _normality(paths: np.ndarray) -> str:
    parts = []
    for found, name in zip(paths, ("0", "t"), strict=True):
        z = (found - found.mean()) / found.std()
        parts.append(f"skewness {np.mean(z**3):+.2f}, excess kurtosis {np.mean(z**4) - 3:+.2f} at time {name}")
    error = math.sqrt(6 / _REPLICAS)
    return (
        f"{_REPLICAS} networks of {PARTICLES} particles: {'; '.join(parts)} (a Gaussian has 0; standard errors "
        f"{error:.2f} and {2 * error:.2f})."
    )


def _slopes(ensembles: Mapping[int, tuple[np.ndarray, ...]]) -> list[str]:
    """The slope of log variance against log n by weighted least squares, with its standard error, at three times."""
    sizes = np.array(sorted(ensembles), dtype=float)
    if len(sizes) < 2:
        return []
    times = ensembles[int(sizes[0])][0]
    sentences = []
    for k in (0, len(times) // 2, len(times) - 1):
        value = np.array([ensembles[int(n)][1][k] for n in sizes]) / sizes
        relative = np.array([ensembles[int(n)][2][k] / ensembles[int(n)][1][k] for n in sizes])
        weights = 1 / np.maximum(relative, 1e-12) ** 2
        centred = np.log(sizes) - np.average(np.log(sizes), weights=weights)
        slope = np.sum(weights * centred * np.log(value)) / np.sum(weights * centred**2)
        error = 1 / math.sqrt(np.sum(weights * centred**2))
        fall = f"n^({slope:.2f} +- {error:.2f})"
        sentences.append(f"Full flow, t = {times[k]:.3g}: the variance of f_n falls like {fall}.")
    return sentences


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    mean, spread, target, t = (values[name] for name in ("mean", "charge_variance", "target", "time"))
    with arb_precision(_BITS):
        first, second, third, fourth = (_unit_integral(values, k) for k in range(1, 5))
        network = exact_arb(mean) * first
        start = exact_arb(mean * mean + spread) * second - network * network
        lever = exact_arb(t) * (network - exact_arb(target))
        decay = (-second * exact_arb(t)).exp()
        mixed, square = exact_arb(mean) * third - network * second, fourth - second * second
        proved = {
            _MEAN: network,
            _START: start,
            _PATH: exact_arb(target) + (network - exact_arb(target)) * decay,
            _LATER: decay * decay * (start - 2 * lever * mixed + lever * lever * square),
        }
        return CertifiedView(values={name: arb_enclosure(value) for name, value in proved.items()})


def _unit_integral(values: Mapping[str, Any], power: int) -> flint.arb:
    """E phi^power by quadrature over |y| <= L, L >= 14 standard deviations; P(|Y| > L) <= 2 exp(-L^2/(2 variance))."""
    variance, x, kappa = values["variance"], values["x"], values["kappa"]
    end = Fraction(math.ceil(14 * math.sqrt(as_float(variance)) * 64) + 1, 64)
    inverse, rate, place = exact_arb(1 / (2 * variance)), exact_arb(power * kappa / 2), exact_arb(x)
    scale = 1 / (2 * flint.arb.pi() * exact_arb(variance)).sqrt()

    def integrand(y: flint.acb, _: bool) -> flint.acb:
        return scale * (-rate * (place - y) * (place - y) - inverse * y * y).exp()

    tail = 2 * (-inverse * exact_arb(end) ** 2).exp()
    return integral_arb(integrand, -end, end, tail=tail, precision=_BITS)


def _erratum(values: Mapping[str, Any]) -> Derivation:
    return exact_laws.derive_fluctuation_erratum()


CASE = case_of(
    "fluctuations",
    readers={
        "kappa": bounded_rational(0, 20, open_below=True),
        "variance": bounded_rational(0, 20, open_below=True),
        "mean": bounded_rational(-20, 20),
        "charge_variance": bounded_rational(0, 20, open_below=True),
        "x": bounded_rational(-5, 5),
        "target": bounded_rational(-20, 20),
        "time": bounded_rational(0, 10),
        "particles": whole_numbers(2, 4096, 8),
        "replicas": whole_number(16, 10_000),
        "duration": bounded_rational(0, 1000, open_below=True),
        "seed": whole_number(0, 10**6),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_MEAN, "0.664265", "exp(-1/16)/sqrt 2 = 0.9394131/1.4142136"),
        Known(_START, "0.62113", "2 exp(-1/12)/sqrt 3 - exp(-1/8)/2 = 1.0623758 - 0.4412485"),
    ),
    errata=(
        Erratum(
            "(2.32) and (2.33) rescale the difference of the fluctuation and rho_0.",
            "They should rescale rho_n - rho_0: n^(1/2) (rho_n - rho_0) tends to rho_(1/2) in law.",
            _erratum,
        ),
    ),
)
