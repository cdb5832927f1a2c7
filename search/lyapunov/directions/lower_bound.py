"""The search for the largest rate at which cells of directions are proved to grow."""

import numpy as np
from scipy.optimize import minimize

from certify.lyapunov.directions.lower_bound import ENTRIES, grows, product_forms
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.norms.word_tree import Word, word_probabilities, word_products
from certify.lyapunov.time_limit import check_time
from foundation.computing_time import computing_time
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.prefix_code_bound import affordable_words
from search.lyapunov.norms.weighted_moment import perron
from search.lyapunov.norms.word_tree import likely_words


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """Words, a metric, and a growth that the subdivision can prove (estimates)."""
    room = min(4 * 3**effort, ENTRIES // family.dimension**2, affordable_words(deadline))
    words: list[Word] = [(0,)]
    if family.count > 1:
        words = likely_words(family.probabilities.mid, max(family.count, room))
    products = word_products(family.matrices, words)
    probabilities = word_probabilities(family.probabilities, words)
    metrics = (np.eye(family.dimension), positive_metric(perron(products.mid, probabilities.mid).left, 1e-4))
    least = [_least_growth(products.mid, probabilities.mid, metric) for metric in metrics]
    metric, estimate = metrics[int(np.argmax(least))], max(least)
    forms = product_forms(products, probabilities, metric)
    target = -np.inf
    for slack in (0.5, 0.2, 0.05):
        if computing_time() > deadline or not grows(forms, estimate - slack, deadline):
            break
        target = estimate - slack
    return {"words": [list(word) for word in words], "metric": metric, "target": target}


def _least_growth(matrices: np.ndarray, probabilities: np.ndarray, metric: np.ndarray) -> float:
    """An estimate of the least mean growth over all directions, by descent from random ones."""
    images = np.swapaxes(matrices, -1, -2) @ metric @ matrices

    def growth(v: np.ndarray) -> tuple[float, np.ndarray]:
        check_time()
        rows = images @ v
        values = np.maximum(rows @ v, 1e-300)
        own = metric @ v
        size = float(own @ v)
        gradient = (probabilities / values) @ rows - own / size
        return float(probabilities @ np.log(values) - np.log(size)) / 2, gradient

    starts = np.random.default_rng(0).standard_normal((12, len(metric)))
    return min(float(minimize(growth, v, jac=True, method="BFGS").fun) for v in starts)
