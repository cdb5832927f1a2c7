"""Assertions that hold only when they are proved.

Each returns what was proved. It raises `Refuted` when the opposite is proved and `Undecided` when neither is; both are
AssertionErrors whose message has the enclosure, the margin that is missing and what to try. Wrong input is an
`InputError` and no AssertionError: the test asks about something that is not there.
"""

from typing import Any

from certify.arithmetic import Ball
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.linear_algebra import is_positive_definite, smallest_eigenvalue, spectral_radius
from certify.verdict import Verdict
from foundation import InputError
from stabproof.testing.exact_value import compare, exact_real, gap, order
from stabproof.testing.exponent_range import exponent_certificate
from stabproof.testing.failures import leave_undecided, refute, rounded_down, rounded_up, strictly_above, succeed


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
        margin = f"the spectral radius exceeds the bound by at least {gap(radius.lower, limit, down=True)}"
        refute(headline, radius, enclosure=shown, missing_margin=margin, to_try=_bound_above(radius))
    margin = f"the upper bound must fall by {gap(radius.upper, limit)}"
    leave_undecided(headline, radius, enclosure=shown, missing_margin=margin, to_try=_sharper(matrix, radius))


def assert_positive_definite(matrix: Any) -> Enclosure:
    """Prove that every symmetric matrix in `matrix` ((n, n) symmetric floats, or balls) is positive definite.

    Returns the enclosure of the smallest eigenvalue, which is proved positive even where its lower bound reads 0.
    """
    __tracebackhide__ = True
    smallest = smallest_eigenvalue(matrix)
    verdict = Verdict.PROVED if smallest.lower > 0 else is_positive_definite(matrix)
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
    if order(low, found.lower) in (0, -1) and order(high, found.upper) in (0, 1):
        return succeed(certificate)
    headline, shown = f"the exponent lies in [{lower}, {upper}]", f"exponent = {found} nats per step"
    if order(high, found.lower) == -1 or order(low, found.upper) == 1:
        above = order(high, found.lower) == -1
        apart = gap(found.lower, high, down=True) if above else gap(found.upper, low, down=True)
        margin = f"the exponent lies {'above' if above else 'below'} the interval by at least {apart}"
        advice = f"an interval that contains [{rounded_down(found.lower)}, {rounded_up(found.upper)}]"
        refute(headline, certificate, enclosure=shown, missing_margin=margin, to_try=advice)
    sides = [f"the lower bound must rise by {gap(found.lower, low)}"] if order(low, found.lower) == 1 else []
    sides += [f"the upper bound must fall by {gap(found.upper, high)}"] if order(high, found.upper) == -1 else []
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
        f"{headline}; it is proved {found.name}",
        found.certificate,
        enclosure=shown,
        to_try="another box or other weights",
    )


def _bound_above(radius: Enclosure) -> str:
    return f"a bound above {strictly_above(radius.upper)}"


def _sharper(matrix: Any, radius: Enclosure) -> str:
    narrow = "narrow the radii of the ball matrix, or " if isinstance(matrix, Ball) and not matrix.is_exact else ""
    return f"{narrow}a bound above {strictly_above(radius.upper)}; at the spectral radius itself no enclosure decides"
