"""sp.report: a case, a certificate, a cross-check or a derivation, or several of them, as a file."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from certify.certificate import Certificate
from foundation import InputError
from foundation.errors import type_of
from foundation.optional_packages import needed
from stabproof.progress import ProgressOption
from stabproof.reports.certificate_story import certificate_document
from stabproof.reports.document import Document, combined
from stabproof.reports.html import html
from stabproof.reports.rendered import Rendered, figure_folder, write_rendered

if TYPE_CHECKING:
    from stabproof.comparison import CrossCheck


@overload
def report(subject: Any, path: None = None, *, progress: ProgressOption = None, **parameters: Any) -> Document: ...
@overload
def report(
    subject: Any, path: str | os.PathLike[str], *, progress: ProgressOption = None, **parameters: Any
) -> Path: ...
def report(
    subject: Any, path: str | os.PathLike[str] | None = None, *, progress: ProgressOption = None, **parameters: Any
) -> Path | Document:
    """Write the report of `subject` to `path`, whole or not at all; the suffix chooses the format.

    Without a path nothing is written: the `Document` comes back, which notebooks show.

    subject: the name of a case (run with `parameters`), a `CrossCheck`, a `Certificate`, a `Derivation`, a `Document`,
    or a list of these, which become the parts of one document. Suffixes: .html (self-contained), .tex and .md (their
    figures go to the folder NAME-figures beside them, before the file itself), .pdf (through pdflatex or Chromium).
    Returns the path, or the document. Raises `InputError` for anything else, an unknown suffix, or a folder that cannot
    be written.
    """
    if path is None:
        return document(subject, progress=progress, **parameters)
    target = Path(path)
    render = renderer(target.suffix)
    return write_rendered(target, render(document(subject, progress=progress, **parameters), figure_folder(target)))


def document(subject: Any, *, progress: ProgressOption = None, **parameters: Any) -> Document:
    """The report of `subject` before it is rendered; notebooks show it. Takes and raises what `report` does."""
    if isinstance(subject, str):
        from stabproof.comparison import crosscheck

        subject = crosscheck(subject, progress=progress, **parameters)
    elif parameters:
        raise InputError(f"parameters such as {next(iter(parameters))} go with the name of a case only")
    if isinstance(subject, list | tuple):
        return _together(subject, progress)
    if isinstance(subject, Document):
        return subject
    tell = certificate_document if isinstance(subject, Certificate) else _teller(subject)
    if tell is None:
        raise InputError(
            f"cannot report on {type_of(subject)}; pass a case's name, a certificate, a cross-check, a "
            "derivation, or a list of these"
        )
    return tell(subject)


def renderer(suffix: str) -> Callable[[Document, str], Rendered]:
    """What turns a document into the file of that suffix; raises `InputError` for an unknown one."""
    render = _RENDERERS.get(suffix.lower())
    if render is None:
        raise InputError(f"cannot write a report as {suffix or 'a file without suffix'}; use {', '.join(_RENDERERS)}")
    needed("matplotlib", "reports")  # before hours are spent on what is drawn at the end
    return render


def _teller(subject: Any) -> Callable[[Any], Document] | None:
    """What tells of a cross-check or a derivation; they bring SymPy and the cases with them."""
    from stabproof.comparison import CrossCheck
    from stabproof.reports.derivation_story import derivation_document
    from symbolic import Derivation

    tellers: dict[type, Callable[[Any], Document]] = {CrossCheck: _case_document, Derivation: derivation_document}
    return next((tell for kind, tell in tellers.items() if isinstance(subject, kind)), None)


def _together(subjects: list[Any] | tuple[Any, ...], progress: ProgressOption) -> Document:
    if not subjects:
        raise InputError("cannot report on an empty list; pass at least one case, certificate or derivation")
    return combined([document(subject, progress=progress) for subject in subjects])


def _case_document(check: "CrossCheck") -> Document:
    from stabproof.reports.crosscheck_story import crosscheck_document

    return crosscheck_document(check, _command(check))


def _command(check: "CrossCheck") -> str:
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


def _html(document: Document, figures: str) -> Rendered:
    return Rendered(html(document).encode())


def _latex(document: Document, figures: str) -> Rendered:
    from stabproof.reports.latex import latex

    return latex(document, figures)


def _markdown(document: Document, figures: str) -> Rendered:
    from stabproof.reports.markdown import markdown

    return markdown(document, figures)


def _pdf(document: Document, figures: str) -> Rendered:
    from stabproof.reports.pdf import pdf

    return Rendered(pdf(document))


_RENDERERS: dict[str, Callable[[Document, str], Rendered]] = {
    ".html": _html,
    ".tex": _latex,
    ".md": _markdown,
    ".pdf": _pdf,
}
