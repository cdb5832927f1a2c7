"""Pictures of Hopfield networks."""

import numpy as np

from cases.common.plot import Plot, Series
from cases.common.told import Stabilities, Told
from cases.hopfield.estimates import abscissa, flow, newton_equilibria
from cases.hopfield.system import Network


def orbits_figure(network: Network, points: np.ndarray) -> Plot:
    weights, bias, decay = network.floats
    reach = np.array([high for _, high in network.box])
    starts = np.random.default_rng(1).uniform(-1, 1, (12, network.size)) * np.minimum(reach, 4 + np.abs(reach) / 4)
    rate = decay + float(np.abs(weights).sum(axis=1).max())
    steps = int(np.clip(60 * rate / decay, 400, 4000))
    orbits = flow(weights, bias, decay, starts, 12 / decay, steps)[:: max(1, steps // 400)]
    stabilities = Stabilities(tuple(abscissa(weights, decay, point) for point in points), rate)
    stable = np.array(stabilities.abscissas) < -1e-9 * rate
    if network.size == 1:
        times = np.linspace(0, 12 / decay, len(orbits))
        series = [Series("line", times, orbits[:, k, 0], tone=0) for k in range(12)]
        label, other = "time", "x1"
    else:
        series = [Series("line", orbits[:, k, 0], orbits[:, k, 1], tone=0) for k in range(12)]
        for chosen, name in ((stable, "stable equilibria"), (~stable, "other equilibria")):
            if chosen.any():
                series.append(Series("points", points[chosen, 0], points[chosen, 1], name, emphasis=name[0] == "s"))
        label, other = "x1", "x2"
    return Plot(
        "Orbits of the network",
        label,
        other,
        tuple(series),
        Told.of("Twelve orbits from random states; {} equilibria.", stabilities),
    )


def bifurcations(network: Network) -> Plot:
    """x1 of the equilibria when the weights are multiplied by a gain."""
    weights, bias, decay = network.floats
    top = float(np.linalg.eigvals(weights).real.max())
    end = max(2.0, 3 * decay / top) if top > 0.05 * decay else 2.0
    found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    values: list[float] = []
    for gain in np.linspace(end / 60, end, 60):
        for point in newton_equilibria(gain * weights, bias, decay, starts=60):
            values.append(abscissa(gain * weights, decay, point))
            found[values[-1] < -1e-9 * decay].append((float(gain), float(point[0])))
    series = []
    for stable, name in ((True, "stable"), (False, "not stable to first order")):
        if found[stable]:
            gains, states = np.array(found[stable]).T
            series.append(Series("points", gains, states, name, emphasis=stable))
    return Plot(
        "Equilibria as the gain grows",
        "gain g of the weights",
        "x1",
        tuple(series),
        Told.of(
            "The first coordinate of the equilibria found for the 60 gains of the axis: {} points.",
            Stabilities(tuple(values), decay),
        ),
    )
