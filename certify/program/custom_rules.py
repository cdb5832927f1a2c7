"""Which derivative JAX takes: finds `stop_gradient`, custom derivatives and implicit ones in a user's function.

A program is the function itself; `jax.grad` of it is another field where a derivative was replaced.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from certify.program.known_rules import is_known_rule
from certify.program.program import Program
from certify.program.regularity import moving_equations
from certify.program.removable import CONTINUED
from certify.program.source_lines import frames_of_jax, source_of

# A linear solve is differentiated as if it were exact, whatever its iterations return; a primitive made of functions of
# Python ("hi primitive") carries rules of its own.
_CUSTOM = {
    *("stop_gradient", "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_lin"),
    *("custom_linear_solve", "custom_root", "call_hi_primitive"),
}
# JAX's own modules that replace derivatives by the true ones (the shift of a softmax cancels, a factorisation solves
# exactly) and call no function that a user passes.
_MODULES = (
    *("nn/functions.py", "ops/special.py", "numpy/ufuncs.py", "numpy/reductions.py", "numpy/linalg.py"),
    *("scipy/special.py", "scipy/stats/", "lax/linalg.py", "lax/other.py"),
)
# The same for functions of modules of which others do call users' functions.
_FUNCTIONS = {
    "lax/control_flow/conditionals.py": ("_cond_batching_rule",),
    "numpy/lax_numpy.py": ("i0", "_i0", "_i1_maclaurin", "sinc"),
    "scipy/linalg.py": ("_solve", "solve", "_cho_solve", "cho_solve", "_solve_triangular"),
}
# Where a call of the user's own function may pass: everything else between the equation and its caller is machinery.
_CALLERS = ("nn/", "ops/", "numpy/", "scipy/", "random.py", "image/", "lax/linalg.py", "lax/other.py")


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
    import jax

    with jax.enable_x64(True):
        return tuple(dict.fromkeys(_replaced(closed.jaxpr)))


def continued_in(program: Program, parameters: Sequence[int] = (0,)) -> tuple[str, ...]:
    """Quotients of the inputs `parameters` that the program continues by their limit at 0.

    There JAX's derivative is NaN, or that of the constant that a guard puts in.
    """
    found = (program.equations[k] for k in moving_equations(program, tuple(parameters)))
    found = (e for e in found if e.primitive in CONTINUED)
    return tuple(dict.fromkeys(f"the limit of a quotient 0/0{f' at {e.source}' if e.source else ''}" for e in found))


def _replaced(jaxpr: Any) -> Iterator[str]:
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        if name in _CUSTOM:
            if not _is_of_jax(equation) and not is_known_rule(equation):
                place = source_of(equation)
                yield f"{_called(equation)}{f' at {place}' if place else ''}"
            continue
        for value in equation.params.values():
            for inner in value if isinstance(value, list | tuple) else (value,):
                inner = getattr(inner, "jaxpr", inner)
                if hasattr(inner, "eqns"):
                    yield from _replaced(inner)


def _called(equation: Any) -> str:
    """What the user called: a root's primitives have other names in each version of JAX."""
    made = [*frames_of_jax(equation)]
    kind = type(equation.params.get("_prim"))
    made.append((kind.__module__.removeprefix("jax._src.").replace(".", "/") + ".py", kind.__name__))
    if any(module == "lax/control_flow/solves.py" and "root" in name.lower() for module, name in made):
        return "custom_root"
    return str(equation.primitive.name).removesuffix("_call")


def _is_of_jax(equation: Any) -> bool:
    """Whether a function of JAX whose derivative is the true one made the equation.

    The frames from the equation outwards: machinery of tracing and batching is passed, the first other frame decides.
    """
    for module, function in frames_of_jax(equation):
        if module.startswith(_MODULES) or function in _FUNCTIONS.get(module, ()):
            return True
        if module.startswith(_CALLERS):
            return False
    return False
