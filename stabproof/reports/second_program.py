"""What the second program says of a certificate, statement by statement."""

from functools import lru_cache

from certify.certificate import Certificate
from certify.certificate.file import to_bytes
from recheck.main import recheck_bytes
from recheck.outcome import BadInput, Line, Report, Standing

# Larger problems take the second program minutes: reports show what it said only where it was asked before.
LARGEST_QUICK = 20_000
_MARKS = {Standing.CONFIRMED: "good", Standing.NOT_COVERED: "open", Standing.REFUSED: "bad"}
_WORDS = {
    Standing.CONFIRMED: "confirmed by two programs",
    Standing.NOT_COVERED: "by the first program only",
    Standing.REFUSED: "refused by the second program",
}
_asked: set[bytes] = set()


@lru_cache(maxsize=256)
def _report(data: bytes) -> Report | None:
    try:
        return recheck_bytes(data)
    except BadInput:
        return None


def second_opinion(certificate: Certificate) -> Report | None:
    """The second program's report, proved now or remembered; None where it cannot read the certificate."""
    data = to_bytes(certificate)
    _asked.add(data)
    return _report(data)


def standing_of(certificate: Certificate, *names: str) -> list[tuple[str, str]]:
    """(words, mark) for the claims of these names, "verdict" for the verdict: who confirms them.

    The second program is asked, unless the certificate is large and it was not asked before.
    """
    data = to_bytes(certificate)
    if len(data) > LARGEST_QUICK and data not in _asked:
        return [("the second program was not asked", "")] * len(names)
    report = second_opinion(certificate)
    found = {_name(line): line.standing for line in report.lines} if report else {}
    standings = [found.get(name, Standing.NOT_COVERED) for name in names]
    return [(_WORDS[standing], _MARKS[standing]) for standing in standings]


def _name(line: Line) -> str:
    return "verdict" if line.name.startswith("verdict ") else line.name
