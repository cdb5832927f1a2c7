"""Assertions that hold only when they are proved.

Each returns what was proved. It raises `Refuted` when the opposite is proved and `Undecided` when neither is; both are
AssertionErrors whose message has the enclosure, the margin that is missing and what to try. Wrong input is an
`InputError` and no AssertionError: the test asks about something that is not there.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.linear_algebra import is_positive_definite, smallest_eigenvalue, spectral_radius
from certify.verdict import Verdict
from foundation import InputError, positive_number
from stabproof.testing.exact_value import ExactReal, compare, exact_real
from stabproof.testing.exponent_range import exponent_certificate
from stabproof.testing.failures import leave_undecided, refute, rounded_down, rounded_up, succeed
from stabproof.testing.proving import certified_minimum
from stabproof.testing.stability import missing_margin, stability_enclosure, stability_remedy


def assert_certified_stable(
    problem: Any, optimizer: Any, *, tolerance: float | None = None, budget: float | None = None
) -> Certificate:
    """Prove that an exact minimum exists at the problem's parameters and that the optimiser finds it stable.

    As `stabproof.certify_minimum`, whose certificate it returns (verdict STABLE). budget: seconds for the search of an
    SGD proof; by default that of the test's `stabproof` marker.
    """
    __tracebackhide__ = True
    return _assert_verdict(Verdict.STABLE, certified_minimum(problem, optimizer, tolerance=tolerance, budget=budget))


def assert_unstable(
    problem: Any, optimizer: Any, *, tolerance: float | None = None, budget: float | None = None
) -> Certificate:
    """Prove that an exact minimum exists at the problem's parameters and that the optimiser leaves it (UNSTABLE)."""
    __tracebackhide__ = True
    return _assert_verdict(Verdict.UNSTABLE, certified_minimum(problem, optimizer, tolerance=tolerance, budget=budget))


def assert_spectral_radius_below(matrix: Any, bound: Any) -> Enclosure:
    """Prove max |lambda| < bound for every matrix in `matrix` ((n, n) floats, taken as exact, or balls).

    bound: an exact number. Returns the enclosure of the spectral radius.
    """
    __tracebackhide__ = True
    limit, radius = exact_real(bound, "bound"), spectral_radius(matrix)
    if compare(limit, exact_real(radius.upper, "radius")) == 1:
        return succeed(radius)
    headline, shown = f"the spectral radius is below {bound}", f"spectral radius = {radius}"
    if compare(limit, exact_real(radius.lower, "radius")) in (0, -1):
        margin = f"the spectral radius exceeds the bound by at least {_gap(radius.lower, limit, down=True)}"
        refute(headline, radius, enclosure=shown, missing_margin=margin, to_try=_bound_above(radius))
    margin = f"the upper bound must fall by {_gap(radius.upper, limit)}"
    leave_undecided(headline, radius, enclosure=shown, missing_margin=margin, to_try=_sharper(matrix, radius))


def assert_positive_definite(matrix: Any) -> Enclosure:
    """Prove that every symmetric matrix in `matrix` ((n, n) symmetric floats, or balls) is positive definite.

    Returns the enclosure of the smallest eigenvalue, which is proved positive even where its lower bound reads 0.
    """
    __tracebackhide__ = True
    verdict, smallest = is_positive_definite(matrix), smallest_eigenvalue(matrix)
    if verdict is Verdict.PROVED:
        return succeed(Enclosure(max(smallest.lower, 0.0), smallest.upper))
    headline, shown = "the matrix is positive definite", f"smallest eigenvalue = {smallest}"
    if verdict is Verdict.REFUTED:
        margin = f"the smallest eigenvalue must rise above 0, by {rounded_down(max(-smallest.upper, 0.0))} at least"
        advice = f"add a multiple of the identity above {rounded_up(max(-smallest.lower, 0.0))}"
        refute(headline, smallest, enclosure=shown, missing_margin=margin, to_try=advice)
    margin = f"the lower bound of the smallest eigenvalue must rise by {rounded_up(max(-smallest.lower, 0.0))}"
    advice = "narrow the radii of the ball matrix" if isinstance(matrix, Ball) else "move the matrix off singularity"
    leave_undecided(headline, smallest, enclosure=shown, missing_margin=margin, to_try=advice)


