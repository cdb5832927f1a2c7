"""Options that several commands share, and what is made of them."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from foundation import InputError

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of the case; repeatable.")
]
Rate = Annotated[str | None, typer.Option("--learning-rate", help="Learning rate, a float or a fraction such as 1/2.")]
Start = Annotated[str | None, typer.Option("--start", help="Starting point, comma-separated.")]
AsJson = Annotated[
    bool, typer.Option("--json", help='Print one JSON document; numbers beyond floats are "inf", "-inf" and "nan".')
]


def matching_cases(incomplete: str) -> list[str]:
    """Names of cases for the shell's completion."""
    from cases.registry import case_names

    return [name for name in case_names() if name.startswith(incomplete)]


def given_parameters(settings: list[str] | None, **options: Any) -> dict[str, Any]:
    """The parameters by name, from --set and from the options that are there."""
    given = {name: value for name, value in options.items() if value is not None}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"--set takes NAME=VALUE, but got {setting!r}")
        given[name.strip().replace("-", "_")] = value
    return given


def writable_folder(path: Path) -> Path:
    """The folder, made where it is missing, with a file written into it for a trial: before any work is done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {path}: {error.strerror}") from None
    try:
        with tempfile.TemporaryFile(dir=path) as trial:
            trial.write(b"stabproof")
    except OSError as error:
        raise InputError(f"cannot write into the folder {path}: {error.strerror}; choose another --out") from None
    return path
