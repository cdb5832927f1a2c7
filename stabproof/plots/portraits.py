"""Phase portraits: a field as an estimate, with the equilibria that are proved."""

from collections.abc import Sequence

import numpy as np

from cases.common.plot import Plot, Series
from certify.program import Program, evaluate
from foundation import InputError

_GRID, _LINE = 24, 400
_TONES = {"stable": 2, "unstable": 5, "undecided": 6}


def portrait(
    field: Program, lower: np.ndarray, upper: np.ndarray, points: np.ndarray, kinds: Sequence[str], is_map: bool = False
) -> Plot:
    """In the plane the field's direction and the equilibria; on a line its graph; else the first two coordinates."""
    dimension = len(lower)
    background = (
        _on_a_line(field, lower, upper, is_map) if dimension == 1 else _in_the_plane(field, lower, upper, is_map)
    )
    shown = (
        points[:, :2]
        if dimension > 1
        else np.column_stack([points[:, 0], points[:, 0] if is_map else 0 * points[:, 0]])
    )
    equilibria = [
        Series("points", shown[chosen, 0], shown[chosen, 1], f"{kind} (proved)", proved=True, tone=_TONES.get(kind))
        for kind in _TONES
        if (chosen := np.array([k == kind for k in kinds], dtype=bool)).any()
    ]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in _TONES if kind in kinds) or "none"
    fixed = "fixed points" if is_map else "equilibria"
    return Plot(
        f"Proved {fixed}: {counts}",
        "x" if dimension == 1 else "x_1",
        ("f(x)" if dimension == 1 else "x_2"),
        (*background, *equilibria),
        f"The {fixed} that are proved in the box: {counts}; the field around them is an estimate.",
        {"x_limits": _wider(lower[0], upper[0]), **({} if dimension == 1 else {"y_limits": _wider(lower[1], upper[1])}),
         "horizontal": (0.0,) if dimension == 1 and not is_map else (), "legend": "outside"},
    )  # fmt: skip


def _on_a_line(field: Program, lower: np.ndarray, upper: np.ndarray, is_map: bool) -> tuple[Series, ...]:
    grid = np.linspace(lower[0], upper[0], _LINE)
    values = _values(field, grid[:, None])
    if values is None:
        return ()
    graph = Series("line", grid, values[:, 0], "f(x), an estimate", tone=0)
    return (graph, Series("dashed", grid, grid, "x", tone=6)) if is_map else (graph,)


def _in_the_plane(field: Program, lower: np.ndarray, upper: np.ndarray, is_map: bool) -> tuple[Series, ...]:
    """Nothing in more dimensions: the plane of two coordinates is not invariant."""
    if len(lower) != 2:
        return ()
    x, y = (np.linspace(lower[k], upper[k], _GRID) for k in (0, 1))
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    values = _values(field, places)
    if values is None:
        return ()
    arrows = (values - places if is_map else values).reshape(_GRID, _GRID, 2)
    return (Series("field", x, y, "", upper=arrows, tone=6),)


def _values(field: Program, places: np.ndarray) -> np.ndarray | None:
    """Midpoints of the field's values; None where it is not defined on the whole grid."""
    try:
        (found,) = evaluate(field, [places], batch=[True], undecided="split")
    except InputError:
        return None
    return np.asarray(found.mid) if np.isfinite(found.mid).all() else None


def _wider(low: float, high: float) -> tuple[float, float]:
    margin = 0.04 * (high - low)
    return float(low - margin), float(high + margin)
