"""The commands together, and how errors leave them."""

import sys
from typing import Annotated

import typer

from foundation import CertificateError, InputError
from stabproof.cli.cases import cases
from stabproof.cli.certify import certify
from stabproof.cli.check import check
from stabproof.cli.console import errors, say
from stabproof.cli.export import export
from stabproof.cli.report import report

app = typer.Typer(
    help="Prove dynamical statements about learning systems, and check such proofs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (cases, certify, report, check, export):
    app.command()(command)


def _told_version(wanted: bool) -> None:
    if wanted:
        from stabproof.version import version

        say(f"stabproof {version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_told_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Prove dynamical statements about learning systems, and check such proofs."""


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
