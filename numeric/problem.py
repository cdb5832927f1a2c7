"""A regression problem: a model, its parameters, and the data it should interpolate."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from foundation import InputError, finite_array
from numeric.losses import loss_function, loss_settings
from numeric.outputs import check_targets, checked_output, first_line
from numeric.parameters import Layout, flatten
from numeric.precision import double_precision
from numeric.reverse_mode import explained
from numeric.tokens import are_whole, of_whole_numbers


@final
@dataclass(frozen=True, eq=False, repr=False, init=False)
class Regression:
    """L(theta) = (1/N) sum_i l(predict(theta, x_i), y_i), with l = 1/2 |f - y|^2 unless `loss` says otherwise.

    `predict(params, x)` maps a pytree and one example to a scalar or a vector of shape (q,). `params` is any pytree
    (equinox modules too) whose float leaves are trained. `inputs` has shape (N, ...), `targets` (N,) or (N, q).
    `loss` is a name, a mapping or a scalar JAX function of (prediction, target): see `numeric.losses.loss_settings`.
    `batched=True`: `predict(params, X)` takes all inputs together, (N, ...), and returns (N,) or (N, q), for networks
    whose outputs depend on the other examples (batch statistics in training mode); squared error only.
    float32 data are taken exactly as float64; fields hold float64 arrays. Inputs that were given as integers (tokens)
    are integers again for a `predict` that needs them.

    Raises `InputError` when an array holds NaN or infinities, shapes do not match, N is 0, params holds integers or
    nothing to train, or `predict` fails, returns another shape or dtype, or is not finite at an example.
    """

    predict: Callable[[Any, Any], Any]
    params: Any
    inputs: Float64[np.ndarray, "N ..."]
    targets: Float64[np.ndarray, "N ..."]
    loss_settings: Any
    batched: bool
    _theta: np.ndarray
    _layout: Layout
    _outputs: int
    _compiled: dict[Callable[..., Any], Callable[..., Any]]

    def __init__(
        self,
        predict: Callable[[Any, Any], Any],
        params: Any,
        inputs: Any,
        targets: Any,
        loss: Any = "squared",
        batched: bool = False,
    ) -> None:
        if not callable(predict):
            raise InputError(f"predict must be a function of (params, x), but is {predict!r}")
        theta, layout = flatten(params)
        examples, asked = _examples(inputs, "inputs"), _examples(targets, "targets")
        if len(asked) != len(examples):
            raise InputError(f"inputs has {len(examples)} examples but targets has {len(asked)}; pair each with one")
        _set(self, predict=predict, params=layout.concrete(theta), inputs=examples, targets=asked)
        if not isinstance(batched, bool):
            raise InputError(f"batched must be True or False, but is {batched!r}")
        _set(self, _theta=theta, _layout=layout, _compiled={}, batched=batched)
        _set(self, _outputs=_output_size_of_either(self, are_whole(inputs)))
        check_targets(asked, self.outputs)
        _set(self, loss_settings=loss_settings(loss, self.outputs))
        if batched and self.loss_settings is not None:
            raise InputError(
                "batched=True is for the squared error; leave out the loss, or give one example to predict"
            )
        _check_finite(self)

    def __repr__(self) -> str:
        sizes = f"examples={self.number_of_examples}, outputs={self.outputs}, dimension={self.dimension}"
        return f"Regression({getattr(self.predict, '__name__', 'predict')}, {sizes})"

    @property
    def number_of_examples(self) -> int:
        """N."""
        return len(self.inputs)

    @property
    def outputs(self) -> int:
        """q, the number of outputs per example."""
        return self._outputs

    @property
    def residuals(self) -> int:
        """qN, the number of scalar residuals."""
        return self._outputs * len(self.inputs)

    @property
    def dimension(self) -> int:
        """D, the number of scalar parameters."""
        return self._layout.dimension

    @property
    def layout(self) -> Layout:
        """How a flat vector becomes the user's pytree."""
        return self._layout

    @property
    def flat_params(self) -> Float64[np.ndarray, " D"]:
        """The parameters as one vector (a copy)."""
        return self._theta.copy()

    def unflatten(self, theta: Float64[np.ndarray, " D"]) -> Any:
        """The user's pytree at `theta`, with float64 NumPy leaves."""
        return self._layout.concrete(self.vector(theta))

    def with_params(self, theta: Any) -> "Regression":
        """The same problem at the flat vector `theta`; raises `InputError` unless it is finite of shape (D,)."""
        vector = self.vector(theta)
        moved = copy.copy(self)
        _set(moved, params=self._layout.concrete(vector), _theta=vector)
        return moved

    @staticmethod
    def _unchecked(
        predict: Callable[[Any, Any], Any], params: Any, inputs: np.ndarray, targets: np.ndarray, outputs: int
    ) -> "Regression":
        """A problem of the squared error that is known to be sound: nothing is traced, compiled or checked."""
        problem = object.__new__(Regression)
        theta, layout = flatten(params)
        _set(problem, predict=predict, params=layout.concrete(theta), inputs=inputs, targets=targets)
        _set(problem, _theta=theta, _layout=layout, _compiled={}, _outputs=outputs, loss_settings=None, batched=False)
        return problem

    def _moved(self, theta: np.ndarray, inputs: np.ndarray, targets: np.ndarray) -> "Regression":
        """The same model at other parameters on other data, unchecked as well; what is compiled serves both."""
        moved = copy.copy(self)
        _set(moved, params=self._layout.concrete(theta), _theta=theta, inputs=inputs, targets=targets)
        return moved

    def predict_flat(self, theta: Float[Array, " D"], x: Float[Array, "..."]) -> Float[Array, " q"]:
        """The model on one example as a pure JAX function of the flat parameters; trace it in 64-bit mode."""
        if self.batched:
            raise InputError("this problem's predict takes all examples together (batched=True); here it must take one")
        return jnp.asarray(self.predict(self._layout.traced(theta), x)).reshape((-1,))

    def predict_all(self, theta: Float[Array, " D"], inputs: Float[Array, "n ..."]) -> Float[Array, "n q"]:
        """The model on any set of examples as a pure JAX function of the flat parameters."""
        if self.batched:
            return jnp.reshape(self.predict(self._layout.traced(theta), inputs), (inputs.shape[0], -1))
        return jax.vmap(self.predict_flat, in_axes=(None, 0))(theta, inputs)

    @double_precision
    def residual(self, theta: Any = None) -> Float64[np.ndarray, " Nq"]:
        """predict - target for every example, output index fastest, at `theta` (default: params). An estimate."""
        residual = self.compiled(Regression.residual_traced)
        return np.asarray(residual(self.vector(theta), self.inputs, self.targets))

    def loss(self, theta: Any = None) -> float:
        """(1/N) sum_i l_i at `theta` (default: params). An estimate."""
        if self.loss_settings is not None:
            with jax.enable_x64(True):
                return float(
                    self.loss_traced(*(jnp.asarray(x) for x in (self.vector(theta), self.inputs, self.targets)))
                )
        residual = self.residual(theta)
        with np.errstate(over="ignore"):
            return float(residual @ residual) / (2 * self.number_of_examples)

    def residual_traced(
        self, theta: Float[Array, " D"], inputs: Float[Array, "n ..."], targets: Float[Array, "n ..."]
    ) -> Float[Array, " nq"]:
        """The residual on any set of examples as a pure JAX function; use it in 64-bit mode."""
        predictions = self.predict_all(theta, inputs)
        return (predictions - jnp.reshape(targets, predictions.shape)).reshape(-1)

    def loss_traced(
        self, theta: Float[Array, " D"], inputs: Float[Array, "n ..."], targets: Float[Array, "n ..."]
    ) -> Float[Array, ""]:
        """The loss on any set of examples as a pure JAX function; use it in 64-bit mode."""
        if self.loss_settings is not None:
            predictions = jax.vmap(self.predict_flat, in_axes=(None, 0))(theta, inputs)
            losses = jax.vmap(loss_function(self.loss_settings))(predictions, jnp.reshape(targets, predictions.shape))
            return jnp.mean(losses)
        return jnp.sum(self.residual_traced(theta, inputs, targets) ** 2) / (2 * inputs.shape[0])

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`jax.jit` of `function(problem, ...)`, compiled once for this model at whatever parameters.

        `function` must be defined at module level and must not read the parameters from the problem.
        """
        if function not in self._compiled:
            self._compiled[function] = explained(jax.jit(functools.partial(function, self)))
        return self._compiled[function]

    def vector(self, theta: Any = None) -> Float64[np.ndarray, " D"]:
        """`theta` as a finite float64 vector of shape (D,), the parameters when None; raises `InputError` otherwise."""
        if theta is None:
            return self.flat_params
        vector = finite_array(theta, "theta")
        if vector.shape != (self.dimension,):
            raise InputError(f"theta must have shape ({self.dimension},), one entry a parameter, not {vector.shape}")
        return vector


def _examples(value: Any, name: str) -> np.ndarray:
    array = finite_array(value, name)
    if array.ndim == 0 or len(array) == 0:
        raise InputError(f"{name} must hold one entry an example, at least one, but has shape {array.shape}")
    return array


def _output_size_of_either(problem: Regression, whole: bool) -> int:
    """q of the model of floats; where it fails and the inputs are `whole`, of the model of integers."""
    try:
        return _output_size(problem)
    except InputError:
        if not whole:
            raise
        _set(problem, predict=of_whole_numbers(problem.predict))
        return _output_size(problem)


@double_precision
def _output_size(problem: Regression) -> int:
    shape = problem.inputs.shape if problem.batched else problem.inputs.shape[1:]
    example = jax.ShapeDtypeStruct(shape, jnp.float64)
    theta = jax.ShapeDtypeStruct((problem.dimension,), jnp.float64)
    try:
        output = jax.eval_shape(lambda t, x: problem.predict(problem._layout.traced(t), x), theta, example)
    except Exception as error:
        what = "all examples together, shape" if problem.batched else "an example of shape"
        raise InputError(
            f"predict fails on {what} {example.shape}: {type(error).__name__}: {first_line(error)}; "
            f"predict(params, x) must be a JAX function of {'all inputs' if problem.batched else 'one example'}"
        ) from None
    return checked_output(output, problem.inputs.shape[:1] if problem.batched else ())


def _check_finite(problem: Regression) -> None:
    residual = problem.residual()
    if not np.isfinite(residual).all():
        example = int(np.flatnonzero(~np.isfinite(residual))[0]) // problem.outputs
        raise InputError(f"predict is not finite at example {example}; choose params where the model is defined")


def _set(problem: Regression, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(problem, name, value)
