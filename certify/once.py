"""Results that a search and the proof after it both need: inside of one call they are computed once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, final

import numpy as np

from certify.arithmetic import Ball
from certify.effort import charge, counting

T = TypeVar("T")


@final
@dataclass(frozen=True, eq=False)
class _Known:
    function: Callable[..., Any]
    argument: Ball
    result: Any
    counts: dict[str, int]


_known: ContextVar[list[_Known] | None] = ContextVar("known", default=None)


@contextmanager
def computed_once() -> Iterator[None]:
    """Inside, `once` remembers; nothing outlives the block. For calls that search and then prove, not for checks."""
    token = _known.set([])
    try:
        yield
    finally:
        _known.reset(token)


def once(function: Callable[[Ball], T], argument: Ball) -> T:
    """function(argument), which depends on nothing else; its work is counted each time, as where it is done again."""
    known = _known.get()
    if known is None:
        return function(argument)
    for entry in known:
        if entry.function is function and _same(entry.argument, argument):
            for counter, count in entry.counts.items():
                charge(counter, count)
            result: T = entry.result
            return result
    with counting() as effort:
        computed = function(argument)
    known.append(_Known(function, argument, computed, dict(effort.counts)))
    return computed


def _same(x: Ball, y: Ball) -> bool:
    """Whether midpoints and radii agree to the last bit (zeros of either sign are the same number)."""
    return np.array_equal(x.mid, y.mid) and np.array_equal(x.rad, y.rad)
