"""Coupled van der Pol / FitzHugh-Nagumo oscillators: rest, limit cycle, synchronisation."""

import functools
import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array

from cases.common.parameters import as_float, as_sympy, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.fitzhugh_nagumo.derivation import coupled_field, derive_block_hopf, largest_real_part
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.linear_algebra import eigenvalues
from certify.verdict import Verdict
from numeric.limit_cycle import LimitCycle, fundamental_matrix, limit_cycle, solution

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_MEAN, _ACROSS = "largest real part at rest, synchronous mode", "largest real part at rest, transverse modes"
_HOPF, _REST = "coupling of the Hopf bifurcation", "verdict of the state of rest"
_PERIOD, _MULTIPLIER = "period of the limit cycle", "multiplier of the limit cycle"
_SYNCHRONY, _VERDICT = "largest modulus of a multiplier of synchrony", "verdict of synchronous oscillation"
_CROWD = 10


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    k, eps = as_sympy(values["coupling"]), as_sympy(values["epsilon"])
    exact: dict[str, Any] = {
        _MEAN: largest_real_part(sympy.Integer(0), eps),
        _ACROSS: largest_real_part(k, eps),
        _HOPF: sympy.Integer(1),
        _REST: Verdict.UNSTABLE,
    }
    return SymbolicView((derive_block_hopf(min(values["oscillators"], 4)),), exact)


def oscillator(eps: float) -> Any:
    """x' = y - x^3/3 + x, y' = -epsilon x."""

    def field(state: Array) -> Array:
        x, y = state[0], state[1]
        return jnp.stack([y - x**3 / 3 + x, -eps * x])

    return field


def coupled(eps: float, k: float, oscillators: int) -> Any:
    """M oscillators (x_1, y_1, x_2, ...), each drawn to the mean of the x with the rate K."""

    def field(state: Array) -> Array:
        x, y = state[0::2], state[1::2]
        return jnp.stack([y - x**3 / 3 + x + k * (jnp.mean(x) - x), -eps * x], axis=1).reshape(2 * oscillators)

    return field


def _numeric(values: Mapping[str, Any]) -> NumericView:
    k, eps, count = as_float(values["coupling"]), as_float(values["epsilon"]), values["oscillators"]
    cycle = _cycle(eps)
    twice = np.tile(cycle.point, 2)
    _, monodromy = fundamental_matrix(coupled(eps, k, 2), twice, cycle.period)
    found = np.linalg.eigvals(monodromy)
    across = np.sort(np.abs(np.delete(found, np.argmin(np.abs(found - 1)))))
    rest = {name: _real_part(rate, eps) for name, rate in ((_MEAN, 0.0), (_ACROSS, k))}
    estimates = {name: Estimate(value, 1e-7 * (1 + k)) for name, value in rest.items()}
    estimates[_PERIOD] = Estimate(cycle.period, 1e-8 * cycle.period)
    estimates[_MULTIPLIER] = Estimate(float(cycle.multipliers[0].real), 1e-7)
    estimates[_SYNCHRONY] = Estimate(float(across[-1]), 1e-6)
    plots = (_phase_plane(eps, cycle), *_synchronisation(eps, k, max(count, _CROWD), cycle, float(across[-1])))
    return NumericView(estimates, plots)


def _real_part(k: float, eps: float) -> float:
    return float(np.linalg.eigvals(np.array([[1 - k, 1.0], [-eps, 0.0]])).real.max())


@functools.lru_cache(maxsize=8)
def _cycle(eps: float) -> LimitCycle:
    """Settled for a dozen turns: 2 pi / sqrt(epsilon) for large epsilon, (3 - 2 log 2)/epsilon for small ones."""
    turn = max(2 * math.pi / math.sqrt(eps), 1.7 / eps)
    return limit_cycle(oscillator(eps), [2.0, 0.0], 12 * turn)


def _phase_plane(eps: float, cycle: LimitCycle) -> Plot:
    approach = solution(oscillator(eps), [0.1, 0.0], np.linspace(0.0, 10 * cycle.period, 4001))
    orbit, approach = approach[3600:], approach[:1600]
    x = np.linspace(-2.3, 2.3, 200)
    return Plot(
        f"The limit cycle of one oscillator, epsilon = {eps:g}",
        "x",
        "y",
        (
            Series("line", approach[:, 0], approach[:, 1], "orbit from near rest"),
            Series("dashed", x, x**3 / 3 - x, "x' = 0"),
            Series("line", orbit[:, 0], orbit[:, 1], "limit cycle", emphasis=True),
        ),
        f"An orbit that starts near rest spirals out to a limit cycle of period {cycle.period:.6g}, which x reaches "
        f"between {orbit[:, 0].min():.3g} and {orbit[:, 0].max():.3g}.",
    )


