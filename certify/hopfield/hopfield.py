"""Continuous Hopfield networks x' = -alpha x + A tanh(x) + b: reads and checks what the user passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import numpy as np
import scipy.sparse

from certify.hopfield.weights import LARGEST, Dense, Factors, Weights, weights_from_tree
from certify.linear_algebra.sparse_input import sparse_entries
from foundation import CertificateError, InputError, exact_number, finite_array


@final
@dataclass(frozen=True, eq=False)
class Hopfield:
    """x' = -decay x + A tanh(x) + bias with M neurons.

    weights: A as a (M, M) array, a SciPy sparse matrix, or a pair (left, right) of (M, r) arrays for left @ right.T,
    in numbers that float64 holds exactly. bias: such numbers, one for all or (M,). decay: an exact number above 0.
    `stabproof.certify_equilibrium` takes it as a field and proves an equilibrium stable by norms, up to 1e4 neurons
    and more. Raises `InputError` on shapes that do not fit and numbers that are not finite or would be rounded.
    """

    weights: Any
    bias: Any = 0.0
    decay: Any = 1

    def __post_init__(self) -> None:
        _ = self.network

    @cached_property
    def network(self) -> "HopfieldNetwork":
        """Its arrays."""
        weights = _weights(self.weights)
        bias = finite_array(self.bias, "bias")
        bias = np.full(weights.size, float(bias)) if bias.ndim == 0 else bias
        if bias.shape != (weights.size,):
            raise InputError(f"bias must hold one number for each of the {weights.size} neurons, but has {bias.shape}")
        if np.abs(bias).max() > LARGEST:
            raise InputError("bias must hold numbers of at most 2^250 in size")
        return HopfieldNetwork(weights, bias, _decay(self.decay))

    def __len__(self) -> int:
        """M."""
        return self.network.weights.size


@final
@dataclass(frozen=True, eq=False)
class HopfieldNetwork:
    """The data: weights, bias (M,), exact decay."""

    weights: Weights
    bias: np.ndarray
    decay: Fraction

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "HopfieldNetwork":
        """Read the problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        bias, decay = problem.get("bias"), problem.get("decay")
        if not (isinstance(bias, np.ndarray) and bias.dtype == np.float64 and bias.ndim == 1 and len(bias)):
            raise CertificateError("the problem of the certificate of a Hopfield network has no bias")
        if not np.isfinite(bias).all() or not isinstance(decay, Fraction) or not decay > 0:
            raise CertificateError("the problem of the certificate of a Hopfield network has a malformed bias or decay")
        if not (np.abs(bias).max() <= LARGEST and decay <= Fraction(LARGEST)):
            raise CertificateError("the problem of the certificate of a Hopfield network has numbers beyond the range")
        return HopfieldNetwork(weights_from_tree(problem, len(bias)), bias, decay)

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        return {**self.weights.as_tree(), "bias": self.bias, "decay": self.decay}


def _weights(given: Any) -> Weights:
    if isinstance(given, tuple) and len(given) == 2:
        left, right = (np.ascontiguousarray(finite_array(part, "a factor of weights")) for part in given)
        if left.ndim != 2 or left.shape != right.shape or not left.size:
            raise InputError(f"the factors of weights must have one shape (M, r), but have {left.shape}, {right.shape}")
        _refuse_large(max(np.abs(left).max(), np.abs(right).max()) ** 2)
        return Factors(left, right)
    if scipy.sparse.issparse(given):
        entries = sparse_entries(given, "weights")
        matrix = entries.matrix(finite_array(entries.values, "weights"))
    else:
        matrix = finite_array(given, "weights")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise InputError(f"weights must be a square matrix, but have shape {matrix.shape}")
    _refuse_large(float(abs(matrix).max()))
    return Dense(matrix)


def _refuse_large(size: float) -> None:
    if not size <= LARGEST:
        raise InputError("weights must be at most 2^250 in size")


def _decay(value: Any) -> Fraction:
    number = exact_number(value, "decay")
    if not 0 < number <= Fraction(LARGEST):
        raise InputError(f"decay must be a finite number above 0, but is {value!r}")
    return number
