"""Models that JAX does not differentiate: a sentence in place of its error."""

import functools
from collections.abc import Callable
from typing import Any

from foundation import InputError

# How JAX's message about loops of unknown length begins.
_NO_REVERSE_MODE = "Reverse-mode differentiation does not work for lax.while_loop"


def explained(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; raises `InputError` where a gradient through a loop of unknown length is asked for."""

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except ValueError as error:
            if _NO_REVERSE_MODE not in str(error):
                raise
            raise InputError(
                "JAX has no gradient of the network: it holds a while_loop, or a fori_loop whose ends are computed; a "
                "network that solves for an equilibrium can be written with a fixed number of steps: jax.lax.fori_loop "
                "with whole numbers as ends, or jax.lax.scan"
            ) from None

    return called
