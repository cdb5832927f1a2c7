"""sp.report: a case, a certificate, a cross-check or a derivation, or several of them, as a file."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from certify.certificate import Certificate
from foundation import InputError
from stabproof.comparison import CrossCheck, crosscheck
from stabproof.progress import ProgressOption
from stabproof.reports.certificate_story import certificate_document
from stabproof.reports.crosscheck_story import crosscheck_document
from stabproof.reports.derivation_story import derivation_document
from stabproof.reports.document import Document, combined
from stabproof.reports.html import html
from stabproof.reports.latex import latex
from stabproof.reports.markdown import markdown
from stabproof.reports.pdf import pdf
from stabproof.reports.rendered import Rendered, figure_folder, write_rendered
from symbolic import Derivation


def report(subject: Any, path: str | os.PathLike[str], *, progress: ProgressOption = None, **parameters: Any) -> Path:
    """Write the report of `subject` to `path`, whole or not at all; the suffix chooses the format.

    subject: the name of a case (run with `parameters`), a `CrossCheck`, a `Certificate`, a `Derivation`, a `Document`,
    or a list of these, which become the parts of one document. Suffixes: .html (self-contained), .tex and .md (their
    figures go to the folder NAME-figures beside them, before the file itself), .pdf (through pdflatex or Chromium).
    Returns the path. Raises `InputError` for anything else, an unknown suffix, or a folder that cannot be written.
    """
    target = Path(path)
    render = renderer(target.suffix)
    return write_rendered(target, render(document(subject, progress=progress, **parameters), figure_folder(target)))


def document(subject: Any, *, progress: ProgressOption = None, **parameters: Any) -> Document:
    """The report of `subject` before it is rendered; notebooks show it. Takes and raises what `report` does."""
    if isinstance(subject, str):
        subject = crosscheck(subject, progress=progress, **parameters)
    elif parameters:
        raise InputError(f"parameters such as {next(iter(parameters))} go with the name of a case only")
    if isinstance(subject, list | tuple):
        return _together(subject, progress)
    tell = next((tell for kind, tell in _TELLERS.items() if isinstance(subject, kind)), None)
    if tell is None:
        raise InputError(
            f"cannot report on a {type(subject).__name__}; pass a case's name, a certificate, a cross-check, a "
            "derivation, or a list of these"
        )
    return tell(subject)


def renderer(suffix: str) -> Callable[[Document, str], Rendered]:
    """What turns a document into the file of that suffix; raises `InputError` for an unknown one."""
    render = _RENDERERS.get(suffix.lower())
    if render is None:
        raise InputError(f"cannot write a report as {suffix or 'a file without suffix'}; use {', '.join(_RENDERERS)}")
    return render


def _together(subjects: list[Any] | tuple[Any, ...], progress: ProgressOption) -> Document:
    if not subjects:
        raise InputError("cannot report on an empty list; pass at least one case, certificate or derivation")
    return combined([document(subject, progress=progress) for subject in subjects])


def _case_document(check: CrossCheck) -> Document:
    return crosscheck_document(check, _command(check))


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


_TELLERS: dict[type, Callable[[Any], Document]] = {
    CrossCheck: _case_document,
    Certificate: certificate_document,
    Derivation: derivation_document,
    Document: lambda document: document,
}
_RENDERERS: dict[str, Callable[[Document, str], Rendered]] = {
    ".html": lambda document, figures: Rendered(html(document).encode()),
    ".tex": latex,
    ".md": markdown,
    ".pdf": lambda document, figures: Rendered(pdf(document)),
}
