"""Elementary functions of balls against NumPy and SciPy, which prove nothing."""

from collections.abc import Callable

import elementary as functions
import numpy as np
from row import Row
from timing import ratio

from certify import arithmetic
from certify.arithmetic import Ball

_ENTRIES = 200_000


def narrow(peer: functions.Peer) -> Callable[[int], tuple[float, str]]:
    """Balls of relative radius 1e-13."""

    def measure(runs: int) -> tuple[float, str]:
        normal = 2.0 * np.random.default_rng(0).normal(size=_ENTRIES)
        x = np.abs(normal) + 1e-3 if peer.positive else normal
        balls = Ball(x, np.abs(x) * 1e-13)
        return ratio(lambda: peer.unverified(x), lambda: getattr(arithmetic, peer.name)(balls), runs)

    return measure


ROWS = tuple(
    Row(f"elementary-{peer.name}", f"{peer.name} of narrow balls", "NumPy or SciPy", None, narrow(peer))
    for peer in functions.peers()
)
