"""The pytest plugin: fixtures, the `stabproof` marker, certificates kept between runs, and a line of summary.

Nothing of stabproof's mathematics is imported before a test asks for it.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import pytest

from stabproof.testing import registration
from stabproof.testing.cache import CertificateCache
from stabproof.testing.marker import marked_budget
from stabproof.testing.session import Session, activated

if TYPE_CHECKING:
    from certify.certificate import Certificate

_SESSION = pytest.StashKey[Session]()


# Another distribution than this one may have installed the entry points; where it has not, this plugin brings its own.
def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.has_plugin("stabproof-registration"):
        pluginmanager.register(registration, "stabproof-registration")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-certificates") and not config.getoption("--certificates"):
        raise pytest.UsageError("--update-certificates needs --certificates=DIR, the folder to write them to")
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
        budget, total, _ = marked_budget(item)
        deadline = None if total is None else time.monotonic() + total
        session = Session(budget, _cache(self._config), deadline)
        item.stash[_SESSION] = session
        with activated(session):
            yield

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        mistake = marked_budget(item)[2]
        if mistake:
            pytest.fail(mistake, pytrace=False)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, None]:
        """The counts travel with the test's report, also out of a worker process."""
        outcome = yield
        milder = self._config.getoption("--undecided")
        if milder != "fail" and call.excinfo is not None and _is_undecided(call.excinfo.value):
            _excuse(outcome.get_result(), str(call.excinfo.value), milder)
        session = item.stash.get(_SESSION, None)
        if session is not None and session.tally:
            outcome.get_result().stabproof = dict(session.tally)
            session.tally.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._counts.update(getattr(report, "stabproof", {}))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._counts["rejected"] and self._config.getoption("--certificates") and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        cache = _cache(self._config)
        if self._counts and cache is not None and not hasattr(self._config, "workerinput"):
            cache.prune()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._counts:
            terminalreporter.write_line(_summary(self._counts))


def _is_undecided(error: BaseException) -> bool:
    """Also a group of failures, as Hypothesis raises it, of which none is worse."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_undecided, error.exceptions))
    return type(error).__name__ == "Undecided" and type(error).__module__.endswith("testing.failures")


def _excuse(report: Any, reason: str, outcome: str) -> None:
    """Make the failure of a test a skip, or an expected failure."""
    report.outcome = "skipped"
    if outcome == "xfail":
        report.wasxfail = reason
    else:
        path, line, _ = report.location
        report.longrepr = (path, (line or 0) + 1, reason)


def _cache(config: pytest.Config) -> CertificateCache | None:
    """The project's folder, or pytest's cache folder; None when pytest runs without one."""
    folder = config.getoption("--certificates")
    if folder:
        renews = bool(config.getoption("--update-certificates"))
        return CertificateCache(lambda: _made(config.invocation_params.dir / folder), frozen=not renews, renews=renews)
    kept = getattr(config, "cache", None)
    return None if kept is None else CertificateCache(lambda: kept.mkdir("stabproof"))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _summary(counts: Counter[str]) -> str:
    parts = [f"{counts[name]} {name}" for name in ("proved", "refuted", "undecided")]
    text = f"stabproof: {', '.join(parts)}"
    if counts["repeated"]:
        text += f"; {counts['repeated']} repeated from kept certificates"
    if counts["rejected"]:
        text += f"; {counts['rejected']} kept certificates rejected by the checker"
    if counts["missing"]:
        text += f"; {counts['missing']} not in the folder of certificates, run with --update-certificates"
    return text
