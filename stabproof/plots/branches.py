"""The bifurcation diagram of a proved branch: a coordinate over the parameter, by the stability that is proved."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.common.plot import Plot, Series
from certify.branch.invariant import frame_of
from certify.certificate import Certificate
from certify.statements.sentence import Sentence

_MOST_COORDINATES = 6
_GREY = 6  # the tone of what is not proved
# tone, kind and words for no unstable direction, some, and for pieces on which their number is not proved
_KINDS = {
    "stable": ("line", 0, "stable (proved)"),
    "unstable": ("dashed", 1, "unstable (proved)"),
    "open": ("line", _GREY, "stability not proved"),
}
# where a crossing's coefficient is not proved, the point is a critical one
_NAMES = {"hopf": "Hopf", "neimark-sacker": "Neimark-Sacker", "symmetric": "critical", "absent": "critical"}


def branch_figures(certificate: Certificate) -> dict[str, Plot | None]:
    """One diagram for each of the first six coordinates; the curve itself is proved everywhere."""
    places = _states(certificate, _along_the_curve(certificate))
    count = min(places.shape[1] - 1, _MOST_COORDINATES)
    return {f"x_{k + 1}": _diagram(certificate, places, k) for k in range(count)}


def _along_the_curve(certificate: Certificate) -> np.ndarray:
    """The middles of the pieces between the two ends of the curve, (N + 2, s + 1): points beside it by their radii."""
    parts = ("centres", "frames", "scale", "half")
    centres, frames, scale, half = (np.asarray(certificate.witness[name]) for name in parts)
    reach = frames[:, :, 0] * half[:, None] * scale
    return np.concatenate([centres[:1] - reach[:1], centres, centres[-1:] + reach[-1:]])


def _states(certificate: Certificate, points: np.ndarray) -> np.ndarray:
    """(x, p) of points (N, s + 1) of the branch's own coordinates."""
    n = certificate.problem["field"].output_signatures[0].size
    found = frame_of(certificate.problem, n)
    if found is None:
        return points
    frame, _, along = found
    return np.column_stack([points[:, :along] @ frame[:, :along].T, points[:, -1]])


def _diagram(certificate: Certificate, places: np.ndarray, k: int) -> Plot:
    unstable = np.pad(np.asarray(certificate.witness["unstable"]), 1, mode="edge")
    chosen = {"stable": unstable == 0, "unstable": unstable > 0, "open": unstable < 0}
    series = [
        Series(kind, *_pieces(places, mask, k), label, proved=name != "open", tone=tone)  # type: ignore[arg-type]
        for name, (kind, tone, label) in _KINDS.items()
        if (mask := chosen[name]).any()
    ]
    points = certificate.witness["points"]
    if points:
        states = _states(certificate, np.array([_place(entry, _length(certificate)) for entry in points]))
        label = ", ".join(dict.fromkeys(_named(certificate)))
        series.append(Series("points", states[:, -1], states[:, k], f"{label} (proved)", proved=True, tone=2))
    return Plot(
        certificate.title,
        "parameter",
        f"x_{k + 1}",
        tuple(series),
        f"{len(places) - 2} proved pieces; solid: stable, dashed: unstable, grey: the stability is not proved; "
        f"diamonds: {len(points)} proved bifurcation points.",
    )


def _place(entry: Mapping[str, Any], length: int) -> np.ndarray:
    """The coordinates and the parameter of a bifurcation point, whose unknowns may have units of their own."""
    units = np.asarray(entry.get("units", np.zeros(length, int)))
    return np.ldexp(np.asarray(entry["unknowns"])[:length], units[:length])


def _named(certificate: Certificate) -> list[str]:
    """What the claims call the bifurcation points."""
    said = [claim.statement for claim in certificate.claims]
    kinds = [s.parameters["what"] for s in said if isinstance(s, Sentence) and s.id == "branch.point"]
    return [_NAMES.get(kind, kind) for kind in kinds]


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
