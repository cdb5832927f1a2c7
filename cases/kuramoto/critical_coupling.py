"""The smallest coupling with a locked state: searched by continuation, enclosed between cuts and proved states."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

import networkx as nx
import numpy as np

from certify.arithmetic import Ball, cos, sin
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.krawczyk import krawczyk
from certify.kuramoto import Kuramoto, MonotoneProof, PhaseNetwork, prove_monotone
from certify.kuramoto.newton import NewtonProof, prove_newton
from certify.verdict import Verdict
from numeric.phase_locking import OscillatorArrays, continued_state, locked_state

_HALVINGS = 14


def critical_coupling(arrays: OscillatorArrays) -> float:
    """The smallest factor of the couplings with a locked state, to three digits, by following one (an estimate)."""
    return _searched(arrays)[0]


def _searched(arrays: OscillatorArrays) -> tuple[float, np.ndarray]:
    """(the factor, the phases of the locked state there)."""

    def at(factor: float) -> OscillatorArrays:
        return OscillatorArrays(arrays.tails, arrays.heads, factor * arrays.weights, arrays.frequencies)

    high, zero = 1e-3, np.zeros(len(arrays.frequencies))
    while not (found := continued_state(at(high), zero)).converged and high < 1e12:
        high *= 2
    phases, low = found.phases, high / 2
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        found = locked_state(at(middle), phases)
        if found.converged:
            high, phases = middle, found.phases
        else:
            low = middle
    return high, phases


def coupling_enclosure(model: Callable[[Fraction], Kuramoto], coupling: Fraction) -> Enclosure:
    """Proved bounds of the smallest coupling with a locked state.

    Below, no locked state exists: a cut cannot carry the frequencies. Above, one is proved at the bound itself.
    """
    network = model(Fraction(1)).network
    arrays = OscillatorArrays(network.tails, network.heads, network.strengths.mid, network.frequencies.mid)
    factor, phases = _searched(arrays)
    lower = max(_cut_factor(network, inside) for inside in _cuts(network, phases))
    return Enclosure(
        _scaled(lower, coupling, -math.inf), _scaled(_proved_factor(model, factor, phases), coupling, math.inf)
    )


def _scaled(factor: float, coupling: Fraction, side: float) -> float:
    if not math.isfinite(factor):
        return factor
    return math.nextafter(float(Fraction(factor) * coupling), side)


def _proved_factor(model: Callable[[Fraction], Kuramoto], factor: float, phases: np.ndarray) -> float:
    """A factor near the estimate at which a locked state is proved; infinite where none was."""
    for margin in (0.0, 1e-4, 1e-3, 1e-2, 0.1, 0.5):
        chosen = factor * (1 + margin)
        network = model(Fraction(chosen)).network
        arrays = OscillatorArrays(network.tails, network.heads, network.strengths.mid, network.frequencies.mid)
        found = locked_state(arrays, phases)
        if _is_proved(network, arrays, found.phases):
            return chosen
    return math.inf


def _is_proved(network: PhaseNetwork, arrays: OscillatorArrays, phases: np.ndarray) -> bool:
    for reach in (2.0**-30, 2.0**-20, 2.0**-10, 2.0**-5):
        if isinstance(prove_monotone(network, phases, reach), MonotoneProof):
            return True
    # the form without its rotation has the inertia of the grounded one, and a similar gap
    sizes = np.sort(np.abs(np.linalg.eigvalsh(arrays.form(phases).toarray())))
    return any(
        isinstance(prove_newton(network, phases, float(sizes[1]) * part + 2.0**-900), NewtonProof)
        for part in (0.5, 0.05)
    )


def _cut_factor(network: PhaseNetwork, inside: np.ndarray) -> float:
    """Lower bound of the factors of the couplings at which this set could lock."""
    across = inside[network.tails] != inside[network.heads]
    excess = abs(network.centred_frequencies[inside].sum())
    ratio = (excess / abs(network.strengths[across]).sum()).enclosure()
    return max(ratio.lower, 0.0)


def _cuts(network: PhaseNetwork, phases: np.ndarray) -> Iterator[np.ndarray]:
    """Single nodes, level sets of the phases, and the sides of bridges."""
    n = network.nodes
    yield from np.eye(n, dtype=bool)
    order = np.argsort(phases)
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    for cut in range(n - 1):
        yield rank <= cut
    graph = nx.Graph(zip(network.tails.tolist(), network.heads.tolist(), strict=True))
    for i, j in list(nx.bridges(graph)):
        graph.remove_edge(i, j)
        inside = np.zeros(n, bool)
        inside[list(nx.node_connected_component(graph, i))] = True
        graph.add_edge(i, j)
        yield inside


def fold_enclosure(unit: Fraction) -> Enclosure:
    """The critical coupling of three oscillators with omega = (-1, 0, 1), times `unit`, by Krawczyk's test at the fold.

    It is 3 / max(sin a + sin 2a): the zero of cos a + 2 cos 2a, and the value there.
    """

    def slope(a: Ball) -> Ball:
        return cos(a) + 2.0 * cos(2.0 * a)

    def curvature(a: Ball) -> Ball:
        return (-sin(a) - 4.0 * sin(2.0 * a)).reshape(1, 1)

    found = krawczyk(slope, curvature, Ball(np.array([0.936]), np.array([0.02])))
    if found.verdict is not Verdict.PROVED:
        return Enclosure(0.0, math.inf)
    value = rational_ball(3 * unit) / (sin(found.box[0]) + sin(2.0 * found.box[0]))
    return value.enclosure()
