"""Pooling and resizing."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from stabproof.doors.aten.windows import linear_weights
from stabproof.doors.onnx_operators.linear import pads_of
from stabproof.doors.onnx_operators.static import is_static, text, whole_numbers
from stabproof.doors.rule import NotModelled, Table, demand

Array = Any


def _windows(shape: Sequence[int], kernel: Sequence[int], strides: Any, dilations: Any, pads: Any, auto_pad: Any,
             ceil_mode: int) -> Any:  # fmt: skip
    """(strides, dilations, padding, numbers of windows) of a pool."""
    rank = len(shape)
    strides, dilations = list(strides or [1] * rank), list(dilations or [1] * rank)
    widths = pads_of(shape, kernel, strides, dilations, pads, auto_pad)
    padding, counts = [], []
    for n, k, s, d, (a, b) in zip(shape, kernel, strides, dilations, widths, strict=True):
        room = n + a + b - d * (k - 1) - 1
        count = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (count - 1) * s >= n + a:
            count -= 1  # a window must begin inside the input or its padding before it
        padding.append((a, max(0, (count - 1) * s + d * (k - 1) + 1 - n - a)))
        counts.append(count)
    return strides, dilations, padding, counts, widths


def _reduced(X: Array, start: float, function: Any, kernel: Any, strides: Any, dilations: Any, padding: Any) -> Array:
    return jax.lax.reduce_window(
        X,
        start,
        function,
        window_dimensions=(1, 1, *kernel),
        window_strides=(1, 1, *strides),
        padding=[(0, 0), (0, 0), *padding],
        window_dilation=(1, 1, *dilations),
    )


def _cut(X: Array, counts: Sequence[int]) -> Array:
    return X[(slice(None), slice(None), *(slice(0, count) for count in counts))]


def max_pool(X: Array, kernel_shape: Any, auto_pad: Any = "NOTSET", ceil_mode: int = 0, dilations: Any = None,
             pads: Any = None, storage_order: int = 0, strides: Any = None) -> Any:  # fmt: skip
    strides, dilations, padding, counts, _ = _windows(
        X.shape[2:], kernel_shape, strides, dilations, pads, auto_pad, ceil_mode
    )
    pooled = _reduced(X, -jnp.inf, jax.lax.max, kernel_shape, strides, dilations, padding)
    return _cut(pooled, counts), NotModelled("the positions of a maximum in pooling")


def average_pool(X: Array, kernel_shape: Any, auto_pad: Any = "NOTSET", ceil_mode: int = 0, count_include_pad: int = 0,
                 dilations: Any = None, pads: Any = None, strides: Any = None) -> Array:  # fmt: skip
    strides, dilations, padding, counts, widths = _windows(
        X.shape[2:], kernel_shape, strides, dilations, pads, auto_pad, ceil_mode
    )
    sums = _cut(_reduced(X, 0.0, jax.lax.add, kernel_shape, strides, dilations, padding), counts)
    sizes = np.ones(())
    for n, c, k, s, d, (a, b) in zip(X.shape[2:], counts, kernel_shape, strides, dilations, widths, strict=True):
        entries = np.arange(c)[:, None] * s - a + np.arange(k) * d
        inside = (entries < n + b) if count_include_pad else (entries >= 0) & (entries < n)
        sizes = sizes[..., None] * inside.sum(axis=1)
    return sums / sizes


def resize(X: Array, roi: Any = None, scales: Any = None, sizes: Any = None, mode: Any = "nearest",
           coordinate_transformation_mode: Any = "half_pixel", nearest_mode: Any = "round_prefer_floor",
           axes: Any = None, antialias: int = 0, cubic_coeff_a: float = -0.75, exclude_outside: int = 0,
           extrapolation_value: float = 0.0, keep_aspect_ratio_policy: Any = "stretch") -> Array:  # fmt: skip
    """Nearest and linear, to `sizes`, or by scales that make whole lengths."""
    kind, frame = text(mode), text(coordinate_transformation_mode)
    demand(
        not antialias and text(keep_aspect_ratio_policy) == "stretch", "antialias and aspect ratios are not modelled"
    )
    places = list(range(X.ndim)) if axes is None else [a % X.ndim for a in whole_numbers(axes, "axes")]
    for axis, size in zip(places, _lengths(X, places, scales, sizes), strict=True):
        if size == X.shape[axis]:
            continue
        demand(frame in ("half_pixel", "asymmetric", "align_corners"), f"{frame} is not modelled")
        if kind == "nearest":
            X = jnp.take(X, _nearest(X.shape[axis], size, frame, text(nearest_mode)), axis=axis)
        else:
            demand(kind == "linear" and frame != "asymmetric", f"{kind} resizing in the frame {frame} is not modelled")
            weights, denominator = linear_weights(X.shape[axis], size, frame == "align_corners")
            X = jnp.moveaxis(jnp.matmul(jnp.moveaxis(X, axis, -1), weights.T) / denominator, -1, axis)
    return X


def _lengths(X: Array, places: Sequence[int], scales: Any, sizes: Any) -> list[int]:
    if sizes is not None and np.size(sizes):
        return whole_numbers(sizes, "sizes")
    demand(scales is not None and is_static(scales), "scales that depend on the input are not modelled")
    products = [X.shape[a] * float(s) for a, s in zip(places, np.asarray(scales).reshape(-1), strict=True)]
    demand(
        all(p == int(p) for p in products),
        f"scales {np.asarray(scales).tolist()} make no whole lengths, and programs round them differently; give sizes",
    )
    return [int(p) for p in products]


def _nearest(length: int, size: int, frame: str, rounding: str) -> np.ndarray:
    """The entry that each new one copies, in whole numbers: position = numerator / denominator."""
    i = np.arange(size)
    if frame == "half_pixel":
        numerator, denominator = (2 * i + 1) * length - size, 2 * size
    elif frame == "asymmetric":
        numerator, denominator = i * length, size
    else:
        numerator, denominator = i * (length - 1), max(size - 1, 1)
    choices = {
        "floor": numerator // denominator,
        "ceil": -(-numerator // denominator),
        "round_prefer_floor": -((denominator - 2 * numerator) // (2 * denominator)),
        "round_prefer_ceil": (2 * numerator + denominator) // (2 * denominator),
    }
    demand(rounding in choices, f"nearest_mode {rounding} is not modelled")
    return np.clip(choices[rounding], 0, length - 1)


TABLE: Table = {"MaxPool": max_pool, "AveragePool": average_pool, "Resize": resize}
