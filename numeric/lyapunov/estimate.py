"""What an estimated Lyapunov spectrum consists of."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float64


@final
@dataclass(frozen=True)
class Convergence:
    """The estimate at every doubling of the run: `steps` (h,) per chain, `exponents` (h, k), `errors` (h, k)."""

    steps: np.ndarray
    exponents: Float64[np.ndarray, "h k"]
    errors: Float64[np.ndarray, "h k"]


@final
@dataclass(frozen=True)
class LyapunovEstimate:
    """The largest Lyapunov exponents, estimated, in nats per step.

    `exponents` (k,) in descending order, `errors` (k,) one standard error each (never a proof). `converged` says
    whether every test of the stopping rule was passed; `message` names those that were not. `steps` were made by each
    of `chains` independent chains; `correlation_time` is the integrated autocorrelation time of the growth in steps
    (of the slowest exponent, resolved down to the length of a window).
    """

    exponents: Float64[np.ndarray, " k"]
    errors: Float64[np.ndarray, " k"]
    converged: bool
    message: str
    steps: int
    chains: int
    correlation_time: float
    convergence: Convergence

    @property
    def exponent(self) -> float:
        """The top exponent."""
        return float(self.exponents[0])

    @property
    def error(self) -> float:
        """Its standard error."""
        return float(self.errors[0])


@final
@dataclass(frozen=True)
class ExponentMap:
    """lambda(eta, B): top exponents, standard errors and convergence, rows by learning rate, columns by batch size."""

    learning_rates: Float64[np.ndarray, " e"]
    batch_sizes: np.ndarray
    exponents: Float64[np.ndarray, "e b"]
    errors: Float64[np.ndarray, "e b"]
    converged: Bool[np.ndarray, "e b"]
