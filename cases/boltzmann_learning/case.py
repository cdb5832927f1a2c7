"""Learning with Boltzmann machines: the divergence from the data and its gradient."""

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import flint
import jax
import jax.numpy as jnp
import numpy as np
import sympy

from cases.boltzmann_learning.derivation import derive_learning_rule
from cases.common.boltzmann_formulas import MOST_WRITTEN, law_formulas
from cases.common.boltzmann_machine import Machine, enclosure_of, exact_law, machine_of, proved_law
from cases.common.exact_formulas import Formula, over, values_task
from cases.common.matrix_parameters import positive_numbers
from cases.common.parameters import as_sympy, rational_vector, whole_number
from cases.common.plot import Plot, Series
from cases.common.told import counted
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric import double_precision

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_KL = "KL divergence"
_BITS = 200


def _data(values: Mapping[str, Any]) -> tuple[Machine, int, tuple[Fraction, ...]]:
    """(machine, visible neurons, P+); `InputError` when they do not fit."""
    machine, visible, law = machine_of(values), values["visible"], values["data"]
    if visible > machine.neurons:
        raise InputError(f"visible must be at most neurons = {machine.neurons}, but is {visible}")
    if len(law) != 2**visible or min(law) < 0 or sum(law) != 1:
        raise InputError(f"data must hold 2^visible = {2**visible} probabilities with sum 1, but is {_words(law)}")
    return machine, visible, law


def _words(law: Sequence[Fraction]) -> str:
    return ",".join(str(p) for p in law)


def _marginal(law: Sequence[Any], neurons: int, visible: int) -> list[Any]:
    """Sums over the hidden neurons, which come last."""
    hidden = 2 ** (neurons - visible)
    return [sum(law[k * hidden + 1 : (k + 1) * hidden], law[k * hidden]) for k in range(2**visible)]


