"""Multilayer perceptrons as plain pytrees, for demonstrations and cases; any other model works the same."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from jaxtyping import Array, Float, Float64, Key

from foundation import InputError, positive_integer
from numeric.precision import double_precision

Layers = list[tuple[Any, Any]]

# The normal law is cut there; its standard deviation is then sqrt(1 - 2 c phi(c) / (Phi(c) - Phi(-c))).
_CUT = 2.0
_SPREAD = np.sqrt(1 - 2 * _CUT * np.exp(-(_CUT**2) / 2) / np.sqrt(2 * np.pi) / scipy.special.erf(_CUT / np.sqrt(2)))


@double_precision
def initial_layers(widths: Sequence[int], key: Key[Array, ""]) -> Layers:
    """Layers (W, b) for the given widths, drawn from `key`: b zero, W normal with variance 1/fan-in (LeCun).

    The normal law is cut at two of its standard deviations, as in `jax.nn.initializers.lecun_normal`, whose numbers
    these are up to rounding.
    """
    sizes = [positive_integer(width, "width") for width in widths]
    if len(sizes) < 2:
        raise InputError(f"widths needs an input and an output size, but is {list(widths)}")
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    uniform = _uniform(key, len(shapes), max(m * n for m, n in shapes))
    return [
        (_truncated_normal(row[: m * n]).reshape(m, n) / (_SPREAD * np.sqrt(n)), np.zeros(m))
        for row, (m, n) in zip(uniform, shapes, strict=True)
    ]


def _uniform(key: Key[Array, ""], rows: int, columns: int) -> Float64[np.ndarray, "rows columns"]:
    """Numbers in [0, 1), a row for each of the keys into which `key` splits; one compilation for all layers."""

    def drawn(key: Array) -> Array:
        draw = functools.partial(jax.random.uniform, shape=(columns,), dtype=jnp.float64)
        return jax.vmap(draw)(jax.random.split(key, rows))

    return np.asarray(jax.jit(drawn)(key))


def _truncated_normal(uniform: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Standard normal numbers within two standard deviations, by the inverse of their distribution function."""
    bound = scipy.special.erf(_CUT / np.sqrt(2))
    return np.sqrt(2) * scipy.special.erfinv(bound * (2 * uniform - 1))


def perceptron(activation: Callable[[Array], Array] = jnp.tanh) -> Callable[[Layers, Array], Float[Array, " q"]]:
    """predict(layers, x) with `activation` after every layer but the last; x of shape (n,), output (q,)."""

    def predict(layers: Layers, x: Array) -> Array:
        *hidden, (weight, bias) = layers
        for w, b in hidden:
            x = activation(w @ x + b)
        return weight @ x + bias

    return predict
