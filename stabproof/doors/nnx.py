"""`from_nnx`: a module of flax.nnx, which holds its own weights."""

from typing import Any

import jax
import jax.numpy as jnp

from foundation import InputError
from foundation.errors import type_of
from foundation.optional_packages import needed
from stabproof.doors.inputs import (
    check_precision,
    checked_example,
    doubled,
    is_float,
    named_arrays,
    predictor,
    same_array,
)
from stabproof.doors.model import Model


def from_nnx(module: Any, example: Any, *, batch_axis: int | None = 0) -> Model:
    """The function that an nnx module computes, of its `nnx.Param`s; its other variables are constants.

    example: a batch of one along `batch_axis` (None: one input without a batch axis). A module that changes its
    variables in the call (statistics of a batch, a counter of random numbers: call module.eval()) is refused by the
    names of those variables. Norms that compute a variance as E[x^2] - E[x]^2 are the same real function. Raises
    `InputError`.
    """
    flax, nnx = needed("flax", "flax"), needed("flax.nnx", "flax")
    if not isinstance(module, nnx.Module):
        raise InputError(f"module must be a flax.nnx.Module, but is {type_of(module)}; linen: stabproof.from_flax")
    array = checked_example(example, batch_axis)
    definition, weights, rest = nnx.split(module, nnx.Param, ...)
    pure = doubled(nnx.to_pure_dict(weights))
    with jax.enable_x64(True):
        # jax arrays: a module that writes into its variables does so by replacing them
        constants = jax.tree.map(lambda leaf: jnp.asarray(leaf) if is_float(leaf) else leaf, doubled(rest))

    def apply(params: Any, x: Any) -> Any:
        state = jax.tree.map(lambda leaf: leaf, weights)
        nnx.replace_by_pure_dict(state, params)
        built = nnx.merge(definition, state, constants, copy=True)
        output = built(x)
        _refuse_changes(constants, nnx.state(built, nnx.Not(nnx.Param)))
        return output

    predict = predictor(apply, array, batch_axis)
    check_precision(predict, pure, array, batch_axis)
    notes = tuple(f"constant: {name}" for name in named_arrays(constants))
    source = f"{type(module).__name__} of flax.nnx {flax.__version__}"
    return Model(predict, pure, source, named_arrays(constants), notes)


def _refuse_changes(before: Any, after: Any) -> None:
    """Raises unless every variable after the call is the very array that it was before."""
    old = {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(before)}
    new = {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(after)}
    changed = sorted(name for name in old.keys() | new.keys() if not same_array(old.get(name), new.get(name)))
    if changed:
        raise InputError(
            f"the module changes {', '.join(changed)} in its call, so it is not a function of its input alone; call "
            "module.eval() first"
        )
