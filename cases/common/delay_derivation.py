"""The delay equation h' = -K h(t - tau) with constant initial data, step by step."""

from fractions import Fraction

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, IsRoot, RealRootsAre, SignIs, at
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (8)"
_SHOWN, _LARGEST_DEGREE = 4, 8
KAPPA = sympy.Symbol("kappa", positive=True)


def step_sum(time: sympy.Expr, kappa: sympy.Expr, count: int) -> sympy.Expr:
    """sum over j <= count of (-kappa (time - j + 1))^j / j!: h(time)/h(0) for a time of count - 1 to count delays."""
    return sympy.Add(1, *[(-kappa * (time - j + 1)) ** j / sympy.factorial(j) for j in range(1, count + 1)])


def step_count(time: Fraction) -> int:
    """The number of steps until the time (in delays), at least one."""
    return max(1, -(-time.numerator // time.denominator))


def derivative_polynomial(time: Fraction) -> sympy.Expr:
    """dh(T)/dh(0) as a polynomial in kappa = K tau, at T = time delays."""
    exact = sympy.Rational(time.numerator, time.denominator)
    return sympy.expand(step_sum(exact, KAPPA, step_count(time)))


def exact_first_zero(time: Fraction) -> sympy.Expr | None:
    """The smallest root of that polynomial: in radicals up to degree two; None above degree eight."""
    polynomial = sympy.Poly(derivative_polynomial(time), KAPPA, domain="QQ")
    if polynomial.degree() > _LARGEST_DEGREE:
        return None
    if polynomial.degree() <= 2:
        return min(sympy.roots(polynomial), key=lambda root: root.evalf(60))
    return polynomial.real_roots()[0]


def derive_steps(time: Fraction) -> Derivation:
    """The solution on the first steps, its derivative by the input at T = time delays, and the roots of it."""
    t, x = sympy.symbols("t x", real=True)
    tau, k = sympy.symbols("tau K", positive=True)
    count = step_count(time)
    pieces = [x * step_sum(t / tau, k * tau, j) for j in range(min(count, _SHOWN) + 1)]
    steps = [_piece_step(pieces, j, (t, tau, k)) for j in range(1, len(pieces))]
    exact = sympy.Rational(time.numerator, time.denominator)
    steps.append(
        Step(
            f"At T = {exact} tau the derivative of h(T) by the input is this polynomial in kappa = K tau: the equation "
            "depends on K and tau only through their product.",
            reason=f"The piece of step {count}, differentiated by x at t = T.",
            check=Equal(
                sympy.Derivative(x * step_sum(exact, k * tau, count), x),
                derivative_polynomial(time).subs(KAPPA, k * tau),
            ),
        )
    )
    first = exact_first_zero(time)
    if first is not None:
        steps.append(_root_step(time, first))
    meaning = ((t, "time"), (tau, "delay"), (k, "strength K of the feedback"), (x, "input, the constant initial value"))
    return Derivation("The method of steps for h' = -K h(t - tau)", meaning, tuple(steps))


def _piece_step(pieces: list[sympy.Expr], j: int, symbols: tuple[sympy.Symbol, ...]) -> Step:
    t, tau, k = symbols
    begin = (j - 1) * tau
    return Step(
        f"On [{j - 1} tau, {j} tau] the solution is this polynomial: its slope is -K times the piece before it, one "
        "delay earlier, and it begins where that piece ends.",
        reason="Differentiation and substitution.",
        reference=f"{_PAPER}; R. Driver, Ordinary and Delay Differential Equations, section 21",
        check=AllOf(
            (
                DerivativeIs(pieces[j], (t,), -k * pieces[j - 1].subs(t, t - tau)),
                Equal(at(pieces[j], (t, begin)), at(pieces[j - 1], (t, begin))),
            )
        ),
    )


def _root_step(time: Fraction, first: sympy.Expr) -> Step:
    polynomial = derivative_polynomial(time)
    if polynomial.is_polynomial(KAPPA) and sympy.degree(polynomial, KAPPA) <= 2:
        roots = tuple(sympy.roots(sympy.Poly(polynomial, KAPPA)))
        check: RealRootsAre | IsRoot = RealRootsAre(polynomial, KAPPA, roots)
    else:
        found = sympy.Poly(polynomial, KAPPA, domain="QQ").real_roots(multiple=True)
        check = RealRootsAre(polynomial, KAPPA, tuple(dict.fromkeys(found)))
    return Step(
        f"Its real roots; the first, about {sympy.N(first, 8)}, is where the derivative first vanishes: there the "
        "network maps every input to the same output, which no ordinary differential equation does.",
        reason="Isolation of real roots.",
        check=check,
    )


def derive_threshold() -> Derivation:
    """Comparison of any feedback with h' = -K h(t - tau), and why no time is long enough below K tau = 1/e."""
    k, tau, z, y, past, gap = sympy.symbols("K tau z y y_tau epsilon", positive=True)
    t = sympy.Symbol("t", real=True)
    rate = 1 / tau
    stronger = k + gap
    slope_z, slope_y = -k * (z * past / y), -stronger * past
    return Derivation(
        "How small the memory must be for the time-T map to stay increasing",
        (
            (k, "Lipschitz constant K"),
            (tau, "delay"),
            (z, "distance of two solutions at the time t"),
            (y, "solution of y' = -(K + epsilon) y(t - tau), y = 1 before 0, positive until T"),
            (past, "the same a delay earlier; y falls, so it is the largest value of y on [t - tau, t]"),
        ),
        (
            Step(
                "Let F have the Lipschitz constant K. If z/y has not fallen before t, then z is at most z(t) y(s)/y(t) "
                "at earlier times s, so |z'| <= K z y_tau/y. Even with the least slope the derivative of z/y is "
                "positive: z/y never falls, and z(T) >= z(0) y(T) > 0.",
                reason="Quotient rule, with z' = -K z y_tau/y and y' = -(K + epsilon) y_tau.",
                check=SignIs(sympy.simplify((slope_z * y - z * slope_y) / y**2), ">"),
            ),
            Step(
                "So two different inputs never meet while K tau is below the first zero for T: the time-T map of every "
                "neural delay equation is then injective, and increasing for one neuron; h' = -K h(t - tau) itself "
                "shows that the bound is sharp. For all T at once: exp(-t/tau) falls at least as fast as its own "
                "feedback exactly when K tau e <= 1.",
                reason="Insert y = exp(-t/tau) into y' + K y(t - tau).",
                reference="Chemnitz, Engel, Kuehn, Kuntz, Theorem 2.10 (a)",
                check=Equal(
                    sympy.diff(sympy.exp(-rate * t), t) + k * sympy.exp(-rate * (t - tau)),
                    sympy.exp(-rate * t) * (k * tau * sympy.E - 1) / tau,
                ),
            ),
        ),
    )
