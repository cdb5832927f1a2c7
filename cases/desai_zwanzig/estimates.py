"""The floating-point view of coupled double-well particles: quadrature, ensembles with noise, Newton's method."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from cases.desai_zwanzig.ensembles import particle_ensemble
from cases.model import Estimate, NumericView
from foundation import InputError

COUNT, STABLE, SLOWEST = "equilibria", "stable equilibria", "largest real part at the consensus 1"
AT_ONE, CRITICAL, ORDER = "critical noise at K = 1", "critical noise", "order parameter at the noise D"
_TIME = 60.0
_NODES = 4001
_LARGEST, _SHOWN = 10**6, 8000


def _moments(mean: float, coupling: float, noise: float) -> tuple[float, float]:
    """(<x>, <x^2>) under exp(-(x^4/4 + (K - 1) x^2/2 - K m x)/D), by the trapezoidal rule."""
    reach = max(2 * math.sqrt(abs(coupling - 1)), (16 * coupling * abs(mean)) ** (1 / 3), (320 * noise) ** 0.25)
    x = np.linspace(-reach, reach, _NODES)
    exponent = -(x**4 / 4 + (coupling - 1) * x**2 / 2 - coupling * mean * x) / noise
    # narrow densities: a second, finer grid around what matters
    seen = x[exponent > exponent.max() - 80]
    x = np.linspace(seen[0] - x[1] + x[0], seen[-1] + x[1] - x[0], _NODES)
    exponent = -(x**4 / 4 + (coupling - 1) * x**2 / 2 - coupling * mean * x) / noise
    weight = np.exp(exponent - exponent.max())
    return float(x @ weight / weight.sum()), float(x**2 @ weight / weight.sum())


def guess_critical_noise(coupling: float) -> float:
    """The zero of K <x^2> - D in D (an estimate)."""

    def excess(logarithm: float) -> float:
        noise = math.exp(logarithm)
        return coupling * _moments(0.0, coupling, noise)[1] / noise - 1

    return math.exp(float(scipy.optimize.brentq(excess, math.log(1e-4), math.log(1e4), xtol=1e-15, rtol=1e-15)))


def guess_order(coupling: float, noise: float) -> float:
    """The positive self-consistent mean, 0 where there is none (an estimate)."""

    def excess(mean: float) -> float:
        return _moments(mean, coupling, noise)[0] - mean

    if excess(1e-7) <= 0:
        return 0.0
    return float(scipy.optimize.brentq(excess, 1e-7, 2.0, xtol=1e-15, rtol=1e-15))


def simulated_orders(values: Mapping[str, Any], noises: Any, seed: int = 0, particles: int | None = None) -> np.ndarray:
    """Mean positions over the last half of simulations from the ordered state, one for each noise."""
    coupling, members = as_float(values["coupling"]), values["members"]
    count = particles or values["ensemble"]
    if members * count > _LARGEST:
        raise InputError(
            f"members times ensemble must be at most {_LARGEST}, but is {members} x {count} = {members * count}; take "
            "fewer members"
        )
    levels = np.repeat(np.asarray(noises, dtype=float), members)
    step = 0.05 / (1 + coupling + 3 * math.sqrt(max(1.0, float(levels.max()))))
    every = max(1, round(_TIME / step / 200))

    def drift(x: Any) -> Any:
        return x - x**3 + coupling * (jnp.mean(x) - x)

    _, means = particle_ensemble(
        drift,
        np.sqrt(2 * levels),
        np.ones((len(levels), count, 1)),
        _TIME / (200 * every),
        200 * every,
        key=jax.random.key(seed),
        observe=jnp.mean,
        every=every,
    )
    return np.asarray(means[101:].mean(axis=0).reshape(-1, members).mean(axis=1))


def _simulation_error(coupling: float, noise: float, particles: int) -> float:
    """The scheme's bias, five standard errors of the mean, and what is left of the start (no bound near D_c)."""
    mean = guess_order(coupling, noise)
    first, second = _moments(mean, coupling, noise)
    variance = second - first**2
    rate = noise / variance * max(1e-9, 1 - coupling * variance / noise)
    left = math.exp(-_TIME / 2 * rate)
    return 0.02 + 5 * math.sqrt(noise / (rate * particles)) + min(1.0, 3 * left)


