"""An optax optimiser as data for a certificate: its update as a program, and the memory at which it rests."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
import optax

from certify.program import trace
from foundation import InputError
from numeric import Regression
from numeric.in_doubles import in_doubles
from numeric.precision import double_precision
from search.optimizer.memory import proposed_memory
from search.optimizer.rest_point import propose_rest
from stabproof.optax_update import VALUE, first_line, started, steps_in_doubles


@final
@dataclass(frozen=True, eq=False)
class _Prepared:
    """step: (theta, gradient, memory) -> (update, *memory) with the memory's own types. paths, arrays: the state."""

    step: Callable[..., Any]
    paths: list[Any]
    arrays: list[np.ndarray]

    def run(self, theta: Any, gradient: Any, *memory: Any) -> Any:
        """The step on floats; counters are cut to their whole numbers."""
        typed = [jnp.asarray(x, dtype=a.dtype) for x, a in zip(memory, self.arrays, strict=True)]
        return self.step(jnp.asarray(theta), jnp.asarray(gradient), typed)


def _prepared(problem: Any, optimizer: Any, state: Any) -> _Prepared:
    optimizer = steps_in_doubles(optimizer) if isinstance(optimizer, optax.MultiSteps) else optimizer
    params = problem.unflatten(problem.flat_params)
    update, state = started(optimizer, params, state, _loss_at_rest(problem))
    try:
        paths, structure = jax.tree_util.tree_flatten_with_path(state)
    except (TypeError, ValueError) as error:
        raise InputError(f"the optimiser's state is not a pytree: {error}") from None
    arrays = [_array(leaf, jax.tree_util.keystr(path)) for path, leaf in paths]

    def step(theta: Any, gradient: Any, memory: Any) -> Any:
        given = jax.tree_util.tree_unflatten(structure, memory)
        change, following = update(_tree(problem, gradient), given, _tree(problem, theta))
        leaves = [
            jnp.reshape(jnp.asarray(x, dtype=float), a.shape)
            for x, a in zip(jax.tree.leaves(following), arrays, strict=True)
        ]
        return (_flat(change, problem.dimension), *leaves)

    return _Prepared(in_doubles(step), paths, arrays)


def _loss_at_rest(problem: Any) -> float:
    """The loss at the minimum; exactly zero where the squared errors of all examples vanish there."""
    if not isinstance(problem, Regression):
        return float(problem.flat(jnp.asarray(problem.flat_params), *problem.data))
    interpolating = problem.loss_settings is None and problem.residual().size <= problem.dimension
    return 0.0 if interpolating else float(problem.loss())


@double_precision
def optax_rest(
    problem: Any,
    optimizer: Any,
    state: Any,
    settings: dict[str, Any],
    theta: np.ndarray,
    slope: np.ndarray,
    field: Callable[[Any], Any],
) -> dict[str, Any]:
    """The part `rest` of a witness where the optimiser moves the parameters of a strict minimum; else empty."""
    kinds = {leaf["kind"] for leaf in settings["memory"]}
    if "later" in settings or kinds & {"cycle", "params", "loss"}:
        return {}
    run = _prepared(problem, optimizer, state).run
    memory = [
        np.zeros(leaf["value"].shape) if leaf["kind"] == "moving" else leaf["value"] for leaf in settings["memory"]
    ]
    if not np.asarray(run(theta, np.zeros(theta.shape), *memory)[0]).all():
        return {}
    found = propose_rest(run, theta, slope, settings["memory"], field)
    return {} if found is None else {"rest": found}


