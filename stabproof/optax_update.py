"""The update of an optax optimiser as a function of gradient, state and parameters."""

import copy
import logging
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from foundation import InputError

# Where the value of the loss stands in the state of an optimiser that takes it.
VALUE = "[1]['value']"


def steps_in_doubles(steps: optax.MultiSteps) -> optax.GradientTransformation:
    """The same mean of gradients in double precision: its float32 is rounding, and no part of the rule."""
    exact = copy.copy(steps)
    if hasattr(exact, "_accumulator_dtype"):
        exact._accumulator_dtype = jnp.float64
    return exact.gradient_transformation()


def started(optimizer: optax.GradientTransformation, params: Any, state: Any, loss: float) -> tuple[Any, Any]:
    """The update as a function (gradient, state, params), and the state.

    An update that asks for the value of the loss has it as part of its state: (state, {"value": loss}).
    """
    if state is None:
        state = _initial(optimizer, params)
    if _asks_for_value(optimizer, state, params):

        def with_value(gradient: Any, pair: Any, theta: Any) -> Any:
            change, following = optimizer.update(gradient, pair[0], theta, value=pair[1]["value"])
            return change, (following, pair[1])

        return with_value, (state, {"value": np.float64(loss)})
    if not _asks_for_slow(optimizer, state, params):
        return optimizer.update, state
    inner, slow = state if isinstance(state, tuple) and not hasattr(state, "_fields") else (state, params)

    def update(gradient: Any, pair: Any, fast: Any) -> Any:
        both = optax.LookaheadParams(fast=fast, slow=pair[1])
        change, following = optimizer.update(gradient, pair[0], both)
        return change.fast, (following, jax.tree.map(lambda s, c: s + c, pair[1], change.slow))

    return update, (inner, slow)


def _asks_for_value(optimizer: optax.GradientTransformation, state: Any, params: Any) -> bool:
    """Whether the update runs with value=..., and not without."""
    if not isinstance(optimizer, optax.GradientTransformationExtraArgs):
        return False
    for arguments, answer in (({}, False), ({"value": np.float64(1.0)}, True)):
        try:
            jax.eval_shape(
                lambda g, s, p, given=arguments: optimizer.update(g, s, p, **given)[0], params, state, params
            )
        except Exception:
            continue
        return answer
    return False


def _asks_for_slow(optimizer: optax.GradientTransformation, state: Any, params: Any) -> bool:
    """Whether the update wants `LookaheadParams`: an update that does not run with plain parameters and does with
    them."""
    given = state[0] if isinstance(state, tuple) and not hasattr(state, "_fields") and len(state) == 2 else state
    if not isinstance(given, optax.LookaheadState):
        return False
    try:
        jax.eval_shape(optimizer.update, params, given, optax.LookaheadParams(fast=params, slow=params))
    except Exception:
        return False
    return True


def _initial(optimizer: optax.GradientTransformation, params: Any) -> Any:
    logger = logging.getLogger("absl")
    before = logger.disabled
    logger.disabled = True
    try:
        return optimizer.init(params)
    except Exception as error:
        raise InputError(f"the optimiser cannot be initialised with these parameters: {first_line(error)}") from None
    finally:
        logger.disabled = before


def first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
