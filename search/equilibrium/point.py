"""Newton's method for one equilibrium, in units that the field and the point determine: estimates throughout."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.digits import digits_apart
from certify.equilibrium import EquilibriumStatement, Units
from certify.program import UndecidedBranch
from certify.program.rescale import LARGEST_EXPONENT
from foundation import InputError
from numeric.equilibration import ColumnUnits, column_units
from search.equilibrium.evaluations import Evaluations
from search.equilibrium.velocities import first_unknowns
from search.newton import inverse_or_identity, newton_step

_NEWTON_STEPS = 80
# Newton may move the point by this part of its size, or anywhere if its first step already leads there up to a quarter
# of the way: the derivative hardly changes between the two. Beyond, the user meant another equilibrium.
_LARGEST_STEP, _STRAIGHT = 0.1, 0.25
_SMALL = 1e-10  # of a residual, against the derivative times the size of the point
# Units within 2^10 of 1 are taken as 1: float64 leaves room enough.
_NEAR_ONE = 10
_NOISE = 2.0**10  # an entry of the derivative below this many times its error says nothing about units


@final
@dataclass(frozen=True, eq=False)
class Polished:
    """The statement in its units, coordinates y' (k,) of the equilibrium there, and an approximate inverse (k, k)."""

    scaled: EquilibriumStatement
    units: Units
    coordinates: np.ndarray
    inverse: np.ndarray


class NoEquilibrium(InputError):
    """Newton's method finds no equilibrium near the point that was given."""


def polished(statement: EquilibriumStatement, start: np.ndarray, in_units: bool = True) -> Polished:
    """The equilibrium to which Newton's method leads from `start` (n,); raises `InputError` where that is none.

    in_units: in units found from the data, where these are far from 1; otherwise as the statement is.
    """
    slopes = Evaluations()
    columns = _columns(statement, start, slopes)
    units = _chosen(statement, columns, start, slopes) if in_units else Units.none(statement)
    scaled = units.applied(statement)
    place = start / np.ldexp(1.0, np.array(units.point))
    first = first_unknowns(scaled, place) if scaled.group else scaled.chart.coordinates(place)
    best, step, before, least = _newton(scaled, first, slopes)
    origin = scaled.point(Ball.exact(first)).mid
    inner = columns.units / np.ldexp(1.0, np.array(units.point))
    moved = scaled.point(Ball.exact(best)).mid - origin
    aimed = scaled.point(Ball.exact(first + step)).mid - origin if np.isfinite(step).all() else moved + np.inf
    straight = _is_straight(moved, aimed, inner, columns.groups)
    if not (_is_near(moved, place, inner, columns) or straight):
        least = np.inf
    _refuse_far(scaled, best, inner, place, (before, least), slopes)
    return Polished(scaled, units, best, inverse_or_identity(slopes.at(scaled, best).mid))


def polished_at(statement: EquilibriumStatement, place: np.ndarray) -> Polished:
    """The same where `place` (n,) is an equilibrium to rounding already."""
    slopes = Evaluations()
    units = _chosen(statement, _columns(statement, place, slopes), place, slopes)
    scaled = units.applied(statement)
    first = scaled.chart.coordinates(place / np.ldexp(1.0, np.array(units.point)))
    best, *_ = _newton(scaled, first, slopes)
    return Polished(scaled, units, best, inverse_or_identity(slopes.at(scaled, best).mid))


def _columns(statement: EquilibriumStatement, start: np.ndarray, known: Evaluations) -> ColumnUnits:
    """Units of the coordinates of the point; without a derivative there, or modulo symmetries, one for all."""
    size = np.abs(start)
    if statement.restriction in ("none", "subspace"):
        try:
            slopes = _ambient(statement, start, known)
        except UndecidedBranch:
            raise
        except InputError:
            slopes = None
        if slopes is not None:
            middle = slopes.mid
            clear = np.isfinite(slopes.rad) & (np.abs(middle) > _NOISE * slopes.rad)
            return column_units(np.where(clear, middle, 0.0), size)
    return column_units(np.ones((len(start), len(start))), size)


def _ambient(statement: EquilibriumStatement, start: np.ndarray, known: Evaluations) -> Ball:
    """The derivative of f(x), or of f(x) - x, in all coordinates."""
    if statement.restriction == "none" and not any(statement.equations):
        return known.at(statement, start)
    slopes = statement.jacobian(Ball.exact(start))
    return slopes - np.eye(len(start)) if statement.is_map else slopes


def _chosen(statement: EquilibriumStatement, columns: ColumnUnits, start: np.ndarray, slopes: Evaluations) -> Units:
    """Powers of two near the units of the point, of coordinates in which the directions have moderate entries, and of
    equations whose derivative has.
    """
    if statement.restriction not in ("none", "subspace"):
        return Units.none(statement)
    point = _exponents(np.log2(columns.units))
    coordinates = point
    if statement.restriction == "subspace":
        entries = np.array([[abs(float(v)) for v in row] for row in statement.vectors])
        with np.errstate(divide="ignore"):
            relative = np.log2(entries) - np.array(point)[:, None]
        coordinates = _exponents(-relative.max(axis=0))
    equations = _rows(statement, Units(point, coordinates, (0,) * statement.dimension), start, slopes)
    units = Units(point, coordinates, equations)
    if max(abs(e) for e in (*point, *coordinates, *equations)) <= _NEAR_ONE:
        return Units.none(statement)
    return units


