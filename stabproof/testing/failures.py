"""How an assertion fails: refuted and undecided are different failures, and both say what is missing."""

import decimal
import math
from fractions import Fraction
from typing import Any, NoReturn

from stabproof.testing.session import active

_DIGITS = 6


class Refuted(AssertionError):
    """The opposite of what was asserted is proved. `evidence`: the certificate, enclosure or verdict that proves it."""

    def __init__(self, message: str, evidence: Any = None) -> None:
        super().__init__(message)
        self.evidence = evidence


class Undecided(AssertionError):
    """Neither what was asserted nor its opposite is proved. `evidence`: what was proved instead."""

    def __init__(self, message: str, evidence: Any = None) -> None:
        super().__init__(message)
        self.evidence = evidence


class Implausible(AssertionError):
    """Samples are farther from a proved enclosure than their scatter explains. `evidence`: (mean, standard error)."""

    def __init__(self, message: str, evidence: Any = None) -> None:
        super().__init__(message)
        self.evidence = evidence


def succeed(result: Any) -> Any:
    """Count a proof and hand its result on."""
    active().tally["proved"] += 1
    return result


def refute(headline: str, evidence: Any, **lines: str) -> NoReturn:
    """Raise `Refuted` with one labelled line for each of `lines`."""
    __tracebackhide__ = True
    active().tally["refuted"] += 1
    raise Refuted(_message(f"refuted: {headline}", lines), evidence)


def leave_undecided(headline: str, evidence: Any, **lines: str) -> NoReturn:
    """Raise `Undecided` with one labelled line for each of `lines`."""
    __tracebackhide__ = True
    active().tally["undecided"] += 1
    raise Undecided(_message(f"undecided: {headline}", lines), evidence)


def rounded_up(number: float | Fraction) -> str:
    """Six significant digits, not below the number."""
    return _rounded(number, decimal.ROUND_CEILING)


def rounded_down(number: float | Fraction) -> str:
    """Six significant digits, not above the number."""
    return _rounded(number, decimal.ROUND_FLOOR)


def strictly_above(number: float | Fraction) -> str:
    """Six significant digits, above the number."""
    text = rounded_up(number)
    return (
        text
        if math.isinf(number) or Fraction(text) > Fraction(number)
        else str(decimal.Context(prec=_DIGITS).next_plus(decimal.Decimal(text)))
    )


def strictly_below(number: float | Fraction) -> str:
    """Six significant digits, below the number."""
    text = rounded_down(number)
    return (
        text
        if math.isinf(number) or Fraction(text) < Fraction(number)
        else str(decimal.Context(prec=_DIGITS).next_minus(decimal.Decimal(text)))
    )


def _rounded(number: float | Fraction, rounding: str) -> str:
    if isinstance(number, float) and number in (float("inf"), float("-inf")):
        return str(number)
    exact, context = Fraction(number), decimal.Context(prec=_DIGITS, rounding=rounding)
    return str(context.divide(decimal.Decimal(exact.numerator), decimal.Decimal(exact.denominator)))


def _message(headline: str, lines: dict[str, str]) -> str:
    shown = {name.replace("_", " "): text for name, text in lines.items() if text}
    width = max((len(name) for name in shown), default=0)
    return "\n".join([headline, *(f"    {name + ':':{width + 2}}{text}" for name, text in shown.items())])
