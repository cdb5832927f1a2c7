"""Convergence from the given parameters: the search for a wide basin."""

from typing import Any

from foundation import InputError
from numeric import SGD, GradientDescent, HeavyBall, Nesterov, Regression
from stabproof.batches import of_sgd
from stabproof.optax_optimizer import is_optax


def with_basin(basin: bool, optimizer: Any, problem: Any, state: Any = None) -> Any:
    """The optimiser that is followed from the given parameters: optax's gradient descent and momentum are ours.

    Raises `InputError` where no theorem gives a basin.
    """
    if not basin:
        return optimizer
    if isinstance(problem, Regression) and problem.loss_settings is not None:
        raise InputError("basin=True needs the squared error; pass sp.Loss for a strict minimum of another loss")
    if is_optax(optimizer):
        if state is not None:
            raise InputError("basin=True is about starts with zero memory; leave state out")
        rule = of_sgd(problem, optimizer, None)
        if rule is not None:
            return HeavyBall(*rule) if rule[1] else GradientDescent(rule[0])
    if not isinstance(optimizer, GradientDescent | HeavyBall | Nesterov):
        raise InputError(
            _NO_BASIN.format("SGD" if isinstance(optimizer, SGD) else _name(optimizer), _instead(optimizer))
        )
    return optimizer


def _name(optimizer: Any) -> str:
    return "this optimiser of optax" if is_optax(optimizer) else repr(optimizer)


def _instead(optimizer: Any) -> str:
    if isinstance(optimizer, SGD):
        return (
            "; for SGD leave basin out: the certificate's contracting_learning_rate bounds the rates at which no batch "
            "expands its norm near the minimum"
        )
    return "; a verdict STABLE without basin says that all starts in some ball converge, of no stated radius"


_NO_BASIN = (
    "basin=True proves a radius for GradientDescent, HeavyBall or Nesterov and for optax.sgd with or without momentum, "
    "full batches each, not for {}: pass one of these{}"
)
