"""A document as PDF: through pdflatex where it is installed, otherwise printed by headless Chromium."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from foundation import InputError
from stabproof.reports.document import Document
from stabproof.reports.html import html
from stabproof.reports.latex import latex

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_SECONDS = 180


def pdf(document: Document) -> bytes:
    """The bytes of the PDF. Raises `InputError` when neither program is installed, or both fail."""
    tried = []
    for program, convert in ((shutil.which("pdflatex"), _by_tex), (_browser(), _by_browser)):
        if program is None:
            continue
        with tempfile.TemporaryDirectory(prefix="stabproof-pdf-") as name:
            found = convert(program, document, Path(name))
        if found is not None:
            return found
        tried.append(Path(program).name)
    if tried:
        raise InputError(f"cannot make a PDF: {' and '.join(tried)} failed; write .html and print it from a browser")
    raise InputError(
        "cannot make a PDF: neither pdflatex nor Chromium is installed; install one of them, or write .html or .tex"
    )


def _browser() -> str | None:
    return next((path for path in map(shutil.which, _BROWSERS) if path), None)


def _by_tex(program: str, document: Document, folder: Path) -> bytes | None:
    """Two runs: the second one knows the table of contents."""
    rendered = latex(document, "figures")
    for name, content in {"report.tex": rendered.content, **rendered.beside}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    command = [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    return _result(folder / "report.pdf", [command, command], folder)


def _by_browser(program: str, document: Document, folder: Path) -> bytes | None:
    page, target = folder / "report.html", folder / "report.pdf"
    page.write_text(html(document), encoding="utf-8")
    command = [
        program, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}",
        "--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium refuses to start as root otherwise
    return _result(target, [command], folder)


def _result(target: Path, commands: list[list[str]], folder: Path) -> bytes | None:
    """The file that the commands make, or None when one of them fails."""
    for command in commands:
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0:
            return None
    content = target.read_bytes() if target.is_file() else b""
    return content if content.startswith(b"%PDF") else None
