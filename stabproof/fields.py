"""What a user calls a field: a JAX function or SymPy expressions, made a program."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np

from certify.arithmetic import ball
from certify.program import Program, trace
from foundation import InputError
from stabproof.symbolic_input import is_symbolic, is_symbolic_matrix

Kind: TypeAlias = Literal["flow", "map"]


def field_program(field: Any, x: np.ndarray, variables: Any = None) -> Program:
    """The square program (n,) -> (n,) of a field, traced at the shape of x or written from SymPy expressions."""
    if is_symbolic(field):
        from stabproof.expressions import expression_list, ordered_variables, program_of

        expressions = expression_list(field)
        symbols = ordered_variables(expressions, variables)
        if len(symbols) != x.size:
            raise InputError(f"the field has {len(symbols)} components, but x has {x.size} entries")
        return program_of(expressions, symbols)
    if variables is not None:
        raise InputError("variables name the symbols of SymPy expressions, but the field is a function")
    if not callable(field):
        raise InputError(f"field must be a JAX function or SymPy expressions, but is {field!r:.80}")
    return _checked(trace(_vector(field), np.zeros(x.shape), near=[x]), x)


def start_point(x: Any) -> np.ndarray:
    """x as the floats next to it: (n,), from numbers of any type that `exact_number` reads, or a SymPy column."""
    point = ball(list(x) if is_symbolic_matrix(x) else x, "x").mid
    point = point.reshape(-1) if point.ndim == 0 else np.array(point)
    if point.ndim != 1 or point.size == 0:
        raise InputError(f"x must be a vector of n >= 1 numbers, but has shape {point.shape}")
    return point


def _vector(field: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The field with its components in one array: it may return a list of them."""

    def joined(x: Any) -> Any:
        import jax.numpy as jnp

        value = field(x)
        return jnp.stack([jnp.asarray(v) for v in value]) if isinstance(value, list | tuple) else value

    return joined


def _checked(program: Program, x: np.ndarray) -> Program:
    shapes = [signature.shape for signature in program.output_signatures]
    if len(shapes) != 1 or shapes[0] != x.shape:
        found = shapes[0] if len(shapes) == 1 else shapes
        raise InputError(f"the field maps shape {x.shape} to {found}; an equilibrium needs a square field")
    if not program.output_signatures[0].is_real:
        raise InputError("the field's values are not real numbers; return an array of floats")
    return program
