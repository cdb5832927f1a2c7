"""What a running test lends to the assertions: its budget, the certificate cache, and the counters."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from stabproof.testing.cache import CertificateCache


@final
@dataclass(frozen=True)
class Session:
    """budget: seconds for the search of each proof (None: the library's default). cache: None keeps nothing.

    tally counts "proved", "refuted", "undecided", "repeated" (from the cache) and "rejected" (by the checker).
    """

    budget: float | None = None
    cache: "CertificateCache | None" = None
    tally: Counter[str] = field(default_factory=Counter)


_ACTIVE: ContextVar[Session | None] = ContextVar("stabproof_session", default=None)


def active() -> Session:
    """The session of the test that is running in this context; one without cache and budget elsewhere."""
    return _ACTIVE.get() or Session()


@contextlib.contextmanager
def activated(session: Session) -> Iterator[Session]:
    """Lend `session` to the assertions that run inside the block."""
    token = _ACTIVE.set(session)
    try:
        yield session
    finally:
        _ACTIVE.reset(token)
