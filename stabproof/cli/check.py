"""`stabproof check`: the proof in a file repeated, by one program or by two."""

from pathlib import Path
from typing import Annotated, Any

import typer

from foundation import CertificateError
from stabproof.cli.console import output, say, shown_progress
from stabproof.cli.json_output import claimed_numbers, print_json
from stabproof.cli.options import AsJson


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

    with shown_progress() as progress:
        progress(f"repeating the proof in {certificate}", 0.1)
        proved = repeat(certificate, budget=budget)
    if not as_json:
        from stabproof.tables import certificate_table

        output.print(certificate_table(proved))
        output.print("the proof was repeated and holds", style="green")
    found, text, code = _rechecked(certificate) if independent else (None, "", 0)
    if as_json:
        told = {"verdict": proved.verdict.name, **claimed_numbers(proved)}
        print_json({**told, "independent": found} if independent else told)
    elif independent:
        say(f"the second program:\n{text}")
    raise typer.Exit(code or (0 if proved.verdict.name in {"STABLE", "PROVED"} else 1))


def _rechecked(certificate: Path) -> tuple[dict[str, Any], str, int]:
    """What the second program proves of the same file, as data and as text, and its exit code: 0 confirms all."""
    from recheck.cli import EXIT, as_data, as_text
    from recheck.main import recheck
    from recheck.outcome import BadInput

    try:
        report = recheck(certificate)
    except BadInput as error:
        raise CertificateError(f"the second program cannot read the certificate: {error}") from None
    return as_data(report), as_text(report), EXIT[report.standing]
