"""Sentences that carry the numbers they state: a claim is data with a rendering, and a test asks it against a view."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, Self, final

import numpy as np


def counted(number: int, noun: str, plural: str = "") -> str:
    """1 step, 2 steps; the plural where it is no -s: 2 equilibria."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


class Claim(Protocol):
    """Something that a sentence says: `str(claim)` is its words, `values` are its numbers by name."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The numbers behind the words."""


@final
class Told(str):
    """A text together with the claims that it states, in their order; it is a string wherever one is asked for.

    Made by `Told.of("... {} ...", claim, ...)`: every pair of braces is one claim's words.
    """

    claims: tuple[Claim, ...] = ()

    @classmethod
    def of(cls, text: str, *claims: Claim) -> Self:
        """The text with the claims' words in its braces. Raises `ValueError` when their numbers differ."""
        if text.count("{}") != len(claims):
            raise ValueError(f"the text has {text.count('{}')} places for {len(claims)} claims: {text!r}")
        told = cls(text.format(*claims))
        told.claims = claims
        return told


@final
@dataclass(frozen=True)
class Range:
    """Where numbers lie. scale: their natural unit; below 1e-12 of it two numbers are the same, and one is 0."""

    lower: float
    upper: float
    scale: float = 0.0

    @classmethod
    def of(cls, numbers: np.ndarray, scale: float = 0.0) -> Self:
        """The range of an array."""
        return cls(float(numbers.min()), float(numbers.max()), scale)

    @property
    def values(self) -> Mapping[str, Any]:
        """Both ends."""
        return {"lower": self.lower, "upper": self.upper}

    @property
    def is_one_number(self) -> bool:
        """Whether the ends cannot be told apart, by rounding or in the digits that are printed."""
        size = max(self.scale, abs(self.lower), abs(self.upper))
        return self.upper - self.lower <= 1e-12 * size or self._shown(self.lower) == self._shown(self.upper)

    def __str__(self) -> str:
        if self.is_one_number:
            return f"at {self._shown(self.lower)}"
        return f"between {self._shown(self.lower)} and {self._shown(self.upper)}"

    def _shown(self, number: float) -> str:
        return "0" if abs(number) <= 1e-12 * self.scale else f"{number:.3g}"


@final
@dataclass(frozen=True)
class Stabilities:
    """How many of some points are stable, unstable, or neutral to first order, from their largest real parts.

    scale: the natural size of a real part; within 1e-9 of it a real part counts as 0, and nothing is said of stability.
    """

    abscissas: tuple[float, ...]
    scale: float = 1.0

    @property
    def values(self) -> Mapping[str, Any]:
        """The three counts."""
        signs = [0 if abs(a) <= 1e-9 * self.scale else 1 if a > 0 else -1 for a in self.abscissas]
        return {"stable": signs.count(-1), "unstable": signs.count(1), "neutral": signs.count(0)}

    def __str__(self) -> str:
        counts = self.values
        parts = [f"{counts['stable']} stable", f"{counts['unstable']} unstable"]
        if counts["neutral"]:
            parts.append(f"{counts['neutral']} neutral to first order")
        return f"{', '.join(parts[:-1])} and {parts[-1]}"


@final
@dataclass(frozen=True)
class Percentage:
    """A part of a whole, from 0 to 1."""

    part: float

    @property
    def values(self) -> Mapping[str, Any]:
        """The part."""
        return {"part": self.part}

    def __str__(self) -> str:
        return f"{100 * self.part:.0f} per cent"


@final
@dataclass(frozen=True)
class Branches:
    """For how many values of a parameter the orbits end on one value, on 2 to 12, and on more (to 4 digits)."""

    counts: tuple[int, ...]
    few: int = 12

    @property
    def values(self) -> Mapping[str, Any]:
        """The three tallies."""
        one = sum(count == 1 for count in self.counts)
        more = sum(count > self.few for count in self.counts)
        return {"one": one, "several": len(self.counts) - one - more, "many": more}

    def __str__(self) -> str:
        told = self.values
        return f"one value for {told['one']}, 2 to {self.few} for {told['several']}, more for {told['many']}"


@final
@dataclass(frozen=True)
class Place:
    """A point of the plane, exact or in floats, with the digits that are shown."""

    point: tuple[Fraction | float, ...]
    digits: int = 6

    @property
    def values(self) -> Mapping[str, Any]:
        """The coordinates."""
        return {f"x{k + 1}": x for k, x in enumerate(self.point)}

    def __str__(self) -> str:
        shown = (str(x) if isinstance(x, Fraction) else f"{x:.{self.digits}g}" for x in self.point)
        return f"({', '.join(shown)})"
