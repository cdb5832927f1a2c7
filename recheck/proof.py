"""What the proofs of this program hand to the comparison with the certificate."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from recheck.document import BallArray, Bounds
from recheck.npy import Array
from recheck.outcome import BadInput


@dataclass(frozen=True)
class Claim:
    """A stated number by its name; None for a claim without a number."""

    name: str
    bounds: Bounds | None
    identifier: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """What the certificate says, and the exact data from which it is proved.

    hypotheses: name -> (status, identifier).
    """

    kind: str
    verdict: str
    theorem: str
    claims: tuple[Claim, ...]
    hypotheses: dict[str, tuple[str, str]]
    problem: dict[str, Any] = field(repr=False)
    witness: dict[str, Any] = field(repr=False)

    def stated(self, name: str) -> Bounds | None:
        """The bounds that a claim of this name states."""
        return next((claim.bounds for claim in self.claims if claim.name == name), None)


@dataclass
class Proof:
    """values: enclosures of the numbers that are claimed, by name. bounds: for a claim of a size that the certificate
    chose, whether it holds. verdict: what is proved, "" for nothing. theorem: the one that is used, ""
    where kind and verdict tell. proved: the names of the hypotheses that are
    proved here. needed: the hypotheses that the verdict needs, listed as proved or assumed. weak: names of numbers
    whose own enclosure may be wider than the stated one without any doubt about it. notes: why something is missing.
    said: the words of claims, by name and gap. never_negative: names of numbers that cannot be below 0. open: needed
    hypotheses that may be left open all the same, because this half of the theorem does not use them.
    """

    values: dict[str, arb] = field(default_factory=dict)
    bounds: dict[str, Callable[[Bounds], bool]] = field(default_factory=dict)
    verdict: str = ""
    theorem: str = ""
    proved: set[str] = field(default_factory=set)
    refuted: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    not_needed: set[str] = field(default_factory=set)
    weak: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    never_negative: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)


Prover = Callable[[Statement, Any], Proof]


class HalfLine:
    """What is known from one side only: a ball would lose that side."""

    def __init__(self, lower: arb, upper: arb) -> None:
        self._lower, self._upper = lower, upper

    def lower(self) -> arb:
        return self._lower

    def upper(self) -> arb:
        return self._upper

    def is_nan(self) -> bool:
        return bool(self._lower.is_nan() or self._upper.is_nan())

    def is_finite(self) -> bool:
        return False


def half_line(lower: arb | None, upper: arb | None) -> Any:
    """[lower, upper] as a ball; a `HalfLine` where a side is missing."""
    low = arb("-inf") if lower is None else lower.lower()
    high = arb("inf") if upper is None else upper.upper()
    return low.union(high) if low.is_finite() and high.is_finite() else HalfLine(low, high)


def entry(tree: dict[str, Any], name: str, kind: type) -> Any:
    """The entry of that name and type; raises `BadInput` otherwise."""
    value = tree.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadInput(f"the entry {name!r} is missing or defective")
    return value


def suggestion(tree: Any, name: str, *shape: int | None, dtype: str = "float64") -> Array | None:
    """The array of finite floats of that name and shape, None in the shape for any length; None where there is none."""
    array = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(array, Array) or array.dtype != dtype or len(array.shape) != len(shape):
        return None
    return array if all(w in (None, n) for w, n in zip(shape, array.shape, strict=True)) else None


def floats(tree: dict[str, Any], name: str, shape: tuple[int | None, ...], dtype: str = "float64") -> Array:
    """The array of that name, shape and type; finite floats, where no other type is named."""
    array = suggestion(tree, name, *shape, dtype=dtype)
    if array is None:
        raise BadInput(f"the entry {name!r} is not an array of {dtype} of shape {shape}")
    return array


def rational(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def exact(array: Array) -> list[arb]:
    return [arb(x) for x in array.data]


def balls(array: BallArray) -> list[arb]:
    return [arb(m, r) for m, r in zip(array.mid.data, array.rad.data, strict=True)]


def number(value: Any, name: str) -> arb:
    """A float, whole number or rational, or a ball of shape ()."""
    if isinstance(value, Fraction):
        return rational(value)
    if isinstance(value, BallArray) and value.shape == ():
        return balls(value)[0]
    if isinstance(value, float | int) and not isinstance(value, bool):
        result = arb(value)
        if result.is_finite():
            return result
    raise BadInput(f"the number {name!r} is missing or defective")


def is_size(check: Any) -> Any:
    """The test of a claim of one exact size: a single positive number for which `check` holds."""

    def test(stated: Bounds) -> bool:
        return stated.lower == stated.upper and 0 < stated.lower < float("inf") and bool(check(arb(stated.lower)))

    return test


def is_reach(distance: arb) -> Any:
    """The test of a claim "within this distance"."""

    def test(stated: Bounds) -> bool:
        return stated.lower <= 0 and bool(distance.upper() <= arb(stated.upper))

    return test


def suggestions(witness: dict[str, Any], name: str = "proofs") -> list[tuple[str, Any]]:
    """The (engine, witness) pairs of a certificate: metrics, words and trial functions to start from."""
    proofs = witness.get(name)
    if not isinstance(proofs, list):
        return []
    return [(p["engine"], p["witness"]) for p in proofs if isinstance(p, dict) and {"engine", "witness"} <= set(p)]