def _synchronisation(eps: float, k: float, count: int, cycle: LimitCycle, multiplier: float) -> tuple[Plot, Plot]:
    turns = 6.0
    times = np.linspace(0.0, turns * cycle.period, 1500)
    start = np.random.default_rng(1).normal(size=2 * count)
    orbit = solution(coupled(eps, k, count), start, times)
    x = orbit[:, 0::2]
    spread = np.maximum(x.max(axis=1) - x.min(axis=1), 1e-12)
    rate = math.log(max(multiplier, 1e-300)) / cycle.period
    line = spread[len(times) // 4] * np.exp(rate * (times - times[len(times) // 4]))
    shown = times <= 4 * cycle.period
    motion = Plot(
        f"{count} oscillators from random states, K = {k:g}",
        "time t",
        "x_i",
        tuple(Series("line", times[shown], x[shown, i], tone=i % 4) for i in range(count)),
        f"{count} curves: the largest difference of two is {spread[0]:.3g} at the start and "
        f"{spread[shown][-1]:.3g} at the end "
        "of the figure.",
    )
    decay = Plot(
        "Differences decay at the rate of the largest multiplier",
        "time t",
        "max x_i - min x_i",
        (
            Series("line", times, spread, "simulation"),
            Series("dashed", times, np.clip(line, 1e-12, 1e3), f"largest multiplier {multiplier:.3g} per period"),
        ),
        f"The difference falls from {spread[0]:.3g} to {spread[-1]:.2g}.",
        {"log_y": True},
    )
    return motion, decay


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    k, eps, count = values["coupling"], values["epsilon"], values["oscillators"]
    proved = {name: _proved_real_part(rate, eps) for name, rate in ((_MEAN, 0 * k), (_ACROSS, k))}
    symbols = [sympy.symbols(f"x{i} y{i}", real=True) for i in range(1, count + 1)]
    flat = [symbol for pair in symbols for symbol in pair]
    rest = {
        "field": coupled_field(symbols, as_sympy(k), as_sympy(eps)),
        "x": np.zeros(2 * count),
        "kind": "flow",
        "variables": flat,
    }
    cycle = _cycle(as_float(eps))
    single = _orbit_task(symbols[:1], k, eps, cycle)
    pair = _orbit_task(symbols[:2], k, eps, cycle)
    tasks = (
        Task("State of rest", "equilibrium", rest, {_REST: "verdict"}),
        Task("Limit cycle", "periodic-orbit", single, {_PERIOD: "period", _MULTIPLIER: "eigenvalue_1_real"}),
        Task(
            "Two oscillators in synchrony", "periodic-orbit", pair, {_SYNCHRONY: "spectral_radius", _VERDICT: "verdict"}
        ),
    )
    return CertifiedView(tasks, proved)


def _orbit_task(symbols: list[Any], k: Any, eps: Any, cycle: LimitCycle) -> dict[str, Any]:
    return {
        "field": coupled_field(symbols, as_sympy(k), as_sympy(eps)),
        "x": np.tile(cycle.point, len(symbols)),
        "period": cycle.period,
        "variables": [symbol for pair in symbols for symbol in pair],
        "tolerance": 1e-14 if len(symbols) == 1 else 1e-9,
    }


def _proved_real_part(k: Any, eps: Any) -> Enclosure:
    matrix = rational_ball(np.array([[1 - k, 1 + 0 * k], [-eps, 0 * k]], dtype=object))
    return eigenvalues(Ball(matrix.mid, matrix.rad)).spectral_abscissa


CASE = case_of(
    "fitzhugh-nagumo",
    readers={
        "epsilon": bounded_rational("1/50", 20),
        "coupling": bounded_rational(0, 50, open_below=True),
        "oscillators": whole_number(2, 12),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_PERIOD, "6.663286859", "van der Pol's oscillator at mu = 1"),
        Known(_HOPF, "1", "trace of the transverse block"),
        Known(_REST, "UNSTABLE", "trace of the synchronous block"),
    ),
)
