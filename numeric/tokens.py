"""Models of integers, as tokens: problems hold inputs as float64, and the model gets whole numbers back."""

import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np


def are_whole(inputs: Any) -> bool:
    """Whether the inputs were given as integers, of whatever width."""
    return np.asarray(inputs).dtype.kind in "iu"


def of_whole_numbers(predict: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """predict(params, x) with x as int64."""

    @functools.wraps(predict)
    def wrapped(params: Any, x: Any) -> Any:
        return predict(params, jnp.asarray(x).astype(jnp.int64))

    return wrapped
