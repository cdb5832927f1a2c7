"""The pytest plugin: fixtures, the `stabproof` marker, certificates kept between runs, and a line of summary.

Nothing of stabproof's mathematics is imported before a test asks for it.
"""

from collections import Counter
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, final

import pytest

from stabproof.testing.cache import CertificateCache
from stabproof.testing.marker import MARKER, marked_budget
from stabproof.testing.session import Session, activated

if TYPE_CHECKING:
    from certify.certificate import Certificate

_SESSION = pytest.StashKey[Session]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(Proofs(config), "stabproof-proofs")


@pytest.fixture(scope="session")
def certified_minimum() -> "Callable[..., Certificate]":
    """`stabproof.certify_minimum` that repeats a kept certificate where there is one, under the test's budget."""
    from stabproof.testing.factories import counted_minimum

    return counted_minimum


@pytest.fixture(scope="session")
def certified_exponent() -> "Callable[..., Certificate]":
    """`stabproof.lyapunov_exponent` that repeats a kept certificate where there is one, under the test's budget."""
    from stabproof.testing.factories import counted_exponent

    return counted_exponent


@pytest.fixture(scope="session")
def certificate_cache(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> CertificateCache:
    """The certificates that are kept between runs; for this run only when pytest's cache is switched off."""
    kept = _cache(pytestconfig)
    if kept is not None:
        return kept
    folder = tmp_path_factory.mktemp("stabproof")
    return CertificateCache(lambda: folder)


@final
class Proofs:
    """The hooks that need the session's counts."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._counts: Counter[str] = Counter()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Lend the test its budget and the cache, from the set-up of its fixtures to their end."""
        session = Session(marked_budget(item)[0], _cache(self._config))
        item.stash[_SESSION] = session
        with activated(session):
            yield

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        mistake = marked_budget(item)[1]
        if mistake:
            pytest.fail(mistake, pytrace=False)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, None]:
        """The counts travel with the test's report, also out of a worker process."""
        outcome = yield
        session = item.stash.get(_SESSION, None)
        if session is not None and session.tally:
            outcome.get_result().stabproof = dict(session.tally)
            session.tally.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._counts.update(getattr(report, "stabproof", {}))

    def pytest_sessionfinish(self) -> None:
        cache = _cache(self._config)
        if self._counts and cache is not None and not hasattr(self._config, "workerinput"):
            cache.prune()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._counts:
            terminalreporter.write_line(_summary(self._counts))


def _cache(config: pytest.Config) -> CertificateCache | None:
    """In pytest's cache folder; None when pytest runs without one."""
    kept = getattr(config, "cache", None)
    return None if kept is None else CertificateCache(lambda: kept.mkdir("stabproof"))


def _summary(counts: Counter[str]) -> str:
    parts = [f"{counts[name]} {name}" for name in ("proved", "refuted", "undecided")]
    text = f"stabproof: {', '.join(parts)}"
    if counts["repeated"]:
        text += f"; {counts['repeated']} repeated from kept certificates"
    if counts["rejected"]:
        text += f"; {counts['rejected']} kept certificates rejected by the checker"
    return text
