"""Convergence from the given parameters: the search for a wide basin."""

from collections.abc import Mapping
from typing import Any

from certify.minimum import MinimumStatement, exact_minimum
from certify.minimum.existence import moved_distance
from certify.minimum.hessian import hessian
from certify.minimum.strict_loss import LossStatement, prove_strict_minimum
from foundation import InputError
from numeric import GradientDescent, HeavyBall, Nesterov, Regression
from search.minimum.basin import propose_interpolating, propose_strict


def check_basin(basin: bool, optimizer: Any, problem: Any) -> None:
    """Raises `InputError` where no theorem gives a basin."""
    if not basin:
        return
    if not isinstance(optimizer, GradientDescent | HeavyBall | Nesterov):
        raise InputError(f"basin=True needs GradientDescent, HeavyBall or Nesterov, but the optimiser is {optimizer!r}")
    if isinstance(problem, Regression) and problem.loss_settings is not None:
        raise InputError("basin=True needs the squared error; pass sp.Loss for a strict minimum of another loss")


def basin_of_regression(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> dict[str, Any]:
    """The part `basin` of a minimum's witness; empty where none was found."""
    polished, minimum = exact_minimum(problem, witness)
    if minimum is None or "replaced" in problem:
        return {}
    given = MinimumStatement.from_tree(problem)
    if minimum.interpolating:
        return _named(propose_interpolating(given))
    away = moved_distance(given.params, polished.params) + minimum.distance
    return _named(propose_strict(given.optimizer, given.params, lambda box: hessian(given, box), away))


def basin_of_loss(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a strict minimum of a scalar loss."""
    given = LossStatement.from_tree(problem)
    exists = prove_strict_minimum(problem, witness).claim("existence_radius")
    if exists is None or exists.enclosure is None:
        return {}
    return _named(propose_strict(given.optimizer, given.params, given.curvature, float(exists.enclosure.upper)))


def _named(found: dict[str, Any] | None) -> dict[str, Any]:
    return {} if found is None else {"basin": found}
