"""Numbers and polynomials as Coq writes them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any


def number(value: Any) -> str:
    """A rational number as a term of type R."""
    exact = Fraction(int(value.numerator), int(value.denominator))
    if exact.denominator == 1:
        return f"({exact.numerator})" if exact < 0 else str(exact.numerator)
    return f"({exact.numerator} / {exact.denominator})"


def polynomial(value: Any, names: Sequence[str]) -> str:
    """A polynomial with rational coefficients in the variables of these names (one for each of its generators)."""
    terms = [_term(number(c), exponents, names) for exponents, c in _by_degree(value)]
    return " + ".join(terms) if terms else "0"


def _by_degree(value: Any) -> list[tuple[tuple[int, ...], Any]]:
    pairs = [(tuple(int(e) for e in exponents), coefficient) for exponents, coefficient in value.to_dict().items()]
    return sorted(pairs, key=lambda pair: (sum(pair[0]), tuple(-e for e in pair[0])))


def _term(coefficient: str, exponents: Sequence[int], names: Sequence[str]) -> str:
    factors = [_power(name, e) for name, e in zip(names, exponents, strict=True) if e]
    return " * ".join([coefficient, *factors]) if coefficient != "1" or not factors else " * ".join(factors)


def _power(name: str, exponent: int) -> str:
    return name if exponent == 1 else f"{name} ^ {exponent}"


def arguments(letter: str, count: int) -> str:
    """The names letter0 ... letter(count - 1), separated by spaces."""
    return " ".join(f"{letter}{i}" for i in range(count))


def sides(letter: str, count: int, radius: str) -> str:
    """The premises that each of these variables lies between -radius and radius, each followed by an arrow."""
    return " ".join(f"- {radius} <= {letter}{i} <= {radius} ->" for i in range(count))
