"""Programs as rational functions of their variables and of values of transcendental functions, in a normal form.

Hyperbolic functions and the logistic function become rational functions of exponentials, and exponentials of sums
become products of powers of e^(monomial / N), so that for instance tanh(2x) and tanh(x) are seen to depend on each
other. What vanishes as a rational function of all variables vanishes wherever the program is defined; the converse does
not hold.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from certify.equilibrium.rational_functions import NotRational, Quotient, QuotientSystem

MOST_ATOMS = 60
_MOST_POWER, _LARGEST_SCALE, _MOST_PASSES = 48, 16, 4
_ODD = frozenset({"sin", "tan", "asin", "atan", "asinh", "atanh", "erf"})


@final
@dataclass
class Scales:
    """N of e^(monomial / N) by monomial; `changed` says that values were formed with a smaller one."""

    found: dict[str, int] = field(default_factory=dict)
    changed: bool = False

    def raised(self, key: str, denominator: int) -> int | None:
        """N, made a multiple of the denominator; None where it would be too large."""
        before = self.found.get(key, 1)
        after = math.lcm(before, denominator)
        if after > _LARGEST_SCALE:
            return None
        self.changed |= key in self.found and after != before
        self.found[key] = after
        return after


@final
class ExactFunctions(QuotientSystem):
    """Implements `NumberSystem` in `count` variables and in exponentials that have a common form.

    atoms: (name, argument) of each value of a transcendental function, which is variable number count + position.
    """

    def __init__(self, count: int, scales: Scales) -> None:
        names = tuple(f"x{i}" for i in range(count)) + tuple(f"f{i}" for i in range(MOST_ATOMS))
        super().__init__(names, _MOST_POWER)
        self.count, self.atoms = count, list[tuple[str, Quotient]]()
        self._scales, self._keys = scales, dict[tuple[str, str], int]()

    def _applied(self, name: str, values: tuple[Quotient, ...]) -> Quotient:
        """The value of a function by its exponentials, else the variable that stands for it."""
        if len(values) != 1:
            raise NotRational(f"{name} has no form as a rational function")
        x, one = values[0], self.number(1)
        if name in ("exp", "expm1"):
            return self._exponential(x) - (one if name == "expm1" else self.number(0))
        if name in ("tanh", "logistic"):
            e = self._exponential(x + x if name == "tanh" else x)
            return (e - one if name == "tanh" else e) / (e + one)
        if name in ("sinh", "cosh"):
            e = self._exponential(x)
            return (e - one / e if name == "sinh" else e + one / e) / self.number(2)
        if name in _ODD and x.is_zero:
            return x
        if name in _ODD and x.is_negative:
            return -self._atom(name, -x)
        return self._atom(name, -x if name == "cos" and x.is_negative else x)

    def _exponential(self, x: Quotient) -> Quotient:
        """e^x: a product over the terms of x where x is a polynomial."""
        if not x.denominator.is_constant():
            return self.number(1) / self._atom("exp", -x) if x.is_negative else self._atom("exp", x)
        result = self.number(1)
        for powers, coefficient in x.numerator.to_dict().items():
            result = result * self._exponential_of_term(powers, Fraction(int(coefficient.p), int(coefficient.q)))
        return result

    def _exponential_of_term(self, powers: tuple[int, ...], coefficient: Fraction) -> Quotient:
        monomial = Quotient(self.context.from_dict({powers: 1}), self._one)
        scale = self._scales.raised(monomial.key, coefficient.denominator)
        if scale is None or abs(coefficient * scale) > _MOST_POWER:
            value = self._atom("exp", monomial * self.number(abs(coefficient)))
            return value if coefficient > 0 else self.number(1) / value
        return self._power(self._atom("exp", monomial / self.number(scale)), int(coefficient * scale))

    def _atom(self, name: str, argument: Quotient) -> Quotient:
        key = (name, argument.key)
        if key not in self._keys:
            if len(self.atoms) == MOST_ATOMS:
                raise NotRational(f"the program has more than {MOST_ATOMS} values of functions")
            self._keys[key] = len(self.atoms)
            self.atoms.append((name, argument))
        return self.variable(self.count + self._keys[key])


def exact_system(count: int, use: Callable[[ExactFunctions], Any]) -> tuple[ExactFunctions, Any]:
    """The number system and what `use` makes of it, once the exponentials have their common form."""
    scales = Scales()
    for _ in range(_MOST_PASSES):
        scales.changed = False
        system = ExactFunctions(count, scales)
        result = use(system)
        if not scales.changed:
            return system, result
    raise NotRational("the exponentials have no common form")


def determinant(rows: list[list[Any]]) -> Any:
    """Cofactors along the first row."""
    if len(rows) == 1:
        return rows[0][0]
    total = None
    for k, entry in enumerate(rows[0]):
        if entry.is_zero:
            continue
        minor = entry * determinant([row[:k] + row[k + 1 :] for row in rows[1:]])
        signed = minor if k % 2 == 0 else -minor
        total = signed if total is None else total + signed
    return rows[0][0] if total is None else total
