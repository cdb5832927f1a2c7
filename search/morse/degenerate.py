"""The search for a degenerate critical point, and for the exact form in which it can be proved."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.morse.degenerate_zero import (
    BITS,
    DegenerateZero,
    ExactHessian,
    Polynomial,
    degenerate_enclosure,
    divides,
    exact_hessian,
    krawczyk_image,
)
from certify.morse.dual import coordinates, polynomial_at
from certify.morse.problem import MorseProblem
from foundation import InputError
from foundation.arb_precision import arb_precision
from search.morse.rationals import simplest_between

_LARGEST_DENOMINATOR = 16
_MOST_PLACES, _MOST_CHOICES, _MOST_TERMS = 24, 24, 400
_NEWTON_STEPS, _SAMPLES = 25, 24
_RADII = (Fraction(1, 2**60), Fraction(1, 2**40), Fraction(1, 2**25))
# Relative to the Hessians elsewhere: how singular the Hessian must look.
_SINGULAR, _STILL = 1e-2, 1e-6


@final
@dataclass(frozen=True, eq=False)
class _Place:
    """x = matrix y + offset, with y near `start`."""

    matrix: tuple[tuple[Fraction, ...], ...]
    offset: tuple[Fraction, ...]
    start: tuple[float, ...]


def guessed_degenerate_zero(problem: MorseProblem, lower: np.ndarray, upper: np.ndarray) -> DegenerateZero | None:
    """A proved degenerate critical point near the box [lower, upper] (d,); None where none is found."""
    centre = _settled(problem, (lower + upper) / 2)
    reach = max(float((upper - lower).max()), 1e-6 * float((problem.upper - problem.lower).max()))
    if centre is None:
        return None
    for place in itertools.islice(_places(centre, 4 * reach), _MOST_PLACES):
        found = exact_hessian(problem, place.matrix, place.offset)
        if found is None or max(map(len, found.numerators), default=0) > _MOST_TERMS:
            continue
        with arb_precision(BITS):
            guesses = list(_guesses(found, place, reach))
        for guess in guesses:
            if degenerate_enclosure(problem, guess) is not None:
                return guess
    return None


def _settled(problem: MorseProblem, start: np.ndarray) -> np.ndarray | None:
    """A point near the start with a small gradient and a nearly singular Hessian; None where there is none (floats)."""
    width = problem.upper - problem.lower
    samples = np.random.default_rng(0).uniform(problem.lower, problem.upper, (_SAMPLES, len(start)))
    try:
        size = float(np.median([np.linalg.norm(_hessian(problem, x), 2) for x in samples]))
        x = start
        for _ in range(_NEWTON_STEPS):
            step, *_ = np.linalg.lstsq(_hessian(problem, x), _gradient(problem, x), rcond=1e-9)
            x = np.clip(x - np.clip(step, -1e-2 * width, 1e-2 * width), problem.lower, problem.upper)
        smallest = float(np.linalg.svd(_hessian(problem, x), compute_uv=False)[-1])
        still = float(np.linalg.norm(_gradient(problem, x))) <= _STILL * size * float(width.max())
    except (InputError, np.linalg.LinAlgError):
        return None
    return x if still and smallest <= _SINGULAR * size else None


def _gradient(problem: MorseProblem, x: np.ndarray) -> np.ndarray:
    return np.asarray(problem.zeros.residual(x).mid)


def _hessian(problem: MorseProblem, x: np.ndarray) -> np.ndarray:
    return np.asarray(problem.zeros.jacobian(Ball.exact(x)).mid)


def _places(centre: np.ndarray, reach: float) -> Iterator[_Place]:
    """Each coordinate a simple fraction, plus or minus an earlier one, or free: those with few free ones first."""
    options: list[list[tuple[str, Any]]] = []
    for i, x in enumerate(centre.tolist()):
        own: list[tuple[str, Any]] = [("free", None)]
        simple = simplest_between(x - reach, x + reach)
        if simple.denominator <= _LARGEST_DENOMINATOR:
            own.append(("fixed", simple))
        own += [("same", (j, s)) for j in range(i) for s in (1, -1) if abs(x - s * centre[j]) <= 2 * reach]
        options.append(own)
    choices = itertools.islice(itertools.product(*options), 4096)
    ranked = sorted(choices, key=lambda choice: sum(kind == "free" for kind, _ in choice))
    for choice in ranked:
        free = [i for i, (kind, _) in enumerate(choice) if kind == "free"]
        if free and all(choice[j][0] == "free" for kind, pair in choice if kind == "same" for j in [pair[0]]):
            yield _place(choice, free, centre)


def _place(choice: Sequence[tuple[str, Any]], free: list[int], centre: np.ndarray) -> _Place:
    rows, offset = [], []
    for i, (kind, value) in enumerate(choice):
        row = [Fraction(0)] * len(free)
        if kind != "fixed":
            source, sign = (i, 1) if kind == "free" else value
            row[free.index(source)] = Fraction(sign)
        rows.append(tuple(row))
        offset.append(value if kind == "fixed" else Fraction(0))
    return _Place(tuple(rows), tuple(offset), tuple(float(centre[i]) for i in free))


def _guesses(found: ExactHessian, place: _Place, reach: float) -> Iterator[DegenerateZero]:
    """Common zeros of as many factors as there are free coordinates, one of which divides each numerator."""
    factors: dict[str, Any] = {}
    for numerator in found.numerators:
        factors |= {str(h): h for h, _ in numerator.factor()[1]}
    active = [h for h in factors.values() if _is_near_zero(found, h, place.start, reach)]
    for chosen in itertools.islice(itertools.combinations(active, len(place.start)), _MOST_CHOICES):
        if not all(any(divides(h, part) for h in chosen) for part in found.numerators):
            continue
        point = _newton(found, chosen, place.start, reach)
        for radius in _RADII if point else ():
            polynomials = tuple(_as_data(found, h) for h in chosen)
            yield DegenerateZero(place.matrix, place.offset, polynomials, point or (), radius)


def _is_near_zero(found: ExactHessian, factor: Any, start: Sequence[float], reach: float) -> bool:
    """Whether a step of Newton's method for this factor alone is short."""
    try:
        value = polynomial_at(factor, coordinates(found.system, [flint.arb(x) for x in start]))
    except InputError:
        return False
    slope = float(np.linalg.norm([float(entry.mid()) for entry in value.slopes]))
    return abs(float(value.value.mid())) <= 100 * reach * slope


def _newton(found: ExactHessian, chosen: Sequence[Any], start: Sequence[float], reach: float) -> Any:
    """The common zero, as exact binary fractions; None where Newton's method does not settle nearby."""
    point = [flint.arb(x) for x in start]
    try:
        for _ in range(_NEWTON_STEPS):
            image = krawczyk_image(found.system, chosen, point)
            if image is None:
                return None
            point = [entry.mid() for entry in image]
    except (InputError, ArithmeticError):
        return None
    if max(abs(float(x.mid()) - s) for x, s in zip(point, start, strict=True)) > 1000 * reach:
        return None
    return tuple(_fraction(x) for x in point)


def _fraction(number: flint.arb) -> Fraction:
    mantissa, exponent = number.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _as_data(found: ExactHessian, factor: Any) -> Polynomial:
    used = found.system.count + len(found.system.atoms)
    return [
        [[int(power) for power in powers[:used]], Fraction(int(value.p), int(value.q))]
        for powers, value in factor.to_dict().items()
    ]
