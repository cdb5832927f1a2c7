"""Elementary functions of balls through Arb, entry by entry: for the functions without a float64 algorithm."""

import flint
import numpy as np

from certify.arithmetic import Ball
from foundation.arb_precision import arb_precision

_PRECISION = 80


def entrywise(name: str, *operands: Ball) -> Ball:
    """The elementwise function `name`, evaluated in Arb and rounded outward."""
    from certify.program.arb import Arbs, to_arb, to_bounds
    from certify.program.special.table import FROM_ENDS

    if name in FROM_ENDS:
        return _from_ends(name, operands)
    system = Arbs(_PRECISION)
    operands_ = [to_arb(x) for x in operands]
    return Ball.from_bounds(*to_bounds(system.function(name, *operands_)))


def _from_ends(name: str, operands: tuple[Ball, ...]) -> Ball:
    """The function of the exact ends of the balls, entry by entry."""
    from certify.program.arb import to_bounds
    from certify.program.special.table import FROM_ENDS

    full = np.broadcast_arrays(*(bound for x in operands for bound in (x.lower, x.upper)))
    ends = [np.asarray(np.frompyfunc(flint.arb, 1, 1)(bound), dtype=object) for bound in full]

    def entry(*bounds: flint.arb) -> tuple[flint.arb, flint.arb]:
        return FROM_ENDS[name](*zip(bounds[::2], bounds[1::2], strict=True))

    with arb_precision(_PRECISION):
        low, high = (np.asarray(x, dtype=object) for x in np.frompyfunc(entry, len(ends), 2)(*ends))
        return Ball.from_bounds(to_bounds(low)[0], to_bounds(high)[1])
