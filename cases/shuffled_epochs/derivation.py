"""Two examples under three ways to draw them: what is exact, and the surface where both exponents are.

With K = [[a, c], [c, b]], x = eta a, y = eta b and r = c^2 / (a b), the squared cosine between the gradients, a step
with the first or second example is A1 = [[1 - x, -eta c], [0, 1]] or A2 = [[1, 0], [-eta c, 1 - y]] on the residuals.
"""

import sympy

from symbolic import Derivation, Equal, EquivalentTo, Step
from symbolic.checks import AllOf, CharacteristicPolynomialIs, Definition, SignIs
from symbolic.checks.claim import Check

X, Y, C = sympy.symbols("x y c", real=True)
R = sympy.Symbol("r", positive=True)
# 1 - x
S = sympy.Symbol("s", real=True)
_Z = sympy.Symbol("z")
# 1 / r - 1
_Q = sympy.Symbol("q", positive=True)
_SOURCE = "Chemnitz and Engel, sections 2.4 to 2.7, for the linearised steps"


def steps(x: sympy.Expr, y: sympy.Expr, c: sympy.Expr) -> tuple[sympy.Matrix, sympy.Matrix]:
    """(A1, A2) for eta a = x, eta b = y and eta times the inner product c."""
    return sympy.Matrix([[1 - x, -c], [0, 1]]), sympy.Matrix([[1, 0], [-c, 1 - y]])


def factor(count: int, s: sympy.Expr, r: sympy.Expr) -> sympy.Expr:
    """f_k = r + (1 - r) s^k: what k steps with the first example do between two projections onto the second one."""
    return r + (1 - r) * s**count


def shuffled_exponent(s: sympy.Expr, r: sympy.Expr) -> sympy.Expr:
    """(log|f_0| + 2 log|f_1| + log|f_2|) / 8 in nats a step, where eta b = 1; f_0 = 1."""
    return (2 * sympy.log(sympy.Abs(factor(1, s, r))) + sympy.log(sympy.Abs(factor(2, s, r)))) / 8


def fixed_exponent(s: sympy.Expr, r: sympy.Expr) -> sympy.Expr:
    """log|f_1| / 2 in nats a step, where eta b = 1."""
    return sympy.log(sympy.Abs(factor(1, s, r))) / 2


def derive_orders() -> Derivation:
    """For every K and eta: the epoch's trace and determinant, and when a fixed order is stable."""
    first, second = steps(X, Y, C)
    epoch = second * first
    determinant = epoch.det()
    both = _Z**2 - (2 - X - Y + C**2) * _Z + (1 - X) * (1 - Y)
    shown = (
        Step(
            "Both orders of an epoch have the same trace and determinant, hence the same eigenvalues: a fixed order is "
            "stable or not whichever it is.",
            reason="tr(A1 A2) = tr(A2 A1), and the same for determinants.",
            reference=_SOURCE,
            check=AllOf(
                (
                    CharacteristicPolynomialIs((first * second).as_immutable(), _Z, both),
                    CharacteristicPolynomialIs(epoch.as_immutable(), _Z, both),
                )
            ),
        ),
        Step(
            "Shuffled or drawn independently, the exponents of a step sum to the same number, "
            "(log|1 - x| + log|1 - y|) / 2: the sum cannot tell the two apart.",
            reason="Determinants multiply, and each example has half of the steps.",
            reference=_SOURCE,
            check=Equal(determinant, first.det() * second.det()),
        ),
    )
    symbols = ((X, "eta a"), (Y, "eta b"), (C, "eta times the inner product"), (_Z, "an eigenvalue"))
    return Derivation("What the order of two examples cannot change", symbols, shown)


def derive_surface() -> Derivation:
    """On eta b = 1 a step with the second example is a projection, and both exponents are renewal averages."""
    symbols = (
        (S, "1 - eta a"),
        (Y, "eta b"),
        (_Q, "1 / r - 1"),
        (_Z, "an eigenvalue"),
        (R, "squared cosine of the gradients"),
        (X, "eta a"),
        (C, "eta times the inner product"),
    )
    return Derivation("The exact surface eta b = 1", symbols, (*_returns(), *_averages(), *_stability()))


def _returns() -> tuple[Step, ...]:
    """What happens between two steps with the second example."""
    first, second = steps(X, Y, C)
    line = sympy.Matrix([1, -C])
    returns: list[Check] = []
    for count in (1, 2):
        after = (sympy.Matrix([[1, 0]]) * first**count * line)[0]
        # eta b = 1 makes (eta c)^2 = r x
        returns.append(Equal(after.subs(C, sympy.sqrt(R * X)).subs(X, 1 - S), factor(count, S, R)))
    return (
        Step(
            "Where eta b = 1, a step with the second example maps all residuals to one line.",
            reason="Its eigenvalues are 0 and 1, and A2 = (1, -eta c)^T (1, 0).",
            reference=_SOURCE,
            check=CharacteristicPolynomialIs(second.subs(Y, 1).as_immutable(), _Z, _Z**2 - _Z),
        ),
        Step(
            "k steps with the first example between two of the second multiply the residual on that line by "
            "f_k = r + (1 - r) s^k, s = 1 - x.",
            reason="A1^k (1, -eta c)^T has the first entry s^k + (eta c)^2 (1 - s^k) / (1 - s), and (eta c)^2 = r x.",
            reference="ours",
            check=AllOf(tuple(returns)),
        ),
    )


def _averages() -> tuple[Step, ...]:
    """The exponents as averages over the number of steps between projections."""
    return (
        Step(
            "In shuffled epochs k is 0, 1 or 2 with probabilities 1/4, 1/2, 1/4, and two steps pass on average between "
            "projections: the exponent is (2 log|f_1| + log|f_2|) / 8.",
            reason="k counts whether the first example comes last in one epoch, first in the next: independent, each "
            "with probability 1/2.",
            reference="ours; the law of large numbers",
            check=Definition(sympy.Symbol("lambda_shuffled"), shuffled_exponent(S, R)),
        ),
        Step(
            "Drawn independently, k has the probability 2^-(k + 1): the exponent is (1/2) sum over k of "
            "2^-(k + 1) log|f_k|.",
            reason="A geometric waiting time with mean one; log|f_k| grows at most linearly; where an f_k is 0 the "
            "exponent is minus infinity.",
            reference="ours; the law of large numbers",
            check=Definition(
                sympy.Symbol("lambda_iid"),
                sympy.Sum(
                    sympy.log(sympy.Abs(R + (1 - R) * S ** sympy.Symbol("k"))) / 2 ** (sympy.Symbol("k") + 2),
                    (sympy.Symbol("k"), 0, sympy.oo),
                ),
            ),
        ),
    )


def _stability() -> tuple[Step, ...]:
    """Where the epochs are stable."""
    return (
        Step(
            "Shuffled epochs are stable exactly where (r + (1 - r) s)^2 (r + (1 - r) s^2) < 1.",
            reason="f_2 is positive (write r = 1 / (1 + q), q > 0), so the exponential of eight times the exponent is "
            "this product.",
            reference="ours",
            check=SignIs(factor(2, S, 1 / (1 + _Q)), ">"),
        ),
        Step(
            "A fixed order is stable exactly where |r + (1 - r) s| < 1, which for x > 0 is (1 - r) x < 2.",
            reason="The eigenvalues of an epoch are f_1 and 0, and f_1 = 1 - (1 - r) x.",
            reference="ours",
            check=EquivalentTo(sympy.StrictLessThan((1 - R) * X, 2), sympy.StrictGreaterThan(1 - (1 - R) * X, -1)),
        ),
    )
