"""Double precision inside every entry point, without touching the user's JAX configuration."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jax
import numpy as np

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def double_precision(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`function`, run under `jax.enable_x64(True)` in the calling thread.

    The switch is restored on return and is local to the thread. Functions so wrapped hand out NumPy arrays, because a
    float64 `jax.Array` used where 64-bit mode is off would silently be computed with in float32. An estimate that
    overflows is infinite or NaN, which its result says; NumPy does not warn of it besides.
    """

    @functools.wraps(function)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with jax.enable_x64(True), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return function(*args, **kwargs)

    return wrapped
