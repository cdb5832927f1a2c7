"""Rechecks one file at a given precision."""

import hashlib
import os

from flint import ctx

from recheck import enumeration, equilibrium, flow, formulas, hopfield, inequality, locked, minimum, stochastic
from recheck.claims import read_statement
from recheck.compare import compare
from recheck.document import check_seal, read_plain
from recheck.opinions import prove_opinions
from recheck.outcome import MOST_WORK, BadInput, Line, NotCovered, Report, Standing, Undecided, Work
from recheck.proof import Proof, Prover, Statement
from recheck.trial_functions import prove_exponent

PROVERS: dict[str, Prover] = {
    "minimum": minimum.prove_minimum,
    "strict-minimum": minimum.prove_strict_minimum,
    "sharpness": minimum.prove_sharpness,
    "equilibrium": equilibrium.prove_equilibrium,
    "all-equilibria": enumeration.prove_all_equilibria,
    "morse-class": enumeration.prove_morse_class,
    "lyapunov-exponent": prove_exponent,
    "learning-rates": stochastic.prove_rates,
    "locked-state": locked.prove_locked_state,
    "periodic-point": equilibrium.prove_periodic_point,
    "periodic-orbit": flow.prove_periodic_orbit,
    "time-map": flow.prove_time_map,
    "values": formulas.prove_values,
    "inequality": inequality.prove_inequality,
    "contraction": inequality.prove_contraction,
    "hopfield": hopfield.prove_hopfield,
    "opinions": prove_opinions,
}
LEAST_BITS, MOST_BITS, DEFAULT_BITS = 64, 512, 128


def recheck(path: str | os.PathLike[str], bits: int = DEFAULT_BITS, work: int = MOST_WORK) -> Report:
    """The report on the certificate in a file; raises `BadInput` where it is none."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise BadInput(f"cannot read {os.fspath(path)}: {error.strerror}") from None
    return recheck_bytes(data, bits, work)


def recheck_bytes(data: bytes, bits: int = DEFAULT_BITS, work: int = MOST_WORK) -> Report:
    """The report on a certificate's bytes. A proof that fails at `bits` is tried once more at twice as many."""
    if isinstance(bits, bool) or not LEAST_BITS <= bits <= MOST_BITS:
        raise BadInput(f"the precision must be {LEAST_BITS} to {MOST_BITS} bits")
    report = Report("?", "?", bits, hashlib.sha256(data).hexdigest())
    plain = read_plain(data)
    check_seal(plain)
    try:
        statement = read_statement(plain)
    except NotCovered as reason:
        report.lines = [Line("file", Standing.NOT_COVERED, reason=str(reason))]
        return report
    report.kind, report.verdict = statement.kind, statement.verdict
    counter = Work(work)
    for tried in (bits, 2 * bits):
        report.bits, report.lines = tried, _lines(statement, tried, counter)
        if report.standing is not Standing.REFUSED:
            break
    return report


def _lines(statement: Statement, bits: int, work: Work) -> list[Line]:
    if statement.kind not in PROVERS:
        return [Line(f"kind {statement.kind[:40]}", Standing.NOT_COVERED, reason="this kind is not covered")]
    before = ctx.prec
    ctx.prec = bits
    try:
        return compare(statement, PROVERS[statement.kind](statement, work))
    except (NotCovered, Undecided) as reason:
        return _without_proof(statement, reason)
    finally:
        ctx.prec = before


def _without_proof(statement: Statement, reason: NotCovered | Undecided) -> list[Line]:
    """A certificate that states nothing is no worse for a proof that fails."""
    if statement.verdict == "UNDECIDED":
        return compare(statement, Proof(notes={claim.name: str(reason) for claim in statement.claims}))
    standing = Standing.REFUSED if isinstance(reason, Undecided) else Standing.NOT_COVERED
    return [Line("proof", standing, reason=str(reason))]
