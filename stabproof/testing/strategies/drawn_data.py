"""Data sets of exact numbers: inputs and targets, separable or not, with repeated and collinear examples."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from stabproof.testing.strategies.sizes import InvalidSetting, whole

_KINDS = ("regression", "classification")


def data_sets(
    min_examples: int = 1,
    max_examples: int = 8,
    *,
    features: int = 2,
    kind: str = "regression",
    distinct: bool = True,
    classes: int = 2,
) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Pairs of inputs (N, features) and targets: multiples of 1/4 in [-2, 2], exact in every float type.

    kind: "regression" (targets (N,), multiples of 1/4) or "classification" (targets (N,), integers below `classes`).
    distinct: no two inputs are equal; otherwise equal inputs with unequal targets occur. The simplest is one example 0.
    """
    low, high = whole(min_examples, "min_examples"), whole(max_examples, "max_examples")
    width, labels = whole(features, "features"), whole(classes, "classes")
    if low > high:
        raise InvalidSetting(f"min_examples is {low} and max_examples is {high}; swap them")
    if kind not in _KINDS:
        raise InvalidSetting(f"kind must be one of {', '.join(_KINDS)}, but is {kind!r}")
    if distinct and low > 17**width:
        raise InvalidSetting(
            f"there are only {17**width} distinct inputs with {width} features; ask for fewer examples"
        )
    quarters = st.integers(-8, 8)
    target = quarters if kind == "regression" else st.integers(0, labels - 1)
    examples = st.tuples(st.tuples(*[quarters] * width), target)
    key: Any = (lambda example: example[0]) if distinct else None
    unit = 4.0 if kind == "regression" else 1
    drawn = st.lists(examples, min_size=low, max_size=high, unique_by=key)
    return drawn.map(lambda rows: (np.array([x for x, _ in rows]) / 4.0, np.array([y for _, y in rows]) / unit))
