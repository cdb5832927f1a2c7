"""Whether a field seems to conserve linear totals: advice, no proof."""

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.space import SearchSpace

# Points of the box at which the derivative is looked at, as parts of its width: a total is conserved at all of them.
_PARTS = (0.12, 0.31, 0.5, 0.73, 0.91)
# Roundings of the derivative are far below, and derivatives without a conserved total far above.
_RELATIVE = 2.0**-40


def seems_to_conserve_totals(space: SearchSpace) -> bool:
    """Whether w^T Df vanishes for one vector w at all of a few points, to rounding."""
    if space.is_restricted:
        return False
    (lower, upper), n = space.box, space.dimension
    parts = np.array([[_PARTS[(i + 2 * j) % len(_PARTS)] for j in range(n)] for i in range(len(_PARTS))])
    slopes = space.field.derivatives(Ball.exact(lower + parts * (upper - lower))).mid
    joined = np.concatenate(list(slopes), axis=1)
    with np.errstate(all="ignore"):
        sizes = np.abs(joined).max(axis=1, keepdims=True)
        joined = joined / np.where(sizes > 0, sizes, 1.0)
    if not np.isfinite(joined).all():
        return False
    values = np.linalg.svd(joined, compute_uv=False)
    return bool(values[-1] <= _RELATIVE * values[0])
