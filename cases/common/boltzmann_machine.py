"""What the cases of Boltzmann machines share: the machine of a user, its exact law, and proved chains in balls."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np
import sympy

from cases.common.matrix_parameters import PositiveNumber, positive_numbers
from cases.common.parameters import whole_number
from certify.arithmetic import Ball, sqrt
from certify.enclosure import Enclosure
from certify.program.arb import to_bounds
from foundation import InputError
from foundation.arb_precision import arb_precision

LARGEST = 10
_BITS = 200


@final
@dataclass(frozen=True)
class Machine:
    """M neurons; `couplings` e^a_ij for i < j, row by row; `biases` e^b_i."""

    neurons: int
    couplings: tuple[PositiveNumber, ...]
    biases: tuple[PositiveNumber, ...]

    @property
    def is_rational(self) -> bool:
        """Whether every e^a_ij and e^b_i is rational."""
        return all(number.is_rational for number in (*self.couplings, *self.biases))

    def matrix(self, one: Any, convert: Any) -> list[list[Any]]:
        """The symmetric matrix e^a_ij with `one` on the diagonal and entries converted."""
        rows = [[one] * self.neurons for _ in range(self.neurons)]
        pairs = itertools.combinations(range(self.neurons), 2)
        for (i, j), number in zip(pairs, self.couplings, strict=True):
            rows[i][j] = rows[j][i] = convert(number)
        return rows

    @property
    def symbolic(self) -> tuple[sympy.ImmutableMatrix, list[sympy.Expr]]:
        """(e^a, e^b) in SymPy."""
        matrix = sympy.ImmutableMatrix(self.matrix(sympy.Integer(1), lambda number: number.symbolic))
        return matrix, [number.symbolic for number in self.biases]

    @property
    def floats(self) -> tuple[np.ndarray, np.ndarray]:
        """(a, b) in floating point."""
        matrix = np.log(np.array(self.matrix(1.0, float)))
        return matrix, np.log(np.array([float(number) for number in self.biases]))


READERS = {
    "neurons": whole_number(1, LARGEST),
    "couplings": positive_numbers,
    "biases": positive_numbers,
}


def machine_of(values: Mapping[str, Any]) -> Machine:
    """The machine of the parameters; `InputError` when their lengths do not fit."""
    neurons = values["neurons"]
    pairs = neurons * (neurons - 1) // 2
    return Machine(
        neurons,
        _repeated(values["couplings"], pairs, f"couplings (i < j, {neurons} neurons)"),
        _repeated(values["biases"], neurons, "biases"),
    )


def _repeated(numbers: tuple[PositiveNumber, ...], length: int, name: str) -> tuple[PositiveNumber, ...]:
    if len(numbers) == 1:
        return numbers * length
    if len(numbers) != length:
        wanted = "1 number" if length == 1 else f"1 or {length} numbers"
        raise InputError(f"{name} must hold {wanted}, but holds {len(numbers)}")
    return numbers


def exact_law(machine: Machine, parallel: bool) -> list[Fraction]:
    """The stationary probabilities of a machine with rational e^a, e^b, in lexicographic order of the states."""
    factors = [
        [number.factor if number else Fraction(1) for number in row] for row in machine.matrix(None, same_number)
    ]
    weights = _law(factors, [number.factor for number in machine.biases], parallel, Fraction(1))
    total = sum(weights, Fraction(0))
    return [weight / total for weight in weights]


def proved_law(machine: Machine, parallel: bool) -> list[flint.arb]:
    """The stationary probabilities as Arb balls."""
    with arb_precision(_BITS):
        one = flint.arb(1)
        rows = machine.matrix(one, _arb)
        weights = _law(rows, [_arb(number) for number in machine.biases], parallel, one)
        total = sum(weights, flint.arb(0))
        return [weight / total for weight in weights]


def same_number(number: PositiveNumber) -> PositiveNumber:
    """For `Machine.matrix`: no conversion."""
    return number


def _arb(number: PositiveNumber) -> flint.arb:
    factor, exponent = number.factor, number.exponent
    power = flint.arb(flint.fmpq(exponent.numerator, exponent.denominator)).exp()
    return flint.arb(flint.fmpq(factor.numerator, factor.denominator)) * power


def _law(rows: Sequence[Sequence[Any]], biases: Sequence[Any], parallel: bool, one: Any) -> list[Any]:
    """e^{-b.v} times e^{-sum a_ij v_i v_j}, or times prod_i (1 + e^{-h_i}) for parallel updates."""
    result = []
    for state in itertools.product((0, 1), repeat=len(biases)):
        active = [i for i, value in enumerate(state) if value]
        weight = one
        for i in active:
            weight = weight / biases[i]
        if parallel:
            for i, bias in enumerate(biases):
                field = bias
                for j in active:
                    field = field * rows[i][j]
                weight = weight * (one + one / field)
        else:
            for i, j in itertools.combinations(active, 2):
                weight = weight / rows[i][j]
        result.append(weight)
    return result


def expectation(law: Sequence[Any], neurons: int, function: Callable[[tuple[int, ...]], int]) -> Any:
    """sum_v law(v) function(v), for a function with whole values."""
    order = itertools.product((0, 1), repeat=neurons)
    with arb_precision(_BITS):
        return sum((p * function(v) for p, v in zip(law, order, strict=True)), law[0] * 0)


def enclosure_of(value: flint.arb) -> Enclosure:
    """An Arb ball as bounds in float64."""
    lower, upper = to_bounds(np.array([value], dtype=object))
    return Enclosure(float(lower[0]), float(upper[0]))


def symmetrised_chain(machine: Machine, parallel: bool) -> Ball:
    """S(v, u) = sqrt(P(v, u) P(u, v)), (2^M, 2^M): similar to P, which is in detailed balance with a positive law."""
    on, off = _probabilities(machine)
    bits = np.array(list(itertools.product((0, 1), repeat=machine.neurons)), dtype=bool)
    return _parallel_chain(on, off, bits) if parallel else _single_chain(on, off, bits)


def _probabilities(machine: Machine) -> tuple[Ball, Ball]:
    """Probabilities (2^M, M) that neuron i becomes 1, and 0, from each state."""
    bits = np.array(list(itertools.product((0, 1), repeat=machine.neurons)), dtype=bool)
    columns = []
    rows = machine.matrix(Ball.exact(1.0), lambda number: number.ball)
    for i, bias in enumerate(machine.biases):
        field = bias.ball * np.ones(len(bits))
        for j in range(machine.neurons):
            if j != i:
                field = field * _chosen(bits[:, j], rows[i][j])
        columns.append(field)
    mid, rad = np.stack([c.mid for c in columns], 1), np.stack([c.rad for c in columns], 1)
    fields = Ball(mid, rad)
    return 1.0 / (1.0 + fields), 1.0 / (1.0 + 1.0 / fields)


def _chosen(active: np.ndarray, number: Ball) -> Ball:
    return Ball(np.where(active, number.mid, 1.0), np.where(active, number.rad, 0.0))


def _parallel_chain(on: Ball, off: Ball, bits: np.ndarray) -> Ball:
    root: Ball = Ball.exact(np.ones((len(bits), len(bits))))
    for i in range(bits.shape[1]):
        chance = Ball(
            np.where(bits[None, :, i], on.mid[:, i, None], off.mid[:, i, None]),
            np.where(bits[None, :, i], on.rad[:, i, None], off.rad[:, i, None]),
        )
        root = root * sqrt(_not_negative(chance * chance.T))
    return root


def _single_chain(on: Ball, off: Ball, bits: np.ndarray) -> Ball:
    size, neurons = bits.shape
    mid, rad = np.zeros((size, size)), np.zeros((size, size))
    roots = sqrt(_not_negative(on * off)) / float(neurons)
    kept = Ball(np.where(bits, on.mid, off.mid), np.where(bits, on.rad, off.rad)).sum(axis=1) / float(neurons)
    index = np.arange(size)
    for i in range(neurons):
        other = index ^ (1 << (neurons - 1 - i))
        mid[index, other], rad[index, other] = roots.mid[:, i], roots.rad[:, i]
    mid[index, index], rad[index, index] = kept.mid, kept.rad
    return Ball(mid, rad)


def _not_negative(product: Ball) -> Ball:
    """A ball for a product of probabilities, cut at zero."""
    return Ball.from_bounds(np.maximum(product.lower, 0.0), np.maximum(product.upper, 0.0))
