"""A network with its data: residuals, their derivatives, and the Hessian of the loss."""

from collections.abc import Callable

from flint import arb, arb_mat

from recheck.linear import symmetric
from recheck.npy import Array
from recheck.outcome import BadInput, NotCovered, Work
from recheck.program.machine import Machine, obstacle
from recheck.program.reader import Program
from recheck.proof import Proof, Statement, entry, exact, floats

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
        batched, self.loss = problem.get("batched", False), entry(problem.get("loss", {"name": ""}), "name", str)
        NotCovered.unless(self.loss in ("", "poisson") and batched in (False, True), "this loss is not covered")
        wanted = [((self.dimension,), "float64"), (tuple(shape if batched else shape[1:]), "float64")]
        if [tuple(s) for s in self.predict.inputs] != wanted or len(self.predict.outputs) != 1:
            raise BadInput("the network does not take these parameters and inputs")
        output = self.predict.output_signatures[0]
        calls, entries, flat = 1 if batched else self.examples, exact(inputs), exact(targets)
        if output.size * calls != len(flat) or not output.is_real or not flat:
            raise BadInput("the network's output does not fit the targets")
        self.weights = [arb(1)] * len(flat)
        if self.loss:
            # the mean of e^p - y p is least where all p = log y, and curved by e^p = y there
            NotCovered.unless(all(y > 0 for y in flat), "rates that are not positive are not covered")
            self.weights, flat = [y.sqrt() for y in flat], [y.log() for y in flat]
        size, width = len(entries) // calls, len(flat) // calls
        self.inputs = [entries[i * size : (i + 1) * size] for i in range(calls)]
        self.targets = [flat[i * width : (i + 1) * width] for i in range(calls)]
        self.machine = Machine(self.predict, (True, False), work)

    def is_analytic(self, proof: Proof) -> bool:
        """Whether the network is proved to be real-analytic in the parameters everywhere; if not, H3 is told why."""
        found = next(filter(None, (obstacle(self.machine, [x]) for x in self.inputs)), "")
        if found:
            proof.notes["H3"] = f"the network is not proved to be analytic everywhere: {found}"
        return not found

    def residual(self, params: Entries) -> Entries:
        """w_i (predict(theta, x_i) - y_i), example after example; w_i^2: the loss's second derivative at y_i."""
        found = [p for x in self.inputs for p in self.machine.outputs([params, x])]
        wanted = [t for y in self.targets for t in y]
        return [w * (p - t) for w, p, t in zip(self.weights, found, wanted, strict=True)]

    def jacobian(self, params: Entries) -> arb_mat:
        """The derivative of `residual`, (N q, D)."""
        rows = [row for x in self.inputs for row in self.machine.jacobian([params, x])[1]]
        return arb_mat([[w * x for x in row] for w, row in zip(self.weights, rows, strict=True)] if self.loss else rows)

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
