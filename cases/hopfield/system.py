"""What the views of Hopfield networks share: names of quantities, and the system of the user's parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np
import sympy

from cases.common.matrix_parameters import Matrix, float_matrix
from cases.common.parameters import as_float, as_sympy
from cases.hopfield.estimates import flow
from certify.hopfield import Hopfield
from foundation import InputError

COUNT, STABLE = "number of equilibria", "number of stable equilibria"


STATE, ABSCISSA, LOWEST = "x1 of the settled state", "its spectral abscissa", "its smallest real part"


GAIN, LARGE, LARGE_ABSCISSA = "critical gain", "large memory: verdict", "large memory: spectral abscissa"


_PATTERNS, _STRENGTH = 10, 3.0


@final
@dataclass(frozen=True)
class Network:
    """x' = -decay x + A tanh(x) + b, exact."""

    weights: Matrix
    bias: tuple[Fraction, ...]
    decay: Fraction

    @property
    def size(self) -> int:
        return len(self.bias)

    @property
    def floats(self) -> tuple[np.ndarray, np.ndarray, float]:
        return float_matrix(self.weights), np.array([as_float(b) for b in self.bias]), as_float(self.decay)

    @property
    def box(self) -> list[tuple[float, float]]:
        """Every equilibrium lies inside: |alpha x_i| < sum_j |a_ij| + |b_i|, unless both are 0."""
        sums = [sum((abs(a) for a in row), abs(b)) / self.decay for row, b in zip(self.weights, self.bias, strict=True)]
        reach = [float(total) * 1.0625 + 1e-3 for total in sums]
        return [(-r, r) for r in reach]

    @property
    def expressions(self) -> tuple[list[sympy.Expr], list[sympy.Symbol]]:
        """The exact field, and its variables."""
        x = list(sympy.symbols(f"x1:{self.size + 1}", real=True))
        values = [sympy.tanh(v) for v in x]
        return [
            -as_sympy(self.decay) * x[i]
            + sum((as_sympy(a) * h for a, h in zip(row, values, strict=True) if a), as_sympy(self.bias[i]))
            for i, row in enumerate(self.weights)
        ], x


def network_of(values: Mapping[str, Any]) -> Network:
    """Reads the parameters together; `InputError` where their sizes differ."""
    weights, bias = values["weights"], values["bias"]
    bias = bias * len(weights) if len(bias) == 1 else bias
    if len(bias) != len(weights):
        raise InputError(f"bias must hold 1 or {len(weights)} numbers, but holds {len(bias)}")
    return Network(weights, bias, values["decay"])


def settled(network: Network) -> np.ndarray | None:
    """Where the flow from (1, ..., 1) comes to rest, to rounding; None where it does not."""
    weights, bias, decay = network.floats
    rate = decay + float(np.abs(weights).sum(axis=1).max())
    x = flow(weights, bias, decay, np.ones((1, network.size)), 300 / decay, int(min(400 * rate / decay + 400, 20_000)))[
        -1, 0
    ]
    for _ in range(20):
        h = np.tanh(x)
        slope = weights * (1 - h**2) - decay * np.eye(len(x))
        value = -decay * x + weights @ h + bias
        try:
            step = np.linalg.solve(slope, -value)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all() or np.abs(step).max() > 1e-2 * (1 + np.abs(x).max()):
            return None
        x = x + step
    return np.asarray(x)


def memory(values: Mapping[str, Any]) -> tuple[Hopfield, np.ndarray]:
    """Hebb's weights (3/M) sum xi xi^T for ten random patterns, and the first pattern times 3."""
    size = values["large"]
    patterns = np.where(np.random.default_rng(values["seed"]).random((size, _PATTERNS)) < 0.5, -1.0, 1.0)
    return Hopfield((patterns * (_STRENGTH / size), patterns)), _STRENGTH * patterns[:, 0]
