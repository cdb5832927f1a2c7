"""A JAX function with its own single precision taken out: what it would compute in float64 throughout.

Optimisers ask for float32 in places of their own (a power of the step count, a mean of gradients), whatever the precision
of the parameters. That rounding is no part of the rule, and no exact function.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from foundation import InputError

_CALLS = {"pjit", "jit", "closed_call", "core_call", "remat", "checkpoint", "custom_jvp_call", "custom_vjp_call"}
_TYPES = ("new_dtype", "dtype", "preferred_element_type")
_SINGLE = ("float32", "float16", "bfloat16")


def in_doubles(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with every number of lower precision held in float64; unchanged where there is none."""

    def exact(*arguments: Any) -> Any:
        closed, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
        if not _mentions(closed.jaxpr):
            return function(*arguments)
        outputs = _run(closed.jaxpr, closed.consts, [_wide(x) for x in jax.tree.leaves(arguments)])
        return jax.tree.unflatten(jax.tree.structure(shape), outputs)

    return exact


def _is_single(value: Any) -> bool:
    return str(getattr(value, "dtype", "")) in _SINGLE


def _wide(value: Any) -> Any:
    return jnp.asarray(value, dtype=jnp.float64) if _is_single(value) else value


def _inner(equation: Any) -> list[Any]:
    """The programs inside of an equation."""
    found = []
    for value in equation.params.values():
        for part in value if isinstance(value, tuple | list) else (value,):
            if isinstance(part, core.ClosedJaxpr):
                found.append(part.jaxpr)
            elif isinstance(part, core.Jaxpr):
                found.append(part)
    return found


def _mentions(jaxpr: Any) -> bool:
    variables = [*jaxpr.invars, *jaxpr.constvars, *(v for e in jaxpr.eqns for v in (*e.invars, *e.outvars))]
    return any(_is_single(v.aval) for v in variables) or any(_mentions(p) for e in jaxpr.eqns for p in _inner(e))


def _run(jaxpr: Any, constants: Any, arguments: Any) -> list[Any]:
    known: dict[Any, Any] = dict(zip(jaxpr.constvars, map(_wide, constants), strict=True))
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        if not isinstance(atom, core.Literal):
            return known[atom]
        return np.float64(atom.val) if _is_single(atom.aval) else atom.val

    for equation in jaxpr.eqns:
        outputs = _step(equation, [read(atom) for atom in equation.invars])
        known |= dict(zip(equation.outvars, outputs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _step(equation: Any, operands: list[Any]) -> Any:
    name, parameters = equation.primitive.name, dict(equation.params)
    if name in _CALLS:
        inner = parameters.get("jaxpr", parameters.get("call_jaxpr"))
        closed = isinstance(inner, core.ClosedJaxpr)
        return _run(inner.jaxpr if closed else inner, inner.consts if closed else (), operands)
    if any(_mentions(program) for program in _inner(equation)):
        raise InputError(f"the optimiser computes in float32 inside of a `{name}`; compute in float64")
    for key in _TYPES:
        if str(np.dtype(parameters[key]) if parameters.get(key) is not None else "") in _SINGLE:
            parameters[key] = np.dtype(np.float64)
    outputs = equation.primitive.bind(*operands, **parameters)
    return outputs if equation.primitive.multiple_results else [outputs]
