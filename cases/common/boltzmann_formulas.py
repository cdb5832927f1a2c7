"""A Boltzmann machine in formulas: the weights of its law, and the matrix that is similar to its chain."""

import itertools
from collections.abc import Sequence
from fractions import Fraction

from cases.common.boltzmann_machine import Machine, same_number
from cases.common.exact_formulas import Formula
from cases.common.matrix_parameters import PositiveNumber

# More neurons have too many states for a certificate that writes all of them down.
MOST_WRITTEN = 5
State = tuple[int, ...]


def states_of(machine: Machine) -> list[State]:
    """All states in lexicographic order."""
    return list(itertools.product((0, 1), repeat=machine.neurons))


def law_formulas(machine: Machine, parallel: bool) -> list[Formula]:
    """The weights of the stationary law before they are divided by their sum: see `exact_law`."""
    rows, biases = _numbers(machine)
    found: list[Formula] = []
    for state in states_of(machine):
        active = [i for i, value in enumerate(state) if value]
        factors = [["^", biases[i], -1] for i in active]
        if parallel:
            factors += [["+", 1, ["^", _field(rows, biases, i, active), -1]] for i in range(machine.neurons)]
        else:
            factors += [["^", rows[i][j], -1] for i, j in itertools.combinations(active, 2)]
        found.append(["*", 1, *factors])
    return found


def chance_formulas(machine: Machine) -> dict[str, Formula]:
    """By name the probabilities 1/(1 + e^h) and 1/(1 + e^-h) that a neuron becomes 1, and 0, from each state."""
    rows, biases = _numbers(machine)
    found: dict[str, Formula] = {}
    for state in states_of(machine):
        active = [j for j, value in enumerate(state) if value]
        for i in range(machine.neurons):
            field = _field(rows, biases, i, active)
            place = f"from {''.join(map(str, state))}"
            found[f"- chance that neuron {i + 1} becomes 0 {place}"] = ["^", ["+", 1, ["^", field, -1]], -1]
            found[f"- chance that neuron {i + 1} becomes 1 {place}"] = ["^", ["+", 1, field], -1]
    return found


def symmetrised_formulas(machine: Machine, parallel: bool) -> list[list[Formula]]:
    """sqrt(P(v, u) P(u, v)); the probabilities are those of `chance_formulas`, the first values of the list."""
    states = states_of(machine)

    def chance(v: int, neuron: int, becomes: int) -> Formula:
        return ["value", 2 * (v * machine.neurons + neuron) + becomes + 1]

    def step(v: int, u: int) -> Formula:
        if parallel:
            return ["*", 1, *(chance(v, i, states[u][i]) for i in range(machine.neurons))]
        differing = [i for i in range(machine.neurons) if states[v][i] != states[u][i]]
        if len(differing) > 1:
            return 0
        moved = differing or range(machine.neurons)
        return ["*", Fraction(1, machine.neurons), ["+", *(chance(v, i, states[u][i]) for i in moved)]]

    places = range(len(states))
    upper = {(v, u): ["sqrt", ["*", step(v, u), step(u, v)]] for v in places for u in places if v <= u}
    return [[upper[min(v, u), max(v, u)] for u in places] for v in places]


def _numbers(machine: Machine) -> tuple[list[list[Formula]], list[Formula]]:
    rows = machine.matrix(None, same_number)
    written = [[1 if number is None else _formula(number) for number in row] for row in rows]
    return written, [_formula(number) for number in machine.biases]


def _formula(number: PositiveNumber) -> Formula:
    return ["*", number.factor, ["exp", number.exponent]] if number.exponent else number.factor


def _field(rows: list[list[Formula]], biases: list[Formula], neuron: int, active: Sequence[int]) -> Formula:
    """e^h of a neuron, h = b_i + the weights of the active ones."""
    return ["*", biases[neuron], *(rows[neuron][j] for j in active if j != neuron)]
