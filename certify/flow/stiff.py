"""The time map of a stiff field: polynomials near the solution, with steps that do not scale with its fastest rate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np

from certify.flow.integrate import arb, no_step
from certify.flow.polynomial_step import Around, Blocks, Proposal, advanced, compared
from certify.flow.vector_field import VectorField
from foundation import CertificateError

HIGHEST_DEGREE = 40
_MOST_STEPS = 10**5


@final
@dataclass(frozen=True, eq=False)
class StiffPassage:
    """Solutions from a box over [0, `reached`], as `ValidatedTrajectory`, without a derivative of the time map."""

    states: Around
    reached: Fraction
    tube: tuple[list[flint.arb], ...]
    reason: str = ""


def series_length(degree: int) -> int:
    """How many coefficients a step with polynomials of this degree needs."""
    return 2 * degree + 4


def followed(
    field: VectorField, box: list[flint.arb], steps: Iterable[Fraction], proposals: Iterable[Proposal]
) -> StiffPassage:
    """The passage with these steps; ends before the first one that is not proved."""
    states, reached = Around.of_box(box), Fraction(0)
    tube: list[list[flint.arb]] = []
    for duration, proposal in zip(steps, proposals, strict=True):
        comparison = compared(field, proposal, arb(duration) / 2)
        after = None if comparison is None else advanced(states, proposal, comparison)
        if comparison is None or after is None:
            return StiffPassage(states, reached, tuple(tube), no_step(reached))
        states, reached = after, reached + duration
        tube.append(comparison.tube)
    return StiffPassage(states, reached, tuple(tube))


def as_witness(steps: list[Fraction], proposals: list[Proposal], precision: int) -> dict[str, Any]:
    """The steps as data."""
    return {
        "steps": steps,
        "precision": precision,
        "chebyshev": np.array([p.chebyshev for p in proposals]),
        "frames": np.array([p.frame for p in proposals]),
        "pairs": np.array([_pairs(p.blocks) for p in proposals]),
        "rooms": np.array([np.repeat(p.rooms, [len(b) for b in p.blocks]) for p in proposals]),
    }


def read_proposals(witness: Mapping[str, Any], dimension: int) -> list[Proposal]:
    """The proposals of an untrusted witness; raises `CertificateError` where they do not fit together."""
    names = ("chebyshev", "frames", "pairs", "rooms")
    paths, frames, pairs, rooms = (witness.get(name) for name in names)
    count, n = len(witness["steps"]), dimension
    if not 0 < count <= _MOST_STEPS:
        raise CertificateError("the witness of the flow has no steps, or too many")
    floats = [x for x in (paths, frames, rooms) if isinstance(x, np.ndarray) and x.dtype == np.float64]
    if len(floats) < 3 or not isinstance(pairs, np.ndarray) or pairs.dtype != np.bool_:
        raise CertificateError("the witness of the flow has no polynomials with frames, pairs and rooms")
    shapes = frames.shape, pairs.shape, rooms.shape  # type: ignore[union-attr]
    degree = paths.shape[2] - 1 if paths.ndim == 3 else 0  # type: ignore[union-attr]
    fits = paths.shape == (count, n, degree + 1) and shapes == ((count, n, n), (count, n), (count, n))  # type: ignore[union-attr]
    if not fits or not 1 <= degree <= HIGHEST_DEGREE or not all(np.isfinite(x).all() for x in floats):
        raise CertificateError("the witness of the flow has polynomials, frames or rooms that do not fit together")
    found = []
    for path, frame, pair, room in zip(paths, frames, pairs, rooms, strict=True):  # type: ignore[arg-type]
        blocks = _blocks(pair)
        found.append(Proposal(path, frame, blocks, room[[block[0] for block in blocks]]))
    return found


def _pairs(blocks: Blocks) -> np.ndarray:
    """For each coordinate whether it begins a block of two."""
    marks = np.zeros(sum(map(len, blocks)), bool)
    marks[[block[0] for block in blocks if len(block) == 2]] = True
    return marks


def _blocks(pairs: np.ndarray) -> list[list[int]]:
    blocks, place = [], 0
    while place < len(pairs):
        size = 2 if pairs[place] and place + 1 < len(pairs) else 1
        blocks.append(list(range(place, place + size)))
        place += size
    return blocks
