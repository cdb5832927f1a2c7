"""What the cases of two-player games share: the user's payoffs, the proved equilibrium, and maps and fields in JAX."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.matrix_games import NashEquilibrium, nash_equilibrium, reduced_point
from cases.common.matrix_parameters import Matrix, ball_matrix, float_matrix, rational_matrix, sympy_matrix
from certify.arithmetic import Ball
from foundation import InputError

_LARGEST = 5


@final
@dataclass(frozen=True)
class Game:
    """Payoffs A (n, m) and B (m, n), exact, and the Nash equilibrium that is looked at."""

    first: Matrix
    second: Matrix
    equilibrium: NashEquilibrium

    @property
    def symbolic(self) -> tuple[sympy.ImmutableMatrix, sympy.ImmutableMatrix]:
        """(A, B) in SymPy."""
        return sympy_matrix(self.first), sympy_matrix(self.second)

    @property
    def floats(self) -> tuple[np.ndarray, np.ndarray]:
        """(A, B) in floating point."""
        return float_matrix(self.first), float_matrix(self.second)

    @property
    def point(self) -> tuple[Fraction, ...]:
        """The coordinates x_1..x_{n-1}, y_1..y_{m-1} of the equilibrium."""
        return tuple(Fraction(int(value.p), int(value.q)) for value in reduced_point(self.equilibrium))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates."""
        rows, columns = len(self.first), len(self.second)
        return (*(f"x{i + 1}" for i in range(rows - 1)), *(f"y{j + 1}" for j in range(columns - 1)))


_read_payoffs = rational_matrix(_LARGEST)

READERS = {
    "a": _read_payoffs,
    "b": _read_payoffs,
}


def game_of(values: Mapping[str, Any]) -> Game:
    """The user's game; `InputError` when the payoffs do not fit or the game is degenerate."""
    first = values["a"]
    if min(len(first), len(first[0])) < 2:
        raise InputError(f"a must have at least two rows and two columns, but is {len(first)} x {len(first[0])}")
    second = values["b"]
    if second is None:
        second = Matrix(tuple(tuple(-entry for entry in column) for column in zip(*first, strict=True)))
    if (len(second), len(second[0])) != (len(first[0]), len(first)):
        raise InputError(
            f"b must have shape {len(first[0])} x {len(first)} (a is {len(first)} x {len(first[0])}), but has shape "
            f"{len(second)} x {len(second[0])}"
        )
    return Game(first, second, nash_equilibrium(sympy_matrix(first), sympy_matrix(second)))


def payoff_balls(game: Game) -> tuple[Ball, Ball]:
    """(A, B) as balls."""
    first, second = (ball_matrix(matrix) for matrix in (game.first, game.second))
    return first, second


def full(point: Any, rows: int) -> tuple[Any, Any]:
    """(x, y) from the coordinates, the last entries 1 minus the others."""
    first, second = point[: rows - 1], point[rows - 1 :]
    ends = (1.0 - jnp.sum(part) for part in (first, second))
    x, y = (jnp.concatenate([part, end[None]]) for part, end in zip((first, second), ends, strict=True))
    return x, y


def replicator(point: Any, a: Any, b: Any) -> Any:
    """The replicator field in the coordinates, as a JAX function."""
    x, y = full(point, a.shape[0])
    first, second = a @ y, b @ x
    return jnp.concatenate([(x * (first - x @ first))[:-1], (y * (second - y @ second))[:-1]])


def weights_update(point: Any, a: Any, b: Any, rate: Any, alternating: bool) -> Any:
    """Multiplicative weights in the coordinates: x_i e^{eta (A y)_i} and y_j e^{eta (B x)_j}, normalised."""
    x, y = full(point, a.shape[0])
    new_x = x * jnp.exp(rate * (a @ y))
    new_x = new_x / jnp.sum(new_x)
    new_y = y * jnp.exp(rate * (b @ (new_x if alternating else x)))
    return jnp.concatenate([new_x[:-1], (new_y / jnp.sum(new_y))[:-1]])


def nearby_start(game: Game, size: float = 0.5) -> np.ndarray:
    """A point inside the simplices: the equilibrium, moved towards a skew mixture."""
    x, y = (np.array([float(value) for value in part]) for part in (game.equilibrium.x, game.equilibrium.y))
    skew = [np.arange(1.0, len(part) + 1) / np.arange(1.0, len(part) + 1).sum() for part in (x, y)]
    moved = [(1 - size) * part + size * other for part, other in zip((x, y), skew, strict=True)]
    if all(np.allclose(a, b) for a, b in zip(moved, (x, y), strict=True)):
        moved[0] = moved[0][::-1]
    return np.concatenate([moved[0][:-1], moved[1][:-1]])
