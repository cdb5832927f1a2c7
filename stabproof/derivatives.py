"""What is proved of training along the gradient of a loss needs that jax.grad is this gradient."""

import numpy as np

from certify.program.custom_rules import custom_derivatives
from foundation import InputError
from numeric import Regression
from numeric.loss import Loss


def require_true_derivatives(problem: Regression | Loss) -> None:
    """Raises `InputError` where the network or the loss replaces a derivative: JAX then follows another field."""
    if isinstance(problem, Loss):
        places = custom_derivatives(problem.flat, problem.flat_params, *problem.data)
    elif problem.batched:
        places = custom_derivatives(problem.predict_all, problem.flat_params, np.asarray(problem.inputs))
    else:
        places = custom_derivatives(problem.predict_flat, problem.flat_params, np.asarray(problem.inputs[0]))
    if places:
        raise InputError(
            f"the derivative is replaced ({', '.join(places)}), so that training follows jax.grad, which is another "
            "field than the gradient of the loss; certify_minimum says what is proved along it"
        )
