"""Memory capacity of neural delay equations: kernels that represent a function, and what no kernel can do."""

import sympy

from symbolic.checks import AllOf, Definition, DerivativeIs, Equal, SignIs, at
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz"


def derive_kernel() -> Derivation:
    """h' = a(t) (psi(h(t - tau))/A - h(t - tau)), then h' = b(t) h: h(T) = psi(y), with continuous a and b."""
    t = sympy.Symbol("t")
    y, psi, ell = sympy.symbols("y psi l", real=True)
    tau, delta, gain, after, k = sympy.symbols("tau delta A D K", positive=True)
    height = 1 / (tau - delta / 2)
    ramp = height * (tau - t) / delta
    area = sympy.Integral(height, (t, 0, tau - delta)) + sympy.Integral(ramp, (t, tau - delta, tau))
    growth = sympy.Integral(k * t / delta, (t, 0, delta)) + sympy.Integral(k, (t, delta, after))
    constant = tau * height * (1 + ell / gain)
    steps = (
        Step(
            "Take F(t, h_t) = a(t) (psi(h(t - tau))/A - h(t - tau)) until tau, where psi(y) = (Psi(y/w) - b)/w~ has "
            "the Lipschitz constant l = K_Psi/(w w~). Until tau the delayed value is the input y. The weight a is a "
            "trapezoid: 1/(tau - delta/2), falling to 0 on the last delta. Its integral is 1.",
            reason="Integration.",
            reference=f"{_PAPER}, Theorem 2.10 (b)",
            check=Equal(area, sympy.Integer(1)),
        ),
        Step(
            "So h(tau) = psi(y)/A: the input itself has been removed.",
            reason="h(tau) = y + (psi(y)/A - y) times the integral of a.",
            check=Equal(y + (psi / gain - y) * area, psi / gain),
        ),
        Step(
            "On the remaining D = T - tau take F = b(t) h(t), where b rises from 0 to K on a first delta. The integral "
            "of b is K (D - delta/2), and with A = exp(K (D - delta/2)) the output is psi(y). F is continuous in time "
            "and as smooth in h_t as Psi.",
            reason="Integration.",
            check=Equal(growth, k * (after - delta / 2)),
        ),
        Step(
            "F has the Lipschitz constant a (1 + l/A) at most. With delta = tau the weight is a triangle, and without "
            "amplification (A = 1) this is the constant 2 of the theorem.",
            reason="Substitution.",
            reference=f"{_PAPER}, Theorem 2.10 (b)",
            check=Equal(at(constant, (delta, tau), (gain, sympy.Integer(1))), 2 * (1 + ell)),
        ),
        Step(
            "A steeper trapezoid lowers the constant: as delta falls to 0, K tau may be anything above 1 + l/A, so "
            "K tau > 1 + l exp(-K (T - tau)) suffices. For T = tau no ramp is needed and K tau = 1 + l suffices. The "
            "constant 2 may be replaced by 1.",
            reason="Limit of the Lipschitz constant.",
            check=Equal(sympy.Limit(constant, delta, 0), 1 + ell / gain),
        ),
    )
    meaning = (
        (y, "input of the delay equation, W x + b"),
        (psi, "psi(y), the value wanted for h(T)"),
        (ell, "l = K_Psi/(w w~)"),
        (gain, "amplification A"),
        (delta, "length of the ramps"),
        (after, "D = T - tau"),
    )
    return Derivation("A kernel that represents Psi, and the constant 2", meaning, steps)


