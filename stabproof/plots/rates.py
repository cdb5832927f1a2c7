"""Learning rates: the plane of curvature and rate at a minimum, and the proved ranges of SGD."""

import math
from typing import Any

import numpy as np

from cases.common.plot import Plot, Series
from certify.certificate import Certificate


def plane_figure(certificate: Certificate) -> Plot | None:
    """The plane of curvature and learning rate: stable below the curve eta h = c, with the minimum's curvatures.

    c = critical learning rate times sharpness: 2 for gradient descent, 2 (1 + beta) for heavy ball.
    """
    critical, sharpness = certificate.critical_learning_rate, certificate.sharpness
    rate = _rate(certificate)
    if critical is None or sharpness is None or rate is None or not math.isfinite(critical.upper):
        return None
    known = certificate.number("smallest_curvature")
    smallest = sharpness if known is None else known
    product = critical.midpoint * sharpness.midpoint
    low, high = max(smallest.midpoint, sharpness.midpoint / 1e4) / 2, 2 * sharpness.midpoint
    curvature = np.geomspace(low, high, 200)
    ends = np.array([smallest.midpoint, sharpness.midpoint])
    series = (
        Series("band", curvature, np.zeros_like(curvature), "stable", upper=product / curvature, tone=2),
        Series("line", curvature, product / curvature, f"eta h = {product:.4g}", tone=2),
        Series("points", ends, np.full(2, rate), "proved ends of the spectrum", emphasis=True, proved=True),
        Series("points", ends[1:], np.array([critical.midpoint]), "critical rate (proved)", proved=True, tone=1),
    )  # fmt: skip
    top = 1.6 * max(rate, critical.midpoint)
    return Plot(
        "Learning rate and curvature",
        "curvature h across the minima",
        "learning rate eta",
        series,
        f"The learning rate {rate:.4g} against the critical one, {critical.midpoint:.6g}, at the sharpness "
        f"{sharpness.midpoint:.6g}.",
        {"log_x": True, "y_limits": (0.0, top), "x_limits": (low, high)},
    )


def ranges_figure(certificate: Certificate) -> Plot | None:
    """Where SGD is proved stable and where unstable, on the axis of learning rates; nothing is proved in the gap."""
    segments = certificate.witness.get("segments", [])
    bracket, extent = certificate.critical_learning_rate, certificate.number("unstable_up_to")
    if bracket is None or not segments:
        return None
    reach = extent.lower if extent is not None and math.isfinite(extent.lower) else 2 * max(bracket.lower, 1e-300)
    ranges = [("proved stable", 0.0, bracket.lower, 2)]
    if math.isfinite(bracket.upper):
        ranges.append(("proved unstable", bracket.upper, reach, 5))
    series = tuple(
        Series("segments", np.array([low]), np.zeros(1), name, upper=np.array([[high, 0.0]]), proved=True, tone=tone)
        for name, low, high, tone in ranges
        if high > low
    )  # fmt: skip
    return Plot(
        certificate.title,
        "learning rate",
        "",
        series,
        f"SGD is proved stable up to {bracket.lower:.6g} and unstable from {bracket.upper:.6g} on.",
        {"y_limits": (-1.0, 1.0), "size": (6.4, 2.4), "no_y_ticks": True},
    )


def _rate(certificate: Certificate) -> float | None:
    settings: Any = certificate.problem.get("optimizer")
    rate = settings.get("learning_rate") if isinstance(settings, dict) else None
    return None if rate is None else float(rate)
