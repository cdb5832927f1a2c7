"""Every alias of optax with drawn settings."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jax
import optax
from hypothesis import strategies as st

from stabproof.testing.strategies.sizes import InvalidSetting, between

# Their updates need more than a gradient: the loss's value, or a function that evaluates it.
_NEED_MORE = ("lbfgs", "polyak_sgd")
# optax warns when it is made, and lists `optimistic_adam_v2` in its place
_DEPRECATED = ("optimistic_adam",)

# Settings with simple values first, for shrinking; each is used by the aliases that have an argument of this name.
_SETTINGS: dict[str, Sequence[Any]] = {
    "momentum": (0.0, 0.5, 0.9, 0.99),
    "nesterov": (False, True),
    "b1": (0.9, 0.0, 0.5, 0.99),
    "b2": (0.999, 0.9, 0.99),
    "eps": (1e-8, 1e-3, 1e-12),
    "weight_decay": (0.0, 1e-4, 1e-2),
    "decay": (0.9, 0.5, 0.99),
    "centered": (False, True),
    "threshold": (5.0, 0.0),
}


def aliases() -> tuple[str, ...]:
    """The names of optax's optimisers that need only a gradient, as optax's own documentation module lists them."""
    from optax._src import alias

    found = {
        name
        for name, function in vars(alias).items()
        if (inspect.isfunction(function) and function.__module__ == alias.__name__ and not name.startswith("_"))
        or isinstance(function, functools.partial)
    }
    return tuple(sorted(name for name in found if hasattr(optax, name) and name not in _NEED_MORE + _DEPRECATED))


def optimizers(
    names: Sequence[str] | None = None, *, smallest_rate: float = 2.0**-14, largest_rate: float = 2.0**-3
) -> st.SearchStrategy[Any]:
    """optax transformations: any alias, with a learning rate 2^-k and its other settings drawn.

    names: the aliases to choose from; by default all that need nothing but a gradient (not `lbfgs`, `polyak_sgd`).
    Hypothesis shows the call that makes a drawn one. Raises `InvalidSetting` on unknown names.
    """
    low, high = (
        between(x, n, 2.0**-60, 2.0**20) for x, n in ((smallest_rate, "smallest_rate"), (largest_rate, "largest_rate"))
    )
    known = aliases()
    chosen = known if names is None else tuple(names)
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen or low > high:
        raise InvalidSetting(
            f"optax has no alias {unknown[0]!r} that needs only a gradient; there are {', '.join(known)}"
            if unknown
            else "name at least one alias, and let smallest_rate be at most largest_rate"
        )
    rates = [2.0**k for k in range(-60, 21) if low <= 2.0**k <= high]
    if not rates:
        raise InvalidSetting(f"no power of two lies in [{low:g}, {high:g}]")
    return st.one_of([_strategy(name, rates) for name in chosen])


def _strategy(name: str, rates: list[float]) -> st.SearchStrategy[Any]:
    function: Callable[..., Any] = getattr(optax, name)
    parameters = inspect.signature(function).parameters
    settings: dict[str, st.SearchStrategy[Any]] = {"learning_rate": st.sampled_from(rates[::-1])}
    settings |= {key: st.sampled_from(values) for key, values in _SETTINGS.items() if key in parameters}
    if name == "noisy_sgd":
        settings["key"] = st.builds(jax.random.key, st.integers(0, 7))
    if name == "lars":
        settings.pop("eps", None)
    return st.builds(function, **settings)
