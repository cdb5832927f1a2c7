"""The solution of h' = -kappa h(t - 1), h = 1 on [-1, 0], as a polynomial in kappa at every rational time."""

import functools
from collections.abc import Sequence
from fractions import Fraction

import flint

from foundation import InputError

_LONGEST = 200


@functools.lru_cache(maxsize=64)
def step_polynomial(time: Fraction) -> flint.fmpq_poly:
    """p(time) as a polynomial in kappa with rational coefficients, exact; `time` in units of the delay, 0 to 200.

    Step by step, p on [n, n + 1] is p(n) - kappa times the integral of p on the step before [R. Driver, Ordinary and
    Delay Differential Equations, 1977, section 21]. For h' = -K h(t - tau) it gives h(T) = p(T / tau) h(0) with kappa =
    K tau. Raises `InputError` outside the range.
    """
    if not 0 <= time <= _LONGEST:
        raise InputError(f"the time must lie between 0 and {_LONGEST} delays, but is {time}")
    kappa = flint.fmpq_poly([0, 1])
    step = [flint.fmpq_poly([1])]  # coefficients of powers of the time since the step began
    while time > 1:
        step, time = _next_step(step, kappa), time - 1
    return _at(_next_step(step, kappa), time)


def _next_step(step: list[flint.fmpq_poly], kappa: flint.fmpq_poly) -> list[flint.fmpq_poly]:
    """p(n) - kappa * integral of the step before."""
    return [_at(step, Fraction(1)), *(-kappa * entry / (power + 1) for power, entry in enumerate(step))]


def _at(step: list[flint.fmpq_poly], time: Fraction) -> flint.fmpq_poly:
    point, total = flint.fmpq(time.numerator, time.denominator), flint.fmpq_poly([0])
    for entry in reversed(step):
        total = total * point + entry
    return total


def solution_value(time: Fraction, kappa: flint.arb) -> flint.arb:
    """A ball that contains p(time) for every kappa in the ball, at the current precision of Arb."""
    total = flint.arb(0)
    for entry in reversed(step_polynomial(time).coeffs()):
        total = total * kappa + flint.arb(entry)
    return total


def solution_matrix(time: Fraction, kappa: Sequence[Sequence[Fraction]]) -> flint.fmpq_mat:
    """p(time) at a square rational matrix kappa = tau K: the derivative of h(T) by h(0), exact."""
    size = len(kappa)
    matrix = flint.fmpq_mat(size, size, [flint.fmpq(x.numerator, x.denominator) for row in kappa for x in row])
    one = flint.fmpq_mat(size, size, [flint.fmpq(int(i == j)) for i in range(size) for j in range(size)])
    total = 0 * one
    for entry in reversed(step_polynomial(time).coeffs()):
        total = total * matrix + entry * one
    return total
