"""What a model may return, and which targets fit it."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from foundation import InputError


def checked_output(output: Any, leading: tuple[int, ...]) -> int:
    """q; leading: the shape in front of it, (N,) where predict takes all examples together."""
    if not hasattr(output, "shape") or not hasattr(output, "dtype"):
        raise InputError(f"predict must return one array, but returns {type(output).__name__}; return a scalar or (q,)")
    own = output.shape[len(leading) :]
    if output.shape[: len(leading)] != leading:
        raise InputError(f"predict must return one row an example, {leading[0]} rows, but returns shape {output.shape}")
    if len(own) > 1 or own == (0,):
        raise InputError(f"predict must return a scalar or shape (q,), but returns shape {own}; squeeze it")
    if output.dtype != jnp.float64:
        raise InputError(f"predict returns {output.dtype} for float64 parameters; remove the cast inside predict")
    return own[0] if own else 1


def first_line(error: Exception) -> str:
    """What predict's error says, with a hint where it asks for integers."""
    line = (str(error).strip().splitlines() or [""])[0]
    return line + ("; give tokens as an array of integers" if "integer" in line else "")


def check_targets(targets: np.ndarray, outputs: int) -> None:
    """Raises `InputError` unless the targets are (N, q), or (N,) for one output."""
    size = len(targets)
    allowed = {(size, outputs)} | ({(size,)} if outputs == 1 else set())
    if targets.shape not in allowed:
        shapes = " or ".join(str(shape) for shape in sorted(allowed, key=len))
        raise InputError(f"targets has shape {targets.shape}, but predict's {outputs} output(s) ask for {shapes}")
