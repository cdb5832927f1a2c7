"""Pictures of mean-field limits."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.common.plot import Plot, Series
from cases.mean_field.system import bound_holds


def picture(values: Mapping[str, Any], times: np.ndarray, distances: np.ndarray, lipschitz: float) -> Plot:
    seen = distances > 1e-300
    bound = distances[0] * np.exp(2 * lipschitz * times)
    series = [Series("line", times[seen], distances[seen], f"W1 of {values['particles']} particles", emphasis=True)]
    if bound_holds(values) and distances[0] > 0:
        series.append(Series("dashed", times, bound, "Dobrushin's bound exp(2 L t) W1(0)"))
    return Plot(
        f"Distance of two solutions, {values['coupling']} coupling",
        "time",
        "Wasserstein distance W1",
        tuple(series),
        f"W1 goes from {distances[0]:.3g} to {distances[-1]:.3g}; Dobrushin's bound ends at {bound[-1]:.3g}.",
        {"log_y": True},
    )


def laws(times: np.ndarray, states: list[np.ndarray]) -> Plot:
    """Quantiles of both laws over time."""
    levels = np.linspace(0, 1, 9)
    series = []
    for tone, (path, name) in enumerate(zip(states, ("first law", "second law"), strict=True)):
        lines = np.quantile(path, levels, axis=1)
        series += [Series("line", times, line, name if k == 0 else "", tone=tone) for k, line in enumerate(lines)]
    return Plot(
        "Quantiles of the two laws",
        "time",
        "position x",
        tuple(series),
        "Nine quantiles of each of the two laws, moving along the characteristics.",
    )
