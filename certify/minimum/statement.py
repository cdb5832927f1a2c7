"""The problem of a minimum certificate: a program, its data and the optimiser, as exact data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.minimum.settings import check_settings
from certify.program import Program, analytic_everywhere, analytic_on, evaluate, jacobian
from certify.program.primitives.regularity import Kind
from certify.program.regularity import Regularity
from certify.training.anchored import Residuals, residuals_of
from foundation import CertificateError


@final
@dataclass(frozen=True)
class MinimumStatement:
    """predict: program (D,), x -> (q,). params: (D,). inputs: (N, ...). targets: (N, q). optimizer: plain settings.

    The loss is L = (1/N) sum_i 1/2 |predict(params, x_i) - y_i|^2. With `anchored` it is L = (1/N) sum_i l_i for an
    attained loss, whose residuals stand in the place of predict - y; targets are then zeros (N, q'). With `batched` the
    program takes all inputs together, (D,), (N, ...) -> (N q,): to it the batch is one case.
    """

    predict: Program
    params: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    optimizer: Mapping[str, Any]
    anchored: Residuals | None = None
    loss: Mapping[str, Any] | None = None
    batched: bool = False

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "MinimumStatement":
        """Read the problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        statement = MinimumStatement(
            predict=_entry(problem, "predict", Program),
            params=_floats(problem, "params", 1),
            inputs=_floats(problem, "inputs", None),
            targets=_floats(problem, "targets", 2),
            optimizer=_entry(problem, "optimizer", dict),
            batched=_is_batched(problem),
        )
        shapes = [tuple(given.shape) for given in statement.predict.inputs]
        expected = [statement.params.shape, statement.cases.shape[1:]]
        if shapes != expected or len(statement.inputs) != len(statement.targets) or not len(statement.inputs):
            raise CertificateError(f"the network takes arrays of shapes {shapes}, but the data have {expected}")
        check_settings(statement.optimizer, statement.examples)
        if statement.batched and statement.optimizer.get("name") == "sgd":
            raise CertificateError("a network that sees the whole batch is proved for full batches only")
        return statement._with_loss(problem["loss"]) if "loss" in problem else statement

    def _with_loss(self, loss: Any) -> "MinimumStatement":
        if not isinstance(loss, dict):
            raise CertificateError("the loss of the certificate's problem is not readable")
        outputs = self.predict.output_signatures[0].shape
        if outputs != (self.targets.shape[1],):
            raise CertificateError(
                f"the network gives outputs of shape {outputs}, the targets {self.targets.shape[1:]}"
            )
        anchored = residuals_of(loss, self.targets)
        zeros = np.zeros((self.examples, anchored.rank))
        return replace(self, anchored=anchored, loss=loss, targets=zeros)

    def at(self, params: np.ndarray) -> "MinimumStatement":
        """The same problem at other parameters."""
        return replace(self, params=params)

    @property
    def cases(self) -> np.ndarray:
        """What the program takes one at a time: the examples, or the whole batch as one case."""
        return self.inputs[None] if self.batched else self.inputs

    @property
    def examples(self) -> int:
        """N, the number of examples."""
        return len(self.inputs)

    @property
    def residuals(self) -> int:
        """m = qN, the number of scalar residuals."""
        return self.targets.size

    @property
    def dimension(self) -> int:
        """D, the number of parameters."""
        return len(self.params)

    @cached_property
    def _data(self) -> Ball:
        return Ball.exact(self.cases)

    @cached_property
    def regularity(self) -> Regularity:
        """Whether the network is proved real-analytic in its parameters on all of R^D, for all examples."""
        return analytic_everywhere(self.predict, [self.cases])

    @cached_property
    def definedness(self) -> Regularity:
        """Whether the network is proved to have a value on all of R^D; kinks and jumps are allowed."""
        if self.regularity.everywhere:
            return self.regularity
        return analytic_everywhere(self.predict, [self.cases], but_for=frozenset((Kind.PIECEWISE, Kind.CUT)))

    def roughness(self, params: Ball) -> str:
        """What stands against the network being real-analytic around a ball of parameters, for all examples; or ""."""
        if self.regularity.everywhere:
            return ""
        return analytic_on(self.predict, [params, self._data], (0,), batch=[False, True]).obstacle

    def residual(self, params: Ball) -> Ball:
        """predict(params, x_i) - y_i over a ball of parameters, shape (N q,)."""
        (output,) = evaluate(self.predict, [params, self._data], batch=[False, True])
        if self.anchored is not None:
            return self.anchored.of(output).reshape(-1)
        return (output.reshape(self.targets.shape) - self.targets).reshape(-1)

    def jacobian(self, params: Ball) -> Ball:
        """Derivative of the residual over a ball of parameters, shape (N q, D), from the network's own program."""
        result = jacobian(self.predict, [params, self._data], wrt=0, batch=[False, True])
        if self.anchored is not None:
            result = self.anchored.derivative(result.reshape((self.examples, -1, self.dimension)))
        return result.reshape((self.residuals, self.dimension))


def _is_batched(problem: Mapping[str, Any]) -> bool:
    """Whether the network takes all inputs together; the entry is there only where it does."""
    if "batched" not in problem:
        return False
    if problem.get("batched") is not True or "loss" in problem:
        raise CertificateError("the entry 'batched' of the certificate's problem is not readable")
    return True


def _entry(problem: Mapping[str, Any], name: str, kind: type) -> Any:
    value = problem.get(name)
    if not isinstance(value, kind):
        raise CertificateError(f"the certificate's problem has no readable entry {name!r}")
    return value


def _floats(problem: Mapping[str, Any], name: str, ndim: int | None) -> np.ndarray:
    array = _entry(problem, name, np.ndarray)
    shaped = array.ndim == ndim if ndim is not None else array.ndim >= 1
    if array.dtype != np.float64 or not shaped or not np.isfinite(array).all():
        raise CertificateError(f"the entry {name!r} of the certificate's problem is not an array of finite floats")
    return array
