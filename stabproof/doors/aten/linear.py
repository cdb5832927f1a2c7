"""Products of matrices, convolutions, attention."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from stabproof.doors.rule import Table, demand

Array = Any


def addmm(self: Array, mat1: Array, mat2: Array, beta: float = 1, alpha: float = 1) -> Array:
    """beta self + alpha mat1 mat2; torch takes beta = 0 as absence of `self`, which real numbers agree with."""
    product = jnp.matmul(mat1, mat2)
    return _times(beta, self) + _times(alpha, product)


def _times(factor: float, value: Array) -> Array:
    return value if factor == 1 else factor * value


def linear(input: Array, weight: Array, bias: Any = None) -> Array:
    product = jnp.matmul(input, weight.T)
    return product if bias is None else product + bias


def convolution(
    input: Array,
    weight: Array,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Array:
    """Cross-correlation, or its transpose: the kernel flipped over a stretched input."""
    rank = input.ndim - 2
    stride, padding, dilation, output_padding = (
        list(v) * rank if len(v) == 1 else list(v) for v in (stride, padding, dilation, output_padding)
    )
    if transposed:
        weight, widths = _transposed_kernel(weight, padding, dilation, output_padding, groups)
        window, stretch = [1] * rank, stride
    else:
        widths, window, stretch = [(p, p) for p in padding], stride, [1] * rank
    letters = "DHW"[-rank:]
    output = jax.lax.conv_general_dilated(
        input,
        weight,
        window_strides=window,
        padding=widths,
        lhs_dilation=stretch,
        rhs_dilation=dilation,
        dimension_numbers=(f"NC{letters}", f"OI{letters}", f"NC{letters}"),
        feature_group_count=groups,
    )
    return output if bias is None else output + bias.reshape((1, -1) + (1,) * rank)


def _transposed_kernel(
    weight: Array, padding: Sequence[int], dilation: Sequence[int], output_padding: Sequence[int], groups: int
) -> tuple[Array, list[tuple[int, int]]]:
    inputs, outputs, *kernel = weight.shape
    flipped = jnp.flip(weight, axis=tuple(range(2, weight.ndim)))
    grouped = flipped.reshape(groups, inputs // groups, outputs, *kernel)
    swapped = jnp.swapaxes(grouped, 1, 2).reshape(groups * outputs, inputs // groups, *kernel)
    reach = [d * (k - 1) - p for k, p, d in zip(kernel, padding, dilation, strict=True)]
    return swapped, [(r, r + extra) for r, extra in zip(reach, output_padding, strict=True)]


def attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    """softmax(q k^T scale + mask) v; scale is 1/sqrt(head size) when nothing is said.

    A causal mask is aligned at the upper left. Positions that a mask shuts out are left out of the softmax; a row
    that is shut out whole is 0, as in torch's documentation.
    """
    demand(dropout_p == 0, f"attention with dropout_p={dropout_p} is random; call module.eval()")
    demand(not enable_gqa, "grouped queries are not modelled")
    demand(not (is_causal and attn_mask is not None), "a causal mask beside another one is not modelled")
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = jnp.matmul(query, jnp.swapaxes(key, -1, -2)) * factor
    allowed: Any = np.tri(*scores.shape[-2:], dtype=bool) if is_causal else None
    if attn_mask is not None:
        scores, allowed = _with_mask(scores, attn_mask)
    return jnp.matmul(masked_softmax(scores, allowed), value)


def _with_mask(scores: Array, mask: Array) -> tuple[Array, Any]:
    if mask.dtype == bool:
        return scores, mask
    if not isinstance(mask, np.ndarray):
        return scores + mask, None
    allowed = mask != -np.inf
    finite = scores + np.where(allowed, mask, 0.0) if np.any(mask[allowed]) else scores
    return finite, None if allowed.all() else allowed


def masked_softmax(scores: Array, allowed: Any) -> Array:
    """softmax over the last axis of the allowed entries; the others are 0."""
    if allowed is None:
        return jax.nn.softmax(scores, axis=-1)
    if isinstance(allowed, np.ndarray) and all(n == 1 for n in allowed.shape[:-2]):
        return _softmax_by_rows(scores, np.broadcast_to(allowed, allowed.shape[:-2] + scores.shape[-2:]))
    # the quotient does not depend on the shift; a mean is smooth where a maximum has kinks
    shifted = scores - jnp.mean(scores, axis=-1, keepdims=True)
    weights = jnp.where(allowed, jnp.exp(shifted), 0.0)
    some = jnp.any(jnp.broadcast_to(allowed, scores.shape), axis=-1, keepdims=True)
    return weights / jnp.where(some, jnp.sum(weights, axis=-1, keepdims=True), 1.0)


def _softmax_by_rows(scores: Array, allowed: np.ndarray) -> Array:
    """Each row is the softmax of its allowed entries alone, so that no number stands for minus infinity."""
    pattern = allowed.reshape(scores.shape[-2:])
    rows = []
    for number, row in enumerate(pattern):
        places = np.flatnonzero(row)
        own = jnp.zeros((*scores.shape[:-2], scores.shape[-1]), scores.dtype)
        if len(places):
            shares = jax.nn.softmax(jnp.take(scores[..., number, :], places, axis=-1), axis=-1)
            spread = np.zeros((len(places), scores.shape[-1]))
            spread[np.arange(len(places)), places] = 1.0
            own = jnp.matmul(shares, spread)
        rows.append(own)
    return jnp.stack(rows, axis=-2)


def _flash(query: Array, key: Array, value: Array, dropout_p: float = 0.0, is_causal: bool = False,
           attn_mask: Any = None, scale: float | None = None) -> Any:  # fmt: skip
    return attention(query, key, value, attn_mask, dropout_p, is_causal, scale), None


TABLE: Table = {
    "mm.default": lambda self, mat2: jnp.matmul(self, mat2),
    "bmm.default": lambda self, mat2: jnp.matmul(self, mat2),
    "matmul.default": lambda self, other: jnp.matmul(self, other),
    "mv.default": lambda self, vec: jnp.matmul(self, vec),
    "dot.default": lambda self, tensor: jnp.matmul(self, tensor),
    "addmm.default": addmm,
    "baddbmm.default": lambda self, batch1, batch2, beta=1, alpha=1: addmm(self, batch1, batch2, beta, alpha),
    "addmv.default": lambda self, mat, vec, beta=1, alpha=1: addmm(self, mat, vec, beta, alpha),
    "linear.default": linear,
    "convolution.default": convolution,
    "scaled_dot_product_attention.default": attention,
    "_scaled_dot_product_flash_attention_for_cpu.default": _flash,
}
