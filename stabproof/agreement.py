"""Quantity by quantity: do the exact, the estimated, the proved and the known value agree?

Exact numbers are compared by Arb at rising precision; what stays open neither agrees nor contradicts.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import sympy

from cases.model import Estimate, Known
from certify import Verdict
from certify.enclosure import Enclosure
from symbolic.prove_sign import number_sign

Proved = Enclosure | Verdict
_GOOD = (Verdict.STABLE, Verdict.PROVED)
_BAD = (Verdict.UNSTABLE, Verdict.REFUTED)


@final
@dataclass(frozen=True)
class Row:
    """One quantity in up to three views. agrees: None when nothing could be compared, or a comparison stayed open."""

    quantity: str
    symbolic: sympy.Expr | Verdict | None
    numeric: Estimate | None
    certified: Proved | None
    known: Known | None
    agrees: bool | None

    @property
    def has_proof(self) -> bool:
        """Whether an enclosure or a decided verdict was proved, so that agreement is agreement with a proof."""
        return self.certified is not None and self.certified is not Verdict.UNDECIDED

    @property
    def holds(self) -> bool:
        """For a row of verdicts: some view decides it, and none says UNSTABLE or REFUTED. Other rows hold."""
        verdicts = [value for value in (self.symbolic, self.certified) if isinstance(value, Verdict)]
        return not verdicts or (any(v in _GOOD for v in verdicts) and not any(v in _BAD for v in verdicts))


@final
@dataclass(frozen=True)
class Counts:
    """How many rows agree with a proof, agree with an estimate only, disagree, and were not compared."""

    proved: int
    estimated: int
    disagreeing: int
    open: int

    @property
    def total(self) -> int:
        """All rows."""
        return self.proved + self.estimated + self.disagreeing + self.open

    @property
    def sentence(self) -> str:
        """How many of how many quantities agree with what."""
        parts = [f"{self.proved} of {_quantities_of(self.total)} {_verb(self.proved, 'agree')} with what is proved"]
        parts += [f"{self.estimated} {_verb(self.estimated, 'agree')} with an estimate only"] if self.estimated else []
        parts += [f"{self.disagreeing} {_verb(self.disagreeing, 'disagree')}"] if self.disagreeing else []
        parts += [f"{self.open} {'was' if self.open == 1 else 'were'} not compared"] if self.open else []
        return "; ".join(parts) + "."


def compared_rows(
    exact: Mapping[str, Any],
    estimates: Mapping[str, Estimate],
    proved: Mapping[str, Proved],
    known: Mapping[str, Known],
    again: Mapping[str, Enclosure],
) -> tuple[Row, ...]:
    """A row for each quantity of the exact, the estimated, the proved and the known values, and of closed forms."""
    names = list(dict.fromkeys([*exact, *proved, *estimates, *known]))
    return tuple(
        _row(name, exact.get(name), estimates.get(name), proved.get(name), known.get(name), again.get(name))
        for name in names
    )


def _row(
    name: str,
    exact: Any,
    estimate: Estimate | None,
    proved: Proved | None,
    known: Known | None,
    again: Enclosure | None,
) -> Row:
    """again: what the certificate of the closed forms proves of the same quantity; the two enclosures must meet."""
    answers = [
        None if again is None or not isinstance(proved, Enclosure) else _meet(again, proved),
        _exact_in(exact, proved),
        _estimate_in(estimate, proved),
        _estimate_of(estimate, exact) if not isinstance(proved, Enclosure) else None,
        _known_in(known, proved if proved is not None else exact, estimate),
    ]
    return Row(name, exact, estimate, proved, known, _together(answers))


def _meet(first: Enclosure, second: Enclosure) -> bool:
    return first.lower <= second.upper and second.lower <= first.upper


def _together(answers: list[bool | None]) -> bool | None:
    """One contradiction is enough; otherwise True when something agrees."""
    if False in answers:
        return False
    return True if True in answers else None


def _exact_in(exact: Any, proved: Proved | None) -> bool | None:
    """Whether the exact value lies in the enclosure; None where a view is UNDECIDED or Arb cannot separate them."""
    if exact is None or proved is None:
        return None
    if isinstance(exact, Verdict) or isinstance(proved, Verdict):
        return None if Verdict.UNDECIDED in (exact, proved) else exact is proved
    above, below = _at_least(exact, proved.lower), _at_least(-exact, -proved.upper)
    if False in (above, below):
        return False
    return None if None in (above, below) else True


def _at_least(exact: sympy.Expr, bound: float) -> bool | None:
    if bound == float("-inf"):
        return True
    if exact in (sympy.oo, -sympy.oo):
        return bool(exact == sympy.oo)
    if bound == float("inf"):
        return False
    return _is_nonnegative(exact - _rational(bound))


def _is_nonnegative(number: sympy.Expr) -> bool | None:
    """The sign of a real number by Arb, the precision doubled until it is separated from 0; None when it never is."""
    sign = number_sign(number)
    return None if sign is None else sign >= 0


def _rational(value: float) -> sympy.Rational:
    return sympy.Rational(*value.as_integer_ratio())


def _estimate_in(estimate: Estimate | None, proved: Proved | None) -> bool | None:
    if estimate is None or not isinstance(proved, Enclosure):
        return None
    return proved.lower - estimate.error <= estimate.value <= proved.upper + estimate.error


def _estimate_of(estimate: Estimate | None, exact: Any) -> bool | None:
    """|exact - estimate| <= error; a value that is no number agrees with nothing."""
    if estimate is None or not isinstance(exact, sympy.Expr):
        return None
    if exact in (sympy.oo, -sympy.oo) or not math.isfinite(estimate.value):
        return (exact, estimate.value) in ((sympy.oo, math.inf), (-sympy.oo, -math.inf))
    return _is_nonnegative(_rational(estimate.error) - sympy.Abs(exact - _rational(estimate.value)))


def _known_in(known: Known | None, found: Any, estimate: Estimate | None) -> bool | None:
    """A decimal answer is good to one unit of its last digit; a word is a verdict."""
    if known is None:
        return None
    if known.value in Verdict.__members__:
        return None if found is None else found is Verdict[known.value]
    value, unit = Fraction(known.value), _last_unit(known.value)
    if isinstance(found, Enclosure):
        return bool(found.lower <= value + unit and value - unit <= found.upper)
    if isinstance(found, sympy.Expr):
        distance = sympy.Abs(found - sympy.Rational(value.numerator, value.denominator))
        return _is_nonnegative(sympy.Rational(unit.numerator, unit.denominator) - distance)
    if estimate is not None:
        return abs(Fraction(estimate.value) - value) <= unit + Fraction(estimate.error)
    return None


def _verb(number: int, word: str) -> str:
    return f"{word}s" if number == 1 else word


def _quantities_of(number: int) -> str:
    return "1 quantity" if number == 1 else f"{number} quantities"


def _last_unit(text: str) -> Fraction:
    if "/" in text:
        return Fraction(0)
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Fraction(10) ** (int(exponent or 0) - decimals)
