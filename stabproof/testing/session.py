"""What a running test lends to the assertions: its budget, the certificate cache, and the counters."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from stabproof.testing.cache import CertificateCache


@final
@dataclass(frozen=True, eq=False)
class Session:
    """budget: seconds for the search of each proof (None: the library's default). cache: None keeps nothing.

    deadline: of `time.monotonic`, when the searches of the whole test must end; None: never. tally counts "proved",
    "refuted", "undecided", "repeated" (from the cache), "rejected" (by the checker) and "missing" (from the folder).
    """

    budget: float | None = None
    cache: "CertificateCache | None" = None
    deadline: float | None = None
    tally: Counter[str] = field(default_factory=Counter)

    def seconds(self, given: float | None) -> float | None:
        """The budget of the next proof: what was given, or the test's, but no more than the test has left."""
        budget = self.budget if given is None else given
        if self.deadline is None:
            return budget
        left = max(self.deadline - time.monotonic(), _LEAST)
        return left if budget is None else min(budget, left)


# What a proof gets when the test has used up its time: enough for it to say that it is undecided.
_LEAST = 1e-3

_ACTIVE: ContextVar[Session | None] = ContextVar("stabproof_session", default=None)


# Threads that a test starts do not inherit its context: they see the session that was lent last.
_LENT: list[Session] = []


def active() -> Session:
    """The session of the test that is running; one without cache and budget elsewhere."""
    return _ACTIVE.get() or (_LENT[-1] if _LENT else Session())


@contextlib.contextmanager
def activated(session: Session) -> Iterator[Session]:
    """Lend `session` to the assertions that run inside the block."""
    token = _ACTIVE.set(session)
    _LENT.append(session)
    try:
        yield session
    finally:
        _LENT.remove(session)
        _ACTIVE.reset(token)
