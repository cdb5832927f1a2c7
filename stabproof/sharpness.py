"""certify_sharpness: the extreme eigenvalues of the Hessian at given parameters."""

from typing import Any

import numpy as np
import scipy.sparse.linalg

from certify.certificate import Certificate, issue
from certify.program import trace
from certify.sharpness import LARGEST_MATRIX
from foundation import InputError
from numeric import Regression
from numeric.loss import Loss
from numeric.precision import double_precision

_MATRIX = {"route": "matrix"}


@double_precision
def certify_sharpness(problem: Any) -> Certificate:
    """Enclose the largest and smallest eigenvalue of the Hessian of a loss at its parameters; they need be no minimum.

    problem: an `sp.Regression` with the squared loss, or an `sp.Loss`. `.sharpness` encloses lambda_max and
    `number("smallest_curvature")` lambda_min of the Hessian at exactly the given floats, by the program of the loss
    itself (custom derivatives and `stop_gradient` are not the loss's). Up to 2000 parameters the matrix is enclosed and
    both are two-sided to about rounding. Beyond, for an `sp.Regression`, no matrix is formed: H = J^T J / N + R is
    bounded by the Gauss-Newton part, which is enclosed sharply, and the Frobenius norm of the part R of the residuals;
    the enclosure is sharp where the residuals are small. UNDECIDED at kinks. `stabproof.check` repeats the proof.

    Raises `InputError` on other problems, and for an `sp.Loss` of more than 2000 parameters.
    """
    if isinstance(problem, Loss):
        if problem.dimension > LARGEST_MATRIX:
            raise InputError(
                f"the loss has {problem.dimension} parameters; beyond {LARGEST_MATRIX} pass an sp.Regression, whose "
                "structure bounds the Hessian without its matrix"
            )
        program = trace(problem.flat, problem.flat_params, *problem.data)
        return issue("sharpness", {"loss": program, "params": problem.flat_params, "data": list(problem.data)}, _MATRIX)
    if not isinstance(problem, Regression):
        raise InputError(f"problem must be an sp.Regression or an sp.Loss, but is {type(problem).__name__}")
    if problem.loss_settings is not None:
        raise InputError("the sharpness of a Regression is that of the squared loss; pass an sp.Loss for another one")
    example = np.zeros(problem.inputs.shape[1:])
    point = [problem.flat_params, problem.inputs[0]]
    statement = {
        "predict": trace(problem.predict_flat, np.zeros(problem.dimension), example, near=point),
        "params": problem.flat_params,
        "inputs": problem.inputs,
        "targets": problem.targets.reshape(problem.number_of_examples, problem.outputs),
    }
    witness = _vectors(problem) if problem.dimension > LARGEST_MATRIX else _MATRIX
    return issue("sharpness", statement, witness)


def _vectors(problem: Regression) -> dict[str, Any]:
    """Approximate eigenvectors of the smallest and largest eigenvalue, by Lanczos' method."""
    import jax
    import jax.numpy as jnp

    targets = problem.targets.reshape(problem.number_of_examples, problem.outputs)

    def loss(theta: Any) -> Any:
        outputs = jax.vmap(lambda x: jnp.reshape(problem.predict_flat(theta, x), (-1,)))(problem.inputs)
        return jnp.mean(jnp.sum((outputs - targets) ** 2, axis=1)) / 2

    theta, size = problem.flat_params, problem.dimension
    product = jax.jit(lambda v: jax.jvp(jax.grad(loss), (theta,), (v,))[1])
    operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=lambda v: np.asarray(product(v)), dtype=float)
    start = np.random.default_rng(0).standard_normal(size)
    found: dict[str, Any] = {"route": "structure"}
    for name, which in (("low", "SA"), ("high", "LA")):
        try:
            vectors = scipy.sparse.linalg.eigsh(operator, k=1, which=which, v0=start, tol=1e-8, maxiter=300)[1]
        except scipy.sparse.linalg.ArpackNoConvergence as error:
            vectors = error.eigenvectors if error.eigenvectors.size else start[:, None]
        found[name] = np.ascontiguousarray(vectors[:, 0])
    return found
