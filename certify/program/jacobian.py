"""Proved enclosures of Jacobians and Hessians of programs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from certify.program.evaluate import evaluate, number_system
from certify.program.program import Program
from certify.program.reverse import gradient_program, jacobian_program, pullback
from certify.program.values import rearrange

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

    Shape (q, D), or (N, q, D) with batched arguments (see `evaluate`): q entries of the outputs, D entries of the arguments
    `wrt`, flattened and joined in order. Over balls it encloses every Jacobian at their points and, at kinks of abs, max
    and min, Clarke's generalised Jacobian, so that it may be used in mean-value forms. A selection or a jump that the
    balls cannot decide raises `UndecidedBranch` or gives unbounded entries. Proved; source: `certify.program.reverse`.
    """
    chosen = (wrt,) if isinstance(wrt, int) else tuple(wrt)
    if batch is None and sum(s.size for s in program.output_signatures if s.is_real) > _MANY_ROWS:
        return _by_rows(program, arguments, chosen, precision)
    derived = jacobian_program(program, chosen)
    (result,) = evaluate(derived, arguments, batch=batch, precision=precision)
    return result


def hessian(program: Program, arguments: Sequence[Any], wrt: int = 0, *, precision: int | None = None) -> Any:
    """Enclosure of the Hessian, shape (D, D), of a scalar program with respect to one argument. Proved."""
    return jacobian(gradient_program(program, wrt), arguments, wrt, precision=precision)


def _by_rows(program: Program, arguments: Sequence[Any], wrt: tuple[int, ...], precision: int | None) -> Any:
    """The pullback of all unit vectors together, as examples of one batch."""
    real = [signature for signature in program.output_signatures if signature.is_real]
    sizes = [signature.size for signature in real]
    units = np.split(np.eye(sum(sizes)), np.cumsum(sizes)[:-1], axis=1)
    cotangents = [unit.reshape(-1, *signature.shape) for unit, signature in zip(units, real, strict=True)]
    batch = [False] * len(arguments) + [True] * len(cotangents)
    parts = evaluate(pullback(program, wrt), [*arguments, *cotangents], batch=batch, precision=precision)
    system = number_system(precision)
    flat = [rearrange(system, part, lambda a: a.reshape(a.shape[0], -1)) for part in parts]
    return flat[0] if len(flat) == 1 else system.concatenate(flat, 1)
