"""Hidden Markov models: the joint kernel of states and observations, its spectrum and its stationary law."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.exact_formulas import minus, values_task
from cases.common.matrix_parameters import Matrix, float_matrix, rational_matrix, sympy_matrix
from cases.common.parameters import whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import shown
from cases.common.told import counted
from cases.hmm.derivation import derive_joint_kernel, second_modulus, stationary_law
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.linear_algebra import spectral_radius
from foundation import InputError
from numeric import double_precision

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_SECOND, _GAP, _HIDDEN = "second largest modulus of T", "spectral gap of T", "second largest modulus of Q"


def _model(values: Mapping[str, Any]) -> tuple[Matrix, Matrix]:
    """(Q, G) as stochastic matrices; `InputError` when they do not fit."""
    q, g = values["transition"], values["emission"]
    if len(g) != len(q):
        raise InputError(f"emission must have {len(q)} rows, one for each state of transition, but has {len(g)}")
    return q, g


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    q, g = (sympy_matrix(matrix) for matrix in _model(values))
    law = stationary_law(q)
    exact: dict[str, Any] = _observed(law, g)
    second = second_modulus(q)
    if second is not None:
        exact |= {_SECOND: second, _HIDDEN: second, _GAP: 1 - second}
    return SymbolicView((derive_joint_kernel(q, g),), exact)


def _observed(law: sympy.MatrixBase, g: sympy.MatrixBase) -> dict[str, sympy.Expr]:
    """Stationary probabilities of the states and of the observations."""
    states = {f"P(x = {x + 1})": law[x] for x in range(g.rows)}
    return states | {f"P(y = {y + 1})": (law * g)[y] for y in range(g.cols)}


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    exact_q, exact_g = _model(values)
    stationary_law(sympy_matrix(exact_q))
    q, g = float_matrix(exact_q), float_matrix(exact_g)
    joint = np.einsum("xz,zw->xzw", q, g).reshape(len(q), -1).repeat(g.shape[1], axis=0)
    moduli = np.sort(np.abs(np.linalg.eigvals(joint)))[::-1]
    # a k-fold defective eigenvalue is known to the k-th root of the unit roundoff only
    error = 1e-8 if len(q) == 2 else 1e-2
    hidden = np.sort(np.abs(np.linalg.eigvals(q)))[::-1]
    second = float(hidden[1]) if len(hidden) > 1 else 0.0
    estimates = {_SECOND: Estimate(float(moduli[1]), 1e-2) if len(moduli) > 1 else Estimate(0.0, 0.0)}
    estimates |= {_HIDDEN: Estimate(second, error), _GAP: Estimate(1 - second, error)}
    states, observations = sample_model(q, g, values["length"], 64)
    start = min(1.0, 8 / (values["length"] * max(1 - second, 1e-9)))
    estimates |= _frequencies(states, len(q), "x", start) | _frequencies(observations, g.shape[1], "y", start)
    return NumericView(estimates, (_forgetting(q, joint, g.shape[1], second), _sample_plot(states, observations)))


@double_precision
def sample_model(q: np.ndarray, g: np.ndarray, length: int, chains: int) -> tuple[np.ndarray, np.ndarray]:
    """(states, observations), each (chains, length), from T, started in uniformly drawn states; a sample."""
    log_q, log_g = (jnp.log(jnp.asarray(matrix)) for matrix in (q, g))

    def step(state: Any, key: Any) -> Any:
        hidden, seen = jax.random.split(key)
        moved = jax.random.categorical(hidden, log_q[state])
        return moved, (moved, jax.random.categorical(seen, log_g[moved]))

    def chain(key: Any) -> Any:
        first, rest = jax.random.split(key)
        start = jax.random.randint(first, (), 0, len(q))
        return jax.lax.scan(step, start, jax.random.split(rest, length))[1]

    states, observations = jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(0), chains))
    return np.asarray(states), np.asarray(observations)


def _frequencies(sample: np.ndarray, count: int, letter: str, start: float) -> dict[str, Estimate]:
    """Frequencies over time; the error is the spread between chains, and `start` for the law they start from."""
    found = {}
    for k in range(count):
        share = (sample == k).mean(axis=1)
        error = 6 * float(share.std(ddof=1)) / np.sqrt(len(sample)) + start
        found[f"P({letter} = {k + 1})"] = Estimate(float(share.mean()), error)
    return found


def _forgetting(q: np.ndarray, joint: np.ndarray, observations: int, second: float) -> Plot:
    """Total variation between the laws of (x_k, y_k) from the first and from the last state."""
    rows = np.zeros((2, len(joint)))
    rows[0, 0], rows[1, -1] = 1.0, 1.0
    distances = []
    for _ in range(41):
        distances.append(float(np.abs(rows[0] - rows[1]).sum() / 2))
        rows = rows @ joint
    steps, distance = np.arange(41), np.array(distances)
    bound = second**steps
    seen, shown = distance > 1e-15, bound > 1e-15
    return Plot(
        "Two starts are forgotten",
        "step k",
        "distance in total variation",
        (
            Series("path", steps[seen], distance[seen], "joint law from two starts"),
            Series("dashed", steps[shown], bound[shown], f"|lambda_2|^k, |lambda_2| = {second:.4g}"),
        ),
        f"The distance between the joint laws from two starts is {distance[0]:.3g} at first and "
        f"{distance[-1] if seen[-1] else 0.0:.3g} after 40 steps; the second largest modulus of the hidden chain, with "
        f"{counted(observations, 'observation')} or one, is {second:.4g}.",
        {"log_y": True},
    )


def _sample_plot(states: np.ndarray, observations: np.ndarray) -> Plot:
    count = min(80, states.shape[1])
    steps = np.arange(count)
    return Plot(
        "A sample of the model",
        "step k",
        "number of the state, of the observation",
        (
            Series("line", steps, states[0, :count] + 1.0, "hidden state"),
            Series("points", steps, observations[0, :count] + 1.0, "observation"),
        ),
        f"The first {count} hidden states and observations of one sampled chain.",
        {"legend": "outside"},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    """1 is taken out by T - 1 pi: the other eigenvalues stay, and 1 becomes 0 [A. Brauer, Duke Math. J. 19 (1952)]."""
    q, g = _model(values)
    law = [Fraction(int(p.p), int(p.q)) for p in stationary_law(sympy_matrix(q))]
    n, m = len(q), len(g[0])
    hidden = [[q[x][z] - law[z] for z in range(n)] for x in range(n)]
    joint = [[hidden[x][z] * g[z][w] for z in range(n) for w in range(m)] for x in range(n) for _ in range(m)]
    second = spectral_radius(rational_ball(np.array(joint, dtype=object)))
    own = spectral_radius(rational_ball(np.array(hidden, dtype=object)))
    both = second.intersect(own)
    proved: dict[str, Any] = {_SECOND: both, _HIDDEN: both, _GAP: _one_minus(both)}
    observed = [sum((law[x] * g[x][y] for x in range(n)), Fraction(0)) for y in range(m)]
    named = [("x", k, p) for k, p in enumerate(law)] + [("y", k, p) for k, p in enumerate(observed)]
    proved |= {f"P({letter} = {k + 1})": rational_ball(p).enclosure() for letter, k, p in named}
    return CertifiedView((_task(law, q, g, hidden, joint),), proved)


def _task(law: list[Fraction], q: Matrix, g: Matrix, hidden: list[list[Fraction]], joint: list[list[Fraction]]) -> Task:
    """The law is stationary, exactly; the law of what is seen; the spectra of both kernels without the eigenvalue 1."""
    n, m = len(q), len(g[0])
    formulas: dict[str, Any] = {f"P(x = {x + 1})": p for x, p in enumerate(law)}
    for y in range(m):
        formulas[f"P(y = {y + 1})"] = ["+", *(["*", ["value", x + 1], g[x][y]] for x in range(n))]
    formulas[_SECOND] = ["radius", joint]
    formulas[_HIDDEN] = ["radius", hidden]
    formulas[_GAP] = ["+", 1, minus(["value", n + m + 1])]
    stationary = [
        (["+", *(["*", ["value", x + 1], q[x][z]] for x in range(n))], "=", ["value", z + 1]) for z in range(n)
    ]
    whole = (["+", *(["value", x + 1] for x in range(n))], "=", 1)
    return values_task("stationary law and spectrum", formulas, [*stationary, whole])


def _one_minus(value: Enclosure) -> Enclosure:
    lower, upper = float(np.nextafter(1 - value.upper, -np.inf)), float(np.nextafter(1 - value.lower, np.inf))
    return Enclosure(lower, upper)


def _read_stochastic(value: Any, name: str) -> Matrix:
    """Rows of probabilities with sum 1."""
    matrix = rational_matrix(6)(value, name)
    for number, row in enumerate(matrix):
        if min(row) < 0 or sum(row) != 1:
            raise InputError(
                f"{name} must have rows of probabilities with sum 1, but row {number + 1} is "
                f"{', '.join(str(shown(entry)) for entry in row)} with sum {shown(sum(row))}; write fractions such as "
                "1/3, or decimals as text: a float is a fraction of a power of two"
            )
    return matrix


def _read_transition(value: Any, name: str) -> Matrix:
    matrix = _read_stochastic(value, name)
    if len(matrix) != len(matrix[0]):
        raise InputError(f"{name} must be square, but has shape {len(matrix)} x {len(matrix[0])}")
    return matrix


CASE = case_of(
    "hmm",
    readers={
        "transition": _read_transition,
        "emission": _read_stochastic,
        "length": whole_number(100, 100_000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_SECOND, "7/10", "trace of Q minus 1"),
        Known("P(x = 1)", "2/3", "(1/5) / (1/10 + 1/5)"),
        Known("P(y = 1)", "11/30", "2/3 1/2 + 1/3 1/10"),
    ),
)
