"""A converted module against torch: values at the example, values and gradients at random points."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from foundation import InputError
from numeric.precision import double_precision
from stabproof.doors.comparison import demand_agreement
from stabproof.doors.torch_graph import as_array

# Points besides the example at which the converted model is compared with the module.
_RANDOM_POINTS = 3
# Relative: two double precision gradients of one function differ by rounding, a missing branch by its whole size.
_GRADIENT_TOLERANCE = 1e-8


def demand_torchs_values(
    torch: Any, module: Any, predict: Any, params: Mapping[str, np.ndarray], tensor: Any, batch_axis: int | None
) -> str:
    """Compares values at the example, and values and gradients at random points; raises `InputError`."""
    rng = np.random.default_rng(0)
    example = as_array(tensor) if batch_axis is None else np.squeeze(as_array(tensor), batch_axis)
    points: list[tuple[Any, Any]] = [(dict(params), example)]
    for _ in range(_RANDOM_POINTS):
        moved = {name: _moved(rng, weight) for name, weight in params.items()}
        points.append((moved, _random_input(rng, example)))
    theirs = _torch_function(torch, module, batch_axis)
    usable = [points[0], *(p for p in points[1:] if np.isfinite(theirs(*p)[0]).all())]
    note = demand_agreement("torch", _compiled(predict), lambda p, x: theirs(p, x)[0], usable)
    _compare_gradients(_compiled(jax.grad(_weighted(predict))), theirs, usable[1:])
    return note


def _weighted(predict: Callable[..., Any]) -> Callable[..., Any]:
    """The sum of the outputs with weights 1, 2, 3, ..."""

    def total(params: Any, x: Any) -> Any:
        output = predict(params, x)
        return jnp.sum(output * jnp.arange(1, output.shape[0] + 1))

    return total


def _moved(rng: Any, weight: np.ndarray) -> np.ndarray:
    return weight + 0.1 * rng.normal(size=weight.shape) * np.abs(weight) + 0.01 * rng.normal(size=weight.shape)


def _random_input(rng: Any, example: np.ndarray) -> np.ndarray:
    if example.dtype != np.float64:
        return rng.permutation(example.reshape(-1)).reshape(example.shape)
    return example + rng.normal(size=example.shape) * (1.0 + np.abs(example))


def _torch_function(torch: Any, module: Any, batch_axis: int | None) -> Callable[[Any, Any], Any]:
    """(params, x) -> (output, gradient of its sum with weights 1, 2, 3, ... in the parameters)."""

    def run(params: Any, x: Any) -> Any:
        weights = {name: torch.tensor(np.asarray(value), requires_grad=True) for name, value in params.items()}
        value = torch.as_tensor(np.array(x))
        value = value if batch_axis is None else value.unsqueeze(batch_axis)
        with torch.enable_grad():
            output = torch.func.functional_call(module, weights, (value,)).reshape(-1)
            total = (output * torch.arange(1, len(output) + 1, dtype=output.dtype)).sum()
            slopes = (
                torch.autograd.grad(total, list(weights.values()), allow_unused=True) if total.requires_grad else ()
            )
        gradient = {
            name: None if slope is None else slope.numpy() for name, slope in zip(weights, slopes, strict=False)
        }
        return output.detach().numpy(), gradient

    return run


def _compiled(predict: Callable[..., Any]) -> Callable[..., Any]:
    return double_precision(jax.jit(predict))


def _compare_gradients(gradient: Any, theirs: Any, points: Sequence[tuple[Any, Any]]) -> None:
    for params, x in points:
        slopes, ours = theirs(params, x)[1], gradient(params, x)
        scale = 1.0 + max(float(np.max(np.abs(slope), initial=0.0)) for slope in ours.values())
        for name, slope in ours.items():
            own = slopes.get(name)
            gap = np.abs(np.asarray(slope) - (0.0 if own is None else own))
            if not np.all(gap <= _GRADIENT_TOLERANCE * scale):
                raise InputError(
                    f"torch's own gradient for {name} is not the derivative of the module's output (a detach, no_grad, "
                    "padding_idx or a hand-written backward), so training does not descend the loss that would be "
                    "certified; write the module without it"
                )
