"""The loss of a regression: named, or any scalar JAX function of a prediction and its target."""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from foundation import InputError

LossFunction = Callable[[Float[Array, " q"], Float[Array, " q"]], Float[Array, ""]]

_KINKS = {
    "l1": "|f - y| has a kink at its minimum f = y, where no gradient method comes to rest at a constant rate",
    "hinge": "the hinge loss has kinks and no isolated minimum in the prediction",
    "quantile": "the quantile loss has a kink at its minimum f = y, where no gradient method comes to rest",
}
# optax's losses of one example; those that return one number an output are summed over the outputs
_OPTAX: dict[Any, dict[str, Any] | None] = {
    optax.l2_loss: None,
    optax.squared_error: {"name": "weighted-squared", "factor": 2.0},
    optax.softmax_cross_entropy: {"name": "softmax-cross-entropy"},
    optax.sigmoid_binary_cross_entropy: {"name": "logistic"},
    optax.huber_loss: {"name": "huber", "delta": 1.0},
    optax.log_cosh: {"name": "log-cosh"},
}
_NAMES = {"softmax-cross-entropy", "logistic", "poisson", "huber", "log-cosh", "weighted-squared"}


def loss_settings(loss: Any, outputs: int) -> dict[str, Any] | Callable[..., Any] | None:
    """A loss as plain settings; None for the squared error; the function itself where it is none that has a name.

    loss: "squared", "softmax-cross-entropy", "logistic", "poisson", "huber", "log-cosh"; a mapping with a name and its
    settings, {"name": "huber", "delta": 0.5} or {"name": "weighted-squared", "weights": (q,)}; one of optax's losses;
    or loss(prediction (q,), target (q,)) -> scalar. Raises `InputError` for losses with a kink at their minimum and for
    names that nobody knows.
    """
    if isinstance(loss, Mapping):
        return _checked(dict(loss), outputs)
    if isinstance(loss, str):
        if loss == "squared":
            return None
        return _checked({"name": loss, **({"delta": 1.0} if loss == "huber" else {})}, outputs)
    if loss is optax.hinge_loss:
        raise InputError(f"this loss cannot be certified: {_KINKS['hinge']}; use logistic")
    if loss is optax.softmax_cross_entropy_with_integer_labels:
        raise InputError(
            "hard labels ask for infinite logits: no example's loss has a minimum; smooth the labels, or pass sp.Loss"
        )
    if not callable(loss):
        raise InputError(f"loss must be a name, a mapping or a function of (prediction, target), but is {loss!r}")
    if loss not in _OPTAX:
        return loss
    found = _OPTAX[loss]
    if found is not None and "factor" in found:
        return {"name": found["name"], "weights": np.full(outputs, found["factor"])}
    return found


def _checked(settings: dict[str, Any], outputs: int) -> dict[str, Any]:
    name = settings.get("name")
    if name in _KINKS:
        raise InputError(f"this loss cannot be certified: {_KINKS[name]}; use huber")
    if name not in _NAMES:
        raise InputError(f"no loss is called {name!r}; known are squared, {', '.join(sorted(_NAMES))}")
    allowed = {"huber": {"delta"}, "weighted-squared": {"weights"}}.get(str(name), set())
    if set(settings) - {"name"} != allowed:
        raise InputError(f"the loss {name!r} takes the settings {', '.join(sorted(allowed)) or 'none'}")
    if "delta" in settings:
        settings["delta"] = float(settings["delta"])
    if "weights" in settings:
        weights = np.broadcast_to(np.asarray(settings["weights"], dtype=np.float64), (outputs,)).copy()
        if not (np.isfinite(weights).all() and (weights > 0).all()):
            raise InputError("the weights of the squared error must be positive numbers, one an output")
        settings["weights"] = weights
    return settings


def loss_function(settings: Any) -> LossFunction:
    """The loss of one example in JAX."""
    if settings is None:
        return lambda f, y: jnp.sum((f - y) ** 2) / 2
    if callable(settings):
        return settings
    functions: dict[str, Callable[..., Any]] = {
        "softmax-cross-entropy": optax.softmax_cross_entropy,
        "logistic": lambda f, y: jnp.sum(optax.sigmoid_binary_cross_entropy(f, y)),
        "poisson": lambda f, y: jnp.sum(jnp.exp(f) - y * f),
        "huber": lambda f, y: jnp.sum(optax.huber_loss(f, y, delta=settings["delta"])),
        "log-cosh": lambda f, y: jnp.sum(optax.log_cosh(f, y)),
        "weighted-squared": lambda f, y: jnp.sum(settings["weights"] * (f - y) ** 2) / 2,
    }
    return functions[settings["name"]]
