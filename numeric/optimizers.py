"""Optimisers as frozen settings; optax carries out their update maps.

Sources: optax; Polyak, Some methods of speeding up the convergence of iteration methods, 1964 (heavy ball);
Sutskever, Martens, Dahl, Hinton, ICML 2013 (Nesterov's method in the form of optax); Kingma, Ba, ICLR 2015 (Adam).
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import optax
from jaxtyping import Array, Float

from foundation import InputError, exact_number_in, exact_positive_number, positive_integer


@runtime_checkable
class Optimizer(Protocol):
    """Frozen settings and the optax transformation that applies them."""

    @property
    def learning_rate(self) -> float | Fraction:
        """eta > 0: a float, or a rational number that no float equals."""
        ...

    @property
    def transformation(self) -> optax.GradientTransformation:
        """The optimiser as optax runs it."""
        ...


@final
@dataclass(frozen=True)
class GradientDescent:
    """theta' = theta - eta grad L(theta)."""

    learning_rate: float | Fraction

    def __post_init__(self) -> None:
        _set(self, learning_rate=exact_positive_number(self.learning_rate, "learning_rate"))

    @property
    def transformation(self) -> optax.GradientTransformation:
        """`optax.sgd` without momentum."""
        return optax.sgd(float(self.learning_rate))


@final
@dataclass(frozen=True)
class SGD:
    """v' = b v + grad L_S(theta), theta' = theta - eta v', with S a batch of `batch_size` distinct examples.

    L_S is the mean loss over S; momentum b = 0 is plain SGD. sampling: "iid" (each batch uniform, independent of the
    others), "shuffled" (every epoch a fresh permutation, what data loaders do), "fixed" (the same order 0, 1, ... every
    epoch), or that order itself; None says nothing, and certificates answer for "iid" and "shuffled" side by side.
    drop_last: an epoch leaves out the examples that do not fill a batch; otherwise its last batch is smaller.
    """

    learning_rate: float | Fraction
    batch_size: int = 1
    momentum: float | Fraction = 0.0
    sampling: str | tuple[int, ...] | None = None
    drop_last: bool = False

    def __post_init__(self) -> None:
        _set(
            self,
            learning_rate=exact_positive_number(self.learning_rate, "learning_rate"),
            batch_size=positive_integer(self.batch_size, "batch_size"),
            momentum=exact_number_in(self.momentum, "momentum", 0.0, 1.0),
            sampling=_sampling(self.sampling),
        )
        if not isinstance(self.drop_last, bool):
            raise InputError(f"drop_last must be True or False, but is {self.drop_last!r}")

    @property
    def transformation(self) -> optax.GradientTransformation:
        """`optax.sgd` with this momentum."""
        return optax.sgd(float(self.learning_rate), momentum=float(self.momentum) or None)

    def checked_batch_size(self, number_of_examples: int) -> int:
        """The batch size; raises `InputError` when there are fewer examples."""
        if self.batch_size > number_of_examples:
            raise InputError(
                f"batch_size is {self.batch_size}, but there are only {number_of_examples} examples; lower batch_size"
            )
        return self.batch_size


@final
@dataclass(frozen=True)
class HeavyBall:
    """v' = b v + grad L(theta), theta' = theta - eta v' (Polyak)."""

    learning_rate: float | Fraction
    momentum: float | Fraction

    def __post_init__(self) -> None:
        _set(
            self,
            learning_rate=exact_positive_number(self.learning_rate, "learning_rate"),
            momentum=exact_number_in(self.momentum, "momentum", 0.0, 1.0),
        )

    @property
    def transformation(self) -> optax.GradientTransformation:
        """`optax.sgd` with momentum."""
        return optax.sgd(float(self.learning_rate), momentum=float(self.momentum))


@final
@dataclass(frozen=True)
class Nesterov:
    """v' = b v + g, theta' = theta - eta (g + b v') with g = grad L(theta): the look-ahead point as the variable."""

    learning_rate: float | Fraction
    momentum: float | Fraction

    def __post_init__(self) -> None:
        _set(
            self,
            learning_rate=exact_positive_number(self.learning_rate, "learning_rate"),
            momentum=exact_number_in(self.momentum, "momentum", 0.0, 1.0),
        )

    @property
    def transformation(self) -> optax.GradientTransformation:
        """`optax.sgd` with Nesterov momentum."""
        return optax.sgd(float(self.learning_rate), momentum=float(self.momentum), nesterov=True)


@final
@dataclass(frozen=True)
class Adam:
    """m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, theta' = theta - eta mhat / (sqrt(vhat) + eps).

    mhat = m' / (1 - b1^t) and vhat = v' / (1 - b2^t) at step t = 1, 2, ...
    """

    learning_rate: float | Fraction
    b1: float | Fraction = 0.9
    b2: float | Fraction = 0.999
    eps: float | Fraction = 1e-8

    def __post_init__(self) -> None:
        _set(
            self,
            learning_rate=exact_positive_number(self.learning_rate, "learning_rate"),
            b1=exact_number_in(self.b1, "b1", 0.0, 1.0),
            b2=exact_number_in(self.b2, "b2", 0.0, 1.0),
            eps=exact_positive_number(self.eps, "eps"),
        )

    @property
    def transformation(self) -> optax.GradientTransformation:
        """`optax.adam` with these settings."""
        return optax.adam(float(self.learning_rate), b1=float(self.b1), b2=float(self.b2), eps=float(self.eps))


def _sampling(value: Any) -> str | tuple[int, ...] | None:
    if value is None or (isinstance(value, str) and value in ("iid", "shuffled", "fixed")):
        return value
    message = f'sampling must be "iid", "shuffled", "fixed" or an order of the examples, but is {value!r}'
    if isinstance(value, str):
        raise InputError(message)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise InputError(message) from None
    if array.ndim != 1 or array.dtype.kind not in "iu" or not np.array_equal(np.sort(array), np.arange(len(array))):
        raise InputError("an order of the examples must name each of 0, 1, ..., N - 1 exactly once")
    return tuple(int(i) for i in array)


def update_map(
    optimizer: Optimizer, gradient: Callable[..., Float[Array, " D"]]
) -> Callable[..., tuple[Float[Array, " D"], Any]]:
    """The map (theta, state, *batch) -> (theta', state') of one step, a pure JAX function.

    `gradient(theta, *batch)` is the gradient that the step uses; the first state is
    `optimizer.transformation.init(theta)`. Use it in 64-bit mode.
    """
    transformation = optimizer.transformation

    def step(theta: Float[Array, " D"], state: Any, *batch: Any) -> tuple[Float[Array, " D"], Any]:
        update, state = transformation.update(gradient(theta, *batch), state, theta)
        return optax.apply_updates(theta, update), state

    return step


def _set(settings: Any, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(settings, name, value)
