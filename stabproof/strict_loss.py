"""certify_minimum for a scalar loss: a strict minimum, along the field of jax.grad."""

from collections.abc import Callable
from typing import Any

import numpy as np

from certify.certificate import MinimumCertificate, issue
from certify.program import trace
from certify.program.custom_rules import custom_derivatives
from foundation import InputError
from numeric.loss import Loss
from numeric.precision import double_precision
from search.minimum.basin import basin_of_loss
from search.newton import inverse_or_identity
from stabproof.progress import Progress
from stabproof.symmetric_loss import certify_modulo_symmetries

_LARGEST_STEP = 1e-2
_LARGEST_FIELD = 1e-6


@double_precision
def certify_strict_minimum(
    problem: Loss,
    settings: dict[str, Any],
    report: Progress,
    basin: bool = False,
    rest: Callable[[np.ndarray, np.ndarray], dict[str, Any]] = lambda theta, slope: {},
    symmetry: Any = None,
) -> MinimumCertificate:
    """The certificate of the strict minimum near the loss's parameters; raises `InputError` where there is none.

    rest: (minimum, Hessian) -> the witness's point of rest of an optimiser that decays the weights, if any. symmetry:
    generators of the loss's symmetries, modulo which the minimum is strict; None: looked for where the Hessian is
    singular.
    """
    report("polishing the parameters", 0.0)
    theta, slope, largest = problem.polished()
    moved = float(np.linalg.norm(theta - problem.flat_params))
    if moved > _LARGEST_STEP * (1.0 + float(np.linalg.norm(theta))) or not largest < _LARGEST_FIELD:
        told = f"Newton steps moved them by {moved:.2g} to a gradient of {largest:.2g}"
        raise InputError(f"the parameters are not near a minimum: {told}; train further")
    report("tracing jax.grad", 0.3)
    replaced = custom_derivatives(problem.flat, problem.flat_params, *problem.data)
    if not replaced and not basin:
        found = certify_modulo_symmetries(problem, settings, theta, slope, symmetry)
        if found is not None:
            return found
    statement = {
        "field": trace(problem.field, problem.flat_params, *problem.data),
        "params": problem.flat_params,
        "data": list(problem.data),
        "optimizer": settings,
        "replaced": bool(replaced),
    }
    report("proving", 0.5)
    witness = {"point": theta, "inverse_hessian": inverse_or_identity(slope)} | rest(theta, slope)
    if basin and not replaced:
        witness |= basin_of_loss(statement, witness)
    return issue("strict-minimum", statement, witness)
