"""Scaled dot-product attention, with its mask built from the text of the opset."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from stabproof.doors.aten.linear import masked_softmax
from stabproof.doors.onnx_operators.static import is_static
from stabproof.doors.rule import NotModelled, Table, demand

Array = Any


def attention(Q: Array, K: Array, V: Array, attn_mask: Any = None, past_key: Any = None, past_value: Any = None,
              nonpad_kv_seqlen: Any = None, is_causal: int = 0, kv_num_heads: int | None = None,
              q_num_heads: int | None = None, qk_matmul_output_mode: int = 0, scale: float | None = None,
              softcap: float = 0.0, softmax_precision: int | None = None) -> Any:  # fmt: skip
    """softmax(cap(q k^T scale) + mask) v; the cap comes before the mask, a causal mask is aligned at the upper left.

    Positions that a mask shuts out are left out of the softmax; a row that is shut out whole is 0. A query head uses
    the key and value head of its group. `softmax_precision` is rounding, no part of the function.
    """
    for name, value in (("past_key", past_key), ("past_value", past_value), ("nonpad_kv_seqlen", nonpad_kv_seqlen)):
        demand(value is None, f"{name} is not modelled")
    flat = Q.ndim == 3
    q, k, v = (_heads(x, n) for x, n in ((Q, q_num_heads), (K, kv_num_heads), (V, kv_num_heads)))
    demand(q.shape[1] % k.shape[1] == 0, "the query heads do not share the key heads evenly")
    k, v = (jnp.repeat(x, q.shape[1] // k.shape[1], axis=1) for x in (k, v))
    scores = jnp.matmul(q, jnp.swapaxes(k, -1, -2)) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if softcap:
        demand(softcap > 0, "a negative softcap is not modelled")
        scores = softcap * jnp.tanh(scores / softcap)
    allowed: Any = np.tri(*scores.shape[-2:], dtype=bool) if is_causal else None
    if attn_mask is not None:
        demand(attn_mask.shape[-1] == scores.shape[-1], "a mask shorter than the keys is not modelled")
        scores, allowed = _masked(scores, attn_mask, allowed)
    output = jnp.matmul(masked_softmax(scores, allowed), v)
    output = jnp.swapaxes(output, 1, 2).reshape(*Q.shape[:2], -1) if flat else output
    return output, *(NotModelled(f"the {name} of Attention") for name in ("present key", "present value", "scores"))


def _heads(x: Array, number: int | None) -> Array:
    """(batch, heads, length, head size); three axes hold the heads side by side in the last."""
    if x.ndim == 4:
        return x
    demand(number is not None, "three axes need q_num_heads and kv_num_heads")
    return jnp.swapaxes(x.reshape(*x.shape[:2], number, -1), 1, 2)


def _masked(scores: Array, mask: Array, causal: Any) -> tuple[Array, Any]:
    """(scores, allowed): a boolean mask says what takes part; a mask of numbers is added, minus infinity shuts out."""
    if mask.dtype != bool:
        demand(is_static(mask), "a mask of numbers that depends on the input is not modelled")
        allowed = mask != -np.inf
        scores, mask = scores + np.where(allowed, mask, 0.0), allowed
    return scores, mask if causal is None else mask & causal


TABLE: Table = {"Attention": attention}
