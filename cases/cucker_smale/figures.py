"""Pictures of flocking."""

import math

import numpy as np

from cases.common.plot import Plot, Series
from cases.cucker_smale.system import tail_area


def phase_plane(alpha: float, coupling: float, threshold: float, path: np.ndarray) -> Plot:
    """Level sets of the first integral, and the chosen orbit."""
    reach = max(4.0, min(2 * float(np.abs(path[:, 0]).max()), 20.0))
    grid = np.linspace(0, reach, 161)
    area = coupling * np.concatenate(
        [[0.0], np.cumsum((grid[1] - grid[0]) / (1 + ((grid[1:] + grid[:-1]) / 2) ** alpha))]
    )
    top = coupling * tail_area(alpha) if alpha > 1 else float(area[-1])
    series = []
    for k, share in enumerate((0.25, 0.5, 0.75, 1.0, 1.25)):
        level = share * top - area
        kept = level >= 0
        label = {
            0: "orbits that flock",
            3: "threshold" if alpha > 1 else "",
            4: "orbits that separate" if alpha > 1 else "",
        }.get(k, "")
        series.append(Series("dashed" if k == 3 else "line", grid[kept], level[kept], label, tone=0 if k < 3 else k))
    seen = np.abs(path[:, 0]) <= reach
    series.append(Series("path", path[seen, 0], path[seen, 1], "chosen start", emphasis=True))
    words = f"the threshold is {threshold:.4g}" if math.isfinite(threshold) else "every orbit flocks"
    return Plot(
        f"Two agents: distance and relative velocity, alpha = {alpha:g}",
        "distance r",
        "relative velocity w",
        tuple(series),
        f"Curves w + K F(r) = constant fall to w = 0 when they start below the threshold; {words}.",
    )
