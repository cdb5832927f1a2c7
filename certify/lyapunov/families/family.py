"""The input of every Lyapunov engine: finitely many square matrices with probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.ball_parts import parts_around
from certify.arithmetic.rational import rational_ball
from certify.lyapunov.families.rationals import rational, rational_text, to_fmpq
from foundation import CertificateError, InputError, plain_array, real_array

Witness: TypeAlias = dict[str, Any]
"""What an engine found and a checker re-proves: plain floats, strings, float arrays, and lists of these."""

# Beyond so many entries no exact method is affordable, and exact floats are balls of radius zero anyway.
_EXACT_ENTRIES = 20_000


@final
@dataclass(frozen=True, eq=False)
class Family:
    """Independent matrices A_1, A_2, ..., each equal to `matrices[i]` with probability `probabilities[i]`.

    matrices: balls of shape (k, d, d); probabilities: balls of shape (k,). The family stands for every choice of
    matrices inside the balls and of probabilities inside their balls that are >= 0 and sum to one.
    exact: the matrices as a tuple of k fmpq_mat when they were given exactly (floats are exact), otherwise None;
    None also above 20,000 entries. exact_probabilities: likewise the probabilities, as fmpq.
    Build it with `family`, which checks; this constructor does not.
    Letters whose probability is exactly zero have been dropped.
    """

    matrices: Ball
    probabilities: Ball
    exact: tuple[flint.fmpq_mat, ...] | None
    exact_probabilities: tuple[flint.fmpq, ...] | None = None

    @property
    def dimension(self) -> int:
        """d."""
        return int(self.matrices.shape[-1])

    @property
    def count(self) -> int:
        """k, the number of matrices."""
        return int(self.matrices.shape[0])

    def expectation(self, values: Ball) -> Ball:
        """sum_i p_i values[i] over the first axis; an unbounded value makes the result unbounded."""
        weights = self.probabilities.reshape((self.count,) + (1,) * (values.ndim - 1))
        return (weights * values).sum(axis=0)

    def expectation_upper(self, upper: np.ndarray) -> float:
        """An upper bound of sum_i p_i x_i for every x_i <= upper[i]; -inf when a certain letter has upper -inf."""
        low = upper == -np.inf
        if np.any(low & (self.probabilities.lower > 0)):
            return -np.inf
        if np.any(upper == np.inf):
            return np.inf
        return float(self.expectation(Ball.exact(np.where(low, 0.0, upper))).upper)

    def expectation_lower(self, lower: np.ndarray) -> float:
        """A lower bound of sum_i p_i x_i for every x_i >= lower[i]; -inf when some letter has lower -inf."""
        if np.any(lower == -np.inf):
            return -np.inf
        return float(self.expectation(Ball.exact(lower)).lower)


def matrix_family(matrices: Any, probabilities: Any = None) -> Family:
    """The family of `matrices` (k, d, d) with `probabilities` (k,); None means 1/k each, exactly.

    matrices: floats (taken as exact numbers), nested lists of exact rationals (int, `Fraction`, FLINT's fmpq, SymPy's
    Rational; floats may be mixed in), a list of `fmpq_mat`, a `Ball` (k, d, d), or a list of `Ball`s (d, d).
    probabilities: rationals must sum to one exactly. Floats seldom do ((0.1,) * 10 does not): when their exact
    sum differs from one by no more than k units in the last place of one they are read as weights and
    divided by that sum in rational arithmetic; otherwise `InputError`. A `Ball` must admit a choice that sums to
    one. Letters of probability exactly zero are dropped. Raises `InputError` on bad shapes and values.
    """
    balls, exact = _read_matrices(matrices)
    probabilities, weights = _read_probabilities(probabilities, balls.shape[0])
    kept = np.flatnonzero((probabilities.mid != 0) | (probabilities.rad != 0))
    if len(kept) < balls.shape[0]:
        balls, probabilities = balls[kept], probabilities[kept]
        exact = None if exact is None else exact[kept]
        weights = None if weights is None else [weights[i] for i in kept]
    matrices_kept = None if exact is None or exact.size > _EXACT_ENTRIES else _fmpq_matrices(exact)
    return Family(balls, probabilities, matrices_kept, None if weights is None else tuple(to_fmpq(p) for p in weights))


def family_as_data(family: Family) -> dict[str, Any]:
    """The family as plain lists of strings and floats; `family_from_data` restores it without loss."""
    a, p = family.matrices, family.probabilities
    data: dict[str, Any] = {"midpoints": a.mid.tolist(), "radii": a.rad.tolist()}
    if family.exact is not None:
        data = {"matrices": [[[str(x) for x in row] for row in matrix.tolist()] for matrix in family.exact]}
    if family.exact_probabilities is not None:
        return data | {"probabilities": [str(x) for x in family.exact_probabilities]}
    return data | {"probability_midpoints": p.mid.tolist(), "probability_radii": p.rad.tolist()}


def family_from_data(data: dict[str, Any]) -> Family:
    """Inverse of `family_as_data`; raises `InputError` on data that are no family."""
    try:
        matrices: Any = _balls(data, "midpoints", "radii") if "midpoints" in data else _fractions(data["matrices"])
        if "probabilities" in data:
            return matrix_family(matrices, [rational_text(x) for x in data["probabilities"]])
        return matrix_family(matrices, _balls(data, "probability_midpoints", "probability_radii"))
    except (KeyError, TypeError, ValueError, CertificateError) as error:
        raise InputError(f"these data do not describe a family of matrices: {error}") from None


def _balls(data: dict[str, Any], midpoints: str, radii: str) -> Ball:
    mid, rad = (np.asarray(data[key], np.float64) for key in (midpoints, radii))
    if mid.shape != rad.shape:
        raise ValueError(f"midpoints have shape {mid.shape}, radii {rad.shape}")
    return Ball(mid, rad)


def _fractions(matrices: list[list[list[str]]]) -> list[list[list[flint.fmpq]]]:
    return [[[rational_text(x) for x in row] for row in matrix] for matrix in matrices]


def _read_matrices(value: Any) -> tuple[Ball, np.ndarray | None]:
    """Balls (k, d, d), and the exact entries (object array of Fractions or float array) when there are any."""
    name = "matrices"
    if isinstance(value, Ball):
        return _checked_shape(_checked_balls(value, name)), (value.mid if value.is_exact else None)
    if isinstance(value, Sequence) and value and all(isinstance(x, Ball) for x in value):
        if len({x.shape for x in value}) > 1:
            raise InputError(f"matrices must have one common size, but the shapes are {[x.shape for x in value]}")
        return _read_matrices(Ball(np.stack([x.mid for x in value]), np.stack([x.rad for x in value])))
    if isinstance(value, Sequence) and value and all(isinstance(x, flint.fmpq_mat | flint.fmpz_mat) for x in value):
        value = [x.tolist() for x in value]
    try:
        array = plain_array(value, name)
    except (TypeError, ValueError) as error:
        raise InputError(f"matrices must be k square matrices of one size ({error})") from None
    if array.ndim != 3 or array.dtype.kind == "c":
        raise InputError(f"matrices must have shape (k, d, d) and real entries, but are {array.dtype} {array.shape}")
    entries = real_array(array, name)
    if entries.dtype != object:
        return _checked_shape(Ball.exact(entries)), entries
    balls = _checked_shape(Ball._unchecked(*parts_around(entries, name)))
    return balls, None if any(isinstance(entry, tuple) for entry in entries.flat) else entries


def _checked_shape(balls: Ball) -> Ball:
    shape = balls.shape
    if len(shape) != 3 or shape[1] != shape[2] or balls.size == 0:
        raise InputError(f"matrices must have shape (k, d, d) with k, d >= 1, but have shape {shape}")
    return balls


def _checked_balls(value: Ball, name: str) -> Ball:
    if not (np.isfinite(value.mid).all() and np.isfinite(value.rad).all() and (value.rad >= 0).all()):
        raise InputError(f"{name} holds a ball of infinite radius or NaN; narrow the input until it is bounded")
    return value


def _read_probabilities(value: Any, count: int) -> tuple[Ball, list[Fraction] | None]:
    """Balls (k,), and the exact rationals when the input is exact."""
    if isinstance(value, Ball):
        return _ball_probabilities(_checked_balls(value, "probabilities"), count)
    exact = [Fraction(1, count)] * count if value is None else _exact_probabilities(value, count)
    return rational_ball(np.array(exact, dtype=object)), exact


def _ball_probabilities(value: Ball, count: int) -> tuple[Ball, list[Fraction] | None]:
    _check_count(value.shape, count)
    if value.is_exact:
        exact = _exact_probabilities(value.mid, count)
        return rational_ball(np.array(exact, dtype=object)), exact
    lower, upper = np.maximum(value.lower, 0.0), value.upper
    if np.any(upper < 0):
        raise InputError(f"probabilities must not be negative, but one is at most {float(upper.min())}")
    if sum(map(Fraction, lower.tolist())) > 1 or sum(map(Fraction, upper.tolist())) < 1:
        raise InputError(f"no choice inside the probability balls sums to one: {lower.tolist()} to {upper.tolist()}")
    return Ball.from_bounds(lower, upper), None


def _exact_probabilities(value: Any, count: int) -> list[Fraction]:
    try:
        array = plain_array(value, "probabilities")
    except (TypeError, ValueError) as error:
        raise InputError(f"probabilities must be a list of {count} numbers ({error})") from None
    _check_count(array.shape, count)
    exact = [rational(x, "probabilities") for x in array]
    if min(exact) < 0:
        raise InputError(f"probabilities must not be negative, but one is {float(min(exact))}")
    total = sum(exact, Fraction(0))
    if total == 1:
        return exact
    unit = Fraction(float(np.finfo(array.dtype).eps)) if array.dtype.kind == "f" else Fraction(0)
    if total == 0 or abs(total - 1) > count * unit:
        raise InputError(
            f"probabilities must sum to one, but sum to {float(total)!r}; "
            "pass exact fractions, or None for equal probabilities"
        )
    return [p / total for p in exact]


def _check_count(shape: tuple[int, ...], count: int) -> None:
    if shape != (count,):
        raise InputError(f"there are {count} matrices, so probabilities must have shape ({count},), but has {shape}")


def _fmpq_matrices(entries: np.ndarray) -> tuple[flint.fmpq_mat, ...]:
    return tuple(
        flint.fmpq_mat([[to_fmpq(rational(x, "matrices")) for x in row] for row in matrix]) for matrix in entries
    )
