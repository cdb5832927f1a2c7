"""The exponent of a family with matrices of rank one: a series over the words between two of them.

Let S be the letters of rank one, A_s = a_s b_s^T, and R the others. Cutting a product after each letter of S,
lambda = sum over s, s' in S and all words W over R of p_s p_s' p_W log|b_s' . W a_s|,
because the stretches between letters of S are independent given these letters, each contributes log|b_s' . W a_s| and
has mean length 1/P, P = sum_S p_s (renewal-reward theorem [W. Feller, An Introduction to Probability Theory, vol. 2,
XI]; the terms are bounded above, so that the expectation exists, possibly -inf; the limit along the letters of S is the
limit along all steps, which exists almost surely by Kingman's theorem). The application to these products is our own.

Bounds of the remainder over words of length m >= M. Above: log|b_s' . W a_s| is at most log|b_s'| + log|a_s| + the sum
of log|A_i| over the letters of W. Both sides, when R is one matrix A: b . A^m a = sum_j c_j mu_j^m over the roots of
the shortest recurrence of this sequence, when these are distinct (decided in rationals); when |mu_1| is greatest,
|b . A^m a| lies between |c_1| |mu_1|^m (1 - eps) and |c_1| |mu_1|^m (1 + eps), eps = sum_(j>1) |c_j/c_1| |mu_j/mu_1|^M.
In both cases the sums over m are geometric. Below also: where b . W a is proved not to vanish for any word over R
(`nonvanishing`), it is at least one over the product of the denominators of a, b and the letters of W. Otherwise the
lower side is -inf. A vanishing term makes lambda = -inf.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from flint import acb, acb_mat, arb, fmpq, fmpq_mat, fmpq_poly

from certify.enclosure import Enclosure
from certify.lyapunov.arb_family import arb_probabilities, enclosure_of
from certify.lyapunov.exact import rank_one_factors
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.nonvanishing import never_vanishes, scale_to_whole
from certify.lyapunov.time_limit import check_time
from certify.lyapunov.witness_fields import integer_field
from foundation import CertificateError
from foundation.arb_precision import arb_precision

Vector: TypeAlias = list[fmpq]

WORDS = 20_000
LONGEST = 2_000


@final
@dataclass(frozen=True)
class _Renewal:
    """The letters of rank one (probability, a, b) and the others (probability, matrix)."""

    singular: list[tuple[arb, Vector, Vector]]
    others: list[tuple[arb, fmpq_mat]]

    @property
    def stop(self) -> arb:
        """P, the probability of a letter of rank one, which is 1 - q."""
        return sum((p for p, _, _ in self.singular), arb(0))

    @property
    def go_on(self) -> arb:
        """q, the probability of another letter."""
        return sum((p for p, _ in self.others), arb(0))


def admits(family: Family) -> str | None:
    """None when some matrix is exactly of rank one with a positive probability, else the reason."""
    if family.exact is None:
        return "a matrix of rank one is recognised in exact arithmetic only, and the family is given by balls"
    if not any(matrix.rank() <= 1 for matrix in family.exact):
        return "no matrix of the family has rank one"
    return None if np.all(family.probabilities.lower > 0) else "some probability is not proved to be positive"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of the series cut at the witness's `length`.

    Raises `CertificateError` for a family without a matrix of rank one, and for an unusable witness.
    """
    reason = admits(family)
    if reason:
        raise CertificateError(f"the renewal series does not apply: {reason}")
    length = integer_field(witness, "length", 1, LONGEST)
    with arb_precision(integer_field(witness, "precision", 53, 100_000)):
        renewal = _split(family)
        if len(renewal.others) ** length > WORDS * 2**7:
            raise CertificateError(f"the witness asks for {len(renewal.others)}^{length} words, which are too many")
        return _series(renewal, length)


