"""Lower bound in any dimension from one verified eigenvalue: chords of the logarithm under a quadratic form."""

import math
import time
from typing import Any

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.enclosure import Enclosure
from certify.lyapunov.concave_bound import positive_metric, read_metric
from certify.lyapunov.exterior import exterior_dimension, exterior_power
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.logarithms import log_lower
from certify.lyapunov.pencil import pencil_bounds
from certify.lyapunov.stopping_words import per_step
from certify.lyapunov.weighted_moment import perron
from certify.lyapunov.word_tree import likely_words, mean_length, read_words, word_probabilities, word_products
from foundation import CertificateError

_ENTRIES = 500_000
_LARGEST = 36


def applies(family: Any) -> str | None:
    """None, or why the family is too large."""
    if family.matrices.size > _ENTRIES:
        return f"{family.matrices.size} matrix entries are more than {_ENTRIES}"
    return None


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The order of the exterior power, the words and the metric with the best bound among a few (estimates)."""
    best, chosen = -np.inf, None
    for order in _orders(family.dimension):
        size = exterior_dimension(family.dimension, order)
        limit = max(family.count, min(16 * 4**effort, _ENTRIES // size**2))
        words = likely_words(family.probabilities.mid, limit) if family.count > 1 else [(0,) * 2**effort]
        products = exterior_power(word_products(family.matrices, words), order)
        chances = word_probabilities(family.probabilities, words)
        for metric in _metrics(products.mid, chances.mid):
            bound = chord_lower(products, chances, metric) / order / float(mean_length(chances, words).mid)
            if chosen is None or bound > best:
                best, chosen = bound, {"order": order, "words": [list(w) for w in words], "metric": metric}
        if time.monotonic() > deadline:
            break
    assert chosen is not None
    return chosen


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda >= bound(exterior power of order m of the words) / (m E|w|), nats per step.

    The exponent of the m-th exterior power is lambda_1 + ... + lambda_m <= m lambda_1.
    """
    order = int(witness["order"])
    if order not in _orders(family.dimension):
        raise CertificateError(f"the order {order} is no exterior power that this engine takes")
    words = read_words(witness["words"], family.count)
    products = exterior_power(word_products(family.matrices, words), order)
    chances = word_probabilities(family.probabilities, words)
    lower = chord_lower(products, chances, read_metric(witness["metric"], products.shape[-1]))
    return Enclosure(per_step(lower, mean_length(chances, words) * float(order), lower=True), np.inf)


def chord_lower(matrices: Ball, probabilities: Ball, metric: np.ndarray) -> float:
    """A lower bound of the exponent of independent `matrices` (k, d, d).

    Proof. lambda >= (1/2) inf_v sum_i p_i log s_i(v) with s_i(v) = |A_i v|_P^2 / |v|_P^2 in [m_i, M_i], the extreme
    eigenvalues of the pencil (A_i^T P A_i, P). The logarithm is concave, so log s >= a_i + b_i s on [m_i, M_i] when
    both ends satisfy it, and sum_i p_i (a_i + b_i s_i(v)) >= sum_i p_i a_i + lambda_min(sum_i p_i b_i A_i^T P A_i,
    P). The inverse's norm is the case b = 0.
    """
    form = Ball.exact(metric)
    images = matmul(matrices.map(lambda x: np.swapaxes(x, -1, -2)), matmul(form, matrices))
    spread = Ball(*(np.broadcast_to(x, images.shape) for x in (form.mid, form.rad)))
    low, high = pencil_bounds(images, spread)
    if np.any(low <= 0) or np.any(~np.isfinite(high)):
        return -np.inf
    slopes = np.where(
        high > low * (1 + 1e-9), (np.log(high) - np.log(low)) / np.maximum(high - low, 1e-300), 1.0 / high
    )
    intercepts = np.minimum(_intercept(low, slopes), _intercept(high, slopes))
    weighted = (probabilities * slopes).reshape(-1, 1, 1) * images
    smallest = float(pencil_bounds(weighted.sum(axis=0), form)[0])
    if not math.isfinite(smallest):
        return -np.inf
    total = (probabilities * intercepts).sum() + smallest
    return float((total * 0.5).lower)


def _intercept(ends: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    return np.asarray((Ball.exact(log_lower(ends)) - Ball.exact(slopes) * ends).lower)


def _orders(dimension: int) -> list[int]:
    """The exterior powers whose minors, and those of the orders below, are few."""
    return [1] + [m for m in range(2, dimension) if _is_affordable(dimension, m)]


def _is_affordable(dimension: int, order: int) -> bool:
    return max(exterior_dimension(dimension, m) for m in range(2, order + 1)) <= _LARGEST


def _metrics(matrices: np.ndarray, chances: np.ndarray) -> list[np.ndarray]:
    """Perron matrices of the second moment and of the moments weighted by 1/|A_i|^2 and by |det|^(-2/d)."""
    norms = np.maximum(np.linalg.norm(matrices, 2, axis=(-2, -1)), 1e-100)
    volumes = np.maximum(np.abs(np.linalg.det(matrices)), 1e-100) ** (1.0 / matrices.shape[-1])
    weights = (chances, chances / norms**2, chances / volumes**2)
    return [np.eye(matrices.shape[-1])] + [positive_metric(perron(matrices, w).left, 1e-6) for w in weights]
