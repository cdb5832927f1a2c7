"""The problem of a sharpness certificate: a loss at given parameters, as a network with data or as one program."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.minimum.existence import symmetric_part
from certify.minimum.hessian import hessian
from certify.minimum.statement import MinimumStatement
from certify.program import Program, analytic_on, evaluate, hessian_program
from foundation import CertificateError

# Beyond so many parameters the matrix is not formed.
LARGEST_MATRIX = 2000


@final
@dataclass(frozen=True, eq=False)
class NetworkLoss:
    """L = (1/N) sum_i 1/2 |predict(theta, x_i) - y_i|^2."""

    regression: MinimumStatement

    @property
    def dimension(self) -> int:
        return self.regression.dimension

    def roughness(self) -> str:
        """What stands against L being real-analytic around the parameters; or ""."""
        return self.regression.roughness(Ball.exact(self.regression.params))

    def hessian(self) -> Ball:
        """Hess L at the exact parameters, (D, D)."""
        return hessian(self.regression, Ball.exact(self.regression.params))


@final
@dataclass(frozen=True, eq=False)
class ProgramLoss:
    """loss: program (theta (D,), data...) -> scalar."""

    loss: Program
    params: np.ndarray
    data: tuple[np.ndarray, ...]

    @property
    def dimension(self) -> int:
        return len(self.params)

    def roughness(self) -> str:
        """What stands against the loss being real-analytic around the parameters; or ""."""
        return analytic_on(self.loss, [Ball.exact(self.params), *self.data], (0,)).obstacle

    def hessian(self) -> Ball:
        """The Hessian at the exact parameters, (D, D)."""
        (value,) = evaluate(hessian_program(self.loss), [self.params, *self.data])
        return symmetric_part(value.reshape((self.dimension, self.dimension)))


def loss_of(problem: Mapping[str, Any]) -> NetworkLoss | ProgramLoss:
    """The loss of a certificate's problem; raises `CertificateError` when its parts do not fit together."""
    if "predict" in problem:
        parts = {name: problem[name] for name in ("predict", "params", "inputs", "targets")}
        settings = {"name": "gradient-descent", "learning_rate": 1.0}  # the Hessian asks for no optimiser
        return NetworkLoss(MinimumStatement.from_tree(parts | {"optimizer": settings}))
    loss, params, data = problem.get("loss"), problem.get("params"), problem.get("data")
    given = [params, *data] if isinstance(data, list) else [None]
    arrays = [x for x in given if isinstance(x, np.ndarray) and x.dtype == np.float64 and np.isfinite(x).all()]
    if not isinstance(loss, Program) or len(arrays) != len(given):
        raise CertificateError("the certificate's problem has no program of a loss with arrays of finite floats")
    shapes = [array.shape for array in arrays]
    outputs = [signature.shape for signature in loss.output_signatures]
    if [s.shape for s in loss.inputs] != shapes or outputs != [()] or len(shapes[0]) != 1 or not shapes[0][0]:
        raise CertificateError("the certificate's loss takes or gives other arrays than its params and data")
    return ProgramLoss(loss, arrays[0], tuple(arrays[1:]))
