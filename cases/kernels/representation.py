"""The universal representation theorem: adjoint, normal equation, regularised solutions, and a sampled density."""

import sympy

from cases.common.particle_loss import SOURCE
from symbolic import Derivation, Equal, Implied, Step
from symbolic.checks import at, product

TITLE = "Discriminating kernels represent every function, as closely as wanted"


def derive_representation() -> Derivation:
    """Two points of the data and three positions show the identities; operators obey them under Assumption 1.2."""
    unit = sympy.Matrix(2, 3, sympy.symbols("phi1:7", real=True))
    target = sympy.Matrix(sympy.symbols("f1 f2", real=True))
    density = sympy.Matrix(sympy.symbols("G1:4", real=True))
    change = sympy.Matrix(sympy.symbols("H1:4", real=True))
    test = sympy.Matrix(sympy.symbols("g1 g2", real=True))
    s, epsilon, share = sympy.symbols("s epsilon p", positive=True)
    value, kernel, n = sympy.symbols("c a n", positive=True)
    second, mean = sympy.symbols("b m", real=True)
    first, later = sympy.symbols("d1 d2", nonnegative=True)

    def loss(at_density: sympy.Matrix) -> sympy.Expr:
        gap = target - unit * at_density
        return sympy.Add(*[entry**2 for entry in gap]) / 2

    gradient = unit.T * (target - unit * density)
    moved = unit * change
    return Derivation(
        TITLE,
        (
            (unit[0, 0], "value of the unit at a data point and a position: the operator phi"),
            (target[0], "value of the target f at a data point"),
            (density[0], "value of the density G at a position"),
            (change[0], "a change H of the density"),
            (test[0], "value of a function g at a data point"),
            (s, "singular value of phi"),
            (epsilon, "regularisation"),
            (share, "probability density of a position"),
            (kernel, "phi(x, y)"),
            (value, "G(y)"),
            (n, "number of particles"),
            (mean, "mean of c phi"),
            (second, "mean of (c phi)^2, finite"),
            (first, "distance of f from phi G"),
            (later, "distance of phi G from the network"),
        ),
        (
            Step(
                "Assumption 1.2 makes phi a compact (Hilbert-Schmidt) operator from densities to functions, with the "
                "adjoint phi': g . phi G = phi' g . G.",
                reason="Transposition; (1.8).",
                reference=f"{SOURCE}, Assumption 1.2 and (1.8)",
                check=Equal(product(test.T, unit, density), product((unit.T * test).T, density)),
            ),
            Step(
                "From G to G + H the loss changes by -H . phi'(f - phi G) + |phi H|^2/2. So G is a minimiser exactly "
                "when phi'(f - phi G) = 0, that is F = K G with F = phi' f and K = phi' phi.",
                reason="Expansion; the last term is not negative.",
                reference=f"{SOURCE}, (1.9), (1.10) and (1.15)",
                check=Equal(
                    loss(density + change) - loss(density),
                    -(change.T * gradient)[0] + sympy.Add(*[entry**2 for entry in moved]) / 2,
                ),
            ),
            Step(
                "What lies orthogonal to the range of phi is the null space of phi'. By Assumption 1.3 it is 0: the "
                "range is dense, and f can be met as closely as wanted. A solution: G = (phi' phi + epsilon)^-1 phi' "
                "f leaves from a component of f with singular value s the share epsilon/(s^2 + epsilon).",
                reason="In singular functions phi' phi is s^2.",
                reference=f"{SOURCE}, Assumption 1.3 and (1.12)",
                check=Equal(1 - s * (s / (s**2 + epsilon)), epsilon / (s**2 + epsilon)),
            ),
            Step(
                "For s > 0 this share is at most 1 and tends to 0 with epsilon; for s = 0 it is 1, but f has no such "
                "component. So |f - phi G| tends to 0: this is (1.13), with f* = phi G*. (The statement names the "
                "union of the ranges of phi and phi'; the second consists of densities, and the first is meant.)",
                reason="Limit in every component; the sum of squares of all components is finite.",
                reference=f"{SOURCE}, Theorem 1.4, (1.13) and (1.14)",
                check=Equal(sympy.Limit(epsilon / (s**2 + epsilon), epsilon, 0), sympy.Integer(0)),
            ),
            Step(
                "Particles at independent positions y of density p, with the charges G(y)/p(y), have the right mean: "
                "charge times unit times p is G phi.",
                reason="(1.16).",
                check=Equal(at(mean * kernel * share, (mean, value / share)), value * kernel),
            ),
            Step(
                "So the network of n particles has the mean f* and the variance (b - m^2)/n, which tends to 0; by the "
                "law of large numbers it converges almost surely.",
                reason="n terms with one particle, n (n - 1) with two independent ones.",
                reference=f"{SOURCE}, (1.16)",
                check=Equal(
                    sympy.Limit((n * second + n * (n - 1) * mean**2) / n**2 - mean**2, n, sympy.oo), sympy.Integer(0)
                ),
            ),
            Step(
                "In all: an error of at most epsilon from the density and the same from sampling give 2 epsilon, and "
                "a loss of at most 2 epsilon^2.",
                reason="Triangle inequality; the loss is half of the squared distance.",
                check=Implied(
                    sympy.And(first <= epsilon, later <= epsilon), (first + later) ** 2 / 2 <= 2 * epsilon**2
                ),
            ),
        ),
    )
