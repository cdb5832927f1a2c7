"""How many eigenvalues are unstable: of small matrices by their characteristic polynomials, of others by discs."""

import numpy as np

from certify.arithmetic import Ball
from certify.linear_algebra import eigenvalues

UNDECIDED = -1


def unstable_counts(matrices: Ball, is_map: bool) -> np.ndarray:
    """(N,): how many eigenvalues of every matrix in the balls (N, n, n) have a positive real part (map: a modulus above
    1), all others having a negative one (below 1); -1 where this is not proved.
    """
    n = matrices.shape[-1]
    known = np.isfinite(matrices.rad).all(axis=(1, 2))
    if n == 1:
        found = _of_numbers(matrices[:, 0, 0], is_map)
    elif n == 2:
        found = _of_pairs(matrices, is_map)
    else:
        found = np.full(len(matrices), UNDECIDED)
        for k in np.flatnonzero(known):
            spectrum = eigenvalues(matrices[k])
            _, above, neither = spectrum.count_by_modulus(1.0) if is_map else spectrum.count_by_real_part(0.0)
            found[k] = UNDECIDED if neither else above
    return np.where(known, found, UNDECIDED)


def _of_numbers(x: Ball, is_map: bool) -> np.ndarray:
    size = abs(x) - 1.0 if is_map else x
    return np.where(size.lower > 0, 1, np.where(size.upper < 0, 0, UNDECIDED))


def _of_pairs(matrices: Ball, is_map: bool) -> np.ndarray:
    """By z^2 - t z + d: a negative value of it at 0 (map: at 1 or -1) parts its roots; else they lie on one side, that
    of t (map: of d - 1), as a complex pair does [E. Jury, Theory and Application of the z-Transform Method, 1964].
    """
    trace = matrices[:, 0, 0] + matrices[:, 1, 1]
    determinant = matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0]
    if not is_map:
        parted = determinant.upper < 0
        side, same = trace, determinant.lower > 0
        both = np.where(side.lower > 0, 2, np.where(side.upper < 0, 0, UNDECIDED))
        return np.where(parted, 1, np.where(same, both, UNDECIDED))
    above, below = determinant - trace + 1.0, determinant + trace + 1.0
    signs = np.stack([np.where(v.lower > 0, 1, np.where(v.upper < 0, -1, 0)) for v in (above, below)])
    side = determinant - 1.0
    both = np.where(side.lower > 0, 2, np.where(side.upper < 0, 0, UNDECIDED))
    found = np.select([(signs == 0).any(axis=0), signs[0] != signs[1], signs[0] < 0], [UNDECIDED, 1, 2], default=both)
    return np.asarray(found)