def _split(family: Family) -> _Renewal:
    assert family.exact is not None
    letters = list(zip(arb_probabilities(family), family.exact, strict=True))
    singular = [(p, *rank_one_factors(matrix)) for p, matrix in letters if matrix.rank() <= 1]
    return _Renewal(singular, [(p, matrix) for p, matrix in letters if matrix.rank() > 1])


def _series(renewal: _Renewal, length: int) -> Enclosure:
    """The terms of words shorter than `length`, and the bounds of the others."""
    total = arb(0)
    for probability, start, _ in renewal.singular:
        for weight, vector in _images(renewal, start, length):
            for last, _, functional in renewal.singular:
                value = abs(_dot(functional, vector))
                if value == 0:
                    return Enclosure(-np.inf, -np.inf)
                total += probability * weight * last * arb(value).log()
    if not renewal.others:
        return enclosure_of(total)
    lower, upper = _remainder(renewal, length)
    high = enclosure_of(total + upper).upper
    return Enclosure(-np.inf if lower is None else enclosure_of(total + lower).lower, high)


def _images(renewal: _Renewal, start: Vector, length: int) -> Iterator[tuple[arb, Vector]]:
    """(p_W, W a) for all words W of fewer than `length` letters of rank above one."""
    layer = [(arb(1), start)]
    for step in range(length):
        check_time()
        yield from layer
        if step < length - 1:
            layer = [(weight * p, _apply(matrix, v)) for weight, v in layer for p, matrix in renewal.others]


def _remainder(renewal: _Renewal, length: int) -> tuple[arb | None, arb]:
    """Lower (None: -inf) and upper bound of the terms of words with `length` letters or more."""
    lower: arb | None = arb(0)
    upper = arb(0)
    for first, start, _ in renewal.singular:
        for last, _, functional in renewal.singular:
            sharp = _sharp_remainder(renewal, start, functional, length)
            if sharp is not None:
                low: arb | None = sharp[0]
                high = sharp[1]
            else:
                low = None if lower is None else _whole_remainder(renewal, start, functional, length)
                high = _norm_remainder(renewal, start, functional, length)
            upper += first * last * high
            lower = None if lower is None or low is None else lower + first * last * low
    return lower, upper


def _whole_remainder(renewal: _Renewal, start: Vector, functional: Vector, length: int) -> arb | None:
    """A lower bound from |b . W a| >= 1 / (denominators of b, a and the letters of W), or None: it may vanish."""
    matrices = [matrix for _, matrix in renewal.others]
    if not never_vanishes(matrices, start, functional):
        return None
    constant = arb(scale_to_whole(start) * scale_to_whole(functional))
    growth = sum(
        (p * arb(scale_to_whole(x for row in m.tolist() for x in row)).log() for p, m in renewal.others), arb(0)
    )
    count, mean = _geometric(renewal, length)
    return -(count * constant.log() + mean / renewal.go_on * growth)


def _norm_remainder(renewal: _Renewal, start: Vector, functional: Vector, length: int) -> arb:
    """An upper bound from |b . W a| <= |b|_1 |a|_max prod |A_i|_max, with row-sum norms."""
    constant = arb(sum(map(abs, functional), fmpq(0))) * arb(max(map(abs, start)))
    growth = sum((p * arb(_row_sum_norm(matrix)).log() for p, matrix in renewal.others), arb(0))
    count, mean = _geometric(renewal, length)
    # sum over words of length m of p_W sum_letters log|A_i| = m q^(m-1) growth
    return count * constant.log() + mean / renewal.go_on * growth


def _sharp_remainder(renewal: _Renewal, start: Vector, functional: Vector, length: int) -> tuple[arb, arb] | None:
    """Both bounds from the dominant term of b . A^m a, or None when there is none that is proved to dominate."""
    if len(renewal.others) != 1:
        return None
    modes = _modes(renewal.others[0][1], start, functional)
    if not modes:
        return None
    (coefficient, root), others = modes[0], modes[1:]
    size, rate = abs(coefficient), abs(root)
    if not (size > 0 and rate > 0 and all(abs(other) < rate for _, other in others)):
        return None
    epsilon = sum((abs(c) / size * (abs(other) / rate).upper() ** length for c, other in others), arb(0)).upper()
    if not epsilon < 1:
        return None
    count, mean = _geometric(renewal, length)
    middle = count * size.log() + mean * rate.log()
    return middle + count * (1 - epsilon).log(), middle + count * (1 + epsilon).log()


