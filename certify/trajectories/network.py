"""A network with one hidden layer and softmax cross-entropy as exact data, and its gradient in Arb balls.

Parameters are U (d + 1, h) and V (h + 1, c), biases in the last rows; as one vector, U row by row and then V.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import flint
import numpy as np

from foundation import InputError, finite_array, positive_integer

Pair = tuple[flint.arb_mat, flint.arb_mat]

_MOST_ENTRIES = 10_000_000


@final
@dataclass(frozen=True, eq=False)
class ExactNetwork:
    """Logits V' (sigmoid(U' (x, 1)), 1) of float inputs (N, d), taken as exact numbers; labels (N,) in 0..c-1.

    The loss is the mean over the N examples of log(sum_k exp z_k) - z_label.
    """

    inputs: np.ndarray
    labels: np.ndarray
    hidden: int
    classes: int

    def __post_init__(self) -> None:
        inputs, labels = finite_array(self.inputs, "inputs"), np.asarray(self.labels)
        hidden, classes = positive_integer(self.hidden, "hidden"), positive_integer(self.classes, "classes")
        if inputs.ndim != 2 or inputs.size == 0:
            raise InputError(f"inputs must be a matrix (N, d) with entries, but has shape {inputs.shape}")
        if labels.shape != inputs.shape[:1] or labels.dtype.kind not in "iu":
            raise InputError(f"labels must hold {len(inputs)} whole numbers, but is {labels.dtype} {labels.shape}")
        if classes < 2 or labels.min() < 0 or labels.max() >= classes:
            raise InputError(f"labels must lie in 0..classes - 1 with classes >= 2, but classes is {classes}")
        if len(inputs) * (hidden + classes) > _MOST_ENTRIES:
            raise InputError(f"{len(inputs)} examples and {hidden} hidden units are too many for Arb arithmetic")
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels.astype(np.int64))

    @property
    def dimension(self) -> int:
        """D = (d + 1) h + (h + 1) c."""
        return (self.inputs.shape[1] + 1) * self.hidden + (self.hidden + 1) * self.classes

    def as_data(self) -> dict[str, Any]:
        """For a certificate."""
        return {"inputs": self.inputs, "labels": self.labels, "hidden": self.hidden, "classes": self.classes}

    def pair(self, vector: Any, name: str) -> Pair:
        """The matrices of a float vector (D,), exactly; raises `InputError` on another length."""
        values = finite_array(vector, name)
        if values.shape != (self.dimension,):
            raise InputError(f"{name} must hold {self.dimension} numbers, but has shape {values.shape}")
        rows, cut = self.inputs.shape[1] + 1, (self.inputs.shape[1] + 1) * self.hidden
        first = flint.arb_mat(rows, self.hidden, [flint.arb(float(x)) for x in values[:cut]])
        return first, flint.arb_mat(self.hidden + 1, self.classes, [flint.arb(float(x)) for x in values[cut:]])


def network_from_data(data: Mapping[str, Any]) -> ExactNetwork:
    """The network of a certificate."""
    return ExactNetwork(*(data[name] for name in ("inputs", "labels", "hidden", "classes")))


@final
@dataclass(frozen=True, eq=False)
class Evaluator:
    """Loss, gradient and its derivative at the current working precision of Arb.

    inputs: (N, d + 1) with a last column of ones; `turned` its transpose.
    """

    inputs: flint.arb_mat
    turned: flint.arb_mat
    labels: tuple[int, ...]
    hidden: int
    classes: int

    def at(self, parameters: Pair) -> "Layers":
        """Everything that the gradient and its derivative share, at one point."""
        first, second = parameters
        one, count = flint.arb(1), len(self.labels)
        sigmoids = [one / (one + (-a).exp()) for a in (self.inputs * first).entries()]
        extended = flint.arb_mat(count, self.hidden + 1, self._with(sigmoids, one))
        powers = [z.exp() for z in (extended * second).entries()]
        probabilities = _normalised(powers, self.classes)
        errors = list(probabilities)
        for row, label in enumerate(self.labels):
            errors[row * self.classes + label] = errors[row * self.classes + label] - one
        weights = flint.arb_mat(self.hidden, self.classes, second.entries()[: self.hidden * self.classes])
        error = flint.arb_mat(count, self.classes, errors)
        back = (error * weights.transpose()).entries()
        slopes = [s * (one - s) for s in sigmoids]
        return Layers(self, weights.transpose(), second, sigmoids, slopes, extended, probabilities, error, back)

    def _with(self, entries: list[flint.arb], last: flint.arb) -> list[flint.arb]:
        """Rows of h entries, each followed by `last`."""
        h = self.hidden
        return [x for row in range(len(self.labels)) for x in (*entries[row * h : row * h + h], last)]


@final
@dataclass(frozen=True, eq=False)
class Layers:
    """The network at one point: sigmoids and slopes N h, probabilities N c, error (N, c), back-propagated N h."""

    of: Evaluator
    weights_turned: flint.arb_mat
    second: flint.arb_mat
    sigmoids: list[flint.arb]
    slopes: list[flint.arb]
    extended: flint.arb_mat
    probabilities: list[flint.arb]
    error: flint.arb_mat
    back: list[flint.arb]

    def loss(self) -> flint.arb:
        """-(1/N) sum log p_label."""
        chosen = (self.probabilities[row * self.of.classes + label] for row, label in enumerate(self.of.labels))
        return -sum((p.log() for p in chosen), flint.arb(0)) / len(self.of.labels)

    def gradient(self) -> Pair:
        """N grad L with respect to (U, V)."""
        hidden = [b * s for b, s in zip(self.back, self.slopes, strict=True)]
        by_first = self.of.turned * flint.arb_mat(len(self.of.labels), self.of.hidden, hidden)
        return by_first, self.extended.transpose() * self.error

    def hessian_times(self, direction: Pair) -> Pair:
        """N Hess L times a direction: the derivative of `gradient` along it."""
        count, hidden, classes = len(self.of.labels), self.of.hidden, self.of.classes
        moved = (self.of.inputs * direction[0]).entries()
        rises = [a * s for a, s in zip(moved, self.slopes, strict=True)]
        extended = flint.arb_mat(count, hidden + 1, self.of._with(rises, flint.arb(0)))
        logits = (extended * self.second + self.extended * direction[1]).entries()
        error = flint.arb_mat(count, classes, _centred(self.probabilities, logits, classes))
        turned = flint.arb_mat(hidden, classes, direction[1].entries()[: hidden * classes]).transpose()
        back = (error * self.weights_turned + self.error * turned).entries()
        one, two = flint.arb(1), flint.arb(2)
        terms = [
            b * s + g * r * (one - two * h)
            for b, s, g, r, h in zip(back, self.slopes, self.back, rises, self.sigmoids, strict=True)
        ]
        by_first = self.of.turned * flint.arb_mat(count, hidden, terms)
        return by_first, extended.transpose() * self.error + self.extended.transpose() * error


def evaluator(network: ExactNetwork) -> Evaluator:
    """The network for use inside `flint.ctx.workprec`."""
    count, width = network.inputs.shape
    rows = [flint.arb(float(x)) for row in network.inputs for x in (*row, 1.0)]
    inputs = flint.arb_mat(count, width + 1, rows)
    labels = tuple(int(label) for label in network.labels)
    return Evaluator(inputs, inputs.transpose(), labels, network.hidden, network.classes)


def _normalised(powers: list[flint.arb], classes: int) -> list[flint.arb]:
    """Each run of `classes` entries over its sum."""
    result = []
    for start in range(0, len(powers), classes):
        row = powers[start : start + classes]
        total = sum(row[1:], row[0])
        result += [power / total for power in row]
    return result


def _centred(probabilities: list[flint.arb], logits: list[flint.arb], classes: int) -> list[flint.arb]:
    """p_k (z_k - sum_j p_j z_j): the softmax's derivative along z."""
    result = []
    for start in range(0, len(logits), classes):
        p, z = probabilities[start : start + classes], logits[start : start + classes]
        mean = sum((a * b for a, b in zip(p, z, strict=True)), flint.arb(0))
        result += [a * (b - mean) for a, b in zip(p, z, strict=True)]
    return result
