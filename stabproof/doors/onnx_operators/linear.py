"""Products of matrices and convolutions."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.aten.linear import convolution
from stabproof.doors.onnx_operators.static import text
from stabproof.doors.rule import Table, demand

Array = Any


def matmul(A: Array, B: Array) -> Array:
    return jnp.matmul(A, B)


def gemm(
    A: Array, B: Array, C: Any = None, alpha: float = 1, beta: float = 1, transA: int = 0, transB: int = 0
) -> Array:
    """alpha A' B' + beta C."""
    product = jnp.matmul(A.T if transA else A, B.T if transB else B)
    product = product if alpha == 1 else alpha * product
    return product if C is None else product + (C if beta == 1 else beta * C)


def pads_of(shape: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int], pads: Any,
            auto_pad: Any) -> list[tuple[int, int]]:  # fmt: skip
    """(start, end) padding an axis; SAME makes ceil(n / stride) windows, the odd entry at the end (UPPER) or start."""
    kind, rank = text(auto_pad), len(shape)
    if kind == "NOTSET":
        widths = list(pads) if pads else [0] * (2 * rank)
        return [(widths[i], widths[i + rank]) for i in range(rank)]
    if kind == "VALID":
        return [(0, 0)] * rank
    demand(kind in ("SAME_UPPER", "SAME_LOWER"), f"auto_pad {kind} is not modelled")
    pairs = []
    for n, k, s, d in zip(shape, kernel, strides, dilations, strict=True):
        total = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
        small, large = total // 2, total - total // 2
        pairs.append((small, large) if kind == "SAME_UPPER" else (large, small))
    return pairs


def conv(X: Array, W: Array, B: Any = None, auto_pad: Any = "NOTSET", dilations: Any = None, group: int = 1,
         kernel_shape: Any = None, pads: Any = None, strides: Any = None) -> Array:  # fmt: skip
    rank = X.ndim - 2
    dilations, strides = list(dilations or [1] * rank), list(strides or [1] * rank)
    demand(kernel_shape is None or tuple(kernel_shape) == W.shape[2:], "kernel_shape differs from the weights")
    widths = pads_of(X.shape[2:], W.shape[2:], strides, dilations, pads, auto_pad)
    letters = "DHW"[-rank:]
    output = jax.lax.conv_general_dilated(
        X,
        W,
        window_strides=strides,
        padding=widths,
        rhs_dilation=dilations,
        dimension_numbers=(f"NC{letters}", f"OI{letters}", f"NC{letters}"),
        feature_group_count=group,
    )
    return output if B is None else output + B.reshape((1, -1) + (1,) * rank)


def conv_transpose(X: Array, W: Array, B: Any = None, auto_pad: Any = "NOTSET", dilations: Any = None, group: int = 1,
                   kernel_shape: Any = None, output_padding: Any = None, output_shape: Any = None, pads: Any = None,
                   strides: Any = None) -> Array:  # fmt: skip
    rank = X.ndim - 2
    demand(text(auto_pad) == "NOTSET" and output_shape is None, "auto_pad and output_shape are not modelled")
    widths = list(pads) if pads else [0] * (2 * rank)
    demand(widths[:rank] == widths[rank:], "paddings that differ at the two ends are not modelled")
    extra = list(output_padding or [0] * rank)
    return convolution(X, W, B, strides or [1] * rank, widths[:rank], dilations or [1] * rank, True, extra, group)


def einsum(Inputs: tuple[Array, ...], equation: Any) -> Array:
    return jnp.einsum(text(equation), *Inputs)


TABLE: Table = {"MatMul": matmul, "Gemm": gemm, "Conv": conv, "ConvTranspose": conv_transpose, "Einsum": einsum}
