"""Validated time maps."""

import numpy as np
from row import Row
from timing import seconds


def lorenz(runs: int) -> tuple[float, str]:
    """Lorenz's equations to T = 20 with the derivative, from a point of the attractor; processor seconds."""
    import jax.numpy as jnp

    import stabproof as sp

    def field(x):  # type: ignore[no-untyped-def]
        return jnp.array([10.0 * (x[1] - x[0]), x[0] * (28.0 - x[2]) - x[1], x[0] * x[1] - 8.0 * x[2] / 3.0])

    taken, found = seconds(lambda: sp.flow(field, np.array([1.0, 1.0, 1.0]), 20.0, derivative=True))
    width = float((found.upper - found.lower).max()) if found.verdict.name == "PROVED" else np.inf
    return taken, f"{found.verdict.name}, width {width:.1e}, {len(found.times)} steps"


ROWS = (Row("lorenz-20", "time map of Lorenz, T = 20, with derivative", "seconds", 0.45, lorenz, "s", True),)
