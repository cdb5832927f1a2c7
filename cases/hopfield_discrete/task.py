"""The dynamics of a small network on all its states in formulas, for a certificate."""

import itertools
from collections.abc import Mapping
from typing import Any

from cases.common.exact_formulas import Comparison, Formula, values_task
from cases.hopfield_discrete.network import Network
from cases.model import Task
from certify.certificate import Certificate
from certify.verdict import Verdict


def dynamics_task(network: Network, proved: Mapping[str, Any], names: tuple[str, str]) -> Task:
    """Where each neuron goes from each state, and that the energy never rises on the way.

    names: of the lowest energy, which is a formula, and of the statement on energies. Once every field has its sign,
    fixed points and cycles are counted: those numbers of `proved` hold where all comparisons do.
    """
    size = len(network.biases)
    states = list(itertools.product((0, 1), repeat=size))
    place = {state: k + 1 for k, state in enumerate(states)}
    formulas: dict[str, Formula] = {f"- energy of {''.join(map(str, v))}": _energy(network, v) for v in states}
    comparisons: list[Comparison] = []
    for state in states:
        for i in range(size):
            active = [j for j, value in enumerate(state) if value and j != i]
            field = ["+", network.biases[i], *(network.weights[i][j] for j in active)]
            rises = network.biases[i] + sum(network.weights[i][j] for j in active) < 0
            comparisons.append((field, "<", 0) if rises else (0, "<=", field))
            moved = (*state[:i], int(rises), *state[i + 1 :])
            if moved != state:
                comparisons.append((["value", place[moved]], "<=", ["value", place[state]]))
    lowest, descent = names
    formulas[lowest] = ["min", *(["value", k] for k in place.values())]
    counted = {name: value for name, value in proved.items() if name not in (lowest, descent)}

    def derived(certificate: Certificate) -> dict[str, Any]:
        return counted | {descent: Verdict.PROVED} if certificate.verdict is Verdict.PROVED else {}

    return values_task("the dynamics on all states", formulas, comparisons, derived)


def _energy(network: Network, state: tuple[int, ...]) -> Formula:
    """b.v + v.A v / 2, term by term."""
    active = [j for j, value in enumerate(state) if value]
    pairs = [network.weights[i][j] for i, j in itertools.combinations(active, 2)]
    return ["+", 0, *(network.biases[i] for i in active), *pairs]