def assert_exponent_in(
    matrices: Any, lower: Any, upper: Any, probabilities: Any = None, *, budget: float | None = None
) -> Certificate:
    """Prove lower <= lambda <= upper for the top Lyapunov exponent of random matrices, in nats per step.

    matrices, probabilities: as for `stabproof.lyapunov_exponent`, whose certificate it returns. lower, upper: exact
    numbers, possibly infinite; the interval is closed, so that an upper bound of 0 admits the exponent 0. budget:
    seconds for the whole search; by default that of the test's `stabproof` marker.
    """
    __tracebackhide__ = True
    low, high = exact_real(lower, "lower"), exact_real(upper, "upper")
    if compare(low, high) == 1:
        raise InputError(f"lower is {lower} and upper is {upper}; swap them")
    certificate = exponent_certificate(matrices, probabilities, low, high, budget)
    found = certificate.enclosure
    if _order(low, found.lower) in (0, -1) and _order(high, found.upper) in (0, 1):
        return succeed(certificate)
    headline, shown = f"the exponent lies in [{lower}, {upper}]", f"exponent = {found} nats per step"
    if _order(high, found.lower) == -1 or _order(low, found.upper) == 1:
        above = _order(high, found.lower) == -1
        gap = _gap(found.lower, high, down=True) if above else _gap(found.upper, low, down=True)
        margin = f"the exponent lies {'above' if above else 'below'} the interval by at least {gap}"
        advice = f"an interval that contains [{rounded_down(found.lower)}, {rounded_up(found.upper)}]"
        refute(headline, certificate, enclosure=shown, missing_margin=margin, to_try=advice)
    sides = [f"the lower bound must rise by {_gap(found.lower, low)}"] if _order(low, found.lower) == 1 else []
    sides += [f"the upper bound must fall by {_gap(found.upper, high)}"] if _order(high, found.upper) == -1 else []
    reason = str(certificate.attachments.get("reason", "") or certificate.reason)
    advice = str(certificate.attachments.get("next_step", "") or certificate.next_step or "a wider interval")
    margin = " and ".join(sides)
    leave_undecided(headline, certificate, enclosure=shown, missing_margin=margin, reason=reason, to_try=advice)


def assert_morse_class(
    network: Any, box: Any, expected: str, *, variables: Any = None, budget: float = 60.0
) -> Certificate:
    """Prove that a scalar function is of the class `expected` ("C1", "C2" or "C3") on a box; see `morse_class`.

    Returns the certificate of the class.
    """
    __tracebackhide__ = True
    from stabproof.morse import morse_class

    if expected not in ("C1", "C2", "C3"):
        raise InputError(f'expected must be "C1", "C2" or "C3", but is {expected!r}')
    found = morse_class(network, box, variables=variables, budget=budget)
    if found == expected:
        return succeed(found.certificate)
    headline, count = f"the function is of class {expected}", len(found.critical_points)
    listed = "; ".join(
        f"({', '.join(f'{x:.6g}' for x in point.point)}), "
        + ("degenerate" if point.degenerate else f"index {point.index}")
        for point in found.critical_points[:4]
    )
    shown = f"{count} critical points proved" + (f": {listed}" if listed else "") + ("; ..." if count > 4 else "")
    if found == Verdict.UNDECIDED:
        reason, advice = found.reason, found.next_step
        leave_undecided(headline, found.certificate, enclosure=shown, reason=reason, to_try=advice)
    refute(
        f"{headline}; it is proved {found}", found.certificate, enclosure=shown, to_try="another box or other weights"
    )


def assert_encloses(enclosure: Enclosure | Ball, exact_value: Any, *, width: float | None = None) -> Enclosure | Ball:
    """Check, without rounding, that the exact number lies in the enclosure, and that this is no wider than `width`.

    enclosure: an `Enclosure`, or a `Ball` of any shape with an array of exact numbers of that shape. exact_value: int,
    float, `Fraction`, FLINT rational or real SymPy constant. An enclosure that is true but too wide, and a
    comparison that exact arithmetic cannot settle, are `Undecided`. Returns the enclosure.
    """
    __tracebackhide__ = True
    limit = None if width is None else positive_number(width, "width")
    for place, entry, value in _entries(enclosure, exact_value):
        _check_entry(place, entry, value, limit)
    return succeed(enclosure)


