"""Tasks that certify numbers by their defining formulas, and verdicts by comparisons of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from cases.model import Task
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.verdict import Verdict

Formula = Any
Comparison = tuple[Formula, str, Formula]


def values_task(
    label: str,
    values: Mapping[str, Formula],
    comparisons: Sequence[Comparison] = (),
    derived: Callable[[Certificate], Mapping[str, Enclosure | Verdict]] | None = None,
) -> Task:
    """values: by quantity the formula that defines it, which may stand on earlier ones by their place.

    Names that begin with a dash are steps on the way, and no quantities of the case.
    """
    places = {name: f"value_{k}" for k, name in enumerate(values, start=1) if not name.startswith("-")}
    arguments = {"values": dict(values), "comparisons": list(comparisons)}
    return Task(label, "values", arguments, places, derived)


def all_hold(quantity: str, good: Verdict, bad: Verdict) -> Callable[[Certificate], dict[str, Verdict]]:
    """The verdict of a quantity: good where every comparison of the certificate holds, bad where one does not."""
    return lambda certificate: {quantity: good if certificate.verdict is Verdict.PROVED else bad}


def minus(formula: Formula) -> Formula:
    """Its negative."""
    return ["*", -1, formula]


def over(numerator: Formula, denominator: Formula) -> Formula:
    """The quotient."""
    return ["*", numerator, ["^", denominator, -1]]


@final
@dataclass(frozen=True)
class Written:
    """A number as a formula: what is computed with it is written down."""

    formula: Formula

    def __add__(self, other: Any) -> "Written":
        return Written(["+", self.formula, _formula_of(other)])

    def __mul__(self, other: Any) -> "Written":
        return Written(["*", self.formula, _formula_of(other)])

    def __truediv__(self, other: Any) -> "Written":
        return Written(over(self.formula, _formula_of(other)))

    def __rtruediv__(self, other: Any) -> "Written":
        return Written(over(_formula_of(other), self.formula))

    def __neg__(self) -> "Written":
        return Written(minus(self.formula))

    def __sub__(self, other: Any) -> "Written":
        return self + Written(minus(_formula_of(other)))

    def __rsub__(self, other: Any) -> "Written":
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self) -> "Written":
        """Its exponential."""
        return Written(["exp", self.formula])


def _formula_of(number: Any) -> Formula:
    return number.formula if isinstance(number, Written) else number
