"""A folder of reports with an index; a run that was killed goes on where it was."""

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path
from typing import Any

from cases import case
from cases.model import Case
from foundation import InputError, write_atomically
from stabproof.comparison import CrossCheck, crosscheck
from stabproof.reports.document import Document, Steps
from stabproof.reports.gallery_entry import Entry, file_hash, finished_entry, save_entry
from stabproof.reports.gallery_index import index_page
from stabproof.reports.rendered import figure_folder, write_rendered
from stabproof.reports.reproduction import case_hash
from stabproof.reports.write import document, renderer
from symbolic import Outcome

Told = Callable[[Entry, int, int, bool], None]


def gallery(
    names: Sequence[str],
    folder: Path,
    executor: Executor,
    *,
    suffix: str = ".html",
    fresh: bool = False,
    told: Told | None = None,
) -> tuple[Entry, ...]:
    """Write the report of each case, those missing in `executor`, and index.html after each of them.

    A report that is whole and was made from the same case, parameters and version is kept unless `fresh`. `told` is
    called with each entry, how many are done, how many there are, and whether the entry was kept. Returns the entries
    in the order of `names`. Raises `InputError` for an unknown case or suffix, and for a folder that cannot be written.
    """
    renderer(suffix)
    subjects = [case(name) for name in names]
    entries: dict[str, Entry] = {}
    for subject in subjects:
        found = None if fresh else finished_entry(folder, suffix, subject.name, _key(subject, suffix))
        if found is not None:
            _record(entries, found, subjects, folder, told, kept=True)
    missing = [subject.name for subject in subjects if subject.name not in entries]
    _sweep(folder, missing)
    futures = {executor.submit(make_report, name, folder, suffix): name for name in missing}
    try:
        for future in as_completed(futures):
            _record(entries, _outcome(future, futures[future], suffix), subjects, folder, told, kept=False)
    finally:
        for future in futures:
            future.cancel()
    _write_index(entries, subjects, folder)
    return tuple(entries[subject.name] for subject in subjects)


def make_report(name: str, folder: Path, suffix: str, **parameters: Any) -> Entry:
    """Run one case and write its report and then its entry; what the case raises becomes the entry's error."""
    subject = case(name)
    start = time.perf_counter()
    try:
        check = crosscheck(name, **parameters)
        told = document(check)
        target = folder / f"{name}{suffix}"
        rendered = renderer(suffix)(told, figure_folder(target))
    except Exception as error:  # a system that cannot be reported must not stop the others
        return _failed(subject, suffix, error)
    write_rendered(target, rendered)
    beside = {place: file_hash(folder / place) for place in rendered.beside}
    entry = _entry(check, told, target, beside, time.perf_counter() - start)
    save_entry(folder, suffix, entry)
    return entry


def _entry(check: CrossCheck, told: Document, target: Path, beside: dict[str, str], seconds: float) -> Entry:
    results = [result for block in told.blocks if isinstance(block, Steps) for result in block.results]
    subject = check.case
    return Entry(
        name=subject.name,
        title=subject.title,
        group=subject.group,
        summary=subject.summary,
        key=case_hash(subject.name, check.values, target.suffix),
        file=target.name,
        sha256=file_hash(target),
        beside=beside,
        agrees=check.agrees and not told.failed_steps,
        verdicts={label: certificate.verdict.name for label, certificate in check.certificates.items()},
        errata=len(subject.errata),
        errata_proved=_errata_proved(told),
        steps=len(results),
        steps_checked=sum(result.is_proof and result.outcome is Outcome.PASSED for result in results),
        seconds=round(seconds, 2),
    )


def _errata_proved(told: Document) -> int:
    """Proofs have a title; the steps of the case's own derivations stand under their section."""
    proofs = [block for block in told.blocks if isinstance(block, Steps) and block.title]
    return sum(all(result.outcome is Outcome.PASSED for result in proof.results) for proof in proofs if proof.results)


def _key(subject: Case, suffix: str) -> str:
    return case_hash(subject.name, subject.values({}), suffix)


def _failed(subject: Case, suffix: str, error: BaseException) -> Entry:
    text = str(error).strip() or type(error).__name__
    shown = text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"
    return Entry(subject.name, subject.title, subject.group, subject.summary, _key(subject, suffix), error=shown)


def _outcome(future: Any, name: str, suffix: str) -> Entry:
    """A worker that died is an error of its case; a folder that cannot be written ends the run."""
    error = future.exception()
    if isinstance(error, InputError):
        raise error
    if error is not None:
        return _failed(case(name), suffix, error)
    entry: Entry = future.result()
    return entry


def _record(
    entries: dict[str, Entry], entry: Entry, subjects: Sequence[Case], folder: Path, told: Told | None, *, kept: bool
) -> None:
    entries[entry.name] = entry
    if not kept:
        _write_index(entries, subjects, folder)
    if told is not None:
        told(entry, len(entries), len(subjects), kept)


def _write_index(entries: dict[str, Entry], subjects: Sequence[Case], folder: Path) -> None:
    found = [entries[subject.name] for subject in subjects if subject.name in entries]
    write_atomically(folder / "index.html", index_page(found, len(subjects)))


def _sweep(folder: Path, names: Iterable[str]) -> None:
    """Removes the temporary files that a killed run left behind."""
    for name in (*names, "index.html"):
        for place in (folder, folder / ".stabproof"):
            _remove(place.glob(f".{name}*.part"))
        _remove((folder / f"{name}-figures").glob(".*.part"))


def _remove(debris: Iterable[Path]) -> None:
    for path in list(debris):
        with contextlib.suppress(OSError):
            path.unlink()
