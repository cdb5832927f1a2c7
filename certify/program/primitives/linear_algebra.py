"""Solutions, factorisations and spectra of stacks of matrices.

Factorisations with pivots or signs are regular where those are decided, spectra where they are separated.
All are differentiated by implicit rules [M. Giles, An extended collection of matrix derivative results, 2008]. The
values are those of `certify.program.matrices`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.program.matrices import regular_sets
from certify.program.primitives.primitive import Emitter, Parameters, Primitive, Pull, demand
from certify.program.primitives.regularity import (
    ENTIRE,
    UNPROVED,
    Condition,
    Extent,
    Regularity,
    domain,
    excludes_zero,
    piecewise,
)
from certify.program.signature import Signature
from certify.program.values import NumberSystem, Value, rearrange
from certify.verdict import Verdict
from foundation import InputError


def _matrix(operands: Sequence[Signature], count: int = 1) -> Signature:
    demand(len(operands) == count, f"takes {count} operands, got {len(operands)}")
    demand(all(s.is_real and len(s.shape) >= 2 for s in operands), f"takes real matrices, got {[*map(str, operands)]}")
    demand(all(0 not in s.shape for s in operands), "takes matrices of at least one entry")
    return operands[0]


def _square(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _matrix(operands)
    demand(x.shape[-1] == x.shape[-2], f"takes square matrices, got {x}")
    return x


def _infer_solve(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    a, b = (_matrix(operands, 2), operands[1])
    demand(a.shape[-1] == a.shape[-2], f"takes square matrices, got {a}")
    demand(a.shape[:-1] == b.shape[:-1], f"cannot solve with {a} and {b}")
    return b


def _infer_values(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    return Signature(_square(operands, parameters).shape[:-1])


def _infer_projectors(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    shape = _square(operands, parameters).shape
    return Signature((*shape, shape[-1]))


def _infer_singular(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _matrix(operands)
    return Signature((*x.shape[:-2], min(x.shape[-2:])))


def _infer_q(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _matrix(operands)
    return Signature((*x.shape[:-1], min(x.shape[-2:])))


def _infer_r(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _matrix(operands)
    return Signature((*x.shape[:-2], min(x.shape[-2:]), x.shape[-1]))


def _infer_transposed(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _matrix(operands)
    return Signature((*x.shape[:-2], x.shape[-1], x.shape[-2]))


def _infer_order(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _matrix(operands)
    return Signature(x.shape[:-1], "int64")


def _of_matrices(system: NumberSystem, name: str, *operands: Value) -> Value:
    """The matrix function of that name, of each matrix in stacks; number systems of other purposes have none."""
    function = getattr(system, "matrices", None)
    if function is None:
        raise InputError(f"the matrix function `{name}` is enclosed in balls alone")
    return function(name, *operands)


def _evaluate(name: str) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        return _of_matrices(system, name, *operands)

    return evaluate


def _evaluate_order(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    low, _ = system.bounds(_of_matrices(system, "lu_order", *operands))
    return np.asarray(low, np.float64).astype(np.int64)


def _evaluate_vectors(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    raise InputError(
        "eigenvectors and singular vectors are determined up to their signs only; use functions that do not depend on "
        "the signs, such as eigenvalues, singular values, solve or pinv"
    )


# Building blocks of the rules.


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


def _pull_solve(p: Pull) -> Sequence[int]:
    """B-bar = A^-T X-bar, A-bar = -B-bar X^T."""
    e, a = p.emitter, p.operands[0]
    right = e.emit("solve", transposed(e, a), p.cotangent)
    return (e.emit("neg", matrix_product(e, right, p.output, "y")), right)


def _pull_triangular(p: Pull) -> Sequence[int]:
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


def _evaluate_triangular(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    a, b = operands
    size = a.shape[-1]
    offset = 1 if parameters["unit"] else 0
    kept = np.tril(np.ones((size, size), bool), -offset)
    kept = kept if parameters["lower"] else kept.T
    kept = np.broadcast_to(kept, a.shape)
    diagonal = np.eye(size) if parameters["unit"] else np.zeros((size, size))
    triangle = system.where(kept, a, system.constant(np.broadcast_to(diagonal, a.shape)))
    if parameters["transpose"]:
        triangle = rearrange(system, triangle, lambda m: np.swapaxes(m, -1, -2))
    return _of_matrices(system, "solve", triangle, b)


def _phi(e: Emitter, x: int) -> int:
    """The lower triangle with its diagonal halved."""
    half = e.emit("mul", e.number(0.5), x)
    return e.emit("add", lower_triangle(e, half), lower_triangle(e, half, -1))


def _pull_cholesky(p: Pull) -> Sequence[int]:
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


def _pull_lu(p: Pull) -> Sequence[int]:
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


def _pull_qr(factor: str) -> Callable[[Pull], Sequence[int]]:
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


def _weighted(e: Emitter, weights: int, projectors: int) -> int:
    """sum_i w_i P_i on stacks."""
    rank = len(e.signature(weights).shape)
    batch = tuple(range(rank - 1))
    parameters = {
        "left_batch": batch,
        "right_batch": batch,
        "left_contract": (rank - 1,),
        "right_contract": (rank - 1,),
    }
    return e.emit("dot_general", weights, projectors, **parameters)


def _read_below(e: Emitter, x: int) -> int:
    """The gradient by a symmetric matrix as one by its lower triangle, which alone is read."""
    diagonal = masked(e, x, np.eye(e.signature(x).shape[-1], dtype=bool))
    return e.emit("add", diagonal, lower_triangle(e, e.emit("add", x, transposed(e, x)), -1))


def _pull_eigenvalues(p: Pull) -> Sequence[int]:
    """A-bar = sum_i w-bar_i v_i v_i^T, for separated eigenvalues."""
    e = p.emitter
    return (_read_below(e, _weighted(e, p.cotangent, e.emit("eigh_projectors", p.operands[0]))),)


def _pull_projectors(p: Pull) -> Sequence[int]:
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


def _pull_singular(p: Pull) -> Sequence[int]:
    """sum_i s-bar_i u_i v_i^T = A sum_i (s-bar_i / s_i) v_i v_i^T, for separated positive singular values."""
    e, (a,) = p.emitter, p.operands
    shape = e.signature(a).shape
    tall = shape[-2] >= shape[-1]
    gram = matrix_product(e, a, a, "x" if tall else "y")
    weights = e.emit("div", p.cotangent, p.output)
    ascending = e.emit("rev", weights, axes=(len(shape) - 2,))
    inner = _weighted(e, ascending, e.emit("eigh_projectors", gram))
    return (matrix_product(e, a, inner) if tall else matrix_product(e, inner, a),)


def _pull_exponential(p: Pull) -> Sequence[int]:
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


def _pull_pseudo_inverse(p: Pull) -> Sequence[int]:
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


def _primitive(
    name: str,
    infer: Callable[[Sequence[Signature], Parameters], Signature],
    pull: Callable[[Pull], Sequence[int | None]] | None,
    evaluate: Callable[..., Value] | None = None,
    parameters: Mapping[str, Any] | None = None,
    regular: Regularity | None = None,
) -> Primitive:
    return Primitive(name, infer, evaluate or _evaluate(name), pull, parameters or {}, regular)


def _matrices_prove(proves: Callable[[Ball], bool]) -> Condition:
    """Every matrix of the first operand's stack, as a ball matrix."""

    def holds(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
        low, high = operands[0].lower, operands[0].upper
        result = np.zeros((*low.shape[:-2], 1, 1), bool)
        for index in np.ndindex(*low.shape[:-2]):
            if np.isfinite(low[index]).all() and np.isfinite(high[index]).all():
                result[index] = proves(Ball.from_bounds(low[index], high[index]))
        return result

    return holds


def _nonsingular(a: Ball) -> bool:
    from certify.linear_algebra import is_nonsingular

    return is_nonsingular(a) is Verdict.PROVED


def _positive_definite(a: Ball) -> bool:
    """Of the lower triangle, which alone is read."""
    from certify.linear_algebra import is_positive_definite

    lower = np.tril(np.ones(a.shape, bool))
    full = Ball(np.where(lower, a.mid, a.mid.T), np.where(lower, a.rad, a.rad.T))
    return is_positive_definite(full) is Verdict.PROVED


def _diagonal_excludes_zero(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    free = excludes_zero(operands[0])
    return np.asarray(True) if parameters["unit"] else free | ~np.eye(free.shape[-1], dtype=bool)


_NONSINGULAR = domain("its matrix must be proved non-singular", _matrices_prove(_nonsingular))
_DEFINITE = domain("its matrix must be proved positive definite", _matrices_prove(_positive_definite))
_PIVOTS = piecewise(
    "its pivots must be proved non-zero and larger than what they eliminate",
    _matrices_prove(regular_sets.has_decided_pivots),
)
_REFLECTIONS = piecewise(
    "its columns must be proved independent, with decided signs", _matrices_prove(regular_sets.has_decided_reflections)
)
_SEPARATED = piecewise(
    "its eigenvalues must be proved different", _matrices_prove(regular_sets.has_separated_eigenvalues)
)
_SINGULAR_SEPARATED = piecewise(
    "its singular values must be proved positive and different",
    _matrices_prove(regular_sets.has_separated_singular_values),
)
_FULL_RANK = piecewise("its matrix must be proved to have full rank", _matrices_prove(regular_sets.has_full_rank))
_TRIANGULAR = domain("the diagonal of its matrix must exclude 0", _diagonal_excludes_zero)


PRIMITIVES = (
    _primitive("solve", _infer_solve, _pull_solve, regular=_NONSINGULAR),
    _primitive(
        "triangular_solve",
        _infer_solve,
        _pull_triangular,
        _evaluate_triangular,
        {"lower": "boolean", "transpose": "boolean", "unit": "boolean"},
        _TRIANGULAR,
    ),
    _primitive("cholesky", _square, _pull_cholesky, regular=_DEFINITE),
    _primitive("lu", lambda operands, parameters: _matrix(operands), _pull_lu, regular=_PIVOTS),
    _primitive("lu_order", _infer_order, None, _evaluate_order, regular=_PIVOTS),
    _primitive("qr_q", _infer_q, _pull_qr("q"), regular=_REFLECTIONS),
    _primitive("qr_r", _infer_r, _pull_qr("r"), regular=_REFLECTIONS),
    _primitive("eigh_values", _infer_values, _pull_eigenvalues, regular=_SEPARATED),
    _primitive("eigh_projectors", _infer_projectors, _pull_projectors, regular=_SEPARATED),
    _primitive("singular_values", _infer_singular, _pull_singular, regular=_SINGULAR_SEPARATED),
    _primitive("matrix_exponential", _square, _pull_exponential, regular=ENTIRE),
    _primitive("pseudo_inverse", _infer_transposed, _pull_pseudo_inverse, regular=_FULL_RANK),
    Primitive(
        "undetermined_vectors",
        lambda operands, parameters: Signature(parameters["shape"]),
        _evaluate_vectors,
        lambda p: (None,),
        {"shape": "integers"},
        UNPROVED,
    ),
)
