"""Functions of JAX's library that a program calls by name and that are one primitive here.

JAX computes them by approximations (rational functions, series, factorisations up to signs) of a function that the
library documents; a call means that function. A call is recognised only where its body, with every constant in it, is
the body that this JAX's own function makes for operands of the same shapes: a user's function of the same name is not.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering import pairs
from certify.program.lowering.special import whole_number
from certify.program.primitives.primitive import elementwise_shape, stretched

Emit: TypeAlias = Callable[[Builder, Sequence[int]], Sequence[int]]


class Known(NamedTuple):
    """A function of JAX, how many arrays it takes (after the numbers `first`), and its equations."""

    path: str
    arity: int
    emit: Emit
    first: tuple[int, ...] = ()


def _same(name: str, **parameters: int) -> Emit:
    def emit(builder: Builder, operands: Sequence[int]) -> Sequence[int]:
        shape = elementwise_shape([builder.signature(x) for x in operands])
        return (builder.emit(name, *(stretched(builder, x, shape) for x in operands), **parameters),)

    return emit


def _xlogy(builder: Builder, operands: Sequence[int]) -> Sequence[int]:
    if operands[0] == operands[1]:
        return (builder.emit("xlogx", operands[0]),)
    return _same("xlogy")(builder, operands)


def _expn(builder: Builder, operands: Sequence[int]) -> Sequence[int]:
    return (builder.emit("expn", operands[1], order=whole_number(builder, operands[0], "the order of expn")),)


def _both(first: str, second: str) -> Emit:
    return lambda builder, operands: tuple(builder.emit(name, operands[0]) for name in (first, second))


def _solve(builder: Builder, operands: Sequence[int]) -> Sequence[int]:
    a, b = operands
    left, right = builder.signature(a).shape, builder.signature(b).shape
    vector = len(right) == len(left) - 1
    column = builder.emit("reshape", b, shape=(*right, 1)) if vector else b
    stack = np.broadcast_shapes(left[:-2], builder.signature(column).shape[:-2])
    full = [_stacked(builder, x, stack) for x in (a, column)]
    x = builder.emit("solve", *full)
    return (builder.emit("reshape", x, shape=builder.signature(x).shape[:-1]) if vector else x,)


def _stacked(builder: Builder, x: int, stack: tuple[int, ...]) -> int:
    shape = builder.signature(x).shape
    full = (*stack, *shape[-2:])
    axes = tuple(range(len(full) - len(shape), len(full)))
    return x if full == shape else builder.emit("broadcast_in_dim", x, shape=full, axes=axes)


def _pseudo_inverse(builder: Builder, operands: Sequence[int]) -> Sequence[int]:
    return (builder.emit("pseudo_inverse", operands[0]),)


def _exponential(builder: Builder, operands: Sequence[int]) -> Sequence[int]:
    return (builder.emit("matrix_exponential", operands[0]),)


def _square_root(builder: Builder, operands: Sequence[int]) -> Sequence[int]:
    """Of a real matrix without eigenvalues on (-inf, 0] the principal root is real; JAX's is of complex type."""
    root = builder.emit("matrix_square_root", operands[0])
    return (pairs.paired(builder, root, builder.number(0.0, builder.signature(root).shape)),)


_SPECIAL = "jax.scipy.special."
_LINEAR = "jax.numpy.linalg."

# E_n with a fixed n becomes a call with one argument: its body is compared with these orders'.
_ORDERS = range(11)

