"""Units in which a matrix and a point have moderate entries: diagonal equilibration, estimates throughout."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import lsqr

_DENSE = 64  # unknowns up to which the least squares are solved by a dense factorisation


@final
@dataclass(frozen=True, eq=False)
class ColumnUnits:
    """units (n,): positive; x = units * x'. groups (n,): columns with one label are tied by the matrix; between groups
    the ratio of units comes from the sizes alone. known (n,): whether some size in the group is not 0.
    """

    units: np.ndarray
    groups: np.ndarray
    known: np.ndarray


def column_units(matrix: np.ndarray, sizes: np.ndarray) -> ColumnUnits:
    """Units of the columns of a matrix (n, n) whose rows may be scaled freely; sizes (n,) >= 0 of the unknowns.

    log|a_ij| + r_i + c_j = 0 is solved in the least squares sense over the entries other than 0 [A. Curtis and J. Reid,
    On the automatic scaling of matrices for Gaussian elimination, J. Inst. Maths. Applics. 10 (1972)]: replacing the
    unknowns by multiples multiplies the units by the same factors. In each group of columns that are tied by rows the
    largest size is one unit.
    """
    n = matrix.shape[1]
    used = np.isfinite(matrix) & (matrix != 0)
    rows, columns = np.nonzero(used)
    logs = _column_logs(np.log(np.abs(matrix[used])), rows, columns, matrix.shape)
    shape = (sum(matrix.shape),) * 2
    links = coo_array((np.ones(len(rows)), (rows, matrix.shape[0] + columns)), shape=shape)
    groups = connected_components(links, directed=False)[1][matrix.shape[0] :]
    units, known = np.exp(np.clip(logs, -600.0, 600.0)), np.zeros(n, bool)
    for label in np.unique(groups):
        group = groups == label
        largest = float((sizes[group] / units[group]).max())
        if 0 < largest < np.inf:
            units[group] *= largest
            known[group] = True
    return ColumnUnits(units, groups, known)


def _column_logs(logs: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """c of r_i + c_j = -logs, of least size."""
    m, n = shape
    if not len(logs):
        return np.zeros(n)
    count = np.arange(len(logs))
    design = coo_array(
        (np.ones(2 * len(logs)), (np.concatenate([count, count]), np.concatenate([rows, m + columns]))),
        shape=(len(logs), m + n),
    )
    if m + n <= _DENSE:
        return np.asarray(np.linalg.lstsq(design.toarray(), -logs, rcond=None)[0][m:])
    return np.asarray(lsqr(design.tocsr(), -logs, atol=1e-10, btol=1e-10)[0][m:])
