"""`from_haiku`: a function transformed by haiku, with its parameters."""

from typing import Any

import jax

from foundation import InputError
from foundation.errors import type_of
from foundation.optional_packages import needed
from stabproof.doors.inputs import check_precision, checked_example, doubled, named_arrays, predictor, same_array
from stabproof.doors.model import Model


def from_haiku(
    transformed: Any, params: Any, example: Any, *, state: Any = None, batch_axis: int | None = 0, **settings: Any
) -> Model:
    """The function `transformed.apply(params, None, x, **settings)`; with `state`, that of `transform_with_state`.

    example: a batch of one along `batch_axis` (None: one input without a batch axis). No random key is given, so
    dropout is refused; a state that the call changes (statistics of a batch) is refused by name: pass the setting
    that uses the stored one, such as is_training=False. Raises `InputError`.
    """
    haiku = needed("haiku", "haiku")
    kinds = haiku.Transformed if state is None else haiku.TransformedWithState
    if not isinstance(transformed, kinds):
        wanted = "hk.transform returned" if state is None else "hk.transform_with_state returned"
        raise InputError(f"transformed must be what {wanted}, but is {type_of(transformed)}; see state=")
    array = checked_example(example, batch_axis)
    weights, kept = doubled(params), doubled(state)

    def apply(values: Any, x: Any) -> Any:
        if state is None:
            return transformed.apply(values, None, x, **settings)
        output, after = transformed.apply(values, kept, None, x, **settings)
        _refuse_changes(kept, after)
        return output

    predict = predictor(apply, array, batch_axis)
    check_precision(predict, weights, array, batch_axis)
    return Model(predict, weights, f"haiku {haiku.__version__}", named_arrays(kept))


def _refuse_changes(before: Any, after: Any) -> None:
    old, new = jax.tree_util.tree_leaves_with_path(before), jax.tree_util.tree_leaves_with_path(after)
    changed = [jax.tree_util.keystr(path) for (path, a), (_, b) in zip(old, new, strict=True)
               if not same_array(a, b)]  # fmt: skip
    if changed:
        raise InputError(
            f"the function changes its state {', '.join(changed)}, so it is not a function of its input alone; pass "
            "the setting that uses the stored one, such as is_training=False"
        )
