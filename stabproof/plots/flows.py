"""A validated time map: the tube that holds every solution, coordinate by coordinate."""

from typing import Any

import numpy as np

from cases.common.plot import Plot, Series

_MOST_COORDINATES = 6


def time_map_figures(found: Any) -> dict[str, Plot]:
    """Each step's bounds over its time; empty where no step was proved."""
    times = np.asarray(found.times, dtype=float)
    if not len(times):
        return {}
    starts = np.concatenate([[0.0], times[:-1]])
    both = np.column_stack([starts, times]).ravel()
    count = min(found.tube_lower.shape[1], _MOST_COORDINATES)
    series = tuple(
        Series("band", both, np.repeat(found.tube_lower[:, k], 2), f"x_{k + 1} (proved bounds)",
               upper=np.repeat(found.tube_upper[:, k], 2), proved=True, tone=k)
        for k in range(count)
    )  # fmt: skip
    return {
        "tube": Plot(
            f"Solutions up to time {found.reached:.4g}",
            "time",
            "state",
            series,
            f"{len(times)} validated steps; each band holds the solutions of every start during the step.",
        )
    }
