"""Exact Lyapunov exponents where products of matrices renew themselves: rank-one factors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy

from foundation import InputError, positive_integer
from symbolic.checks import AllOf, Equal
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step
from symbolic.gram import gram_of
from symbolic.inputs import exact_number, positive_exact_number
from symbolic.prove_sign import number_sign
from symbolic.sgd_family import sgd_family


@final
@dataclass(frozen=True)
class RenewalSeries:
    """lambda = sum over n >= 0 of `term(n)`, in nats per step, exactly.

    `partial_sum`: the first terms; `tail_lower` <= the rest <= `tail_upper`, exact expressions (proved). When a term is
    log 0 all three are -oo, and so is the exponent. `derivation` shows the renewal identity.
    """

    cosine_squared: sympy.Expr
    multiplier: sympy.Expr
    partial_sum: sympy.Expr
    tail_lower: sympy.Expr
    tail_upper: sympy.Expr
    derivation: Derivation

    def term(self, n: int) -> sympy.Expr:
        """2^-(n + 2) log |kappa + (1 - kappa) m^n|."""
        return _term(self.cosine_squared, self.multiplier, n)


def renewal_series(kernel: Any, learning_rate: Any, terms: int = 20) -> RenewalSeries:
    """The exponent of SGD (N = 2, B = 1) when eta K_ii = 1 for one data point: A_i has rank one and the product renews.

    With kappa = K_12^2/(K_11 K_22) and m = 1 - eta K_jj for the other point j,
    lambda = sum_n 2^-(n+2) log |kappa + (1 - kappa) m^n|: between two visits of A_i = a b^T there are n visits of A_j
    with probability 2^-(n+1), a visit of A_i has frequency 1/2, and b^T A_j^n a = kappa + (1 - kappa) m^n.
    Tail from n = T: with |m| < 1 and q = |(1 - kappa) m^T/kappa| < 1 it is 2^-(T+1) log kappa up to
    q 2^-(T+1)/(1 - q); with |m| > 1 it lies between 2^-(T+1) times logarithms of linear growth, see the code.
    Raises `InputError` unless K is 2 x 2, numeric, positive definite and eta K_ii = 1 for some i.
    """
    matrix, eta = gram_of(kernel), positive_exact_number(learning_rate, "the learning rate")
    count = positive_integer(terms, "terms")
    if matrix.shape != (2, 2) or matrix.free_symbols or not matrix.is_positive_definite:
        raise InputError(
            f"the renewal series needs a positive definite 2 x 2 Gram matrix of numbers, not {matrix.tolist()}"
        )
    singular = [i for i in range(2) if is_zero(eta * matrix[i, i] - 1)]
    if not singular:
        raise InputError(
            f"no eta K_ii equals 1 (they are {eta * matrix[0, 0]} and {eta * matrix[1, 1]}): nothing renews"
        )
    other = 1 - singular[0]
    kappa = sympy.cancel(matrix[0, 1] ** 2 / (matrix[0, 0] * matrix[1, 1]))
    multiplier = sympy.cancel(1 - eta * matrix[other, other])
    derivation = _derivation(matrix, eta, singular[0], kappa, multiplier)
    if any(is_zero(_argument(kappa, multiplier, n)) for n in range(count)):
        return RenewalSeries(kappa, multiplier, -sympy.oo, -sympy.oo, -sympy.oo, derivation)
    partial = sympy.Add(*[_term(kappa, multiplier, n) for n in range(count)])
    lower, upper = _tail(kappa, multiplier, count)
    return RenewalSeries(kappa, multiplier, partial, lower, upper, derivation)


def _derivation(
    matrix: sympy.ImmutableMatrix, eta: sympy.Expr, i: int, kappa: sympy.Expr, multiplier: sympy.Expr
) -> Derivation:
    """A_i = a b^T, and A_j maps v(P) to v(m P), where v(1) = a and b^T v(P) = kappa + (1 - kappa) P."""
    family = sgd_family(matrix, eta)
    power = sympy.Symbol("P", real=True)
    unit = sympy.Matrix([1 if row != i else 0 for row in range(2)])
    column = (family[(i,)] * unit).as_immutable()
    row = unit.T.as_immutable()
    overlap = kappa + (1 - kappa) * power
    vector = sympy.ImmutableMatrix([column[k] if k == i else overlap for k in range(2)])
    steps = (
        Step(
            "Since eta K_ii = 1, the step with this data point has rank one.",
            reason="Multiplication.",
            check=Equal(family[(i,)], sympy.MatMul(column, row, evaluate=False)),
        ),
        Step(
            "The other step, applied n times to the column a, gives the vector v(P) with P = m^n: it "
            "starts as v(1) = a, and one more step turns P into m P.",
            reason="Induction over n.",
            check=AllOf(
                (
                    Equal(vector.subs(power, 1).as_immutable(), column),
                    Equal((family[(1 - i,)] * vector).as_immutable(), vector.subs(power, multiplier * power)),
                )
            ),
        ),
        Step(
            "So between two visits of the rank-one step, with n other steps in between (probability "
            "2^-(n+1)), the product collects the factor kappa + (1 - kappa) m^n. Visits have frequency "
            "1/2: the exponent is the sum of 2^-(n+2) log |kappa + (1 - kappa) m^n| over n >= 0.",
            reason="Renewal; law of large numbers.",
            check=Equal((row * vector)[0], overlap),
        ),
    )
    return Derivation("The exponent as a renewal series", ((power, "m^n"),), steps)


def _argument(kappa: sympy.Expr, multiplier: sympy.Expr, n: int) -> sympy.Expr:
    return kappa + (1 - kappa) * multiplier**n


def _term(kappa: sympy.Expr, multiplier: sympy.Expr, n: int) -> sympy.Expr:
    return sympy.log(sympy.Abs(_argument(kappa, multiplier, n))) / 2 ** (n + 2)


def _tail(kappa: sympy.Expr, m: sympy.Expr, start: int) -> tuple[sympy.Expr, sympy.Expr]:
    """Bounds of sum_{n >= T} 2^-(n+2) log |kappa + (1 - kappa) m^n|; kappa in [0, 1)."""
    weight = sympy.Rational(1, 2 ** (start + 1))
    side = number_sign(abs(m) - 1)
    if side == 0:
        return _tail_on_circle(kappa, m, weight, start)
    if side == -1:
        if kappa == 0:
            return _tail_of_powers(m, weight, start)
        q = abs((1 - kappa) * m**start / kappa)
        centre = weight * sympy.log(kappa)
    else:
        q = abs(kappa / ((1 - kappa) * m**start))
        centre = weight * sympy.log(1 - kappa) + _tail_of_powers(m, weight, start)[0]
    if number_sign(1 - q) != 1:
        raise InputError(f"the tail bound needs more terms than {start}: the ratio {q} is not below 1")
    slack = weight * q / (1 - q)
    return centre - slack, centre + slack


def _tail_of_powers(m: sympy.Expr, weight: sympy.Expr, start: int) -> tuple[sympy.Expr, sympy.Expr]:
    """sum_{n >= T} 2^-(n+2) n log |m| = 2^-(T+1) (T + 1) log |m|, exactly."""
    if m == 0:
        return -sympy.oo, -sympy.oo
    value = weight * (start + 1) * sympy.log(abs(m))
    return value, value


def _tail_on_circle(kappa: sympy.Expr, m: sympy.Expr, weight: sympy.Expr, start: int) -> tuple[sympy.Expr, sympy.Expr]:
    """m = 1 is excluded by K > 0; for m = -1 the terms alternate between log 1 and log |2 kappa - 1|."""
    odd = 2 * kappa - 1
    if is_zero(odd):
        return -sympy.oo, -sympy.oo
    first_odd = start if start % 2 else start + 1
    value = sympy.Rational(1, 2 ** (first_odd + 2)) * sympy.Rational(4, 3) * sympy.log(abs(odd))
    return value, value


def rank_one_exponent(
    columns: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]], probabilities: Sequence[Any] | None = None
) -> sympy.Expr:
    """The top exponent of the family a_i b_i^T: sum_ij p_i p_j log |b_i . a_j|, exactly (-oo when a product is 0).

    `columns` are the a_i, `rows` the b_i, exact numbers; `probabilities` default to equal ones.
    Source: the product a_i b_i^T a_j b_j^T ... is a scalar product of consecutive overlaps; independence.
    """
    a = [[exact_number(x, "an entry of a column") for x in column] for column in columns]
    b = [[exact_number(x, "an entry of a row") for x in row] for row in rows]
    if not a or len(a) != len(b) or len({len(item) for item in (*a, *b)}) != 1:
        raise InputError("columns and rows must be equally many vectors of one length")
    weights = probability_vector(probabilities, len(a))
    overlaps = {
        (i, j): sum(x * y for x, y in zip(b[i], a[j], strict=True)) for i in range(len(a)) for j in range(len(a))
    }
    live = {pair: value for pair, value in overlaps.items() if weights[pair[0]] * weights[pair[1]] != 0}
    if any(is_zero(value) for value in live.values()):
        return -sympy.oo
    return sympy.Add(*[weights[i] * weights[j] * sympy.log(sympy.Abs(value)) for (i, j), value in live.items()])


def probability_vector(probabilities: Sequence[Any] | None, size: int) -> list[sympy.Expr]:
    """Exact probabilities that sum to one; raises `InputError` otherwise."""
    if probabilities is None:
        return [sympy.Rational(1, size)] * size
    weights = [exact_number(p, "a probability") for p in probabilities]
    if len(weights) != size or any(number_sign(p) == -1 for p in weights) or is_zero(sum(weights) - 1) is not True:
        raise InputError(f"the probabilities must be {size} non-negative numbers with sum 1, but are {weights}")
    return weights
