"""`stabproof export`: a certificate for another proof assistant."""

from pathlib import Path
from typing import Annotated

import typer

from foundation import InputError
from stabproof.cli.console import say


def export(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE.json", help="A file that stabproof wrote.")],
    coq: Annotated[bool, typer.Option("--coq", help="As a file for the Coq proof assistant.")] = False,
    out: Annotated[Path | None, typer.Option(help="The file to write [default: CERTIFICATE.v].")] = None,
) -> None:
    """Write a certificate as a file whose compilation proves it: --coq."""
    if not coq:
        raise InputError("say for which proof assistant: stabproof export CERTIFICATE.json --coq")
    from stabproof.formal import export_coq

    target = export_coq(certificate, out or certificate.with_suffix(".v"))
    say(f"wrote {target}; compile it with: coqc -w none {target}")
