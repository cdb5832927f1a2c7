"""What no memory mends: fewer dimensions than inputs or outputs; and what a short memory cannot do in d = m >= q."""

import sympy

from symbolic import Derivation, Equal, Implied, Step
from symbolic.checks import product

FEWER = "With m < max(d, q) no memory is enough"
EQUAL = "With m = d >= q and K tau below the threshold no critical points"
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, Theorem 2.10 (a) and below"


def derive_fewer() -> Derivation:
    """An input direction that is lost, or an image in a plane: errors of at least 1/2, of at least 1/(2 q)."""
    error, near = sympy.symbols("epsilon p0", real=True)
    c, a1, a2 = sympy.symbols("c a1 a2", real=True)
    w = sympy.Matrix(1, 2, sympy.symbols("w1 w2", real=True))
    s = sympy.Symbol("s", real=True)
    q = sympy.Symbol("q", positive=True)
    start, along = sympy.Matrix(sympy.symbols("x1 x2", real=True)), sympy.Matrix([w[1], -w[0]])
    bounds = sympy.And(error >= c, error >= a1 - c, error >= a2 - c)
    return Derivation(
        FEWER,
        (
            (w[0], "entry of the input weights W"),
            (start[0], "input"),
            (s, "how far the inputs are moved along the kernel of W"),
            (error, "largest distance of the network from the target"),
            (near, "value of the network on the line"),
            (c, "right-hand side of the plane a . y = c that contains the image"),
            (a1, "coefficient of the plane, |a1| + ... + |aq| = 1; signs are chosen so that it is not negative"),
            (a2, "the next one"),
            (q, "number of outputs"),
        ),
        (
            Step(
                "Let m < d. Then W x is the same along a line, and so is the network, whatever happens "
                "between: delay, kernel and constants do not matter. One neuron and two inputs show it.",
                reason="W maps the direction of its kernel to 0.",
                reference=_PAPER,
                check=Equal(product(w, start + s * along), (w * start).as_immutable()),
            ),
            Step(
                "The target |x|^2 is 0 at the origin and 1 at distance 1 on the line through it, the network has one "
                "value p0 for both: its error is at least 1/2.",
                reason="Sum of the two errors.",
                check=Implied(sympy.And(error >= near, error >= 1 - near), 2 * error >= 1),
            ),
            Step(
                "Let m < q. The image W~ h + b~ lies in a plane a . y = c of R^q. A target that takes the values 0, "
                "e_1, ..., e_q, as a smooth curve may, is met with errors epsilon in every output: then |c| and "
                "|a_k - c| are at most epsilon, so every a_k is at most 2 epsilon; here q = 2.",
                reason="A change of y by epsilon in each output changes a . y by at most epsilon.",
                check=Implied(bounds, sympy.And(2 * error >= a1, 2 * error >= a2)),
            ),
            Step(
                "Their absolute values add up to 1: the error is at least 1/(2 q). So for m < max(d, q) the constants "
                "K, tau, w and A do not matter: the region without universal approximation contains every tau in "
                "[0, T], and every tau_0(K) serves.",
                reason="1 is at most q times 2 epsilon.",
                reference=_PAPER,
                check=Implied(2 * q * error >= 1, error >= 1 / (2 * q)),
            ),
        ),
    )


def derive_equal() -> Derivation:
    """m = d >= q: the time-T map separates points at a positive rate, so that the gradient of the output never is 0."""
    k, tau, z, y, past, gap = sympy.symbols("K tau z y y_tau epsilon", positive=True)
    centre, edge, error = sympy.symbols("p0 p1 delta", real=True)
    row = sympy.Matrix(1, 2, sympy.symbols("u1 u2", real=True))
    matrix = sympy.Matrix(2, 2, sympy.symbols("V11 V12 V21 V22", real=True))
    return Derivation(
        EQUAL,
        (
            (k, "Lipschitz constant K, in the maximum norm over the delay"),
            (tau, "delay"),
            (z, "norm of the distance of two solutions at the time t"),
            (y, "solution of y' = -(K + epsilon) y(t - tau), y = 1 before 0, positive until T"),
            (past, "the same a delay earlier"),
            (row[0], "entry of W~, or of the gradient"),
            (matrix[0, 0], "entry of the derivative of the time-T map"),
            (error, "largest distance of the network from the target on the unit ball"),
            (centre, "value of the network at the centre"),
            (edge, "its smallest value on the boundary of the ball"),
        ),
        (
            Step(
                "In every dimension the norm z of the distance of two solutions falls at most at the rate K times its "
                "largest value on the last delay; where z/y has not fallen before, that value is at most z y_tau/y. "
                "So z/y never falls: |h(T) - g(T)| >= y(T) |h(0) - g(0)|.",
                reason="Quotient rule with the least slopes: the derivative of z/y is epsilon z y_tau/y^2.",
                reference="Chemnitz, Engel, Kuehn, Kuntz, Theorem 2.10 (a)",
                check=Equal(
                    ((-k * z * past / y) * y - z * (-(k + gap) * past)) / y**2,
                    gap * z * past / y**2,
                ),
            ),
            Step(
                "So the derivative V of the time-T map is invertible, and with m = d the gradient W~ V W of an output "
                "vanishes nowhere: W is square and regular, W~ has full rank. Two neurons show it.",
                reason="u V adj(V) = det(V) u.",
                check=Equal(product(row, matrix, matrix.adjugate()), (matrix.det() * row).as_immutable()),
            ),
            Step(
                "The target whose first output is |x|^2 is out of reach on the unit ball: with an error below 1/2 the "
                "network is smaller at the centre than on the boundary, so it has a minimum inside, a critical point. "
                "This is (a) for m = d >= q, for every w, w~ and A, as long as y stays positive until T; for all T "
                "at once that is K tau e <= 1.",
                reason="p0 <= delta and p1 >= 1 - delta.",
                reference="Chemnitz, Engel, Kuehn, Kuntz, Theorem 2.10 (a)",
                check=Implied(sympy.And(centre <= error, edge >= 1 - error, 2 * error < 1), centre < edge),
            ),
        ),
    )