def desai_zwanzig_numeric(values: Mapping[str, Any]) -> NumericView:
    """Estimates and figures."""
    coupling, noise = as_float(values["coupling"]), as_float(values["noise"])
    critical = guess_critical_noise(coupling)
    noises = np.array([0.2, 0.5, 0.8, 0.95, 1.1, 1.5]) * critical
    # the curve in the figure needs no more particles than the eye can tell
    shown = min(values["ensemble"], max(100, _SHOWN // values["members"]))
    if shown == values["ensemble"]:
        order, *others = simulated_orders(values, [noise, *noises])
    else:
        order, others = simulated_orders(values, [noise])[0], list(simulated_orders(values, noises, 1, shown))
    estimates = {
        AT_ONE: Estimate(guess_critical_noise(1.0), 1e-9),
        CRITICAL: Estimate(critical, 1e-9 * max(1.0, critical)),
        ORDER: Estimate(float(order), _simulation_error(coupling, noise, values["ensemble"] * values["members"])),
    }
    if not (coupling == 1 or abs(coupling - 2 / 3) < 1e-3):
        points = newton_equilibria(values["particles"], coupling)
        stable = sum(_abscissa(point, coupling) < 0 for point in points)
        estimates |= {COUNT: Estimate(float(len(points)), 0.0), STABLE: Estimate(float(stable), 0.0)}
    if coupling != 1:
        estimates[SLOWEST] = Estimate(_abscissa(np.ones(values["particles"]), coupling), 1e-8)
    return NumericView(estimates, (_transition(values, critical, noises, np.abs(others), shown), _branches(coupling)))


def newton_equilibria(count: int, coupling: float) -> np.ndarray:
    """Zeros found by Newton's method from a grid of starts; estimates, perhaps not all."""
    line = np.linspace(-1.1, 1.1, 9 if count < 4 else 7)
    x = np.array(list(itertools.product(line, repeat=count)))
    eye, full = np.eye(count), np.full((count, count), 1 / count)
    for _ in range(60):
        value = x - x**3 + coupling * (x.mean(axis=1, keepdims=True) - x)
        slopes = (1 - 3 * x**2 - coupling)[:, :, None] * eye + coupling * full
        step = np.linalg.solve(slopes + 1e-14 * eye, value[:, :, None])[:, :, 0]
        x = x - step / np.maximum(1.0, np.abs(step).max(axis=1, keepdims=True) / 0.3)
    value = x - x**3 + coupling * (x.mean(axis=1, keepdims=True) - x)
    return np.unique(np.round(x[np.abs(value).max(axis=1) < 1e-10], 6) + 0.0, axis=0)


def _abscissa(point: np.ndarray, coupling: float) -> float:
    slopes = np.diag(1 - 3 * point**2 - coupling) + coupling / len(point)
    return float(np.linalg.eigvalsh(slopes).max())


def _transition(values: Mapping[str, Any], critical: float, noises: np.ndarray, points: np.ndarray, shown: int) -> Plot:
    """Order parameter against noise: self-consistent, and simulated."""
    coupling = as_float(values["coupling"])
    grid, line = order_curve(coupling, critical)
    return Plot(
        f"Order of coupled particles against noise, K = {coupling:.4g}",
        "noise D",
        "mean position m",
        (
            Series("line", grid, line, "self-consistent mean", emphasis=True),
            Series("points", noises, points, f"{values['members']} x {shown} particles"),
        ),
        f"The self-consistent mean falls from {line[0]:.3g} to 0 at the critical noise {critical:.6g} (dotted), and "
        "simulations follow it.",
        {"vertical": (critical,)},
    )


def order_curve(coupling: float, critical: float) -> tuple[np.ndarray, np.ndarray]:
    """(noises, self-consistent means) around the critical noise (estimates)."""
    grid = np.unique(np.concatenate([np.linspace(0.05, 1.6, 60), 1 - np.geomspace(1e-4, 0.2, 30)])) * critical
    return grid, np.array([guess_order(coupling, noise) for noise in grid])


def _branches(coupling: float) -> Plot:
    """Equilibria of two particles over the coupling."""
    k = np.linspace(0.0, 1.4, 281)
    apart, mixed = k[k <= 1], k[k <= 2 / 3]
    series = [Series("line", k, sign * np.ones_like(k), "stable" if sign == 1 else "", tone=0) for sign in (1, -1)]
    series.append(Series("dashed", k, np.zeros_like(k), "unstable", tone=1))
    for sign in (1, -1):
        early, late = apart[apart <= 2 / 3], apart[apart >= 2 / 3]
        series.append(Series("line", early, sign * np.sqrt(1 - early), tone=0))
        series.append(Series("dashed", late, sign * np.sqrt(1 - late), tone=1))
        total, gap = np.sqrt(np.maximum(0, 1 - 1.5 * mixed)), np.sqrt(1 + mixed / 2)
        series += [Series("dashed", mixed, (sign * total + side * gap) / 2, tone=1) for side in (1, -1)]
    return Plot(
        "Equilibria of two particles over the coupling",
        "coupling K",
        "position x1",
        tuple(series),
        "Nine equilibria for K < 2/3, five up to K = 1, then three; consensus at +-1 is stable for every K, and "
        f"opposite positions are stable for K < 2/3. The chosen coupling is {coupling:.4g}.",
        {"vertical": (2 / 3, 1.0), "legend": "outside"},
    )
