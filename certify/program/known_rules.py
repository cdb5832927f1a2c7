"""Whether a custom derivative is that of one of JAX's public functions, by its content.

The equation's derivative and that of the public function at the same shapes are both traced and lowered; they are the
same where the two programs are equal, entry by entry. Names and documentation, which anybody may copy, are not read.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.program.program import Program
from foundation import InputError

Content: TypeAlias = tuple[Any, ...]


def is_known_rule(equation: Any) -> bool:
    """Whether `equation`, a custom_jvp_call, has the derivative of one of the functions of `_public`."""
    if equation.primitive.name != "custom_jvp_call":
        return False
    shapes = tuple((variable.aval.shape, str(variable.aval.dtype)) for variable in equation.invars)
    if not all(np.issubdtype(dtype, np.floating) for _, dtype in shapes):
        return False
    own = _content(
        lambda *x: equation.primitive.bind(*x, **equation.primitive.get_bind_params(equation.params)), shapes
    )
    return own is not None and any(own == known for known in _known(shapes))


@functools.lru_cache(maxsize=256)
def _known(shapes: tuple[tuple[tuple[int, ...], str], ...]) -> tuple[Content | None, ...]:
    return tuple(found for function in _public(len(shapes)) if (found := _content(function, shapes)) is not None)


def _public(count: int) -> Iterator[Callable[..., Any]]:
    """JAX's public functions of `count` arguments that carry a custom derivative, which is the true one."""
    import jax

    names = {
        1: ((jax.nn, ("relu", "relu6", "log1mexp")), (jax.scipy.special, ("logit", "expi", "log_ndtr"))),
        2: ((jax.scipy.special, ("xlogy", "xlog1py")), (jax.numpy, ("logaddexp", "logaddexp2"))),
    }
    for module, functions in names.get(count, ()):
        yield from (getattr(module, name) for name in functions if hasattr(module, name))


def _content(function: Callable[..., Any], shapes: Sequence[tuple[tuple[int, ...], str]]) -> Content | None:
    """The lowered programs of f and of (x, u) -> (f(x), Df(x) u); None where one cannot be lowered.

    A rule may give a value of its own, which the undifferentiated function need not have.
    """
    import jax

    from certify.program.tracing import lower

    examples = [jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in shapes]
    try:
        plain = jax.make_jaxpr(lambda x: function(*x))(tuple(examples))
        closed = jax.make_jaxpr(lambda x, u: jax.jvp(function, x, u))(tuple(examples), tuple(examples))
        return _entries(lower(plain)), _entries(lower(closed))
    except (InputError, TypeError, ValueError):
        return None


def _entries(program: Program) -> Content:
    constants = tuple((array.shape, str(array.dtype), array.tobytes()) for array in program.constants)
    equations = tuple(
        (e.primitive, e.operands, tuple(sorted((k, repr(v)) for k, v in e.parameters.items())), e.signature)
        for e in program.equations
    )
    return program.inputs, constants, equations, program.outputs
