"""Hidden Markov models: the joint kernel T = L R, its spectrum, and its stationary law, exactly."""

import sympy

from foundation import InputError
from symbolic.checks import CharacteristicPolynomialIs, Equal, product
from symbolic.derivation import Derivation, Step
from symbolic.largest_root import characteristic_polynomial, exact_eigenvalues, largest, modulus

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 4.4"


def joint_factors(q: sympy.MatrixBase, g: sympy.MatrixBase) -> tuple[sympy.ImmutableMatrix, sympy.ImmutableMatrix]:
    """(L, R): L (n m, n) forgets the observation, R (n, n m) has the entries Q(x, x') G(x', y'); T = L R."""
    n, m = g.shape
    left = sympy.ImmutableMatrix(n * m, n, lambda row, x: sympy.Integer(int(row // m == x)))
    right = sympy.ImmutableMatrix(n, n * m, lambda x, column: q[x, column // m] * g[column // m, column % m])
    return left, right


def stationary_law(q: sympy.MatrixBase) -> sympy.ImmutableMatrix:
    """The row pi with pi Q = pi and sum 1, exact; `InputError` when several classes of states are closed."""
    n = q.rows
    system = sympy.Matrix.vstack((q.T - sympy.eye(n)), sympy.ones(1, n))
    if system.rank() < n:
        raise InputError("the chain has several closed classes of states, so that its stationary law is not unique")
    solution = (system.T * system).LUsolve(system.T * sympy.Matrix([0] * n + [1]))
    return solution.T.as_immutable()


def second_modulus(q: sympy.MatrixBase) -> sympy.Expr | None:
    """The largest modulus among the eigenvalues of Q when one eigenvalue 1 is taken out; None without closed form."""
    found = exact_eigenvalues(q)
    if found is None:
        return None
    moduli = [modulus(root) for root, power in found for _ in range(power)]
    moduli.remove(sympy.Integer(1))
    return largest(moduli) if moduli else sympy.Integer(0)


def derive_joint_kernel(q: sympy.MatrixBase, g: sympy.MatrixBase) -> Derivation:
    """T has the eigenvalues of Q and n (m - 1) zeros; its stationary law is pi(x) G(x, y)."""
    left, right = joint_factors(q, g)
    n, m = g.shape
    joint = (left * right).as_immutable()
    z = sympy.Symbol("z")
    polynomial = characteristic_polynomial(q, z)
    law = stationary_law(q)
    own = sympy.ImmutableMatrix(1, n * m, lambda _, column: law[column // m] * g[column // m, column % m])
    steps = (
        Step(
            "The joint kernel is T = L R, where L forgets the observation y; in the other order R L = Q.",
            reason="The rows of G have sum 1.",
            reference=_PAPER,
            check=Equal(product(right, left), q.as_immutable()),
        ),
        Step(
            "The characteristic polynomial of the hidden chain Q.",
            reason="Determinant.",
            check=CharacteristicPolynomialIs(q.as_immutable(), z, polynomial),
        ),
        Step(
            f"L R and R L have the same eigenvalues except for zeros: T has those of Q and {n * (m - 1)} zeros, so the "
            "observations do not change the rate at which the model forgets its start.",
            reason="Determinant of the joint kernel, computed directly.",
            reference="R. Horn, C. Johnson, Matrix Analysis, theorem 1.3.22",
            check=CharacteristicPolynomialIs(joint, z, sympy.expand(polynomial * z ** (n * (m - 1)))),
        ),
        Step(
            "The row pi(x) G(x, y), pi the stationary law of Q, is stationary for T.",
            reason="Exact arithmetic.",
            check=Equal(product(own, joint), own),
        ),
    )
    return Derivation("The joint kernel of a hidden Markov model", ((z, "eigenvalue"),), steps)