def _geometric(renewal: _Renewal, length: int) -> tuple[arb, arb]:
    """sum_(m >= M) q^m and sum_(m >= M) m q^m, with 1 - q = P."""
    q, stop = renewal.go_on, renewal.stop
    power = q**length
    return power / stop, power * (length / stop + q / (stop * stop))


def _modes(matrix: fmpq_mat, start: Vector, functional: Vector) -> list[tuple[acb, acb]]:
    """(c_j, mu_j) with b . A^m a = sum_j c_j mu_j^m, the greatest |mu_j| first; empty when there is no such form.

    The mu_j are the roots of the shortest linear recurrence of the sequence, when these are distinct.
    """
    terms = _sequence(matrix, start, functional, 2 * matrix.nrows())
    recurrence = shortest_recurrence(terms)
    if recurrence.degree() < 1 or recurrence.gcd(recurrence.derivative()).degree() > 0:
        return []
    found: Any = recurrence.numer().complex_roots()
    roots = [acb(root) for root, _ in found]
    powers = acb_mat([[root**k if k else acb(1) for root in roots] for k in range(len(roots))])
    try:
        solution = powers.solve(acb_mat([[acb(arb(term))] for term in terms[: len(roots)]]))
    except ZeroDivisionError:
        return []
    modes = [(solution[j, 0], root) for j, root in enumerate(roots)]
    return sorted(modes, key=lambda mode: -float(abs(mode[1]).mid()))


def shortest_recurrence(terms: list[fmpq]) -> fmpq_poly:
    """The monic polynomial c of least degree with sum_k c_k s_(m+k) = 0 for all m that the terms show.

    J. Massey, Shift-register synthesis and BCH decoding, IEEE Trans. Inform. Theory 15 (1969); 2 d terms determine
    the recurrence of b . A^m a for a d x d matrix (Cayley-Hamilton).
    """
    current, previous = [fmpq(1)], [fmpq(1)]
    degree, shift, scale = 0, 1, fmpq(1)
    for n in range(len(terms)):
        gap = sum((current[i] * terms[n - i] for i in range(min(degree, len(current) - 1) + 1)), fmpq(0))
        if gap == 0:
            shift += 1
            continue
        update = [fmpq(0)] * shift + [gap / scale * x for x in previous]
        size = max(len(current), len(update))
        padded = [*current, *[fmpq(0)] * (size - len(current))]
        changed = [x - y for x, y in zip(padded, [*update, *[fmpq(0)] * (size - len(update))], strict=True)]
        if 2 * degree <= n:
            previous, degree, scale, shift = current, n + 1 - degree, gap, 1
        else:
            shift += 1
        current = changed
    connection = [*current, *[fmpq(0)] * (degree + 1)][: degree + 1]
    return fmpq_poly(list(reversed(connection)))


def _sequence(matrix: fmpq_mat, start: Vector, functional: Vector, count: int) -> list[fmpq]:
    terms, vector = [], start
    for _ in range(count):
        terms.append(_dot(functional, vector))
        vector = _apply(matrix, vector)
    return terms


def _apply(matrix: fmpq_mat, vector: Vector) -> Vector:
    column = matrix * fmpq_mat([[x] for x in vector])
    return [column[i, 0] for i in range(column.nrows())]


def _dot(functional: Vector, vector: Vector) -> fmpq:
    return sum((x * y for x, y in zip(functional, vector, strict=True)), fmpq(0))


def _row_sum_norm(matrix: fmpq_mat) -> fmpq:
    return max(sum(map(abs, row), fmpq(0)) for row in matrix.tolist())
