"""The command `stabproof`.

Exit codes: 0 the statement asked for is proved (every certificate and every verdict is STABLE or PROVED) and the views
agree; 1 it is unstable, refuted or undecided, the views disagree or nothing could be compared; 2 bad input.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from foundation import CertificateError, InputError

if TYPE_CHECKING:
    from cases.catalogue import Entry

app = typer.Typer(
    help="Prove dynamical statements about learning systems, and check such proofs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
output, errors = Console(), Console(stderr=True)

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of the case; repeatable.")
]
Rate = Annotated[str | None, typer.Option("--learning-rate", help="Learning rate, a float or a fraction such as 1/2.")]
Start = Annotated[str | None, typer.Option("--start", help="Starting point, comma-separated.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def main() -> None:
    """Run the command line; user errors end with one sentence and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except (InputError, CertificateError) as error:
        errors.print(f"stabproof: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        code = 2
    except typer.Abort:
        code = 130
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        sentence = error.format_message().rstrip(".")
        errors.print(f"stabproof: {sentence}; see stabproof --help", markup=False, soft_wrap=True)
        code = 2
    sys.exit(code or 0)


@app.command()
def cases(
    case_name: Annotated[str | None, typer.Argument(metavar="[CASE]", help="Show this case's parameters.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the systems, one line each, or show one with its parameters and their defaults."""
    from cases.registry import case_names, entry

    if case_name is not None:
        _show_case(entry(case_name), as_json)
        return
    if as_json:
        _print_json({name: entry(name).title for name in case_names()})
        return
    width = max(len(name) for name in case_names())
    for name in case_names():
        _say(f"{name:<{width}}  {entry(name).title}")


def _show_case(entry: "Entry", as_json: bool) -> None:
    declared = {name: {"default": default, "meaning": words} for name, (default, words) in entry.parameters.items()}
    if as_json:
        texts = {"name": entry.name, "title": entry.title, "source": entry.source, "summary": entry.summary}
        _print_json({**texts, "parameters": declared})
        return
    output.print(f"{entry.name}: {entry.title}\n{entry.source}\n\n{entry.summary}\n", markup=False, highlight=False)
    if not declared:
        _say("It has no parameters.")
        return
    table = Table("parameter", "default", "meaning", box=None, pad_edge=False)
    for name, told in declared.items():
        default = "" if told["default"] is None else str(told["default"])
        table.add_row(Text(name), Text(default), Text(str(told["meaning"])))
    output.print(table)
    _say(f"\nstabproof certify {entry.name} --set NAME=VALUE")


def _say(text: str) -> None:
    """A text of ours as it is: no markup, no colours, no line breaks inside."""
    output.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def certify(
    case_name: Annotated[str, typer.Argument(metavar="CASE", help="A name that `stabproof cases` lists.")],
    learning_rate: Rate = None,
    start: Start = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the certificates.")] = None,
    as_json: AsJson = False,
) -> None:
    """Certify a case and compare its exact, numerical and proved views."""
    from cases import case, entry

    entry(case_name)  # a wrong name is told before anything is loaded
    from stabproof.comparison import crosscheck
    from stabproof.tables import certificate_table, crosscheck_table

    given = _given(settings, learning_rate=learning_rate, start=start)
    case(case_name).values(given)
    folder = _folder(out) if out else None
    with _progress() as progress:
        check = crosscheck(case_name, progress=progress, **given)
    saved = (
        [_save(certificate, folder, f"{case_name}-{label}") for label, certificate in check.certificates.items()]
        if folder
        else []
    )
    if as_json:
        _print_json(_as_json(check))
    else:
        for certificate in check.certificates.values():
            output.print(certificate_table(certificate))
        output.print(crosscheck_table(check))
        _say(check.counts.sentence)
        for path in saved:
            _say(f"written: {path}")
    raise typer.Exit(_exit_code(check))


@app.command()
def report(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE ...]", help="Cases; without any, the gallery of all.")
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
) -> None:
    """Write the report of each case, or the gallery of all."""
    suffix = _suffix(file_format)
    given = _given(settings, learning_rate=learning_rate, start=start)
    if given and (everything or len(names or []) != 1):
        raise InputError("parameters go with a single case; name one, or leave out --set, --learning-rate and --start")
    if everything and names:
        raise InputError(f"--all reports every case; leave out either --all or {' '.join(names)}")
    if not names:
        raise typer.Exit(0 if _gallery(_folder(out), suffix, jobs, fresh) else 1)
    if jobs is not None or fresh:
        raise InputError("--jobs and --fresh go with the gallery; leave them out, or use --all without names")
    from cases import case, entry

    for name in names:
        entry(name)
    for name in names:
        case(name).values(given)
    folder = _folder(out)
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

    with _progress() as progress:
        check = crosscheck(name, progress=progress, **given)
        told = document(check)
        write_report(told, path)
    agreed = check.agrees and not told.failed_steps
    _say(f"{path}: {_agreement(agreed)}")
    return agreed


def _agreement(agreed: bool) -> str:
    return "the views agree" if agreed else "THE VIEWS DO NOT AGREE"


def _gallery(folder: Path, suffix: str, jobs: int | None, fresh: bool) -> bool:
    """Whether every case could be reported and its views agree."""
    from cases import case_names
    from stabproof.reports.gallery import gallery
    from stabproof.reports.workers import available_processors, process_pool

    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs must be at least 1, but is {jobs}")
    count = min(jobs or available_processors(), len(case_names()))
    with process_pool(count) as pool, _gallery_progress() as told:
        entries = gallery(case_names(), folder, pool, suffix=suffix, fresh=fresh, told=told)
    _say(f"written: {folder / 'index.html'}")
    return all(entry.agrees for entry in entries)


@contextmanager
def _gallery_progress() -> Iterator[Callable[[Any, int, int, bool], None]]:
    """One line on standard error for each finished report, and a bar below them on a terminal."""
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


@app.command()
def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE.json", help="A file that stabproof wrote.")],
    budget: Annotated[
        float | None,
        typer.Option(help="Work that the proof may take; a laptop does one unit in about a second [default: 60]."),
    ] = None,
    independent: Annotated[bool, typer.Option("--independent", help="Let the second program prove it, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Repeat the proof in a certificate from the file alone; with --independent by two programs."""
    from certify.certificate import check as repeat
    from stabproof.tables import certificate_table

    with _progress() as progress:
        progress(f"repeating the proof in {certificate}", 0.1)
        proved = repeat(certificate, budget=budget)
    if as_json:
        _print_json({"verdict": proved.verdict.name, **_numbers(proved)})
    else:
        output.print(certificate_table(proved))
        output.print("the proof was repeated and holds", style="green")
    if independent:
        _recheck(certificate, as_json)
    raise typer.Exit(0 if proved.verdict.name in {"STABLE", "PROVED"} else 1)


def _recheck(certificate: Path, as_json: bool) -> None:
    """What the second program proves of the same file; leaves with its exit code unless it confirms all."""
    from recheck.cli import EXIT, as_data, as_text
    from recheck.main import recheck
    from recheck.outcome import BadInput, Standing

    try:
        report = recheck(certificate)
    except BadInput as error:
        raise CertificateError(f"the second program cannot read the certificate: {error}") from None
    if as_json:
        _print_json(as_data(report))
    else:
        output.print("the second program:", markup=False)
        output.print(as_text(report), markup=False, highlight=False, soft_wrap=True)
    if report.standing is not Standing.CONFIRMED:
        raise typer.Exit(EXIT[report.standing])


def _given(settings: list[str] | None, **options: Any) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value is not None}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"--set takes NAME=VALUE, but got {setting!r}")
        given[name.strip().replace("-", "_")] = value
    return given


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {path}: {error.strerror}") from None
    return path


def _save(certificate: Any, folder: Path, name: str) -> Path:
    path = folder / f"{name.replace(' ', '-')}.json"
    certificate.save(path)
    return path


def _as_json(check: Any) -> dict[str, Any]:
    from stabproof.tables import exact_text

    rows = [
        {
            "quantity": row.quantity,
            "symbolic": getattr(row.symbolic, "name", None)
            or (None if row.symbolic is None else exact_text(row.symbolic)),
            "numeric": None if row.numeric is None else row.numeric.value,
            "certified": _proved(row.certified),
            "agrees": row.agrees,
        }
        for row in check.rows
    ]
    verdicts = {label: certificate.verdict.name for label, certificate in check.certificates.items()}
    return {
        "case": check.case.name,
        "agrees": check.agrees,
        "compared": check.counts.sentence,
        "verdicts": verdicts,
        "rows": rows,
    }


def _proved(value: Any) -> Any:
    if value is None:
        return None
    return getattr(value, "name", None) or {"lower": value.lower, "upper": value.upper}


def _numbers(certificate: Any) -> dict[str, Any]:
    return {claim.name: _proved(claim.enclosure) for claim in certificate.claims}


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=1, allow_nan=True))


def _exit_code(check: Any) -> int:
    return 0 if check.holds else 1


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error where that is a terminal; plain lines of what is being done otherwise."""
    if not errors.is_terminal:
        yield lambda message, fraction: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bars:
        task = bars.add_task("starting", total=1.0)
        yield lambda message, fraction: bars.update(task, description=message, completed=fraction)


if __name__ == "__main__":
    main()
