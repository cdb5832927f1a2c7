"""The witness of a Morse class: the subdivision, critical points on the boundary, a degenerate one."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from certify.certificate import Certificate, issue
from certify.equilibrium import KnownZero, position
from certify.equilibrium.known_zeros import prove_known
from certify.morse import DegenerateZero, MorseProblem, is_critical, is_degenerate, pack
from foundation import CertificateError
from foundation.computing_time import computing_time
from foundation.progress import ProgressOption
from search.morse.degenerate import guessed_degenerate_zero
from search.morse.rationals import simplest_between
from search.morse.subdivision import Search, search
from search.progress import counting

# After so many boxes a degenerate point is looked for, which would keep the subdivision busy for ever.
_FIRST_BOXES = 20_000
_CANDIDATES, _LOOKED_AT, _CLUSTER = 8, 1000, 1e-2
Degenerate: TypeAlias = tuple[Fraction, ...] | DegenerateZero | None


def issue_class(problem: MorseProblem, found: Search, degenerate: Degenerate) -> Certificate:
    zeros = [zero for zero in found.zeros if _touches(zero, problem.lower, problem.upper)]
    plain = [(zero, False) for zero in zeros]
    snapped = [_snapped(problem, zero) for zero in zeros]
    try:
        return issue("morse-class", problem.as_tree(), _witness(problem, snapped, found, degenerate))
    except CertificateError:
        # a moved cube of uniqueness may miss a part by a rounding
        return issue("morse-class", problem.as_tree(), _witness(problem, plain, found, degenerate))


def search_class(problem: MorseProblem, limit: int, end: float, progress: ProgressOption) -> tuple[Search, Degenerate]:
    """The subdivision, and a degenerate critical point where one was found."""
    report = counting(progress, "critical points")
    found = search(problem, most_boxes=min(limit, _FIRST_BOXES), seconds=_left(end), progress=report)
    degenerate = _degenerate(problem, found)
    if degenerate is None and found.exhausted and found.boxes < limit and computing_time() < end:
        found = search(problem, most_boxes=limit, seconds=_left(end), progress=report)
        degenerate = _degenerate(problem, found) if not found.exhausted else None
    return found, degenerate


def _left(end: float) -> float:
    return max(end - computing_time(), 1e-3)


def _degenerate(problem: MorseProblem, found: Search) -> Degenerate:
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
    degenerate: Degenerate,
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


def _as_data(degenerate: Degenerate) -> Any:
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
