"""all_equilibria: every equilibrium of a field in a box, each with its stability."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.certificate import Certificate, issue
from certify.equilibrium import EquilibriumStatement, KnownZero, Search, position, search
from certify.verdict import Verdict
from foundation import InputError, positive_integer, positive_number
from stabproof.boxes import box_bounds
from stabproof.equilibrium import issue_equilibrium
from stabproof.fields import field_program
from stabproof.progress import Progress, counting

_KINDS = ("flow", "map")
_BOXES, _MOST_UNDECIDED = 2_000_000, 2000


@final
@dataclass(frozen=True, eq=False)
class AllEquilibria:
    """The equilibria that were proved to exist in a box, and whether the list is whole.

    equilibria: a certificate each (`.verdict`, `.point`, `.radius`, ...), sorted by point. complete: it is proved
    that the box holds no other equilibrium. boundary: positions in the list of those that lie on the boundary of the
    box to rounding, so that they may lie just outside. undecided (M, n, 2): boxes (lower, upper) in which every
    equilibrium lies that is not listed; empty when complete. certificate: the proof of all this, for `stabproof.check`;
    where there are more than 2000 undecided boxes, it holds one around them all.
    """

    equilibria: tuple[Certificate, ...]
    complete: bool
    boundary: tuple[int, ...]
    undecided: np.ndarray
    certificate: Certificate

    @property
    def verdict(self) -> Verdict:
        """PROVED when the list is proved whole, else UNDECIDED."""
        return self.certificate.verdict

    @property
    def reason(self) -> str:
        """Why the list is not proved whole (empty otherwise)."""
        return self.certificate.reason

    @property
    def next_step(self) -> str:
        """What to try next when the list is not proved whole."""
        return self.certificate.next_step

    def __len__(self) -> int:
        return len(self.equilibria)

    def save(self, path: Any) -> None:
        """Write the certificate of the list as JSON, whole or not at all."""
        self.certificate.save(path)


def all_equilibria(
    field: Any,
    box: Any,
    kind: str = "flow",
    *,
    variables: Any = None,
    budget: float = 60.0,
    most_boxes: int = _BOXES,
    progress: Progress | None = None,
) -> AllEquilibria:
    """Find and prove all equilibria (maps: fixed points) of a field in a closed box, each with its stability.

    field, kind, variables: as for `certify_equilibrium`. box: n pairs (lower, upper) of finite floats. The box is
    subdivided: parts are contracted by interval Newton steps and excluded, or proved to belong to exactly one
    equilibrium, until nothing is left, or `budget` seconds or `most_boxes` parts are spent: the rest is `undecided`.
    The proof is then repeated once, as `stabproof.check` will, which takes up to the same time again.
    An equilibrium on a common face of two parts is counted once. One on the boundary of the box itself (to rounding) is
    listed and marked in `boundary`; those outside are not listed. Degenerate equilibria (singular derivative) and
    continua of them stay undecided. Raises `InputError` on malformed input.
    """
    if kind not in _KINDS:
        raise InputError(f'kind must be "flow" or "map", but is {kind!r}')
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_boxes, "most_boxes")
    lower, upper = box_bounds(box)
    program = field_program(field, lower, variables)
    statement = EquilibriumStatement(program, kind)
    report = counting(progress, "equilibria")
    found = search(statement, lower, upper, most_boxes=limit, seconds=seconds, progress=report)
    listed = sorted((z for z in found.zeros if position(z, lower, upper) != "outside"), key=lambda z: tuple(z.point))
    certificate = issue(
        "all-equilibria",
        f"All equilibria of a {kind} in a box of dimension {len(lower)}",
        {"field": program, "kind": kind, "lower": lower, "upper": upper},
        _witness(listed, found, lower, upper),
    )
    return AllEquilibria(
        tuple(issue_equilibrium(statement, zero.point, zero.inverse, zero.radius) for zero in listed),
        certificate.verdict is Verdict.PROVED,
        tuple(k for k, zero in enumerate(listed) if position(zero, lower, upper) == "boundary"),
        np.stack(found.undecided, axis=-1),
        certificate,
    )


def _witness(listed: list[KnownZero], found: Search, lower: np.ndarray, upper: np.ndarray) -> dict[str, Any]:
    """The search leaves the checker room for other roundings: more boxes, and wider undecided ones."""
    n = len(lower)
    low, high = found.undecided
    if len(low) > _MOST_UNDECIDED:
        low, high = low.min(axis=0, keepdims=True), high.max(axis=0, keepdims=True)
    margin = 2.0**-44 * (upper - lower)
    return {
        "undecided": np.stack([low - margin, high + margin], axis=-1),
        "points": np.array([zero.point for zero in listed]).reshape(len(listed), n),
        "inverses": np.array([zero.inverse for zero in listed]).reshape(len(listed), n, n),
        "radii": np.array([zero.radius for zero in listed], dtype=np.float64),
        "exhausted": found.exhausted,
        "boxes": 2 * found.boxes + 1000,
    }
