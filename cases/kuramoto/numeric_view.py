"""The floating-point view of Kuramoto's oscillators."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.common.told import counted
from cases.kuramoto.critical_coupling import critical_coupling
from cases.kuramoto.figures import order_plot, phases_plot
from cases.kuramoto.system import ABSCISSA, CRITICAL, DENSE, ORDER, SEARCHED, VELOCITY, oscillators_of
from cases.model import Estimate, NumericView
from numeric.phase_locking import LockedState, OscillatorArrays, continued_state, locked_state, order_parameter


def numeric_view(values: Mapping[str, Any]) -> NumericView:
    oscillators = oscillators_of(values)
    network = oscillators.model().network
    arrays = OscillatorArrays(network.tails, network.heads, network.strengths.mid, network.frequencies.mid)
    mean = float(np.mean(arrays.frequencies))
    estimates = {VELOCITY: Estimate(mean, 1e-9 * (1 + float(np.abs(arrays.frequencies).max())))}
    found = _locked(arrays, oscillators.start)
    remarks: tuple[str, ...] = ("no locked state was found by Newton's method",)
    if found.converged:
        length = order_parameter(found.phases)
        estimates[ORDER] = Estimate(length, 1e-6)
        remarks = (f"{counted(oscillators.nodes, 'oscillator')}, {counted(len(network.tails), 'coupling')}: locked",)
        if oscillators.nodes <= DENSE:
            spectrum = -np.linalg.eigvalsh(arrays.form(found.phases).toarray())
            size = float(np.abs(spectrum).max())
            estimates[ABSCISSA] = Estimate(_without_rotation(spectrum), 1e-7 * size)
    plots = [phases_plot(oscillators, found)]
    critical = None
    if oscillators.nodes <= SEARCHED and not oscillators.are_equal:
        critical = critical_coupling(arrays) * float(oscillators.coupling)
        estimates[CRITICAL] = Estimate(critical, 3e-3 * critical)
    if not oscillators.are_equal and len(network.tails) <= 20_000:
        plots.append(order_plot(oscillators, arrays, critical))
    return NumericView(estimates, tuple(plots), remarks)


def _locked(arrays: OscillatorArrays, start: np.ndarray | None) -> LockedState:
    if start is None:
        return continued_state(arrays, np.zeros(len(arrays.frequencies)))
    residual = float(np.abs(arrays.velocities(start)).max())
    size = float(np.bincount(arrays.tails, np.abs(arrays.weights)).max())
    # a twisted state is locked: Newton's method would follow rounding errors where the linearisation is singular
    return LockedState(start, residual, True) if residual <= 1e-9 * size else locked_state(arrays, start)


def _without_rotation(spectrum: np.ndarray) -> float:
    """The largest eigenvalue when the one nearest to 0 is left out."""
    return float(np.delete(spectrum, np.argmin(np.abs(spectrum))).max())
