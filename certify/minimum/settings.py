"""An optimiser's settings as exact numbers."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.training.sampling.scheme import check_sampling
from foundation import CertificateError

# The stability conditions hold for these settings alone: name -> (least, whether it is allowed, below).
_RANGES = {
    "learning_rate": (0.0, False, math.inf),
    "momentum": (0.0, True, 1.0),
    "b1": (0.0, True, 1.0),
    "b2": (0.0, True, 1.0),
    "eps": (0.0, False, math.inf),
}


def setting(optimizer: Mapping[str, Any], name: str) -> Ball:
    """The number `name` of an optimiser: a float taken exactly, a rational as the ball of its neighbours.

    Raises `CertificateError` unless all of it lies where the optimiser is defined: learning_rate and eps above 0;
    momentum, b1 and b2 in [0, 1).
    """
    number = _number(optimizer.get(name), name)
    least, allowed, limit = _RANGES[name]
    if number.shape != ():
        raise CertificateError(f"the optimiser's setting {name!r} is not a single number, but has shape {number.shape}")
    lower, upper = float(number.lower), float(number.upper)
    if not ((lower >= least if allowed else lower > least) and upper < limit):
        wanted = f"{'[' if allowed else '('}{least}, {limit})"
        raise CertificateError(
            f"the optimiser's setting {name!r} lies in [{lower!r}, {upper!r}], but must lie in {wanted}"
        )
    return number


# optimiser -> the settings that it has; those in the second set may be missing
_SETTINGS: dict[Any, tuple[set[str], set[str]]] = {
    "gradient-descent": ({"learning_rate"}, set()),
    "heavy-ball": ({"learning_rate", "momentum"}, set()),
    "nesterov": ({"learning_rate", "momentum"}, set()),
    "adam": ({"learning_rate", "b1", "b2", "eps"}, set()),
    "sgd": ({"learning_rate", "batch_size"}, {"momentum", "sampling", "order", "drop_last"}),
    "optax": ({"update", "memory", "current"}, {"later", "batch_size", "sampling"}),
}


def check_settings(optimizer: Mapping[str, Any], examples: int) -> None:
    """Raises `CertificateError` unless the optimiser is known and has exactly its own settings, each in its range.

    SGD needs a batch_size from 1 to `examples`.
    """
    known = optimizer.get("name")
    if not isinstance(known, str) or known not in _SETTINGS:
        raise CertificateError(f"no optimiser is called {known!r:.80}; known are {', '.join(_SETTINGS)}")
    needed, optional = _SETTINGS[known]
    given = set(optimizer) - {"name"}
    if not needed <= given <= needed | optional:
        wrong = sorted(given - needed - optional) or sorted(needed - given)
        verb = "does not have" if given - needed - optional else "lacks"
        raise CertificateError(f"the optimiser {known} {verb} the setting {wrong[0]!r:.80}")
    for name in _RANGES:
        if name in optimizer:
            setting(optimizer, name)
    if "batch_size" not in optimizer and "sampling" not in optimizer:
        return
    batch = optimizer.get("batch_size")
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= examples:
        raise CertificateError(f"the batch size is {batch!r}, but must be a whole number from 1 to {examples}")
    check_sampling(optimizer, examples, batch)


def _number(value: Any, name: str) -> Ball:
    if isinstance(value, Ball):
        return value
    if isinstance(value, Fraction):
        return rational_ball(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CertificateError(f"the optimiser's setting {name!r} is {value!r}, not a number")
    return Ball.exact(value, name)
