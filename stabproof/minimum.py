"""certify_minimum: propose, prove, verdict."""

from typing import Any

import numpy as np

from certify.certificate import Certificate, issue
from certify.program import trace
from certify.program.custom_rules import custom_derivatives
from foundation import InputError
from numeric import SGD, Adam, GradientDescent, HeavyBall, Nesterov, Regression
from numeric.loss import Loss
from numeric.precision import double_precision
from search.minimum.basin import basin_of_regression
from search.minimum.point import proposed_inverse, refined_parameters
from search.minimum.stochastic import propose_exponent
from stabproof.basin import check_basin
from stabproof.losses import loss_as_data, squared_form
from stabproof.optax_optimizer import is_optax, optax_settings
from stabproof.progress import Progress, silent
from stabproof.sampling import check_sampling, sampling_settings
from stabproof.strict_loss import certify_strict_minimum

Optimizer = GradientDescent | SGD | HeavyBall | Nesterov | Adam


def certify_minimum(
    problem: Regression | Loss,
    optimizer: Optimizer | Any,
    *,
    state: Any = None,
    tolerance: float | None = None,
    budget: float | None = None,
    progress: Progress | None = None,
    basin: bool = False,
) -> Certificate:
    """Prove that an exact minimum exists near the problem's parameters and whether the optimiser finds it stable.

    With at least as many parameters as residuals (D >= qN) the minimum interpolates the data: its existence, the
    independence of its gradients, its sharpness and the thresholds come from the Gram matrix K = J J^T enclosed at
    the exact minimum. With fewer parameters it is a strict minimum and the full Hessian takes the place of K.
    Under SGD the Lyapunov exponent of the linearised updates is enclosed; the search for its proof ends at a decided
    sign, at a width of at most `tolerance` when one is given, or after `budget` seconds (60).
    With `basin=True` gradient descent, heavy ball and Nesterov are also followed from here: the certificate's
    `basin_radius`, `convergence_rate` and the claim `limit_distance` hold for every start that near the parameters.
    Returns a certificate (verdict STABLE, UNSTABLE or UNDECIDED with a reason); everything in it is proved,
    and `stabproof.check` repeats the proof. Raises `InputError` when the parameters are not near a minimum.
    """
    report = progress or silent
    if isinstance(problem, Loss):
        return _strict(problem, optimizer, state, report, basin)
    check_basin(basin, optimizer, problem)
    statement, witness, eigenvalues = propose_minimum(problem, optimizer, report, state)
    if isinstance(optimizer, SGD):
        witness |= propose_exponent(statement, witness, tolerance, budget, report)
    if basin:
        witness |= basin_of_regression(statement, witness)
    report("proving", 0.5)
    certificate = issue("minimum", statement, witness)
    report("proved", 1.0)
    return certificate.with_attachments(hessian_eigenvalues=eigenvalues)


def _strict(problem: Loss, optimizer: Optimizer | Any, state: Any, report: Progress, basin: bool) -> Certificate:
    """A strict minimum of a scalar loss."""
    _check_optimizer(optimizer)
    if isinstance(optimizer, SGD):
        raise InputError(
            "SGD needs the losses of single examples: pass a Regression with a loss, or ask for full batches"
        )
    check_basin(basin, optimizer, problem)
    settings = optax_settings(problem, optimizer, state) if is_optax(optimizer) else optimizer_settings(optimizer)
    return certify_strict_minimum(problem, settings, report, basin)


def propose_minimum(
    problem: Regression, optimizer: Optimizer | Any, report: Progress, state: Any = None
) -> tuple[dict[str, Any], dict[str, Any], np.ndarray]:
    """The statement about a minimum, the witness of its existence, and the Hessian's normal eigenvalues (estimates).

    Raises `InputError` when the parameters are not near a minimum.
    """
    _check_types(problem, optimizer)
    report("polishing the parameters", 0.0)
    working = squared_form(problem)
    if working is not problem and working.residual().size > working.dimension:
        raise InputError(_NOT_ATTAINED)
    point = refined_parameters(working)
    report("proposing an approximate inverse", 0.3)
    inverse, eigenvalues = proposed_inverse(working, point)
    return _statement(problem, optimizer, state), {"point": point, **inverse}, eigenvalues


def optimizer_settings(optimizer: Optimizer) -> dict[str, Any]:
    """The optimiser as exact data for a certificate."""
    names = {
        GradientDescent: ("gradient-descent", ("learning_rate",)),
        SGD: ("sgd", ("learning_rate", "batch_size", "momentum")),
        HeavyBall: ("heavy-ball", ("learning_rate", "momentum")),
        Nesterov: ("nesterov", ("learning_rate", "momentum")),
        Adam: ("adam", ("learning_rate", "b1", "b2", "eps")),
    }
    name, fields = names[type(optimizer)]
    settings = {"name": name, **{field: getattr(optimizer, field) for field in fields}}
    return settings | sampling_settings(optimizer) if isinstance(optimizer, SGD) else settings


def _check_types(problem: Any, optimizer: Any) -> None:
    if not isinstance(problem, Regression):
        raise InputError(f"problem must be a stabproof.Regression or Loss, but is a {type(problem).__name__}")
    _check_optimizer(optimizer)
    if isinstance(optimizer, SGD):
        check_sampling(problem, optimizer)
        if problem.loss_settings is None and problem.dimension < problem.residual().size:
            raise InputError(
                f"SGD keeps still only where every example is fitted, but {problem.dimension} parameters cannot "
                f"interpolate {problem.residual().size} residuals; use GradientDescent or a wider network"
            )


def _check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer) and not is_optax(optimizer):
        raise InputError(
            f"optimizer must be GradientDescent, SGD, HeavyBall, Nesterov or Adam of stabproof, or an optax "
            f"transformation, but is {optimizer!r}"
        )


_NOT_ATTAINED = (
    "with more residuals than parameters a loss other than the squared error is certified at a strict minimum: pass "
    "sp.Loss(function, params, inputs, targets) with the mean loss as a function of the parameters"
)


def _replaced_derivatives(problem: Regression) -> dict[str, Any]:
    """Where the network replaces its derivative, so that training follows another field; nothing where it does not."""
    example = np.zeros(problem.inputs.shape[1:])
    replaced = custom_derivatives(problem.predict_flat, np.zeros(problem.dimension), example)
    return {"replaced": list(replaced)} if replaced else {}


@double_precision
def _statement(problem: Regression, optimizer: Optimizer | Any, state: Any = None) -> dict[str, Any]:
    example = np.zeros(problem.inputs.shape[1:])
    loss = loss_as_data(problem)
    point = [problem.flat_params, problem.inputs[0]]
    return (
        _replaced_derivatives(problem)
        | ({} if loss is None else {"loss": loss})
        | {
            "predict": trace(problem.predict_flat, np.zeros(problem.dimension), example, near=point),
            "params": problem.flat_params,
            "inputs": problem.inputs,
            "targets": problem.targets.reshape(problem.number_of_examples, problem.outputs),
            "optimizer": optax_settings(problem, optimizer, state)
            if is_optax(optimizer)
            else optimizer_settings(optimizer),
        }
    )
