"""Plots as SVG or PDF: legible in grey, labelled, the same bytes for the same data."""

import io
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cases.common.plot import Plot, Series
from foundation.optional_packages import absent

try:
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.collections import EllipseCollection, LineCollection
    from matplotlib.colors import to_rgba
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator
except ModuleNotFoundError as error:
    raise absent(error, "matplotlib", "reports") from None

# Of different lightness, so that they differ in grey as well as in colour; several lines carry markers besides.
_COLOURS = ("#0b5394", "#d97706", "#3f6212", "#7e22ce", "#0f766e", "#9f1239", "#374151")
_EMPHASIS = "#be185d"
_FIELD = "#a1a1aa"
_MARKERS = ("o", "s", "^", "v", "P", "X", "*")
_TITLE_WIDTH = 58
_CLOUD = 1500
_STYLE: Any = {
    "svg.hashsalt": "stabproof",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.size": 10.5,
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    "axes.grid": True,
    "grid.color": "#d4d4d8",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "mathtext.fontset": "cm",
}


def svg(plot: Plot) -> str:
    """The figure as an SVG document."""
    return _saved(plot, format="svg", metadata={"Date": None, "Creator": "stabproof"}).decode()


def pdf(plot: Plot) -> bytes:
    """The figure as a PDF document of one page."""
    return _saved(plot, format="pdf", metadata={"CreationDate": None, "Creator": "stabproof"})


def png(plot: Plot, size: tuple[float, float], dots: int) -> bytes:
    """The figure as a picture of `size` inches with so many dots an inch."""
    return _saved(replace(plot, options={**plot.options, "size": size}), format="png", dpi=dots)


def _saved(plot: Plot, **options: Any) -> bytes:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=_size(plot), layout="constrained")
        _drawn(plot, figure.add_subplot())
        stream = io.BytesIO()
        figure.savefig(stream, **options)
    return stream.getvalue()


def draw(plot: Plot, axes: Axes) -> Axes:
    """The plot drawn into axes that somebody else made, in the style of the reports where these leave it open."""
    with matplotlib.rc_context(_STYLE):
        _drawn(plot, axes)
    return axes


def new_axes(plot: Plot) -> Axes:
    """Axes of a new pyplot figure, so that scripts can show it and notebooks display it."""
    import matplotlib.pyplot as plt

    with matplotlib.rc_context(_STYLE):
        return plt.subplots(figsize=_size(plot), layout="constrained")[1]


def _size(plot: Plot) -> tuple[float, float]:
    width, height = plot.options.get("size", (6.4, 4.2))
    return width, height


def _drawn(plot: Plot, axes: Axes) -> None:
    marked = _marked_tones(plot)
    for number, series in enumerate(plot.series):
        tone = _tone(series, number)
        _DRAW[series.kind](axes, series, _Look(_colour(series, tone), marked.get(tone, "")))
    _finish(axes, plot)


@dataclass(frozen=True)
class _Look:
    """Colour and marker of a series; the marker tells lines apart where colour does not."""

    colour: str
    marker: str


def _tone(series: Series, number: int) -> int:
    return (number if series.tone is None else series.tone) % len(_COLOURS)


def _marked_tones(plot: Plot) -> dict[int, str]:
    """A marker for each tone, where lines of more than one tone are drawn without emphasis."""
    kinds = [(series.kind, _tone(series, n)) for n, series in enumerate(plot.series) if not series.emphasis]
    for kind in ("line", "dashed", "path"):
        tones = sorted({tone for found, tone in kinds if found == kind})
        if len(tones) > 1:
            return dict(zip(tones, _MARKERS, strict=False))
    return {}


def _colour(series: Series, tone: int) -> str:
    return _EMPHASIS if series.emphasis else _COLOURS[tone]


