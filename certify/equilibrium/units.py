"""Units of powers of two for points, coordinates and equations: a statement in which all of them have moderate size."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.statement import EquilibriumStatement
from certify.program.rescale import LARGEST_EXPONENT, rescaled
from foundation import CertificateError

_NAMES = ("point", "coordinates", "equations")


@final
@dataclass(frozen=True)
class Units:
    """Exponents of powers of two: the point is 2^point x' (n,), its coordinates 2^coordinates y' (k,); the k equations
    are multiplied by 2^equations. All are whole numbers of at most `LARGEST_EXPONENT`, and change nothing but rounding.
    """

    point: tuple[int, ...]
    coordinates: tuple[int, ...]
    equations: tuple[int, ...]

    @staticmethod
    def none(statement: EquilibriumStatement) -> "Units":
        """Every unit is 1."""
        return Units((0,) * statement.ambient, (0,) * statement.dimension, (0,) * statement.dimension)

    @staticmethod
    def from_tree(tree: Any, statement: EquilibriumStatement) -> "Units":
        """Read from a witness; none where it has none. Raises `CertificateError` when they do not fit."""
        if tree is None:
            return Units.none(statement)
        lengths = (statement.ambient, statement.dimension, statement.dimension)
        if not isinstance(tree, Mapping) or set(tree) != set(_NAMES) or statement.restriction not in _SCALED:
            raise CertificateError("the certificate's witness has malformed units")
        found = [_exponents(tree[name], length) for name, length in zip(_NAMES, lengths, strict=True)]
        if statement.restriction == "none" and found[0] != found[1]:
            raise CertificateError("the units of the witness's point and of its coordinates differ")
        return Units(*found)

    def as_tree(self) -> dict[str, Any]:
        return {name: np.array(getattr(self, name), dtype=np.int64) for name in _NAMES}

    @property
    def are_one(self) -> bool:
        return not any((*self.point, *self.coordinates, *self.equations))

    @property
    def smallest(self) -> float:
        """The smallest unit of a coordinate."""
        return float(np.ldexp(1.0, min(self.coordinates)))

    def applied(self, statement: EquilibriumStatement) -> EquilibriumStatement:
        """The statement about x' = 2^-point x: an equilibrium of 2^-point f(2^point x'), with the same spectrum."""
        if self.are_one:
            return statement
        down = tuple(-e for e in self.point)
        field = rescaled(statement.field, self.point, down)
        base = [entry * _power(e) for entry, e in zip(statement.base, down, strict=statement.restriction != "none")]
        vectors = [
            [entry * _power(e + c) for entry, c in zip(row, self.coordinates, strict=True)]
            for row, e in zip(statement.vectors, down, strict=statement.restriction != "none")
        ]
        return replace(statement, field=field, base=base, vectors=vectors, equations=self.equations)

    def down(self, coordinates: np.ndarray) -> np.ndarray:
        """y' of floats y; raises `CertificateError` where a power of two is not exact."""
        scaled = np.ldexp(coordinates, -np.array(self.coordinates))
        if not np.array_equal(self.up(scaled), coordinates):
            raise CertificateError("the coordinates of the certificate's witness are beyond the range of their units")
        return scaled

    def up(self, coordinates: np.ndarray) -> np.ndarray:
        """y of floats y' (rounded where it leaves the normal floats)."""
        return np.asarray(np.ldexp(coordinates, np.array(self.coordinates)))

    def up_ball(self, coordinates: Ball) -> Ball:
        """y over a ball of y'."""
        return coordinates if self.are_one else coordinates * np.ldexp(1.0, np.array(self.coordinates))


_SCALED = ("none", "subspace")


def _power(exponent: int) -> Fraction:
    return Fraction(2) ** exponent


def _exponents(value: Any, length: int) -> tuple[int, ...]:
    whole = isinstance(value, np.ndarray) and value.dtype == np.int64 and value.shape == (length,)
    if not whole or not (np.abs(value) <= LARGEST_EXPONENT).all():
        raise CertificateError("the certificate's witness has malformed units")
    return tuple(int(e) for e in value)