def derive_drain() -> Derivation:
    """Below K tau = 1: h' = -kappa h(t - tau) + g(h(t - tau)) removes the input in more than one delay."""
    t, u = sympy.symbols("t u")
    y, g = sympy.symbols("y g", real=True)
    kappa, tau = sympy.symbols("kappa tau", positive=True)
    end = sympy.Symbol("S", positive=True)
    first = y * (1 - kappa * t) + g * t
    zero_sum = 1 - kappa * end + kappa**2 * (end - tau) ** 2 / 2
    before = 1 - kappa * (end - tau)
    last = first.subs(t, tau) - sympy.Integral(kappa * first.subs(t, u), (u, 0, end - tau))
    special = {kappa: (2 - sympy.sqrt(2)) / tau, end: 2 * tau}
    steps = (
        Step(
            "Until tau take F = -kappa h(t - tau) + g(h(t - tau)), then F = -kappa h(t - tau) until a time S, here "
            "between tau and 2 tau. On the first delay h is this line.",
            reason="Differentiation; the delayed value is the input y.",
            check=DerivativeIs(first, (t,), -kappa * y + g),
        ),
        Step(
            "At S the input is multiplied by p(S), and g by (p(S - tau) - p(S))/kappa, where p solves p' = -kappa "
            "p(t - tau), p = 1 before 0. For every S this follows from p' = -kappa p(t - tau).",
            reason="Integration of the second step.",
            check=Equal(last, y * zero_sum + g * (before - zero_sum) / kappa),
        ),
        Step(
            "Choose kappa with p(S) = 0: the input is forgotten and h(S) = g(y) p(S - tau)/kappa. For S = 2 tau this "
            "is kappa tau = 2 - sqrt 2, below 1.",
            reason="Substitution.",
            check=AllOf(
                (
                    Equal(zero_sum.subs(special), sympy.Integer(0)),
                    Equal((before / kappa).subs(special), tau / sympy.sqrt(2)),
                )
            ),
        ),
        Step(
            "F has the Lipschitz constant kappa + Lip(g). With Lip(g) = K - kappa and F = K h(t) after S, every Psi "
            "with l < ((K - kappa)/kappa) p(S - tau) exp(K (T - S)) is represented (weights that jump are replaced by "
            "continuous ones nearby: the inequality is strict). As S grows, kappa tau falls to 1/e, so any K tau > 1/e "
            "suffices when T is long enough, and 1/e cannot be lowered: the exponent is positive.",
            reason="K > kappa: the bound grows without limit with T.",
            reference=f"{_PAPER}, Theorem 2.10",
            check=_bound_grows(),
        ),
    )
    meaning = (
        (y, "input of the delay equation"),
        (g, "g(y), the part of the field that carries Psi"),
        (kappa, "strength of the feedback that removes the input"),
        (end, "time S at which the input is forgotten"),
    )
    return Derivation("Less memory, more time: the threshold 1/e is sharp", meaning, steps)


def _bound_grows() -> SignIs:
    excess, kappa, value, horizon = sympy.symbols("epsilon kappa p T", positive=True)
    bound = excess / kappa * value * sympy.exp((kappa + excess) * horizon)
    return SignIs(sympy.diff(bound, horizon), ">")


def derive_limits() -> Derivation:
    """What holds in every dimension: Gronwall's bound, and what (a) says as printed."""
    t, k, s = sympy.symbols("t K s", positive=True)
    bound = sympy.Symbol("z")
    return Derivation(
        "How far the output can move: a bound for every dimension m",
        ((t, "time"), (k, "Lipschitz constant K"), (bound, "bound of the distance of two solutions for |W| = 1")),
        (
            Step("The bound.", reason="Definition.", check=Definition(bound, sympy.exp(k * t))),
            Step(
                "It grows at the rate K times its largest value so far, so it bounds the distance of two solutions.",
                reason="Gronwall's inequality for sup |h_t - g_t|.",
                check=DerivativeIs(bound, (t,), k * bound),
            ),
            Step(
                "Hence Phi differs from the affine map W~ W x + c by a map with Lipschitz constant w w~ (exp(K T) - "
                "1): a Psi whose slopes fill an interval of half-width above that is out of reach for every tau and m. "
                "In particular (a) as printed, for fixed K, w and w~ and all of C^j, holds for every tau; what K tau e "
                "< 1 adds is that no w, w~ and no A help with one bounded Psi such as cos.",
                reason="Integration of the bound K exp(K s).",
                reference=f"{_PAPER}, Theorem 2.10 (a)",
                check=Equal(sympy.Integral(k * sympy.exp(k * s), (s, 0, t)), sympy.exp(k * t) - 1),
            ),
        ),
    )


def derive_augmented_erratum() -> Derivation:
    """x^2 is in C^k, but no neural delay equation with bounded derivatives represents it, whatever m."""
    bound, x = sympy.symbols("L x", positive=True)
    target = sympy.Symbol("Psi")
    return Derivation(
        "Delay equations with bounded derivatives represent Lipschitz functions only",
        ((bound, "L = w w~ exp(K T), with K the bound of the derivative of F"), (x, "input"), (target, "target")),
        (
            Step(
                "The target x^2 has derivatives of every order.", reason="Definition.", check=Definition(target, x**2)
            ),
            Step(
                "By Definition 2.3 the derivative of F is bounded, by K say; so |Phi(x) - Phi(0)| <= L |x| for all x. "
                "The target violates this at x = L + 1.",
                reason="Gronwall's inequality; substitution.",
                reference=f"{_PAPER}, Definition 2.3",
                check=SignIs(sympy.expand((x**2 - bound * x).subs(x, bound + 1)), ">"),
            ),
        ),
    )
