"""Kuramoto's phase oscillators on graphs: locked states, their stability, and the critical coupling."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, final

import networkx as nx
import numpy as np
import sympy

from cases.common.parameters import as_sympy, one_of, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational, bounded_vector
from cases.kuramoto.critical_coupling import coupling_enclosure, critical_coupling, fold_enclosure
from cases.kuramoto.derivation import (
    derive_three_oscillators,
    derive_tree_flows,
    derive_twisted_states,
    derive_weighted_laplacian,
    three_oscillators_cosine,
    three_oscillators_coupling,
    twisted_abscissa,
)
from cases.kuramoto.estimates import mean_order_parameters
from cases.kuramoto.graphs import KINDS, oscillator_graph
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.oscillators import Kuramoto
from certify.oscillators.twisted import twisted_spectrum
from certify.verdict import Verdict
from foundation import InputError
from numeric.phase_locking import LockedState, OscillatorArrays, continued_state, locked_state, order_parameter
from symbolic import Derivation
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_VERDICT, _ABSCISSA, _ORDER = "verdict", "spectral abscissa of the locked state", "order parameter"
_VELOCITY, _CRITICAL = "velocity of the locked state", "critical coupling"
_FOURIER, _TWISTED = "largest eigenvalue of the exactly twisted state", "verdict on the exactly twisted state"
# The critical coupling is searched by many locked states, the abscissa by a dense eigenvalue routine.
_SEARCHED, _DENSE = 200, 1500
# Sums of several cosines are told from 0 by their minimal polynomials.
_MANY_NEIGHBOURS, _MODES = 60, 10**6
_OPERATIONS = 5e7


@final
@dataclass(frozen=True, eq=False)
class Oscillators:
    """The network of the user's parameters: frequencies exact, scale = K or K/M."""

    graph: nx.Graph
    frequencies: tuple[Fraction, ...]
    coupling: Fraction
    scale: Fraction
    twist: int

    @property
    def nodes(self) -> int:
        return len(self.frequencies)

    @property
    def excess(self) -> tuple[Fraction, ...]:
        """omega_i - mean(omega)."""
        mean = sum(self.frequencies, Fraction(0)) / self.nodes
        return tuple(w - mean for w in self.frequencies)

    @property
    def are_equal(self) -> bool:
        return len(set(self.frequencies)) == 1

    def model(self, factor: Fraction = Fraction(1)) -> Kuramoto:
        """The network with the coupling multiplied by a factor."""
        return Kuramoto(self.graph, list(self.frequencies), self.scale * factor)

    @property
    def start(self) -> np.ndarray | None:
        """Twisted phases, or nothing."""
        return 2 * np.pi * (self.twist * np.arange(self.nodes) % self.nodes) / self.nodes if self.twist else None


def oscillators_of(values: Mapping[str, Any]) -> Oscillators:
    """Reads the parameters together; `InputError` where they do not fit."""
    graph = _graph(values["graph"], values["nodes"], values["neighbours"], values["seed"])
    nodes = len(graph)
    frequencies = _frequencies(values, nodes)
    twist = values["twist"]
    if twist and (values["graph"] != "ring" or len(set(frequencies)) > 1):
        raise InputError("twisted states need graph=ring and equal frequencies, such as frequencies=0")
    scale = values["coupling"] / (nodes if values["scaling"] == "M" else 1)
    return Oscillators(graph, frequencies, values["coupling"], scale, twist)


@lru_cache(maxsize=2)
def _graph(kind: str, nodes: int, neighbours: int, seed: int) -> nx.Graph:
    return oscillator_graph(kind, nodes, neighbours, seed)


def _frequencies(values: Mapping[str, Any], nodes: int) -> tuple[Fraction, ...]:
    given = values["frequencies"]
    if given is None and nodes == 3:
        return Fraction(-1), Fraction(0), Fraction(1)
    if given is None:
        if values["twist"]:
            return (Fraction(0),) * nodes
        drawn = np.random.default_rng(values["seed"]).normal(size=nodes)
        return tuple(Fraction(float(w)) * values["spread"] for w in drawn)
    if len(given) == 1:
        return given * nodes
    if len(given) != nodes:
        raise InputError(f"frequencies hold {len(given)} numbers, but the graph has {nodes} nodes; pass one for each")
    return tuple(w * values["spread"] for w in given)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    oscillators = oscillators_of(values)
    mean = sum(oscillators.frequencies, Fraction(0)) / oscillators.nodes
    derivations: list[Derivation] = [derive_weighted_laplacian()]
    exact: dict[str, Any] = {_VELOCITY: as_sympy(mean)}
    if _has_exact_twist(values, oscillators):
        derivation, found = _twisted_values(oscillators, values["neighbours"])
        derivations.append(derivation)
        exact |= found
    elif _is_symmetric_triangle(oscillators):
        derivations.append(derive_three_oscillators())
        exact |= _triangle_values(oscillators)
    elif values["graph"] == "path" and not oscillators.are_equal:
        flows = _path_flows(oscillators.excess)
        derivations.append(derive_tree_flows(oscillators.excess, flows))
        exact |= _path_values(oscillators, flows)
    return SymbolicView(tuple(derivations), exact)


