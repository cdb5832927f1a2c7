"""The plane of Lipschitz constant and delay: where a target can be represented, for each dimension."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from numeric.delay import Phase, delay_path

_GRID, _LONGEST = 90, 14.0


class _Drains(NamedTuple):
    """Times S, the kappa whose solution first vanishes there, and the solution one delay before. Estimates."""

    times: np.ndarray
    kappa: np.ndarray
    rest: np.ndarray


def _drains() -> _Drains:
    """From one run of h' = -kappa h(t - 1) for many kappa; before one delay the solution is the line 1 - kappa t."""
    kappa = np.linspace(0.39, 0.999, 150)
    times, states = delay_path([Phase(_LONGEST, lambda t, h, past: -kappa * past)], np.ones_like(kappa), 1.0, 40)
    place, columns = (states <= 0).argmax(axis=0), np.arange(len(kappa))
    kept = (states <= 0).any(axis=0)
    before, after = states[place - 1, columns], states[place, columns]
    zero = times[place - 1] + (times[place] - times[place - 1]) * before / (before - after)
    rest = np.array([np.interp(z - 1, times, states[:, k]) for k, z in enumerate(zero)])
    early = np.linspace(0.02, 1.0, 60)
    order = np.argsort(np.concatenate([early, zero[kept]]))
    joined = [
        np.concatenate(pair)[order]
        for pair in ((early, zero[kept]), (1 / early, kappa[kept]), (0 * early + 1, rest[kept]))
    ]
    return _Drains(*joined)


def map_plots(values: Mapping[str, Any], ell: float, half_width: float) -> tuple[Plot, ...]:
    """Two slices of the space (K, tau, m): m = 1 = max(d, q), and m >= 2 = d + q."""
    horizon, chosen = as_float(values["horizon"]), (as_float(values["lipschitz"]), as_float(values["delay"]))
    largest = max(1.25 * chosen[0], 5 * (1 + ell) / horizon)
    k, tau = np.linspace(0, largest, _GRID + 1)[1:], np.linspace(0, horizon, _GRID + 1)[1:]
    drains = _drains()
    alone = np.array([[_answer(a, b, horizon, ell, half_width, drains) for a in k] for b in tau])
    wide = np.where(
        (k * horizon <= 1) & (ell <= k * horizon) | (k * horizon > 1) & (np.log(ell) < k * horizon - 1), 1.0, 0.5
    )
    wide = np.where(np.log1p(half_width) > k * horizon, 0.0, wide)
    return (
        _slice("m = 1 = max(d, q)", k, tau, alone, ell, chosen, largest, horizon, True),
        _slice(
            "m >= 2 = d + q", k, tau, np.maximum(alone * (alone == 1), wide[None]), ell, chosen, largest, horizon, False
        ),
    )


def _answer(k: float, tau: float, horizon: float, ell: float, half_width: float, drains: _Drains) -> float:
    """0: no, 1: yes, 1/2: undecided."""
    memory, time = k * tau, horizon / tau
    zero = float(np.interp(time, drains.times, drains.kappa)) if time < _LONGEST else float(drains.kappa.min())
    if memory < (zero if time < drains.times[-1] else np.exp(-1)) or np.log1p(half_width) > k * horizon:
        return 0.0
    usable = (drains.times <= time) & (drains.kappa < memory)
    bound = (memory / drains.kappa - 1) * drains.rest
    logarithm = np.log(np.maximum(bound, 1e-300)) + memory * (time - drains.times)
    return 1.0 if usable.any() and logarithm[usable].max() > np.log(ell) else 0.5


def _slice(
    name: str,
    k: np.ndarray,
    tau: np.ndarray,
    answer: np.ndarray,
    ell: float,
    chosen: tuple[float, float],
    largest: float,
    horizon: float,
    bounded: bool,
) -> Plot:
    series = [Series("image", k, tau, "no: 0, undecided: 1/2, yes: 1", upper=answer)]
    levels = [(1 / np.e, "K tau e = 1"), (2 * (1 + ell), "K tau = 2 (1 + K_Psi/(w w~))")]
    for level, label in levels if bounded else levels[1:]:
        line = np.linspace(max(level / horizon, 1e-9), largest, 200)
        if level < largest * horizon:
            series.append(Series("line", line, level / line, label))
    series.append(Series("points", np.array(chosen[:1]), np.array(chosen[1:]), "this network", emphasis=True))
    shares = [100 * float((answer == value).mean()) for value in (0.0, 0.5, 1.0)]
    return Plot(
        f"Can the target be represented? {name}, T = {horizon:g}",
        "Lipschitz constant K",
        "delay tau",
        tuple(series),
        f"No in {shares[0]:.0f}, undecided in {shares[1]:.0f}, yes in {shares[2]:.0f} per cent of the rectangle; the "
        "lines are the bounds of Theorem 2.10.",
        {"size": (6.4, 4.8), "x_limits": (0.0, largest), "y_limits": (0.0, horizon)},
    )
