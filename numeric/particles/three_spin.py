"""The spherical 3-spin function f(x) = (1/d) sum a_pqr x_p x_q x_r on |x|^2 = d; estimates."""

import math

import jax.numpy as jnp
import numpy as np
import scipy.special
from jaxtyping import Array, Float64

from foundation import positive_integer

_UNIT = 2.0**-10


def three_spin_coefficients(dimension: int, seed: int) -> Float64[np.ndarray, "d d d"]:
    """a_pqr: standard normal numbers from `seed`, rounded to multiples of 2^-10, hence exact short rationals."""
    size = positive_integer(dimension, "dimension")
    drawn = np.random.default_rng(seed).standard_normal((size, size, size))
    return np.asarray(np.round(drawn / _UNIT) * _UNIT)


def permutation_sum(coefficients: Float64[np.ndarray, "d d d"]) -> Float64[np.ndarray, "d d d"]:
    """The sum of a over the six orders of its indices, exact in floats: f(x) = sum_pqr s_pqr x_p x_q x_r / (6 d)."""
    orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    return np.asarray(sum(np.transpose(coefficients, order) for order in orders))


def three_spin_gradient(total: Array, x: Array) -> Array:
    """The gradient of f at the rows of x (m, d), from the permutation sum: (4.6), s(x, x, .) / (2 d)."""
    return jnp.einsum("mpq,mq->mp", jnp.einsum("pqr,mr->mpq", total, x), x) / (2 * x.shape[1])


def three_spin_value(total: Array, x: Array) -> Array:
    """f at the rows of x (m, d): x . grad f / 3, because f is homogeneous of degree three."""
    return jnp.sum(three_spin_gradient(total, x) * x, axis=1) / 3


def sphere_points(count: int, dimension: int, seed: int) -> Float64[np.ndarray, "m d"]:
    """Independent uniform points of |x|^2 = d."""
    drawn = np.random.default_rng(seed).standard_normal((positive_integer(count, "count"), dimension))
    return np.asarray(drawn * math.sqrt(dimension) / np.linalg.norm(drawn, axis=1, keepdims=True))


def half_mean_square(total: Float64[np.ndarray, "d d d"]) -> float:
    """C_f, half the mean of f^2 over the sphere: (6 |s|^2 + 9 |trace s|^2) / (72 (d + 2)(d + 4))."""
    d = len(total)
    trace = np.einsum("ppr->r", total)
    return float((6 * np.sum(total**2) + 9 * np.sum(trace**2)) / (72 * (d + 2) * (d + 4)))


def radial_loss(
    total: Float64[np.ndarray, "d d d"],
    positions: Float64[np.ndarray, "n d"],
    charges: Float64[np.ndarray, " n"],
    rate: float,
) -> float:
    """(1.3) of f and f_n(x) = (1/n) sum c_i exp(rate x . y_i) over the uniform law of |x|^2 = d, in closed form.

    With g(u) = 0F1(; d/2; d u/4), the mean of exp(b . x) is g(|b|^2); F follows from its third derivative by b.
    """
    n, d = positions.shape
    b = rate * positions
    u = np.sum(b**2, axis=1)
    cubic = np.einsum("pqr,ip,iq,ir->i", total, b, b, b)
    linear = b @ np.einsum("ppr->r", total)
    force = (8 * _derivative(u, d, 3) * cubic + 12 * _derivative(u, d, 2) * linear) / (6 * d)
    pairs = np.maximum(u[:, None] + u[None, :] + 2 * b @ b.T, 0.0)
    quadratic = charges @ _derivative(pairs, d, 0) @ charges
    return float(half_mean_square(total) - charges @ force / n + quadratic / (2 * n * n))


def _derivative(square: np.ndarray, dimension: int, order: int) -> np.ndarray:
    half = dimension / 2
    factor = (dimension / 4) ** order / scipy.special.poch(half, order)
    return np.asarray(factor * scipy.special.hyp0f1(half + order, dimension * square / 4))