def _has_exact_twist(values: Mapping[str, Any], oscillators: Oscillators) -> bool:
    """Whether these are equal oscillators on a ring whose twisted states are worked out exactly."""
    return (
        values["graph"] == "ring"
        and oscillators.are_equal
        and (values["neighbours"] == 1 or oscillators.nodes <= _MANY_NEIGHBOURS)
    )


def _twisted_values(oscillators: Oscillators, neighbours: int) -> tuple[Derivation, dict[str, Any]]:
    twist, nodes, strength = oscillators.twist, oscillators.nodes, as_sympy(oscillators.scale)
    abscissa = twisted_abscissa(twist, nodes, strength, neighbours)
    story = derive_twisted_states(twist, nodes, abscissa / strength if neighbours > 1 else None)
    verdict = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE, 0: Verdict.UNDECIDED}[number_sign(abscissa) or 0]
    exact: dict[str, Any] = {_FOURIER: abscissa, _TWISTED: verdict, _VERDICT: verdict}
    if verdict is not Verdict.UNDECIDED:
        exact[_ABSCISSA] = abscissa
        exact[_ORDER] = sympy.Integer(0 if oscillators.twist % oscillators.nodes else 1)
    return story, exact


def _is_symmetric_triangle(oscillators: Oscillators) -> bool:
    """Whether these are three oscillators, all coupled, with frequencies -w, 0, w around their mean in some order."""
    edges = oscillators.graph.number_of_edges()
    return oscillators.nodes == edges == 3 and 0 in oscillators.excess and not oscillators.are_equal


def _triangle_values(oscillators: Oscillators) -> dict[str, Any]:
    """K here is three times the coupling of a pair."""
    spread, pair = max(oscillators.excess), 3 * oscillators.scale
    critical = as_sympy(spread) * three_oscillators_coupling() * as_sympy(oscillators.coupling / pair)
    exact: dict[str, Any] = {_CRITICAL: critical}
    side = number_sign(as_sympy(oscillators.coupling) - critical)
    if side != 1:
        return exact | ({_VERDICT: Verdict.REFUTED} if side == -1 else {})
    c = three_oscillators_cosine(spread / pair)
    slow = -as_sympy(pair) * (4 * c**2 + c - 2) / 3
    return exact | {_VERDICT: Verdict.STABLE, _ABSCISSA: slow, _ORDER: (1 + 2 * c) / 3}


def _path_flows(excess: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    total, flows = Fraction(0), []
    for value in excess[:-1]:
        total -= value
        flows.append(total)
    return tuple(flows)


def _path_values(oscillators: Oscillators, flows: tuple[Fraction, ...]) -> dict[str, Any]:
    largest = max(abs(f) for f in flows)
    exact: dict[str, Any] = {_CRITICAL: as_sympy(largest * oscillators.coupling / oscillators.scale)}
    if largest > oscillators.scale:
        return exact | {_VERDICT: Verdict.REFUTED}
    if largest == oscillators.scale:
        return exact
    exact[_VERDICT] = Verdict.STABLE
    weights = [sympy.sqrt(as_sympy(oscillators.scale**2 - f**2)) for f in flows[:2]]
    if oscillators.nodes == 2:
        exact[_ABSCISSA] = -2 * weights[0]
    if oscillators.nodes == 3:
        first, second = weights
        exact[_ABSCISSA] = sympy.sqrt(first**2 - first * second + second**2) - first - second
    return exact


def _numeric(values: Mapping[str, Any]) -> NumericView:
    oscillators = oscillators_of(values)
    network = oscillators.model().network
    arrays = OscillatorArrays(network.tails, network.heads, network.strengths.mid, network.frequencies.mid)
    mean = float(np.mean(arrays.frequencies))
    estimates = {_VELOCITY: Estimate(mean, 1e-9 * (1 + float(np.abs(arrays.frequencies).max())))}
    found = _locked(arrays, oscillators.start)
    remarks: tuple[str, ...] = ("no locked state was found by Newton's method",)
    if found.converged:
        length = order_parameter(found.phases)
        estimates[_ORDER] = Estimate(length, 1e-6)
        remarks = (f"{oscillators.nodes} oscillators, {len(network.tails)} couplings: locked",)
        if oscillators.nodes <= _DENSE:
            spectrum = -np.linalg.eigvalsh(arrays.form(found.phases).toarray())
            size = float(np.abs(spectrum).max())
            estimates[_ABSCISSA] = Estimate(_without_rotation(spectrum), 1e-7 * size)
    plots = [_phases_plot(oscillators, found)]
    critical = None
    if oscillators.nodes <= _SEARCHED and not oscillators.are_equal:
        critical = critical_coupling(arrays) * float(oscillators.coupling)
        estimates[_CRITICAL] = Estimate(critical, 3e-3 * critical)
    if not oscillators.are_equal and len(network.tails) <= 20_000:
        plots.append(_order_plot(oscillators, arrays, critical))
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


def _phases_plot(oscillators: Oscillators, found: LockedState) -> Plot:
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
        f"The phases of {len(shown)} of {oscillators.nodes} oscillators lie between {phases.min():.3g} and "
        f"{phases.max():.3g} rad; the order parameter is {order_parameter(found.phases):.3g}.",
    )


