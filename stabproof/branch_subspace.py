"""The invariant subspace in which a branch is followed, as a user names it."""

from typing import Any

import numpy as np

from foundation import InputError, finite_array


def subspace_entry(symmetry: Any, absent: Any, start: np.ndarray, variables: Any) -> dict[str, np.ndarray]:
    """The entry of the problem that names the invariant subspace; raises `InputError` where x0 lies outside of it."""
    if symmetry is None and absent is None:
        return {}
    if symmetry is not None and absent is not None:
        raise InputError("pass symmetry or absent, not both")
    n = start.size
    if absent is not None:
        names = [] if variables is None else list(np.atleast_1d(variables))
        chosen = [
            names.index(k) if k in names else k for k in (absent if isinstance(absent, list | tuple) else [absent])
        ]
        if not chosen or not all(isinstance(k, int) and 0 <= k < n for k in chosen) or len(set(chosen)) != len(chosen):
            raise InputError(
                f"absent must name different components by indices from 0 to {n - 1}, or symbols in variables"
            )
        if start[chosen].any():
            raise InputError("the absent components of x0 must be 0")
        return {"absent": np.array(chosen, np.int64)}
    matrix = -np.eye(n) if isinstance(symmetry, str) and symmetry == "odd" else finite_array(symmetry, "symmetry")
    if matrix.shape != (n, n):
        raise InputError(f'symmetry must be "odd" or a matrix of shape ({n}, {n})')
    if not np.array_equal(matrix @ start, start):
        raise InputError("x0 must have the symmetry: R x0 = x0 exactly")
    return {"symmetry": matrix}
