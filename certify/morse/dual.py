"""Values and slopes in Arb of polynomials in variables and in values of transcendental functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import flint

from certify.equilibrium.rational_functions import NotRational, Quotient
from certify.morse.exact_functions import ExactFunctions
from certify.program.arb_functions import FUNCTIONS


@final
@dataclass(frozen=True)
class Dual:
    """A number and its derivatives by the variables, as balls."""

    value: flint.arb
    slopes: tuple[flint.arb, ...]

    def __add__(self, other: "Dual") -> "Dual":
        slopes = tuple(a + b for a, b in zip(self.slopes, other.slopes, strict=True))
        return Dual(self.value + other.value, slopes)

    def __mul__(self, other: "Dual") -> "Dual":
        pairs = zip(self.slopes, other.slopes, strict=True)
        return Dual(self.value * other.value, tuple(a * other.value + self.value * b for a, b in pairs))

    def through(self, value: flint.arb, slope: flint.arb) -> "Dual":
        """f of the number, with value f and slope f' there."""
        return Dual(value, tuple(slope * entry for entry in self.slopes))


def coordinates(system: ExactFunctions, point: Sequence[flint.arb]) -> list[Dual]:
    """The variables at the point, and the atoms there; raises `InputError` where one is not defined."""
    count = len(point)
    found = [Dual(x, tuple(flint.arb(int(i == k)) for i in range(count))) for k, x in enumerate(point)]
    for name, argument in system.atoms:
        if name not in _SLOPES:
            raise NotRational(f"{name} has no derivative here")
        x = quotient_at(argument, found)
        value = FUNCTIONS[name](x.value)
        found.append(x.through(value, _SLOPES[name](x.value, value)))
    return found


def quotient_at(quotient: Quotient, place: Sequence[Dual]) -> Dual:
    """A rational function of the variables and atoms at `place`; not finite where the divisor may vanish."""
    above, below = polynomial_at(quotient.numerator, place), polynomial_at(quotient.denominator, place)
    inverse = 1 / below.value
    return above * below.through(inverse, -inverse * inverse)


def polynomial_at(polynomial: Any, place: Sequence[Dual]) -> Dual:
    """A polynomial in the variables and atoms at `place`."""
    none = tuple(flint.arb(0) for _ in place[0].slopes)
    total = Dual(flint.arb(0), none)
    for powers, coefficient in polynomial.to_dict().items():
        term = Dual(flint.arb(coefficient), none)
        for k, power in enumerate(powers):
            for _ in range(int(power)):
                term = term * place[k]
        total = total + term
    return total


_SLOPES: dict[str, Callable[[flint.arb, flint.arb], flint.arb]] = {
    "exp": lambda x, y: y,
    "sin": lambda x, y: x.cos(),
    "cos": lambda x, y: -x.sin(),
    "tan": lambda x, y: 1 + y * y,
    "log": lambda x, y: 1 / x,
    "log1p": lambda x, y: 1 / (1 + x),
    "sqrt": lambda x, y: 1 / (2 * y),
    "atan": lambda x, y: 1 / (1 + x * x),
    "asinh": lambda x, y: 1 / (1 + x * x).sqrt(),
    "erf": lambda x, y: 2 * (-x * x).exp() / flint.arb.pi().sqrt(),
}
