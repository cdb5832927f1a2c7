"""Identities of programs: expanded as polynomials in the inputs and in the elementary functions that occur.

A polynomial is a dictionary {monomial: coefficient}; a monomial is a sorted tuple of (atom, power), powers of any sign;
coefficients are exact rationals. An atom is an input, or an elementary function of other polynomials: equal ones are
one atom. Where every coefficient vanishes, the value is 0 wherever the program has one.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias, final

import numpy as np

from certify.effort import charge
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Program
from foundation import InputError

Monomial: TypeAlias = tuple[tuple[int, int], ...]
Polynomial: TypeAlias = Mapping[Monomial, Fraction]

# Expanding may grow: beyond so many terms nothing is shown.
_MOST_TERMS = 4000
_HIGHEST_POWER = 64
_ODD = frozenset(("sin", "tan", "tanh", "sinh", "asin", "atan", "asinh", "atanh", "erf", "cbrt"))
_EVEN = frozenset(("cos", "cosh", "abs"))


def vanishes_identically(program: Program) -> bool:
    """Whether the expansion of every output is 0; False also where it cannot be expanded."""
    system = _Expansion()
    values: list[Any] = [system.inputs(signature.shape) for signature in program.inputs]
    try:
        values += [system.constant(a[None]) if a.dtype == np.float64 else a[None] for a in program.constants]
        for equation in program.equations:
            rule = PRIMITIVES[equation.primitive]
            operands = [values[ref] for ref in equation.operands]
            values.append(rule.evaluate(system, operands, equation.parameters))
    except (InputError, AttributeError):
        return False
    return all(not polynomial for ref in program.outputs for polynomial in np.asarray(values[ref]).flat)


@final
class _Expansion:
    """The part of a `NumberSystem` that programs without comparisons need; entries are polynomials."""

    split = False

    def __init__(self) -> None:
        self._atoms: dict[Any, int] = {}

    def inputs(self, shape: tuple[int, ...]) -> np.ndarray:
        return self._filled([self._atom(("input", len(self._atoms))) for _ in range(int(np.prod(shape)))], (1, *shape))

    def constant(self, array: np.ndarray) -> np.ndarray:
        return self._filled([_number(Fraction(float(x))) for x in array.flat], array.shape)

    def map(self, x: np.ndarray, structural: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        # entries that the rearrangement adds are zeros
        moved = np.asarray(structural(x), dtype=object)
        return self._filled([y if isinstance(y, dict) else {} for y in moved.flat], moved.shape)

    def concatenate(self, parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(parts, axis)

    def where(self, condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(condition, x, y)

    def function(self, name: str, *operands: np.ndarray) -> np.ndarray:
        rule = _OPERATIONS.get(name)
        apply = rule or (lambda *parts: self._elementary(name, parts))
        if name == "div":
            apply = self._quotient
        return np.asarray(np.frompyfunc(apply, len(operands), 1)(*operands), dtype=object)

    def _elementary(self, name: str, parts: Sequence[Polynomial]) -> Polynomial:
        """An atom; odd and even functions take the argument whose first coefficient is positive."""
        (first, *rest), turned = parts, False
        if name in _ODD | _EVEN and first and first[min(first)] < 0:
            first, turned = _negative(first), name in _ODD
        atom = self._atom((name, *(tuple(sorted(p.items())) for p in (first, *rest))))
        return _negative(atom) if turned else atom

    def power(self, x: np.ndarray, exponent: int) -> np.ndarray:
        if abs(exponent) > _HIGHEST_POWER:
            raise InputError("the power is too high to be expanded")
        return np.asarray(np.frompyfunc(lambda p: self._raised(p, exponent), 1, 1)(x), dtype=object)

    def matmul(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        products = np.frompyfunc(_product, 2, 1)(x[..., :, :, None], y[..., None, :, :])
        return self.sum(np.asarray(products, dtype=object), (products.ndim - 2,))

    def sum(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        total = x
        for axis in sorted((a % x.ndim for a in axes), reverse=True):
            rows = np.moveaxis(total, axis, 0)
            total = self._filled([{}] * rows[:1].size, rows.shape[1:])
            for row in rows:
                total = np.asarray(np.frompyfunc(_sum, 2, 1)(total, row), dtype=object).reshape(rows.shape[1:])
        return total

    def _raised(self, p: Polynomial, exponent: int) -> Polynomial:
        if exponent < 0:
            return self._quotient(_number(Fraction(1)), self._raised(p, -exponent))
        result: Polynomial = _number(Fraction(1))
        for _ in range(exponent):
            result = _product(result, p)
        return result

    def _quotient(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """A quotient by one term has negative powers; other divisors become atoms of their own."""
        if not q:
            raise InputError("a quotient by 0 cannot be expanded")
        if len(q) == 1:
            ((monomial, coefficient),) = q.items()
            return _product(p, {tuple((a, -k) for a, k in monomial): 1 / coefficient})
        return _product(p, {((self._index(tuple(sorted(q.items()))), -1),): Fraction(1)})

    def _atom(self, key: Any) -> Polynomial:
        return {((self._index(key), 1),): Fraction(1)}

    def _index(self, key: Any) -> int:
        return self._atoms.setdefault(key, len(self._atoms))

    @staticmethod
    def _filled(entries: list[Any], shape: tuple[int, ...]) -> np.ndarray:
        array = np.empty(len(entries), dtype=object)
        array[:] = entries
        return array.reshape(shape)


def _number(value: Fraction) -> Polynomial:
    return {(): value} if value else {}


def _sum(p: Polynomial, q: Polynomial) -> Polynomial:
    charge("entries", len(p) + len(q))
    total = dict(p)
    for monomial, coefficient in q.items():
        total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return _bounded({m: c for m, c in total.items() if c})


def _product(p: Polynomial, q: Polynomial) -> Polynomial:
    charge("entries", len(p) * len(q))
    total: dict[Monomial, Fraction] = {}
    for first, a in p.items():
        for second, b in q.items():
            powers = dict(first)
            for atom, power in second:
                powers[atom] = powers.get(atom, 0) + power
            key = tuple(sorted((atom, power) for atom, power in powers.items() if power))
            total[key] = total.get(key, Fraction(0)) + a * b
    return _bounded({m: c for m, c in total.items() if c})


def _bounded(p: Polynomial) -> Polynomial:
    if len(p) > _MOST_TERMS:
        raise InputError("the expansion has too many terms")
    return p


def _negative(p: Polynomial) -> Polynomial:
    return {m: -c for m, c in p.items()}


_OPERATIONS: Mapping[str, Callable[..., Polynomial]] = {
    "add": _sum,
    "sub": lambda p, q: _sum(p, _negative(q)),
    "mul": _product,
    "neg": _negative,
    "square": lambda p: _product(p, p),
}
