"""Fields f(t, x) that depend on time: a JAX function of two arguments, or SymPy expressions, made a program."""

from typing import Any

import numpy as np

from certify.program import Program, Signature, trace
from certify.program.builder import Builder
from foundation import InputError
from stabproof.symbolic_input import is_symbolic


def timed_field_program(field: Any, x: np.ndarray, variables: Any = None) -> Program:
    """The program (), (n,) -> (n,) of f(t, x); SymPy's `variables` are t and then the n components of x."""
    if is_symbolic(field):
        from stabproof.expressions import expression_list

        return _symbolic(expression_list(field), x, variables)
    if variables is not None:
        raise InputError("variables name the symbols of SymPy expressions, but the field is a function")
    if not callable(field):
        raise InputError(f"field must be a JAX function f(t, x) or SymPy expressions, but is {field!r:.80}")
    program = trace(_vector(field), 0.0, np.zeros(x.shape), near=[0.0, x])
    shapes = [signature.shape for signature in program.output_signatures]
    if shapes != [x.shape] or not program.output_signatures[0].is_real:
        raise InputError(f"the field maps (t, x) of shape {x.shape} to {shapes}; a flow needs a square field")
    return program


def _symbolic(expressions: list[Any], x: np.ndarray, variables: Any) -> Program:
    import sympy

    from stabproof.expressions import program_of

    chosen = list(variables) if isinstance(variables, list | tuple) else []
    distinct = len(set(chosen)) == len(chosen) == x.size + 1
    if len(expressions) != x.size or not distinct or not all(isinstance(v, sympy.Symbol) for v in chosen):
        raise InputError(
            f"a field that depends on time needs {x.size} expressions and variables=[t, x_1, ..., x_{x.size}], but got "
            f"{len(expressions)} expressions and variables={variables!r}"
        )
    unknown = sorted(str(s) for s in set().union(*(e.free_symbols for e in expressions)) - set(chosen))
    if unknown:
        raise InputError(f"the symbols {', '.join(unknown)} are not variables; substitute numbers for parameters")
    inner = program_of(expressions, chosen)
    builder = Builder()
    time, state = builder.input(Signature(())), builder.input(Signature((x.size,)))
    joined = builder.emit("concatenate", builder.emit("reshape", time, shape=(1,)), state, axis=0)
    values = builder.inline(inner, [joined])
    return builder.program([values[inner.outputs[0]]])


def _vector(field: Any) -> Any:
    """The field with its components in one array: it may return a list of them."""

    def joined(t: Any, x: Any) -> Any:
        import jax.numpy as jnp

        value = field(t, x)
        return jnp.stack([jnp.asarray(v) for v in value]) if isinstance(value, list | tuple) else value

    return joined
