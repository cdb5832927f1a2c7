"""The topological entropy that inverse branches of given lengths prove."""

from collections.abc import Sequence

import flint

from foundation.arb_precision import arb_precision

_PRECISION = 80
_BISECTIONS = 60


def entropy_lower_bound(steps: Sequence[int]) -> float:
    """A proved lower bound, nats per step, of the h >= 0 with sum_i e^(-h k_i) = 1.

    With branches g_i: N -> N of disjoint images and f^(k_i) g_i = id, every sequence of branches is followed by an
    orbit, and the orbits of different words of total length n are separated. There are at least of the order of e^(h n)
    such words, so that the topological entropy is at least h [R. Bowen, Trans. Amer. Math. Soc. 153 (1971)]. Two
    branches of length k: log(2)/k.
    """
    if len(steps) < 2:
        return 0.0
    with arb_precision(_PRECISION):
        lower, upper = 0.0, float(flint.arb(len(steps)).log()) / min(steps) + 1e-9
        for _ in range(_BISECTIONS):
            middle = 0.5 * (lower + upper)
            total = sum(((flint.arb(middle) * -k).exp() for k in steps), flint.arb(0))
            lower, upper = (middle, upper) if total > 1 else (lower, middle)
    return lower
