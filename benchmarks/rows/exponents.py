"""Lyapunov exponents: widths that are reached, and their time."""

from collections.abc import Callable

import numpy as np
from row import Row
from timing import seconds


def _reached(
    matrices: Callable[[], list[np.ndarray]], tolerance: float, limit: float
) -> Callable[[int], tuple[float, str]]:
    """Processor seconds to the tolerance; inf when the limit passes without it."""

    def measure(runs: int) -> tuple[float, str]:
        import stabproof as sp

        taken, found = seconds(lambda: sp.lyapunov_exponent(matrices(), tolerance=tolerance, budget=limit))
        enclosure = found.enclosure
        width = np.inf if enclosure is None else enclosure.width
        return (taken if width <= tolerance else np.inf), f"width {width:.1e} in {taken:.1f} s"

    return measure


def fibonacci() -> list[np.ndarray]:
    """x_{n+1} = x_n +- x_{n-1}, signs by coin tosses [Viswanath, Math. Comp. 69 (2000)]."""
    return [np.array([[1.0, sign], [1.0, 0.0]]) for sign in (1.0, -1.0)]


def gaussian() -> list[np.ndarray]:
    """Three matrices with standard normal entries in dimension 3."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal((3, 3)) for _ in range(3)]


def critical_ratio(runs: int) -> tuple[float, str]:
    """How far the proofs leave the threshold of SGD open, N = 10, in thirty seconds."""
    import stabproof as sp
    from rows.minimum import digits

    problem, _ = digits(10, 8)
    taken, found = seconds(lambda: sp.certified_range(problem, 1, budget=30.0))
    bracket = found.critical_learning_rate
    return bracket.upper / bracket.lower, f"{bracket} in {taken:.0f} s"


def above_threshold(examples: int) -> Callable[[int], tuple[float, str]]:
    """SGD with batches of one at 2.5 / max K_ii; seconds to a decided sign."""

    def measure(runs: int) -> tuple[float, str]:
        import stabproof as sp
        from numeric import gram
        from rows.minimum import digits

        problem, _ = digits(examples, 8)
        rate = 2.5 / float(np.diagonal(gram(problem)).max())
        taken, found = seconds(lambda: sp.certify_minimum(problem, sp.SGD(rate, 1, sampling="iid"), budget=30.0))
        decided = found.verdict.name != "UNDECIDED"
        return (taken if decided else np.inf), f"{found.verdict.name} in {taken:.1f} s"

    return measure


def benettin(runs: int) -> tuple[float, str]:
    """The time of a chain-step in vectorised NumPy over ours, inverted: lower is better."""
    import lyapunov_rates

    gram = lyapunov_rates.gram_matrix(100)
    makers = {"stabproof": lyapunov_rates.stabproof_runner, "numpy": lyapunov_rates.numpy_runner}
    results = lyapunov_rates.measure({name: make(gram, 256) for name, make in makers.items()}, 2.0, 256)
    ours, theirs = results["stabproof"][0], results["numpy"][0]
    return theirs / ours, f"{ours / 1e6:.1f} against {theirs / 1e6:.1f} million chain-steps a second"


ROWS = (
    Row("fibonacci-6", "random Fibonacci to 1e-6", "processor seconds", 2, _reached(fibonacci, 1e-6, 60), "s", True),
    Row("fibonacci-10", "random Fibonacci to 1e-10", "seconds", 30, _reached(fibonacci, 1e-10, 90), "s", True),
    Row(
        "gaussian-2", "three Gaussian matrices, d = 3, to 1e-2", "seconds", 10, _reached(gaussian, 1e-2, 30), "s", True
    ),
    Row("sgd-above-10", "SGD above its threshold, N = 10", "seconds", 30, above_threshold(10), "s", True),
    Row("sgd-above-30", "SGD above its threshold, N = 30", "seconds", 30, above_threshold(30), "s", True),
    Row("range-10", "certified_range, ratio of its ends, N = 10", "one", 1.1, critical_ratio, " ", True),
    Row("benettin", "Benettin's method, N = 100, 256 chains", "vectorised NumPy", None, benettin),
)
