"""Precision for the proofs about exact orbits: doubled until they succeed."""

from typing import Any

from certify.certificate.issue import issue
from certify.certificate.model import Certificate
from certify.trajectories.exponent import Stretches, read_stretches
from certify.trajectories.network import ExactNetwork
from certify.trajectories.orbit import MOST_BITS, checked_bits, checked_rate, checked_steps
from certify.verdict import Verdict
from foundation import positive_integer, positive_number

ATTEMPTS = 3


def certify_descent(
    network: ExactNetwork, start: Any, rate: Any, steps: int, *, bits: int | None = None, attempts: int = ATTEMPTS
) -> Certificate:
    """Certificate for "the loss falls at each of the first `steps` steps from `start`": PROVED, REFUTED or UNDECIDED.

    REFUTED means that the loss is proved to rise at some step; the claims name the first such step. `bits` are chosen
    when left out, and doubled up to `attempts` - 1 times while undecided. Raises `InputError` on malformed input.
    """
    problem = {
        "network": network.as_data(),
        "start": start,
        "learning_rate": checked_rate(rate),
        "steps": checked_steps(steps),
    }
    precision = checked_bits(min(128 + problem["steps"] // 8, MOST_BITS) if bits is None else bits)
    for attempt in range(positive_integer(attempts, "attempts")):
        witness = {"bits": min(precision << attempt, MOST_BITS)}
        certificate = issue("descent", problem, witness)
        if certificate.verdict is not Verdict.UNDECIDED:
            break
    return certificate


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
    read_stretches(problem)
    precision = checked_bits(min(128 + 3 * stretches.last, MOST_BITS) if bits is None else bits)
    for attempt in range(positive_integer(attempts, "attempts")):
        witness = {"bits": min(precision << attempt, MOST_BITS)}
        certificate = issue("orbit-exponent", problem, witness)
        if certificate.verdict is not Verdict.UNDECIDED:
            break
    return certificate


def certify_null_directions(network: ExactNetwork, theta: Any, *, bits: int = 256, attempts: int = 3) -> Certificate:
    """Certificate for "the kernel of the Hessian of the loss at theta is spanned by the softmax's null directions".

    The h + 1 directions are proved without condition; that there are no more is PROVED by a determinant, or UNDECIDED
    after `attempts` doublings of `bits`. Raises `InputError` on malformed input.
    """
    problem, precision = {"network": network.as_data(), "theta": theta}, checked_bits(bits)
    for attempt in range(positive_integer(attempts, "attempts")):
        witness = {"bits": min(precision << attempt, MOST_BITS)}
        certificate = issue("null-directions", problem, witness)
        if certificate.verdict is not Verdict.UNDECIDED:
            break
    return certificate
