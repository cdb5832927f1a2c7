"""morse_class: whether a scalar function has no critical point in a box, only regular ones, or a degenerate one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, final

import numpy as np

from certify.certificate import Certificate, issue
from certify.equilibrium import KnownZero, position
from certify.equilibrium.known_zeros import prove_known
from certify.morse import (
    LARGEST_DIMENSION,
    CriticalPoint,
    DegenerateZero,
    MorseProblem,
    Search,
    described_points,
    guessed_degenerate_zero,
    is_critical,
    is_degenerate,
    pack,
    search,
    simplest_between,
)
from certify.verdict import Verdict
from foundation import CertificateError, InputError, positive_integer, positive_number
from stabproof.boxes import box_bounds
from stabproof.functions import scalar_program
from stabproof.progress import Progress, counting

_BOXES = 20_000_000
# After so many boxes a degenerate point is looked for, which would keep the subdivision busy for ever.
_FIRST_BOXES = 20_000
_CANDIDATES, _LOOKED_AT, _CLUSTER = 8, 1000, 1e-2

_Degenerate: TypeAlias = tuple[Fraction, ...] | DegenerateZero | None


@final
@dataclass(frozen=True, eq=False)
class MorseClass:
    """The class of a function on a closed box; equal to, and printed as, "C1", "C2", "C3" or "UNDECIDED".

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

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<MorseClass {self.name}: {len(self.critical_points)} critical points proved, {self.boxes} boxes>"


def morse_class(
    network: Any,
    box: Any,
    *,
    variables: Any = None,
    budget: float = 60.0,
    most_boxes: int = _BOXES,
    progress: Progress | None = None,
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
    found, degenerate = _decided(problem, limit, time.monotonic() + seconds, progress)
    certificate = _issued(problem, found, degenerate)
    number = certificate.number("morse_class")
    return MorseClass(
        Verdict.UNDECIDED.name if number is None else f"C{int(number.lower)}",
        described_points(problem, certificate.witness),
        np.stack(found.undecided, axis=-1),
        certificate,
        found.boxes,
    )


def _issued(problem: MorseProblem, found: Search, degenerate: _Degenerate) -> Certificate:
    zeros = [zero for zero in found.zeros if _touches(zero, problem.lower, problem.upper)]
    plain = [(zero, False) for zero in zeros]
    snapped = [_snapped(problem, zero) for zero in zeros]
    try:
        return issue("morse-class", problem.as_tree(), _witness(problem, snapped, found, degenerate))
    except CertificateError:
        # a moved cube of uniqueness may miss a part by a rounding
        return issue("morse-class", problem.as_tree(), _witness(problem, plain, found, degenerate))


def _decided(problem: MorseProblem, limit: int, end: float, progress: Progress | None) -> tuple[Search, _Degenerate]:
    """The subdivision, and a degenerate critical point where one was found."""
    report = counting(progress, "critical points")
    found = search(problem, most_boxes=min(limit, _FIRST_BOXES), seconds=_left(end), progress=report)
    degenerate = _degenerate(problem, found)
    if degenerate is None and found.exhausted and found.boxes < limit and time.monotonic() < end:
        found = search(problem, most_boxes=limit, seconds=_left(end), progress=report)
        degenerate = _degenerate(problem, found) if not found.exhausted else None
    return found, degenerate


def _left(end: float) -> float:
    return max(end - time.monotonic(), 1e-3)


def _degenerate(problem: MorseProblem, found: Search) -> _Degenerate:
    """A point of the undecided boxes where the gradient and the Hessian's determinant vanish exactly."""
    lower, upper = found.undecided
    if not len(lower):
        return None
    smallest = np.argsort((upper - lower).max(axis=1), kind="stable")[:_LOOKED_AT]
    candidates = {
        tuple(simplest_between(a, b) for a, b in zip(lower[k].tolist(), upper[k].tolist(), strict=True))
        for k in smallest
    }
    simple = sorted(candidates, key=lambda place: (sum(x.denominator + abs(x.numerator) for x in place), place))
    rational = next((place for place in simple[:_CANDIDATES] if is_degenerate(problem, place)), None)
    if rational is not None:
        return rational
    near = np.abs(lower[smallest] - lower[smallest[0]]).max(axis=1) < _CLUSTER * (problem.upper - problem.lower).max()
    cluster = smallest[near]
    return guessed_degenerate_zero(problem, lower[cluster].min(axis=0), upper[cluster].max(axis=0))


def _witness(
    problem: MorseProblem,
    unordered: Sequence[tuple[KnownZero, bool]],
    found: Search,
    degenerate: _Degenerate,
) -> dict[str, Any]:
    zeros, count, d = sorted(unordered, key=_place), len(unordered), problem.dimension
    return {
        "points": np.array([zero.point for zero, _ in zeros]).reshape(count, d),
        "inverses": np.array([zero.inverse for zero, _ in zeros]).reshape(count, d, d),
        "radii": np.array([zero.radius for zero, _ in zeros], dtype=np.float64),
        "exact": np.array([exact for _, exact in zeros], dtype=bool),
        "parts": pack(found.codes if degenerate is None else found.codes[:0]),
        "degenerate": _as_data(degenerate),
    }


def _as_data(degenerate: _Degenerate) -> Any:
    if isinstance(degenerate, DegenerateZero):
        return degenerate.as_tree()
    return None if degenerate is None else list(degenerate)


def _snapped(problem: MorseProblem, zero: KnownZero) -> tuple[KnownZero, bool]:
    """A critical point on the boundary, to rounding, moved to a simple float where it is proved to lie exactly."""
    if position(zero, problem.lower, problem.upper) != "boundary":
        return zero, False
    low, high = (np.maximum(zero.box.lower, problem.lower), np.minimum(zero.box.upper, problem.upper))
    exact = [simplest_between(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    point = np.array([float(x) for x in exact])
    if any(Fraction(p) != x for p, x in zip(point.tolist(), exact, strict=True)) or not is_critical(problem, exact):
        return zero, False
    moved = prove_known(problem.zeros, point, zero.inverse, zero.radius)
    return (zero, False) if moved is None else (moved, True)


def _touches(zero: KnownZero, lower: np.ndarray, upper: np.ndarray) -> bool:
    """Whether the cube of uniqueness meets the box."""
    return bool(np.abs(zero.point - np.clip(zero.point, lower, upper)).max() <= zero.radius)


def _place(zero: tuple[KnownZero, bool]) -> tuple[float, ...]:
    return tuple(zero[0].point.tolist())
