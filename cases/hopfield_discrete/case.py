"""The discrete Hopfield network: threshold dynamics, its fixed points and its energy, exactly."""

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.matrix_parameters import Matrix, float_matrix, rational_matrix
from cases.common.parameters import as_float, as_sympy, rational_vector, whole_number
from cases.common.plot import Plot, Series
from cases.common.told import counted
from cases.hopfield_discrete.derivation import derive_energy_descent, derive_threshold_erratum
from cases.hopfield_discrete.estimates import recall_overlap
from cases.hopfield_discrete.network import Network
from cases.hopfield_discrete.task import dynamics_task
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from certify.enclosure import Enclosure
from certify.verdict import Verdict
from foundation import InputError

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_FIXED, _CYCLES, _LOWEST = "fixed points", "two-cycles of parallel updates", "lowest energy"
_DESCENT, _PERIOD = "no update of one neuron raises the energy", "parallel updates end in cycles of length 1 or 2"
_LARGEST = 12
# Neurons whose states a certificate writes down.
_MOST_WRITTEN = 8


def network_of(values: Mapping[str, Any]) -> Network:
    """The user's weights and biases, or Hebb's for the patterns; `InputError` when they do not fit."""
    weights, biases = values["weights"], values["biases"]
    if weights is None:
        weights, balanced = hebb(values["patterns"])
        biases = balanced if biases is None else biases
    size = len(weights)
    biases = biases if biases is not None else (Fraction(0),) * size
    for i, j in itertools.product(range(size), repeat=2):
        if weights[i][j] != weights[j][i] or (i == j and weights[i][j]):
            raise InputError(
                f"weights must be symmetric with zeros on the diagonal, but the entries ({i}, {j}) and ({j}, {i}) are "
                f"{weights[i][j]} and {weights[j][i]}"
            )
    if len(biases) != size:
        raise InputError(f"biases must hold {size} numbers, but holds {len(biases)}")
    return Network(weights, biases)


def hebb(patterns: Matrix) -> tuple[Matrix, tuple[Fraction, ...]]:
    """a_ij = -4 sum xi_i xi_j for i != j, b_i = 2 sum_j sum xi_i xi_j: the field is -2 sum_j sum xi_i xi_j s_j."""
    spins = [[2 * value - 1 for value in pattern] for pattern in patterns]
    size = len(patterns[0])
    products = [[sum((p[i] * p[j] for p in spins), Fraction(0)) * (i != j) for j in range(size)] for i in range(size)]
    weights = Matrix(tuple(tuple(-4 * entry for entry in row) for row in products))
    return weights, tuple(2 * sum(row, Fraction(0)) for row in products)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    """State by state in rational arithmetic."""
    network = network_of(values)
    size = len(network.biases)
    images = {v: update(network, v) for v in itertools.product((0, 1), repeat=size)}
    fixed = sum(1 for v, image in images.items() if v == image)
    cyclic = sum(1 for v, image in images.items() if v != image and images[image] == v)
    lowest = min(energy(network, v) for v in images)
    exact: dict[str, Any] = {
        _FIXED: sympy.Integer(fixed),
        _CYCLES: sympy.Integer(cyclic // 2),
        _LOWEST: as_sympy(lowest),
        _DESCENT: Verdict.PROVED,
        _PERIOD: Verdict.PROVED,
    }
    return SymbolicView((derive_energy_descent(),), exact)


def update(network: Network, state: tuple[int, ...]) -> tuple[int, ...]:
    """All neurons at once: 1 where the field is negative."""
    active = [j for j, value in enumerate(state) if value]
    fields = [b + sum(row[j] for j in active) for b, row in zip(network.biases, network.weights, strict=True)]
    return tuple(int(field < 0) for field in fields)


def energy(network: Network, state: tuple[int, ...]) -> Fraction:
    """b.v + v.A v / 2."""
    active = [j for j, value in enumerate(state) if value]
    pairs = sum((network.weights[i][j] for i, j in itertools.combinations(active, 2)), Fraction(0))
    return pairs + sum((network.biases[i] for i in active), Fraction(0))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    network = network_of(values)
    weights, biases = float_matrix(network.weights), np.array([as_float(b) for b in network.biases])
    states = _states(len(biases)).astype(np.float64)
    fields = biases + states @ weights
    scale = 1e-12 * (1 + np.abs(weights).sum() + np.abs(biases).sum())
    # sums of whole numbers are exact
    whole = all((entries == np.rint(entries)).all() for entries in (weights, biases))
    doubtful = 0.0 if whole else float((np.abs(fields) < scale).any(axis=1).sum())
    images = fields < 0
    fixed = float((images == (states == 1)).all(axis=1).sum())
    energies = states @ biases + np.einsum("si,ij,sj->s", states, weights, states) / 2
    estimates = {_FIXED: Estimate(fixed, doubtful), _LOWEST: Estimate(float(energies.min()), scale)}
    return NumericView(estimates, (_recall(values["large"]), _landscape(states, energies, images)))


def _recall(neurons: int) -> Plot:
    """Overlap after recall against the load, started with a tenth of the neurons wrong."""
    loads = np.array([0.02, 0.05, 0.08, 0.1, 0.12, 0.13, 0.14, 0.15, 0.16, 0.18, 0.2, 0.25])
    counts = np.maximum(1, np.round(loads * neurons)).astype(int)
    overlaps = np.array([recall_overlap(neurons, int(count), 0.1, seed=k) for k, count in enumerate(counts)])
    return Plot(
        f"Recall of a pattern by {neurons} neurons",
        "load: patterns / neurons",
        "overlap with the pattern after recall",
        (Series("path", counts / neurons, overlaps, "a tenth of the neurons starts wrong"),),
        f"The overlap is {overlaps[0]:.3g} at the load {counts[0] / neurons:.2g} and {overlaps[-1]:.3g} at "
        f"{counts[-1] / neurons:.2g}: memory breaks down near 0.138.",
        {"vertical": (0.138,)},
    )


def _landscape(states: np.ndarray, energies: np.ndarray, images: np.ndarray) -> Plot:
    """All states by energy; fixed points marked."""
    active = states.sum(axis=1)
    fixed = (images == (states == 1)).all(axis=1)
    return Plot(
        "The energy of all states",
        "active neurons",
        "energy H",
        (
            Series("points", active, energies, "states"),
            Series("points", active[fixed], energies[fixed], "fixed points", emphasis=True),
        ),
        f"The energies of {len(states)} states against the number of active neurons; among them "
        f"{counted(int(fixed.sum()), 'fixed point')}.",
    )


def _states(neurons: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=neurons)))


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    """All states at once in whole numbers of any length: every weight times the common denominator."""
    network = network_of(values)
    entries = [entry for row in (*network.weights, network.biases) for entry in row]
    scale = math.lcm(*[entry.denominator for entry in entries])
    weights = np.array([[int(entry * scale) for entry in row] for row in network.weights], dtype=object)
    biases = np.array([int(entry * scale) for entry in network.biases], dtype=object)
    states = _states(len(biases))
    whole = states.astype(object)
    fields = whole @ weights + biases
    target = (fields < 0).astype(np.int64)
    powers = 2 ** np.arange(len(biases))[::-1]
    image, own = target @ powers, np.arange(len(states))
    energies = 2 * (whole @ biases) + ((whole @ weights) * whole).sum(axis=1)
    rises = max(_worst_rise(energies, target, own, i, len(biases)) for i in range(len(biases)))
    recurrent = _recurrent(image)
    closed = bool((image[image[recurrent]] == recurrent).all())
    fixed = int((image == own).sum())
    cyclic = int(((image != own) & (image[image] == own)).sum())
    lowest = Fraction(int(energies.min()), 2 * scale)
    proved: dict[str, Any] = {
        _FIXED: Enclosure(float(fixed), float(fixed)),
        _CYCLES: Enclosure(cyclic / 2, cyclic / 2),
        _LOWEST: _around(lowest),
        _DESCENT: Verdict.PROVED if rises <= 0 else Verdict.REFUTED,
        _PERIOD: Verdict.PROVED if closed else Verdict.REFUTED,
    }
    small = len(biases) <= _MOST_WRITTEN
    return CertifiedView((dynamics_task(network, proved, (_LOWEST, _DESCENT)),) if small else (), proved)


