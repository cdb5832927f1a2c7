"""all_equilibria: every equilibrium of a field in a box, each with its stability."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import Certificate, issue, issue_all
from certify.equilibrium import EquilibriumStatement, KnownZero, Search, SearchSpace, Units, search
from certify.statements import Sentence
from certify.verdict import Verdict
from foundation import InputError, Shown, Summary, more, positive_integer, positive_number
from foundation.computing_time import computing_time
from search.equilibrium.enumeration import enumeration_witness
from search.equilibrium.first_zeros import first_zeros
from search.equilibrium.known_zeros import largest_radius
from search.equilibrium.point import polished_at
from search.equilibrium.witness import equilibrium_parts
from stabproof.boxes import box_bounds
from stabproof.equilibrium_types import equilibrium_type
from stabproof.fields import Kind, field_program, start_point
from stabproof.progress import ProgressOption, counting, with_progress
from stabproof.restrictions import invariant_statement

_KINDS = ("flow", "map")
_BOXES = 2_000_000
# The proof repeats the subdivision with the equilibria known: it takes less time than the search did.
_SEARCH_SHARE = 0.5
_SHOWN_COORDINATES = 6


@final
@dataclass(frozen=True, eq=False, repr=False)
class AllEquilibria(Shown):
    """The equilibria that were proved to exist in a box, and whether the list is whole.

    points (N, n): floats near the equilibria, sorted; `equilibria` has a certificate of each. complete: it is proved
    that the box holds no other equilibrium. boundary: positions in the list of those that lie on the boundary of the
    box to rounding, so that they may lie just outside. undecided (M, n, 2): boxes (lower, upper) in which every
    equilibrium lies that is not listed; empty when complete. certificate: the proof of all this, with the stability of
    each, for `stabproof.check`; more than 2048 undecided boxes are gathered in it, neighbours in one. most_boxes: how
    many the search was allowed.
    """

    space: SearchSpace
    zeros: tuple[KnownZero, ...]
    boundary: tuple[int, ...]
    undecided: np.ndarray
    certificate: Certificate
    most_boxes: int = 0

    def _summary(self) -> Summary:
        kinds = self.kinds
        points = zip(self.points, kinds, strict=True)
        listed = (f"{_place(point)} {kind}" for point, kind in points)
        counts = [f"{kinds.count(name)} {name}" for name in ("stable", "unstable", "undecided") if name in kinds]
        rows = [
            ("equilibria proved", f"{len(self)}: {', '.join(counts)}" if counts else "0"),
            *([("points", more(listed, 6, len(self)))] if len(self) else []),
            ("the list is whole", "proved" if self.complete else "not proved"),
            *([("on the boundary", f"{len(self.boundary)}, to rounding")] if self.boundary else []),
            *([("undecided boxes", str(len(self.undecided)))] if len(self.undecided) else []),
            *([("reason", self.reason)] if self.reason else []),
            *([("what to try next", self.next_step)] if self.next_step else []),
        ]
        return Summary(self.certificate.title, self.verdict.name, tuple(rows))

    @property
    def kinds(self) -> tuple[str, ...]:
        """For each equilibrium "stable", "unstable" or "undecided", as the certificate of the list proves it."""
        return tuple(
            claim.statement.parameters["verdict"]
            for claim in self.certificate.claims
            if isinstance(claim.statement, Sentence) and "point" in claim.statement.parameters
        )

    @cached_property
    def equilibria(self) -> tuple[Certificate, ...]:
        """A certificate of each (`.verdict`, `.point`, `.radius`, `.eigenvalues`, ...), in the order of `points`.

        They are issued when they are first asked for, in about a hundredth of a second each.
        """
        return tuple(issue_all("equilibrium", (single_parts(self.space, zero) for zero in self.zeros)))

    @property
    def types(self) -> tuple[str, ...]:
        """What each is called by its proved eigenvalues: see `equilibrium_type`."""
        return tuple(equilibrium_type(certificate) for certificate in self.equilibria)

    @property
    def unstable_directions(self) -> tuple[int | None, ...]:
        """How many eigenvalues of each are proved unstable; None where not all of them are told apart."""
        counts = (certificate.directions for certificate in self.equilibria)
        return tuple(None if count is None or count[2] else count[1] for count in counts)

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


def _place(point: np.ndarray) -> str:
    text = ", ".join(f"{x:.6g}" for x in point[:_SHOWN_COORDINATES])
    return text if len(point) == 1 else f"({text}{', ...' if len(point) > _SHOWN_COORDINATES else ''})"


@with_progress
def all_equilibria(
    field: Any,
    box: Any,
    kind: Kind = "flow",
    *,
    subspace: Any = None,
    point: Any = None,
    variables: Any = None,
    budget: float = 60.0,
    most_boxes: int = _BOXES,
    progress: ProgressOption = None,
) -> AllEquilibria:
    """Find and prove all equilibria (maps: fixed points) of a field in a closed box, each with its stability.

    field, kind, variables: as for `certify_equilibrium`. box: n pairs (lower, upper) of finite floats; they also set
    the units in which the search works.
    subspace: (n, k) columns that span the tangent directions of an invariant affine subspace: those equilibria are
    listed that lie on the one through `point` (n numbers; the middle of the box without it), each with its stability
    within it. Chemical networks conserve totals: the columns of the stoichiometric matrix span the subspace, the point
    sets the totals. Invariance is proved from the field, or `InputError` is raised; floats near simple rationals are
    taken as in `certify_equilibrium`.
    Newton's method from points spread over the box proposes first, and what it finds is proved. The box is then
    subdivided: parts are contracted by interval Newton steps and excluded, or proved to belong to exactly one
    equilibrium, until nothing is left, or half of `budget` seconds or `most_boxes` parts are spent: the rest is
    `undecided`. The proof is then repeated once, as `stabproof.check` will, in the other half. What was found in time
    is proved all the same.
    An equilibrium on a common face of two parts is counted once. One on the boundary of the box itself (to rounding) is
    listed and marked in `boundary`; those outside are not listed. Degenerate equilibria (singular derivative) and
    continua of them stay undecided. Raises `InputError` on malformed input.
    """
    started = computing_time()
    if kind not in _KINDS:
        raise InputError(f'kind must be "flow" or "map", but is {kind!r}')
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_boxes, "most_boxes")
    lower, upper = box_bounds(box)
    program = field_program(field, lower, variables)
    space = _space(program, kind, lower, upper, subspace, point)
    report, left = counting(progress, "equilibria"), _SEARCH_SHARE * seconds - (computing_time() - started)
    first = first_zeros(space)
    left = min(left, _SEARCH_SHARE * seconds - (computing_time() - started))
    found = search(space.field, *space.box, first, most_boxes=limit, seconds=max(left, 0.0), progress=report)
    inside = (zero for zero in found.zeros if space.position(zero) != "outside")
    listed = sorted(inside, key=lambda zero: tuple(space.point(zero).mid))
    problem: dict[str, Any] = {"field": program, "kind": kind, "lower": lower, "upper": upper}
    if space.is_restricted:
        vectors = [list(row) for row in space.statement.vectors]
        problem |= {"base": list(space.statement.base), "vectors": vectors}
    certificate = issue("all-equilibria", problem, enumeration_witness(space, listed, found))
    boundary = tuple(k for k, zero in enumerate(listed) if space.position(zero) == "boundary")
    return AllEquilibria(space, tuple(listed), boundary, _undecided(space, found), certificate, limit)


def _space(program: Any, kind: str, lower: np.ndarray, upper: np.ndarray, subspace: Any, point: Any) -> SearchSpace:
    if subspace is None:
        if point is not None:
            raise InputError("point sets the totals of a subspace: pass subspace= too")
        return SearchSpace.of(EquilibriumStatement(program, kind), lower, upper)
    given = lower / 2 + upper / 2 if point is None else point
    start = start_point(given)
    if len(start) != len(lower):
        raise InputError(f"point has {len(start)} entries, but the box has {len(lower)} pairs")
    statement = invariant_statement(program, kind, start, given, subspace)
    return SearchSpace.of(statement, lower, upper)


def single_parts(space: SearchSpace, zero: KnownZero) -> tuple[dict[str, Any], dict[str, Any]]:
    """Problem and witness of the certificate of one of the equilibria."""
    statement = space.statement
    if not space.is_restricted:
        units = Units(space.exponents, space.exponents, (0,) * space.dimension)
        return equilibrium_parts(statement, units, zero.point, zero.inverse, zero.radius)
    found = polished_at(statement, space.points(zero.box.reshape(1, -1)).reshape(-1).mid)
    radius = largest_radius(found.scaled, found.coordinates, found.inverse)
    return equilibrium_parts(statement, found.units, found.coordinates, found.inverse, radius)


def _undecided(space: SearchSpace, found: Search) -> np.ndarray:
    """Bounds of the points x of the undecided boxes, (M, n, 2)."""
    low, high = found.undecided
    if not space.is_restricted:
        return np.stack([space.up(low), space.up(high)], axis=-1)
    points = space.points(Ball.from_bounds(low, high))
    return np.stack([np.maximum(points.lower, space.lower), np.minimum(points.upper, space.upper)], axis=-1)
