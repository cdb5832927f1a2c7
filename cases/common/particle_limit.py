"""The law of large numbers of a network of many particles at every time: its flow as a mean-field system."""

import sympy

from cases.common.particle_loss import SOURCE
from symbolic import AllOf, Derivation, DerivativeIs, Equal, Implied, Step

TITLE = "The law of large numbers of the network, at every time"


def derive_law_of_large_numbers() -> Derivation:
    """Two particles and two data points show the identities; the estimate of Dobrushin is derived beside it."""
    y, c = sympy.symbols("y1 y2", real=True), sympy.symbols("c1 c2", real=True)
    w, f = sympy.symbols("w1 w2", positive=True), sympy.symbols("f1 f2", real=True)
    units = sympy.symbols("g h", cls=sympy.Function)
    network = [sympy.Add(*[c[i] * unit(y[i]) for i in range(2)]) / 2 for unit in units]
    loss = sympy.Add(*[w[p] * (f[p] - network[p]) ** 2 / 2 for p in range(2)])

    def pull(i: int, j: int) -> sympy.Expr:
        """What particle j adds to the speed of the charge of particle i, before the mean over j."""
        return sympy.Add(*[w[p] * units[p](y[i]) * (f[p] - c[j] * units[p](y[j])) for p in range(2)])

    def push(i: int, j: int) -> sympy.Expr:
        slopes = [sympy.diff(unit(y[i]), y[i]) for unit in units]
        return c[i] * sympy.Add(*[w[p] * slopes[p] * (f[p] - c[j] * units[p](y[j])) for p in range(2)])

    r, phi = sympy.symbols("r1 r2", real=True), sympy.symbols("phi1 phi2", real=True)
    speed = sympy.Add(*[w[p] * phi[p] * r[p] for p in range(2)])
    product = sympy.Add(*[w[p] * phi[p] ** 2 for p in range(2)]) * sympy.Add(*[w[p] * r[p] ** 2 for p in range(2)])
    gap, now, start = sympy.symbols("d W W0", nonnegative=True)
    slope, growth, rate, t = sympy.symbols("l E m t", positive=True)
    level = sympy.Function("ell")(t)
    return Derivation(
        TITLE,
        (
            (y[0], "position of a particle (one coordinate)"),
            (c[0], "its charge"),
            (w[0], "weight of a data point"),
            (f[0], "value of the target there"),
            (units[0](y[0]), "unit at a data point"),
            (r[0], "residual f - f_n at a data point"),
            (phi[0], "value of the unit there"),
            (gap, "distance of f_n(t) from f_0(t) at a point"),
            (now, "W1 distance of the law of the particles from rho_0 at the time t"),
            (start, "the same at the start"),
            (slope, "Lipschitz constant of c phi(x, y) on the set in which the particles live"),
            (growth, "exp(2 L t), L the Lipschitz constant of the pair forces there"),
            (level, "the loss of f_0(t)"),
            (rate, "a lower bound of the eigenvalues of M for all times, if there is one"),
        ),
        (
            Step(
                "The flow (2.1) is a mean-field system: the speed of a particle is the mean over all particles of a "
                "force that depends on the pair only. So the law of the particles solves (2.5) in the weak sense at "
                "every n, and (2.9) is its Vlasov equation.",
                reason="Differentiation of n times the loss.",
                reference=f"{SOURCE}, (2.1), (2.5)-(2.9)",
                check=AllOf(
                    (
                        DerivativeIs(-2 * loss, (c[0],), (pull(0, 0) + pull(0, 1)) / 2),
                        DerivativeIs(-2 * loss, (y[0],), (push(0, 0) + push(0, 1)) / 2),
                    )
                ),
            ),
            Step(
                "The loss falls along the flow, so the speed of a charge, the integral of phi r, stays below (integral "
                "of phi^2)^(1/2) times (2 loss at the start)^(1/2): charges grow at most linearly in time. With a "
                "bounded law at the start, and phi with bounded derivatives up to the second, the particles live in a "
                "bounded set on which the pair force is Lipschitz, with a constant L for all n.",
                reason="Lagrange's identity: the difference is a square (Cauchy and Schwarz).",
                check=Equal(product - speed**2, w[0] * w[1] * (phi[0] * r[1] - phi[1] * r[0]) ** 2),
            ),
            Step(
                "By Dobrushin's estimate W1(t) <= exp(2 L t) W1(0), and f_n - f_0 is at most l W1(t). The law of "
                "independent particles at the start converges in W1 almost surely (Varadarajan): so does f_n(t) to "
                "f_0(t), uniformly on bounded times.",
                reason="Both bounds together; the right side is a constant times W1(0).",
                reference=f"{SOURCE}, (2.31) and (2.41)",
                check=Implied(sympy.And(gap <= slope * now, now <= growth * start), gap <= slope * growth * start),
            ),
            Step(
                "If the eigenvalues of M stay above m > 0, then exp(2 m t) times the loss never rises: f_0 tends to f "
                "at a rate without n. A positive definite M at each time does not give such an m by itself: (2.42) "
                "holds under this condition.",
                reason="By (2.37) the loss has the derivative -r . M r, at most -2 m times the loss.",
                reference=f"{SOURCE}, (2.37), (2.42)",
                check=Equal(
                    sympy.Derivative(sympy.exp(2 * rate * t) * level, t),
                    sympy.exp(2 * rate * t) * (sympy.Derivative(level, t) + 2 * rate * level),
                ),
            ),
        ),
    )
