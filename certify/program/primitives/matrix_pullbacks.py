"""Adjoint rules of the primitives on matrices: what a cotangent of the result is as a cotangent of the operands."""

from collections.abc import Callable, Sequence

import numpy as np

from certify.program.primitives.primitive import Emitter, Pull


def matrix_product(e: Emitter, x: int, y: int, transpose: str = "") -> int:
    """x y on stacks; `transpose` names the factors to be transposed, "x", "y" or "xy"."""
    rank = len(e.signature(x).shape)
    batch = tuple(range(rank - 2))
    left = rank - 2 if "x" in transpose else rank - 1
    right = rank - 1 if "y" in transpose else rank - 2
    parameters = {"left_batch": batch, "right_batch": batch, "left_contract": (left,), "right_contract": (right,)}
    return e.emit("dot_general", x, y, **parameters)


def transposed(e: Emitter, x: int) -> int:
    """The last two axes exchanged."""
    rank = len(e.signature(x).shape)
    return e.emit("transpose", x, permutation=(*range(rank - 2), rank - 1, rank - 2))


def masked(e: Emitter, x: int, kept: np.ndarray) -> int:
    """The entries of the last two axes where the constant mask holds, zeros elsewhere."""
    shape = e.signature(x).shape
    mask = e.emit("ne", _constant_mask(e, kept, shape), e.number(0.0))
    return e.emit("select_n", mask, e.number(0.0, shape), x)


def _constant_mask(e: Emitter, kept: np.ndarray, shape: tuple[int, ...]) -> int:
    return e.constant(np.broadcast_to(kept, shape).astype(np.float64))


def lower_triangle(e: Emitter, x: int, offset: int = 0) -> int:
    """The entries on and below the diagonal (strictly below for -1)."""
    rows, columns = e.signature(x).shape[-2:]
    return masked(e, x, np.tril(np.ones((rows, columns), bool), offset))


def upper_triangle(e: Emitter, x: int, offset: int = 0) -> int:
    """The entries on and above the diagonal."""
    rows, columns = e.signature(x).shape[-2:]
    return masked(e, x, np.triu(np.ones((rows, columns), bool), offset))


def with_unit_diagonal(e: Emitter, x: int) -> int:
    """x + I, on stacks of square matrices."""
    shape = e.signature(x).shape
    return e.emit("add", x, _constant_mask(e, np.eye(shape[-1], dtype=bool), shape))


def pull_solve(p: Pull) -> Sequence[int]:
    """B-bar = A^-T X-bar, A-bar = -B-bar X^T."""
    e, a = p.emitter, p.operands[0]
    right = e.emit("solve", transposed(e, a), p.cotangent)
    return (e.emit("neg", matrix_product(e, right, p.output, "y")), right)


def pull_triangular(p: Pull) -> Sequence[int]:
    """As for `solve`, on the triangle that is read."""
    e, a = p.emitter, p.operands[0]
    parameters = {**p.parameters, "transpose": not p.parameters["transpose"]}
    right = e.emit("triangular_solve", a, p.cotangent, **parameters)
    x = p.output
    full = e.emit(
        "neg", matrix_product(e, x, right, "y") if p.parameters["transpose"] else matrix_product(e, right, x, "y")
    )
    offset = 1 if p.parameters["unit"] else 0
    return (lower_triangle(e, full, -offset) if p.parameters["lower"] else upper_triangle(e, full, offset), right)


def _phi(e: Emitter, x: int) -> int:
    """The lower triangle with its diagonal halved."""
    half = e.emit("mul", e.number(0.5), x)
    return e.emit("add", lower_triangle(e, half), lower_triangle(e, half, -1))


def pull_cholesky(p: Pull) -> Sequence[int]:
    """S = L^-T phi(L^T L-bar) L^-1 [I. Murray, Differentiation of the Cholesky decomposition, 2016]; only the lower
    triangle is read: what the symmetric S gives above the diagonal is added below.
    """
    e, lower = p.emitter, p.output
    inner = _phi(e, matrix_product(e, lower, lower_triangle(e, p.cotangent), "x"))
    turned = {"lower": True, "transpose": True, "unit": False}
    left = e.emit("triangular_solve", lower, inner, **turned)
    s = transposed(e, e.emit("triangular_solve", lower, transposed(e, left), **turned))
    both = e.emit("add", s, transposed(e, s))
    below = lower_triangle(e, both, -1)
    return (e.emit("add", below, masked(e, s, np.eye(e.signature(s).shape[-1], dtype=bool))),)


def pull_lu(p: Pull) -> Sequence[int]:
    """P A = L U, square: A-bar = P^T L^-T (stril(L^T L-bar) + triu(U-bar U^T)) U^-T."""
    e, (a,) = p.emitter, p.operands
    shape = e.signature(a).shape
    if shape[-1] != shape[-2]:
        return (e.emit("no_derivative", a, a, function="the LU factors of a matrix that is not square:0"),)
    unit = with_unit_diagonal(e, lower_triangle(e, p.output, -1))
    upper = upper_triangle(e, p.output)
    low = lower_triangle(e, matrix_product(e, unit, lower_triangle(e, p.cotangent, -1), "x"), -1)
    high = upper_triangle(e, matrix_product(e, upper_triangle(e, p.cotangent), upper, "y"))
    middle = e.emit("add", low, high)
    left = e.emit("triangular_solve", p.output, middle, lower=True, transpose=True, unit=True)
    flat = e.emit("triangular_solve", p.output, transposed(e, left), lower=False, transpose=False, unit=False)
    return (_rows_back(e, transposed(e, flat), e.emit("lu_order", a)),)


