"""certify_periodic_orbit: polish the point and the period, prove, verdict."""

from time import monotonic
from typing import Any

import numpy as np

from certify.certificate import EquilibriumCertificate, issue
from certify.flow.vector_field import checked_field
from certify.periodic.family import extended_field, is_first_integral
from certify.periodic.orbit import Section
from certify.program import Program, gradient_program
from foundation import InputError, number_in, positive_number
from search.periodic.orbit import is_degenerate, orbit_witness, refined_orbit
from stabproof.fields import field_program, start_point
from stabproof.functions import scalar_program


def certify_periodic_orbit(
    field: Any,
    x: Any,
    period: Any,
    *,
    first_integral: Any = None,
    tolerance: float = 1e-16,
    budget: float = 120.0,
    variables: Any = None,
) -> EquilibriumCertificate:
    """Prove that x' = f(x) has an exact periodic orbit near x, with its period, multipliers and stability.

    field: a real-analytic JAX function R^n -> R^n, n >= 2, or SymPy expressions in `variables` (as for
    `certify_equilibrium`). x: n numbers near a point of the orbit. period: T > 0 near its period; Newton's method
    polishes both on the section through x across the orbit. first_integral: a function (n,) -> number that the flow
    conserves (or a SymPy expression), for orbits that come in families: an energy, or c^2 + s^2 of a forcing phase
    (c, s) on a circle. That it is one is proved, too. tolerance: for the validated time map (see `flow`). budget:
    seconds for its search.

    The certificate's `.point` is a float array; a point of the exact orbit lies within `.radius` (Euclidean) of it.
    `number("period")` encloses the period; its statement says whether it is proved to be the least one. `.eigenvalues`
    are counted discs of the n - 1 Floquet multipliers without the trivial one: the eigenvalues of the derivative of the
    Poincare map. STABLE: all lie inside of the unit circle (asymptotic orbital stability); UNSTABLE: one lies outside;
    else UNDECIDED with the reason, also where the multiplier 1 is double and no first integral is given. With a first
    integral: PROVED, an orbit on the level through `.point`, one of a family, with its period; such orbits are never
    asymptotically stable, and no multipliers are given. `stabproof.check` repeats the proof without the field.

    Raises `InputError` on a field that is not square or not analytic, n = 1, a bad x or period, and no orbit near x.
    """
    start, given = start_point(x), positive_number(period, "period")
    aim, seconds = number_in(tolerance, "tolerance", 1e-60, 1e-2), positive_number(budget, "budget")
    if start.size < 2:
        raise InputError("a flow in dimension one has no periodic orbits; x needs at least two entries")
    program = checked_field(field_program(field, start, variables))
    deadline = monotonic() + seconds
    if first_integral is not None:
        return _of_family(program, first_integral, variables, start, given, aim, deadline)
    section, residual, derivative = refined_orbit(program, start, given)
    if is_degenerate(section, derivative):
        return issue("periodic-orbit", {"field": program}, {"degenerate": True})
    return issue(
        "periodic-orbit", {"field": program}, orbit_witness(program, section, residual, derivative, aim, deadline)
    )


def _of_family(
    program: Program, integral: Any, variables: Any, start: np.ndarray, period: float, aim: float, deadline: float
) -> EquilibriumCertificate:
    level = scalar_program(integral, start.size, variables, "first_integral")
    problem = {"field": program, "integral": level}
    if not is_first_integral(program, level):
        raise InputError(
            "first_integral is not proved to be conserved: the expansion of grad H . f in the variables and the "
            "functions that occur is not 0; check its formula, and write both with the same functions"
        )
    extended = extended_field(program, level)
    slope = gradient_program(level)
    section, residual, derivative = refined_orbit(extended, np.append(start, 0.0), period, slope)
    if is_degenerate(section, derivative, slope):
        return issue("periodic-orbit", problem, {"degenerate": True})
    section = Section(np.append(section.point[:-1], 0.0), section.basis, section.period)
    witness = orbit_witness(extended, section, residual, derivative, aim, deadline, slope)
    return issue("periodic-orbit", problem, witness)
