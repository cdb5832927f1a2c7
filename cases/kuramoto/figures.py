"""Pictures of Kuramoto's oscillators."""

import numpy as np

from cases.common.plot import Plot, Series
from cases.common.told import Range, Told
from cases.kuramoto.estimates import mean_order_parameters
from cases.kuramoto.system import OPERATIONS, Oscillators, length_at
from numeric.phase_locking import LockedState, OscillatorArrays, order_parameter


def phases_plot(oscillators: Oscillators, found: LockedState) -> Plot:
    shown = np.linspace(0, oscillators.nodes - 1, min(oscillators.nodes, 2000)).astype(int)
    phases = found.phases[shown]
    state = "locked" if found.converged else "best found, not locked"
    if oscillators.are_equal:
        x, label = shown, "oscillator"
    else:
        x, label = np.array([float(oscillators.frequencies[k]) for k in shown]), "natural frequency (per unit of time)"
    return Plot(
        f"Phases of the {state} state",
        label,
        "phase (rad)",
        (Series("points", x, phases, "oscillators"),),
        Told.of(
            f"The phases (rad) of {len(shown)} of {oscillators.nodes} oscillators lie {{}}; "
            "the order parameter lies {}.",
            Range.of(phases, 2 * np.pi),
            Range.of(np.array([order_parameter(found.phases)]), 1.0),
        ),
    )


def order_plot(oscillators: Oscillators, arrays: OscillatorArrays, critical: float | None) -> Plot:
    coupling = float(oscillators.coupling)
    top = 2.5 if critical is None else max(1.2, 2.5 * critical / coupling)
    work = 4.0 * len(arrays.tails)
    count = int(np.clip(OPERATIONS / (work * 400), 6, 40))
    steps = int(np.clip(OPERATIONS / (work * count), 200, 6000))
    factors = np.linspace(top / count, top, count)
    rate = float(np.bincount(np.concatenate([arrays.tails, arrays.heads]), np.tile(np.abs(arrays.weights), 2)).max())
    fastest = max(top * rate, float(np.abs(arrays.frequencies - arrays.frequencies.mean()).max()))
    start = np.random.default_rng(0).uniform(-1, 1, oscillators.nodes)
    means = mean_order_parameters(arrays, factors, start, 0.5 * steps / fastest, steps)
    locked = [length_at(arrays, factor) for factor in factors]
    couplings = factors * coupling
    series = [
        Series("path", couplings, means, "mean over an orbit"),
        Series("points", couplings, np.array(locked), "locked state", emphasis=True),
    ]
    onset = "" if critical is None else f" Locked states begin at K = {critical:.4g}."
    options = {} if critical is None else {"vertical": (critical,)}
    return Plot(
        "Order parameter and coupling",
        "coupling K",
        "order parameter |mean of exp(i theta)|",
        tuple(series),
        f"The order parameter for {count} couplings up to {couplings[-1]:.3g}; the locked state's is "
        f"{locked[-1]:.3g} at the end.{onset}",
        options,
    )
