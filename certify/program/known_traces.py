"""Programs that were compared with JAX before, found again by all that the comparison saw.

A function is traced anew on every call, so that a program is always about the function as it is now; but a program that
reads the same, made of a jaxpr that reads the same, at the same point, would be compared with the same outcome. One
object stands for it then, so that what is derived from a program is derived once.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from certify.program.jax_values import text_of
from certify.program.program import Program

_KEPT: dict[Any, Program] = {}
_LOCK = threading.Lock()
# Programs kept, and how large they may be: what takes longer to tell apart than to compare is not kept.
_MOST_KEPT, _MOST_EQUATIONS, _MOST_BYTES = 32, 5_000, 1 << 24


def compared_once(
    closed: Any, program: Program, point: Sequence[np.ndarray], noted: tuple[Any, ...], compare: Callable[[], Program]
) -> Program:
    """`compare()`, or what it gave for the same program of the same jaxpr at the same point. An exception is not kept.

    noted: what else the comparison's outcome tells of.
    """
    if not _is_small(program, point):
        return compare()
    key = (text_of(closed), _content(program), tuple(map(_digest, point)), noted)
    with _LOCK:
        found = _KEPT.pop(key, None)
    if found is None:
        found = compare()
    with _LOCK:
        _KEPT[key] = found  # the latest is the last to go
        while len(_KEPT) > _MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
    return found


def _is_small(program: Program, point: Sequence[np.ndarray]) -> bool:
    held = sum(array.nbytes for array in (*program.constants, *point))
    return len(program.equations) <= _MOST_EQUATIONS and held <= _MOST_BYTES


def _content(program: Program) -> tuple[Any, ...]:
    """All of a program but its record, to the last bit."""
    equations = tuple(
        (x.primitive, x.operands, tuple(sorted(x.parameters.items())), x.signature, x.source) for x in program.equations
    )
    return program.inputs, tuple(map(_digest, program.constants)), equations, program.outputs


def _digest(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest()
