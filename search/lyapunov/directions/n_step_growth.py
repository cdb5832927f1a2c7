"""The search for a frame and a rate of growth over n steps."""

import numpy as np
from scipy.optimize import minimize

from certify.lyapunov.directions.change_of_basis import in_frame
from certify.lyapunov.directions.growth_cells import Level, level_of
from certify.lyapunov.directions.n_step_growth import ENTRIES, MOST_STEPS, euclidean_levels, holds
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.time_limit import check_time
from foundation.computing_time import computing_time
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.weighted_moment import perron

# What the subdivision gives away, as parts of the distance from the least growth to the exponent.
_SLACKS = (0.5, 0.2, 0.05)
_FLOORS = (1.0, 1e-1, 1e-2, 1e-3, 1e-4)
_BITS = 14
_SHARE = 0.85
# In less time the preparations alone would take it all.
_LEAST_SECONDS = 2.0


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """A frame, and for n = 0, 1, .. bounds of r_n that the subdivision proves before the deadline."""
    if deadline - computing_time() < _LEAST_SECONDS:
        return {"frame": np.zeros((0, 0)), "lower": np.zeros(0), "upper": np.zeros(0)}
    limit = min(64 * 4**effort, ENTRIES // family.dimension**2)
    steps = 1
    while 1 < family.count ** (steps + 2) <= limit and steps < MOST_STEPS:
        steps += 1
    frame, exponent = _best_frame(family, steps), _sampled(family)
    levels = euclidean_levels(in_frame(family, {"frame": frame}), steps + 1)
    # most of the time for the side that may decide the sign
    first = 1.0 if exponent > 0 else -1.0
    found = {first: _targets(levels, first, exponent, computing_time() + _SHARE * (deadline - computing_time()))}
    found[-first] = _targets(levels, -first, exponent, deadline)
    return {"frame": frame, "lower": np.array(found[1.0]), "upper": -np.array(found[-1.0])}


def _targets(levels: list[Level], sign: float, exponent: float, deadline: float) -> list[float]:
    """Bounds of sign r_0, sign r_1, .. that are proved in time; the last level is tried with less and less slack."""
    known: list[float] = []
    for n, level in enumerate(levels):
        least = _least(level, sign)
        scale = max(sign * exponent - least, 0.1 * abs(exponent), 1e-3)
        for slack in _SLACKS if level is levels[-1] else _SLACKS[:1]:
            target = least - slack * scale
            if not np.isfinite(target):
                return known
            if not (known and target <= known[n - 1]) and not holds(level, known[:n], sign, target, deadline):
                return known
            known[n:] = [target if not known[:n] else max(target, known[n - 1])]
    return known


def _best_frame(family: Family, steps: int) -> np.ndarray:
    """The frame of a regularised form of the mean square that makes the least growth greatest (an estimate)."""
    adapted = perron(family.matrices.mid, family.probabilities.mid).left
    frames = [whitening_frame(positive_metric(adapted, floor)) for floor in _FLOORS]

    def least(frame: np.ndarray) -> float:
        level = level_of(in_frame(family, {"frame": frame}), steps, np.eye(family.dimension))
        return _least(level, 1.0)

    return max(frames, key=least)


def whitening_frame(metric: np.ndarray) -> np.ndarray:
    """P^(-1/2) for a metric P, in entries of few bits, which keep exact arithmetic cheap."""
    values, vectors = np.linalg.eigh(metric)
    frame = (vectors / np.sqrt(values)) @ vectors.T
    scale = 2.0 ** (_BITS - np.floor(np.log2(np.abs(frame).max())))
    return np.asarray(np.round(frame * scale) / scale)


def _least(level: Level, sign: float) -> float:
    """An estimate of the least value of sign r_n over all directions, by descent from random ones."""

    def growth(v: np.ndarray) -> tuple[float, np.ndarray]:
        check_time()
        total, gradient = 0.0, np.zeros_like(v)
        for forms, own in ((level.longer, sign), (level.shorter, -sign)):
            rows = forms.images.mid @ v
            values = np.maximum(rows @ v, 1e-300)
            total += own * float(forms.probabilities.mid @ np.log(values)) / 2
            gradient += own * (forms.probabilities.mid / values) @ rows
        return total, gradient

    starts = np.random.default_rng(0).standard_normal((8, level.shorter.images.shape[-1]))
    return min(float(minimize(growth, v, jac=True, method="BFGS").fun) for v in starts)


def _sampled(family: Family, chains: int = 64, steps: int = 400) -> float:
    """An estimate of the exponent from chains of random products."""
    generator = np.random.default_rng(0)
    vectors, total = generator.standard_normal((chains, family.dimension)), 0.0
    probabilities = family.probabilities.mid / family.probabilities.mid.sum()
    for k in range(steps):
        check_time()
        letters = generator.choice(family.count, size=chains, p=probabilities)
        vectors = np.matmul(family.matrices.mid[letters], vectors[:, :, None])[:, :, 0]
        norms = np.maximum(np.linalg.norm(vectors, axis=1), 1e-300)
        vectors = vectors / norms[:, None]
        total += float(np.log(norms).mean()) * (k >= steps // 4)
    return total / (steps - steps // 4)
