"""An optax optimiser as data for a certificate: its update as a program, and the memory at which it rests."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from certify.program import trace
from foundation import InputError
from numeric import Regression
from numeric.precision import double_precision

# Memories that settle away from zero are looked for so long: 0.999^60000 is below rounding.
_LONG = 60_000


@double_precision
def optax_settings(problem: Any, optimizer: optax.GradientTransformation, state: Any = None) -> dict[str, Any]:
    """The optimiser's program (params, gradient, memory...) -> (update, memory...) and its memory at rest.

    state: the user's own `opt_state`; None takes `optimizer.init`. Raises `InputError` where it cannot be traced.
    """
    params = problem.unflatten(problem.flat_params)
    state = _initial(optimizer, params) if state is None else state
    try:
        paths, structure = jax.tree_util.tree_flatten_with_path(state)
    except (TypeError, ValueError) as error:
        raise InputError(f"the optimiser's state is no pytree: {error}") from None
    arrays = [_array(leaf, jax.tree_util.keystr(path)) for path, leaf in paths]
    clocks = [array.dtype.kind in "iu" for array in arrays]
    floats = [array.astype(np.float64) for array in arrays]
    dimension = problem.dimension

    def step(theta: Any, gradient: Any, *memory: Any) -> Any:
        given = jax.tree_util.tree_unflatten(structure, memory)
        update, following = optimizer.update(_tree(problem, gradient), given, _tree(problem, theta))
        leaves = [
            jnp.reshape(jnp.asarray(x, dtype=float), a.shape)
            for x, a in zip(jax.tree.leaves(following), floats, strict=True)
        ]
        return (_flat(update, dimension), *leaves)

    owners, names = _owners(problem, paths, arrays)
    program = _traced(step, problem.flat_params, floats)
    rest = [np.zeros(a.shape) if clock else a for a, clock in zip(floats, clocks, strict=True)]
    memory = _at_rest(step, problem.flat_params, floats, clocks, names, owners)
    return {"name": "optax", "update": program, "memory": memory, "current": rest}


def _initial(optimizer: optax.GradientTransformation, params: Any) -> Any:
    try:
        return optimizer.init(params)
    except Exception as error:
        raise InputError(f"the optimiser cannot be initialised with these parameters: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _array(leaf: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(leaf)
    except TypeError:
        raise InputError(f"the optimiser's memory {name} is a random key: its steps are random") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"the optimiser's memory {name} is of type {array.dtype}")
    return array


def _tree(problem: Any, theta: Any) -> Any:
    return problem.layout.traced(theta)


def _flat(tree: Any, dimension: int) -> Any:
    flat = jnp.concatenate([jnp.reshape(x, (-1,)) for x in jax.tree.leaves(tree)])
    if flat.shape != (dimension,):
        raise InputError("the optimiser's update has another shape than the parameters")
    return flat


def _traced(step: Any, theta: np.ndarray, memory: list[np.ndarray]) -> Any:
    try:
        return trace(step, theta, np.zeros(theta.shape), *memory)
    except InputError as error:
        raise InputError(f"the optimiser cannot be enclosed: {error}") from None
    except Exception as error:
        raise InputError(
            f"the optimiser cannot be traced as update(gradient, state, params): {_first_line(error)}"
        ) from None


def _owners(problem: Any, paths: list[Any], arrays: list[np.ndarray]) -> tuple[list[np.ndarray], list[str]]:
    """Which parameter every entry of the memory belongs to, by the ends of the paths and the shapes; its group's
    name."""
    known = jax.tree_util.tree_flatten_with_path(problem.layout.traced(jnp.asarray(problem.flat_params)))[0]
    starts = np.concatenate([[0], np.cumsum([int(np.size(x)) for _, x in known])])
    owners, names = [], []
    for (path, _), array in zip(paths, arrays, strict=True):
        told = jax.tree_util.keystr(path)
        owner, name = np.full(array.shape, -1, dtype=np.int64), told
        for (inner, leaf), start in zip(known, starts[:-1], strict=True):
            end = jax.tree_util.keystr(inner)
            if told.endswith(end) and np.shape(leaf) == array.shape and array.dtype.kind == "f":
                owner = np.arange(start, start + array.size, dtype=np.int64).reshape(array.shape)
                name = told[: len(told) - len(end)]
                break
        owners.append(owner)
        names.append(name)
    return owners, names


def _at_rest(
    step: Any,
    theta: np.ndarray,
    memory: list[np.ndarray],
    clocks: list[bool],
    names: list[str],
    owners: list[np.ndarray],
) -> list[dict[str, Any]]:
    """The memory at zero gradient: what stays, what decays to zero, and what settles elsewhere."""
    run = jax.jit(lambda m: step(jnp.asarray(theta), jnp.zeros(theta.shape), *m)[1:])
    late = [np.full(a.shape, 2.0**40) if clock else a for a, clock in zip(memory, clocks, strict=True)]
    settled = _long_run(run, late, clocks)
    first = [np.asarray(x) for x in run(late)]
    zeros = [np.zeros(a.shape) if not clock else a for a, clock in zip(late, clocks, strict=True)]
    from_zero = [np.asarray(x) for x in run(zeros)]
    entries = []
    for k, (array, clock) in enumerate(zip(late, clocks, strict=True)):
        kind, value = "clock" if clock else "moving", array
        if not clock and not np.array_equal(first[k], array):
            value = np.zeros(array.shape)
            if np.any(from_zero[k]):
                kind, value = "near", np.full(array.shape, float(np.mean(settled[k])))
        entries.append(
            {"name": names[k], "kind": kind, "owner": owners[k], "value": np.asarray(value, dtype=np.float64)}
        )
    return entries


def _long_run(run: Any, memory: list[np.ndarray], clocks: list[bool]) -> list[np.ndarray]:
    fixed = [jnp.asarray(a) for a in memory]

    def body(_: Any, m: Any) -> Any:
        return [a if clock else jnp.asarray(x) for x, a, clock in zip(run(m), fixed, clocks, strict=True)]

    return [np.asarray(x) for x in jax.lax.fori_loop(0, _LONG, body, fixed)]


def is_optax(optimizer: Any) -> bool:
    """Whether the object is one of optax's transformations."""
    return isinstance(optimizer, optax.GradientTransformation)


def is_regression(problem: Any) -> bool:
    """Whether the problem has examples."""
    return isinstance(problem, Regression)
