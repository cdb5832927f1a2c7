"""Gradient descent on a network with one hidden layer and softmax cross-entropy, many parameter vectors at once.

Parameters are one vector: U (d + 1, h), the hidden weights with the biases as last row, then V (h + 1, c), the output
weights with the biases as last row, both row by row.
"""

from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from scipy.special import expit

from foundation import InputError, finite_array, positive_integer


@final
@dataclass(frozen=True, eq=False)
class SoftmaxNetwork:
    """Logits V' (sigmoid(U' (x, 1)), 1) of N inputs (N, d) with labels (N,) in 0..c-1; mean cross-entropy loss."""

    inputs: np.ndarray
    labels: np.ndarray
    hidden: int
    classes: int

    def __post_init__(self) -> None:
        inputs = finite_array(self.inputs, "inputs")
        labels = np.asarray(self.labels)
        positive_integer(self.hidden, "hidden")
        if inputs.ndim != 2 or inputs.size == 0:
            raise InputError(f"inputs must be a matrix (N, d) with entries, but has shape {inputs.shape}")
        if labels.shape != inputs.shape[:1] or labels.dtype.kind not in "iu":
            raise InputError(f"labels must hold {len(inputs)} whole numbers, but is {labels.dtype} {labels.shape}")
        if self.classes < 2 or labels.min() < 0 or labels.max() >= self.classes:
            raise InputError(f"labels must lie in 0..classes - 1 with classes >= 2, but classes is {self.classes}")
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels.astype(np.int64))

    @property
    def dimension(self) -> int:
        """D = (d + 1) h + (h + 1) c."""
        return len(self.is_weight)

    @property
    def is_weight(self) -> np.ndarray:
        """Boolean (D,): True for weights, False for biases."""
        width = self.inputs.shape[1]
        first = np.repeat([True] * width + [False], self.hidden)
        return np.concatenate([first, np.repeat([True] * self.hidden + [False], self.classes)])

    @property
    def data(self) -> "Data":
        """What the traced functions need, as arrays."""
        extended = np.hstack([self.inputs, np.ones((len(self.inputs), 1))])
        return Data(extended, np.eye(self.classes)[self.labels])

    def initial(self, generator: np.random.Generator) -> np.ndarray:
        """Parameters (D,): independent standard normal weights, biases zero."""
        theta = np.zeros(self.dimension)
        theta[self.is_weight] = generator.standard_normal(int(self.is_weight.sum()))
        return theta

    def perturbed(self, theta: np.ndarray, radius: float, count: int, generator: np.random.Generator) -> np.ndarray:
        """(count, D): `theta` with independent uniform(-radius, radius) added to each weight, not to the biases."""
        moved = np.tile(theta, (count, 1))
        moved[:, self.is_weight] += generator.uniform(-radius, radius, (count, int(self.is_weight.sum())))
        return moved

    def accuracy(self, theta: np.ndarray, inputs: np.ndarray, labels: np.ndarray) -> float:
        """The share of `inputs` whose largest logit is at its label."""
        first, second = _matrices(theta, self.inputs.shape[1], self.classes)
        hidden = expit(inputs @ first[:-1] + first[-1])
        return float(((hidden @ second[:-1] + second[-1]).argmax(axis=1) == labels).mean())


@jax.tree_util.register_dataclass
@final
@dataclass(frozen=True)
class Data:
    """Inputs with a last column of ones (N, d + 1), and one-hot targets (N, c)."""

    inputs: Any
    targets: Any


def _matrices(theta: Any, width: int, classes: int) -> tuple[Any, Any]:
    """U and V of parameter vectors (..., D)."""
    hidden = (theta.shape[-1] - classes) // (width + 1 + classes)
    cut = (width + 1) * hidden
    lead = theta.shape[:-1]
    return theta[..., :cut].reshape(*lead, width + 1, hidden), theta[..., cut:].reshape(*lead, hidden + 1, classes)


def _layers(theta: Array, data: Data) -> tuple[Array, Array, Array]:
    """Hidden outputs (..., N, h), logits (..., N, c) and V (..., h + 1, c)."""
    first, second = _matrices(theta, data.inputs.shape[1] - 1, data.targets.shape[1])
    hidden = jax.nn.sigmoid(data.inputs @ first)
    return hidden, hidden @ second[..., :-1, :] + second[..., -1:, :], second


def loss(theta: Array, data: Data) -> Array:
    """Mean cross-entropy (...,) of parameters (..., D); a traced function."""
    _, logits, _ = _layers(theta, data)
    return -(data.targets * jax.nn.log_softmax(logits)).sum(axis=-1).mean(axis=-1)


def loss_and_gradient(theta: Array, data: Data) -> tuple[Array, Array]:
    """Losses (...,) and gradients (..., D) by back-propagation, for parameters (..., D); a traced function."""
    hidden, logits, second = _layers(theta, data)
    logs = jax.nn.log_softmax(logits)
    error = (jnp.exp(logs) - data.targets) / data.targets.shape[0]
    back = (error @ second[..., :-1, :].mT) * hidden * (1 - hidden)
    by_second = jnp.concatenate([hidden.mT @ error, error.sum(axis=-2, keepdims=True)], axis=-2)
    lead = theta.shape[:-1]
    gradient = jnp.concatenate([(data.inputs.T @ back).reshape(*lead, -1), by_second.reshape(*lead, -1)], axis=-1)
    return -(data.targets * logs).sum(axis=-1).mean(axis=-1), gradient


def update(theta: Array, rate: Array | float, data: Data) -> Array:
    """One step of full-batch gradient descent, theta - rate grad L; a traced function."""
    return theta - rate * loss_and_gradient(theta, data)[1]
