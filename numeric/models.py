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

# a network of eight layers with 64 x 64 weights: a quarter of a megabyte
_ROWS, _COLUMNS = 8, 4096

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
    """Numbers in [0, 1), a row for each of the keys into which `key` splits.

    JAX's counters are the positions, so that a longer draw begins with the shorter one (`jax_threefry_partitionable`);
    sizes that are rounded up serve most networks with one compilation, which costs more than the numbers.
    """
    draw = _drawn(_rounded_up(rows, _ROWS), _rounded_up(columns, _COLUMNS))
    with jax.threefry_partitionable(True):
        return np.asarray(draw(key))[:rows, :columns]


@functools.cache
def _drawn(rows: int, columns: int) -> Callable[[Array], Array]:
    def drawn(key: Array) -> Array:
        draw = functools.partial(jax.random.uniform, shape=(columns,), dtype=jnp.float64)
        return jax.vmap(draw)(jax.random.split(key, rows))

    return jax.jit(drawn)


def _rounded_up(size: int, least: int) -> int:
    """The next power of two, at least `least`."""
    return max(least, 1 << (size - 1).bit_length())


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
