"""Convergence from the given parameters: the search for a wide basin."""

from typing import Any

from foundation import InputError
from numeric import GradientDescent, HeavyBall, Nesterov, Regression


def check_basin(basin: bool, optimizer: Any, problem: Any) -> None:
    """Raises `InputError` where no theorem gives a basin."""
    if not basin:
        return
    if not isinstance(optimizer, GradientDescent | HeavyBall | Nesterov):
        raise InputError(f"basin=True needs GradientDescent, HeavyBall or Nesterov, but the optimiser is {optimizer!r}")
    if isinstance(problem, Regression) and problem.loss_settings is not None:
        raise InputError("basin=True needs the squared error; pass sp.Loss for a strict minimum of another loss")
