"""Lyapunov exponents: the proved enclosure beside zero, and how its bounds tightened during the search."""

import math

import numpy as np

from cases.common.plot import Plot, Series
from certify.certificate import Certificate
from certify.enclosure import Enclosure

_UNIT = "Lyapunov exponent (nats per step)"


def exponent_figure(exponent: Enclosure, title: str) -> Plot | None:
    """One bar with caps and the line at zero, which decides."""
    if not (math.isfinite(exponent.lower) and math.isfinite(exponent.upper)):
        return None
    bar = Series(
        "segments", np.array([exponent.lower]), np.array([0.0]), "proved enclosure",
        upper=np.array([[exponent.upper, 0.0]]), proved=True, emphasis=True,
    )  # fmt: skip
    reach = max(abs(exponent.lower), abs(exponent.upper), 1e-300)
    return Plot(
        title,
        _UNIT,
        "",
        (bar,),
        f"The exponent is proved to lie in {exponent}; negative is stable.",
        {"vertical": (0.0,), "x_limits": (-1.15 * reach, 1.15 * reach), "y_limits": (-1.0, 1.0), "size": (6.4, 2.4),
         "no_y_ticks": True},
    )  # fmt: skip


def history_figure(certificate: Certificate) -> Plot | None:
    """Both bounds against the seconds of the search; only for a certificate that comes straight from it."""
    history = np.asarray(certificate.attachments.get("history", ()), dtype=float).reshape(-1, 3)
    bounded = history[np.isfinite(history[:, 1:]).any(axis=1)]
    if not len(bounded):
        return None
    seconds = certificate.attachments.get("seconds", bounded[-1, 0])
    times = np.append(bounded[:, 0], max(float(seconds), bounded[-1, 0]))
    ends = np.vstack([bounded[:, 1:], bounded[-1, 1:]])
    series = [
        Series("steps", times[kept], ends[kept, column], name, proved=True, tone=column)
        for column, name in ((1, "upper bound"), (0, "lower bound"))
        if (kept := np.isfinite(ends[:, column])).any()
    ]
    engines = {certificate.attachments.get("lower_engine"), certificate.attachments.get("upper_engine")} - {"", None}
    return Plot(
        "Proved bounds during the search",
        "seconds of computing",
        _UNIT,
        tuple(series),
        f"The proved bounds end at {certificate.enclosure}; engines: {', '.join(sorted(map(str, engines)))}.",
        {"horizontal": (0.0,)},
    )
