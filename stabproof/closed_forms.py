"""A certificate for the numbers of a case that its derivation has in closed form."""

from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from certify.certificate import Certificate
from certify.enclosure import Enclosure
from foundation import InputError
from stabproof.values import certify_values, formula_of

LABEL = "closed forms"
# Longer expressions take longer to write down than to compute by other means.
_LONGEST = 5000


def closed_forms(exact: Mapping[str, Any], wanted: Iterable[str]) -> Certificate | None:
    """The certificate of those quantities among `wanted` whose exact value is a formula; None where there is none."""
    found = {}
    for name in wanted:
        value = exact.get(name)
        # a rational written out says no more than itself: what it is the value of is certified by its own formula
        if (
            isinstance(value, sympy.Expr)
            and value.is_finite is not False
            and not value.is_Rational
            and _is_short(value)
        ):
            try:
                formula_of(value)
            except InputError:
                continue
            found[name] = value
    return certify_values(found) if found else None


def _is_short(value: sympy.Expr) -> bool:
    return bool(value.count_ops() <= _LONGEST)


def closed_enclosures(certificate: Certificate | None) -> dict[str, Enclosure]:
    """What that certificate proves, by the names of the quantities."""
    if certificate is None:
        return {}
    numbers = {name: certificate.number(f"value_{k}") for k, name in enumerate(certificate.problem["names"], start=1)}
    return {name: number for name, number in numbers.items() if number is not None}
