"""JAX primitives of linear algebra, real ones: what LAPACK leaves open (signs of vectors, full bases) is refused."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.rule import BOOLEAN, INTEGER, NEUTRAL, NOTHING, Lowering, Rule, only, optional
from certify.program.primitives.matrix_pullbacks import lower_triangle, matrix_product, transposed, upper_triangle
from foundation import InputError


def _cholesky(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("cholesky", operands[0]),)


def _cholesky_update(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The upper factor of R^T R + w w^T."""
    r, w = operands
    size = builder.signature(w).shape[0]
    column = builder.emit("reshape", w, shape=(size, 1))
    upper = upper_triangle(builder, r)
    gram = builder.emit("add", matrix_product(builder, upper, upper, "x"), matrix_product(builder, column, column, "y"))
    return (transposed(builder, builder.emit("cholesky", gram)),)


def _symmetric_product(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """alpha A A^T + beta C; JAX leaves one triangle undefined unless it is asked to symmetrise."""
    if not parameters.get("symmetrize_output", True):
        raise InputError("symmetric_product without symmetrize_output leaves a triangle undefined")
    a, c = operands
    alpha, beta = (builder.number(float(parameters[name])) for name in ("alpha", "beta"))
    product = builder.emit("mul", alpha, matrix_product(builder, a, a, "y"))
    lower = builder.emit("add", product, builder.emit("mul", beta, c))
    return (
        builder.emit("add", lower_triangle(builder, lower), transposed(builder, lower_triangle(builder, lower, -1))),
    )


def _lu(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    (a,) = operands
    order = builder.emit("lu_order", a)
    count = min(builder.signature(a).shape[-2:])
    pivots = builder.emit("pivots_of_order", order, count=count)
    small = [builder.emit("convert", x, dtype="int32") for x in (pivots, order)]
    return (builder.emit("lu", a), *small)


def _pivots_to_order(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    wide = builder.emit("convert", operands[0], dtype="int64")
    order = builder.emit("order_of_pivots", wide, count=int(parameters["permutation_size"]))
    return (builder.emit("convert", order, dtype="int32"),)


def _triangular(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    a, b = operands
    transpose = bool(parameters["transpose_a"])
    lower, unit = bool(parameters["lower"]), bool(parameters["unit_diagonal"])
    if parameters["left_side"]:
        return (builder.emit("triangular_solve", a, b, lower=lower, transpose=transpose, unit=unit),)
    turned = transposed(builder, b)
    x = builder.emit("triangular_solve", a, turned, lower=lower, transpose=not transpose, unit=unit)
    return (transposed(builder, x),)


def _qr(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    (a,) = operands
    rows, columns = builder.signature(a).shape[-2:]
    if parameters["full_matrices"] and rows > columns:
        raise InputError("the full basis of a QR factorisation is not unique; use mode='reduced'")
    return (builder.emit("qr_q", a), builder.emit("qr_r", a))


def _eigh(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    (a,) = operands
    read = a if parameters["lower"] else transposed(builder, a)
    return (builder.emit("eigh_vectors", read), builder.emit("eigh_values", read))


def _svd(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """u_i = A v_i / s_i, or v_i = A^T u_i / s_i where A has more columns than rows: one sign for each pair."""
    (a,) = operands
    values = builder.emit("singular_values", a)
    if not parameters["compute_uv"]:
        return (values,)
    *stack, rows, columns = builder.signature(a).shape
    own = builder.emit("singular_vectors", a)
    tall = rows >= columns
    shape = (*stack, max(rows, columns), min(rows, columns))
    if parameters["full_matrices"] and rows != columns:
        size = max(rows, columns)
        other = builder.emit("undetermined_vectors", a, shape=(*stack, size, size))
    else:
        images = matrix_product(builder, a, own, "" if tall else "x")
        spread = builder.emit("broadcast_in_dim", values, shape=shape, axes=(*range(len(stack)), len(stack) + 1))
        other = builder.emit("div", images, spread)
    left, right = (other, own) if tall else (own, other)
    return (values, left, transposed(builder, right))


def _tridiagonal(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The dense matrix with these diagonals; JAX ignores the first entry of the lower and the last of the upper one."""
    below, middle, above, b = operands
    shape = builder.signature(middle).shape
    size = shape[-1]
    square = (*shape, size)

    def placed(diagonal: int, offset: int, first: int, last: int) -> int:
        spread = builder.emit("broadcast_in_dim", diagonal, shape=square, axes=tuple(range(len(shape))))
        mask = np.eye(size, k=offset, dtype=bool)
        return builder.emit(
            "select_n", builder.constant(np.broadcast_to(mask, square)), builder.number(0.0, square), spread
        )

    a = builder.emit(
        "add", placed(middle, 0, 0, 0), builder.emit("add", placed(below, -1, 1, 0), placed(above, 1, 0, 1))
    )
    return (builder.emit("solve", a, b),)


def _refused(reason: str) -> Lowering:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        raise InputError(reason)

    return rule


_OPEN = {"implementation": optional(NEUTRAL), "algorithm": optional(NEUTRAL)}
_WHOLE_SPECTRUM = optional(NOTHING)

RULES: dict[str, Rule] = {
    "cholesky": Rule(_cholesky),
    "cholesky_update": Rule(_cholesky_update),
    "symmetric_product": Rule(
        _symmetric_product,
        {"alpha": NEUTRAL, "beta": NEUTRAL, "symmetrize_output": optional(BOOLEAN)},
    ),
    "lu": Rule(_lu),
    "lu_pivots_to_permutation": Rule(_pivots_to_order, {"permutation_size": INTEGER}),
    "triangular_solve": Rule(
        _triangular,
        {
            "left_side": BOOLEAN,
            "lower": BOOLEAN,
            "transpose_a": BOOLEAN,
            # the conjugate of real numbers is themselves
            "conjugate_a": BOOLEAN,
            "unit_diagonal": BOOLEAN,
        },
    ),
    "qr": Rule(_qr, {"full_matrices": BOOLEAN, "pivoting": only(False), "use_magma": optional(NEUTRAL), **_OPEN}),
    "eigh": Rule(
        _eigh,
        {"lower": BOOLEAN, "sort_eigenvalues": only(True), "subset_by_index": _WHOLE_SPECTRUM, **_OPEN},
    ),
    "svd": Rule(_svd, {"full_matrices": BOOLEAN, "compute_uv": BOOLEAN, "subset_by_index": _WHOLE_SPECTRUM, **_OPEN}),
    "tridiagonal_solve": Rule(_tridiagonal, {"perturb_singular": optional(only(False)), **_OPEN}),
    **{
        name: Rule(
            _refused(f"{what}; use functions of the matrix that are determined"),
            dict.fromkeys(names, NEUTRAL),
            refusal=what,
        )
        for name, what, names in (
            (
                "eig",
                "eigenvalues of a general matrix have no order",
                ("compute_left_eigenvectors", "enable_eigvec_derivs", "compute_right_eigenvectors", "implementation"),
            ),
            ("schur", "a Schur form is not unique", ("compute_schur_vectors", "sort_eig_vals", "select_callable")),
            ("hessenberg", "a Hessenberg form depends on signs that LAPACK chooses", ()),
            ("tridiagonal", "a tridiagonal form depends on signs that LAPACK chooses", ("lower",)),
            ("householder_product", "products of given reflections are not enclosed", ()),
            ("geqrf", "packed Householder reflections are not enclosed", ()),
            ("geqp3", "a pivoted QR factorisation is not enclosed", ("use_magma",)),
            ("ormqr", "products of given reflections are not enclosed", ("left", "transpose")),
        )
    },
}
