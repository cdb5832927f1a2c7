"""A 4-10-3 sigmoid network trained on Iris by full-batch gradient descent, at three learning rates."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax
import numpy as np
import sympy

from cases.common.iris import CLASSES, NETWORK_READERS, IrisNetwork, iris_network
from cases.common.parameters import as_float, positive_rational, whole_number
from cases.common.readers import bounded_rational
from cases.iris_net.derivation import derive_null_directions, parameter_count
from cases.iris_net.figures import figures
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from numeric import double_precision
from numeric.trajectories import SoftmaxNetwork, descend, draw
from numeric.trajectories.network import loss_and_gradient

_PARAMETERS, _NULL, _KERNEL = "parameters", "null directions of softmax", "dimension of the Hessian's kernel"
_SLOPE, _START = "slope of the loss along the null directions", "loss at the start"


def _low(values: Mapping[str, Any]) -> tuple[str, str]:
    rate, steps = values["low_rate"], values["certified_steps"]
    return f"loss after {steps} steps, eta = {rate}", f"loss falls at each of {steps} steps, eta = {rate}"


def _edge(values: Mapping[str, Any]) -> tuple[str, str, str, str]:
    rate, steps = values["edge_rate"], values["edge_steps"]
    verdict = f"loss falls at each of {steps} steps, eta = {rate}"
    rise = f"the first rise, eta = {rate}"
    return verdict, f"step of {rise}", f"loss before {rise}", f"loss after {rise}"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    iris = iris_network(values)
    width, hidden = iris.network.inputs.shape[1], iris.network.hidden
    exact: dict[str, Any] = {
        _PARAMETERS: parameter_count(width, hidden, CLASSES),
        _NULL: sympy.Integer(hidden + 1),
        _SLOPE: sympy.Integer(0),
    }
    return SymbolicView((derive_null_directions(width, hidden, CLASSES),), exact)


def start_of(iris: IrisNetwork, values: Mapping[str, Any]) -> np.ndarray:
    """The first initial condition."""
    return draw(iris.network, 0, as_float(values["radius"]), 1, values["seed"])[0]


def _numeric(values: Mapping[str, Any]) -> NumericView:
    iris = iris_network(values)
    start = start_of(iris, values)
    low = descend(iris.network, start[None], as_float(values["low_rate"]), values["certified_steps"])
    last, _ = _low(values)
    gradient, hessian = _derivatives(iris.network, start)
    estimates = {
        _PARAMETERS: Estimate(float(iris.network.dimension), 0.0),
        _KERNEL: _kernel(hessian),
        _SLOPE: Estimate(_null_slope(iris.network, gradient), 1e-13),
        _START: Estimate(float(low.losses[0, 0]), 1e-12),
        last: Estimate(float(low.losses[0, -1]), 1e-9),
        **_first_rise(iris.network, start, values),
    }
    return NumericView(estimates, figures(iris, values), (_learning(iris, values),))


def _first_rise(network: SoftmaxNetwork, start: np.ndarray, values: Mapping[str, Any]) -> dict[str, Estimate]:
    losses = descend(network, start[None], as_float(values["edge_rate"]), values["edge_steps"]).losses[0]
    rises = np.flatnonzero(np.diff(losses) > 0)
    if not len(rises):
        return {}
    step = int(rises[0])
    _, at, before, after = _edge(values)
    # rounding grows with the tangent vectors, by a few digits over the first steps
    error = 1e-14 * float(np.exp(0.5 * step)) + 1e-12
    found = {before: Estimate(float(losses[step]), error), after: Estimate(float(losses[step + 1]), error)}
    return {at: Estimate(float(step), 0.0 if error < 1e-3 else float(len(losses))), **found}


def _null_slope(network: SoftmaxNetwork, gradient: np.ndarray) -> float:
    """Largest |grad L . v| over rows v of ones of the output weights."""
    rows = gradient[-(network.hidden + 1) * network.classes :].reshape(-1, network.classes)
    return float(np.abs(rows.sum(axis=1)).max())


def _kernel(hessian: np.ndarray) -> Estimate:
    """Eigenvalues of the Hessian that rounding cannot tell from zero; those near the limit are in doubt."""
    sizes = np.abs(np.linalg.eigvalsh((hessian + hessian.T) / 2))
    sizes /= max(float(sizes.max()), np.finfo(float).tiny)
    doubtful = float(((sizes > 1e-17) & (sizes < 1e-10)).sum())
    return Estimate(float((sizes < 1e-14).sum()), doubtful)


@double_precision
def _derivatives(network: SoftmaxNetwork, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (D,) and Hessian (D, D) of the loss."""

    def gradient(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        value = loss_and_gradient(x, network.data)[1]
        return value, value

    hessian, value = jax.jit(jax.jacfwd(gradient, has_aux=True))(theta)
    return np.asarray(value), np.asarray(hessian)


def _learning(iris: IrisNetwork, values: Mapping[str, Any]) -> str:
    """How well the network classifies after training, on flowers that it has seen and on others."""
    rate, network = as_float(values["low_rate"]), iris.network
    run = descend(network, start_of(iris, values)[None], rate, values["steps"], every=values["steps"])
    end = run.parameters[0, -1]
    seen = network.accuracy(end, network.inputs, network.labels)
    words = f"After {values['steps']} steps at eta = {rate:g} the {iris.shape} network classifies {seen:.1%} of the "
    words += f"{len(network.labels)} training flowers"
    if not len(iris.test_labels):
        return f"{words}."
    unseen = network.accuracy(end, iris.test_inputs, iris.test_labels)
    return f"{words} and {unseen:.1%} of {len(iris.test_labels)} others."


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    iris = iris_network(values)
    start, exact = start_of(iris, values), iris.exact
    last, falls = _low(values)
    verdict, at, before, after = _edge(values)

    def descent(rate: Fraction, steps: int) -> dict[str, Any]:
        return {"network": exact, "start": start, "rate": rate, "steps": steps}

    null = {"null_directions": _NULL, "kernel_dimension": _KERNEL, "largest_slope": _SLOPE}
    low = {"verdict": falls, "first_loss": _START, "last_loss": last}
    edge = {"verdict": verdict, "rising_step": at, "before_rise": before, "after_rise": after}
    return CertifiedView(
        (
            _task("the kernel of the Hessian", "null-directions", {"network": exact, "theta": start}, null),
            _task("descent step by step", "descent", descent(values["low_rate"], values["certified_steps"]), low),
            _task("a rise of the loss", "descent", descent(values["edge_rate"], values["edge_steps"]), edge),
        )
    )


def _task(label: str, kind: str, arguments: Mapping[str, Any], claims: Mapping[str, str]) -> Task:
    """`claims` by the certificate's names; a task lists them by quantity."""
    return Task(label, kind, arguments, {quantity: claim for claim, quantity in claims.items()})


CASE = case_of(
    "iris-net",
    readers={
        **NETWORK_READERS,
        "seed": whole_number(0, 2**31),
        "low_rate": positive_rational,
        "edge_rate": positive_rational,
        "high_rate": positive_rational,
        "steps": whole_number(200, 1_000_000),
        "high_steps": whole_number(300, 100_000),
        "initial_conditions": whole_number(1, 7),
        "perturbations": whole_number(1, 100),
        "radius": bounded_rational("1e-15", 1),
        "certified_steps": whole_number(1, 20_000),
        "edge_steps": whole_number(1, 1000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_PARAMETERS, "83", "4 x 10 + 10 + 10 x 3 + 3; Danovski et al., section 2.1"),
        Known("loss falls at each of 100 steps, eta = 1/100", "PROVED", "Danovski et al., section 3: monotone"),
        Known("loss falls at each of 40 steps, eta = 1", "REFUTED", "Danovski et al., section 4.1: non-monotone"),
    ),
)
