"""The search for a trial function of a fractional moment."""

import numpy as np

from certify.lyapunov.directions.change_of_basis import in_frame
from certify.lyapunov.directions.face_bounds import cell_logarithms
from certify.lyapunov.directions.face_tree import FaceTree
from certify.lyapunov.directions.fractional_moment_bound import CELLS, TOO_LARGE, Met
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.time_limit import check_time
from search.lyapunov.directions.face_functions import best_frame, propose_cells

_POWERS = tuple(2.0**-k for k in range(-1, 14))
_ITERATIONS = 150


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """Cells, four times as many for each unit of `effort`, and for either side the best power with its weights.

    `deadline` is a `computing_time()` value. The witness holds `splits` (flags of the tree), and for the sides "upper"
    and "lower" the power p > 0 and the logarithms (N,) of h; and the `frame` of the directions (see `frames`).
    """
    frame = best_frame(family, deadline, everywhere=True)
    family = in_frame(family, frame)
    splits = propose_cells(family, CELLS[family.dimension] * 4**effort, deadline, everywhere=True)["splits"]
    tree = FaceTree.from_splits(family.dimension, splits != 0)
    low, high, met = cell_logarithms(family, tree)
    witness: Witness = {"splits": splits} | frame
    for side, logs in (("upper", high), ("lower", -low)):
        power, weights = _best_power(family.probabilities.mid, logs, met)
        witness |= {f"{side}_power": power, f"{side}_weights": weights}
    return witness


def _best_power(probabilities: np.ndarray, logs: np.ndarray, met: Met) -> tuple[float, np.ndarray]:
    """The power with the least bound and its log h; smaller powers are tried while they help."""
    best, kept, weights = np.inf, (1.0, np.zeros(logs.shape[1])), np.zeros(logs.shape[1])
    for power in _POWERS if np.all(logs < np.inf) else ():
        # log h is about proportional to the power
        weights, growth = power_iteration(probabilities, power * logs, met, weights / 2)
        if growth / power < best:
            best, kept = growth / power, (power, weights)
        elif power < kept[0] / 4:
            break
    return kept


def power_iteration(
    probabilities: np.ndarray, logs: np.ndarray, met: Met, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    """log h and log of the growth factor of the operator, approximately."""
    growth = np.inf
    for _ in range(_ITERATIONS):
        check_time()
        extended = np.append(weights, weights.max())
        terms = np.stack(
            [
                log + np.maximum.reduceat(extended[leaves], starts)
                for log, (leaves, starts) in zip(logs, met, strict=True)
            ]
        )
        top = np.maximum(terms.max(axis=0), -TOO_LARGE)
        following = top + np.log(np.maximum(probabilities @ np.exp(terms - top), 1e-300))
        change = following - weights
        growth = float(change.max())
        if growth - change.min() < 1e-3 * abs(growth) + 1e-12:
            break
        weights = np.clip(following - following.max(), -0.4 * TOO_LARGE, 0.0)
    return weights, growth
