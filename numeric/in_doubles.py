"""A JAX function with its own single precision and its guards against infinities taken out.

Optimisers ask for float32 in places of their own (a power of the step count, a mean of gradients), whatever the
precision of the parameters. That rounding is no part of the rule, and no exact function. Real numbers are neither
infinite nor NaN, so that comparisons with these are false.
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
    """The function with every number of lower precision held in float64, on finite numbers; unchanged where it needs
    neither."""

    def exact(*arguments: Any) -> Any:
        closed, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
        if not (_mentions(closed.jaxpr) or _has_infinities(closed.jaxpr)):
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


def _has_infinities(jaxpr: Any) -> bool:
    literals = [v for e in jaxpr.eqns for v in e.invars if isinstance(v, core.Literal)]
    found = any(not np.isfinite(np.asarray(v.val, dtype=complex)).all() for v in literals)
    return found or any(_has_infinities(p) for e in jaxpr.eqns for p in _inner(e))


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
        if isinstance(inner, core.ClosedJaxpr):
            return _run(inner.jaxpr, inner.consts, operands)
        return _run(inner, (), operands)
    decided = _of_finite_numbers(equation, operands)
    if decided is not None:
        return [decided]
    if any(_mentions(program) for program in _inner(equation)):
        raise InputError(f"the optimiser computes in float32 inside of a `{name}`; compute in float64")
    for key in _TYPES:
        if str(np.dtype(parameters[key]) if parameters.get(key) is not None else "") in _SINGLE:
            parameters[key] = np.dtype(np.float64)
    outputs = equation.primitive.bind(*operands, **parameters)
    return outputs if equation.primitive.multiple_results else [outputs]


def _of_finite_numbers(equation: Any, operands: list[Any]) -> Any:
    """A comparison with infinity or with the number itself, and what follows from it; None for all else."""
    name, shape = equation.primitive.name, equation.outvars[0].aval.shape
    if name in ("eq", "ne"):
        infinite = any(not isinstance(x, jax.core.Tracer) and np.isinf(np.asarray(x)).all() for x in operands)
        itself = equation.invars[0] is equation.invars[1]
        if infinite or itself:
            return np.full(shape, itself == (name == "eq"))
    if name == "select_n" and isinstance(operands[0], np.ndarray | np.bool_):
        which = np.unique(operands[0])
        if which.size == 1:
            return operands[1 + int(which[0])]
    if name in ("or", "and") and all(isinstance(x, np.ndarray | np.bool_) for x in operands):
        return np.asarray(np.logical_or(*operands) if name == "or" else np.logical_and(*operands))
    return None
