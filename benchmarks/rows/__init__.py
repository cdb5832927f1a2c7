"""The rows, in the order of the table."""

from rows import (
    elementary,
    enclosures,
    equilibrium,
    exponents,
    first_result,
    flows,
    linear_algebra,
    minimum,
    oscillators,
)

ROWS = (
    *minimum.ROWS,
    *equilibrium.ROWS,
    *linear_algebra.ROWS,
    *enclosures.ROWS,
    *elementary.ROWS,
    *flows.ROWS,
    *exponents.ROWS,
    *oscillators.ROWS,
    *first_result.ROWS,
)
