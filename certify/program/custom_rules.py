"""Which derivative JAX takes: finds `stop_gradient` and custom derivatives in a user's function.

A program is the function itself; `jax.grad` of it is another field where the user replaced a derivative.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from certify.program.source_lines import source_of

_CUSTOM = {"stop_gradient", "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_lin"}
# JAX's own functions whose rules are their true derivatives: shifts of softmax and logsumexp by a maximum that cancels,
# relu and its relatives away from the kink.
_TRUSTED = ("/jax/_src/nn/", "/jax/_src/ops/", "/jax/_src/numpy/", "/jax/_src/scipy/")


def custom_derivatives(function: Callable[..., Any], *examples: Any) -> tuple[str, ...]:
    """Where `function(*examples)` replaces a derivative: "stop_gradient at file.py:7", ..., without JAX's own
    functions.

    Empty: `jax.grad` of the function is the derivative of the function wherever it is differentiable.
    """
    import jax

    with jax.enable_x64(True):
        arrays = [np.asarray(x, dtype=np.float64) for x in examples]
        closed = jax.make_jaxpr(function)(*arrays)
    return replaced_in(closed)


def replaced_in(closed: Any) -> tuple[str, ...]:
    """The same for a closed jaxpr."""
    return tuple(dict.fromkeys(_replaced(closed.jaxpr)))


def _replaced(jaxpr: Any) -> Iterator[str]:
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        if name in _CUSTOM:
            if not _is_of_jax(equation):
                place = source_of(equation)
                yield f"{name.removesuffix('_call')}{f' at {place}' if place else ''}"
            continue
        for value in equation.params.values():
            for inner in value if isinstance(value, list | tuple) else (value,):
                inner = getattr(inner, "jaxpr", inner)
                if hasattr(inner, "eqns"):
                    yield from _replaced(inner)


def _is_of_jax(equation: Any) -> bool:
    """Whether one of JAX's library functions made the equation: the frames between it and the first one outside JAX."""
    traceback = equation.source_info.traceback
    for frame in traceback.frames if traceback is not None else ():
        path = frame.file_name.replace("\\", "/")
        if "/site-packages/jax/" not in path:
            break
        if any(part in path for part in _TRUSTED):
            return True
    return _is_rectifier(equation)


def _is_rectifier(equation: Any) -> bool:
    """Whether the custom derivative is that of `jax.nn.relu` or `relu6`, and not one laid around them."""
    body = equation.params.get("call_jaxpr")
    told = str(getattr(getattr(getattr(body, "jaxpr", None), "debug_info", None), "func_src_info", ""))
    name, _, place = told.replace("\\", "/").partition(" at ")
    if name not in ("relu", "relu6") or "/site-packages/jax/_src/nn/functions.py" not in place:
        return False
    return not any(e.primitive.name in _CUSTOM for e in body.jaxpr.eqns)
