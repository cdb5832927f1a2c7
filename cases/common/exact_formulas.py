"""Tasks that certify numbers by their defining formulas, and verdicts by comparisons of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
