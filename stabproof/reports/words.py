"""Words and marks that all formats share: verdict, status of a hypothesis, footer."""

from certify import Verdict
from certify.certificate import Status

VERDICT_MARKS = {
    Verdict.STABLE: "good",
    Verdict.PROVED: "good",
    Verdict.UNSTABLE: "bad",
    Verdict.REFUTED: "bad",
    Verdict.UNDECIDED: "open",
}
STATUS_MARKS = {
    Status.PROVED: "good",
    Status.REFUTED: "bad",
    Status.ASSUMED: "open",
    Status.NOT_NEEDED: "",
    Status.UNDECIDED: "open",
}
# signs in front of a notice's title, for readers who do not see the colour
NOTICE_SIGNS = {"good": "✓", "bad": "✗", "open": "?", "erratum": ""}
FOOTER = "Digits are proved: 0.123(4) means that the number lies within 0.123 ± 0.004."
