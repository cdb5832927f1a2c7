"""`from_flax`: a linen module with its variables."""

from collections.abc import Mapping
from typing import Any

from foundation import InputError
from foundation.errors import type_of
from foundation.optional_packages import needed
from stabproof.doors.inputs import check_precision, checked_example, doubled, named_arrays, predictor
from stabproof.doors.model import Model


def from_flax(
    module: Any, variables: Mapping[str, Any], example: Any, *, batch_axis: int | None = 0, **settings: Any
) -> Model:
    """The function `module.apply(variables, x, **settings)` of the collection `params`; others are constants.

    example: a batch of one along `batch_axis` (None: the module takes one input without a batch axis); integers stay
    integers. settings: arguments of the module's call, such as train=False. A module that changes its variables (batch
    statistics) or asks for random numbers (dropout) is refused: nothing is mutable and no random key is given. Norms
    that compute a variance as E[x^2] - E[x]^2 are the same real function. Raises `InputError`.
    """
    flax = needed("flax", "flax")
    if not isinstance(module, needed("flax.linen", "flax").Module):
        raise InputError(f"module must be a flax.linen.Module, but is {type_of(module)}; nnx: stabproof.from_nnx")
    if not isinstance(variables, Mapping) or "params" not in variables:
        raise InputError("variables must be what module.init returned: a mapping with the collection 'params'")
    array = checked_example(example, batch_axis)
    params = doubled(variables["params"])
    rest = doubled({name: tree for name, tree in variables.items() if name != "params"})

    def apply(weights: Any, x: Any) -> Any:
        return module.apply({"params": weights, **rest}, x, **settings)

    predict = predictor(apply, array, batch_axis)
    check_precision(predict, params, array, batch_axis)
    notes = tuple(f"collection {name}: constant" for name in rest)
    return Model(predict, params, f"{type(module).__name__} of flax {flax.__version__}", named_arrays(rest), notes)
