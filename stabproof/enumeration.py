"""all_equilibria: every equilibrium of a field in a box, each with its stability."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.certificate import Certificate, issue, issue_all
from certify.equilibrium import EquilibriumStatement, KnownZero, position, search
from certify.verdict import Verdict
from foundation import InputError, positive_integer, positive_number
from search.equilibrium.enumeration import enumeration_witness
from search.equilibrium.point import equilibrium_parts
from stabproof.boxes import box_bounds
from stabproof.fields import field_program
from stabproof.progress import Progress, counting

_KINDS = ("flow", "map")
_BOXES = 2_000_000
# The proof repeats the subdivision with the equilibria known: it takes less time than the search did.
_SEARCH_SHARE = 0.5


@final
@dataclass(frozen=True, eq=False)
class AllEquilibria:
    """The equilibria that were proved to exist in a box, and whether the list is whole.

    points (N, n): floats near the equilibria, sorted; `equilibria` has a certificate of each. complete: it is proved
    that the box holds no other equilibrium. boundary: positions in the list of those that lie on the boundary of the
    box to rounding, so that they may lie just outside. undecided (M, n, 2): boxes (lower, upper) in which every
    equilibrium lies that is not listed; empty when complete. certificate: the proof of all this, with the stability of
    each, for `stabproof.check`; more than 2048 undecided boxes are gathered in it, neighbours in one. most_boxes: how
    many the search was allowed.
    """

    statement: EquilibriumStatement
    zeros: tuple[KnownZero, ...]
    boundary: tuple[int, ...]
    undecided: np.ndarray
    certificate: Certificate
    most_boxes: int = 0

    @cached_property
    def equilibria(self) -> tuple[Certificate, ...]:
        """A certificate of each (`.verdict`, `.point`, `.radius`, `.eigenvalues`, ...), in the order of `points`.

        They are issued when they are first asked for, in about a hundredth of a second each.
        """
        parts = (equilibrium_parts(self.statement, zero.point, zero.inverse, zero.radius) for zero in self.zeros)
        return tuple(issue_all("equilibrium", parts))

    @property
    def points(self) -> np.ndarray:
        """The points near which the equilibria are proved to exist, (N, n)."""
        return np.asarray(self.certificate.witness["points"])

    @property
    def complete(self) -> bool:
        """Whether it is proved that the box holds no other equilibrium."""
        return self.certificate.verdict is Verdict.PROVED

    @property
    def verdict(self) -> Verdict:
        """PROVED when the list is proved whole, else UNDECIDED."""
        return self.certificate.verdict

    @property
    def reason(self) -> str:
        """Why the list is not proved whole (empty otherwise)."""
        stated, count = self.certificate.number("undecided_boxes"), len(self.undecided)
        reason = str(self.certificate.reason)
        if stated is not None and stated.upper < count:
            reason = f"{count} parts of the box stayed undecided: {reason.partition(': ')[2]}"
        return reason.replace("the budget of boxes", f"the budget of {self.most_boxes} boxes")

    @property
    def next_step(self) -> str:
        """What to try next when the list is not proved whole."""
        return self.certificate.next_step

    def __len__(self) -> int:
        return len(self.zeros)

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
    equilibrium, until nothing is left, or half of `budget` seconds or `most_boxes` parts are spent: the rest is
    `undecided`. The proof is then repeated once, as `stabproof.check` will, in the other half. What was found in time
    is proved all the same.
    An equilibrium on a common face of two parts is counted once. One on the boundary of the box itself (to rounding) is
    listed and marked in `boundary`; those outside are not listed. Degenerate equilibria (singular derivative) and
    continua of them stay undecided. Raises `InputError` on malformed input.
    """
    started = time.monotonic()
    if kind not in _KINDS:
        raise InputError(f'kind must be "flow" or "map", but is {kind!r}')
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_boxes, "most_boxes")
    lower, upper = box_bounds(box)
    program = field_program(field, lower, variables)
    statement = EquilibriumStatement(program, kind)
    report, left = counting(progress, "equilibria"), _SEARCH_SHARE * seconds - (time.monotonic() - started)
    found = search(statement, lower, upper, most_boxes=limit, seconds=max(left, 0.0), progress=report)
    listed = sorted((z for z in found.zeros if position(z, lower, upper) != "outside"), key=lambda z: tuple(z.point))
    certificate = issue(
        "all-equilibria",
        {"field": program, "kind": kind, "lower": lower, "upper": upper},
        enumeration_witness(listed, found, lower, upper),
    )
    boundary = tuple(k for k, zero in enumerate(listed) if position(zero, lower, upper) == "boundary")
    return AllEquilibria(statement, tuple(listed), boundary, np.stack(found.undecided, axis=-1), certificate, limit)
