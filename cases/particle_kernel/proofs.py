"""The rank of M([rho_n]) on given points: features in Arb or rationals, proved from both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np
import scipy.linalg

from cases.common.exact_formulas import Written
from cases.particle_kernel.units import Unit
from certify.arithmetic import Ball
from certify.arithmetic.elementary.arb import float_bounds
from certify.integral import exact_arb
from certify.linear_algebra import is_positive_definite
from certify.verdict import Verdict
from foundation.arb_precision import arb_precision

Point = tuple[Fraction, ...]
_PRECISIONS = (192, 768)


@final
@dataclass(frozen=True)
class Particles:
    """n particles of a unit and the points on which M is looked at, all exact."""

    unit: Unit
    rate: Fraction
    charges: tuple[Fraction, ...]
    positions: tuple[Point, ...]
    points: tuple[Point, ...]

    @property
    def directions(self) -> int:
        """N."""
        return self.unit.size(len(self.points[0]))

    def feature_count(self) -> int:
        """How many features span all of them as functions of x: an upper bound of the rank.

        Particles at one place share features, and a charge 0 removes the gradient. Sigmoids h(z) and
        h(-z) = 1 - h(z) have one gradient, and differ by a constant; at a = 0 the unit is constant and its gradient
        linear in x. That no other relation holds is not used here: definite blocks prove it.
        """
        moving: dict[Point, bool] = {}
        constant = linear = False
        for place, charge in zip(self.positions, self.charges, strict=True):
            if self.unit.mirrored and not any(place[:-1]):
                constant, linear = True, linear or charge != 0
                continue
            mirror = tuple(-t for t in place) if self.unit.mirrored else place
            constant = constant or (mirror != place and mirror in self.positions)
            key = max(place, mirror)
            moving[key] = moving.get(key, False) or charge != 0
        shared = constant + (self.directions - 1) * linear
        return sum(1 + self.directions * moves for moves in moving.values()) + shared

    def float_rows(self) -> np.ndarray:
        """A (n (N + 1), m) with M = A^T A / n; along the sphere one more row per particle, which depends on them."""
        return np.array(self._rows(float, np.exp), dtype=np.float64)

    def arb_rows(self) -> list[list[flint.arb]]:
        """The same rows as Arb balls at the working precision."""
        return self._rows(exact_arb, lambda x: exact_arb(x).exp())

    def rational_rows(self) -> list[list[Fraction]]:
        """The same rows exactly, for a rational unit."""
        return self._rows(Fraction, _no_exponential)

    def written_rows(self) -> list[list[Written]]:
        """The same rows as formulas."""
        return self._rows(Written, Written.exp)

    def _rows(self, convert: Any, exp: Any) -> list[list[Any]]:
        rate = convert(self.rate)
        rows = []
        for place, charge in zip(self.positions, self.charges, strict=True):
            y, c = [convert(t) for t in place], convert(charge)
            columns = [self.unit.value([convert(t) for t in x], y, rate, exp) for x in self.points]
            rows.append([phi for phi, _ in columns])
            rows += [[c * slopes[k] for _, slopes in columns] for k in range(len(columns[0][1]))]
        return rows


def _no_exponential(value: Any) -> Any:
    raise AssertionError("a rational unit calls no exponential")


def independent_points(particles: Particles, count: int) -> list[int]:
    """`count` points on which M seems best conditioned (an estimate: pivoted QR of the rows)."""
    rows = particles.float_rows()
    order = scipy.linalg.qr(rows / np.abs(rows).max(), mode="r", pivoting=True)[1]
    return sorted(int(k) for k in order[:count])


def gram_ball(rows: list[list[flint.arb]], chosen: Sequence[int]) -> Ball:
    """M on the chosen points as a symmetric ball matrix, times n."""
    entries = _gram(rows, chosen)
    lower, upper = np.empty((len(chosen),) * 2), np.empty((len(chosen),) * 2)
    for (i, j), value in np.ndenumerate(entries):
        lower[i, j], upper[i, j] = float_bounds(value)
    return Ball.from_bounds(lower, upper)


def definite(particles: Particles, chosen: Sequence[int]) -> Verdict:
    """Whether M is positive definite on the chosen points.

    PROVED in float64 balls, or else by Cholesky's pivots in Arb; REFUTED where there are more points than features,
    or by the exact rank of a rational unit.
    """
    if len(chosen) > particles.feature_count():
        return Verdict.REFUTED
    if particles.unit.rational:
        return Verdict.PROVED if _exact_rank(particles, chosen) == len(chosen) else Verdict.REFUTED
    for precision in _PRECISIONS:
        with arb_precision(precision):
            rows = particles.arb_rows()
            if precision == _PRECISIONS[0] and is_positive_definite(gram_ball(rows, chosen)) is Verdict.PROVED:
                return Verdict.PROVED
            if _pivots_are_positive(_gram(rows, chosen)):
                return Verdict.PROVED
    return Verdict.UNDECIDED


def rank_bounds(particles: Particles) -> tuple[int, int]:
    """Proved bounds of the rank of M on all points: a definite principal block below, the features above."""
    most = min(len(particles.points), particles.feature_count())
    if particles.unit.rational:
        exact = _exact_rank(particles, range(len(particles.points)))
        return exact, exact
    for count in range(most, 0, -1):
        if definite(particles, independent_points(particles, count)) is Verdict.PROVED:
            return count, most
    return 0, most


def _exact_rank(particles: Particles, chosen: Sequence[int]) -> int:
    rows = particles.rational_rows()
    matrix = flint.fmpq_mat([[flint.fmpq(row[k].numerator, row[k].denominator) for k in chosen] for row in rows])
    return int(matrix.rank())


def _gram(rows: list[list[flint.arb]], chosen: Sequence[int]) -> np.ndarray:
    matrix = flint.arb_mat([[row[k] for k in chosen] for row in rows])
    product = matrix.transpose() * matrix
    size = len(chosen)
    entries = [[product[max(i, j), min(i, j)] for j in range(size)] for i in range(size)]
    return np.array(entries, dtype=object).reshape(size, size)


def _pivots_are_positive(matrix: np.ndarray) -> bool:
    """Symmetric elimination in balls: all pivots proved positive means positive definite."""
    work = matrix.copy()
    for k in range(len(work)):
        if not work[k, k] > 0:
            return False
        for i in range(k + 1, len(work)):
            factor = work[i, k] / work[k, k]
            for j in range(k + 1, len(work)):
                work[i, j] = work[i, j] - factor * work[k, j]
    return True