def _gradient(law: Sequence[Any], machine: Machine, visible: int, data: Sequence[Any]) -> dict[str, Any]:
    """E+ - E- of v_i v_j and of v_i, for whatever numbers `law` and `data` hold."""
    marginal = _marginal(law, machine.neurons, visible)
    hidden = 2 ** (machine.neurons - visible)
    states = list(itertools.product((0, 1), repeat=machine.neurons))
    shifts = [data[k // hidden] * p / marginal[k // hidden] - p for k, p in enumerate(law)]

    def mean(*neurons: int) -> Any:
        terms = (shift for shift, v in zip(shifts, states, strict=True) if all(v[i] for i in neurons))
        return sum(terms, law[0] * 0)

    pairs = itertools.combinations(range(machine.neurons), 2)
    found = {f"dKL/da{i + 1},{j + 1}": mean(i, j) for i, j in pairs}
    return found | {f"dKL/db{i + 1}": mean(i) for i in range(machine.neurons)}


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    machine, visible, data = _data(values)
    exact: dict[str, Any] = {}
    if machine.is_rational:
        law = exact_law(machine, False)
        marginal = _marginal(law, machine.neurons, visible)
        terms = [as_sympy(p) * sympy.log(as_sympy(p / q)) for p, q in zip(data, marginal, strict=True) if p]
        exact[_KL] = sympy.Add(*terms)
        exact |= {name: as_sympy(value) for name, value in _gradient(law, machine, visible, data).items()}
    return SymbolicView((derive_learning_rule(),), exact)


def _states(neurons: int) -> np.ndarray:
    return np.array(list(itertools.product((0.0, 1.0), repeat=neurons)))


def divergence(weights: Any, biases: Any, data: Any) -> Any:
    """KL(P+ || P-) for JAX arrays: weights (M, M) of which the entries i < j count, biases (M,), data (2^d,)."""
    states = jnp.asarray(_states(len(biases)))
    energy = states @ biases + jnp.einsum("si,ij,sj->s", states, jnp.triu(weights, 1), states)
    log_marginal = jax.nn.logsumexp(-energy.reshape(len(data), -1), axis=1) - jax.nn.logsumexp(-energy)
    positive = data > 0
    return jnp.where(positive, data * (jnp.log(jnp.where(positive, data, 1.0)) - log_marginal), 0.0).sum()


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    machine, _, law = _data(values)
    weights, biases = machine.floats
    data = jnp.asarray([float(p) for p in law])
    value, (by_weight, by_bias) = jax.value_and_grad(divergence, argnums=(0, 1))(
        jnp.asarray(weights), jnp.asarray(biases), data
    )
    estimates = {_KL: Estimate(float(value), 1e-11 * max(1.0, float(value)))}
    for i, j in itertools.combinations(range(machine.neurons), 2):
        estimates[f"dKL/da{i + 1},{j + 1}"] = Estimate(float(by_weight[i, j]), 1e-11)
    for i in range(machine.neurons):
        estimates[f"dKL/db{i + 1}"] = Estimate(float(by_bias[i]), 1e-11)
    return NumericView(estimates, (_descent(weights, biases, data, values["steps"]),))


def _size(divergence: float) -> str:
    """The picture has a floor, below which a divergence is 0 or rounding."""
    return f"{divergence:.3g}" if divergence > 1e-16 else "at most 1e-16"


def _descent(weights: np.ndarray, biases: np.ndarray, data: Any, steps: int) -> Plot:
    """Gradient descent on a and b with three learning rates."""
    curves = []
    for rate in (0.1, 0.5, 2.0):
        losses = np.asarray(_losses(jnp.asarray(weights), jnp.asarray(biases), data, rate, steps))
        curves.append(Series("line", np.arange(steps), np.maximum(losses, 1e-16), f"eta = {rate:g}"))
    last = curves[-1].y[-1]
    return Plot(
        "Learning: the divergence under gradient descent",
        "step",
        "KL(P+ || P-) (nats)",
        tuple(curves),
        f"Along gradient descent with the learning rates 0.1, 0.5 and 2 the divergence goes from "
        f"{_size(curves[0].y[0])} to {', '.join(_size(curve.y[-1]) for curve in curves[:2])} and {_size(last)} after "
        f"{counted(steps, 'step')}.",
        {"log_y": True},
    )


def _losses(weights: Any, biases: Any, data: Any, rate: float, steps: int) -> Any:
    def step(state: Any, _: Any) -> Any:
        value, (by_weight, by_bias) = jax.value_and_grad(divergence, argnums=(0, 1))(*state, data)
        return (state[0] - rate * by_weight, state[1] - rate * by_bias), value

    return jax.lax.scan(step, (weights, biases), None, length=steps)[1]


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    machine, visible, data = _data(values)
    law = proved_law(machine, False)
    with arb_precision(_BITS):
        exact = [flint.arb(flint.fmpq(p.numerator, p.denominator)) for p in data]
        marginal = _marginal(law, machine.neurons, visible)
        terms = [p * (p / q).log() for p, q, given in zip(exact, marginal, data, strict=True) if given]
        divergence_ball = sum(terms, flint.arb(0))
        gradient = _gradient(law, machine, visible, exact)
    proved = {_KL: enclosure_of(divergence_ball)}
    tasks = (_task(machine, visible, data),) if machine.neurons <= MOST_WRITTEN else ()
    return CertifiedView(tasks, proved | {name: enclosure_of(value) for name, value in gradient.items()})


def _task(machine: Machine, visible: int, data: Sequence[Fraction]) -> Task:
    """KL = sum P+ log(P+/P-) and its gradient E+ - E-, from the weights of the states."""
    weights = law_formulas(machine, False)
    formulas: dict[str, Formula] = {f"- weight {k + 1}": weight for k, weight in enumerate(weights)}
    law = [over(["value", k + 1], ["value", len(weights) + 1]) for k in range(len(weights))]
    formulas["- sum of the weights"] = ["+", *(["value", k + 1] for k in range(len(weights)))]
    hidden = 2 ** (machine.neurons - visible)
    marginal = [["+", *law[k * hidden : (k + 1) * hidden]] for k in range(2**visible)]
    terms = [["*", p, ["log", over(p, q)]] for p, q in zip(data, marginal, strict=True) if p]
    formulas[_KL] = ["+", *terms]
    states = list(itertools.product((0, 1), repeat=machine.neurons))
    places = [(f"dKL/da{i + 1},{j + 1}", (i, j)) for i, j in itertools.combinations(range(machine.neurons), 2)]
    for name, neurons in [*places, *((f"dKL/db{i + 1}", (i,)) for i in range(machine.neurons))]:
        shifts = [
            ["*", law[k], ["+", over(data[k // hidden], marginal[k // hidden]), -1]]
            for k, state in enumerate(states)
            if all(state[i] for i in neurons)
        ]
        formulas[name] = ["+", *shifts]
    return values_task("divergence and gradient", formulas)


def _probabilities(value: Any, name: str) -> tuple[Fraction, ...]:
    law = rational_vector()(value, name)
    if len(law) > 256 or math.log2(len(law)) % 1:
        raise InputError(f"{name} must hold 2^d numbers with d <= 8, but holds {len(law)}")
    return law


CASE = case_of(
    "boltzmann-learning",
    readers={
        "neurons": whole_number(1, 8),
        "visible": whole_number(1, 8),
        "couplings": positive_numbers,
        "biases": positive_numbers,
        "data": _probabilities,
        "steps": whole_number(1, 100_000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_KL, "0.693147180559945", "log 2: half the visible states of a machine without weights"),
        Known("dKL/da1,2", "1/4", "1/2 - 1/4"),
        Known("dKL/db1", "0", "1/2 - 1/2"),
    ),
)