FUNCTIONS: Mapping[str, Known | tuple[Known, ...]] = {
    **{
        name: Known(_SPECIAL + name, 1, _same(name))
        for name in ("gamma", "expi", "ndtr", "log_ndtr", "ndtri", "erfcx", "dawsn", "spence")
    },
    "gammasgn": Known(_SPECIAL + "gammasgn", 1, _same("gamma_sign")),
    "exp1": Known(_SPECIAL + "exp1", 1, _same("expn", order=1)),
    "expn": (
        *(Known(_SPECIAL + "expn", 1, _same("expn", order=order), (order,)) for order in _ORDERS),
        Known(_SPECIAL + "expn", 2, _expn),
    ),
    "_expn": Known(_SPECIAL + "expn", 2, _expn),
    "i0": Known(_SPECIAL + "i0", 1, _same("bessel_i", order=0)),
    "i1": Known(_SPECIAL + "i1", 1, _same("bessel_i", order=1)),
    "xlogy": Known(_SPECIAL + "xlogy", 2, _xlogy),
    "xlog1py": Known(_SPECIAL + "xlog1py", 2, _same("xlog1py")),
    "sici": Known(_SPECIAL + "sici", 1, _both("sine_integral", "cosine_integral")),
    "fresnel": Known(_SPECIAL + "fresnel", 1, _both("fresnel_sine", "fresnel_cosine")),
    "sinc": Known("jax.numpy.sinc", 1, _same("sinc", order=0)),
    "logaddexp": Known("jax.numpy.logaddexp", 2, _same("logaddexp")),
    "solve": Known(_LINEAR + "solve", 2, _solve),
    "pinv": Known(_LINEAR + "pinv", 1, _pseudo_inverse),
    "_pinv": Known(_LINEAR + "pinv", 1, _pseudo_inverse),
    "_sqrtm": Known("jax.scipy.linalg.sqrtm", 1, _square_root),
    "expm": Known("jax.scipy.linalg.expm", 1, _exponential),
}


# their loops are counted ones
_ENDING = frozenset(("_sqrtm",))


def recognised(builder: Builder, equation: Any, operands: Sequence[int]) -> Sequence[int] | None:
    """The results of a call of one of these functions; None for every other equation."""
    found = FUNCTIONS.get(_name(equation), ())
    for known in (found,) if isinstance(found, Known) else found:
        results = _call_of(known, builder, equation, operands)
        if results is not None:
            return results
    return None


def calls_a_loop(jaxpr: Any) -> bool:
    """Whether a call by a name of the table computes by a loop until it converges.

    The equations that stand for the call know nothing of the loop, and JAX's own need not end: under JAX 0.10 the
    exponential integrals of some arrays do not.
    """
    for equation in jaxpr.eqns:
        given = [x for part in equation.params.values() for x in (part if isinstance(part, tuple) else (part,))]
        bodies = [inner for inner in (getattr(x, "jaxpr", x) for x in given) if hasattr(inner, "eqns")]
        if _name(equation) in FUNCTIONS.keys() - _ENDING and any(" while[" in str(body) for body in bodies):
            return True
        if any(calls_a_loop(body) for body in bodies):
            return True
    return False


def _call_of(known: Known, builder: Builder, equation: Any, operands: Sequence[int]) -> Sequence[int] | None:
    if len(operands) < known.arity:
        return None
    avals = tuple(variable.aval for variable in equation.invars[len(operands) - known.arity :])
    if not all(getattr(aval.dtype, "kind", "") in "iuf" for aval in avals):
        return None
    described = tuple(map(_described, avals))
    model = _model(_name(equation), known.path, known.first, equation.primitive.name, described)
    if model is None or not _equal_bodies(equation, model.equation):
        return None
    given = _constants_fit(builder, operands, model)
    return None if given is None else known.emit(builder, given)


class Model(NamedTuple):
    """What this JAX makes of its own function: the call, which input each variable stands for (converted or not),
    and the constants that it hands over.
    """

    equation: Any
    inputs: Mapping[Any, int]
    constants: Mapping[Any, np.ndarray]


def _name(equation: Any) -> str:
    """The called function's name: a key into the table, not yet a proof that it is this function."""
    if "name" in equation.params:
        return str(equation.params["name"])
    body = _body(equation)
    information = getattr(getattr(body, "jaxpr", body), "debug_info", None)
    return str(getattr(information, "func_name", "") or getattr(information, "func_src_info", "")).split(" ")[0]


