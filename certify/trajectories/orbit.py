"""The orbit of the exact gradient-descent map from a float start, step by step in Arb balls."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint

from certify.effort import charge
from certify.trajectories.network import ExactNetwork, Pair, evaluator
from foundation import InputError, positive_integer
from foundation.arb_precision import arb_precision

LEAST_BITS, MOST_BITS = 64, 100_000
MOST_STEPS = 100_000
GUARD_BITS = 64
_ARB_OVERHEAD = 4  # an Arb operation costs about this many of its 64-bit words, whatever its precision


@final
@dataclass(frozen=True, eq=False)
class Moment:
    """One step of the orbit: parameters, loss, and the tangent vector where one is carried along."""

    parameters: Pair
    loss: flint.arb
    tangent: Pair | None


def orbit(
    network: ExactNetwork, start: Any, rate: Fraction, steps: int, bits: int, direction: Any = None
) -> Iterator[Moment]:
    """The points theta_0, ..., theta_steps of theta -> theta - rate grad L(theta), enclosed at `bits` bits.

    `start` (D,) are floats taken as exact numbers, and the map is the one of real arithmetic: nothing is rounded but
    outward. With a `direction` (D,), v_0 = direction, v_{t+1} = (I - rate Hess L(theta_t)) v_t. The balls may grow
    without bound when the bits do not suffice; they always enclose. Bits beyond what a point is known to are
    dropped. The working precision is set while the iterator runs and restored between steps.
    """
    exact = checked_rate(rate)
    with arb_precision(bits):
        at = evaluator(network)
        point = network.pair(start, "start")
        tangent = None if direction is None else network.pair(direction, "direction")
        scale = flint.arb(flint.fmpq(exact.numerator, exact.denominator)) / len(network.labels)
    work = len(network.labels) * (network.inputs.shape[1] + 1 + network.classes) * (network.hidden + 1)
    for step in range(steps + 1):
        charge("words", work * (2 if direction is None else 6) * (_ARB_OVERHEAD + bits // 64))
        with arb_precision(min(bits, _known_bits(point) + GUARD_BITS)):
            layers = at.at(point)
            moment = Moment(point, layers.loss(), tangent)
            if step < steps:
                if tangent is not None:
                    tangent = _moved(tangent, layers.hessian_times(tangent), scale)
                point = _moved(point, layers.gradient(), scale)
        yield moment


def taxicab_norm(pair: Pair) -> flint.arb:
    """The sum of the absolute values of all entries, at the current precision."""
    return sum((abs(x) for matrix in pair for x in matrix.entries()), flint.arb(0))


def checked_rate(rate: Any) -> Fraction:
    """A learning rate as an exact number above zero."""
    if isinstance(rate, bool) or not isinstance(rate, int | float | Fraction):
        raise InputError(f"the learning rate must be a number, but is {rate!r}")
    try:
        exact = Fraction(rate)
    except (ValueError, OverflowError):
        raise InputError(f"the learning rate must be finite, but is {rate!r}") from None
    if exact <= 0:
        raise InputError(f"the learning rate must be above 0, but is {rate!r}")
    return exact


def checked_bits(bits: Any) -> int:
    """A working precision within sensible bounds."""
    if isinstance(bits, bool) or not isinstance(bits, int) or not LEAST_BITS <= bits <= MOST_BITS:
        raise InputError(f"bits must be a whole number between {LEAST_BITS} and {MOST_BITS}, but is {bits!r}")
    return bits


def checked_steps(steps: Any) -> int:
    """A number of steps that a checker can take."""
    count = positive_integer(steps, "steps")
    if count > MOST_STEPS:
        raise InputError(f"steps must be at most {MOST_STEPS}, but is {count}")
    return count


def _known_bits(pair: Pair) -> int:
    """Accurate bits of the best known entry: digits beyond the radius need not be carried along."""
    return max(LEAST_BITS, *(x.rel_accuracy_bits() for matrix in pair for x in matrix.entries()))


def _moved(pair: Pair, change: Pair, scale: flint.arb) -> Pair:
    return pair[0] - scale * change[0], pair[1] - scale * change[1]
