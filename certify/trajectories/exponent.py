"""Encloses finite-time exponents of one exact orbit of gradient descent, its tangent vector carried along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint

from certify.certificate.issue import issue
from certify.certificate.model import Certificate, Claim, Outcome
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure
from certify.trajectories.network import ExactNetwork, network_from_data
from certify.trajectories.orbit import MOST_BITS, MOST_STEPS, checked_bits, checked_rate, orbit, taxicab_norm
from certify.verdict import Verdict
from foundation import InputError, positive_integer, positive_number
from foundation.arb_precision import arb_precision

THEOREM = (
    "The finite-time exponent of the orbit theta_{t+1} = theta_t - eta grad L(theta_t) of real arithmetic between the "
    "steps s < t is (log |v_t|_1 - log |v_s|_1) / (t - s) with v_{t+1} = (I - eta Hess L(theta_t)) v_t; every step is "
    "enclosed [F. Johansson, Arb, IEEE Transactions on Computers 66 (2017)]. The slope over a window is the one of the "
    "least-squares line through log |v_t|_1."
)
UNIT = "nats per step"
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


def certify_orbit_exponent(
    network: ExactNetwork,
    start: Any,
    direction: Any,
    rate: Any,
    stretches: Stretches,
    *,
    tolerance: float = 1e-12,
    bits: int | None = None,
    attempts: int = 4,
) -> Certificate:
    """Certificate with enclosures of the exponents and slopes, UNDECIDED where the bits do not give `tolerance`.

    `start` and `direction` (D,) are floats taken as exact numbers; the orbit is that of the map in real arithmetic.
    `bits` are chosen when left out, and doubled up to `attempts` - 1 times until every enclosure is narrower than
    `tolerance` (nats per step).
    Raises `InputError` on malformed input.
    """
    problem = {
        "network": network.as_data(),
        "start": start,
        "direction": direction,
        "learning_rate": checked_rate(rate),
        "exponents": [list(pair) for pair in stretches.exponents],
        "windows": [list(pair) for pair in stretches.windows],
        "tolerance": positive_number(tolerance, "tolerance"),
    }
    _read_stretches(problem)
    precision = checked_bits(min(128 + 3 * stretches.last, MOST_BITS) if bits is None else bits)
    for attempt in range(positive_integer(attempts, "attempts")):
        title, witness = "The finite-time exponent of an exact orbit", {"bits": min(precision << attempt, MOST_BITS)}
        certificate = issue("orbit-exponent", title, problem, witness)
        if certificate.verdict is not Verdict.UNDECIDED:
            break
    return certificate


def prove_orbit_exponent(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Outcome:
    """problem: network, start, direction, learning_rate, exponents, windows, tolerance. witness: bits."""
    network, stretches = network_from_data(problem["network"]), _read_stretches(problem)
    rate, bits = checked_rate(problem["learning_rate"]), checked_bits(witness["bits"])
    tolerance = positive_number(problem["tolerance"], "tolerance")
    logs = tangent_logs(network, problem["start"], problem["direction"], rate, stretches.last, bits)
    with arb_precision(bits):
        found = _claims(stretches, logs)
    wide = [claim for claim in found if claim.enclosure is None or not claim.enclosure.width <= tolerance]
    if wide:
        reason = f"{wide[0].statement} is known only to {wide[0].enclosure} with {bits} bits"
        return Outcome(
            Verdict.UNDECIDED, THEOREM, found, (), reason, "raise bits or the tolerance, or take fewer steps"
        )
    return Outcome(Verdict.PROVED, THEOREM, found)


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


def _claims(stretches: Stretches, logs: Sequence[flint.arb]) -> tuple[Claim, ...]:
    claims = []
    for first, last in stretches.exponents:
        value = (logs[last] - logs[first]) / (last - first)
        claims.append(_claim(f"exponent {first}-{last}", f"Exponent between the steps {first} and {last}.", value))
    for first, last in stretches.windows:
        statement = f"Slope of log |v_t|_1 over the steps {first} to {last}."
        claims.append(_claim(f"slope {first}-{last}", statement, _slope(logs, first, last)))
    return tuple(claims)


def _claim(name: str, statement: str, value: flint.arb) -> Claim:
    return Claim(name, statement, arb_enclosure(value) if value.is_finite() else _EVERYTHING, UNIT)


def _slope(logs: Sequence[flint.arb], first: int, last: int) -> flint.arb:
    """sum (2 k - n) y_k / (2 sum (k - n/2)^2), k = 0..n, exact weights: 2 sum (k - n/2)^2 = n (n + 1) (n + 2) / 6."""
    n = last - first
    total = sum(((2 * k - n) * logs[first + k] for k in range(n + 1)), flint.arb(0))
    return total * 6 / (n * (n + 1) * (n + 2))


def _read_stretches(problem: Mapping[str, Any]) -> Stretches:
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
