"""Plots as SVG: legible in grey, labelled, the same bytes for the same data."""

import io
from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure

from cases import Plot, Series

# Dark enough to differ in grey as well as in colour.
_COLOURS = ("#0b5394", "#b45309", "#3f6212", "#7e22ce", "#0f766e", "#9f1239", "#374151")
_EMPHASIS = "#be185d"
_STYLE: Any = {
    "svg.hashsalt": "stabproof",
    "svg.fonttype": "path",
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#d4d4d8",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "mathtext.fontset": "cm",
}


def svg(plot: Plot) -> str:
    """The figure as an SVG document."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=plot.options.get("size", (6.4, 4.2)), layout="constrained")
        axes = figure.add_subplot()
        for number, series in enumerate(plot.series):
            _DRAW[series.kind](axes, series, _colour(series, number))
        _finish(axes, plot)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "stabproof"})
    return stream.getvalue()


def _colour(series: Series, number: int) -> str:
    if series.emphasis:
        return _EMPHASIS
    tone = number if series.tone is None else series.tone
    return _COLOURS[tone % len(_COLOURS)]


def _finish(axes: Axes, plot: Plot) -> None:
    options = plot.options
    axes.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label)
    if options.get("log_x"):
        axes.set_xscale("log")
    if options.get("log_y"):
        axes.set_yscale("log")
    if options.get("equal"):
        axes.set_aspect("equal", adjustable="datalim" if not options.get("y_limits") else "box")
    if options.get("x_limits"):
        axes.set_xlim(*options["x_limits"])
    if options.get("y_limits"):
        axes.set_ylim(*options["y_limits"])
    for place in options.get("vertical", ()):
        axes.axvline(place, color="#71717a", linewidth=0.9, linestyle=":")
    for place in options.get("horizontal", ()):
        axes.axhline(place, color="#71717a", linewidth=0.9, linestyle=":")
    if any(series.label and series.kind != "image" for series in plot.series):
        if options.get("legend") == "outside":
            axes.figure.legend(loc="outside lower center", ncols=2, fontsize=9)
        else:
            axes.legend(loc=options.get("legend", "best"), fontsize=9)


def _line(axes: Axes, series: Series, colour: str) -> None:
    axes.plot(series.x, series.y, color=colour, linewidth=2.0, label=series.label or None)


def _dashed(axes: Axes, series: Series, colour: str) -> None:
    axes.plot(series.x, series.y, color=colour, linewidth=1.8, linestyle=(0, (4, 3)), label=series.label or None)


def _points(axes: Axes, series: Series, colour: str) -> None:
    axes.plot(series.x, series.y, "o", color=colour, markersize=4.5, label=series.label or None)


def _path(axes: Axes, series: Series, colour: str) -> None:
    axes.plot(series.x, series.y, "-o", color=colour, linewidth=1.0, markersize=3.2, label=series.label or None)


def _band(axes: Axes, series: Series, colour: str) -> None:
    assert series.upper is not None
    axes.fill_between(series.x, series.y, series.upper, color=colour, alpha=0.28, label=series.label or None)


def _disc(axes: Axes, series: Series, colour: str) -> None:
    assert series.upper is not None
    widths = 2 * np.broadcast_to(series.upper, np.shape(series.x))
    offsets = np.column_stack([series.x, series.y])
    discs = EllipseCollection(
        widths, widths, np.zeros(len(widths)), units="xy", offsets=offsets, offset_transform=axes.transData,
        facecolors="none", edgecolors=colour, linewidths=1.4, label=series.label or None,
    )  # fmt: skip
    axes.add_collection(discs)
    reach = widths / 2
    axes.update_datalim(np.vstack([offsets - reach[:, None], offsets + reach[:, None]]))
    axes.autoscale_view()


def _bars(axes: Axes, series: Series, colour: str) -> None:
    axes.bar(series.x, series.y, color=colour, alpha=0.75, width=_bar_width(series.x), label=series.label or None)


def _bar_width(x: np.ndarray) -> float:
    return 0.8 * float(np.min(np.diff(np.sort(x)))) if len(x) > 1 else 0.8


def _image(axes: Axes, series: Series, colour: str) -> None:
    assert series.upper is not None
    mesh = axes.pcolormesh(series.x, series.y, series.upper, cmap="cividis", shading="nearest", rasterized=True)
    bar = axes.figure.colorbar(mesh, ax=axes)
    bar.set_label(series.label)


def _segments(axes: Axes, series: Series, colour: str) -> None:
    assert series.upper is not None
    lines = np.stack([np.column_stack([series.x, series.y]), series.upper], axis=1)
    axes.add_collection(LineCollection(list(lines), colors=colour, linewidths=0.9, label=series.label or None))
    axes.autoscale_view()


_DRAW: dict[str, Callable[[Axes, Series, str], None]] = {
    "line": _line,
    "dashed": _dashed,
    "points": _points,
    "path": _path,
    "band": _band,
    "disc": _disc,
    "bars": _bars,
    "image": _image,
    "segments": _segments,
}
