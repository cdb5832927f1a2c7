"""Spectra: proved discs against the unit circle or the imaginary axis, and proved intervals by index."""

from typing import Any, Literal

import numpy as np

from cases.common.plot import Plot, Series
from certify.linear_algebra.discs import Eigenvalues

Boundary = Literal["circle", "axis", ""]


def discs_figure(found: Eigenvalues, boundary: Boundary, what: str = "eigenvalue") -> Plot:
    """The discs of a general spectrum; boundary: "circle" for maps, "axis" for flows, "" for a plain matrix."""
    real, imaginary = found.centers.real, found.centers.imag
    series = list(_boundary(boundary))
    label = f"{what}s (centres of proved discs)"
    series.append(Series("points", real, imaginary, label, emphasis=True, proved=True))
    if np.isfinite(found.radii).all():
        series.append(Series("disc", real, imaginary, "", upper=found.radii, emphasis=True, proved=True))
    radius = float(np.abs(found.centers).max(initial=0.0))
    bound = {"circle": " against the unit circle", "axis": " against the imaginary axis", "": ""}[boundary]
    return Plot(
        f"The {what}s{bound}",
        "real part",
        "imaginary part",
        tuple(series),
        f"{len(found)} proved discs with {found.dimension} {what}s, the largest of modulus about {radius:.4g}{bound}.",
        {"equal": True, "legend": "outside", "vertical": (0.0,) if boundary == "axis" else ()},
    )


def moduli_figure(radius: Any, what: str) -> Plot:
    """Only the spectral radius is proved: the ring in which the outermost eigenvalue lies."""
    angle = np.linspace(0.0, 2 * np.pi, 361)
    ends = [Series("line", end * np.cos(angle), end * np.sin(angle), name, proved=True, tone=1)
            for end, name in ((radius.lower, what), (radius.upper, ""))]  # fmt: skip
    return Plot(
        f"The {what} against the unit circle",
        "real part",
        "imaginary part",
        (*_boundary("circle"), *ends),
        f"The {what} is proved to lie in {radius}; the unit circle is drawn for comparison.",
        {"equal": True, "legend": "outside"},
    )


def intervals_figure(found: Any) -> Plot:
    """Eigenvalues of a symmetric matrix, or singular values: a bar from lower to upper for each index."""
    index = np.arange(1, len(found) + 1, dtype=float)
    middle = (np.asarray(found.lower) + np.asarray(found.upper)) / 2
    bars = Series(
        "segments", index, np.asarray(found.lower), "proved intervals",
        upper=np.column_stack([index, found.upper]), proved=True,
    )  # fmt: skip
    name = "singular value" if type(found).__name__ == "SingularValues" else "eigenvalue"
    return Plot(
        f"{len(found)} {name}s, each proved",
        "index",
        name,
        (Series("points", index, middle, "", tone=0), bars),
        f"{len(found)} {name}s from {middle.min():.4g} to {middle.max():.4g}; widest interval {found.width:.2g}.",
        {"horizontal": (0.0,)},
    )


def _boundary(kind: Boundary) -> tuple[Series, ...]:
    if kind != "circle":
        return ()
    angle = np.linspace(0.0, 2 * np.pi, 361)
    return (Series("dashed", np.cos(angle), np.sin(angle), "unit circle"),)
