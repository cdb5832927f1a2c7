"""The discrete Hopfield network: energy descent, cycles of parallel updates, and the threshold in print."""

import sympy

from symbolic.checks import AllOf, Equal, SignIs, at, total
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 4.1, (23)"


def derive_energy_descent() -> Derivation:
    """H = b.v + v.A v / 2 never rises when one neuron is updated; parallel updates end in cycles of length <= 2."""
    a12, a13, a23, b1, b2, b3 = sympy.symbols("a12 a13 a23 b1 b2 b3", real=True)
    v1, v2, v3, x = sympy.symbols("v1 v2 v3 x", real=True)
    energy = b1 * v1 + b2 * v2 + b3 * v3 + a12 * v1 * v2 + a13 * v1 * v3 + a23 * v2 * v3
    field = b1 + a12 * v2 + a13 * v3
    down, up = sympy.Symbol("h_minus", negative=True), sympy.Symbol("h_plus", nonnegative=True)
    on, off = sympy.Symbol("v", nonnegative=True), sympy.Symbol("u", nonnegative=True)
    steps = (
        Step(
            "When neuron 1 goes from v_1 to x, the energy changes by (x - v_1) h_1, h_1 = b_1 + sum_j a_1j v_j.",
            reason="The weights are symmetric and a_11 = 0; with M neurons the sums only get more terms.",
            check=Equal(energy.subs(v1, x) - energy, (x - v1) * field),
        ),
        Step(
            "The rule sets x = 1 where h < 0 and x = 0 where h >= 0. The change is u h with u = 1 - v_1 >= 0 in the "
            "first case and -v_1 h in the second: never positive.",
            reason="Signs of the factors.",
            reference="J. J. Hopfield, Proc. Nat. Acad. Sci. USA 79 (1982)",
            check=AllOf((SignIs(off * down, "<="), SignIs(-on * up, "<="))),
        ),
        _parallel_step(),
    )
    return Derivation("The energy never rises", ((field, "the field of neuron 1"),), steps)


def _parallel_step() -> Step:
    b1, b2, a12 = sympy.symbols("b1 b2 a12", real=True)
    v, u, w = (sympy.symbols(f"{letter}1 {letter}2", real=True) for letter in "vuw")

    def two_step(x: tuple[sympy.Symbol, ...], y: tuple[sympy.Symbol, ...]) -> sympy.Expr:
        return b1 * (x[0] + y[0]) + b2 * (x[1] + y[1]) + a12 * (x[0] * y[1] + x[1] * y[0])

    fields = (b1 + a12 * u[1], b2 + a12 * u[0])
    change = sympy.Add(*[(new - old) * field for new, old, field in zip(w, v, fields, strict=True)])
    return Step(
        "With all neurons at once, v -> u -> w, the function b.(v + u) + u.A v changes by sum_i (w_i - v_i) h_i(u). "
        "No term is positive, so the function settles; from then on w_i differs from v_i only where h_i(u) = 0, "
        "v_i = 1 and w_i = 0, which happens at most once for each neuron. So at last w = v: every orbit ends in a "
        "fixed point or in a cycle of length two.",
        reason="Expansion, shown for two neurons; the sums over pairs only get longer.",
        reference="E. Goles, J. Olivos, Discrete Math. 30 (1980)",
        check=Equal(two_step(u, w) - two_step(v, u), change),
    )


def derive_threshold_erratum() -> Derivation:
    """p > 0 always holds, so that the printed rule sets every neuron to 1; p > 1/2 is the threshold h < 0."""
    h = sympy.Symbol("h", real=True)
    p = 1 / (1 + sympy.exp(h))
    steps = (
        Step(
            "The probability f = 1/(1 + e^h) is positive for every field h, so the printed rule sends every state to "
            "(1, ..., 1) in one step.",
            reason="The exponential is positive.",
            reference=_PAPER,
            check=SignIs(p, ">"),
        ),
        Step(
            "The difference p - 1/2 has the sign of 1 - e^h, that is, of -h.",
            reason="Common denominator, which is positive.",
            check=AllOf((Equal(p - sympy.Rational(1, 2), (1 - sympy.exp(h)) / (2 * (1 + sympy.exp(h)))),)),
        ),
        Step(
            "Without weights and with b = log 2 the printed rule gives v = 1 although the probability is 1/3, which is "
            "below 1/2.",
            reason="Value of f at h = log 2.",
            check=SignIs(total(at(p, (h, sympy.log(2))), -sympy.Rational(1, 2)), "<"),
        ),
    )
    return Derivation("The threshold is p > 1/2", ((h, "b_i + sum_j a_ij v_j"),), steps)