def _worst_rise(energies: np.ndarray, target: np.ndarray, own: np.ndarray, neuron: int, neurons: int) -> int:
    """The largest change of the energy when this neuron is updated."""
    bit = 1 << (neurons - 1 - neuron)
    moved = np.where(target[:, neuron] == 1, own | bit, own & ~bit)
    return int((energies[moved] - energies).max())


def _recurrent(image: np.ndarray) -> np.ndarray:
    """The states on cycles: the images after as many steps as there are states."""
    steps, power = 1, image
    while steps < len(image):
        power, steps = power[power], 2 * steps
    return np.unique(power)


def _around(value: Fraction) -> Enclosure:
    near = float(value)
    if Fraction(near) == value:
        return Enclosure(near, near)
    return Enclosure(math.nextafter(near, -math.inf), math.nextafter(near, math.inf))


def _patterns(value: Any, name: str) -> Matrix:
    patterns = rational_matrix(64)(value, name)
    if any(entry not in (0, 1) for row in patterns for entry in row) or len(patterns[0]) > _LARGEST:
        raise InputError(f"{name} must hold rows of at most {_LARGEST} zeros and ones, but is {value!r}")
    return patterns


CASE = case_of(
    "hopfield-discrete",
    readers={
        "patterns": _patterns,
        "weights": rational_matrix(_LARGEST, square=True),
        "biases": rational_vector(),
        "large": whole_number(64, 16384),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_FIXED, "2", "one pattern in an odd number of neurons: the pattern and its complement"),
        Known(_DESCENT, "PROVED", "Hopfield 1982"),
        Known(_PERIOD, "PROVED", "Goles and Olivos 1980"),
    ),
    errata=(
        Erratum(
            "A neuron becomes 1 if p = f(v) > 0, and 0 else.",
            "A neuron becomes 1 if p > 1/2, that is, if b_i + sum_j a_ij v_j < 0.",
            lambda values: derive_threshold_erratum(),
        ),
    ),
)
