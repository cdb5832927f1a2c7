"""Adjoint rules of eigenvalues and singular values, of their vectors and projectors, where they are separated."""

from collections.abc import Sequence

import numpy as np

from certify.program.primitives.matrix_pullbacks import (
    lower_triangle,
    masked,
    matrix_product,
    transposed,
    with_unit_diagonal,
)
from certify.program.primitives.primitive import Emitter, Pull


def _read_below(e: Emitter, x: int) -> int:
    """The gradient by a symmetric matrix as one by its lower triangle, which alone is read."""
    diagonal = masked(e, x, np.eye(e.signature(x).shape[-1], dtype=bool))
    return e.emit("add", diagonal, lower_triangle(e, e.emit("add", x, transposed(e, x)), -1))


def pull_eigenvalues(p: Pull) -> Sequence[int]:
    """A-bar = V diag(w-bar) V^T, for separated eigenvalues."""
    e = p.emitter
    vectors = e.emit("eigh_vectors", p.operands[0])
    return (_read_below(e, matrix_product(e, _scaled_columns(e, vectors, p.cotangent), vectors, "y")),)


def pull_eigenvectors(p: Pull) -> Sequence[int]:
    """A-bar = V (K * (V^T V-bar)) V^T with K_ij = 1 / (w_j - w_i), 0 on the diagonal, for separated eigenvalues."""
    e, (a,) = p.emitter, p.operands
    return (_read_below(e, _moved_by(e, p, e.emit("eigh_values", a))),)


def pull_singular_vectors(p: Pull) -> Sequence[int]:
    """As for the eigenvectors of G = A^T A (or A A^T), with the squares as eigenvalues: A-bar = A (G-bar + G-bar^T)."""
    e, (a,) = p.emitter, p.operands
    moved = _moved_by(e, p, e.emit("square", e.emit("singular_values", a)))
    both = e.emit("add", moved, transposed(e, moved))
    rows, columns = e.signature(a).shape[-2:]
    return (matrix_product(e, a, both) if rows >= columns else matrix_product(e, both, a),)


def _moved_by(e: Emitter, p: Pull, values: int) -> int:
    vectors, shape = p.output, e.signature(p.output).shape
    stack, rank = tuple(range(len(shape) - 2)), len(shape)
    first, second = (
        e.emit("broadcast_in_dim", values, shape=shape, axes=(*stack, axis)) for axis in (rank - 2, rank - 1)
    )
    apart = ~np.eye(shape[-1], dtype=bool)
    gaps = with_unit_diagonal(e, masked(e, e.emit("sub", second, first), apart))
    turned = masked(e, e.emit("div", matrix_product(e, vectors, p.cotangent, "x"), gaps), apart)
    return matrix_product(e, matrix_product(e, vectors, turned), vectors, "y")


def _scaled_columns(e: Emitter, x: int, factors: int) -> int:
    shape = e.signature(x).shape
    axes = (*range(len(shape) - 2), len(shape) - 1)
    return e.emit("mul", x, e.emit("broadcast_in_dim", factors, shape=shape, axes=axes))


def pull_projectors(p: Pull) -> Sequence[int]:
    """dP_i = sum over j != i of (P_i dA P_j + P_j dA P_i) / (w_i - w_j): written out pair by pair."""
    e, (a,) = p.emitter, p.operands
    shape = e.signature(a).shape
    size = shape[-1]
    values = e.emit("eigh_values", a)
    parts = [_entry(e, p.output, i, 2) for i in range(size)]
    bars = [_symmetric_part(e, _entry(e, p.cotangent, i, 2)) for i in range(size)]
    numbers = [_entry(e, values, i, 0) for i in range(size)]
    total = e.number(0.0, shape)
    for i in range(size):
        for j in range(size):
            if i != j:
                gap = e.emit("sub", numbers[i], numbers[j])
                spread = e.emit("broadcast_in_dim", gap, shape=shape, axes=tuple(range(len(shape) - 2)))
                inner = matrix_product(e, matrix_product(e, parts[i], bars[i]), parts[j])
                both = e.emit("add", inner, transposed(e, inner))
                total = e.emit("add", total, e.emit("div", both, spread))
    return (_read_below(e, total),)


def _symmetric_part(e: Emitter, x: int) -> int:
    return e.emit("mul", e.number(0.5), e.emit("add", x, transposed(e, x)))


def _entry(e: Emitter, x: int, index: int, behind: int) -> int:
    """Entry `index` of the axis that has `behind` axes after it."""
    shape = e.signature(x).shape
    axis = len(shape) - 1 - behind
    starts, limits = [0] * len(shape), list(shape)
    starts[axis], limits[axis] = index, index + 1
    part = e.emit("slice", x, starts=tuple(starts), limits=tuple(limits), strides=(1,) * len(shape))
    return e.emit("reshape", part, shape=(*shape[:axis], *shape[axis + 1 :]))


def pull_singular(p: Pull) -> Sequence[int]:
    """sum_i s-bar_i u_i v_i^T = A V diag(s-bar_i / s_i) V^T, or U diag(s-bar_i / s_i) U^T A, for separated positive
    singular values.
    """
    e, (a,) = p.emitter, p.operands
    rows, columns = e.signature(a).shape[-2:]
    vectors = e.emit("singular_vectors", a)
    weights = e.emit("div", p.cotangent, p.output)
    inner = matrix_product(e, _scaled_columns(e, vectors, weights), vectors, "y")
    return (matrix_product(e, a, inner) if rows >= columns else matrix_product(e, inner, a),)
