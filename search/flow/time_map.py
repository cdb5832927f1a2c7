"""The validated time map with steps of chosen sizes."""

from collections.abc import Sequence

import flint
import numpy as np

from certify.flow.series import working
from certify.flow.statement import MappedPoint, TimeMapStatement, mapped_point, stiffly_mapped
from certify.flow.stiff import series_length
from certify.flow.vector_field import VectorField
from foundation import InputError
from foundation.computing_time import computing_time
from search.flow.adaptive import Settings, adaptive, settings_for
from search.flow.collocation import stiff_time_map
from search.flow.radau import DEGREE

# The polynomials are floats: their defects are not resolved beyond this.
_PRECISION = 128
# Taylor's steps scale with the fastest rate. Where they are this many polynomials come first; where they are some,
# Taylor's steps have these seconds to show that they suffice, and then polynomials a share of the time.
_MANY, _SOME, _SECONDS, _SHARE = 2000.0, 300.0, 2.0, 0.6


def time_map(statement: TimeMapStatement, tolerance: float, deadline: float, derivative: bool = True) -> MappedPoint:
    """The time map with steps of a size found on the way.

    Without the derivative polynomials are tried too: first where the field is seen to be stiff at the initial point,
    and otherwise where a share of the time does not suffice for Taylor's steps.
    """
    field, settings = _field(statement, tolerance)

    def taylor(end: float) -> MappedPoint:
        return _by_taylor(statement, field, settings, end)[0]

    if derivative or not _is_narrow(statement):
        return taylor(deadline)
    left = deadline - computing_time()
    place = [x.mid() for x in statement.states()]
    if _steps_of_the_fastest_rate(statement, place, 1.0) < _MANY:
        found, place = _by_taylor(statement, field, settings, computing_time() + min(_SECONDS, left))
        if not found.reason:
            return found
        if _steps_of_the_fastest_rate(statement, place, 1 - float(found.reached / statement.time)) < _SOME:
            return taylor(deadline)
    by_polynomials = _stiff(statement, computing_time() + _SHARE * left)
    return by_polynomials if not by_polynomials.reason else taylor(deadline)


def _by_taylor(
    statement: TimeMapStatement, field: VectorField, settings: Settings, deadline: float
) -> tuple[MappedPoint, list[flint.arb]]:
    """What Taylor's steps prove, and a place where they end."""
    with working(settings.precision, settings.order + 3):
        passage = adaptive(field, statement.states(), statement.time, settings, deadline)
        found = mapped_point(statement, passage, settings.order, settings.precision)
        return found, [x.mid() for x in passage.states.box()]


def _stiff(statement: TimeMapStatement, deadline: float) -> MappedPoint:
    with working(_PRECISION, series_length(DEGREE)):
        field = VectorField(statement.autonomous, _PRECISION)
        passage, witness = stiff_time_map(field, statement.states(), statement.time, deadline)
        return stiffly_mapped(statement, passage, witness)


def _is_narrow(statement: TimeMapStatement) -> bool:
    """Boxes of initial points are followed by their derivative, which polynomials do not have."""
    return bool((statement.box.rad <= 2.0**-40 * np.abs(statement.box.mid)).all())


def _steps_of_the_fastest_rate(statement: TimeMapStatement, place: Sequence[flint.arb], part: float) -> float:
    """A part of the time in units of the fastest rate of decay at a place (an estimate); 0 where it is not known."""
    field = VectorField(statement.autonomous, 64)
    n = field.dimension
    with working(64, 2):
        try:
            slope = np.array([float(x.mid()) for x in field.jacobian(place)])
        except InputError:
            return 0.0
    if not np.isfinite(slope).all():
        return 0.0
    rates = np.linalg.eigvals(slope.reshape(n, n)).real
    return part * float(statement.time) * max(0.0, -float(rates.min()))


def _field(statement: TimeMapStatement, tolerance: float) -> tuple[VectorField, Settings]:
    """The field and the settings; the field must have a value at the initial point."""
    states = statement.states()
    settings = settings_for(tolerance, states)
    field = VectorField(statement.autonomous, settings.precision)
    with working(settings.precision, 2):
        try:
            field.values([x.mid() for x in states])
        except InputError as error:
            raise InputError(f"the field has no value at the initial point: {error}") from None
    return field, settings
