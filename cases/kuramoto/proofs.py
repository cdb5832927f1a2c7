"""The proved view of Kuramoto's oscillators."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import sympy

from cases.common.exact_formulas import Formula, minus, over, values_task
from cases.common.parameters import as_sympy
from cases.kuramoto.critical_coupling import coupling_enclosure, fold_enclosure
from cases.kuramoto.system import (
    ABSCISSA,
    CRITICAL,
    EXISTS,
    FOURIER,
    MODES,
    ORDER,
    SEARCHED,
    TWISTED,
    VELOCITY,
    VERDICT,
    WRITTEN,
    Oscillators,
    is_splay,
    is_symmetric_triangle,
    oscillators_of,
)
from cases.model import CertifiedView, Task
from certify.certificate import Certificate
from certify.kuramoto.twisted import twisted_spectrum
from certify.verdict import Verdict
from numeric.phase_locking import OscillatorArrays, continued_state


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    oscillators = oscillators_of(values)
    proved: dict[str, Any] = {VELOCITY: oscillators.model().network.velocity.enclosure()}
    if is_splay(values, oscillators):
        state = _twist_task(oscillators, oscillators.nodes // 2, Verdict.UNSTABLE, is_state=True)
        return CertifiedView((state, _mean_task(oscillators)), proved)
    tasks = [_locked_task(oscillators)]
    if values["graph"] == "ring" and oscillators.are_equal and oscillators.nodes * values["neighbours"] <= MODES:
        strengths = dict.fromkeys(range(1, values["neighbours"] + 1), oscillators.scale)
        spectrum = twisted_spectrum(oscillators.nodes, oscillators.twist, strengths)
        top = int(np.argmax(spectrum.mid))
        largest = spectrum[top].enclosure()
        proved[FOURIER] = largest = type(largest)(largest.lower, float(spectrum.upper.max()))
        sign = Verdict.UNSTABLE if largest.is_above(0) else Verdict.STABLE if largest.is_below(0) else Verdict.UNDECIDED
        proved[TWISTED] = sign
        if sign is not Verdict.UNDECIDED and oscillators.nodes * values["neighbours"] <= WRITTEN:
            tasks.append(_twist_task(oscillators, values["neighbours"], sign, is_state=False))
    elif is_symmetric_triangle(oscillators):
        proved[CRITICAL] = fold_enclosure(max(oscillators.excess) * oscillators.coupling / (3 * oscillators.scale))
    elif oscillators.nodes <= SEARCHED and not oscillators.are_equal:
        proved[CRITICAL] = coupling_enclosure(oscillators.model, oscillators.coupling)
    if CRITICAL in proved and proved[CRITICAL].is_above(oscillators.coupling):
        proved[EXISTS] = Verdict.REFUTED
    if oscillators.nodes == 3 and not oscillators.are_equal and not _seems_locked(oscillators):
        tasks = [unlocked_task(oscillators)]
    if CRITICAL in proved and nx.is_tree(oscillators.graph):
        proved.pop(CRITICAL)
        tasks.append(_tree_task(oscillators))
    if tasks[0].kind != "equilibrium":
        tasks.append(_mean_task(oscillators))
    return CertifiedView(tuple(tasks), proved)


def _locked_task(oscillators: Oscillators) -> Task:
    quantities = {
        VERDICT: "verdict",
        ABSCISSA: "spectral_abscissa",
        ORDER: "order_parameter",
        VELOCITY: "velocity_1",
    }
    arguments = {"field": oscillators.model(), "x": oscillators.start}
    return Task("locked state", "equilibrium", arguments, quantities, _exists)


def _seems_locked(oscillators: Oscillators) -> bool:
    network = oscillators.model().network
    arrays = OscillatorArrays(network.tails, network.heads, network.strengths.mid, network.frequencies.mid)
    return bool(continued_state(arrays, np.zeros(oscillators.nodes)).converged)


def _mean_task(oscillators: Oscillators) -> Task:
    mean = over(["+", *oscillators.frequencies], oscillators.nodes)
    return values_task("mean frequency", {VELOCITY: mean})


def _tree_task(oscillators: Oscillators) -> Task:
    """On a tree the force across an edge is what one side of it lacks; the coupling of a pair must carry each."""
    graph, flows = oscillators.graph.copy(), []
    for i, j in oscillators.graph.edges:
        graph.remove_edge(i, j)
        flows.append(["abs", ["+", *(oscillators.excess[k] for k in nx.node_connected_component(graph, i))]])
        graph.add_edge(i, j)
    unit = oscillators.coupling / oscillators.scale
    return values_task("critical coupling of a tree", {CRITICAL: ["*", unit, ["max", *flows]]})


def unlocked_task(oscillators: Oscillators) -> Task:
    """Three oscillators: the velocities of two, less the mean, vanish together nowhere on the torus of differences."""
    x, y = sympy.symbols("x y", real=True)
    phases = [sympy.Integer(0), x, y]
    forces = [as_sympy(w) for w in oscillators.excess]
    for i, j in oscillators.graph.edges:
        pull = as_sympy(oscillators.scale) * sympy.sin(phases[j] - phases[i])
        forces[i], forces[j] = forces[i] + pull, forces[j] - pull
    square = sympy.Add(*(force**2 for force in forces))
    # a little more than a whole turn each
    arguments = {"f": square, "box": [(-3.1875, 3.1875)] * 2, "variables": [x, y], "budget": 20.0}

    def derived(certificate: Certificate) -> dict[str, Verdict]:
        refuted = certificate.verdict is Verdict.PROVED
        return dict.fromkeys((EXISTS, VERDICT), Verdict.REFUTED) if refuted else {}

    return Task("the forces balance nowhere", "inequality", arguments, {}, derived)


def _twist_task(oscillators: Oscillators, reach: int, sign: Verdict, is_state: bool) -> Task:
    """The largest eigenvalue of the circulant linearisation from its cosines, and its sign; a splay state is one."""
    nodes, twist, strength = oscillators.nodes, oscillators.twist, oscillators.scale

    def cosine(steps: int) -> Formula:
        return ["cos", ["*", Fraction(2 * (steps % nodes), nodes), "pi"]]

    modes = []
    for mode in range(1, nodes // 2 + 1):
        parts = [
            ["*", -strength if 2 * d == nodes else -2 * strength, cosine(twist * d), ["+", 1, minus(cosine(mode * d))]]
            for d in range(1, reach + 1)
        ]
        modes.append(["+", *parts])
    formulas = {FOURIER: ["max", *modes]} | ({ABSCISSA: ["value", 1]} if is_state else {})

    def derived(certificate: Certificate) -> dict[str, Verdict]:
        if certificate.verdict is not Verdict.PROVED:
            return {}
        return {TWISTED: sign} | ({VERDICT: sign, EXISTS: Verdict.PROVED} if is_state else {})

    below = sign is Verdict.STABLE
    comparison = (["value", 1], "<", 0) if below else (0, "<", ["value", 1])
    return values_task(f"the twisted state is {sign.name.lower()}", formulas, [comparison], derived)


def _exists(certificate: Certificate) -> dict[str, Verdict]:
    """STABLE and UNSTABLE speak of a locked state that is proved; REFUTED is a cut that no locked state crosses."""
    return {EXISTS: Verdict.REFUTED if certificate.verdict is Verdict.REFUTED else Verdict.PROVED}
