"""Matrix functions on stacks, in both number systems: every name maps matrices to one array."""

from collections.abc import Callable, Mapping

import numpy as np

from certify.arithmetic import Ball
from certify.program.matrices import eigenvectors, factorisations, orthogonal, spectra, square_root
from foundation.arb_precision import arb_precision

# Float64 balls go through Arb at this precision: twice the working precision and a reserve for elimination.
_PRECISION = 128


def _packed(a: np.ndarray) -> np.ndarray:
    return factorisations.elimination(a).packed


def _order(a: np.ndarray) -> np.ndarray:
    """The rows' order as exact whole numbers."""
    return factorisations.arbs(factorisations.elimination(a).order.astype(np.float64))


KERNELS: Mapping[str, Callable[..., np.ndarray]] = {
    "solve": factorisations.solution,
    "cholesky": factorisations.cholesky,
    "lu": _packed,
    "lu_order": _order,
    "qr_q": lambda a: orthogonal.orthogonal_factors(a)[0],
    "qr_r": lambda a: orthogonal.orthogonal_factors(a)[1],
    "eigh_values": spectra.eigenvalues,
    "eigh_vectors": eigenvectors.eigenvectors,
    "eigh_projectors": spectra.projectors,
    "singular_values": spectra.singular_values,
    "singular_vectors": eigenvectors.singular_vectors,
    "matrix_exponential": spectra.exponential,
    "matrix_square_root": square_root.square_root,
    "pseudo_inverse": spectra.pseudo_inverse,
}


def apply_to_arbs(name: str, precision: int, *operands: np.ndarray) -> np.ndarray:
    """The function of every matrix of the stacks, shapes (..., m, n)."""
    with arb_precision(precision):
        return stacked(KERNELS[name], operands)


def stacked(kernel: Callable[..., np.ndarray], operands: tuple[np.ndarray, ...]) -> np.ndarray:
    """A function of single matrices on stacks whose leading axes broadcast; results all have one shape."""
    leading = np.broadcast_shapes(*(x.shape[:-2] for x in operands))
    full = [np.broadcast_to(x, leading + x.shape[-2:]) for x in operands]
    results = {index: kernel(*(x[index] for x in full)) for index in np.ndindex(*leading)}
    first = next(iter(results.values()))
    result = np.empty(leading + first.shape, dtype=object)
    for index, value in results.items():
        result[index] = value
    return result


def apply_to_balls(name: str, *operands: Ball) -> Ball:
    """The function of every matrix of the stacks of float64 balls."""
    if name == "solve":
        return _solve(*operands)
    from certify.program.arb import to_arb, to_ball

    return to_ball(apply_to_arbs(name, _PRECISION, *(to_arb(x) for x in operands)))


def _solve(a: Ball, b: Ball) -> Ball:
    from certify.linear_algebra import solve

    leading = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    left, right = (x.map(lambda m: np.broadcast_to(m, leading + m.shape[-2:])) for x in (a, b))
    mid, rad = (np.empty(right.shape) for _ in range(2))
    for index in np.ndindex(*leading):
        x = solve(left[index], right[index])
        mid[index], rad[index] = x.mid, x.rad
    return Ball(mid, rad)
