"""The floating-point view of graph limits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse.linalg

from cases.common.parameters import as_float
from cases.graphon.figures import kernel_image, picture
from cases.graphon.system import DENSITY, DISCRETE, GRAPHONS, KERNEL, NORM, Graphon, cell_averages
from cases.model import Estimate, NumericView


def numeric_view(values: Mapping[str, Any]) -> NumericView:
    graphon, weight = GRAPHONS[values["graphon"]], as_float(values["weight"])
    coarse, fine = (_nystrom(graphon, weight, size) for size in (values["nystrom"] // 2, values["nystrom"]))
    top = fine[0] + (fine[0] - coarse[0]) / 3
    matrix = cell_averages(values).astype(np.float64) / values["nodes"]
    discrete = float(np.linalg.eigvalsh(matrix)[-1])
    centres = (np.arange(1000) + 0.5) / 1000
    samples = weight * graphon.values(centres[:, None], centres[None, :])
    estimates = {
        KERNEL: Estimate(top, abs(fine[0] - coarse[0]) + 1e-9 * weight),
        DISCRETE: Estimate(discrete, 1e-13 * weight * values["nodes"]),
        NORM: Estimate(float(np.mean(samples**2)), 1e-4 * weight**2),
        DENSITY: Estimate(float(np.mean(samples)), 1e-4 * weight),
    }
    return NumericView(estimates, (picture(graphon, weight, fine[1]), kernel_image(values, matrix * values["nodes"])))


def _nystrom(graphon: Graphon, weight: float, size: int) -> tuple[float, np.ndarray]:
    """Top eigenvalue and eigenvector of G(x_i, x_j)/M at the midpoints, error O(1/M^2)."""
    x = (np.arange(size) + 0.5) / size
    matrix = weight * graphon.values(x[:, None], x[None, :]) / size
    found, vectors = scipy.sparse.linalg.eigsh(matrix, k=1, which="LA", v0=np.ones(size))
    return float(found[0]), np.asarray(vectors[:, 0])
