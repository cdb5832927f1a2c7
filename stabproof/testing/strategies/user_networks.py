"""Problems around a user's own network: its parameters are drawn, and its targets are what it computes."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from foundation import finite_array
from numeric import Regression
from numeric.ntk import jacobian
from stabproof.testing.strategies.known import KnownMinimum
from stabproof.testing.strategies.sizes import InvalidSetting, between

_HALF_STEPS = 64
# Beyond it the gradients are too near dependence for a proof without searching; as in `tanh_problems`.
_WORST_CONDITION = 1e6


def problems_for(
    predict: Callable[[Any, Any], Any], params: Any, data: Any, *, largest: float = 2.0, independent: bool = True
) -> st.SearchStrategy[KnownMinimum]:
    """Interpolating minima of the user's own network: drawn parameters, and targets that it attains there.

    predict, params: as for `stabproof.Regression`; of `params` only the structure and the shapes count, so it may be
    `jax.eval_shape` of an initialiser. data: the inputs (N, ...), or a pair of which the first is the inputs.
    largest: entries are multiples of largest / 64 in [-largest, largest]. independent: leave out parameters whose
    gradients are nearly dependent. Nothing is compiled in a draw: the network is, once, when the strategy is built.
    Raises `InvalidSetting` where predict cannot be evaluated on the data.
    """
    size = between(largest, "largest", 2.0**-20, 2.0**20)
    inputs = data[0] if isinstance(data, tuple) else data
    try:
        points = finite_array(inputs, "data")
        concrete = jax.tree.map(_filled, params)
        model = _model(predict, concrete, points)
    except Exception as error:
        raise InvalidSetting(f"predict cannot be evaluated on the data: {error}") from None
    if independent and points.shape[0] * model.outputs > model.dimension:
        raise InvalidSetting(
            f"{model.dimension} parameters cannot interpolate {points.shape[0] * model.outputs} numbers with "
            "independent gradients; pass fewer examples or independent=False"
        )
    model.residual()
    jacobian(model, model.flat_params)
    steps = st.integers(-_HALF_STEPS, _HALF_STEPS)
    entries = st.lists(steps, min_size=model.dimension, max_size=model.dimension)
    return entries.map(lambda drawn: _interpolating(model, np.array(drawn) * (size / _HALF_STEPS), independent))


def _filled(leaf: Any) -> Any:
    """A shape alone stands for an array of it."""
    return np.full(leaf.shape, 0.5) if isinstance(leaf, jax.ShapeDtypeStruct) else leaf


def _model(predict: Callable[[Any, Any], Any], params: Any, points: np.ndarray) -> Regression:
    shape = jax.eval_shape(predict, params, jax.ShapeDtypeStruct(points.shape[1:], np.float32)) if points.ndim else None
    outputs = () if shape is None or not hasattr(shape, "shape") else shape.shape
    return Regression(predict, params, points, np.zeros((len(points), *outputs)))


def _interpolating(model: Regression, theta: np.ndarray, independent: bool) -> KnownMinimum:
    values = model.residual(theta) + model.targets.reshape(-1)
    assume(bool(np.isfinite(values).all()))
    problem = model._moved(theta, model.inputs, values.reshape(model.targets.shape))
    if independent:
        rows = jacobian(problem, theta)
        assume(bool(np.isfinite(rows).all()) and np.linalg.cond(rows @ rows.T) <= _WORST_CONDITION)
    name = getattr(model.predict, "__name__", "predict")
    return KnownMinimum(problem, None, f"{name} at drawn parameters {theta.tolist()}")
