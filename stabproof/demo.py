"""The main job on real data: train, certify, report. Run by `make demo`."""

import argparse
import time
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from certify.certificate import Certificate, check
from foundation import InputError
from stabproof.comparison import CrossCheck, crosscheck
from stabproof.reports import report
from stabproof.tables import crosscheck_table, verdict_text

console = Console(highlight=False)


def main() -> None:
    """Train a network on digits, certify it at three learning rates, run the hyperbola, write it all to a folder."""
    parser = argparse.ArgumentParser(description="stabproof's main job on real data")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder for certificates and reports")
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    say(start, "training a 64-32-1 tanh network on 200 digits to interpolation, then certifying it at three rates")
    digits = crosscheck("digits", progress=lambda message, _: say(start, message))
    say(start, "the hyperbola k (1 - t1 t2)^2: exact, numerical and proved")
    hyperbola = crosscheck("hyperbola", progress=lambda message, _: say(start, message))
    console.print(proof_table([digits, hyperbola]))
    console.print(crosscheck_table(digits))
    console.print(crosscheck_table(hyperbola))
    for done in (digits, hyperbola):
        write(done, folder, start)
    say(start, f"done; open {folder}/hyperbola.html and {folder}/digits.html")
    if not (digits.agrees and hyperbola.agrees):
        raise SystemExit("the views do not agree")


def say(start: float, message: str) -> None:
    """One line of progress with the seconds since the start."""
    console.print(f"[dim]{time.perf_counter() - start:6.1f} s[/]  {message}")


def proof_table(checks: list[CrossCheck]) -> Table:
    """What was proved, run by run."""
    table = Table(title="Proved", box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("run", "minimum within", "sharpness", "critical learning rate", "spectral radius", "verdict"):
        table.add_column(column, no_wrap=column != "run")
    for done in checks:
        for label, certificate in done.certificates.items():
            table.add_row(f"{done.case.name}: {label}", *proved_digits(certificate), verdict_text(certificate.verdict))
    return table


def proved_digits(certificate: Certificate) -> tuple[str, ...]:
    """The columns of the table; empty where nothing was proved."""
    radius = certificate.existence_radius
    numbers = (certificate.sharpness, certificate.critical_learning_rate, certificate.spectral_radius)
    shown = tuple("" if number is None else str(number) for number in numbers)
    return ("" if radius is None else f"{radius:.2e}", *shown)


def write(done: CrossCheck, folder: Path, start: float) -> None:
    """The case's report, and for each certificate its file, checked again from the file, and its own report."""
    try:
        say(start, f"written: {report(done, folder / f'{done.case.name}.html')}")
        for number, certificate in enumerate(done.certificates.values(), start=1):
            path = folder / f"{done.case.name}-{number}.json"
            certificate.save(path)
            check(path)
            page = report(certificate, path.with_suffix(".html"))
            say(start, f"written: {path} (checked again from the file), {page}")
    except InputError as error:
        raise SystemExit(f"stabproof: {error}") from None


if __name__ == "__main__":
    main()
