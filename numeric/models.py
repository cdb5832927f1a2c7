"""Multilayer perceptrons as plain pytrees, for demonstrations and cases; any other model works the same."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from foundation import InputError, positive_integer
from numeric.precision import double_precision

Layers = list[tuple[Any, Any]]


@double_precision
def initial_layers(widths: Sequence[int], key: Key[Array, ""]) -> Layers:
    """Layers (W, b) for the given widths: W normal with variance 1/fan-in (LeCun), b zero, drawn from `key`."""
    sizes = [positive_integer(width, "width") for width in widths]
    if len(sizes) < 2:
        raise InputError(f"widths needs an input and an output size, but is {list(widths)}")
    draw = jax.nn.initializers.lecun_normal(in_axis=1, out_axis=0)
    keys = jax.random.split(key, len(sizes) - 1)
    shapes = zip(keys, sizes[1:], sizes[:-1], strict=True)
    return [(np.asarray(draw(k, (m, n), jnp.float64)), np.zeros(m)) for k, m, n in shapes]


def perceptron(activation: Callable[[Array], Array] = jnp.tanh) -> Callable[[Layers, Array], Float[Array, " q"]]:
    """predict(layers, x) with `activation` after every layer but the last; x of shape (n,), output (q,)."""

    def predict(layers: Layers, x: Array) -> Array:
        *hidden, (weight, bias) = layers
        for w, b in hidden:
            x = activation(w @ x + b)
        return weight @ x + bias

    return predict
