"""The bifurcation diagram of a proved branch: a coordinate over the parameter, by the stability that is proved."""

import numpy as np

from cases.common.plot import Plot, Series
from certify.branch.invariant import frame_of
from certify.certificate import Certificate

_MOST_COORDINATES = 6
_GREY = 6  # the tone of what is not proved
# tone, kind and words for no unstable direction, some, and for pieces on which their number is not proved
_KINDS = {
    "stable": ("line", 0, "stable (proved)"),
    "unstable": ("dashed", 1, "unstable (proved)"),
    "open": ("line", _GREY, "stability not proved"),
}


def branch_figures(certificate: Certificate) -> dict[str, Plot | None]:
    """One diagram for each of the first six coordinates; the curve itself is proved everywhere."""
    places = _states(certificate, np.asarray(certificate.witness["centres"]))
    count = min(places.shape[1] - 1, _MOST_COORDINATES)
    return {f"x_{k + 1}": _diagram(certificate, places, k) for k in range(count)}


def _states(certificate: Certificate, points: np.ndarray) -> np.ndarray:
    """(x, p) of points (N, s + 1) of the branch's own coordinates."""
    n = certificate.problem["field"].output_signatures[0].size
    found = frame_of(certificate.problem, n)
    if found is None:
        return points
    frame, _, along = found
    return np.column_stack([points[:, :along] @ frame[:, :along].T, points[:, -1]])


def _diagram(certificate: Certificate, places: np.ndarray, k: int) -> Plot:
    unstable = np.asarray(certificate.witness["unstable"])
    chosen = {"stable": unstable == 0, "unstable": unstable > 0, "open": unstable < 0}
    series = [
        Series(kind, *_pieces(places, mask, k), label, proved=name != "open", tone=tone)  # type: ignore[arg-type]
        for name, (kind, tone, label) in _KINDS.items()
        if (mask := chosen[name]).any()
    ]
    points = certificate.witness["points"]
    if points:
        states = _states(certificate, np.array([entry["unknowns"][: _length(certificate)] for entry in points]))
        label = ", ".join(dict.fromkeys(str(entry["point"]) for entry in points))
        series.append(Series("points", states[:, -1], states[:, k], f"{label} (proved)", proved=True, tone=2))
    return Plot(
        certificate.title,
        "parameter",
        f"x_{k + 1}",
        tuple(series),
        f"{len(places)} proved pieces; solid: stable, dashed: unstable, grey: the stability is not proved; diamonds: "
        f"{len(points)} proved bifurcation points.",
    )


def _length(certificate: Certificate) -> int:
    return int(np.asarray(certificate.witness["centres"]).shape[1])


def _pieces(places: np.ndarray, mask: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The runs of pieces with gaps between them, each up to the middles of its neighbours."""
    parameter, value = (np.full(2 * len(places) + 1, np.nan) for _ in range(2))
    for target, source in ((parameter, places[:, -1]), (value, places[:, k])):
        own = np.where(mask, source, np.nan)
        between = (source[1:] + source[:-1]) / 2
        target[1::2] = own
        target[2:-1:2] = np.where(mask[1:] | mask[:-1], between, np.nan)
    return parameter, value
