"""Any smooth scalar loss(prediction, target): its minimum at every example by one batched Krawczyk step."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.linear_algebra import is_positive_definite
from certify.program import Program, analytic_on, evaluate, jacobian, pullback
from certify.training.losses import Anchors
from certify.verdict import Verdict
from foundation import CertificateError, InputError

# The box of the Krawczyk step, relative to what Newton's step from the centre asks for.
_INFLATION = 4.0
_SMALLEST = 2.0**-500


def program_anchors(program: Program, targets: np.ndarray, centres: np.ndarray) -> Anchors:
    """The zeros z_i of the loss's gradient near `centres` (N, q), and the Hessians there, proved positive definite.

    program: (f (q,), y (q,)) -> scalar. K(Z) = c - C g(c) + (I - C Dg(Z)) (Z - c) inside Z proves one zero in Z for
    each example [R. Krawczyk, 1969; S. Rump, Acta Numerica 2010, 13.1]. A Hessian that is positive definite there
    makes it a strict local minimum of the example's loss. Raises `InputError` where this is not proved.
    """
    q = targets.shape[1]
    _check(program, q, centres, targets)
    gradient = pullback(program, wrt=[0])
    one = Ball.exact(np.ones(()))
    arguments = [Ball.exact(targets), one]
    batch = [True, True, False]
    value = evaluate(gradient, [Ball.exact(centres), *arguments], batch=batch)[0]
    middle = jacobian(gradient, [Ball.exact(centres), *arguments], wrt=0, batch=batch).mid.reshape(-1, q, q)
    inverse = _inverses(middle)
    step = _product(Ball.exact(inverse), value)
    radius = _INFLATION * step.magnitude.max(axis=1, keepdims=True) + _SMALLEST
    reach = Ball(np.zeros(centres.shape), np.broadcast_to(radius, centres.shape))
    box = Ball.exact(centres) + reach
    slope = jacobian(gradient, [box, *arguments], wrt=0, batch=batch).reshape((-1, q, q))
    image = _product(np.eye(q) - matmul(Ball.exact(inverse), slope), reach) - step
    inside = (image.lower > -radius) & (image.upper < radius)
    if not inside.all():
        example = int(np.argwhere(~inside)[0][0])
        raise InputError(
            f"no minimum of the loss is proved near the prediction of example {example} (a kink there, as in L1, "
            "hinge and quantile losses, a flat direction, or hard labels whose minimum is at infinity); use a smooth "
            "loss with a minimum, or one of the named losses"
        )
    found = Ball.exact(centres) + image
    _check_smooth(program, found, targets)
    weights = jacobian(gradient, [found, *arguments], wrt=0, batch=batch).reshape((-1, q, q))
    _check_positive(weights)
    return Anchors(found, weights, False)


def _check_smooth(program: Program, found: Ball, targets: np.ndarray) -> None:
    """A curvature between those of two pieces is no second derivative."""
    obstacle = analytic_on(program, [found, Ball.exact(targets)], (0,), batch=[True, True]).obstacle
    if obstacle:
        raise InputError(
            f"the loss is not proved to be differentiable at its minimum, a kink is not excluded: {obstacle}"
        )


def _product(matrices: Ball, vectors: Ball) -> Ball:
    return matmul(matrices, vectors.reshape(*vectors.shape, 1)).reshape(vectors.shape)


def _inverses(matrices: np.ndarray) -> np.ndarray:
    try:
        inverse = np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(matrices)
    return inverse if np.isfinite(inverse).all() else np.zeros(matrices.shape)


def _check(program: Program, q: int, centres: np.ndarray, targets: np.ndarray) -> None:
    shapes = [s.shape for s in program.inputs]
    outputs = [s.shape for s in program.output_signatures]
    if shapes != [(q,), (q,)] or outputs != [()]:
        raise CertificateError(
            f"the loss takes arrays of shapes {shapes} and gives {outputs}, not two of ({q},) and ()"
        )
    if centres.shape != targets.shape or centres.dtype != np.float64 or not np.isfinite(centres).all():
        raise CertificateError("the centres of the loss's minima are not finite floats, one a target")


def _check_positive(weights: Ball) -> None:
    for example in range(weights.shape[0]):
        matrix = weights[example]
        lower = Ball(np.tril(matrix.mid) + np.tril(matrix.mid, -1).T, np.tril(matrix.rad) + np.tril(matrix.rad, -1).T)
        if is_positive_definite(lower) is not Verdict.PROVED:
            raise InputError(f"the curvature of the loss at example {example} is not proved positive definite")
