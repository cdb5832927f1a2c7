"""A network with its data: residuals, their derivatives, and the Hessian of the loss."""

from collections.abc import Callable

from flint import arb, arb_mat

from recheck.claims import Statement
from recheck.linear import symmetric
from recheck.npy import Array
from recheck.outcome import BadInput
from recheck.program.machine import Machine, Work, is_entire
from recheck.program.reader import Program
from recheck.proof import Proof, entry, exact, floats

Entries = list[arb]


class Regression:
    """L = (1/N) sum_i 1/2 |predict(theta, x_i) - y_i|^2 for N examples with q outputs and D parameters."""

    def __init__(self, statement: Statement, work: Work) -> None:
        problem = statement.problem
        self.predict: Program = entry(problem, "predict", Program)
        self.params = exact(floats(problem, "params", (None,)))
        targets = floats(problem, "targets", (None, None))
        self.dimension = len(self.params)
        self.examples, self.outputs = targets.shape
        inputs = entry(problem, "inputs", Array)
        shape = inputs.shape
        if not shape or shape[0] != self.examples or not self.examples or inputs.dtype != "float64":
            raise BadInput("the inputs do not fit the targets")
        wanted = [((self.dimension,), "float64"), (tuple(shape[1:]), "float64")]
        if [tuple(s) for s in self.predict.inputs] != wanted or len(self.predict.outputs) != 1:
            raise BadInput("the network does not take these parameters and inputs")
        output = self.predict.output_signatures[0]
        if output.size != self.outputs or not output.is_real or not self.outputs:
            raise BadInput("the network's output does not fit the targets")
        entries, size = exact(inputs), len(inputs.data) // self.examples
        self.inputs = [entries[i * size : (i + 1) * size] for i in range(self.examples)]
        flat = exact(targets)
        self.targets = [flat[i * self.outputs : (i + 1) * self.outputs] for i in range(self.examples)]
        self.machine = Machine(self.predict, (True, False), work)

    def is_analytic(self, proof: Proof) -> bool:
        """Whether the network is proved to be real-analytic in the parameters everywhere; if not, H3 is told why."""
        obstacle = is_entire(self.predict, (True, False))
        if obstacle:
            proof.notes["H3"] = f"the network is not proved to be analytic everywhere: {obstacle}"
        return not obstacle

    def residual(self, params: Entries) -> Entries:
        """predict(theta, x_i) - y_i, example after example."""
        result = []
        for x, y in zip(self.inputs, self.targets, strict=True):
            result += [p - t for p, t in zip(self.machine.outputs([params, x]), y, strict=True)]
        return result

    def jacobian(self, params: Entries) -> arb_mat:
        """The derivative of `residual`, (N q, D)."""
        rows: list[Entries] = []
        for x in self.inputs:
            rows += self.machine.jacobian([params, x])[1]
        return arb_mat(rows)

    def gradient(self, params: Entries) -> Entries:
        """grad L."""
        total = [arb(0)] * self.dimension
        for x, y in zip(self.inputs, self.targets, strict=True):
            share = self.machine.gradient([params, x], _minus(y))
            total = [a + b for a, b in zip(total, share, strict=True)]
        return [g / self.examples for g in total]

    def hessian(self, params: Entries) -> arb_mat:
        """Hess L, symmetric (D, D): J^T J / N and the residuals times the second derivatives of the predictions."""
        total = [[arb(0)] * self.dimension for _ in range(self.dimension)]
        rows: list[Entries] = []
        for x, y in zip(self.inputs, self.targets, strict=True):
            output, gradients = self.machine.jacobian([params, x])
            rows += gradients
            bent = self.machine.second([params, x], [p - t for p, t in zip(output, y, strict=True)])
            total = [[a + b for a, b in zip(r, s, strict=True)] for r, s in zip(total, bent, strict=True)]
        first = arb_mat(rows)
        return symmetric(first.transpose() * first + arb_mat(total)) * (arb(1) / self.examples)


def _minus(targets: Entries) -> Callable[[Entries], Entries]:
    return lambda outputs: [p - t for p, t in zip(outputs, targets, strict=True)]
