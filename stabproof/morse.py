"""morse_class: whether a scalar function has no critical point in a box, only regular ones, or a degenerate one."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.certificate import Certificate
from certify.morse import (
    LARGEST_DIMENSION,
    CriticalPoint,
    MorseProblem,
    described_points,
)
from certify.verdict import Verdict
from foundation import InputError, Shown, Summary, more, positive_integer, positive_number
from foundation.computing_time import computing_time
from search.morse.witness import issue_class, search_class
from stabproof.boxes import box_bounds
from stabproof.functions import scalar_program
from stabproof.progress import ProgressOption, with_progress

_BOXES = 20_000_000

_MEANINGS = {
    "C1": "no critical point in the box",
    "C2": "critical points, and every one is non-degenerate",
    "C3": "a degenerate critical point",
    "UNDECIDED": "the class is not proved",
}


@final
@dataclass(frozen=True, eq=False, repr=False)
class MorseClass(Shown):
    """The class of a function on a closed box: `name` is, and the class equals, "C1", "C2", "C3" or "UNDECIDED".

    C1: the gradient has no zero. C2: there is a critical point, and every one is non-degenerate. C3: there is a
    degenerate one (proved by exact identities). critical_points: those that are proved, sorted; for C1 and C2 all of
    them. undecided_boxes (M, d, 2): boxes (lower, upper) in which every critical point lies that is not listed.
    certificate: the proof of all this, for `stabproof.check`. [Chemnitz, Engel, Kuehn, Kuntz, Definition 2.8]
    """

    name: str
    critical_points: tuple[CriticalPoint, ...]
    undecided_boxes: np.ndarray
    certificate: Certificate
    boxes: int

    __hash__ = None  # type: ignore[assignment]

    @property
    def morse_class(self) -> str:
        """ "C1", "C2", "C3" or "UNDECIDED"."""
        return self.name

    @property
    def verdict(self) -> Verdict:
        """PROVED when the class is proved, else UNDECIDED."""
        return self.certificate.verdict

    @property
    def reason(self) -> str:
        """Why the class is undecided (empty otherwise)."""
        return self.certificate.reason

    @property
    def next_step(self) -> str:
        """What to try next when the class is undecided."""
        return self.certificate.next_step

    def save(self, path: Any) -> None:
        """Write the certificate as JSON, whole or not at all."""
        self.certificate.save(path)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Verdict):
            return other is Verdict.UNDECIDED and self.name == other.name
        return self.name == (other.name if isinstance(other, MorseClass) else other)

    def _summary(self) -> Summary:
        points = (
            f"({', '.join(f'{x:.6g}' for x in point.point)}) of index {point.index}" for point in self.critical_points
        )
        rows = [
            ("what that means", _MEANINGS[self.name]),
            ("critical points proved", more(points, 6, len(self.critical_points)) or "none"),
            *([("undecided boxes", str(len(self.undecided_boxes)))] if len(self.undecided_boxes) else []),
            *([("reason", self.reason)] if self.reason else []),
            *([("what to try next", self.next_step)] if self.next_step else []),
        ]
        answer = self.name if self.verdict is Verdict.UNDECIDED else f"{self.name} {self.verdict.name}"
        return Summary(self.certificate.title, answer, tuple(rows))


@with_progress
def morse_class(
    network: Any,
    box: Any,
    *,
    variables: Any = None,
    budget: float = 60.0,
    most_boxes: int = _BOXES,
    progress: ProgressOption = None,
) -> MorseClass:
    """Prove the class C1, C2 or C3 of a scalar function on a closed box, with all its critical points.

    network: a JAX function of x (d,), or a SymPy expression (variables: its symbols in the order of the box, by
    default sorted by name). box: d pairs (lower, upper) of finite floats, d <= 8. The box is subdivided: in each part
    the gradient, enclosed by its linear part and a proved remainder, has no zero, or the part belongs to one
    critical point that is proved to be non-degenerate. What is left when `budget` seconds or `most_boxes` parts are
    spent makes the class UNDECIDED; the proof is then repeated once, as `stabproof.check` will. Degenerate critical
    points are proved by exact identities where the function's program permits them: at rational points, and at common
    zeros of factors of the gradient; others, and critical points that lie on the boundary of the box to rounding, leave
    the class undecided. Raises `InputError` on
    malformed input and for functions that are not proved to be twice continuously differentiable around the box.
    """
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_boxes, "most_boxes")
    lower, upper = box_bounds(box, LARGEST_DIMENSION)
    problem = MorseProblem(scalar_program(network, len(lower), variables, "network"), lower, upper)
    if problem.roughness:
        raise InputError(
            f"the classes C1, C2, C3 are about twice continuously differentiable functions, but {problem.roughness}; "
            "use a smooth activation, or a box without kinks"
        )
    found, degenerate = search_class(problem, limit, computing_time() + seconds, progress)
    certificate = issue_class(problem, found, degenerate)
    number = certificate.number("morse_class")
    return MorseClass(
        Verdict.UNDECIDED.name if number is None else f"C{int(number.lower)}",
        described_points(problem, certificate.witness),
        np.stack(found.undecided, axis=-1),
        certificate,
        found.boxes,
    )
