"""What a user calls a function of x: a JAX function or SymPy expressions, as programs of one vector."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from certify.program import Program, trace
from certify.program.builder import Builder
from foundation import InputError
from stabproof.symbolic_input import is_symbolic, is_symbolic_matrix


def scalar_program(function: Any, dimension: int, variables: Any, name: str) -> Program:
    """The program (d,) -> scalar of a JAX function that returns one number, or of one SymPy expression."""
    if is_symbolic(function):
        return _reshaped(_expression_program(function, dimension, variables, name, single=True), ())
    program = _traced(function, dimension, variables, name)
    shapes = [signature.shape for signature in program.output_signatures]
    if len(shapes) != 1 or math.prod(shapes[0]) != 1 or not program.output_signatures[0].is_real:
        found = shapes[0] if len(shapes) == 1 else shapes
        raise InputError(f"{name} must return one real number for x of shape ({dimension},), but returns shape {found}")
    return _reshaped(program, ())


def vector_program(function: Any, dimension: int, variables: Any, name: str) -> Program:
    """The program (d,) -> (k,) of a JAX function that returns numbers, an array or a list, or of SymPy expressions."""
    if is_symbolic(function):
        return _expression_program(function, dimension, variables, name, single=False)
    program = _traced(_joined(function), dimension, variables, name)
    if len(program.outputs) != 1 or not program.output_signatures[0].is_real:
        raise InputError(f"{name} must return real numbers for x of shape ({dimension},)")
    return _reshaped(program, (program.output_signatures[0].size,))


def matrix_program(metric: Any, dimension: int, variables: Any, name: str) -> Program:
    """The program (n,) -> (n, n) of a constant matrix, of a JAX function, or of a SymPy matrix."""
    shape = (dimension, dimension)
    if is_symbolic_matrix(metric):
        if metric.shape != shape:
            raise InputError(f"{name} must have shape {shape}, but has shape {metric.shape}")
        return _reshaped(_expression_program(list(metric), dimension, variables, name, single=False), shape)
    if not callable(metric):
        from foundation import finite_array

        array = finite_array(metric, name)
        if array.shape != shape or not np.array_equal(array, array.T):
            raise InputError(f"{name} must be a symmetric matrix of shape {shape}, but has shape {array.shape}")
        return _constant(array)
    program = _traced(metric, dimension, variables, name)
    shapes = [signature.shape for signature in program.output_signatures]
    if shapes != [shape] or not program.output_signatures[0].is_real:
        raise InputError(f"{name} must return a matrix of shape {shape} for x of shape ({dimension},), not {shapes}")
    return program


def _traced(function: Any, dimension: int, variables: Any, name: str) -> Program:
    if variables is not None:
        raise InputError(f"variables name the symbols of a SymPy expression, but the {name} is a function")
    if not callable(function):
        raise InputError(f"{name} must be a JAX function or a SymPy expression, but is {function!r:.80}")
    return trace(function, np.zeros(dimension))


def _joined(function: Any) -> Callable[[Any], Any] | Any:
    if not callable(function):
        return function

    def joined(x: Any) -> Any:
        import jax.numpy as jnp

        value = function(x)
        return jnp.stack([jnp.asarray(v) for v in value]) if isinstance(value, list | tuple) else value

    return joined


def _expression_program(function: Any, dimension: int, variables: Any, name: str, single: bool) -> Program:
    import sympy

    from stabproof.expressions import _natural, expression_list, program_of

    expressions = expression_list(function)
    if single and len(expressions) != 1:
        raise InputError(f"{name} must be one SymPy expression, but holds {len(expressions)}")
    free = sorted(set().union(*(e.free_symbols for e in expressions)), key=_natural)
    chosen = free if variables is None else [variables] if isinstance(variables, sympy.Symbol) else list(variables)
    missing = [str(symbol) for symbol in free if symbol not in chosen]
    if missing:
        raise InputError(f"the symbols {', '.join(missing)} are not variables; substitute numbers for parameters")
    if len(chosen) != dimension:
        names = ", ".join(map(str, chosen)) or "none"
        raise InputError(f"the box has {dimension} pairs, but the variables are {names}; pass variables=[...] in order")
    return program_of(expressions, chosen)


def _reshaped(program: Program, shape: tuple[int, ...]) -> Program:
    """The program with its one array in another shape."""
    builder = Builder()
    values = builder.inline(program, [builder.input(signature) for signature in program.inputs])
    shaped = builder.program([builder.emit("reshape", values[program.outputs[0]], shape=shape)])
    return replace(shaped, record=program.record)


def _constant(array: np.ndarray) -> Program:
    from certify.program import Signature

    builder = Builder()
    builder.input(Signature((len(array),)))
    return builder.program([builder.constant(array)])
