"""Lower bound in dimensions 2 to 6: the least mean growth of words over all directions, by subdivision."""

from typing import Any, NamedTuple

import numpy as np

from certify.arithmetic import Ball, matmul, where
from certify.enclosure import Enclosure
from certify.linear_algebra.positive_definite import is_positive_definite
from certify.lyapunov.directions.branch_and_bound import covers
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.norms.jensen_bound import read_metric
from certify.lyapunov.norms.pencil import pencil_bounds
from certify.lyapunov.norms.prefix_code_bound import per_step
from certify.lyapunov.norms.word_tree import mean_length, read_words, word_probabilities, word_products
from certify.verdict import Verdict
from foundation import CertificateError

_DIMENSIONS = range(2, 7)
ENTRIES = 20_000
_BLOCK = 200_000
_MOST_CELLS = 200_000
_LARGEST_REACH = 0.9


def admits(family: Any) -> str | None:
    """None, or why directions cannot be subdivided."""
    if family.dimension not in _DIMENSIONS:
        return f"dimension {family.dimension} is not between 2 and 6"
    return None if family.matrices.size <= ENTRIES else f"{family.matrices.size} entries are more than {ENTRIES}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda >= target / E|w| when E log(|A_w v|_P / |v|_P) >= target in every direction v (nats per step).

    By Furstenberg's argument the exponent of the words is at least the least mean growth over all directions. Every
    direction is a point of one of the d faces v_i = 1, |v_j| <= 1; faces are halved until each piece is proved.
    Checked: the words are a complete prefix-free set, P > 0, the target is a finite number, no piece is left open.
    """
    if reason := admits(family):
        raise CertificateError(reason)
    words = read_words(witness["words"], family.count)
    products = word_products(family.matrices, words)
    probabilities = word_probabilities(family.probabilities, words)
    metric, target = read_metric(witness["metric"], family.dimension), float(witness["target"])
    if np.isnan(target) or target == np.inf:
        raise CertificateError(f"a target growth of {target} is not a number")
    if is_positive_definite(metric) is not Verdict.PROVED or target == -np.inf:
        return Enclosure(-np.inf, np.inf)
    if not grows(product_forms(products, probabilities, metric), target, np.inf):
        return Enclosure(-np.inf, np.inf)
    return Enclosure(per_step(target, mean_length(probabilities, words), lower=True), np.inf)


class _Forms(NamedTuple):
    """C_w = A_w^T P A_w (W, d, d), p_w (W,), P (d, d); floors (W,) of the log of the eigenvalues of (C_w, P)."""

    images: Ball
    probabilities: Ball
    metric: Ball
    floors: np.ndarray


def product_forms(products: Ball, probabilities: Ball, metric: np.ndarray) -> _Forms:
    form = Ball.exact(metric)
    images = matmul(products.map(lambda x: np.swapaxes(x, -1, -2)), matmul(form, products))
    spread = Ball(*(np.broadcast_to(x, images.shape) for x in (form.mid, form.rad)))
    least = pencil_bounds(images, spread)[0]
    return _Forms(images, probabilities, form, log_lower(np.maximum(least, 0.0)))


def grows(forms: _Forms, target: float, deadline: float) -> bool:
    """Whether halving proves growth >= target everywhere with at most 200,000 pieces (and before the deadline)."""

    def bound(centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _growth_lower(forms, centres, halves)

    dimension = forms.metric.shape[0]
    at_once, each = max(_BLOCK // forms.images.size * dimension, 16), forms.images.size / dimension
    return covers(bound, dimension, target, at_once=at_once, each=each, most=_MOST_CELLS, deadline=deadline)


def _growth_lower(forms: _Forms, centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower bounds (L,) of sum_w p_w log(|A_w v|_P / |v|_P) over the cells c + [-h, h], and weights of their sides.

    With q_w(v) = v^T C_w v >= a_w (1 + x_w), a_w = c^T C_w c, x_w = 2 (C_w c) . (v - c) / a_w, |x_w| <= X_w < 1:
    log(1 + x) >= x + log(1 - X) + X, and log(v^T P v) <= log(c^T P c) + (2 (P c) . (v - c) + h^T |P| h) / c^T P c. The
    linear terms are summed over w before their absolute value is taken, so what is lost is of second order in h.
    Words with X_w near 1 or above are bounded by the least eigenvalue of their pencil instead, -inf if it may vanish.
    """
    count, cells, dimension = forms.images.shape[0], len(centres), centres.shape[1]
    points, probabilities = Ball.exact(centres), forms.probabilities.reshape(-1, 1)
    rows = matmul(forms.images.reshape(-1, dimension), points.T).reshape(count, dimension, cells)
    values = (rows * centres.T).sum(axis=1)  # a_w: (W, L)
    reach = _reach(rows, values, halves)
    usable = reach < _LARGEST_REACH
    values, reach = where(usable, values, Ball.exact(np.ones(usable.shape))), np.where(usable, reach, 0.0)
    slopes = where(usable[:, None, :], rows * 2.0, Ball.exact(np.zeros(rows.shape))) / values.reshape(count, 1, cells)
    share = (probabilities * usable).sum(axis=0)
    own = matmul(points, forms.metric)  # (L, d)
    size = (own * centres).sum(axis=1)
    weights = forms.probabilities.reshape(-1, 1, 1)
    gradient = (weights * slopes).sum(axis=0).T - own * 2.0 * (share / size).reshape(-1, 1)
    loss = Ball.exact(log_lower((Ball.exact(1.0) - reach).lower)) + reach
    logarithms = Ball.from_bounds(log_lower(values.lower), log_upper(values.upper))
    unbounded = np.isneginf(forms.floors)
    floors = Ball.exact(np.broadcast_to(np.where(unbounded, 0.0, forms.floors)[:, None], usable.shape))
    mean = (probabilities * where(usable, logarithms + loss, floors)).sum(axis=0)
    bend = (matmul(Ball.exact(halves), abs(forms.metric)) * halves).sum(axis=1) / size
    tilt = (Ball.exact(gradient.magnitude) * halves).sum(axis=1)
    own_growth = share * Ball.from_bounds(log_lower(size.lower), log_upper(size.upper))
    total = (mean - own_growth - tilt - bend) * 0.5
    hopeless = (unbounded[:, None] & ~usable).any(axis=0)
    return np.where(hopeless, -np.inf, total.lower), halves * (
        1e-3 + gradient.magnitude + np.sqrt(halves) + 1.0 - usable.mean(axis=0)[:, None]
    )


def _reach(rows: Ball, values: Ball, halves: np.ndarray) -> np.ndarray:
    """Upper bounds X_w (W, L) of 2 |C_w c| . h / a_w; infinite where a_w > 0 is not proved."""
    steps = (Ball.exact(rows.magnitude) * halves.T).sum(axis=1) * 2.0
    positive = values.lower > 0
    quotient = Ball.exact(steps.upper) / np.where(positive, values.lower, 1.0)
    return np.where(positive, quotient.upper, np.inf)
