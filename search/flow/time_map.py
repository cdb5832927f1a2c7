"""The validated time map with steps of chosen sizes."""

from typing import Any

from certify.flow.series import working
from certify.flow.statement import MappedPoint, TimeMapStatement, mapped_point
from certify.flow.vector_field import VectorField
from foundation import InputError
from search.flow.adaptive import adaptive, settings_for


def time_map(statement: TimeMapStatement, tolerance: float, deadline: float) -> MappedPoint:
    """The time map with steps of a size found on the way."""
    field, settings = _field(statement, tolerance)
    with working(settings.precision, settings.order + 3):
        passage = adaptive(field, statement.states(), statement.time, settings, deadline)
        return mapped_point(statement, passage, settings.order, settings.precision)


def _field(statement: TimeMapStatement, tolerance: float) -> tuple[VectorField, Any]:
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
