"""Universal embedding: the augmented differential equation that represents a function, and why fewer dimensions "
"fail."""

from collections.abc import Sequence
from itertools import combinations

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, Implied, SignIs
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz"
_SYLVESTER = "R. Horn, C. Johnson, Matrix Analysis, 0.4.5(c)"


def derive_embedding(
    target: Sequence[sympy.Expr], x: Sequence[sympy.Symbol], dimension: int, horizon: sympy.Rational
) -> Derivation:
    """h' = (0, Psi(h1)/T, 0) in `dimension` >= d + q components: its time-T map gives Psi, for any Psi."""
    d, q, t = len(x), len(target), sympy.Symbol("t", real=True)
    spare = dimension - d - q
    path = [*x, *(t / horizon * part for part in target), *([sympy.Integer(0)] * spare)]
    field = [*([sympy.Integer(0)] * d), *(part / horizon for part in target), *([sympy.Integer(0)] * spare)]
    inner = sympy.Matrix.vstack(sympy.eye(d), sympy.zeros(dimension - d, d)).as_immutable()
    outer = sympy.Matrix.hstack(sympy.zeros(q, d), sympy.eye(q), sympy.zeros(q, spare)).as_immutable()
    start = sympy.ImmutableMatrix([entry.subs(t, 0) for entry in path])
    end = sympy.ImmutableMatrix([entry.subs(t, horizon) for entry in path])
    steps = (
        Step(
            "The first d components stay at the input, so the field Psi(h1)/T of the next q is constant along each "
            "solution: this path solves h' = f(h), component by component.",
            reason="Differentiation; f does not depend on the components that move.",
            reference=f"{_PAPER}, Theorem 2.6",
            check=AllOf(tuple(DerivativeIs(p, (t,), f) for p, f in zip(path, field, strict=True))),
        ),
        Step(
            "It starts at W x.",
            reason="Substitution.",
            check=Equal(start, sympy.MatMul(inner, sympy.ImmutableMatrix(list(x)), evaluate=False)),
        ),
        Step(
            "The output W~ h(T) is Psi(x), for every T.",
            reason="Substitution.",
            check=Equal(sympy.MatMul(outer, end, evaluate=False), sympy.ImmutableMatrix(list(target))),
        ),
        Step(
            "W and W~ have full rank: the network is augmented, not degenerate.",
            reason="Orthonormal columns and rows.",
            check=AllOf(
                (
                    Equal(sympy.MatMul(inner.T, inner, evaluate=False), sympy.eye(d).as_immutable()),
                    Equal(sympy.MatMul(outer, outer.T, evaluate=False), sympy.eye(q).as_immutable()),
                )
            ),
        ),
    )
    meaning = tuple((symbol, f"input {i + 1}") for i, symbol in enumerate(x))
    return Derivation(f"The embedding in m = {dimension} dimensions, f = (0, Psi(h1))/T", meaning, steps)


def derive_rank_bound() -> Derivation:
    """DPhi = W~ Y W with Y invertible has rank d + q - m at least; on the line it is a product of non-zero numbers."""
    inner, outer, growth = sympy.symbols("w w_out a", real=True, nonzero=True)
    t, value = sympy.Symbol("t", real=True), sympy.Symbol("Y")
    rate = sympy.Function("g")(t)
    solution = sympy.exp(sympy.Integral(rate, (t, 0, t)))
    d, q, m = sympy.symbols("d q m", real=True)
    return Derivation(
        "Why m >= d + q cannot be lowered for full-rank W and W~",
        ((value, "derivative of the time-T map, a solution of Y' = Df Y, Y = 1"), (growth, "the integral of Df")),
        (
            Step(
                "On the line (d = q = m = 1) the derivative of the flow is exp of the integral of g(t) = f_h(t, h(t)).",
                reason="Differentiation: it solves Y' = g Y.",
                check=DerivativeIs(solution, (t,), rate * solution),
            ),
            Step(
                "So Phi' = w~ exp(a) w never vanishes: a function with a critical point is out of reach.",
                reason="A product of non-zero factors; its square is positive.",
                reference=f"{_PAPER}, Theorem 2.9",
                check=SignIs((outer * sympy.exp(growth) * inner) ** 2, ">"),
            ),
            Step(
                "In general DPhi = W~ Y W with Y invertible, so its rank is at least rank W~ + rank (Y W) - m = d + q "
                "- m at every point. For m < d + q a function whose derivative has a smaller rank somewhere, such as a "
                "constant, is not embedded; so m >= d + q is necessary as well as sufficient.",
                reason="Sylvester's inequality; the kernel of W~ has dimension m - q, the image of Y W dimension d.",
                reference=_SYLVESTER,
                check=Implied(m < d + q, d - (m - q) > 0),
            ),
        ),
    )


def derive_obstruction(jacobian: sympy.ImmutableMatrix, rank: int, point: Sequence[sympy.Expr]) -> Derivation | None:
    """All minors of order `rank` of the derivative of Psi at the point vanish: it cannot be DPhi. None if one does "
    "not."""
    minors = tuple(
        jacobian.extract(list(rows), list(columns)).det(method="berkowitz")
        for rows in combinations(range(jacobian.rows), rank)
        for columns in combinations(range(jacobian.cols), rank)
    )
    if not all(is_zero(minor) is True for minor in minors):
        return None
    step = Step(
        f"At the point {tuple(point)} all minors of order d + q - m = {rank} of the derivative of Psi vanish, so its "
        "rank is smaller than that of every DPhi.",
        reason="Determinants at the point.",
        check=AllOf(tuple(Equal(minor, sympy.Integer(0)) for minor in minors)),
    )
    return Derivation("Why this function is not embedded", (), (step,))