def _order_plot(oscillators: Oscillators, arrays: OscillatorArrays, critical: float | None) -> Plot:
    coupling = float(oscillators.coupling)
    top = 2.5 if critical is None else max(1.2, 2.5 * critical / coupling)
    work = 4.0 * len(arrays.tails)
    count = int(np.clip(_OPERATIONS / (work * 400), 6, 40))
    steps = int(np.clip(_OPERATIONS / (work * count), 200, 6000))
    factors = np.linspace(top / count, top, count)
    rate = float(np.bincount(np.concatenate([arrays.tails, arrays.heads]), np.tile(np.abs(arrays.weights), 2)).max())
    fastest = max(top * rate, float(np.abs(arrays.frequencies - arrays.frequencies.mean()).max()))
    start = np.random.default_rng(0).uniform(-1, 1, oscillators.nodes)
    means = mean_order_parameters(arrays, factors, start, 0.5 * steps / fastest, steps)
    locked = [_length_at(arrays, factor) for factor in factors]
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


def _length_at(arrays: OscillatorArrays, factor: float) -> float:
    scaled = OscillatorArrays(arrays.tails, arrays.heads, factor * arrays.weights, arrays.frequencies)
    found = locked_state(scaled, np.zeros(len(arrays.frequencies)))
    return order_parameter(found.phases) if found.converged else math.nan


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    oscillators = oscillators_of(values)
    quantities = {
        _VERDICT: "verdict",
        _ABSCISSA: "spectral_abscissa",
        _ORDER: "order_parameter",
        _VELOCITY: "velocity_1",
    }
    task = Task("locked state", "equilibrium", {"field": oscillators.model(), "x": oscillators.start}, quantities)
    proved: dict[str, Any] = {_VELOCITY: oscillators.model().network.velocity.enclosure()}
    if values["graph"] == "ring" and oscillators.are_equal and oscillators.nodes * values["neighbours"] <= _MODES:
        strengths = dict.fromkeys(range(1, values["neighbours"] + 1), oscillators.scale)
        spectrum = twisted_spectrum(oscillators.nodes, oscillators.twist, strengths)
        top = int(np.argmax(spectrum.mid))
        largest = spectrum[top].enclosure()
        proved[_FOURIER] = largest = type(largest)(largest.lower, float(spectrum.upper.max()))
        sign = Verdict.UNSTABLE if largest.is_above(0) else Verdict.STABLE if largest.is_below(0) else Verdict.UNDECIDED
        proved[_TWISTED] = sign
    elif _is_symmetric_triangle(oscillators):
        proved[_CRITICAL] = fold_enclosure(max(oscillators.excess) * oscillators.coupling / (3 * oscillators.scale))
    elif oscillators.nodes <= _SEARCHED and not oscillators.are_equal:
        proved[_CRITICAL] = coupling_enclosure(oscillators.model, oscillators.coupling)
    return CertifiedView((task,), proved)


CASE = case_of(
    "kuramoto",
    readers={
        "graph": one_of(*KINDS),
        "nodes": whole_number(2, 200_000),
        "neighbours": whole_number(1, 50),
        "coupling": bounded_rational(0, 2**60, open_below=True),
        "scaling": one_of("M", "1"),
        "frequencies": bounded_vector(-(2**60), 2**60, 200_000),
        "spread": bounded_rational(0, 2**60, open_below=True),
        "twist": whole_number(-(10**6), 10**6),
        "seed": whole_number(0, 2**31),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_CRITICAL, "1.7043783", "K^4 - 69 K^2 + 192 = 0 by the quadratic formula"),
        Known(_VERDICT, "STABLE", "2 is above the critical coupling"),
        Known(_VELOCITY, "0", "mean of -1, 0, 1"),
    ),
)
