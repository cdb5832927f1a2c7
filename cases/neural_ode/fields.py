"""The vector fields of the neural ODE case: JAX functions, with closed forms where there are any."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array

from cases.neural_ode.derivation import TIME
from foundation import InputError

X, Y, H, G = sympy.symbols("x y h g", real=True)


@final
@dataclass(frozen=True)
class ClosedForm:
    """h' = `field` in the symbols `states` (and TIME), solved by `flow` in TIME and the inputs `start`.

    pole: an expression in TIME and `start`; the solution exists up to t when it is positive on [0, t] (1: always).
    """

    states: tuple[sympy.Symbol, ...]
    start: tuple[sympy.Symbol, ...]
    field: tuple[sympy.Expr, ...]
    flow: tuple[sympy.Expr, ...]
    pole: sympy.Expr = sympy.S.One


@final
@dataclass(frozen=True)
class NeuralField:
    """f(h) or, where `timed`, f(t, h), on R^dimension."""

    name: str
    dimension: int
    function: Callable[..., Array]
    closed: ClosedForm | None = None
    timed: bool = False

    def autonomous(self, state: Array) -> Array:
        """The field of the states (h), or (t, h) where it depends on time."""
        if not self.timed:
            return self.function(state)
        return jnp.concatenate([jnp.ones(1), self.function(state[0], state[1:])])


def neural_field(values: Mapping[str, Any]) -> NeuralField:
    """The field that the user chose; `InputError` when the input has another dimension."""
    name, size = values["field"], len(values["start"])
    found = _perceptron(size, values["width"], values["seed"]) if name == "tanh" else _CLOSED[name]
    if found.dimension != size:
        raise InputError(f"the field {name!r} has dimension {found.dimension}, but start holds {size} numbers")
    return found


def _perceptron(dimension: int, width: int, seed: int) -> NeuralField:
    """V tanh(W h + b) with weights that are multiples of 1/16, drawn from a normal distribution."""
    random = np.random.default_rng(seed)
    inner, outer = (np.round(16 * random.normal(size=s)) / 16 for s in ((width, dimension), (dimension, width)))
    bias = np.round(16 * random.normal(size=width)) / 16
    scale = 2.0 ** -np.ceil(np.log2(width) / 2)

    def function(h: Array) -> Array:
        return jnp.asarray(scale * outer) @ jnp.tanh(jnp.asarray(inner) @ h + jnp.asarray(bias))

    return NeuralField("tanh", dimension, function)


def _spiral(h: Array) -> Array:
    return jnp.stack([h[1] - h[0] / 4, -h[0] - h[1] / 4])


_GROWTH = sympy.exp(TIME)
_DAMPING = sympy.exp(-TIME / 4)

_CLOSED = {
    "cubic": NeuralField(
        "cubic",
        1,
        lambda h: -(h**3),
        ClosedForm((H,), (X,), (-(H**3),), (X / sympy.sqrt(1 + 2 * TIME * X**2),)),
    ),
    "logistic": NeuralField(
        "logistic",
        1,
        lambda h: h * (1 - h),
        ClosedForm((H,), (X,), (H * (1 - H),), (X * _GROWTH / (1 + X * (_GROWTH - 1)),), 1 + X * (_GROWTH - 1)),
    ),
    "riccati": NeuralField(
        "riccati", 1, lambda h: h**2, ClosedForm((H,), (X,), (H**2,), (X / (1 - TIME * X),), 1 - TIME * X)
    ),
    "non-autonomous": NeuralField(
        "non-autonomous",
        1,
        lambda t, h: -t * h,
        ClosedForm((H,), (X,), (-TIME * H,), (X * sympy.exp(-(TIME**2) / 2),)),
        timed=True,
    ),
    "spiral": NeuralField(
        "spiral",
        2,
        _spiral,
        ClosedForm(
            (H, G),
            (X, Y),
            (G - H / 4, -H - G / 4),
            (
                _DAMPING * (X * sympy.cos(TIME) + Y * sympy.sin(TIME)),
                _DAMPING * (Y * sympy.cos(TIME) - X * sympy.sin(TIME)),
            ),
        ),
    ),
}
FIELDS = (*_CLOSED, "tanh")
