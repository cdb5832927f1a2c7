"""Long work says what it does: on a terminal and in a notebook by itself, to a function where one is given."""

import functools
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeAlias, TypeVar

from foundation.errors import InputError, type_of

Progress: TypeAlias = Callable[[str, float], None]
# A function that is told (message, fraction done); None or True: a bar where somebody can see it; False: nothing.
ProgressOption: TypeAlias = Progress | bool | None

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# Work that is done by then needs no bar.
_QUIET_SECONDS = 2.0


def silent(message: str, fraction: float) -> None:
    """Reports nothing."""


def with_progress(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`function`, whose keyword `progress` may be any `ProgressOption`; inside, it is always something to call."""

    @functools.wraps(function)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        option: Any = kwargs.get("progress")
        if callable(option):
            return _inside_of(function, option, args, kwargs)
        if option is not None and not isinstance(option, bool):
            raise InputError(
                f"progress must be True, False, or a function of (message, fraction), but is {type_of(option)}"
            )
        if option is False or getattr(_within, "some", False):  # work inside other work stays quiet
            return _inside_of(function, silent, args, kwargs)
        bar = _Bar()
        try:
            return _inside_of(function, bar.tell, args, kwargs)
        finally:
            bar.close()

    return wrapped


def _inside_of(function: Callable[..., Result], report: Progress, args: Any, kwargs: Any) -> Result:
    before, _within.some = getattr(_within, "some", False), True
    try:
        return function(*args, **{**kwargs, "progress": report})
    finally:
        _within.some = before


class _Bar:
    """A bar of rich on standard error, or in a notebook; drawn once the work has lasted a while, gone at its end."""

    def __init__(self) -> None:
        self.begin = time.monotonic()
        self.bars: Any = None
        self.task: Any = None

    def tell(self, message: str, fraction: float) -> None:
        if self.bars is None:
            if time.monotonic() - self.begin < _QUIET_SECONDS:
                return
            self._open()
        if self.task is not None:
            self.bars.update(self.task, description=message, completed=min(max(fraction, 0.0), 1.0))

    def close(self) -> None:
        if self.task is not None:
            self.bars.stop()
            self.task = None
            _busy.release()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(24), TimeElapsedColumn())
        self.bars = Bars(*columns, console=console, transient=True)
        if (console.is_terminal or console.is_jupyter) and _busy.acquire(blocking=False):
            self.bars.start()
            self.task = self.bars.add_task("", total=1.0)


# Whether this thread is inside such work.
_within = threading.local()
# One bar at a time, whatever the number of threads.
_busy = threading.Lock()
