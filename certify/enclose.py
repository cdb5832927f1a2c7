"""Proved values of a JAX function at exact numbers or balls."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.program.affine import affine_values
from certify.program.arb import exact_arb, to_arb, to_ball, to_bounds
from certify.program.cost import is_small
from certify.program.evaluate import Undecided, evaluate, number_system
from certify.program.tracing import is_argument, is_static, trace_with_structure
from foundation import InputError, plain_array, real_array
from foundation.arb_precision import arb_precision
from foundation.exact_numbers import nearest_float


@final
@dataclass(frozen=True, eq=False)
class ArbEnclosure:
    """Proved values at any precision: `values` is an object array of `flint.arb`, and every exact value lies inside."""

    values: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def lower(self) -> np.ndarray:
        """Lower bounds as floats, rounded down."""
        return to_bounds(self.values)[0]

    @property
    def upper(self) -> np.ndarray:
        """Upper bounds as floats, rounded up."""
        return to_bounds(self.values)[1]

    def ball(self) -> Ball:
        """The values as float64 balls, rounded outward."""
        return to_ball(self.values)


def enclose(
    function: Callable[..., Any], *arguments: Any, precision: int | None = None, undecided: Undecided = "raise"
) -> Any:
    """Proved enclosures of `function(*arguments)`, the function of real numbers that the JAX code describes.

    arguments: pytrees of floats (taken as exact numbers), integers, `Ball`s and exact numbers of other libraries
    (`fractions.Fraction`, `Decimal`, SymPy's, FLINT's, mpmath's; in object arrays too). precision: None for float64
    balls, else the bits of Arb balls. Without a precision, a small program at exact arguments is evaluated in Arb all
    the same and rounded outward: to an ulp or two. Over boxes, what is affine in the arguments (differences, means,
    products with constant matrices) has its exact range up to rounding. undecided: a branch on a comparison that the
    balls cannot decide raises `UndecidedBranch`, or takes the hull of both branches ("split"). Returns the result's
    pytree with `Ball`s (`ArbEnclosure`s with `precision`), which have `.lower` and `.upper`; integers and decided
    booleans are arrays. Raises `InputError` on NaN, infinities, points outside a function's domain and primitives that
    cannot be enclosed. Poles inside of a box are no such points: 1/x over [-1, 1] is unbounded, and sin(1/x) over it is
    enclosed wherever it has a value. The rounding of the floating-point program is not part of the function.
    """
    import jax

    number_system(precision)
    given = [
        _argument(leaf, precision) for leaf in jax.tree.leaves(arguments, is_leaf=is_argument) if not is_static(leaf)
    ]
    shaped = jax.tree.map(_example, arguments, is_leaf=is_argument)
    program, rebuild = trace_with_structure(function, *shaped)
    if precision is None and is_small(program) and all(x.is_exact for x in given if isinstance(x, Ball)):
        values = evaluate(program, given, undecided=undecided, precision=_POINT_PRECISION)
        return rebuild([to_ball(value) if _is_arb(value) else value for value in values])
    known = affine_values(program, given) if precision is None else {}
    values = evaluate(program, given, undecided=undecided, precision=precision, known=known)
    return rebuild([ArbEnclosure(value) if _is_arb(value) else value for value in values])


# Bits with which small programs are evaluated at points: far beyond float64, so that cancellation does not show.
_POINT_PRECISION = 160


def _is_arb(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def _example(leaf: Any) -> Any:
    """A leaf that a function can be traced at: what matters is the shape."""
    if isinstance(leaf, Ball):
        return leaf.mid
    array = np.asarray(leaf)
    return np.zeros(array.shape) if array.dtype == object and not is_static(leaf) else leaf


def _argument(leaf: Any, precision: int | None) -> Any:
    if isinstance(leaf, Ball):
        return leaf if precision is None else to_arb(leaf)
    given = plain_array(leaf, "an argument")
    if given.dtype.kind in "biu":
        return given
    array = real_array(given, "an argument")
    if array.dtype != object:
        return Ball.exact(array) if precision is None else to_arb(Ball.exact(array))
    if precision is not None:
        return np.asarray(np.frompyfunc(lambda x: _arb(x, precision), 1, 1)(array), dtype=object)
    bounds = np.frompyfunc(_nearest_floats, 1, 2)(array)
    return Ball.from_bounds(*(np.asarray(bound, np.float64) for bound in bounds))


def _arb(value: Any, precision: int) -> Any:
    """An Arb ball around a rational number, or between two."""
    if not isinstance(value, tuple):
        return exact_arb(value, precision)
    with arb_precision(precision):
        return exact_arb(value[0], precision).union(exact_arb(value[1], precision))


def _nearest_floats(value: Any) -> tuple[float, float]:
    """The largest float below and the smallest above a rational number (or pair of them); equal when it is a float."""
    if isinstance(value, tuple):
        return _nearest_floats(value[0])[0], _nearest_floats(value[1])[1]
    near = nearest_float(value)
    if math.isinf(near):
        raise InputError(f"the argument {value} is beyond the range of float64; pass a precision in bits")
    if Fraction(near) == value:
        return near, near
    other = float(np.nextafter(near, np.inf if value > Fraction(near) else -np.inf))
    return min(near, other), max(near, other)