@double_precision
def optax_settings(problem: Any, optimizer: Any, state: Any = None) -> dict[str, Any]:
    """The optimiser's program (params, gradient, memory...) -> (update, memory...) and its memory at rest.

    state: the user's own `opt_state`; None takes `optimizer.init`. An optimiser that asks for `optax.LookaheadParams`
    has the slow parameters as part of its memory, with state None or (state, slow parameters). Counters that come back
    (`MultiSteps`, lookahead, SAM) give one program for each step of the period. Raises `InputError` where it cannot be
    traced.
    """
    prepared = _prepared(problem, optimizer, state)
    paths, arrays, step = prepared.paths, prepared.arrays, prepared.step
    counters = [array.dtype.kind in "biu" for array in arrays]
    for (path, _), array in zip(paths, arrays, strict=True):
        if array.dtype.kind in "iu" and array.dtype.itemsize < 4 and array.shape == ():
            raise InputError(
                f"the optimiser's counter {jax.tree_util.keystr(path)} is of the type {array.dtype} and wraps around; "
                "count in 32 bits"
            )
    floats = [array.astype(np.float64) for array in arrays]
    owners, names = _owners(problem, paths, arrays)
    kinds, phases = _proposed(prepared.run, problem.flat_params, floats, counters, owners)

    kinds = [
        ("loss", value) if name == VALUE else (kind, value) for name, (kind, value) in zip(names, kinds, strict=True)
    ]
    for name, owner, array, (kind, value) in zip(names, owners, floats, kinds, strict=True):
        _check_rest(name, owner, array, kind, value)

    def traced(phase: list[np.ndarray]) -> Any:
        fixed = [jnp.asarray(x, dtype=a.dtype) if kind == "cycle" else None
                 for x, a, (kind, _) in zip(phase, arrays, kinds, strict=True)]  # fmt: skip
        return _traced(
            lambda t, g, *memory: step(t, g, [m if f is None else f for m, f in zip(memory, fixed, strict=True)]),
            problem.flat_params,
            floats,
        )

    first, *later = [traced(phase) for phase in phases]
    rest = [np.zeros(a.shape) if counter else a for a, counter in zip(floats, counters, strict=True)]
    memory = [
        {"name": name, "kind": kind, "owner": owner, "value": np.asarray(value, dtype=np.float64)}
        for name, owner, (kind, value) in zip(names, owners, kinds, strict=True)
    ]
    settings: dict[str, Any] = {"name": "optax", "update": first, "memory": memory, "current": rest}
    return settings | ({"later": later} if later else {})


def _check_rest(name: str, owner: np.ndarray, given: np.ndarray, kind: str, value: np.ndarray) -> None:
    """Raises `InputError` for memory that no theorem here covers: without a finite value, or resting at several."""
    if not np.isfinite(given).all():
        raise InputError(
            f"the optimiser's memory {name} is {given[~np.isfinite(given)][0]:g} as given: run the optimiser for some "
            "steps and pass its state="
        )
    if not np.isfinite(value).all():
        raise InputError(f"the optimiser's memory {name} is not finite where the gradient vanishes: it divides by zero")
    apart = not value.size or bool((value != value.flat[0]).any())
    if kind == "near" and (apart or (value.shape != () and (owner < 0).any())):
        raise InputError(
            f"the optimiser's memory {name} does not rest at one number for each parameter where the gradient "
            "vanishes: no theorem here covers it; simulate it"
        )


def _proposed(run: Any, theta: np.ndarray, floats: Any, counters: Any, owners: Any) -> Any:
    try:
        return proposed_memory(run, theta, floats, counters, owners)
    except Exception as error:
        raise InputError(
            f"the optimiser cannot be run as update(gradient, state, params): {first_line(error)}"
        ) from None


def _array(leaf: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(leaf)
    except TypeError:
        raise InputError(f"the optimiser's memory {name} is a random key: its steps are random") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"the optimiser's memory {name} is of type {array.dtype}")
    # steps are taken in doubles: the numbers of a narrower state are exact there
    return array.astype(np.float64) if array.dtype.kind == "f" else array


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
            f"the optimiser cannot be traced as update(gradient, state, params): {first_line(error)}"
        ) from None


# Groups of parameters with an optimiser each (optax.multi_transform): their memory is one array in pieces.
_GROUPS = re.compile(r"\.inner_states\[('[^']*'|[^\]']*)\]")


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
            # a list of arrays, one an axis: that of a vector has one entry a parameter
            end = end + "[0]" if np.ndim(leaf) == 1 and told.endswith(end + "[0]") else end
            if told.endswith(end) and np.shape(leaf) == array.shape and array.dtype.kind == "f":
                owner = np.arange(start, start + array.size, dtype=np.int64).reshape(array.shape)
                name = _GROUPS.sub(".inner_states", told[: len(told) - len(end)])
                break
        owners.append(owner)
        names.append(name)
    return owners, names


def is_optax(optimizer: Any) -> bool:
    """Whether the object is one of optax's transformations."""
    return isinstance(optimizer, optax.GradientTransformation | optax.MultiSteps)


def is_regression(problem: Any) -> bool:
    """Whether the problem has examples."""
    return isinstance(problem, Regression)
