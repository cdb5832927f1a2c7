"""The main job on real data: train, certify, report. Run by `make demo`."""

import argparse
import time
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from certify.certificate import Certificate, check
from certify.digits import at_most
from foundation import InputError
from stabproof.comparison import CrossCheck, crosscheck
from stabproof.reports import report
from stabproof.reports.second_program import second_opinion
from stabproof.tables import crosscheck_table, verdict_text

console = Console(highlight=False, soft_wrap=False)


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
    for done in (digits, hyperbola):
        console.print(crosscheck_table(done, console.width))
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
    for column in ("run", "quantity", "proved digits"):
        table.add_column(column, overflow="fold")
    for done in checks:
        for label, certificate in done.certificates.items():
            rows = proved_digits(certificate)
            table.add_row(f"{done.case.name}:", "verdict", verdict_text(certificate.verdict))
            for number, (quantity, digits) in enumerate(rows):
                table.add_row(label if number == 0 else "", quantity, digits, end_section=number == len(rows) - 1)
    return table


def second_words(certificate: Certificate, path: Path, start: float) -> str:
    """What the second program says; the exponents of SGD with 200 residuals would take it many minutes."""
    if certificate.problem.get("optimizer", {}).get("name") == "sgd":
        return "not asked"
    say(start, f"{path}: asking the second program")
    found = second_opinion(certificate)
    return "not readable" if found is None else found.standing.value


def proved_digits(certificate: Certificate) -> list[tuple[str, str]]:
    """Quantities with their proved digits."""
    numbers = {
        "sharpness": certificate.sharpness,
        "critical learning rate": certificate.critical_learning_rate,
        "spectral radius": certificate.spectral_radius,
        "Lyapunov exponent": certificate.lyapunov_exponent,
    }
    radius = certificate.existence_radius
    rows = [] if radius is None else [("exact minimum within", f"{at_most(radius)}")]
    return rows + [(name, str(number)) for name, number in numbers.items() if number is not None]


def write(done: CrossCheck, folder: Path, start: float) -> None:
    """The case's report, and for each certificate its file, checked again from the file, and its own report."""
    try:
        say(start, f"written: {report(done, folder / f'{done.case.name}.html')}")
        for number, certificate in enumerate(done.certificates.values(), start=1):
            path = folder / f"{done.case.name}-{number}.json"
            certificate.save(path)
            check(path)
            words = second_words(certificate, path, start)
            page = report(certificate, path.with_suffix(".html"))
            say(start, f"written: {path} (checked again from the file; the second program: {words}), {page}")
    except InputError as error:
        raise SystemExit(f"stabproof: {error}") from None


if __name__ == "__main__":
    main()
