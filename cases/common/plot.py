"""Pictures as data: what is drawn, not how. The report renders them."""

from dataclasses import dataclass, field
from typing import Any, Literal, final

import numpy as np

Kind = Literal["line", "dashed", "points", "path", "band", "disc", "bars", "image", "segments", "steps", "field"]


@final
@dataclass(frozen=True)
class Series:
    """One set of marks.

    line, dashed, points, path (a line with a marker at each point): y over x. band: between y and `upper` over x.
    disc: circles around (x, y) with radius `upper`. bars: of height y at x. image: `upper` in colours, a row per y.
    segments: from (x, y) to `upper` (n, 2). steps: y holds from its x on. field: lines along the vectors `upper`
    (len(y), len(x), 2) on the grid x, y. Series of one `tone` share a colour; without it each has its own.
    """

    kind: Kind
    x: np.ndarray
    y: np.ndarray
    label: str = ""
    upper: np.ndarray | None = None
    emphasis: bool = False
    proved: bool = False
    tone: int | None = None


@final
@dataclass(frozen=True)
class Plot:
    """A figure: axes with units, series, and the text for readers who cannot see it."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    alternative: str
    options: dict[str, Any] = field(default_factory=dict)  # equal, log_x, log_y, x_limits, y_limits, vertical
