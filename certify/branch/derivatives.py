"""Second and third derivatives of a field along directions, from its power series at a ball."""

from typing import final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.flow.series import working
from certify.flow.series_functions import Series
from certify.flow.vector_field import VectorField
from certify.program import Program
from certify.program.arb import to_arb, to_ball

_PRECISION = 106
_LENGTH = 4


@final
class Multilinear:
    """D^2F(z)(u, v) and D^3F(z)(u, v, w) over a ball of points z (m,), for balls of directions (m,).

    F(z + t u) has the coefficients D^2F(u, u) / 2 and D^3F(u, u, u) / 6; other arguments by polarisation.
    """

    def __init__(self, program: Program, point: Ball) -> None:
        self._field, self._point = VectorField(program, _PRECISION), to_arb(point)
        self._kept: dict[bytes, tuple[Ball, Ball]] = {}

    def second(self, u: Ball, v: Ball) -> Ball:
        """D^2F(u, v)."""
        return self._square(u + v) - self._square(u) - self._square(v)

    def twice(self, u: Ball) -> Ball:
        """D^2F(u, u)."""
        return self._square(u) * 2.0

    def thrice(self, u: Ball) -> Ball:
        """D^3F(u, u, u)."""
        return self._coefficients(u)[1] * 6.0

    def third(self, u: Ball, v: Ball) -> Ball:
        """D^3F(u, u, v)."""
        plus, minus, own = (self._coefficients(d)[1] for d in (u + v, u - v, v))
        return plus - minus - own * 2.0

    def _square(self, u: Ball) -> Ball:
        return self._coefficients(u)[0]

    def _coefficients(self, u: Ball) -> tuple[Ball, Ball]:
        key = u.mid.tobytes() + np.ascontiguousarray(u.rad).tobytes()
        if key not in self._kept:
            with working(_PRECISION, _LENGTH):
                line = [Series([z, d], _LENGTH) for z, d in zip(self._point, to_arb(u), strict=True)]
                values = self._field.values(line)
                self._kept[key] = _ball([_entry(v, 2) for v in values]), _ball([_entry(v, 3) for v in values])
        return self._kept[key]


def _entry(value: flint.arb | Series, k: int) -> flint.arb:
    return value[k] if isinstance(value, Series) else flint.arb(0)


def _ball(entries: list[flint.arb]) -> Ball:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return to_ball(array)
