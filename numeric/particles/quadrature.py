"""Quadrature over Gaussian measures and spheres: products of one-dimensional Gauss rules; estimates."""

import functools
import math

import numpy as np
import scipy.special
from jaxtyping import Float64

from foundation import InputError, positive_integer, positive_number

_MOST_NODES = 2_000_000

Rule = tuple[Float64[np.ndarray, "m d"], Float64[np.ndarray, " m"]]


def gaussian_rule(dimension: int, nodes: int, variance: float = 1.0) -> Rule:
    """Points (m, d) and weights (m,), sum 1, of N(0, variance I): exact for degree 2 nodes - 1 in each coordinate."""
    count, deviation = _size(dimension, nodes), math.sqrt(positive_number(variance, "variance"))
    line, weights = scipy.special.roots_hermitenorm(nodes)
    points = np.stack(np.meshgrid(*[line * deviation] * dimension, indexing="ij"), axis=-1).reshape(count, dimension)
    product = functools.reduce(np.multiply.outer, [weights / weights.sum()] * dimension)
    return points, np.asarray(product).reshape(count)


def sphere_rule(dimension: int, nodes: int) -> Rule:
    """Points (m, d) and weights (m,), sum 1, of the uniform law on |x|^2 = d, d >= 2: exact to degree 2 nodes - 1.

    x_k = r u with the Gegenbauer rule for (1 - u^2)^((d - k)/2 - 1), r what is left of the radius; the last circle in
    2 nodes equal steps [A. Stroud, Approximate Calculation of Multiple Integrals, section 2.7].
    """
    if positive_integer(dimension, "dimension") < 2:
        raise InputError(f"a sphere needs dimension 2 or more, but dimension is {dimension}")
    _size(dimension - 1, nodes)
    angles = math.pi * (np.arange(2 * nodes) + 0.5) / nodes
    points, weights = np.stack([np.cos(angles), np.sin(angles)], axis=1), np.full(2 * nodes, 0.5 / nodes)
    for ambient in range(3, dimension + 1):
        u, w = scipy.special.roots_gegenbauer(nodes, ambient / 2 - 1)
        ring = np.sqrt(1 - u**2)[:, None, None] * points[None]
        first = np.broadcast_to(u[:, None, None], (*ring.shape[:2], 1))
        points = np.concatenate([first, ring], axis=2).reshape(-1, ambient)
        weights = np.multiply.outer(w / w.sum(), weights).ravel()
    return points * math.sqrt(dimension), weights


def _size(dimension: int, nodes: int) -> int:
    count = positive_integer(nodes, "nodes") ** positive_integer(dimension, "dimension")
    if count > _MOST_NODES:
        raise InputError(
            f"{nodes} nodes in dimension {dimension} are {count} points; at most {_MOST_NODES} are allowed"
        )
    return count
