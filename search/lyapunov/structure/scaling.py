"""The search for factors that bring the matrices of a family to moderate size."""

from typing import Any

import numpy as np

from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.structure.scaling import LARGEST_SHIFT, LARGEST_SIZE, scaled
from foundation.computing_time import computing_time

# Entries between 2^-100 and 2^100 are left to the other engines as they are.
_MODERATE = 100


def applies(family: Any) -> str | None:
    """None when some entry lies beyond 2^100 or below 2^-100, else the reason."""
    if not isinstance(family, Family):
        return "the family is not a list of matrices"
    if family.matrices.size > LARGEST_SIZE:
        return f"{family.matrices.size} entries are more than {LARGEST_SIZE}"
    size = family.matrices.magnitude
    logs = np.log2(size[size > 0])
    return None if np.any(np.abs(logs) > _MODERATE) else "all entries are moderate already"


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The shifts of the matrices (k,) and of the coordinates (d,), and proofs for the scaled family."""
    from certify.lyapunov.registry import ENGINES
    from search.lyapunov.driver import lyapunov_exponent

    shifts, weights = _balance(family.matrices.magnitude)
    seconds = max(min(deadline - computing_time(), 4.0**effort), 0.01)
    inner = scaled(family, shifts, weights)
    found = lyapunov_exponent(inner, tolerance=1e-10, budget=seconds, engines=[e for e in ENGINES if e != "scaling"])
    return {
        "shifts": shifts,
        "weights": weights,
        "proofs": [[proof.engine, proof.witness] for proof in found.proofs],
    }


def _balance(size: np.ndarray) -> tuple[list[int], list[int]]:
    """s (k,) and w (d,) with log2|a_kij| + w_j - w_i - s_k small in the mean square, the largest of each k about 0."""
    count, dimension = size.shape[:2]
    k, i, j = np.nonzero(size)
    logs, rows = np.log2(size[k, i, j]), np.arange(len(k))
    table = np.zeros((len(k), count + dimension))
    table[rows, k] = -1.0
    np.add.at(table, (rows, count + j), 1.0)
    np.add.at(table, (rows, count + i), -1.0)
    solution = np.linalg.lstsq(table, -logs, rcond=None)[0] if len(k) else np.zeros(count + dimension)
    weights = np.clip(np.round(solution[count:]), -LARGEST_SHIFT // 2, LARGEST_SHIFT // 2)
    shifts = np.zeros(count)
    moved = logs + weights[j] - weights[i]
    for letter in range(count):
        shifts[letter] = np.round(moved[k == letter].max()) if np.any(k == letter) else 0.0
    return [int(x) for x in shifts], [int(x) for x in weights]
