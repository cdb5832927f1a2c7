"""Training with saturated hidden units: a map of the logits with cycles and chaos."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.parameters import (
    as_float,
    as_sympy,
    one_of,
    positive_rational,
    rational_vector,
    whole_number,
)
from cases.common.plot import Plot, Series
from cases.common.told import Branches, Told
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.saturated_map.cycles import SaturatedBalls, proved_losses
from cases.saturated_map.derivation import critical_kappa, derive_critical_kappa, derive_saturated_step, difference_map
from cases.saturated_map.estimates import SaturatedMap, attracting_cycles, exponents
from certify.arithmetic import Ball, log
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.verdict import Verdict
from foundation import InputError
from numeric.homoclinic import SmoothMap, homoclinic_orbits, repelling_cycle
from symbolic.prove_sign import number_sign

_PAPER = "Danovski, Soriano, Lacasa, Dynamical stability and chaos in artificial neural network trajectories"
_CRITICAL, _LEAST, _VERDICT = "kappa_c", "loss at the fixed point", "verdict at the fixed point"
_MOST_CYCLES = 6
_HOMOCLINIC_LENGTH = 12
_PERIODS = (1, 2, 4)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    shares, kappa = [as_sympy(p) for p in values["shares"]], as_sympy(values["kappa"])
    critical = critical_kappa(shares)
    side = number_sign(kappa - critical)
    exact: dict[str, Any] = {_CRITICAL: critical, _LEAST: -sum(p * sympy.log(p) for p in shares)}
    if side in (-1, 1):
        exact[_VERDICT] = Verdict.STABLE if side == -1 else Verdict.UNSTABLE
    return SymbolicView((derive_saturated_step(len(shares)), derive_critical_kappa(shares)), exact)


def _float_map(values: Mapping[str, Any], kappa: float | None = None) -> SaturatedMap:
    shares = np.array([as_float(p) for p in values["shares"]])
    return SaturatedMap(shares, as_float(values["kappa"]) if kappa is None else kappa)


def _cycles(values: Mapping[str, Any]) -> list[np.ndarray]:
    """Attracting cycles that random starts found; estimates."""
    found = attracting_cycles(_float_map(values), values["starts"], values["transient"])
    return [cycle for cycle in found if len(cycle) > 1][:_MOST_CYCLES]


def _loss_names(number: int, cycle: np.ndarray) -> list[str]:
    return [f"cycle {number} (period {len(cycle)}), loss {k + 1}" for k in range(len(cycle))]


def _numeric(values: Mapping[str, Any]) -> NumericView:
    f = _float_map(values)
    covariance = np.diag(f.shares) - np.outer(f.shares, f.shares)
    critical = 2 / float(np.linalg.eigvalsh(covariance)[-1])
    least = float(-(f.shares * np.log(f.shares)).sum())
    found: dict[str, Estimate] = {_CRITICAL: Estimate(critical, 1e-9 * critical), _LEAST: Estimate(least, 1e-9)}
    for number, cycle in enumerate(_cycles(values), 1):
        for name, loss in zip(_loss_names(number, cycle), f.losses(cycle), strict=True):
            found[name] = Estimate(float(loss), 1e-6 * (1 + float(loss)))
    spectra = exponents(f, values["starts"], 4 * values["transient"], values["transient"])
    remark = (
        f"Of {values['starts']} random orbits, {int((spectra[:, 0] > 1e-2).sum())} have a positive Lyapunov exponent "
        f"(estimates; the largest is {round(float(spectra[:, 0].max()), 3) + 0.0:.3f} nats per step)."
    )
    return NumericView(found, (_diagram(values, critical), _losses_plot(values)), (remark,))


def _diagram(values: Mapping[str, Any], critical: float) -> Plot:
    """Losses on the attractors against kappa."""
    top = max(1.3 * as_float(values["kappa"]), 2 * critical)
    kappas = np.linspace(0.5 * critical, top, 240)
    x, y, seen = [], [], []
    for kappa in kappas:
        f = _float_map(values, float(kappa))
        starts = np.random.default_rng(1).normal(size=(6, f.dimension)) * 2 + f.fixed_point
        orbit = f.orbit(starts, 24, 400)
        losses = f.losses(orbit.reshape(-1, f.dimension))
        seen.append(len(np.unique(np.round(losses, 4))))
        x.append(np.full(losses.shape, kappa))
        y.append(losses)
    return Plot(
        "Losses on the attractors",
        "kappa = eta (1 + k)",
        "loss in nats",
        (Series("points", np.concatenate(x), np.concatenate(y), "24 losses of 6 random orbits after 400 steps"),),
        Told.of(
            "The losses of six orbits after 400 steps, for 240 values of kappa around kappa_c: {}.",
            Branches(tuple(seen)),
        ),
        {"vertical": (critical, as_float(values["kappa"])), "size": (6.4, 4.2)},
    )


def _losses_plot(values: Mapping[str, Any]) -> Plot:
    f = _float_map(values)
    starts = np.random.default_rng(2).normal(size=(3, f.dimension)) * 0.5 + f.fixed_point
    orbit = f.orbit(starts, 61)
    steps = np.arange(61)
    series = tuple(Series("path", steps, f.losses(orbit[:, i]), f"start {i + 1}") for i in range(3))
    least = float(-(f.shares * np.log(f.shares)).sum())
    rule = Series("dashed", np.array([0, 60]), np.array([least, least]), "least loss")
    return Plot(
        f"Losses along three orbits, kappa = {f.kappa:.4g}",
        "step",
        "loss in nats",
        (*series, rule),
        f"The losses of three orbits from near the fixed point over 60 steps; the least possible loss is {least:.4f}.",
        {"size": (6.4, 3.8), "legend": "outside"},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    shares, kappa = values["shares"], values["kappa"]
    p = rational_ball(list(shares))
    proved: dict[str, Any] = {_CRITICAL: _critical_enclosure(shares), _LEAST: (-(p * log(p)).sum()).enclosure()}
    balls = SaturatedBalls(shares, kappa)
    tasks = [_fixed_point_task(values)]
    for number, cycle in enumerate(_cycles(values), 1):
        losses = proved_losses(balls, cycle)
        if losses is not None:
            proved.update(zip(_loss_names(number, cycle), losses, strict=True))
            tasks.append(_cycle_task(values, number, cycle))
    chaos = _horseshoe_task(values) if values["horseshoe"] == "yes" else None
    return CertifiedView((*tasks, chaos) if chaos else tuple(tasks), proved)


def _critical_enclosure(shares: tuple[Fraction, ...]) -> Enclosure:
    entries = [[(a if i == j else 0) - a * b for j, b in enumerate(shares)] for i, a in enumerate(shares)]
    _, largest = extreme_eigenvalues(rational_ball(np.array(entries, dtype=object)))
    return (2.0 / Ball.from_bounds(largest.lower, largest.upper)).enclosure()


def _exact_map(values: Mapping[str, Any]) -> tuple[list[sympy.Expr], list[sympy.Symbol]]:
    return difference_map([as_sympy(p) for p in values["shares"]], as_sympy(values["kappa"]))


def _fixed_point_task(values: Mapping[str, Any]) -> Task:
    expressions, variables = _exact_map(values)
    arguments = {"field": expressions, "x": _float_map(values).fixed_point, "kind": "map", "variables": variables}
    return Task("fixed point", "equilibrium", arguments, {_VERDICT: "verdict"})


def _cycle_task(values: Mapping[str, Any], number: int, cycle: np.ndarray) -> Task:
    expressions, variables = _exact_map(values)
    arguments = {"map": expressions, "x": cycle, "period": len(cycle), "variables": variables}
    return Task(f"cycle {number}", "periodic-point", arguments, {f"verdict of cycle {number}": "verdict"})


def _horseshoe_task(values: Mapping[str, Any]) -> Task | None:
    """A repelling point of period 1 or 2 with a homoclinic orbit, if the search finds one."""
    found = _repeller(_float_map(values))
    if found is None:
        return None
    expressions, variables = _exact_map(values)
    point, period = found
    arguments = {"map": expressions, "x": point, "period": period, "variables": variables, "budget": 15.0}
    return Task("horseshoe", "horseshoe", arguments, {"topological entropy": "entropy"})


def _repeller(f: SaturatedMap) -> tuple[np.ndarray, int] | None:
    """A repelling point, and its period, on which a homoclinic orbit lands; estimates."""
    smooth, generator = SmoothMap(f.values, f.slopes), np.random.default_rng(0)
    orbit = f.orbit(f.fixed_point + generator.normal(size=(64, f.dimension)) * 3, 9, 500)
    for period in _PERIODS:
        for start in (f.fixed_point, *_recurrent(orbit, period)) if period == 1 else _recurrent(orbit, period):
            try:
                cycle = repelling_cycle(smooth, start, period)
            except InputError:
                continue
            for length in range(period, _HOMOCLINIC_LENGTH + 1, period):
                if homoclinic_orbits(smooth, cycle[0], length, generator):
                    return cycle[0], period
    return None


def _recurrent(orbit: np.ndarray, period: int) -> np.ndarray:
    """The points of the orbits (steps, N, q - 1) that come closest to themselves after `period` steps, (8, q - 1)."""
    gaps = np.abs(orbit[period:] - orbit[:-period]).max(axis=2).reshape(-1)
    points = orbit[:-period].reshape(-1, orbit.shape[2])
    return np.asarray(points[np.argsort(gaps, kind="stable")[:: max(1, len(gaps) // 64)][:8]])


def _read_shares(value: Any, name: str) -> tuple[Fraction, ...]:
    shares = rational_vector()(value, name)
    if not 2 <= len(shares) <= 6 or min(shares) <= 0:
        raise InputError(f"{name} must hold 2 to 6 positive numbers, but is {value!r}")
    return tuple(share / sum(shares) for share in shares)


def _read_kappa(value: Any, name: str) -> Fraction:
    kappa = positive_rational(value, name)
    if kappa > 200:
        raise InputError(f"{name} must be at most 200, but is {value!r}")
    return kappa


CASE = case_of(
    "saturated-map",
    readers={
        "shares": _read_shares,
        "kappa": _read_kappa,
        "horseshoe": one_of("yes", "no"),
        "starts": whole_number(1, 10_000),
        "transient": whole_number(10, 1_000_000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_CRITICAL, "5.915835836391144428351421", "the larger root of a quadratic, by hand"),
        Known(_VERDICT, "UNSTABLE", "20 > kappa_c"),
        Known("cycle 1 (period 3), loss 1", "3.986385", "independent computation"),
        Known("cycle 1 (period 3), loss 2", "6.317543", "independent computation"),
        Known("cycle 1 (period 3), loss 3", "8.956940", "independent computation"),
    ),
)