def _assert_verdict(wanted: Verdict, certificate: Certificate) -> Certificate:
    __tracebackhide__ = True
    if certificate.verdict is wanted:
        return succeed(certificate)
    lines = {
        "about": certificate.title,
        "enclosure": stability_enclosure(certificate),
        "missing_margin": missing_margin(certificate, wanted),
    }
    headline = f"the minimum is {wanted.name}"
    if certificate.verdict is Verdict.UNDECIDED:
        remedy = certificate.next_step or stability_remedy(certificate, wanted)
        leave_undecided(headline, certificate, **lines, reason=certificate.reason, to_try=remedy)
    headline = f"{headline}; it is proved {certificate.verdict.name}"
    refute(headline, certificate, **lines, to_try=stability_remedy(certificate, wanted))


def _entries(enclosure: Any, exact_value: Any) -> list[tuple[str, Enclosure, ExactReal]]:
    if isinstance(enclosure, Enclosure):
        return [("the value", enclosure, exact_real(exact_value, "exact_value"))]
    if not isinstance(enclosure, Ball):
        raise InputError(f"enclosure must be an Enclosure or a Ball, but is a {type(enclosure).__name__}")
    values = np.asarray(exact_value, dtype=object)
    if values.shape != enclosure.shape:
        raise InputError(f"the ball has shape {enclosure.shape}, but exact_value has shape {values.shape}")
    entries = []
    for index, value in np.ndenumerate(values):
        name = f"entry {index}"
        entries.append((name, enclosure[index].enclosure(), exact_real(value, name)))
    return entries


def _check_entry(place: str, entry: Enclosure, value: ExactReal, limit: float | None) -> None:
    __tracebackhide__ = True
    headline, shown = f"{place} {value} lies in the enclosure", str(entry)
    below, above = _order(value, entry.lower), _order(value, entry.upper)
    if below == -1 or above == 1:
        side = entry.lower if below == -1 else entry.upper
        margin = f"the value lies {'below' if below == -1 else 'above'} it by at least {_gap(side, value, down=True)}"
        advice = "the routine that made the enclosure or the exact value is wrong: recompute both independently"
        refute(headline, entry, enclosure=shown, missing_margin=margin, to_try=advice)
    if below is None or above is None:
        reason = "exact arithmetic separates the value neither from the bound nor proves that they are equal"
        leave_undecided(headline, entry, enclosure=shown, reason=reason, to_try="simplify the exact expression")
    if limit is not None and not entry.width <= limit:
        margin = f"the width {rounded_up(entry.width)} must fall to {limit:g}"
        advice = "narrow the input, raise the budget, or allow a larger width"
        leave_undecided(f"{place} is enclosed to width {limit:g}", entry, enclosure=shown, missing_margin=margin,
                        to_try=advice)  # fmt: skip


def _order(exact: ExactReal, bound: float) -> int | None:
    return compare(exact, exact_real(bound, "bound"))


def _gap(bound: float, exact: ExactReal, *, down: bool = False) -> str:
    """|bound - exact| to six digits, rounded to the safe side (for irrational numbers up to 30 digits)."""
    if math.isinf(bound) or isinstance(exact, float):
        return "inf"
    rational = exact if isinstance(exact, Fraction) else Fraction(str(exact.evalf(30)))
    distance = abs(Fraction(bound) - rational)
    return rounded_down(distance) if down else rounded_up(distance)


def _bound_above(radius: Enclosure) -> str:
    return f"a bound of at least {rounded_up(radius.upper)}"


def _sharper(matrix: Any, radius: Enclosure) -> str:
    narrow = "narrow the radii of the ball matrix, or " if isinstance(matrix, Ball) and not matrix.is_exact else ""
    return f"{narrow}a bound above {rounded_up(radius.upper)}; at the spectral radius itself no enclosure decides"
