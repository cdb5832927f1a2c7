"""The neural-tangent Gram matrix of a SymPy network on exact data, and gradient descent's threshold from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy

from foundation import InputError
from symbolic.checks import AllOf, EigenvaluesAre, Equal, EquivalentTo, IsRoot, JacobianIs, SignIs, at, total
from symbolic.derivation import Derivation, Step
from symbolic.inputs import exact_number, point_of, smooth_expression, symbol_tuple
from symbolic.spectrum import eigenvalues

_SOURCE = "Chemnitz, Engel, section 2.5"


@final
@dataclass(frozen=True)
class Gram:
    """`outputs` (N), `jacobian` J (N x D) and `kernel` K = J J^T (N x N) at the point, exact."""

    outputs: sympy.ImmutableMatrix
    jacobian: sympy.ImmutableMatrix
    kernel: sympy.ImmutableMatrix
    derivation: Derivation


def gram_matrix(
    network: Any,
    parameters: Any,
    variables: Any,
    inputs: Sequence[Any],
    targets: Sequence[Any] | None = None,
    point: Any = None,
    constants: Any = (),
) -> Gram:
    """J and K of a scalar network Phi(parameters, variables) at N exact inputs.

    `inputs`: N numbers, or N tuples when there are several variables. `point`: where to evaluate (None: everywhere, as
    a function of the parameters). `targets`: when given, that the network meets them at the point is a checked step.
    Raises `InputError` on a network that is not smooth, on unknown symbols and on shapes that do not fit.
    """
    names, points = symbol_tuple(parameters, "parameters"), symbol_tuple(variables, "the input variables")
    fixed = symbol_tuple(constants, "constants", 0)
    network = smooth_expression(network, names, (*points, *fixed), "the network")
    data = [_datum(value, points) for value in inputs]
    if not data:
        raise InputError("inputs is empty; pass at least one input")
    place = {} if point is None else point_of(point, names, fixed)
    outputs = sympy.Matrix([network.subs(datum, simultaneous=True) for datum in data]).as_immutable()
    everywhere = outputs.jacobian(list(names)).as_immutable()
    jacobian = everywhere.subs(place, simultaneous=True).as_immutable()
    kernel = (jacobian * jacobian.T).applyfunc(sympy.factor).as_immutable()
    steps = [
        Step(
            "The gradients of the outputs with respect to the parameters, one row for each data point.",
            reason="Differentiation.",
            check=JacobianIs(outputs, names, everywhere),
        ),
        *_target_steps(outputs, targets, place),
        Step(
            "The neural-tangent Gram matrix of the inner products of these gradients"
            + (" at the point." if place else "."),
            reason="Multiplication.",
            reference=_SOURCE,
            check=Equal(sympy.MatMul(jacobian, jacobian.T, evaluate=False), kernel),
        ),
    ]
    meanings = (*((s, "parameter") for s in names), *((s, "input") for s in points))
    derivation = Derivation("The neural-tangent Gram matrix", meanings, tuple(steps))
    return Gram(outputs.subs(place, simultaneous=True).as_immutable(), jacobian, kernel, derivation)


def _datum(value: Any, variables: tuple[sympy.Symbol, ...]) -> dict[sympy.Symbol, sympy.Expr]:
    entries = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    if len(entries) != len(variables):
        raise InputError(
            f"the input {value!r} has {len(entries)} entries, but the network has {len(variables)} variables"
        )
    return {symbol: exact_number(entry, "an input") for symbol, entry in zip(variables, entries, strict=True)}


def _target_steps(
    outputs: sympy.ImmutableMatrix, targets: Sequence[Any] | None, place: dict[sympy.Symbol, sympy.Expr]
) -> list[Step]:
    if targets is None:
        return []
    if len(targets) != outputs.rows or not place:
        raise InputError(f"{len(targets)} targets for {outputs.rows} inputs need a point and one target for each input")
    residuals = tuple(out - exact_number(y, "a target") for out, y in zip(outputs, targets, strict=True))
    return [
        Step(
            "At the point the network meets all targets: it is a global minimum.",
            reason="Substitution.",
            check=IsRoot(residuals, tuple(place.items())),
        )
    ]


def gram_of(kernel: Any) -> sympy.ImmutableMatrix:
    """`kernel` as an exact symmetric matrix; raises `InputError` unless it is square, symmetric and real."""
    if not isinstance(kernel, sympy.MatrixBase):
        try:
            kernel = sympy.Matrix(
                [[exact_number(entry, "an entry of the Gram matrix") for entry in row] for row in kernel]
            )
        except (TypeError, ValueError) as error:
            raise InputError(f"the Gram matrix must be a square matrix of exact numbers ({error})") from None
    if kernel.rows != kernel.cols or kernel.rows == 0 or not kernel.is_symmetric():
        raise InputError(f"the Gram matrix must be square and symmetric, but is {kernel.tolist()}")
    if any(symbol.is_real is not True for symbol in kernel.free_symbols):
        raise InputError("the symbols of the Gram matrix must be declared real")
    return kernel.as_immutable()


def gradient_descent_threshold(kernel: Any) -> tuple[sympy.Expr, Derivation]:
    """2 N / lambda_max(K), below which gradient descent is stable, with its derivation.

    Raises `InputError` when the eigenvalues have no exact form whose order is provable, or K is not positive definite.
    """
    matrix = gram_of(kernel)
    values = eigenvalues(matrix)
    if values is None:
        raise InputError("the eigenvalues of the Gram matrix have no exact form; pass numbers for its symbols")
    if SignIs(values[0][0], ">").verify({}).outcome.name != "PASSED":
        raise InputError(
            f"the Gram matrix is not shown to be positive definite: its least eigenvalue is {values[0][0]}"
        )
    largest, size = values[-1][0], matrix.rows
    eta, value = sympy.symbols("eta lambda", positive=True)
    order = tuple(SignIs(total(largest, -other), ">=") for other, _ in values[:-1])
    positive = () if values[0][0].is_Rational else (SignIs(values[0][0], ">"),)
    steps = (
        Step(
            "The eigenvalues of the Gram matrix; all are positive, and the last one is the largest.",
            reason="Characteristic polynomial.",
            check=AllOf((EigenvaluesAre(matrix, tuple(values)), *positive, *order)),
        ),
        Step(
            "On the normal space one step of gradient descent acts like I - (eta/N) K. For an eigenvalue "
            "lambda of K the multiplier has modulus below one exactly when eta lambda < 2 N.",
            reason="Rewriting.",
            reference="Chemnitz, Engel, Theorem A and (2.16)",
            check=EquivalentTo(sympy.Abs(1 - eta * value / size) < 1, eta * value < 2 * size),
        ),
    )
    threshold = sympy.radsimp(2 * size / largest)
    closing = Step(
        "So the minimum is stable for learning rates below, and unstable above, this threshold.",
        reason="The largest eigenvalue decides.",
        check=Equal(at(eta * largest, (eta, threshold)), sympy.Integer(2 * size)),
    )
    return threshold, Derivation("The threshold of gradient descent", (), (*steps, closing))
