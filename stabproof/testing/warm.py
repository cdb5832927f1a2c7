"""What the first proof of a process would pay for: JAX's start and modules that are imported when they are needed."""

import functools
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

Drawn = TypeVar("Drawn")


@functools.cache
def warm_up() -> None:
    """Prove the smallest minimum once a process."""
    from numeric import GradientDescent, Regression
    from stabproof.minimum import certify_minimum

    known = Regression._unchecked(lambda theta, x: theta[0] * x, np.ones(1), np.ones(1), np.ones(1), 1)
    certify_minimum(known, GradientDescent(1.0))


def warmed(strategy: st.SearchStrategy[Drawn]) -> st.SearchStrategy[Drawn]:
    """The strategy; Hypothesis validates it when a test starts, before its clocks run, and `warm_up` happens then."""

    def ready() -> st.SearchStrategy[Drawn]:
        warm_up()
        return strategy

    return st.deferred(ready)
