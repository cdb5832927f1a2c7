"""`from_equinox`: an equinox module, partitioned into weights and everything else."""

from typing import Any

import equinox as eqx
import jax

from foundation import InputError
from foundation.errors import type_of
from stabproof.doors.inputs import check_precision, checked_example, doubled, is_float, named_arrays, predictor
from stabproof.doors.model import Model


def from_equinox(module: Any, example: Any, *, batch_axis: int | None = None) -> Model:
    """The function `module(x)` of the module's float arrays; integers, functions and settings are constants.

    example: one input without a batch axis, as equinox's layers take it, or a batch of one along `batch_axis`. Dropout
    and layers with a state are refused: take `equinox.nn.inference_mode(module)`. Raises `InputError`.
    """
    if not isinstance(module, eqx.Module) or not callable(module):
        raise InputError(f"module must be an equinox.Module that can be called, but is {type_of(module)}")
    array = checked_example(example, batch_axis)
    weights, rest = eqx.partition(module, is_float)
    params = doubled(weights)

    def apply(values: Any, x: Any) -> Any:
        return eqx.combine(values, rest)(x)

    predict = predictor(apply, array, batch_axis)
    check_precision(predict, params, array, batch_axis)
    shared = _shared(module)
    notes = (f"arrays that occur twice, trained apart: {', '.join(shared)}",) if shared else ()
    return Model(predict, params, f"{type(module).__name__} of equinox {eqx.__version__}", named_arrays(rest), notes)


def _shared(module: Any) -> list[str]:
    """Places whose array is also at an earlier place: equinox trains them as separate ones."""
    seen: set[int] = set()
    found = []
    for path, leaf in jax.tree_util.tree_leaves_with_path(module):
        if is_float(leaf) and id(leaf) in seen:
            found.append(jax.tree_util.keystr(path))
        seen.add(id(leaf))
    return found
