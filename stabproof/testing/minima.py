"""Assertions about minima and equilibria: what training or a flow does near the point where a project put it.

Importing this module imports JAX, so that no test pays for it.
"""

from typing import Any

import numpy as np

import stabproof.equilibrium
import stabproof.minimum
from certify.certificate import Certificate
from certify.verdict import Verdict
from foundation import InputError, finite_array, positive_number
from search.equilibrium.point import NoEquilibrium
from stabproof.testing.failures import leave_undecided, refute, rounded_up, succeed
from stabproof.testing.proving import certified_basin, certified_minimum
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


def assert_stable(
    problem: Any, optimizer: Any, *, state: Any = None, tolerance: float | None = None, budget: float | None = None
) -> Certificate:
    """As `assert_certified_stable`; `state` is the optax state with which training goes on, by default a fresh one."""
    __tracebackhide__ = True
    found = certified_minimum(problem, optimizer, state=state, tolerance=tolerance, budget=budget)
    return _assert_verdict(Verdict.STABLE, found)


def assert_converges_from_here(problem: Any, optimizer: Any, *, budget: float | None = None) -> Certificate:
    """Prove that gradient descent, heavy ball or Nesterov started at the problem's parameters converges to a minimum.

    Not only stability of the minimum near by, but this start lies in its basin. Returns the certificate, whose
    `basin_radius` and `convergence_rate` say from how far and how fast.
    """
    __tracebackhide__ = True
    found = certified_basin(problem, optimizer, budget)
    if found.basin_radius is not None:
        return succeed(found)
    headline = "training converges from these parameters"
    lines = {"about": found.title, "enclosure": stability_enclosure(found)}
    if found.verdict is Verdict.UNSTABLE:
        margin = missing_margin(found, Verdict.STABLE)
        leave_undecided(f"{headline}; the optimiser leaves the minimum near by", found, **lines,
                        missing_margin=margin, to_try=stability_remedy(found, Verdict.STABLE))  # fmt: skip
    leave_undecided(headline, found, **lines, reason=found.reason or "no basin around these parameters is proved",
                    to_try="train further before the assertion, or take a smaller learning rate")  # fmt: skip


def assert_equilibrium_near(
    field: Any, x: Any, radius: float, *, kind: Any = "flow", stable: bool | None = None, **options: Any
) -> Certificate:
    """Prove that x' = f(x), or the map x -> f(x), has an exact equilibrium within the distance `radius` of x.

    stable: True or False also asks for its stability or instability. kind and options: as for
    `stabproof.certify_equilibrium`, whose certificate is returned. Where Newton's method finds no equilibrium near x,
    as for a solver's wrong answer, this is `Undecided`; a field or options that make no sense are `InputError`s.
    """
    __tracebackhide__ = True
    limit, start = positive_number(radius, "radius"), finite_array(x, "x")
    if stable not in (None, True, False):
        raise InputError(f"stable must be True, False or None, but is {stable!r}")
    headline = f"an equilibrium lies within {limit:g} of x"
    try:
        found: Any = stabproof.equilibrium.certify_equilibrium(field, x, kind, **options)
    except NoEquilibrium as error:
        leave_undecided(headline, None, reason=str(error), to_try="a point that Newton's method leads to a zero of f")
    own = found.radius
    if own is None:
        leave_undecided(headline, found, reason=found.reason, to_try=found.next_step)
    point = np.asarray(found.point, float)
    # the norm of n differences is computed with a relative error of at most (n + 4) 2^-53
    apart = float(np.linalg.norm(point - start)) * (1 + (start.size + 8) * 2.0**-52)
    shown = f"an exact equilibrium within {own:.3g} of {np.array2string(point, threshold=6)}, {apart:.6g} from x"
    if not apart + own <= limit:
        advice = f"a radius above {rounded_up(apart + own)}, or an x nearer to the equilibrium"
        leave_undecided(headline, found, enclosure=shown, to_try=advice)
    if stable is None:
        return succeed(found)
    wanted = Verdict.STABLE if stable else Verdict.UNSTABLE
    if found.verdict is wanted:
        return succeed(found)
    headline = f"the equilibrium is {wanted.name}"
    if found.verdict is Verdict.UNDECIDED:
        leave_undecided(headline, found, enclosure=shown, reason=found.reason, to_try=found.next_step)
    refute(f"{headline}; it is proved {found.verdict.name}", found, enclosure=shown)


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
