"""A time at which a search stops waiting for what it has begun: long loops look at it, also those of the provers.

Proofs themselves know no time: a check sets no limit, and what was proved in time does not depend on it. What their
loops do is counted, and bounded by the check's budget.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from certify.effort import charge
from foundation.computing_time import computing_time

# A step of a loop over arrays is some calls of NumPy.
_STEPS = 5
_LIMIT: ContextVar[float] = ContextVar("limit", default=math.inf)


class Interrupted(Exception):
    """The time limit has passed."""


@contextmanager
def time_limit(deadline: float) -> Iterator[None]:
    """Inside, `check_time` raises after `deadline` (`computing_time` seconds), or an earlier limit already set."""
    token = _LIMIT.set(min(deadline, _LIMIT.get()))
    try:
        yield
    finally:
        _LIMIT.reset(token)


def check_time(entries: float = 0) -> None:
    """Raises `Interrupted` when the limit of this thread's search has passed; counts a step of a loop, and `entries`.

    entries: what the step is about to compute, in elementary functions of balls (`certify.effort.COSTS`).
    """
    charge("steps", _STEPS)
    charge("entries", int(entries))
    limit = _LIMIT.get()
    if limit < math.inf and computing_time() > limit:
        raise Interrupted