def _rows_back(e: Emitter, x: int, order: int) -> int:
    """Row i of `x` goes to row order_i."""
    shape = e.signature(x).shape
    size, stack = shape[-1], int(np.prod(shape[:-2], dtype=np.int64))
    wide = e.emit("broadcast_in_dim", order, shape=shape, axes=tuple(range(len(shape) - 1)))
    scaled = e.emit("mul", wide, e.constant(np.int64(size)))
    columns = np.broadcast_to(np.arange(size, dtype=np.int64), shape)
    bases = np.arange(stack, dtype=np.int64).reshape(*shape[:-2], 1, 1) * (size * size)
    offsets = e.constant(np.ascontiguousarray(columns + bases))
    return e.emit("scatter_add", x, e.emit("add", scaled, offsets), shape=shape)


def pull_qr(factor: str) -> Callable[[Pull], Sequence[int]]:
    """A = Q R with m >= n: A-bar = (Q-bar + Q copyltu(M)) R^-T, M = R R-bar^T - Q-bar^T Q
    [S. Walter, L. Lehmann, R. Lamour, On evaluating higher-order derivatives of the QR decomposition, 2012].
    """

    def pull(p: Pull) -> Sequence[int]:
        e, (a,) = p.emitter, p.operands
        shape = e.signature(a).shape
        if shape[-2] < shape[-1]:
            return (e.emit("no_derivative", a, a, function="the QR factors of a matrix with more columns than rows:0"),)
        q, r = e.emit("qr_q", a), e.emit("qr_r", a)
        if factor == "q":
            m = e.emit("neg", matrix_product(e, p.cotangent, q, "x"))
        else:
            m = matrix_product(e, r, upper_triangle(e, p.cotangent), "y")
        low = lower_triangle(e, m)
        symmetric = e.emit("add", low, transposed(e, lower_triangle(e, m, -1)))
        total = matrix_product(e, q, symmetric)
        if factor == "q":
            total = e.emit("add", p.cotangent, total)
        turned = {"lower": False, "transpose": False, "unit": False}
        return (transposed(e, e.emit("triangular_solve", r, transposed(e, total), **turned)),)

    return pull


def pull_exponential(p: Pull) -> Sequence[int]:
    """The upper right block of exp [[A^T, C], [0, A^T]] [N. Higham, Functions of Matrices, (3.16)]."""
    e, a = p.emitter, transposed(p.emitter, p.operands[0])
    shape = e.signature(a).shape
    rank, size = len(shape), shape[-1]
    zero = e.number(0.0, shape)
    rows = (e.emit("concatenate", *pair, axis=rank - 1) for pair in ((a, p.cotangent), (zero, a)))
    wide = e.emit("matrix_exponential", e.emit("concatenate", *rows, axis=rank - 2))
    starts = (*(0,) * (rank - 1), size)
    limits = (*shape[:-2], size, 2 * size)
    return (e.emit("slice", wide, starts=starts, limits=limits, strides=(1,) * rank),)


def pull_pseudo_inverse(p: Pull) -> Sequence[int]:
    """A-bar of X = A^+ of full rank, the transpose of [G. Golub, V. Pereyra 1973]

    dX = -X dA X + X X^T dA^T (I - A X) + (I - X A) dA^T X^T X.
    """
    e, (a,), x = p.emitter, p.operands, p.output
    c = p.cotangent
    first = e.emit("neg", matrix_product(e, matrix_product(e, x, c, "x"), x, "y"))
    left_defect = _identity_minus(e, matrix_product(e, a, x))
    right_defect = _identity_minus(e, matrix_product(e, x, a))
    gram = matrix_product(e, x, x, "y")
    second = matrix_product(e, left_defect, matrix_product(e, c, gram, "x"))
    third = matrix_product(e, matrix_product(e, x, x, "x"), matrix_product(e, c, right_defect, "x"))
    return (e.emit("add", first, e.emit("add", second, third)),)


def _identity_minus(e: Emitter, x: int) -> int:
    return with_unit_diagonal(e, e.emit("neg", x))


def pull_square_root(p: Pull) -> Sequence[int]:
    """X dX + dX X = dA: A-bar solves X^T A-bar + A-bar X^T = X-bar, a linear system for its entries row by row."""
    e, size = p.emitter, p.emitter.signature(p.output).shape[0]
    turned, wide = transposed(e, p.output), (size, size, size, size)
    identity = np.eye(size)
    left = e.emit("broadcast_in_dim", turned, shape=wide, axes=(0, 2))
    right = e.emit("broadcast_in_dim", p.output, shape=wide, axes=(1, 3))
    parts = (
        e.emit("mul", left, e.constant(np.broadcast_to(identity[None, :, None, :], wide).copy())),
        e.emit("mul", right, e.constant(np.broadcast_to(identity[:, None, :, None], wide).copy())),
    )
    system = e.emit("reshape", e.emit("add", *parts), shape=(size * size, size * size))
    column = e.emit("reshape", p.cotangent, shape=(size * size, 1))
    return (e.emit("reshape", e.emit("solve", system, column), shape=(size, size)),)
