"""Tells a derivation, with the outcome of every machine check, as blocks of a document."""

from collections.abc import Iterable, Sequence

from stabproof.reports.document import Block, Cell, Code, Document, Notice, Section, Steps, Table
from stabproof.reports.reproduction import derivation_hash, versions_table
from symbolic import Derivation, Outcome, StepResult


def derivation_document(derivation: Derivation) -> Document:
    """The report of a derivation; every step is checked again while it is made."""
    results = tuple(derivation.verify())
    blocks: list[Block] = [Section("Notation", "notation"), *notation(derivation)] if derivation.symbols else []
    blocks += [Section("Derivation", "derivation"), summary_of_checks(results), Steps("", results)]
    blocks += [Section("How to reproduce this report", "reproduce"), *reproduction(derivation)]
    return Document(derivation.title, "A derivation whose steps were re-checked by machine", tuple(blocks))


def notation(derivation: Derivation) -> Iterable[Block]:
    """The symbols and what they mean."""
    named = [(symbol, meaning) for symbol, meaning in derivation.symbols if not getattr(symbol, "is_number", False)]
    if named:
        rows = tuple((Cell("", "", symbol), Cell(meaning)) for symbol, meaning in named)
        yield Table("Symbols", ("symbol", "meaning"), rows)


def summary_of_checks(results: Sequence[StepResult]) -> Block:
    """How many steps passed, definitions not counted; a failed step is named by its number."""
    outcomes = [result.outcome for result in results]
    total = sum(result.is_proof for result in results)
    failed = [n for n, result in enumerate(results, start=1) if result.failed]
    undecided = outcomes.count(Outcome.UNDECIDED)
    if failed:
        first = failed[0]
        verb = "fails its check" if len(failed) == 1 else "fail their check"
        return Notice("bad", f"{len(failed)} of {total} steps {verb}", f"Step {first}: {results[first - 1].reason}.")
    if undecided:
        text = f"{undecided} could not be decided by machine; the step says why."
        return Notice("open", f"{total - undecided} of {total} steps are checked", text)
    if not total:
        return Notice("", "No step asserts anything", "What follows are definitions, and formulas as they are written.")
    title = "The step is checked" if total == 1 else f"All {total} steps that assert something are checked"
    if total == len(outcomes) != 1:
        title = f"All {total} steps are checked"
    return Notice("good", title, "Each formula below was decided anew by exact arithmetic when this report was made.")


def reproduction(derivation: Derivation) -> Iterable[Block]:
    """How the checks are run again, and with which versions they ran here."""
    yield Code("derivation.verify()      # decides every step anew")
    yield versions_table()
    yield Code(f"hash of the derivation (SHA-256) {derivation_hash(derivation)}")
