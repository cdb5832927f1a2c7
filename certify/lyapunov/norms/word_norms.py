"""Mean logarithmic norms of words in an adapted metric: lambda <= sum_w p_w log |A_w|_P / sum_w p_w |w|."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.logarithms import log_upper
from certify.lyapunov.norms.jensen_bound import admits, read_metric
from certify.lyapunov.norms.pencil import pencil_bounds
from certify.lyapunov.norms.prefix_code_bound import per_step
from certify.lyapunov.norms.word_tree import mean_length, read_words, word_probabilities, word_products

__all__ = ["admits", "prove"]


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bound above, nats per step: log |.| is subadditive over products, so Kingman's theorem applies to words.

    |A|_P^2 is the largest eigenvalue of the pencil (A^T P A, P).
    """
    words = read_words(witness["words"], family.count)
    metric = Ball.exact(read_metric(witness["metric"], family.dimension))
    products = word_products(family.matrices, words)
    probabilities = word_probabilities(family.probabilities, words)
    mean = mean_log_norm(products, probabilities, metric)
    return Enclosure(-np.inf, per_step(mean, mean_length(probabilities, words), lower=False))


def mean_log_norm(products: Ball, probabilities: Ball, metric: Ball) -> float:
    """An upper bound of sum_w p_w log |A_w|_P; -inf when some word of certain probability vanishes."""
    images = matmul(products.map(lambda x: np.swapaxes(x, -1, -2)), matmul(metric, products))
    squares = pencil_bounds(images, Ball(*(np.broadcast_to(x, images.shape) for x in (metric.mid, metric.rad))))[1]
    logarithms = log_upper(np.maximum(squares, 0.0))
    if np.any(logarithms == np.inf):
        return np.inf
    vanishing = logarithms == -np.inf
    if np.any(vanishing & (probabilities.lower > 0)):
        return -np.inf
    total = (probabilities * np.where(vanishing, 0.0, logarithms)).sum() * 0.5
    return float(total.upper)
