"""Families with entries far from one: matrices and coordinates are scaled by powers of two first.

For a diagonal D and numbers s_i the family 2^(-s_i) D^-1 A_i D has the exponent lambda - log(2) sum_i p_i s_i: the
scalars come out of the products, and D^-1 A_n .. A_1 D differs from A_n .. A_1 by a bounded factor. D and the 2^(s_i)
are chosen so that the logarithms of the entries are small in the mean square; the other engines then meet no overflow.
"""

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpq_mat

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.arb_family import arb_probabilities, enclosure_of
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.families.rationals import to_fmpq
from foundation import CertificateError
from foundation.arb_precision import arb_precision

LARGEST_SIZE = 20_000
LARGEST_SHIFT = 1100
# 2^-1000 and 2^1000 are normal floats.
_LARGEST_FACTOR = 1000
_PRECISION = 128


def admits(family: Any) -> str | None:
    """None for lists of at most 20,000 entries, whatever their sizes, else the reason."""
    if not isinstance(family, Family):
        return "the family is not a list of matrices"
    return None if family.matrices.size <= LARGEST_SIZE else f"there are more than {LARGEST_SIZE} entries"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of the scaled family from the witness's proofs, moved by log(2) sum_i p_i s_i.

    Checked: whole shifts, one for each letter, and weights, one for each coordinate; no entry of the scaled family is
    an exact zero unless it was one (powers of two may underflow); the proofs are those of the scaled family, which is
    not scaled again.
    """
    from certify.lyapunov.prove import prove_exponent

    shifts = _whole(witness, "shifts", family.count)
    weights = _whole(witness, "weights", family.dimension)
    pairs = [(str(engine), found) for engine, found in witness["proofs"]]
    if any(engine == "scaling" for engine, _ in pairs):
        raise CertificateError("a scaled family is not scaled again")
    inner = prove_exponent(scaled(family, shifts, weights), pairs)
    with arb_precision(_PRECISION):
        mean = sum((p * s for p, s in zip(arb_probabilities(family), shifts, strict=True)), arb(0))
        moved = enclosure_of(arb.const_log2() * mean)
    return Enclosure(_moved(inner.lower, moved.lower, -np.inf), _moved(inner.upper, moved.upper, np.inf))


def _moved(end: float, shift: float, outward: float) -> float:
    """end + shift, rounded outward; an infinite end stays as it is."""
    return end if np.isinf(end) else float(np.nextafter(end + shift, outward))


def scaled(family: Family, shifts: list[int], weights: list[int]) -> Family:
    """The family 2^(-s_i) D^-1 A_i D with D = diag(2^(w_j)): exact for exact families, balls otherwise."""
    powers = [[[wj - wi - s for wj in weights] for wi in weights] for s in shifts]
    if family.exact is not None:
        matrices = [_scaled_exactly(a, table) for a, table in zip(family.exact, powers, strict=True)]
        return matrix_family(matrices, _probabilities(family))
    # several factors, because one may be beyond the range of float64: each is a normal number
    balls, left = family.matrices, np.array(powers)
    while np.any(left):
        part = np.clip(left, -_LARGEST_FACTOR, _LARGEST_FACTOR)
        balls, left = balls * np.ldexp(1.0, part), left - part
    if np.any((family.matrices.magnitude > 0) & ~(balls.magnitude > 0)):
        raise CertificateError("the scaled family has an exact zero where the family has none")
    return matrix_family(balls, _probabilities(family))


def _scaled_exactly(matrix: fmpq_mat, powers: list[list[int]]) -> fmpq_mat:
    rows = matrix.tolist()
    return fmpq_mat([[x * _power(p) for x, p in zip(*pair, strict=True)] for pair in zip(rows, powers, strict=True)])


def _power(exponent: int) -> fmpq:
    return to_fmpq(Fraction(2) ** exponent)


def _whole(witness: Witness, name: str, count: int) -> list[int]:
    values = witness[name]
    if len(values) != count or any(isinstance(x, bool) or not isinstance(x, int) for x in values):
        raise CertificateError(f"the witness needs {count} whole numbers {name!r}")
    if any(abs(x) > 4 * LARGEST_SHIFT for x in values):
        raise CertificateError(f"the witness's {name!r} must lie within {4 * LARGEST_SHIFT} of zero")
    return list(values)


def _probabilities(family: Family) -> Ball | list[Any]:
    return family.probabilities if family.exact_probabilities is None else list(family.exact_probabilities)
