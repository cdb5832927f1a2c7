"""Formulas as data: what may be written, how much of it, how it reads, and its exact value where it is rational.

A formula is a whole number, a `Fraction`, the text "pi" or "t" (the variable of the nearest integral), or a list
[head, arguments...]; `HEADS` says which heads there are. ["value", k] stands for the k-th formula of the same list, an
earlier one: long computations are written as straight-line programs. Nothing of it is evaluated as code.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from foundation import CertificateError

Formula: TypeAlias = Any

# Beyond these a formula is refused: a page holds less, and depth is bounded by what a file may nest.
MOST_NODES, DEEPEST = 50_000, 40
# Beyond so many bits a rational value is left to Arb, which rounds.
_MOST_BITS = 4_000
_LONGEST = 240

# head -> number of arguments (None: one or more) and how it reads. Functions are written with their arguments.
HEADS: dict[str, int | None] = {
    "+": None,
    "*": None,
    "^": 2,  # a power with a rational exponent; the real one
    "max": None,
    "min": None,
    **dict.fromkeys(("abs", "exp", "log", "sqrt", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh"), 1),
    **dict.fromkeys(("atanh", "erf", "gamma"), 1),
    "besseli": 2,  # order, argument
    "integral": 3,  # integrand in t, lower end, upper end
    "moment": 2,  # k, [p0, ..., pn]: the integral of x^k exp(-(p0 + ... + pn x^n)) over x >= 0
    "reach": 3,  # integrand in t, positive; lower end; area >= 0: the upper end that gives this area
    "root": 2,  # [c0, ..., cn] whole numbers, k: the k-th smallest real zero of the polynomial
    "eigenvalue": 2,  # symmetric matrix, k: the k-th smallest eigenvalue, with multiplicity
    "radius": 1,  # matrix: largest modulus of an eigenvalue
    "abscissa": 1,  # matrix: largest real part of an eigenvalue
    "value": 1,  # k: the k-th formula of the list, which stands before this one
    "power-entry": 4,  # square matrix of whole numbers, n, row, column: an entry of its n-th power
    "flow-entry": 3,  # square matrix A, row, column: an entry of exp(A)
}
_MATRICES = {"eigenvalue", "radius", "abscissa", "power-entry", "flow-entry"}
_LISTS = {"moment": 1, "root": 0}
# what may stand under an integral: functions that are continued analytically
_ANALYTIC = {"+", "*", "^", "exp", "sin", "cos", "sinh", "cosh", "tanh", "log", "sqrt"}


def checked_formula(formula: Formula, earlier: int = 0) -> int:
    """The number of its parts; raises `CertificateError` for what is no formula. earlier: how many stand before it."""
    count = _count(formula, 0, False, earlier)
    if count > MOST_NODES:
        raise CertificateError(f"the certificate's formula has {count} parts, more than {MOST_NODES}")
    return count


def _count(formula: Formula, depth: int, in_integral: bool, earlier: int) -> int:
    if depth > DEEPEST:
        raise CertificateError(f"the certificate's formula is nested more than {DEEPEST} levels deep")
    if type(formula) is int or isinstance(formula, Fraction) or formula == "pi" or (formula == "t" and in_integral):
        return 1
    if not isinstance(formula, list) or not formula or not isinstance(formula[0], str) or formula[0] not in HEADS:
        raise CertificateError(f"the certificate has no formula where {str(formula)!r:.80} stands")
    head, arguments = formula[0], formula[1:]
    wanted = HEADS[head]
    if not arguments or (wanted is not None and len(arguments) != wanted):
        raise CertificateError(f"the certificate's formula has {len(arguments)} arguments of {head!r}")
    if head == "value" and not (type(arguments[0]) is int and 1 <= arguments[0] <= earlier and not in_integral):
        raise CertificateError(
            f"the certificate's formula stands on the value {str(arguments[0])!r:.40}, no earlier one"
        )
    inside = in_integral or head in ("integral", "reach")
    if in_integral and head not in _ANALYTIC:
        raise CertificateError(f"the certificate's integrand has {head!r}, which no rule continues analytically")
    if in_integral and head == "^" and rational_value(arguments[1]) is None:
        raise CertificateError("the certificate's integrand has an exponent that is not rational")
    parts = _parts(head, arguments)
    return 1 + sum(_count(part, depth + 1, (inside and k == 0) or in_integral, earlier) for k, part in parts)


def _parts(head: str, arguments: Sequence[Formula]) -> list[tuple[int, Formula]]:
    """The formulas among the arguments with their places: entries of matrices and coefficients one by one."""
    if head in _MATRICES:
        rows = arguments[0]
        if not isinstance(rows, list) or not rows or not all(isinstance(r, list) and len(r) == len(rows) for r in rows):
            raise CertificateError("the certificate's formula has no square matrix where one is needed")
        return [(1, entry) for row in rows for entry in row] + [(1, part) for part in arguments[1:]]
    if head in _LISTS:
        place = _LISTS[head]
        if not isinstance(arguments[place], list) or not arguments[place]:
            raise CertificateError(f"the certificate's formula has no coefficients of {head!r}")
        return [(1, part) for part in arguments[place]] + [(1, arguments[1 - place])]
    return list(enumerate(arguments))


def rational_value(formula: Formula, earlier: Sequence[Fraction | None] = ()) -> Fraction | None:
    """The value where it is rational and found by rational arithmetic alone; None otherwise.

    earlier: those of the formulas before it.
    """
    if type(formula) is int or isinstance(formula, Fraction):
        return Fraction(formula)
    if isinstance(formula, list) and formula[0] == "value":
        return earlier[formula[1] - 1]
    if not isinstance(formula, list) or formula[0] not in _RATIONAL:
        return None
    values = [rational_value(part, earlier) for part in formula[1:]]
    known = [value for value in values if value is not None]
    found = _RATIONAL[formula[0]](known) if len(known) == len(values) else None
    bounded = found is not None and found.numerator.bit_length() + found.denominator.bit_length() <= _MOST_BITS
    return found if bounded else None


def _product(values: Sequence[Fraction]) -> Fraction:
    product = Fraction(1)
    for value in values:
        product *= value
    return product


def _power(values: Sequence[Fraction]) -> Fraction | None:
    base, exponent = values
    bits = base.numerator.bit_length() + base.denominator.bit_length()
    if exponent.denominator != 1 or abs(exponent) * bits > 2 * _MOST_BITS or (base == 0 and exponent < 0):
        return None
    return base ** int(exponent)


_RATIONAL: dict[str, Callable[[Sequence[Fraction]], Fraction | None]] = {
    "+": lambda values: sum(values, Fraction(0)),
    "*": _product,
    "^": _power,
    "max": max,
    "min": min,
    "abs": lambda values: abs(values[0]),
}


def shown_formula(formula: Formula) -> str:
    """The formula as a line of text; a long one is cut, and its parts are counted."""
    text = _text(formula)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 60]} ... (a formula of {len(text)} characters)"


def _text(formula: Formula) -> str:
    if not isinstance(formula, list):
        text = str(formula)
        return f"({text})" if text.startswith("-") or "/" in text else text
    if not formula or not isinstance(formula[0], str):
        return f"[{', '.join(map(_text, formula))}]"
    head, arguments = formula[0], [_text(part) for part in formula[1:]]
    if head in ("+", "*", "^"):
        joint = head if head == "^" else f" {head} "
        return f"({joint.join(arguments)})" if len(arguments) > 1 else arguments[0]
    if head == "integral":
        return f"integral({arguments[0]} dt, t = {arguments[1]} .. {arguments[2]})"
    return f"{head}({', '.join(arguments)})"
