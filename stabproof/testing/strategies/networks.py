"""Small networks with data that they interpolate at parameters with independent gradients."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from flint import fmpz_mat
from hypothesis import assume
from hypothesis import strategies as st
from jaxtyping import Array, Float

from numeric import Regression
from stabproof.testing.strategies.known import KnownMinimum
from stabproof.testing.strategies.sizes import size_range

# Of the estimated Gram matrix: a network beyond it is too near dependent gradients for a proof without searching.
_WORST_CONDITION = 1e6


def interpolating_problems() -> st.SearchStrategy[KnownMinimum]:
    """Polynomial, linear and tanh networks at interpolating minima; see each of them."""
    return st.one_of(polynomial_problems(), linear_problems(), tanh_problems())


@st.composite
def polynomial_problems(draw: st.DrawFn, max_examples: int = 3, max_width: int = 3) -> KnownMinimum:
    """f(x) = c + sum_k v_k (w_k x + b_k)^2 with integer parameters and inputs: loss and Gram matrix are exact.

    At most three examples: the gradients span 1, x and x^2 because no v_k, w_k is zero, so they are independent.
    """
    count = draw(st.integers(1, min(size_range(1, max_examples)[1], 3)))
    width = draw(st.integers(1, size_range(1, max_width)[1]))
    inputs = np.array(draw(st.lists(st.integers(-3, 3), min_size=count, max_size=count, unique=True)), float)
    weights, outer = draw(_nonzero(width)), draw(_nonzero(width))
    biases = draw(_whole_numbers(width))
    params = {"w": weights, "b": biases, "v": outer, "c": np.array(float(draw(st.integers(-2, 2))))}
    hidden = np.outer(inputs, weights) + biases
    slope = 2 * outer * hidden
    rows = np.hstack([slope * inputs[:, None], slope, hidden**2, np.ones((count, 1))])
    problem = Regression(_polynomial, params, inputs, hidden**2 @ outer + params["c"])
    return KnownMinimum(problem, rows @ rows.T, f"polynomial network of width {width}")


@st.composite
def linear_problems(draw: st.DrawFn, max_examples: int = 2, max_outputs: int = 2) -> KnownMinimum:
    """f(x) = V W x, two layers of width two on two inputs, with integer parameters: loss and Gram matrix are exact."""
    count = draw(st.integers(1, min(size_range(1, max_examples)[1], 2)))
    outputs = draw(st.integers(1, min(size_range(1, max_outputs)[1], 2)))
    inputs = np.eye(2)[:count] + np.array([draw(_whole_numbers(2)) for _ in range(count)])
    first = np.eye(2) + np.array([draw(_whole_numbers(2)) for _ in range(2)])
    second = np.eye(2)[:outputs] + np.array([draw(_whole_numbers(2)) for _ in range(outputs)])
    hidden = inputs @ first.T
    # d f_a / d V_aj = h_j and d f_a / d W_ji = V_aj x_i, so K = (h.h') delta_ab + (x.x') (V V^T)_ab
    gram = np.kron(hidden @ hidden.T, np.eye(outputs)) + np.kron(inputs @ inputs.T, second @ second.T)
    assume(fmpz_mat([[int(x) for x in row] for row in gram]).det() != 0)
    problem = Regression(_linear, {"W": first, "V": second}, inputs, hidden @ second.T)
    return KnownMinimum(problem, gram, f"linear network with {outputs} outputs")


@st.composite
def tanh_problems(draw: st.DrawFn, max_examples: int = 3, max_width: int = 4) -> KnownMinimum:
    """f(x) = c + sum_k v_k tanh(w_k x + b_k) with targets computed in floating point, so that they fit to rounding.

    An exact minimum lies nearby: that is for the certificate to prove. At least as many units as examples; networks
    whose Gram matrix is nearly singular are left out.
    """
    count = draw(st.integers(1, size_range(1, max_examples)[1]))
    width = draw(st.integers(count, max(count, size_range(1, max_width)[1])))
    inputs = np.array(draw(st.lists(st.integers(-4, 4), min_size=count, max_size=count, unique=True)), float) / 4
    weights, outer = draw(_nonzero(width)) / 2, draw(_nonzero(width)) / 2
    biases = draw(_whole_numbers(width)) / 4
    params = {"w": weights, "b": biases, "v": outer, "c": np.array(0.0)}
    hidden = np.tanh(np.outer(inputs, weights) + biases)
    slope = outer * (1 - hidden**2)
    rows = np.hstack([slope * inputs[:, None], slope, hidden, np.ones((count, 1))])
    assume(np.linalg.cond(rows @ rows.T) <= _WORST_CONDITION)
    problem = Regression(_tanh, params, inputs, hidden @ outer)
    return KnownMinimum(problem, None, f"tanh network of width {width}")


def _polynomial(params: dict[str, Any], x: Float[Array, ""]) -> Float[Array, ""]:
    return params["c"] + params["v"] @ (params["w"] * x + params["b"]) ** 2


def _linear(params: dict[str, Any], x: Float[Array, " n"]) -> Float[Array, " q"]:
    return params["V"] @ (params["W"] @ x)


def _tanh(params: dict[str, Any], x: Float[Array, ""]) -> Float[Array, ""]:
    return params["c"] + params["v"] @ jnp.tanh(params["w"] * x + params["b"])


def _whole_numbers(size: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.integers(-2, 2), min_size=size, max_size=size).map(lambda x: np.array(x, float))


def _nonzero(size: int) -> st.SearchStrategy[np.ndarray]:
    entries = st.sampled_from([1, 2, 3, -1, -2, -3])
    return st.lists(entries, min_size=size, max_size=size).map(lambda x: np.array(x, float))
