"""certify_periodic_orbit: polish the point and the period, prove, verdict."""

from time import monotonic
from typing import Any

from certify.certificate import Certificate, issue
from certify.flow.vector_field import checked_field
from foundation import InputError, number_in, positive_number
from search.periodic.orbit import orbit_witness, refined_orbit
from stabproof.fields import field_program, start_point


def certify_periodic_orbit(
    field: Any, x: Any, period: Any, *, tolerance: float = 1e-16, budget: float = 120.0, variables: Any = None
) -> Certificate:
    """Prove that x' = f(x) has an exact periodic orbit near x, with its period, multipliers and stability.

    field: a real-analytic JAX function R^n -> R^n, n >= 2, or SymPy expressions in `variables` (as for
    `certify_equilibrium`). x: n numbers near a point of the orbit. period: T > 0 near its period; Newton's method
    polishes both on the section through x across the orbit. tolerance: for the validated time map (see `flow`). budget:
    seconds for its search.

    The certificate's `.point` is a float array; a point of the exact orbit lies within `.radius` (Euclidean) of it.
    `number("period")` encloses the period; its statement says whether it is proved to be the least one. `.eigenvalues`
    are counted discs of the n - 1 Floquet multipliers without the trivial one: the eigenvalues of the derivative of the
    Poincare map. STABLE: all lie inside of the unit circle (asymptotic orbital stability); UNSTABLE: one lies outside;
    else UNDECIDED with the reason. `stabproof.check` repeats the proof without the field.

    Raises `InputError` on a field that is not square or not analytic, n = 1, a bad x or period, and no orbit near x.
    """
    start, given = start_point(x), positive_number(period, "period")
    aim, seconds = number_in(tolerance, "tolerance", 1e-60, 1e-2), positive_number(budget, "budget")
    if start.size < 2:
        raise InputError("a flow in dimension one has no periodic orbits; x needs at least two entries")
    program = checked_field(field_program(field, start, variables))
    section, residual, derivative = refined_orbit(program, start, given)
    witness = orbit_witness(program, section, residual, derivative, aim, monotonic() + seconds)
    return issue("periodic-orbit", {"field": program}, witness)
