"""Locked states of large networks of oscillators against the float computation of the same."""

import kuramoto
import numpy as np
from row import Row
from timing import ratio


def locked(runs: int) -> tuple[float, str]:
    """Ten thousand nodes of a small world."""
    import stabproof as sp

    graph, coupling = kuramoto.graphs(10_000)["Watts-Strogatz"]
    model = sp.Kuramoto(graph, np.random.default_rng(0).normal(size=len(graph)), coupling)
    figure, detail = ratio(
        lambda: kuramoto.unverified(kuramoto.arrays_of(model.network)),
        lambda: sp.certify_equilibrium(model),
        min(runs, 3),
    )
    return figure, detail


ROWS = (Row("kuramoto", "locked state, 10^4 oscillators, small world", "Newton and eigsh in SciPy", None, locked),)
