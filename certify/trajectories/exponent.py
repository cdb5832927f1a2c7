"""Encloses finite-time exponents of one exact orbit of gradient descent, its tangent vector carried along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint

from certify.certificate.model import ProofResult, claim
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure
from certify.statements import say
from certify.trajectories.network import ExactNetwork, network_from_data
from certify.trajectories.orbit import MOST_STEPS, checked_bits, checked_rate, orbit, taxicab_norm
from certify.verdict import Verdict
from foundation import InputError, positive_number
from foundation.arb_precision import arb_precision

_LOG_BITS = 128


@final
@dataclass(frozen=True)
class Stretches:
    """What to enclose: exponents between pairs of steps, and least-squares slopes over windows (first, last)."""

    exponents: tuple[tuple[int, int], ...]
    windows: tuple[tuple[int, int], ...] = ()

    @property
    def last(self) -> int:
        """The step at which the orbit may end."""
        return max(end for _, end in (*self.exponents, *self.windows))


def prove_orbit_exponent(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """problem: network, start, direction, learning_rate, exponents, windows, tolerance. witness: bits."""
    network, stretches = network_from_data(problem["network"]), read_stretches(problem)
    rate, bits = checked_rate(problem["learning_rate"]), checked_bits(witness["bits"])
    tolerance = positive_number(problem["tolerance"], "tolerance")
    logs = tangent_logs(network, problem["start"], problem["direction"], rate, stretches.last, bits)
    with arb_precision(bits):
        found = _enclosures(stretches, logs)
    claims = tuple(claim(f"orbit-exponent.{what}", e, first=a, last=b) for what, a, b, e in found)
    theorem = say("orbit-exponent.definition")
    wide = next(((what, a, b, e) for what, a, b, e in found if not e.width <= tolerance), None)
    if wide is None:
        return ProofResult(Verdict.PROVED, theorem, claims)
    what, first, last, enclosure = wide
    reason = say(f"orbit-exponent.wide-{what}", first=first, last=last, enclosure=enclosure, bits=bits)
    return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, say("orbit-exponent.more-bits"))


def tangent_logs(
    network: ExactNetwork, start: Any, direction: Any, rate: Fraction, steps: int, bits: int
) -> list[flint.arb]:
    """log |v_t|_1 for t = 0..steps, enclosed; balls without bound once the bits are used up."""
    logs: list[flint.arb] = []
    for moment in orbit(network, start, rate, steps, bits, direction):
        assert moment.tangent is not None
        with arb_precision(bits):
            norm = taxicab_norm(moment.tangent)
        if not (norm.is_finite() and norm > 0):
            return logs + [flint.arb("nan")] * (steps + 1 - len(logs))
        with arb_precision(_LOG_BITS):
            logs.append(norm.log())
    return logs


def _enclosures(stretches: Stretches, logs: Sequence[flint.arb]) -> list[tuple[str, int, int, Enclosure]]:
    """("exponent" or "slope", first step, last step, enclosure) of each."""
    with arb_precision(_LOG_BITS):
        found = [("exponent", a, b, (logs[b] - logs[a]) / (b - a)) for a, b in stretches.exponents]
        found += [("slope", a, b, _slope(logs, a, b)) for a, b in stretches.windows]
    return [(what, a, b, arb_enclosure(x) if x.is_finite() else _EVERYTHING) for what, a, b, x in found]


def _slope(logs: Sequence[flint.arb], first: int, last: int) -> flint.arb:
    """sum (2 k - n) y_k / (2 sum (k - n/2)^2), k = 0..n, exact weights: 2 sum (k - n/2)^2 = n (n + 1) (n + 2) / 6."""
    n = last - first
    total = sum(((2 * k - n) * logs[first + k] for k in range(n + 1)), flint.arb(0))
    return total * 6 / (n * (n + 1) * (n + 2))


def read_stretches(problem: Mapping[str, Any]) -> Stretches:
    """The stretches of a problem; raises `InputError` on steps that are no 0 <= first < last."""
    lists = [problem["exponents"], problem["windows"]]
    if not all(isinstance(pairs, list) for pairs in lists) or not problem["exponents"]:
        raise InputError("exponents and windows must be lists of pairs of steps, exponents with at least one")
    for pair in (pair for pairs in lists for pair in pairs):
        whole = isinstance(pair, list) and len(pair) == 2 and all(type(step) is int for step in pair)
        if not whole or not 0 <= pair[0] < pair[1] <= MOST_STEPS:
            raise InputError(f"a stretch must be two steps 0 <= first < last <= {MOST_STEPS}, but is {pair!r}")
    exponents, windows = (tuple((a, b) for a, b in pairs) for pairs in lists)
    return Stretches(exponents, windows)


_EVERYTHING = Enclosure(float("-inf"), float("inf"))
