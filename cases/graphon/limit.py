"""The digraph measures of cell averages converge to the graphon, and the dynamics on the graphs with them."""

import sympy

from symbolic import Derivation, DerivativeIs, Equal, Implied, Step

TITLE = "Convergence of the digraph measures, and of the dynamics on the graphs"
_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, (45)-(47)"


def derive_limit() -> Derivation:
    """For a Lipschitz graphon, without noise: both errors are of the order 1/M."""
    a, kernel, test, other = sympy.symbols("a G f F", real=True)
    distance, gap, turn, error, rate = sympy.symbols("d p r e R", nonnegative=True)
    slope, bound, width, lipschitz, force = sympy.symbols("l B h L g", positive=True)
    growth, source, start, t = sympy.symbols("Lambda c k t", positive=True)
    path = start * width * sympy.exp(growth * t) + source * width * (sympy.exp(growth * t) - 1) / growth
    return Derivation(
        TITLE,
        (
            (a, "weight a_ij: the average of G over a cell"),
            (kernel, "G(u, v) at a point of this cell"),
            (slope, "Lipschitz constant of G in each variable; for the graphons here the factor p at most"),
            (bound, "bound of |G|"),
            (width, "width h = 1/M of a cell"),
            (test, "test function at v, |f| <= 1 with Lipschitz constant 1"),
            (other, "the same at j/M"),
            (gap, "|a - G|"),
            (turn, "|F - f|"),
            (distance, "bounded Lipschitz distance of the fibre measures at u"),
            (lipschitz, "Lipschitz constant of the coupling g in each variable, and of the local field"),
            (force, "bound of |g|"),
            (error, "largest distance of a node from the limit at a place of its cell"),
            (rate, "largest rate at which this distance grows"),
            (growth, "L (1 + 2 B)"),
            (source, "2 l g"),
            (start, "distance at the start over h"),
            (t, "time"),
        ),
        (
            Step(
                "The measure (46) of the graph at u has mass a_ij/M at j/M for each j, that of the graphon has the "
                "density G(u, v). Tested with f they differ by the integral over all cells of a F - G f.",
                reason="Expansion.",
                reference=f"{_SOURCE}, with a_ij = M^2 times the cell integral, as in the erratum on (44)",
                check=Equal(a * other - kernel * test, (a - kernel) * other + kernel * (other - test)),
            ),
            Step(
                "A cell average differs from G at any point of the cell by 2 l/M at most, and f changes by 1/M at most "
                "over a cell: the distance is at most (2 l + B)/M, for every u. So the measures converge.",
                reason="Sum of the two terms; the cells have total length 1.",
                reference=_SOURCE,
                check=Implied(
                    sympy.And(distance <= gap + bound * turn, 2 * slope * width >= gap, width >= turn),
                    distance <= (2 * slope + bound) * width,
                ),
            ),
            Step(
                "Let x_i' = f(x_i) + sum over j of (a_ij/M) g(x_i, x_j), and let the limit have the integral of "
                "G(u, v) g(X_u, X_v) over v in place of the sum. The same splitting bounds the growth of the largest "
                "distance: the local field adds L e, the coupling B (2 L e), the weights (2 l/M) |g|.",
                reason="Triangle inequality in each cell.",
                check=Implied(
                    sympy.And(
                        rate <= lipschitz * error + bound * 2 * lipschitz * error + force * gap,
                        2 * slope * width >= gap,
                    ),
                    rate <= lipschitz * (1 + 2 * bound) * error + 2 * slope * force * width,
                ),
            ),
            Step(
                "By Gronwall's inequality e(t) is at most the solution with equality, from e(0) = k/M for data that "
                "are Lipschitz in u.",
                reason="Differentiation.",
                check=DerivativeIs(path, (t,), growth * path + source * width),
            ),
            Step(
                "It tends to 0 with 1/M, uniformly on bounded times: the nodes follow the graphon equation. This is "
                "(47) without noise, for coupling functions that are bounded and Lipschitz.",
                reason="Limit.",
                reference=_SOURCE,
                check=Equal(sympy.Limit(path, width, 0), sympy.Integer(0)),
            ),
        ),
    )