def _finish(axes: Axes, plot: Plot) -> None:
    options = plot.options
    axes.set(title=_wrapped(plot.title), xlabel=plot.x_label, ylabel=plot.y_label)
    if options.get("log_x"):
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: _between_powers(value, *axes.get_xlim())))
    if options.get("log_y") and _has_positive(plot):
        axes.set_yscale("log")
    if not options.get("log_x") and all(_counts(series.x) for series in plot.series):
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    if options.get("equal"):
        axes.set_aspect("equal", adjustable="datalim" if not options.get("y_limits") else "box")
    if options.get("x_limits"):
        axes.set_xlim(*options["x_limits"])
    if options.get("y_limits"):
        axes.set_ylim(*options["y_limits"])
    if options.get("no_y_ticks"):
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    for place in options.get("vertical", ()):
        axes.axvline(place, color="#71717a", linewidth=0.9, linestyle=":")
    for place in options.get("horizontal", ()):
        axes.axhline(place, color="#71717a", linewidth=0.9, linestyle=":")
    if any(series.label and series.kind != "image" for series in plot.series):
        if options.get("legend") == "outside":
            axes.figure.legend(loc="outside lower center", ncols=2, fontsize=9)
        else:
            axes.legend(loc=options.get("legend", "best"), fontsize=9)


def _has_positive(plot: Plot) -> bool:
    """A logarithmic axis needs a number above 0; without one the axis stays linear."""
    return any(bool(np.any(np.asarray(series.y) > 0)) for series in plot.series)


def _between_powers(value: float, low: float, high: float) -> str:
    """The label of a tick between powers of ten: for 2 and 5 only, and none where the powers suffice."""
    power = int(np.floor(np.log10(value)))
    digit = round(value / 10.0**power)
    if digit not in (2, 5) or high > 300 * low:
        return ""
    return f"{value:g}" if 1e-3 < value < 1e5 else rf"${digit}\times 10^{{{power}}}$"


