"""The principal square root of balls of matrices.

From an approximate root X0, a root X0 + Z of A is a fixed point of Z -> L^-1(A - X0^2 - Z^2), L H = X0 H + H X0: a box
that this maps into itself holds one, for every A of the ball [L. Brouwer, 1911]. It is the principal one where its
eigenvalues are proved to lie in the open right half-plane [N. Higham, Functions of Matrices, theorem 1.29].
"""

import warnings

import flint
import numpy as np
import scipy.linalg

from certify.program.matrices.factorisations import arbs, midpoints, product, solution
from certify.program.matrices.fixed_points import box_of_fixed_point
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision

# L is a matrix of this order squared, which is inverted.
_LARGEST = 12
# Newton's method with L fixed gains the digits of float64 in a step, less those of L's condition.
_MOST_CORRECTIONS = 40


def square_root(a: np.ndarray) -> np.ndarray:
    """The X with X^2 = A and eigenvalues in the open right half-plane; raises `InputError` where it is not proved."""
    size = len(a)
    if size > _LARGEST:
        raise InputError(f"the square root of a matrix of order {size}: orders up to {_LARGEST} are enclosed")
    if all(entry.is_finite() for entry in a.flat):
        with arb_precision(2 * flint.ctx.prec + 32):
            found = _enclosed(a)
        if found is not None and _in_the_right_half_plane(found):
            return found
    raise InputError(
        "the square root of a matrix whose eigenvalues are not proved to be off the half-line (-inf, 0]; "
        "shrink the balls"
    )


def _in_the_right_half_plane(root: np.ndarray) -> bool:
    from certify.linear_algebra import is_hurwitz_stable
    from certify.program.arb import to_ball

    return is_hurwitz_stable(-to_ball(root)) is Verdict.PROVED


def _enclosed(a: np.ndarray) -> np.ndarray | None:
    root = _approximate(midpoints(a))
    if root is None:
        return None
    inverse = solution(_sylvester(root), arbs(np.eye(root.size)))
    if not all(entry.is_finite() for entry in inverse.flat):
        return None
    middle = np.asarray(_MID(a), dtype=object)
    enough = flint.arb(2) ** (-(flint.ctx.prec // 2) - 16)
    for _ in range(_MOST_CORRECTIONS):
        change = np.asarray(_MID(_image(inverse, middle - product(root, root))), dtype=object)
        root = np.asarray(_MID(root + change), dtype=object)
        if all(abs(entry) < enough for entry in change.flat):
            break
    inverse = solution(_sylvester(root), arbs(np.eye(root.size)))
    defect = a - product(root, root)
    box = box_of_fixed_point(
        lambda z: _image(inverse, defect - product(z, z)), np.asarray(_image(inverse, defect)), _WIDER
    )
    return None if box is None else np.asarray(root + box, dtype=object)


_MID = np.frompyfunc(lambda x: x.mid(), 1, 1)


def _approximate(matrix: np.ndarray) -> np.ndarray | None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            root = np.real(scipy.linalg.sqrtm(matrix))
        except (np.linalg.LinAlgError, ValueError):
            return None
    return arbs(np.asarray(root, np.float64)) if np.isfinite(root).all() else None


def _sylvester(root: np.ndarray) -> np.ndarray:
    """H -> X0 H + H X0 as a matrix for the entries of H row by row."""
    identity = arbs(np.eye(len(root)))
    return np.asarray(np.kron(root, identity) + np.kron(identity, root.T), dtype=object)


def _image(inverse: np.ndarray, right: np.ndarray) -> np.ndarray:
    return product(inverse, right.reshape(-1, 1)).reshape(right.shape)


def _wider(x: flint.arb) -> flint.arb:
    """A fourth wider, and by the working precision: an exact root has a defect of 0."""
    least = flint.arb(2) ** -flint.ctx.prec
    return x + flint.arb(0, 1) * (x.rad() / 4 + least + abs(x.mid()) * least)


_WIDER = np.frompyfunc(_wider, 1, 1)
