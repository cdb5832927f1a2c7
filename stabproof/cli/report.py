"""`stabproof report`: reports of cases, or the gallery of all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from foundation import InputError
from stabproof.cli.console import errors, say, shown_progress
from stabproof.cli.options import Rate, Settings, Start, given_parameters, matching_cases, writable_folder


def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CASE ...]", help="Cases; without any, the gallery of all.", autocompletion=matching_cases
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All cases, with an index; a killed run goes on where it was.")
    ] = False,
    learning_rate: Rate = None,
    start: Start = None,
    settings: Settings = None,
    out: Annotated[Path, typer.Option(help="Folder for the reports.")] = Path("reports"),
    file_format: Annotated[str, typer.Option("--format", help="html, tex, md or pdf.")] = "html",
    jobs: Annotated[int | None, typer.Option(help="Processes for the gallery; by default the processors.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make reports of the gallery again that are there.")] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler for the gallery; its workers share the folder."),
    ] = None,
) -> None:
    """Write the report of each case, or the gallery of all."""
    suffix = _suffix(file_format)
    given = given_parameters(settings, learning_rate=learning_rate, start=start)
    if given and (everything or len(names or []) != 1):
        raise InputError("parameters go with a single case; name one, or leave out --set, --learning-rate and --start")
    if everything and names:
        raise InputError(f"--all reports every case; leave out either --all or {' '.join(names)}")
    if not names:
        raise typer.Exit(0 if _gallery(writable_folder(out), suffix, jobs, fresh, scheduler) else 1)
    if jobs is not None or fresh or scheduler is not None:
        raise InputError(
            "--jobs, --fresh and --scheduler go with the gallery; leave them out, or use --all without names"
        )
    from cases import case, entry

    for name in names:
        entry(name)
    for name in names:
        case(name).values(given)
    folder = writable_folder(out)
    agreed = [_report_case(name, folder / f"{name}{suffix}", given) for name in names]
    raise typer.Exit(0 if all(agreed) else 1)


def _suffix(file_format: str) -> str:
    if file_format not in {"html", "tex", "md", "pdf"}:
        raise InputError(f"--format must be html, tex, md or pdf, but is {file_format!r}")
    return f".{file_format}"


def _report_case(name: str, path: Path, given: dict[str, Any]) -> bool:
    """Whether the views agree and no step of a derivation or of an erratum's proof failed its check."""
    from stabproof.comparison import crosscheck
    from stabproof.reports import document
    from stabproof.reports import report as write_report

    with shown_progress() as progress:
        check = crosscheck(name, progress=progress, **given)
        told = document(check)
        write_report(told, path)
    agreed = check.agrees and not told.failed_steps
    say(f"{path}: {_agreement(agreed)}")
    if path.suffix == ".html":
        say(f"open it in a browser: {path.resolve().as_uri()}")
    return agreed


def _agreement(agreed: bool) -> str:
    return "the views agree" if agreed else "THE VIEWS DO NOT AGREE"


def _gallery(folder: Path, suffix: str, jobs: int | None, fresh: bool, scheduler: str | None) -> bool:
    """Whether every case could be reported and its views agree."""
    from cases import case_names
    from stabproof.reports.gallery import gallery
    from stabproof.reports.workers import available_processors, dask_executor, process_pool

    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs must be at least 1, but is {jobs}")
    if jobs is not None and scheduler is not None:
        raise InputError("the scheduler's workers are those that there are; leave out --jobs or --scheduler")
    count = min(jobs or available_processors(), len(case_names()))
    workers = process_pool(count) if scheduler is None else dask_executor(scheduler)
    with workers as pool, _gallery_progress() as told:
        entries = gallery(case_names(), folder.resolve(), pool, suffix=suffix, fresh=fresh, told=told)
    say(f"written: {folder / 'index.html'}")
    return all(entry.agrees for entry in entries)


@contextmanager
def _gallery_progress() -> Iterator[Callable[[Any, int, int, bool], None]]:
    """One line on standard error for each finished report, and a bar below them on a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), MofNCompleteColumn(), TextColumn("reports"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bars:
        task = bars.add_task("", total=None)

        def told(entry: Any, done: int, total: int, kept: bool) -> None:
            bars.update(task, completed=done, total=total)
            state = f"no report: {entry.error}" if entry.error else _agreement(entry.agrees)
            how = "kept" if kept else f"{entry.seconds:.1f} s"
            line = f"[{done}/{total}] {entry.name}: {state} ({how})"
            errors.print(line, markup=False, highlight=False, soft_wrap=True)

        yield told
