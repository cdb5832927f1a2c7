"""Small networks with data that they interpolate at parameters with independent gradients."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from stabproof.testing.strategies.known import KnownMinimum
from stabproof.testing.strategies.known_networks import (
    linear_minimum,
    polynomial_minimum,
    tanh_condition,
    tanh_minimum,
)
from stabproof.testing.strategies.sizes import InvalidSetting, whole
from stabproof.testing.warm import warmed

# Of the estimated Gram matrix: a network beyond it is too near dependent gradients for a proof without searching.
_WORST_CONDITION = 1e6

_SMALL = st.integers(-2, 2)
_NONZERO = st.sampled_from([1, 2, 3, -1, -2, -3])
_SPAN = "the gradients span 1, x and x^2 only"


def interpolating_problems() -> st.SearchStrategy[KnownMinimum]:
    """Polynomial, linear and tanh networks at interpolating minima; see each of them."""
    return st.one_of(polynomial_problems(), linear_problems(), tanh_problems())


def polynomial_problems(max_examples: int = 3, max_width: int = 3) -> st.SearchStrategy[KnownMinimum]:
    """f(x) = c + sum_k v_k (w_k x + b_k)^2 with integer parameters and inputs: loss and Gram matrix are exact.

    At most three examples: the gradients span 1, x and x^2 because no v_k, w_k is zero, so they are independent.
    """
    most, widest = whole(max_examples, "max_examples", 3, _SPAN), whole(max_width, "max_width")
    units = st.lists(st.tuples(_NONZERO, _SMALL, _NONZERO), min_size=1, max_size=widest)
    inputs = st.lists(st.integers(-3, 3), min_size=1, max_size=most, unique=True)
    return warmed(st.builds(_polynomial, units, _SMALL, inputs))


def linear_problems(max_examples: int = 2, max_outputs: int = 2) -> st.SearchStrategy[KnownMinimum]:
    """f(x) = V W x, two layers of width two on two inputs, with integer parameters: loss and Gram matrix are exact."""
    reason = "the networks have two inputs and two hidden units"
    most = whole(max_examples, "max_examples", 2, reason)
    outputs = whole(max_outputs, "max_outputs", 2, reason)
    square = st.tuples(_SMALL, _SMALL, _SMALL, _SMALL)
    regular = st.tuples(_SMALL, _SMALL, _NONZERO, _NONZERO)
    return warmed(st.builds(_linear, st.integers(1, most), st.integers(1, outputs), square, regular, regular))


def tanh_problems(max_examples: int = 3, max_width: int = 4) -> st.SearchStrategy[KnownMinimum]:
    """f(x) = c + sum_k v_k tanh(w_k x + b_k) with targets computed in floating point, so that they fit to rounding.

    An exact minimum lies nearby: that is for the certificate to prove. At least as many units as examples; networks
    whose Gram matrix is nearly singular are left out.
    """
    most = whole(max_examples, "max_examples", 9, "the inputs are -1, -3/4, ..., 1")
    widest = whole(max_width, "max_width")
    if most > widest:
        raise InvalidSetting(
            f"max_examples is {most}, but {widest} units fit {widest} examples at most: raise max_width"
        )
    points = st.lists(st.integers(-4, 4), min_size=1, max_size=most, unique=True)
    units = st.tuples(_NONZERO, _SMALL, _NONZERO)
    return warmed(
        points.flatmap(
            lambda inputs: st.builds(_tanh, st.just(inputs), st.lists(units, min_size=len(inputs), max_size=widest))
        )
    )


def _polynomial(units: list[tuple[int, int, int]], constant: int, inputs: list[int]) -> KnownMinimum:
    w, b, v = (list(column) for column in zip(*units, strict=True))
    return polynomial_minimum(w, b, v, constant, inputs)


def _linear(
    count: int, outputs: int, square: tuple[int, ...], second: tuple[int, ...], inputs: tuple[int, ...]
) -> KnownMinimum:
    first = np.eye(2) + np.reshape(square, (2, 2))
    return linear_minimum(first, _regular(*second)[:outputs], _regular(*inputs)[:count])


def _regular(a: int, b: int, c: int, d: int) -> np.ndarray:
    """[[1, 0], [a, 1]] [[c, b], [0, d]], of determinant c d."""
    return np.array([[c, b], [a * c, a * b + d]], float)


def _tanh(inputs: list[int], units: list[tuple[int, int, int]]) -> KnownMinimum:
    w, b, v = np.array(units, float).T / np.array([[2.0], [4.0], [2.0]])
    points = np.array(inputs, float) / 4
    assume(tanh_condition(w, b, v, points) <= _WORST_CONDITION)
    return tanh_minimum(w, b, v, points)
