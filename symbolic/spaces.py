"""Tangent and normal space of a set of minima at a point, and the Hessian on the normal space, all exact."""

from dataclasses import dataclass
from typing import final

import sympy

from symbolic.checks import AllOf, Check, Equal, KernelIs, SignIs, has_rank_at_least
from symbolic.derivation import Step
from symbolic.outcome import Outcome
from symbolic.prove_sign import prove_sign


@final
@dataclass(frozen=True)
class Spaces:
    """Columns of `tangent` (D x (D - m)) and `normal` (D x m) are bases; H normal = normal normal_hessian (m x m)."""

    tangent: sympy.ImmutableMatrix
    normal: sympy.ImmutableMatrix
    normal_hessian: sympy.ImmutableMatrix


def is_shown(check: Check) -> bool:
    """Whether a check without open definitions passes."""
    return check.verify({}).outcome is Outcome.PASSED


def manifold_spaces(
    jacobian: sympy.MatrixBase, hessian: sympy.MatrixBase, weights: tuple[sympy.Expr, ...]
) -> tuple[Spaces, list[Step]] | None:
    """The spaces where m residuals with independent gradients (rows of `jacobian`, m x D) vanish; None if not shown."""
    normal = _cleared(jacobian.T)
    gram = (normal.T * normal).applyfunc(sympy.cancel).as_immutable()
    determinant = gram.det(method="berkowitz")
    independent = SignIs(sympy.Determinant(gram) if determinant.is_Rational else determinant, ">")
    if not is_shown(independent):
        return None
    tangent = kernel_basis(normal.T)
    spaces = _with_hessian(tangent, normal, hessian)
    if spaces is None:
        return None
    step = Step(
        "The gradients of the residuals, the columns N, are linearly independent at the point, since their Gram "
        f"determinant is positive. Hence the zero set is near this point a manifold of dimension {tangent.cols}, and N "
        "is a basis of its normal space.",
        reason="Regular value theorem.",
        reference="J. M. Lee, Introduction to Smooth Manifolds, Corollary 5.14",
        check=AllOf((Equal(sympy.MatMul(normal.T, normal, evaluate=False), gram), independent)),
    )
    return spaces, [step, *_space_steps(spaces, hessian, "the zero set")]


def critical_spaces(hessian: sympy.MatrixBase, directions: sympy.MatrixBase | None) -> tuple[Spaces, list[Step]] | None:
    """The spaces from the Hessian alone: its kernel must be {0} or spanned by `directions` along a critical branch."""
    dimension = hessian.rows
    tangent = sympy.ImmutableMatrix(dimension, 0, []) if directions is None else _cleared(directions)
    if has_rank_at_least(hessian, dimension - tangent.cols) is not True or not is_shown(KernelIs(hessian, tangent)):
        return None
    normal = kernel_basis(tangent.T) if tangent.cols else sympy.eye(dimension).as_immutable()
    spaces = _with_hessian(tangent, normal, hessian)
    if spaces is None:
        return None
    if not tangent.cols:
        determinant = sympy.factor(hessian.det(method="berkowitz"))
        constant = determinant.is_Rational
        step = Step(
            "The Hessian is invertible: the critical point is isolated, there is no tangent direction, and the normal "
            "space is the whole parameter space.",
            reason="Inverse function theorem for the gradient.",
            check=SignIs(sympy.Determinant(hessian.as_immutable()) if constant else determinant, "!="),
        )
        return spaces, [step]
    return spaces, _space_steps(spaces, hessian, "the critical set")


def kernel_basis(matrix: sympy.MatrixBase) -> sympy.ImmutableMatrix:
    """A basis of the kernel as columns without denominators; a proposal that `KernelIs` has to confirm."""
    vectors = matrix.nullspace(simplify=sympy.cancel)
    stacked = sympy.Matrix.hstack(*vectors) if vectors else sympy.Matrix(matrix.cols, 0, [])
    return _cleared(stacked)


def positive_definite_minors(matrix: sympy.MatrixBase) -> list[sympy.Expr]:
    """The leading principal minors of a symmetric matrix: all positive iff it is positive definite (Sylvester)."""
    return [sympy.factor(block.det(method="berkowitz")) for block in leading_blocks(matrix)]


def leading_blocks(matrix: sympy.MatrixBase) -> list[sympy.MatrixBase]:
    """Its upper left k x k parts."""
    return [matrix[:k, :k].as_immutable() for k in range(1, matrix.rows + 1)]


def positive_minors(matrix: sympy.MatrixBase) -> AllOf:
    """The check that they are all positive; one that is a number is shown as the determinant that it is."""
    pairs = zip(leading_blocks(matrix), positive_definite_minors(matrix), strict=True)
    return AllOf(tuple(SignIs(sympy.Determinant(b) if minor.is_Rational else minor, ">") for b, minor in pairs))


def _cleared(matrix: sympy.MatrixBase) -> sympy.ImmutableMatrix:
    columns = []
    for place in range(matrix.cols):
        column = matrix[:, place].applyfunc(sympy.cancel)
        common = sympy.Integer(1)
        for entry in column:
            common = sympy.lcm(common, sympy.fraction(entry)[1])
        sign = prove_sign(common)
        columns.append((common * column).applyfunc(sympy.cancel) if sign and sign.strict else column)
    return (sympy.Matrix.hstack(*columns) if columns else sympy.Matrix(matrix.rows, 0, [])).as_immutable()


def _with_hessian(
    tangent: sympy.ImmutableMatrix, normal: sympy.ImmutableMatrix, hessian: sympy.MatrixBase
) -> Spaces | None:
    gram = normal.T * normal
    restricted = (gram.inv() * normal.T * hessian * normal).applyfunc(sympy.factor).as_immutable()
    if not is_shown(Equal((hessian * normal).as_immutable(), (normal * restricted).as_immutable())):
        return None
    if tangent.cols and not is_shown(KernelIs(hessian.as_immutable(), tangent)):
        return None
    return Spaces(tangent, normal, restricted)


def _space_steps(spaces: Spaces, hessian: sympy.MatrixBase, what: str) -> list[Step]:
    hessian = hessian.as_immutable()
    dimension, m = spaces.normal.shape
    steps = []
    if spaces.tangent.cols:
        steps.append(
            Step(
                f"The tangent space of {what} is the kernel of the Hessian: the columns below are a basis of it, and "
                "they are orthogonal to the normal space.",
                reason="The kernel is computed exactly; a minor of the complementary order does not vanish.",
                check=AllOf(
                    (
                        KernelIs(hessian, spaces.tangent),
                        Equal(
                            sympy.MatMul(spaces.normal.T, spaces.tangent, evaluate=False),
                            sympy.zeros(m, dimension - m).as_immutable(),
                        ),
                    )
                ),
            )
        )
    steps.append(
        Step(
            "The Hessian maps the normal space into itself; in the basis N it acts as the matrix A with H N = N A.",
            reason="A symmetric matrix leaves the orthogonal complement of its kernel invariant.",
            check=Equal(
                sympy.MatMul(hessian, spaces.normal, evaluate=False),
                sympy.MatMul(spaces.normal, spaces.normal_hessian, evaluate=False),
            ),
        )
    )
    return steps
