"""The statement of certify_minimum about a regression, as data for its certificate."""

from typing import Any

import numpy as np

from certify.program import Program, trace
from certify.program.custom_rules import continued_in, replaced_in
from certify.program.regularity import moving_equations
from foundation import InputError
from numeric import SGD, Adam, GradientDescent, HeavyBall, Nesterov, Regression
from numeric.precision import double_precision
from stabproof.losses import loss_as_data
from stabproof.optax_optimizer import is_optax, optax_settings
from stabproof.sampling import sampling_settings

Optimizer = GradientDescent | SGD | HeavyBall | Nesterov | Adam


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


@double_precision
def statement_of(problem: Regression, optimizer: Optimizer | Any, state: Any = None) -> dict[str, Any]:
    """The problem's entry of a certificate of kind `minimum`; raises `InputError` where the network is not covered."""
    case = problem.inputs if problem.batched else problem.inputs[0]
    loss = loss_as_data(problem)
    point = [problem.flat_params, case]
    # where the network replaces its derivative, so that training follows another field
    replaced: list[str] = []
    predict = trace(
        (lambda t, x: problem.predict_all(t, x).reshape(-1)) if problem.batched else problem.predict_flat,
        np.zeros(problem.dimension),
        np.zeros(case.shape),
        near=point,
        seen=lambda jaxpr: replaced.extend(replaced_in(jaxpr)),
    )
    _check_rounding(predict)
    replaced.extend(continued_in(predict))
    return (
        ({"replaced": replaced} if replaced else {})
        | ({} if loss is None else {"loss": loss})
        | ({"batched": True} if problem.batched else {})
        | {
            "predict": predict,
            "params": problem.flat_params,
            "inputs": problem.inputs,
            "targets": problem.targets.reshape(problem.number_of_examples, problem.outputs),
            "optimizer": optax_settings(problem, optimizer, state)
            if is_optax(optimizer)
            else optimizer_settings(optimizer),
        }
    )


def _check_rounding(predict: Program) -> None:
    """Refuses networks that round what depends on the parameters, as `jax.nn.dot_product_attention` does."""
    for position in moving_equations(predict, (0,)):
        equation = predict.equations[position]
        if equation.primitive == "narrow":
            place = f" at {equation.source}" if equation.source else ""
            raise InputError(
                f"the network rounds to {equation.parameters['dtype']}{place}, and rounding is not a smooth function "
                "of real numbers; compute in double precision there (jax.nn.dot_product_attention rounds before its "
                "softmax, flax.linen.dot_product_attention does not)"
            )
