"""`stabproof certify`: one case, its three views compared, its certificates saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stabproof.cli.console import output, say, shown_progress
from stabproof.cli.json_output import print_json, proved_value
from stabproof.cli.options import AsJson, Rate, Settings, Start, given_parameters, matching_cases, writable_folder

if TYPE_CHECKING:
    from stabproof.comparison import CrossCheck


def certify(
    case_name: Annotated[
        str,
        typer.Argument(metavar="CASE", help="A name that `stabproof cases` lists.", autocompletion=matching_cases),
    ],
    learning_rate: Rate = None,
    start: Start = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option("--out", "--save", help="Folder for the certificates.")] = None,
    as_json: AsJson = False,
) -> None:
    """Certify a case and compare its exact, numerical and proved views."""
    from cases import case, entry

    entry(case_name)  # a wrong name is told before anything is loaded
    from stabproof.comparison import crosscheck

    given = given_parameters(settings, learning_rate=learning_rate, start=start)
    case(case_name).values(given)
    folder = writable_folder(out) if out else None
    with shown_progress() as progress:
        check = crosscheck(case_name, progress=progress, **given)
    # what was proved is shown before anything can go wrong with a file
    if as_json:
        print_json(_as_data(check))
    else:
        _show(check)
    if folder:
        for path in _saved(check, folder, case_name):
            if not as_json:
                say(f"written: {path}")
    raise typer.Exit(_exit_code(check))


def _show(check: "CrossCheck") -> None:
    from stabproof.tables import certificate_table, crosscheck_table

    for certificate in check.certificates.values():
        output.print(certificate_table(certificate))
    output.print(crosscheck_table(check, output.width))
    say(check.counts.sentence)


def _saved(check: "CrossCheck", folder: Path, case_name: str) -> list[Path]:
    """The files of the certificates."""
    paths = []
    for label, certificate in check.certificates.items():
        paths.append(folder / f"{case_name}-{label}.json".replace(" ", "-"))
        certificate.save(paths[-1])
    return paths


def _as_data(check: "CrossCheck") -> dict[str, Any]:
    rows = [
        {
            "quantity": row.quantity,
            "symbolic": _exact(row.symbolic),
            "numeric": None if row.numeric is None else row.numeric.value,
            "certified": proved_value(row.certified),
            "agrees": row.agrees,
        }
        for row in check.rows
    ]
    verdicts = {label: certificate.verdict.name for label, certificate in check.certificates.items()}
    told = {"case": check.case.name, "agrees": check.agrees, "compared": check.counts.sentence}
    return {**told, "verdicts": verdicts, "rows": rows}


def _exact(value: Any) -> str | None:
    from stabproof.tables import exact_text

    return getattr(value, "name", None) or (None if value is None else exact_text(value))


def _exit_code(check: "CrossCheck") -> int:
    return 0 if check.holds else 1
