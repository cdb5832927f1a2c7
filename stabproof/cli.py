"""The command `stabproof`.

Exit codes: 0 proved stable, or the views agree, or the certificate holds; 1 unstable, refuted, undecided or in
disagreement; 2 bad input.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from foundation import CertificateError, InputError

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
        errors.print(f"stabproof: {error.format_message()}; see stabproof --help", markup=False, soft_wrap=True)
        code = 2
    sys.exit(code or 0)


@app.command()
def cases(as_json: AsJson = False) -> None:
    """List the systems, one line each."""
    from cases import case, case_names

    if as_json:
        _print_json({name: case(name).title for name in case_names()})
        return
    width = max(len(name) for name in case_names())
    for name in case_names():
        output.print(f"{name:<{width}}  {case(name).title}", markup=False, highlight=False, soft_wrap=True)


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
    from stabproof.comparison import crosscheck
    from stabproof.tables import certificate_table, crosscheck_table

    given = _given(settings, learning_rate=learning_rate, start=start)
    with _progress() as progress:
        check = crosscheck(case_name, progress=progress, **given)
    saved = (
        [_save(certificate, _folder(out), f"{case_name}-{label}") for label, certificate in check.certificates.items()]
        if out
        else []
    )
    if as_json:
        _print_json(_as_json(check))
    else:
        for certificate in check.certificates.values():
            output.print(certificate_table(certificate))
        output.print(crosscheck_table(check))
        for path in saved:
            output.print(f"written: {path}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(_exit_code(check))


@app.command()
def report(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE ...]", help="Cases; all of them by default.")
    ] = None,
    learning_rate: Rate = None,
    start: Start = None,
    settings: Settings = None,
    out: Annotated[Path, typer.Option(help="Folder for the reports.")] = Path("reports"),
) -> None:
    """Write one HTML report for each case."""
    from cases import case, case_names
    from stabproof.comparison import crosscheck
    from stabproof.reports import report as write_report

    chosen = list(names or case_names())
    for name in chosen:
        case(name)
    given = _given(settings, learning_rate=learning_rate, start=start)
    folder, agreed = _folder(out), True
    for name in chosen:
        with _progress() as progress:
            check = crosscheck(name, progress=progress, **given)
            path = write_report(check, folder / f"{name}.html")
        agreed &= check.agrees
        word = "the views agree" if check.agrees else "THE VIEWS DO NOT AGREE"
        output.print(f"{path}: {word}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(0 if agreed else 1)


@app.command()
def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE.json", help="A file that stabproof wrote.")],
    as_json: AsJson = False,
) -> None:
    """Repeat the proof in a certificate from the file alone."""
    from certify.certificate import check as repeat
    from stabproof.tables import certificate_table

    with _progress() as progress:
        progress(f"repeating the proof in {certificate}", 0.1)
        proved = repeat(certificate)
    if as_json:
        _print_json({"verdict": proved.verdict.name, **_numbers(proved)})
    else:
        output.print(certificate_table(proved))
        output.print("the proof was repeated and holds", style="green")
    raise typer.Exit(0 if proved.verdict.name in {"STABLE", "PROVED"} else 1)


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
    rows = [
        {
            "quantity": row.quantity,
            "symbolic": getattr(row.symbolic, "name", None) or (None if row.symbolic is None else str(row.symbolic)),
            "numeric": None if row.numeric is None else row.numeric.value,
            "certified": _proved(row.certified),
            "agrees": row.agrees,
        }
        for row in check.rows
    ]
    verdicts = {label: certificate.verdict.name for label, certificate in check.certificates.items()}
    return {"case": check.case.name, "agrees": check.agrees, "verdicts": verdicts, "rows": rows}


def _proved(value: Any) -> Any:
    if value is None:
        return None
    return getattr(value, "name", None) or {"lower": value.lower, "upper": value.upper}


def _numbers(certificate: Any) -> dict[str, Any]:
    return {claim.name: _proved(claim.enclosure) for claim in certificate.claims}


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=1, allow_nan=True))


def _exit_code(check: Any) -> int:
    decided = all(certificate.verdict.name in {"STABLE", "PROVED"} for certificate in check.certificates.values())
    return 0 if check.agrees and decided else 1


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