def _wrapped(title: str) -> str:
    """Lines of about the same length."""
    lines = -(-len(title) // _TITLE_WIDTH)
    return textwrap.fill(title, -(-len(title) // lines) + 5) if lines > 1 else title


def _counts(x: np.ndarray) -> bool:
    """Whether these are numbers of steps or indices, which need no ticks between them."""
    values = np.asarray(x)
    return values.size > 1 and bool(np.all(values == np.round(values)))


def _line(axes: Axes, series: Series, look: _Look) -> None:
    axes.plot(series.x, series.y, linewidth=2.0, label=series.label or None, **_marks(series, look))


def _dashed(axes: Axes, series: Series, look: _Look) -> None:
    dashes = (0, (4, 3))
    axes.plot(series.x, series.y, linewidth=1.8, linestyle=dashes, label=series.label or None, **_marks(series, look))


def _marks(series: Series, look: _Look) -> dict[str, Any]:
    """Nine markers along the line."""
    every = max(1, len(series.x) // 9)
    return {"color": look.colour, "marker": look.marker or None, "markersize": 5, "markevery": every}


def _point_size(series: Series) -> float:
    """Points in clouds are small."""
    cloud = len(series.x) > _CLOUD
    return 6.5 if series.emphasis else 1.2 if cloud else 4.5


def _points(axes: Axes, series: Series, look: _Look) -> None:
    edge = {"marker": "D", "markersize": 6.5, "markeredgecolor": "black", "markeredgewidth": 1.1}
    style: dict[str, Any] = edge if series.proved else {"marker": "o", "markersize": _point_size(series)}
    style["rasterized"] = len(series.x) > _CLOUD  # a vector for every point of a cloud would fill megabytes
    axes.plot(series.x, series.y, color=look.colour, linestyle="none", label=series.label or None, **style)


def _path(axes: Axes, series: Series, look: _Look) -> None:
    size = 3.2 if len(series.x) <= 120 else 1.8
    marker, label = look.marker or "o", series.label or None
    axes.plot(series.x, series.y, marker=marker, color=look.colour, linewidth=1.0, markersize=size, label=label)


def _band(axes: Axes, series: Series, look: _Look) -> None:
    """Proved bands have solid borders; estimated ones have none."""
    assert series.upper is not None
    face, edge = to_rgba(look.colour, 0.28), look.colour if series.proved else "none"
    label = series.label or None
    axes.fill_between(series.x, series.y, series.upper, facecolor=face, edgecolor=edge, linewidth=1.6, label=label)


def _disc(axes: Axes, series: Series, look: _Look) -> None:
    assert series.upper is not None
    widths = 2 * np.broadcast_to(series.upper, np.shape(series.x))
    offsets = np.column_stack([series.x, series.y])
    discs = EllipseCollection(
        widths, widths, np.zeros(len(widths)), units="xy", offsets=offsets, offset_transform=axes.transData,
        facecolors="none", edgecolors=look.colour, linewidths=2.0 if series.proved else 1.2,
    )  # fmt: skip
    axes.add_collection(discs)
    if series.label:  # legends know no circles in units of the axes
        axes.plot([], [], "o", markerfacecolor="none", markeredgecolor=look.colour, markersize=9, label=series.label)
    reach = widths / 2
    axes.update_datalim(np.vstack([offsets - reach[:, None], offsets + reach[:, None]]))
    axes.autoscale_view()


def _bars(axes: Axes, series: Series, look: _Look) -> None:
    width = _bar_width(series.x)
    axes.bar(series.x, series.y, color=look.colour, alpha=0.75, width=width, label=series.label or None)


def _bar_width(x: np.ndarray) -> float:
    return 0.8 * float(np.min(np.diff(np.sort(x)))) if len(x) > 1 else 0.8


def _image(axes: Axes, series: Series, look: _Look) -> None:
    assert series.upper is not None
    mesh = axes.pcolormesh(series.x, series.y, series.upper, cmap="cividis", shading="nearest", rasterized=True)
    bar = axes.figure.colorbar(mesh, ax=axes)
    bar.set_label(series.label)


def _segments(axes: Axes, series: Series, look: _Look) -> None:
    """Proved segments are bars with caps; others (edges of a network) thin lines."""
    assert series.upper is not None
    start, end = np.column_stack([series.x, series.y]), np.asarray(series.upper)
    width = 2.6 if series.proved else 0.9
    lines = LineCollection(list(np.stack([start, end], axis=1)), colors=look.colour, linewidths=width)
    lines.set_label(series.label or None)
    axes.add_collection(lines)
    if series.proved:
        _caps(axes, start, end, look.colour)
    axes.autoscale_view()


def _steps(axes: Axes, series: Series, look: _Look) -> None:
    axes.step(series.x, series.y, where="post", linewidth=2.2, color=look.colour, label=series.label or None)


def _field(axes: Axes, series: Series, look: _Look) -> None:
    """Lines along a vector field: an estimate, in the background."""
    assert series.upper is not None
    along, across = series.upper[..., 0], series.upper[..., 1]
    if np.any(along) or np.any(across):
        axes.streamplot(series.x, series.y, along, across, density=1.1, linewidth=0.7, color=_FIELD, arrowsize=0.8)


def _caps(axes: Axes, start: np.ndarray, end: np.ndarray, colour: str) -> None:
    """Strokes across both ends, which also show where a segment is too short to be seen."""
    upright = np.abs(end - start)[:, 0] <= np.abs(end - start)[:, 1]
    for marker, chosen in (("_", upright), ("|", ~upright)):
        tips = np.vstack([start[chosen], end[chosen]])
        axes.plot(tips[:, 0], tips[:, 1], marker, color=colour, markersize=10, markeredgewidth=2.2)


_DRAW: dict[str, Callable[[Axes, Series, _Look], None]] = {
    "line": _line,
    "dashed": _dashed,
    "points": _points,
    "path": _path,
    "band": _band,
    "disc": _disc,
    "bars": _bars,
    "image": _image,
    "segments": _segments,
    "steps": _steps,
    "field": _field,
}
