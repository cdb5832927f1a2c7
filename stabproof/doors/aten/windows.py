"""Pooling and resizing."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from stabproof.doors.rule import NotModelled, Table, demand

Array = Any


def output_length(length: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """torch's count of windows; with ceil_mode the last one must begin inside the input or its left padding."""
    room = length + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= length + padding else count


def _settings(rank: int, *values: Any) -> list[list[int]]:
    return [list(v) * rank if len(v) == 1 else list(v) for v in (_listed(v) for v in values)]


def _listed(value: Any) -> list[int]:
    return [value] if isinstance(value, int) else list(value)


def _widths(shape: Sequence[int], kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool) -> Any:
    """(left, right) padding that makes JAX's windows torch's, and the numbers of windows."""
    counts = [
        output_length(n, k, s, p, d, ceil)
        for n, k, s, p, d in zip(shape, kernel, stride, padding, dilation, strict=True)
    ]
    rights = [
        max(0, (c - 1) * s + d * (k - 1) + 1 - n - p)
        for n, c, k, s, p, d in zip(shape, counts, kernel, stride, padding, dilation, strict=True)
    ]
    return list(zip(padding, rights, strict=True)), counts


def _max_pool(rank: int) -> Any:
    def rule(
        self: Array, kernel_size: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> Any:
        kernel, padding, dilation = _settings(rank, kernel_size, padding, dilation)
        (steps,) = _settings(rank, _listed(stride) or kernel)
        widths, _ = _widths(self.shape[-rank:], kernel, steps, padding, dilation, ceil_mode)
        lead = self.ndim - rank
        pooled = jax.lax.reduce_window(
            self,
            -jnp.inf,
            jax.lax.max,
            window_dimensions=(1,) * lead + tuple(kernel),
            window_strides=(1,) * lead + tuple(steps),
            padding=[(0, 0)] * lead + widths,
            window_dilation=(1,) * lead + tuple(dilation),
        )
        return pooled, NotModelled("the positions of a maximum in pooling")

    return rule


def _avg_pool(rank: int) -> Any:
    def rule(
        self: Array,
        kernel_size: Any,
        stride: Any = (),
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> Array:
        kernel, padding = _settings(rank, kernel_size, padding)
        (steps,) = _settings(rank, _listed(stride) or kernel)
        shape = self.shape[-rank:]
        widths, counts = _widths(shape, kernel, steps, padding, [1] * rank, ceil_mode)
        lead = self.ndim - rank
        sums = jax.lax.reduce_window(
            self,
            0.0,
            jax.lax.add,
            window_dimensions=(1,) * lead + tuple(kernel),
            window_strides=(1,) * lead + tuple(steps),
            padding=[(0, 0)] * lead + widths,
        )
        if divisor_override is not None:
            return sums / float(divisor_override)
        sizes = [_sizes(n, c, k, s, p, count_include_pad) for n, c, k, s, p in
                 zip(shape, counts, kernel, steps, padding, strict=True)]  # fmt: skip
        return sums / _product(sizes)

    return rule


def _sizes(length: int, count: int, kernel: int, stride: int, padding: int, include: bool) -> np.ndarray:
    """How many entries each window counts along one axis."""
    start = np.arange(count) * stride - padding
    stop = np.minimum(start + kernel, length + padding)
    return stop - start if include else np.minimum(stop, length) - np.maximum(start, 0)


def _product(sizes: Sequence[np.ndarray]) -> np.ndarray:
    product = np.ones(())
    for size in sizes:
        product = product[..., None] * size
    return product


def _adaptive_avg_pool(rank: int) -> Any:
    def rule(self: Array, output_size: Sequence[int]) -> Array:
        """The mean over [floor(i n / m), ceil((i + 1) n / m)) of each axis."""
        for axis, size in zip(range(self.ndim - rank, self.ndim), _listed(output_size), strict=True):
            length = self.shape[axis]
            starts = [i * length // size for i in range(size)]
            stops = [-(-(i + 1) * length // size) for i in range(size)]
            member = np.array([[float(a <= j < b) for j in range(length)] for a, b in zip(starts, stops, strict=True)])
            counts = member.sum(axis=1)
            self = jnp.moveaxis(jnp.matmul(jnp.moveaxis(self, axis, -1), member.T) / counts, -1, axis)
        return self

    return rule


def _check_scales(lengths: Sequence[int], sizes: Sequence[int], scales: Any) -> None:
    for length, size, scale in zip(lengths, sizes, scales or [None] * len(sizes), strict=True):
        demand(
            scale is None or length * scale == size, f"resizing {length} entries by {scale} to {size} is not modelled"
        )


def _target(self: Array, rank: int, output_size: Any, scale_factors: Any) -> list[int]:
    lengths = self.shape[-rank:]
    if output_size is None:
        output_size = [math.floor(n * s) for n, s in zip(lengths, scale_factors, strict=True)]
    _check_scales(lengths, output_size, scale_factors)
    return list(output_size)


def _nearest(rank: int) -> Any:
    def rule(input: Array, output_size: Any, scale_factors: Any) -> Array:
        for axis, size in enumerate(_target(input, rank, output_size, scale_factors), input.ndim - rank):
            input = jnp.take(input, np.arange(size) * input.shape[axis] // size, axis=axis)
        return input

    return rule


def _linear(rank: int) -> Any:
    def rule(input: Array, output_size: Any, align_corners: bool, scale_factors: Any) -> Array:
        for axis, size in enumerate(_target(input, rank, output_size, scale_factors), input.ndim - rank):
            numerators, denominator = linear_weights(input.shape[axis], size, align_corners)
            moved = jnp.matmul(jnp.moveaxis(input, axis, -1), numerators.T) / denominator
            input = jnp.moveaxis(moved, -1, axis)
        return input

    return rule


def linear_weights(length: int, size: int, align_corners: bool) -> tuple[np.ndarray, float]:
    """Weights of linear interpolation as whole numbers over one denominator, so that they are exact."""
    denominator = max(size - 1, 1) if align_corners else 2 * size
    weights = np.zeros((size, length))
    for i in range(size):
        position = i * (length - 1) if align_corners else (2 * i + 1) * length - size
        position = 0 if align_corners and size == 1 else max(position, 0)
        low, fraction = divmod(position, denominator)
        high = min(low + 1, length - 1)
        weights[i, low] += denominator - fraction
        weights[i, high] += fraction
    return weights, float(denominator)


TABLE: Table = {
    **{f"max_pool{n}d_with_indices.default": _max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d.default": _avg_pool(n) for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d.default": _adaptive_avg_pool(n) for n in (1, 2, 3)},
    **{f"_adaptive_avg_pool{n}d.default": _adaptive_avg_pool(n) for n in (2, 3)},
    **{f"upsample_nearest{n}d.vec": _nearest(n) for n in (1, 2, 3)},
    "upsample_linear1d.vec": _linear(1),
    "upsample_bilinear2d.vec": _linear(2),
    "upsample_trilinear3d.vec": _linear(3),
}