def _rows(statement: EquilibriumStatement, half: Units, start: np.ndarray, slopes: Evaluations) -> tuple[int, ...]:
    """Exponents that bring the largest entry of each row of the derivative in these units near 1."""
    exponents = np.array(half.point)
    try:
        if statement.restriction == "none":
            # of 2^-e f(2^e x'): the same entries times powers of two
            scaled = np.ldexp(_ambient(statement, start, slopes).mid, exponents - exponents[:, None])
        else:
            place = start / np.ldexp(1.0, exponents)
            inner = half.applied(statement)
            scaled = slopes.at(inner, inner.chart.coordinates(place)).mid
    except UndecidedBranch:
        raise
    except InputError:
        return (0,) * statement.dimension
    with np.errstate(divide="ignore"):
        return _exponents(-np.log2(np.abs(scaled).max(axis=1)))


def _exponents(logs: np.ndarray) -> tuple[int, ...]:
    finite = np.where(np.isfinite(logs), logs, 0.0)
    return tuple(int(e) for e in np.clip(np.rint(finite), -LARGEST_EXPONENT // 2, LARGEST_EXPONENT // 2))


def _newton(
    scaled: EquilibriumStatement, first: np.ndarray, slopes: Evaluations
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """The best point of Newton's method, its first step, and the sizes of the residuals before and there."""
    y, before = first, _size(scaled, first, slopes)
    best, least, initial = y, before, np.zeros(first.shape)
    for count in range(_NEWTON_STEPS):
        step = _newton_step(scaled, y, slopes)
        if count == 0:
            initial = step
        if not np.isfinite(step).all():
            break
        y = y + step
        size = _size_or_infinity(scaled, y, slopes)
        if size < least:
            best, least = y, size
        if np.abs(step).max() <= 2.0**-52 * np.abs(y).max() or least == 0 or not np.isfinite(size):
            break
    return best, initial, before, least


def _is_near(moved: np.ndarray, place: np.ndarray, inner: np.ndarray, columns: ColumnUnits) -> bool:
    """Whether the point moved by a tenth of its size at most, in each group of coordinates that are tied."""
    for label in np.unique(columns.groups):
        group = columns.groups == label
        reach = _LARGEST_STEP * float((np.abs(place) / inner)[group].max())
        if not float((np.abs(moved) / inner)[group].max()) <= reach:
            return False
    return True


def _is_straight(moved: np.ndarray, aimed: np.ndarray, inner: np.ndarray, groups: np.ndarray) -> bool:
    """Whether Newton's first step led to the equilibrium up to a quarter of the way, in each group."""
    for label in np.unique(groups):
        group = groups == label
        gap, way = (float((np.abs(v) / inner)[group].max()) for v in (moved - aimed, moved))
        if not gap <= _STRAIGHT * way:
            return False
    return True


def _refuse_far(
    scaled: EquilibriumStatement,
    best: np.ndarray,
    inner: np.ndarray,
    place: np.ndarray,
    residuals: tuple[float, float],
    slopes: Evaluations,
) -> None:
    before, least = residuals
    if least == 0:
        return
    try:
        steepest = float(np.abs(slopes.at(scaled, best).mid).max())
    except InputError:
        steepest = 0.0
    size = max(float(np.abs(place).max()), float(inner.max()))
    if least <= _SMALL * steepest * size:
        return
    what = "|f(x)|" if not scaled.is_map else "|f(x) - x|"
    name = "symmetry" if scaled.group else scaled.restriction
    at_start, left = digits_apart(before, least)
    where = "" if name == "none" else f", {name} taken into account,"
    inside = "in the units of the variables, " if any(scaled.equations) else ""
    found = "leads elsewhere" if not np.isfinite(least) else f"leaves {left}"
    raise NoEquilibrium(
        f"no equilibrium was found near x: {inside}{what}{where} is {at_start} there, and Newton's method within a "
        f"tenth of its size {found}; start closer to the equilibrium"
    )


def _newton_step(statement: EquilibriumStatement, y: np.ndarray, slopes: Evaluations) -> np.ndarray:
    try:
        matrix, value = slopes.at(statement, y).mid, slopes.residual(statement, y).mid
    except UndecidedBranch:
        raise
    except InputError:
        return np.full(y.shape, np.nan)
    return newton_step(matrix, value)


def _size(statement: EquilibriumStatement, y: np.ndarray, known: Evaluations) -> float:
    """The Euclidean norm of the residual (an estimate), infinite where the field has no bound."""
    try:
        value = known.residual(statement, y)
    except UndecidedBranch:
        raise
    except InputError as error:
        raise InputError(f"the field has no value at x or near it: {error}") from None
    return float(np.linalg.norm(value.mid)) if np.isfinite(value.rad).all() else float("inf")


def _size_or_infinity(statement: EquilibriumStatement, y: np.ndarray, known: Evaluations) -> float:
    try:
        return _size(statement, y, known)
    except UndecidedBranch:
        raise
    except InputError:
        return float("inf")
