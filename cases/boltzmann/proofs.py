"""The proved view of Boltzmann machines."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.boltzmann.system import ACTIVE, GAP, SECOND, SILENT
from cases.common.boltzmann_formulas import (
    MOST_WRITTEN,
    chance_formulas,
    law_formulas,
    states_of,
    symmetrised_formulas,
)
from cases.common.boltzmann_machine import (
    Machine,
    enclosure_of,
    expectation,
    machine_of,
    proved_law,
    symmetrised_chain,
)
from cases.common.exact_formulas import Formula, minus, over, values_task
from cases.model import CertifiedView, Task
from certify.enclosure import Enclosure
from certify.linear_algebra import symmetric_eigenvalues


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    machine, parallel = machine_of(values), values["update"] == "parallel"
    found = symmetric_eigenvalues(symmetrised_chain(machine, parallel))
    lower, upper = found.lower[:-1], found.upper[:-1]
    mignitude = np.maximum(np.maximum(lower, -upper), 0.0)
    magnitude = np.maximum(np.abs(lower), np.abs(upper))
    second = Enclosure(float(mignitude.max()), float(magnitude.max()))
    gap = Enclosure(float(np.nextafter(1 - second.upper, -np.inf)), float(np.nextafter(1 - second.lower, np.inf)))
    proved: dict[str, Any] = {SECOND: second, GAP: Enclosure(max(gap.lower, 0.0), gap.upper)}
    if len(found) <= 4:
        proved |= {f"eigenvalue {k + 1}": found[len(found) - 1 - k] for k in range(len(found))}
    law = proved_law(machine, parallel)
    proved[ACTIVE] = enclosure_of(expectation(law, machine.neurons, sum))
    proved[SILENT] = enclosure_of(law[0])
    tasks = (_task(machine, parallel),) if machine.neurons <= MOST_WRITTEN else ()
    return CertifiedView(tasks, proved)


def _task(machine: Machine, parallel: bool) -> Task:
    """The law from its weights, and eigenvalues of the matrix sqrt(P(v, u) P(u, v)), which is similar to the chain."""
    weights, states = law_formulas(machine, parallel), states_of(machine)
    size, total, matrix = len(states), ["+", *weights], symmetrised_formulas(machine, parallel)
    formulas: dict[str, Formula] = chance_formulas(machine)
    formulas[ACTIVE] = over(["+", *(["*", sum(v), w] for v, w in zip(states, weights, strict=True))], total)
    formulas[SILENT] = over(weights[0], total)
    formulas["- smallest eigenvalue"] = ["eigenvalue", matrix, 1]
    formulas["- largest eigenvalue but one"] = ["eigenvalue", matrix, size - 1]
    last = len(formulas)
    formulas[SECOND] = ["max", ["abs", ["value", last - 1]], ["abs", ["value", last]]]
    formulas[GAP] = ["+", 1, minus(["value", last + 1])]
    if size <= 4:
        formulas |= {f"eigenvalue {k + 1}": ["eigenvalue", matrix, size - k] for k in range(size)}
    return values_task("law and spectrum of the chain", formulas)
