"""What the doors of JAX's own libraries share: one input without its batch axis, weights in double precision."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import jaxprs_in_params

from foundation import InputError
from foundation.errors import type_of
from numeric.precision import double_precision
from stabproof.doors.arguments import check_batch_axis


@double_precision
def doubled(tree: Any) -> Any:
    """The pytree with its float arrays as float64 NumPy arrays, exactly; everything else as it is."""
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64) if is_float(leaf) else leaf, tree)


def is_float(leaf: Any) -> bool:
    return eqx.is_array_like(leaf) and hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.floating)


def checked_example(example: Any, batch_axis: int | None) -> np.ndarray:
    """The example as float64 or integers; raises `InputError` unless it is a batch of one along `batch_axis`."""
    check_batch_axis(batch_axis)
    array = np.asarray(example)
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        raise InputError(f"example must be one array of numbers, but holds {array.dtype}")
    if batch_axis is not None and (array.ndim <= batch_axis or array.shape[batch_axis] != 1):
        raise InputError(
            f"example must be a batch of one along axis {batch_axis}, but has shape {array.shape}; pass inputs[:1], or "
            "batch_axis=None when the model takes one input without a batch axis"
        )
    return array if array.dtype.kind in "iub" else array.astype(np.float64)


def predictor(apply: Callable[[Any, Any], Any], example: np.ndarray, batch_axis: int | None) -> Callable[..., Any]:
    """predict(params, x) on one input without the batch axis, of `apply(params, batch)`; the output is a vector."""

    @double_precision
    def predict(params: Any, x: Any) -> Any:
        value = jnp.asarray(x).astype(example.dtype)
        output = apply(params, value if batch_axis is None else jnp.expand_dims(value, batch_axis))
        if not hasattr(output, "shape"):
            raise InputError(f"the model returns {type_of(output)}; wrap it so that it returns one array")
        return jnp.asarray(output).reshape(-1)

    return predict


@double_precision
def check_precision(predict: Callable[..., Any], params: Any, example: np.ndarray, batch_axis: int | None) -> None:
    """Refuses a model that fails on the example or that computes in a float type narrower than double precision."""
    one = example if batch_axis is None else np.squeeze(example, batch_axis)
    try:
        closed = jax.make_jaxpr(predict)(params, one)
    except InputError:
        raise
    except Exception as error:  # the model's own code may raise anything
        line = (str(error).strip().splitlines() or [""])[0][:300]
        raise InputError(f"the model fails on the example: {type(error).__name__}: {line}") from error
    narrow = _narrow(closed.jaxpr)
    if narrow:
        raise InputError(
            f"the model computes in {narrow} although its weights are doubles, and rounding is not a function of real "
            "numbers; build it without dtype= and param_dtype= of single precision"
        )


def _narrow(jaxpr: Any) -> str:
    """A narrow float type that some equation makes of doubles, or the empty string."""
    for equation in jaxpr.eqns:
        wide = any(getattr(v.aval, "dtype", None) == jnp.float64 for v in equation.invars)
        for variable in equation.outvars:
            name = str(getattr(variable.aval, "dtype", ""))
            if wide and name in ("float32", "float16", "bfloat16"):
                return f"{name} (`{equation.primitive.name}`)"
        for inner in jaxprs_in_params(equation.params):
            found = _narrow(inner)
            if found:
                return found
    return ""


def named_arrays(tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a pytree by their paths."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves if hasattr(leaf, "dtype")
            and not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)}  # fmt: skip


def same_array(old: Any, new: Any) -> bool:
    """Whether a variable holds after a traced call what it held before; a computed value counts as another."""
    if old is new:
        return True
    if old is None or new is None or isinstance(new, jax.core.Tracer):
        return False
    with jax.ensure_compile_time_eval():
        keys = jnp.issubdtype(new.dtype, jax.dtypes.prng_key)
        old, new = (jax.random.key_data(old), jax.random.key_data(new)) if keys else (old, new)
        return np.array_equal(np.asarray(old), np.asarray(new))
