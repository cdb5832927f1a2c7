"""The working precision of Arb, kept once for the whole process by python-flint: set, used, restored under a lock.

`flint.ctx` belongs to no thread: what one thread sets, all others compute with (python-flint 0.9). Whoever evaluates
Arb balls does so inside `arb_precision`, which admits one thread at a time. The lock is taken around each fork as
well, so that a child never starts with a lock that nobody will release, or at a precision that nobody will restore.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flint import ctx

_LOCK = threading.RLock()


@contextmanager
def arb_precision(bits: int, *, series_length: int | None = None) -> Iterator[None]:
    """Arb computes with `bits` bits, and with series of `series_length` coefficients, inside the block.

    Blocks may be nested in one thread; other threads wait. Do not wait for another thread inside a block, and do not
    `yield` out of one.
    """
    with _LOCK:
        before = ctx.prec, ctx.cap
        try:
            ctx.prec = bits
            if series_length is not None:
                ctx.cap = series_length
            yield
        finally:
            ctx.prec, ctx.cap = before


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)
