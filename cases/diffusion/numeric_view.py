"""The floating-point view of diffusions."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import scipy.linalg

from cases.common.parameters import as_float
from cases.diffusion.estimates import langevin_ensemble
from cases.diffusion.figures import histogram
from cases.diffusion.system import GAP, SECOND, VARIANCE, VIRIAL, WELL_GAP, well_chain
from cases.model import Estimate, NumericView


def numeric_view(values: Mapping[str, Any]) -> NumericView:
    epsilon, theta, depth = (as_float(values[name]) for name in ("epsilon", "theta", "wells"))
    count = values["particles"]
    unit = langevin_ensemble(lambda x: -x, math.sqrt(2.0), np.zeros(count), 0.01, 800, key=jax.random.key(0))
    ornstein = unit * math.sqrt(epsilon**2 / (2 * theta))
    variance = float(np.mean(ornstein**2))
    well = _double_well(epsilon, depth, count)
    squares, virial = well**2, well**4 - depth * well**2
    gap = np.sort(-scipy.linalg.eigvalsh_tridiagonal(*_ehrenfest_matrix(values["cells"], theta)))[1]
    diagonal, side = well_chain(values)
    rates = -scipy.linalg.eigvalsh_tridiagonal(diagonal.mid, np.full(len(diagonal) - 1, float(side.mid)))
    estimates = {
        VARIANCE: Estimate(variance, (5 * math.sqrt(2 / count) + 0.02) * variance),
        GAP: Estimate(float(gap), 1e-11 * theta * values["cells"]),
        SECOND: _sampled(squares),
        VIRIAL: _sampled(virial, 0.03 * float(np.mean(np.abs(virial)))),
        WELL_GAP: Estimate(float(np.sort(rates)[1]), 1e-12 * float(np.abs(rates).max())),
    }
    pictures = (
        histogram(ornstein, lambda x: theta * x**2 / 2, epsilon, "Ornstein-Uhlenbeck process"),
        histogram(well, lambda x: (x**2 - depth) ** 2 / 4, epsilon, "Double well"),
    )
    return NumericView(estimates, pictures)


def _double_well(epsilon: float, depth: float, count: int) -> np.ndarray:
    """Particles that start in both wells; the time unit is that of relaxation within a well."""
    rate = max(depth, epsilon)
    start = math.sqrt(max(depth, epsilon)) * np.where(np.arange(count) % 2, 1.0, -1.0)
    return langevin_ensemble(lambda x: depth * x - x**3, epsilon, start, 0.004 / rate, 3000, key=jax.random.key(1))


def _sampled(sample: np.ndarray, bias: float = 0.0) -> Estimate:
    mean = float(sample.mean())
    return Estimate(mean, 6 * float(sample.std()) / math.sqrt(len(sample)) + 0.02 * abs(mean) + bias)


def _ehrenfest_matrix(count: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    k = np.arange(count)
    return np.full(count + 1, -theta * count / 2), theta / 2 * np.sqrt((k + 1.0) * (count - k))
