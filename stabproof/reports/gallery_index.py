"""The gallery's index: systems by group, with verdicts, errata and a search box that needs no network."""

from collections import Counter
from collections.abc import Sequence
from importlib import metadata

from stabproof.reports.gallery_entry import Entry
from stabproof.reports.html import environment
from stabproof.reports.words import NOTICE_SIGNS, VERDICT_MARKS

_GROUPS = {
    "A": "Training as a dynamical system",
    "B": "Architectures",
    "C": "Networks as dynamical systems",
    "D": "Training trajectories",
    "E": "Networks as particles",
}
_MARKS = {verdict.name: mark for verdict, mark in VERDICT_MARKS.items()}


def index_page(entries: Sequence[Entry], total: int) -> str:
    """The page for the reports that are finished, of `total` systems."""
    groups = sorted({entry.group for entry in entries})
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            groups=[(_title(group), [entry for entry in entries if entry.group == group]) for group in groups],
            summary=_summary(entries, total),
            verdicts=_verdicts,
            marks=_MARKS,
            signs=NOTICE_SIGNS,
            version=metadata.version("stabproof"),
        )
    )


def _title(group: str) -> str:
    return f"{group}. {_GROUPS[group]}" if group in _GROUPS else group


def _summary(entries: Sequence[Entry], total: int) -> str:
    done = [entry for entry in entries if not entry.error]
    agreeing, errata = sum(entry.agrees for entry in done), sum(entry.errata for entry in done)
    proved = sum(entry.errata_proved for entry in done)
    checked, steps = sum(entry.steps_checked for entry in done), sum(entry.steps for entry in done)
    return (
        f"{len(done)} of {total} systems reported; in {agreeing} of them the exact, the numerical and the proved view "
        f"agree. {checked} of {steps} steps of derivations checked by machine. {errata} errata found in the sources, "
        f"{proved} with a proof whose every step is checked."
    )


def _verdicts(entry: Entry) -> list[tuple[str, int]]:
    """The verdicts of its certificates with their numbers, decided ones first."""
    counts = Counter((entry.verdicts or {}).values())
    return [(name, counts[name]) for name in _MARKS if counts[name]]
