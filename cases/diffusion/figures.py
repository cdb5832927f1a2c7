"""Pictures of diffusions."""

from typing import Any

import numpy as np

from cases.common.plot import Plot, Series


def histogram(sample: np.ndarray, potential: Any, epsilon: float, title: str) -> Plot:
    reach = float(np.abs(sample).max())
    counts, edges = np.histogram(sample, bins=60, range=(-reach, reach), density=True)
    grid = np.linspace(-reach, reach, 601)
    density = np.exp(-2 * potential(grid) / epsilon**2)
    density /= float(((density[1:] + density[:-1]) / 2).sum() * (grid[1] - grid[0]))
    return Plot(
        f"{title}: {len(sample)} particles and the stationary density",
        "x",
        "probability density",
        (
            Series("bars", (edges[1:] + edges[:-1]) / 2, counts, "particles"),
            Series("line", grid, density, "exp(-2 V / eps^2) / Z", emphasis=True),
        ),
        f"A histogram of the particles follows the stationary density, whose largest value is {density.max():.3g} at "
        f"x = {round(abs(float(grid[int(np.argmax(density))])), 9):.3g}.",
    )
