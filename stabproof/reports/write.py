"""sp.report: a case, a certificate, a cross-check or a derivation as a file."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from certify.certificate import Certificate
from foundation import InputError, write_whole
from stabproof.comparison import CrossCheck, Progress, crosscheck
from stabproof.reports.document import Document
from stabproof.reports.html import html
from stabproof.reports.story import certificate_document, crosscheck_document, derivation_document
from symbolic import Derivation


def report(subject: Any, path: str | os.PathLike[str], *, progress: Progress | None = None, **parameters: Any) -> Path:
    """Write the report of `subject` to `path`, whole or not at all; the suffix chooses the format.

    subject: the name of a case (run with `parameters`), a `CrossCheck`, a `Certificate`, or a `Derivation`.
    Returns the path. Raises `InputError` for anything else, an unknown suffix, or a folder that cannot be written.
    """
    target = Path(path)
    render = _RENDERERS.get(target.suffix.lower())
    if render is None:
        raise InputError(
            f"cannot write a report as {target.suffix or 'a file without suffix'}; use {', '.join(_RENDERERS)}"
        )
    return write_whole(target, render(document(subject, progress=progress, **parameters)))


def document(subject: Any, *, progress: Progress | None = None, **parameters: Any) -> Document:
    """The report of `subject` before it is rendered."""
    if isinstance(subject, str):
        subject = crosscheck(subject, progress=progress, **parameters)
    elif parameters:
        raise InputError(f"parameters such as {next(iter(parameters))} go with the name of a case only")
    if isinstance(subject, CrossCheck):
        return crosscheck_document(subject, _command(subject))
    if isinstance(subject, Certificate):
        return certificate_document(subject)
    if isinstance(subject, Derivation):
        return derivation_document(subject)
    raise InputError(
        f"cannot report on a {type(subject).__name__}; pass a case's name, a certificate, a cross-check or a derivation"
    )


def _command(check: CrossCheck) -> str:
    changed = {
        parameter.name: check.values[parameter.name]
        for parameter in check.case.parameters
        if check.values[parameter.name] != _default(parameter)
    }
    options = "".join(f" --set {name}={shlex.quote(_text(value))}" for name, value in changed.items())
    return f"stabproof report {check.case.name}{options} --out reports/"


def _default(parameter: Any) -> Any:
    return None if parameter.default is None else parameter.read(parameter.default, parameter.name)


def _text(value: Any) -> str:
    return ",".join(str(item) for item in value) if isinstance(value, tuple | list) else str(value)


_RENDERERS: dict[str, Callable[[Document], str]] = {".html": html}
