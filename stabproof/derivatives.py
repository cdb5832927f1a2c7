"""Whether JAX's derivative of a network is the derivative of its values.

A certificate is about the gradient of the loss; a training loop follows what `jax.grad` gives. The two differ where a
network holds `stop_gradient` or a custom derivative that is not the function's own (a straight-through estimator).
"""

import numpy as np

from certify.program import Program
from certify.program import jacobian as proved_jacobian
from foundation import InputError
from numeric import Regression
from numeric.ntk import jacobian

# A generic point near the parameters, where a kink is met with probability 0, and so many examples.
_STEP, _EXAMPLES = 0.01, 2
# Single precision inside a network costs less, a wrong derivative more than this part of the largest entry.
_PART = 1e-3


def check_derivative(problem: Regression, predict: Program) -> None:
    """Raises `InputError` where JAX's derivative by the parameters is not that of the program, near the parameters."""
    generator = np.random.default_rng(20240229)  # any fixed seed: the same point on every run
    point = problem.flat_params
    point = point + _STEP * (1 + np.abs(point)) * generator.normal(size=point.shape)
    chosen = np.arange(0, problem.number_of_examples, max(1, problem.number_of_examples // _EXAMPLES))[:_EXAMPLES]
    try:
        proved = proved_jacobian(predict, [point, problem.inputs[chosen]], 0, batch=[False, True])
    except InputError:
        return  # outside the domain, or undecided: the proof will say so at the minimum
    rows = jacobian(problem, point).reshape(problem.number_of_examples, *proved.shape[1:])
    found = rows[chosen]
    if not (np.isfinite(proved.mid).all() and np.isfinite(found).all()):
        return
    beyond = np.abs(found - proved.mid) - proved.rad
    if np.max(beyond, initial=0.0) > _PART * np.max(np.abs(proved.mid), initial=np.finfo(float).tiny):
        raise InputError(
            "JAX's derivative of the network is not the derivative of its values (`stop_gradient`, or a custom "
            "derivative): a training loop would not follow the gradient of the loss, which a certificate is about; "
            "certify the network without it"
        )
