"""The search for the power law that bounds the stationary measure of small arcs."""

import math

import numpy as np

from certify.lyapunov.face_bounds import cell_logarithms
from certify.lyapunov.face_search import uniform_tree
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.planar_tails import contractions, steepness
from foundation import CertificateError
from search.lyapunov.moment_function import power_iteration

_DEPTH = 8
_SMALL = 1e-6
_SMALLEST_DEPTH = 40.0
_LARGEST_DEPTH = 90.0
_POWERS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7)
_TYPICAL = 1e-9
_PACE = 10
_SCALES = (0.1, 0.03, 0.01, 3e-3, 1e-3)


def propose_tails(planar: Family, step: float, cells: int = _DEPTH) -> Witness:
    """2^(cells + 1) cells, the `step` of the levels, tau_0 (`scale`), the power and its weights (estimates)."""
    value, found = best_power_law(planar, cells)
    if not found:
        raise CertificateError("the directions of the factor are not seen to contract")
    # deep enough for the power law to be small at the last level
    power = float(found["power"])
    depth = min((value - power * math.log(_TYPICAL) - math.log(_SMALL)) / power, _LARGEST_DEPTH)
    sizes = {"levels": int(max(depth, _SMALLEST_DEPTH) / step), "rounds": int(_SMALLEST_DEPTH / (_PACE * step))}
    return {"depth": cells, "step": step} | sizes | found


def best_power_law(planar: Family, depth: int) -> tuple[float, Witness]:
    """The logarithm of the least power law at a typical tau, and its `scale`, `power` and `weights` (estimates)."""
    tree = uniform_tree(2, depth)
    low, _, met = cell_logarithms(planar, tree)
    logs, steep = contractions(planar, low), steepness(planar, low)
    best, found = np.inf, Witness()
    for scale in _SCALES:
        if not (steep * scale).max() < 0.5:
            continue
        raised = logs - np.log1p(-steep * scale)
        weights = np.zeros(len(tree.leaves))
        for power in _POWERS:
            weights, growth = power_iteration(planar.probabilities.mid, power * raised, met, weights)
            value = float(np.ptp(weights) + power * np.log(_TYPICAL / scale))
            if growth < -1e-6 and value < best:
                best, found = value, {"scale": scale, "power": power, "weights": weights}
    return best, found
