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
from certify.program.primitives.matrix_pullbacks import (
    pull_cholesky,
    pull_exponential,
    pull_lu,
    pull_pseudo_inverse,
    pull_qr,
    pull_solve,
    pull_square_root,
    pull_triangular,
)
from certify.program.primitives.matrix_signatures import (
    infer_order,
    infer_projectors,
    infer_q,
    infer_r,
    infer_singular,
    infer_singular_vectors,
    infer_solve,
    infer_square_root,
    infer_transposed,
    infer_values,
    matrix,
    square,
)
from certify.program.primitives.primitive import Parameters, Primitive, Pull
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
from certify.program.primitives.spectral_pullbacks import (
    pull_eigenvalues,
    pull_eigenvectors,
    pull_projectors,
    pull_singular,
    pull_singular_vectors,
)
from certify.program.signature import Signature
from certify.program.values import NumberSystem, Value, rearrange
from certify.verdict import Verdict
from foundation import InputError


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
        "the singular vectors that complete a basis (full_matrices=True of a matrix that is not square) are not "
        "determined; use full_matrices=False"
    )


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
# where they are not, there are no vectors to speak of
_VECTORS_SEPARATED = domain(
    "its eigenvalues must be proved different", _matrices_prove(regular_sets.has_separated_eigenvalues)
)
_SINGULAR_VECTORS_SEPARATED = domain(
    "its singular values must be proved different", _matrices_prove(regular_sets.has_determined_singular_vectors)
)
_SINGULAR_SEPARATED = piecewise(
    "its singular values must be proved positive and different",
    _matrices_prove(regular_sets.has_separated_singular_values),
)
_FULL_RANK = piecewise("its matrix must be proved to have full rank", _matrices_prove(regular_sets.has_full_rank))
_PRINCIPAL_ROOT = domain(
    "its eigenvalues must be proved to be off the half-line (-inf, 0]",
    _matrices_prove(regular_sets.has_principal_square_root),
)
_TRIANGULAR = domain("the diagonal of its matrix must exclude 0", _diagonal_excludes_zero)


PRIMITIVES = (
    _primitive("solve", infer_solve, pull_solve, regular=_NONSINGULAR),
    _primitive(
        "triangular_solve",
        infer_solve,
        pull_triangular,
        _evaluate_triangular,
        {"lower": "boolean", "transpose": "boolean", "unit": "boolean"},
        _TRIANGULAR,
    ),
    _primitive("cholesky", square, pull_cholesky, regular=_DEFINITE),
    _primitive("lu", lambda operands, parameters: matrix(operands), pull_lu, regular=_PIVOTS),
    _primitive("lu_order", infer_order, None, _evaluate_order, regular=_PIVOTS),
    _primitive("qr_q", infer_q, pull_qr("q"), regular=_REFLECTIONS),
    _primitive("qr_r", infer_r, pull_qr("r"), regular=_REFLECTIONS),
    _primitive("eigh_values", infer_values, pull_eigenvalues, regular=_SEPARATED),
    _primitive("eigh_vectors", square, pull_eigenvectors, regular=_VECTORS_SEPARATED),
    _primitive("eigh_projectors", infer_projectors, pull_projectors, regular=_SEPARATED),
    _primitive("singular_values", infer_singular, pull_singular, regular=_SINGULAR_SEPARATED),
    _primitive("singular_vectors", infer_singular_vectors, pull_singular_vectors, regular=_SINGULAR_VECTORS_SEPARATED),
    _primitive("matrix_exponential", square, pull_exponential, regular=ENTIRE),
    _primitive("matrix_square_root", infer_square_root, pull_square_root, regular=_PRINCIPAL_ROOT),
    _primitive("pseudo_inverse", infer_transposed, pull_pseudo_inverse, regular=_FULL_RANK),
    Primitive(
        "undetermined_vectors",
        lambda operands, parameters: Signature(parameters["shape"]),
        _evaluate_vectors,
        lambda p: (None,),
        {"shape": "integers"},
        UNPROVED,
    ),
)
