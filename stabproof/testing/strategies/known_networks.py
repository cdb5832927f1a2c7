"""Small networks at parameters that interpolate their data, built from the numbers that a failing test prints."""

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from foundation import InputError, finite_array
from numeric import Regression
from stabproof.testing.strategies.known import KnownMinimum
from stabproof.testing.strategies.typed import call

# Below it every integer is a float. The diagonal of J J^T bounds all the sums that lead to an entry of it.
_EXACT = 2.0**53


def polynomial_minimum(w: Any, b: Any, v: Any, c: float, inputs: Any) -> KnownMinimum:
    """f(x) = c + sum_k v_k (w_k x + b_k)^2 on data that it interpolates, with its exact Gram matrix.

    w, b, v: k integers each, no v_k, w_k zero; inputs: one to three distinct integers. The gradients with respect to c,
    b_k and w_k are 1, 2 v_k (w_k x + b_k) and x times that, whose values span 1, x and x^2: they are independent.
    """
    arrays = [_integers(value, name) for value, name in ((w, "w"), (b, "b"), (v, "v"), (inputs, "inputs"))]
    weights, biases, outer, points = arrays
    _same_lengths(weights, biases, outer)
    if not 1 <= len(set(points.tolist())) == len(points) <= 3 or not (weights * outer).all():
        raise InputError("a polynomial minimum needs one to three distinct inputs, and no weight w_k or v_k that is 0")
    constant = _integers([c], "c")[0]
    hidden = np.outer(points, weights) + biases
    slope = 2 * outer * hidden
    rows = np.hstack([slope * points[:, None], slope, hidden**2, np.ones((len(points), 1))])
    params = {"w": weights, "b": biases, "v": outer, "c": np.array(constant)}
    problem = _problem(_polynomial, params, points, hidden**2 @ outer + constant, 1)
    typed = call("polynomial_minimum", weights, biases, outer, constant, points)
    return KnownMinimum(problem, _exact(rows @ rows.T), f"polynomial network of width {len(weights)}", typed)


def linear_minimum(first: Any, second: Any, inputs: Any) -> KnownMinimum:
    """f(x) = V W x, V = second (q, h), W = first (h, n), on inputs (N, n) that it interpolates, with its Gram matrix.

    Integers throughout; the rows of V and of the inputs must be independent, and then so are the gradients:
    d f_a / d V_aj = h_j and d f_a / d W_ji = V_aj x_i, hence K = (h . h') delta_ab + (x . x') (V V^T)_ab.
    """
    w, v, points = (_integers(value, name, 2) for value, name in ((first, "W"), (second, "V"), (inputs, "inputs")))
    if v.shape[1:] != w.shape[:1] or points.shape[1:] != w.shape[1:]:
        raise InputError(f"V {v.shape}, W {w.shape} and inputs {points.shape} do not fit together")
    for rows, name in ((v, "V"), (points, "the inputs")):
        if _rank(rows) < len(rows):
            raise InputError(f"the rows of {name} must be linearly independent")
    hidden = points @ w.T
    gram = np.kron(hidden @ hidden.T, np.eye(len(v))) + np.kron(points @ points.T, v @ v.T)
    problem = _problem(_linear, {"W": w, "V": v}, points, hidden @ v.T, len(v))
    typed = call("linear_minimum", w, v, points)
    return KnownMinimum(problem, _exact(gram), f"linear network with {len(v)} outputs", typed)


def tanh_minimum(w: Any, b: Any, v: Any, inputs: Any) -> KnownMinimum:
    """f(x) = c + sum_k v_k tanh(w_k x + b_k) at c = 0; its targets are computed in floating point."""
    weights, biases, outer, points = (finite_array(x, n) for x, n in ((w, "w"), (b, "b"), (v, "v"), (inputs, "inputs")))
    _same_lengths(weights, biases, outer)
    hidden = np.tanh(np.outer(points, weights) + biases)
    params = {"w": weights, "b": biases, "v": outer, "c": np.array(0.0)}
    problem = _problem(_tanh, params, points, hidden @ outer, 1)
    typed = call("tanh_minimum", weights, biases, outer, points)
    return KnownMinimum(problem, None, f"tanh network of width {len(weights)}", typed)


def tanh_condition(w: np.ndarray, b: np.ndarray, v: np.ndarray, inputs: np.ndarray) -> float:
    """The condition number of the Gram matrix of `tanh_minimum`; an estimate."""
    hidden = np.tanh(np.outer(inputs, w) + b)
    slope = v * (1 - hidden**2)
    rows = np.hstack([slope * inputs[:, None], slope, hidden, np.ones((len(inputs), 1))])
    return float(np.linalg.cond(rows @ rows.T))


def _problem(predict: Any, params: dict[str, Any], inputs: np.ndarray, targets: np.ndarray, outputs: int) -> Regression:
    """The regression, with whatever was compiled for this network at other parameters and data."""
    names = sorted(params)
    model = _model(predict, tuple((name, params[name].shape) for name in names), outputs)
    return model._moved(np.concatenate([params[name].reshape(-1) for name in names]), inputs, targets)


@functools.cache
def _model(predict: Any, shapes: tuple[tuple[str, tuple[int, ...]], ...], outputs: int) -> Regression:
    nothing = np.zeros((1,))
    return Regression._unchecked(predict, {name: np.zeros(shape) for name, shape in shapes}, nothing, nothing, outputs)


def _integers(value: Any, name: str, ndim: int = 1) -> np.ndarray:
    array = finite_array(value, name)
    if array.ndim != ndim or not array.size or not np.array_equal(array, np.rint(array)):
        raise InputError(f"{name} must be an array of integers with {ndim} axes, but is {value!r}")
    return array


def _exact(gram: np.ndarray) -> np.ndarray:
    if not np.abs(gram).max() < _EXACT:
        raise InputError("these integers are so large that the Gram matrix would be rounded; take smaller ones")
    return gram


def _same_lengths(*arrays: np.ndarray) -> None:
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1:
        raise InputError("w, b and v need one entry each for every unit")


def _rank(rows: np.ndarray) -> int:
    from flint import fmpz_mat

    return int(fmpz_mat([[int(x) for x in row] for row in rows]).rank())


def _polynomial(params: dict[str, Any], x: Float[Array, ""]) -> Float[Array, ""]:
    return params["c"] + params["v"] @ (params["w"] * x + params["b"]) ** 2


def _linear(params: dict[str, Any], x: Float[Array, " n"]) -> Float[Array, " q"]:
    return params["V"] @ (params["W"] @ x)


def _tanh(params: dict[str, Any], x: Float[Array, ""]) -> Float[Array, ""]:
    return params["c"] + params["v"] @ jnp.tanh(params["w"] * x + params["b"])
