"""Proved enclosures of Jacobians and Hessians of programs."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from certify.program.errors import UndecidedBranch
from certify.program.evaluate import converted_arguments, evaluate, number_system
from certify.program.program import Program
from certify.program.regularity import cut_met, has_cuts, moving_equations
from certify.program.reverse import gradient_program, jacobian_program, pullback
from certify.program.values import NumberSystem, Value, rearrange

# With more outputs the rows of the Jacobian are computed as one batch instead of one after the other.
_MANY_ROWS = 16


def jacobian(
    program: Program,
    arguments: Sequence[Any],
    wrt: int | Sequence[int] = 0,
    *,
    batch: Sequence[bool] | None = None,
    precision: int | None = None,
) -> Any:
    """Enclosure of the Jacobian of the outputs with respect to the arguments `wrt`.

    Shape (q, D), or (N, q, D) with batched arguments (see `evaluate`): q entries of the outputs, D entries of the
    arguments `wrt`, flattened and joined in order. Over balls it encloses every Jacobian at their points and, at
    kinks of abs, max and min, Clarke's generalised Jacobian, so that it may be used in mean-value forms. A selection
    or a jump that the balls cannot decide raises `UndecidedBranch` or gives unbounded entries. Proved; source:
    `certify.program.reverse`.
    """
    chosen = (wrt,) if isinstance(wrt, int) else tuple(wrt)
    require_decided(program, arguments, batch=batch, precision=precision)
    if sum(s.size for s in program.output_signatures if s.is_real) > _MANY_ROWS:
        return _by_rows(program, arguments, chosen, batch, precision)
    derived = _derived(program, chosen)
    (result,) = evaluate(derived, arguments, batch=batch, precision=precision)
    return result


def require_decided(
    program: Program, arguments: Sequence[Any], *, batch: Sequence[bool] | None = None, precision: int | None = None
) -> None:
    """Raises `UndecidedBranch` where the balls do not decide a comparison, a position or a conversion to an integer, or
    meet the jump of atan2.

    A derivative's program keeps no selection between parts of equal derivative, such as numbers, and the derivative of
    atan2 is bounded across its cut: it does not see that the function jumps there. To be called before a derivative
    is used in mean-value forms; `jacobian` does.
    """
    if _decides(program):
        evaluate(program, arguments, batch=batch, precision=precision)
    if has_cuts(program):
        met = cut_met(program, arguments, batch, precision)
        if met:
            raise UndecidedBranch(f"the function may jump inside the balls: {met}; shrink the balls")


@functools.lru_cache(maxsize=64)
def _decides(program: Program) -> bool:
    """Whether a value that is no real number, or that is rounded, depends on a real input."""
    moving = (program.equations[position] for position in moving_equations(program))
    return any(equation.primitive == "narrow" or not equation.signature.is_real for equation in moving)


def hessian(program: Program, arguments: Sequence[Any], wrt: int = 0, *, precision: int | None = None) -> Any:
    """Enclosure of the Hessian, shape (D, D), of a scalar program with respect to one argument. Proved."""
    return jacobian(gradient_program(program, wrt), arguments, wrt, precision=precision)


@functools.lru_cache(maxsize=32)
def _derived(program: Program, chosen: tuple[int, ...]) -> Program:
    """The Jacobian's program, kept: a proof evaluates it over several balls."""
    return jacobian_program(program, chosen)


@functools.lru_cache(maxsize=32)
def _pulled(program: Program, chosen: tuple[int, ...]) -> Program:
    """The pullback's program, kept likewise."""
    return pullback(program, chosen)


def _by_rows(
    program: Program,
    arguments: Sequence[Any],
    wrt: tuple[int, ...],
    batch: Sequence[bool] | None,
    precision: int | None,
) -> Any:
    """The pullback of all unit vectors together: each example is repeated for each of them."""
    marks = [False] * len(arguments) if batch is None else list(batch)
    system = number_system(precision)
    given = converted_arguments(system, program, arguments, marks)
    count = max((x.shape[0] for x, mark in zip(given, marks, strict=True) if mark), default=1)
    real = [signature for signature in program.output_signatures if signature.is_real]
    rows = sum(signature.size for signature in real)
    units = np.split(np.eye(rows), np.cumsum([signature.size for signature in real])[:-1], axis=1)
    cotangents = [
        np.tile(u.reshape(rows, *s.shape), (count, *(1,) * len(s.shape))) for u, s in zip(units, real, strict=True)
    ]
    repeated = [_repeated(system, x, rows if mark else 0) for x, mark in zip(given, marks, strict=True)]
    every = [*marks, *(True for _ in cotangents)]
    parts = evaluate(_pulled(program, wrt), [*repeated, *cotangents], batch=every, precision=precision)
    shape = (rows,) if batch is None or not any(batch) else (count, rows)
    flat = [rearrange(system, x, lambda a: a.reshape(*shape, math.prod(a.shape[1:]))) for x in parts]
    return flat[0] if len(flat) == 1 else system.concatenate(flat, len(shape))


def _repeated(system: NumberSystem, x: Value, times: int) -> Value:
    """Each example `times` times; for 0 the array without its batch axis."""
    return rearrange(system, x, lambda a: np.repeat(a, times, axis=0) if times else a[0])
