"""Where the commands print: results on standard output, progress and errors on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

output, errors = Console(), Console(stderr=True)


def say(text: str) -> None:
    """A text of ours as it is: no markup, no colours, no line breaks inside."""
    output.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def shown_progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error where that is a terminal; nothing otherwise."""
    if not errors.is_terminal:
        yield lambda message, fraction: None
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bars:
        task = bars.add_task("starting", total=1.0)
        yield lambda message, fraction: bars.update(task, description=message, completed=fraction)
