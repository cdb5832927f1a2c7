"""Two-sided bounds of the top exponent from cellwise multilinear test functions on all directions, d >= 2.

The theorem is that of the projective line (its proof does not use the dimension: the mean of log|B v| over the unit
sphere of R^d is at least log|B| minus a constant): inf r <= lambda <= sup r with r = c + Qf - f for every bounded f.
[H. Furstenberg, Y. Kifer, Israel J. Math. 46 (1983); V. Protasov, R. Jungers, Linear Algebra Appl. 438 (2013); the
averaging is our own.] The cells are refined where the bounds are wide and the adversaries of the interval chain go.
The supremum and the infimum may be taken over a set K of cells that holds the images of all its cells: directions that
start in K stay there, one of them bounds lambda from below, and the mean of log|B v| over the directions of one cell of
K is still at least log|B| minus a constant. K is what a leaf (`start`) reaches: what is never visited drops out, such
as neighbourhoods of the kernels of matrices that are singular, exactly or up to rounding.
"""

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.face_bounds import CellBounds, cell_bounds
from certify.lyapunov.face_tree import FaceTree
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.frames import in_frame
from certify.lyapunov.interval_chain import Spread, averaged_supremum
from certify.lyapunov.witness_fields import array_field, integer_field, number_field
from foundation import CertificateError

_MOST_CELLS = 1 << 22


def prove_in_frame(family: Family, witness: Witness) -> Enclosure:
    """The bounds of `prove_cells` for the family in the witness's `frame`, which has the same exponent."""
    return prove_cells(in_frame(family, witness), witness)


def prove_cells(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of the theorem for the witness's f; raises `CertificateError` on a malformed one."""
    splits = array_field(witness, "splits", 1)
    if not family.dimension <= len(splits) <= _MOST_CELLS:
        raise CertificateError(f"the witness's tree has {len(splits)} nodes; it must have between d and 2^22")
    tree = FaceTree.from_splits(family.dimension, splits != 0)
    values = array_field(witness, "values", 2)
    expected = (len(tree.leaves), 1 << (family.dimension - 1))
    if values.shape != expected:
        raise CertificateError(f"the witness's corner values have shape {values.shape}; its tree needs {expected}")
    offset = number_field(witness, "exponent", -1e300, 1e300)
    rounds = integer_field(witness, "rounds", 0, 10**6)
    bounds = cell_bounds(family, tree, values, offset)
    start = integer_field(witness, "start", -1, len(tree.leaves) - 1)
    if start >= 0:
        bounds = restricted(bounds, reached(bounds, start))
    spread = cell_spread(bounds, family.probabilities)
    above = averaged_supremum(bounds.upper, spread, family.probabilities, rounds)
    below = averaged_supremum(-bounds.lower, spread, family.probabilities, rounds)
    return Enclosure(float(np.nextafter(offset - below, -np.inf)), float(np.nextafter(offset + above, np.inf)))


def reached(bounds: CellBounds, start: int) -> np.ndarray:
    """Which leaves (N,) the images of the leaf `start`, the images of these, and so on, may meet; `start` included."""
    count = len(bounds.upper)
    seen = np.zeros(count + 1, dtype=bool)
    seen[start] = True
    frontier = np.array([start])
    while len(frontier):
        found = [_members(leaves, starts, frontier) for leaves, starts in bounds.met]
        fresh = np.unique(np.concatenate(found))
        fresh = fresh[~seen[fresh]]
        if count in fresh:
            return np.ones(count, dtype=bool)
        seen[fresh] = True
        frontier = fresh
    return seen[:count]


def _members(leaves: np.ndarray, starts: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The entries of the given groups."""
    ends = np.append(starts[1:], len(leaves))
    sizes = ends[groups] - starts[groups]
    offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(leaves[np.repeat(starts[groups], sizes) + offsets])


def restricted(bounds: CellBounds, kept: np.ndarray) -> CellBounds:
    """The bounds on the kept leaves, which hold all that their images meet, with these leaves numbered anew."""
    if kept.all():
        return bounds
    number = np.cumsum(kept) - 1
    groups = np.flatnonzero(kept)
    met = []
    for leaves, starts in bounds.met:
        sizes = np.append(starts[1:], len(leaves))[groups] - starts[groups]
        met.append((number[_members(leaves, starts, groups)], np.cumsum(sizes) - sizes))
    return CellBounds(bounds.lower[kept], bounds.upper[kept], met)


def cell_spread(bounds: CellBounds, probabilities: Ball) -> Spread:
    """One step of the interval chain: sum_i p_i (greatest value of the leaves that the image under matrix i meets)."""

    def spread(values: np.ndarray) -> np.ndarray:
        extended = np.append(values, values.max())
        total = np.zeros(len(values))
        for weight, (leaves, starts) in zip(probabilities.mid, bounds.met, strict=True):
            total += weight * np.maximum.reduceat(extended[leaves], starts)
        return total

    return spread
