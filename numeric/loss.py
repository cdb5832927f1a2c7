"""A scalar loss of parameters and data, whose gradient is what `jax.grad` makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from foundation import InputError, finite_array
from numeric.parameters import Layout, flatten
from numeric.precision import double_precision

_NEWTON_STEPS = 30
_HALVINGS = 8


@final
@dataclass(frozen=True, eq=False, repr=False, init=False)
class Loss:
    """function(params, *data) -> scalar, at the minimum near `params`; weight decay and penalties belong into it.

    `params` is any pytree whose float leaves are trained; `data` are arrays of floats. Raises `InputError` when the
    function fails, is no scalar or not finite at the parameters, or when the data are not finite.
    """

    function: Callable[..., Any]
    params: Any
    data: tuple[Float64[np.ndarray, "..."], ...]
    _theta: np.ndarray
    _layout: Layout

    def __init__(self, function: Callable[..., Any], params: Any, *data: Any) -> None:
        if not callable(function):
            raise InputError(f"function must be a function of (params, *data), but is {function!r}")
        theta, layout = flatten(params)
        arrays = tuple(finite_array(x, f"data {k}") for k, x in enumerate(data))
        fields = {"function": function, "params": layout.concrete(theta), "data": arrays}
        for name, value in {**fields, "_theta": theta, "_layout": layout}.items():
            object.__setattr__(self, name, value)
        self._check()

    def __repr__(self) -> str:
        return f"Loss({getattr(self.function, '__name__', 'function')}, dimension={self.dimension})"

    @property
    def dimension(self) -> int:
        """D, the number of scalar parameters."""
        return self._layout.dimension

    @property
    def layout(self) -> Layout:
        """How a flat vector becomes the user's pytree."""
        return self._layout

    @property
    def flat_params(self) -> Float64[np.ndarray, " D"]:
        """The parameters as one vector (a copy)."""
        return self._theta.copy()

    def unflatten(self, theta: Float64[np.ndarray, " D"]) -> Any:
        """The user's pytree at `theta`."""
        return self._layout.concrete(np.asarray(theta, dtype=np.float64))

    def flat(self, theta: Float[Array, " D"], *data: Any) -> Float[Array, ""]:
        """The loss as a function of the flat parameters; trace it in 64-bit mode."""
        return jnp.reshape(self.function(self._layout.traced(theta), *data), ())

    def field(self, theta: Float[Array, " D"], *data: Any) -> Float[Array, " D"]:
        """`jax.grad` of the loss."""
        return jax.grad(self.flat)(theta, *data)

    @double_precision
    def polished(self) -> tuple[np.ndarray, np.ndarray, float]:
        """(theta, derivative of the field, largest entry of the field) after Newton's steps; estimates."""
        field = jax.jit(lambda t: self.field(t, *self.data))
        slope = jax.jit(jax.jacfwd(lambda t: self.field(t, *self.data)))
        theta = self.flat_params
        value, matrix = self._derivatives(field, slope)
        for _ in range(_NEWTON_STEPS):
            step = np.linalg.lstsq(matrix, value, rcond=None)[0]
            shorter = (theta - step * 0.5**k for k in range(_HALVINGS))
            found = ((moved, np.asarray(field(moved))) for moved in shorter)
            better = next((f for f in found if np.linalg.norm(f[1]) < np.linalg.norm(value)), None)
            if better is None:
                break
            theta, value = better
            matrix = _finite(np.asarray(slope(theta)))
        return theta, matrix, float(np.abs(value).max())

    def _derivatives(self, field: Any, slope: Any) -> tuple[np.ndarray, np.ndarray]:
        """The field and its derivative at the parameters; raises `InputError` where JAX makes none."""
        try:
            value, matrix = np.asarray(field(self._theta)), np.asarray(slope(self._theta))
        except (InputError, MemoryError):
            raise
        except Exception as error:
            told = (str(error).strip().splitlines() or [""])[0]
            raise InputError(f"jax.grad of the loss fails: {type(error).__name__}: {told}") from None
        return _finite(value), _finite(matrix)

    @double_precision
    def _check(self) -> None:
        try:
            value = np.asarray(self.flat(jnp.asarray(self._theta), *self.data))
        except InputError:
            raise
        except Exception as error:
            told = (str(error).strip().splitlines() or [""])[0]
            raise InputError(
                f"function(params, *data) fails or is not a scalar: {type(error).__name__}: {told}"
            ) from None
        if not np.isfinite(value):
            raise InputError("the loss is not finite at the parameters")


def _finite(values: np.ndarray) -> np.ndarray:
    if not np.isfinite(values).all():
        raise InputError(
            "the gradient of the loss, or its derivative, is not finite at the parameters or near them: a root, a "
            "quotient, a norm or a factorisation is not differentiable there; move the parameters or smooth the loss"
        )
    return values