def _described(aval: Any) -> tuple[tuple[int, ...], str, bool]:
    return tuple(aval.shape), str(aval.dtype), bool(getattr(aval, "weak_type", False))


@functools.lru_cache(maxsize=256)
def _model(
    name: str,
    path: str,
    first: tuple[int, ...],
    primitive: str,
    avals: tuple[tuple[tuple[int, ...], str, bool], ...],
) -> Model | None:
    """The library's own call for these operands, or None when it makes none of this name."""
    import jax

    function = _found(path)
    if function is None:
        return None
    structs = [jax.ShapeDtypeStruct(shape, dtype, weak_type=weak) for shape, dtype, weak in avals]
    try:
        closed = jax.make_jaxpr(functools.partial(function, *first))(*structs)
    except (TypeError, ValueError, NotImplementedError):
        return None
    constants = dict(zip(closed.jaxpr.constvars, map(np.asarray, closed.consts), strict=True))
    inputs = {variable: position for position, variable in enumerate(closed.jaxpr.invars)}
    for equation in closed.jaxpr.eqns:
        if equation.primitive.name == primitive and _name(equation) == name:
            return Model(equation, inputs, constants)
        converts = equation.primitive.name in _CONVERSIONS and not hasattr(equation.invars[0], "val")
        if converts and equation.invars[0] in inputs:
            inputs[equation.outvars[0]] = inputs[equation.invars[0]]
    return None


# what a function does to an argument before the call, and the traced program has done to its own
_CONVERSIONS = ("stop_gradient", "convert_element_type", "copy")


def _found(path: str) -> Any:
    import importlib

    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name, None)


def _equal_bodies(first: Any, second: Any) -> bool:
    bodies = [_body(equation) for equation in (first, second)]
    if any(body is None for body in bodies) or str(bodies[0]) != str(bodies[1]):
        return False
    mine, theirs = (list(inner_constants(body)) for body in bodies)
    return len(mine) == len(theirs) and all(_same_array(a, b) for a, b in zip(mine, theirs, strict=True))


def _body(equation: Any) -> Any:
    return next((equation.params[key] for key in ("call_jaxpr", "jaxpr", "fun_jaxpr") if key in equation.params), None)


def inner_constants(jaxpr: Any) -> Any:
    """Every constant array in a jaxpr and the jaxprs inside of it: they are not part of its text."""
    yield from getattr(jaxpr, "consts", ())
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    for equation in inner.eqns:
        for atom in equation.invars:
            if hasattr(atom, "val"):
                yield atom.val
        for value in equation.params.values():
            for part in value if isinstance(value, tuple | list) else (value,):
                if hasattr(part, "eqns") or hasattr(part, "jaxpr"):
                    yield from inner_constants(part)


def _same_array(a: Any, b: Any) -> bool:
    x, y = np.asarray(a), np.asarray(b)
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def _constants_fit(builder: Builder, operands: Sequence[int], model: Model) -> list[int] | None:
    """The operands that stand for the function's inputs, in its order, when all others are the model's constants."""
    if len(model.equation.invars) != len(operands):
        return None
    given: dict[int, int] = {}
    for atom, operand in zip(model.equation.invars, operands, strict=True):
        literal = hasattr(atom, "val")
        if literal or atom in model.constants:
            expected = np.asarray(atom.val if literal else model.constants[atom])
            value = builder.value(operand)
            if value is None or value.shape != expected.shape or not np.array_equal(value, expected):
                return None
        elif atom in model.inputs:
            position = model.inputs[atom]
            if given.setdefault(position, operand) != operand:
                return None
        else:
            return None
    count = len(set(model.inputs.values()))
    return [given[position] for position in range(count)] if sorted(given) == list(range(count)) else None
