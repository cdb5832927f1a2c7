"""What the views of Kuramoto's oscillators share: names of quantities, and the system of the user's parameters."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, final

import networkx as nx
import numpy as np

from cases.kuramoto.graphs import oscillator_graph
from certify.kuramoto import Kuramoto
from foundation import InputError
from numeric.phase_locking import OscillatorArrays, locked_state, order_parameter

VERDICT, ABSCISSA, ORDER = "verdict", "spectral abscissa of the locked state", "order parameter"


VELOCITY, CRITICAL = "mean frequency: the velocity of every locked state", "critical coupling"


EXISTS = "a locked state exists"


FOURIER, TWISTED = "largest eigenvalue of the exactly twisted state", "verdict on the exactly twisted state"


# The critical coupling is searched by many locked states, the abscissa by a dense eigenvalue routine.
SEARCHED, DENSE = 200, 1500


# Sums of several cosines are told from 0 by their minimal polynomials.
MANY_NEIGHBOURS, MODES = 60, 10**6


OPERATIONS = 5e7


# Cosines that a certificate writes down.
WRITTEN = 600


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
    if twist and (values["graph"] not in ("ring", "complete") or len(set(frequencies)) > 1):
        raise InputError(
            "twisted states need graph=ring or graph=complete, and equal frequencies, such as frequencies=0"
        )
    scale = values["coupling"] / (nodes if values["scaling"] == "M" else values["scaling"])
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


def is_symmetric_triangle(oscillators: Oscillators) -> bool:
    """Whether these are three oscillators, all coupled, with frequencies -w, 0, w around their mean in some order."""
    edges = oscillators.graph.number_of_edges()
    return oscillators.nodes == edges == 3 and 0 in oscillators.excess and not oscillators.are_equal


def is_splay(values: Mapping[str, Any], oscillators: Oscillators) -> bool:
    """Whether this is a twisted state of equal oscillators that are all coupled: their phases cancel each other."""
    twisted = oscillators.twist % oscillators.nodes != 0
    return twisted and values["graph"] == "complete" and oscillators.are_equal


def length_at(arrays: OscillatorArrays, factor: float) -> float:
    scaled = OscillatorArrays(arrays.tails, arrays.heads, factor * arrays.weights, arrays.frequencies)
    found = locked_state(scaled, np.zeros(len(arrays.frequencies)))
    return order_parameter(found.phases) if found.converged else math.nan
