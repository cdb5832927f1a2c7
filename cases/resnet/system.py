"""What the views of residual networks share: names of quantities, and the system of the user's parameters."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from cases.common.parameters import as_float
from cases.resnet.proofs import Block
from foundation import InputError

LIPSCHITZ, INJECTIVE = "Lipschitz constant of one block on the box", "one layer is injective on the box"


DETERMINANT, ORDER = "determinant of dh_L/dx", "order of convergence"


PRECISION, EXACT_LAYERS, _LONGEST = 256, 64, 30


def error_name(i: int) -> str:
    return f"L times the error, neuron {i + 1}"


def end_name(i: int) -> str:
    return f"h(T) of the differential equation, neuron {i + 1}"


def limit_name(i: int) -> str:
    return f"limit of L times the error, neuron {i + 1}"


def block_of(values: Mapping[str, Any]) -> Block:
    """The block; `InputError` when the sizes differ or it is too steep."""
    size = len(values["start"])
    if values["seed"] is not None:
        inner, outer, bias = _seeded(values["seed"], values["width"], size)
    else:
        inner, outer, bias = values["inner"].rows, values["outer"].rows, values["bias"]
        bias = bias * len(inner) if len(bias) == 1 else bias
    k, d = len(inner), len(inner[0])
    if d != size or (len(outer), len(outer[0])) != (d, k) or len(bias) != k:
        raise InputError(
            f"start has {size} numbers, so inner must have {size} columns, outer the shape of inner transposed and "
            f"bias a number for each of the {k} rows of inner"
        )
    steep = np.linalg.norm(np.array(outer, float), 2) * np.linalg.norm(np.array(inner, float), 2)
    if steep * as_float(values["horizon"]) > _LONGEST:
        raise InputError(
            f"|outer| |inner| horizon is {steep * as_float(values['horizon']):.3g}; at most {_LONGEST} is allowed"
        )
    return Block(inner, outer, bias, values["activation"], values["horizon"] / values["layers"])


def _seeded(seed: int, width: int, size: int) -> tuple[Any, Any, Any]:
    """Normal weights of variance 1 / (number of inputs), rounded to multiples of 1/1024."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return np.round(1024 * rng.normal(size=shape) / math.sqrt(shape[-1])).astype(int)

    def exact(rows: np.ndarray) -> Any:
        return tuple(tuple(Fraction(int(entry), 1024) for entry in row) for row in rows)

    return exact(draw(width, size)), exact(draw(size, width)), exact(draw(1, width))[0]


def layer_states(field: Any, start: np.ndarray, horizon: float, count: int) -> np.ndarray:
    """h_0, ..., h_L (L + 1, d), in NumPy."""
    states = [start]
    for _ in range(count):
        states.append(states[-1] + horizon / count * field(states[-1]))
    return np.array(states)
