"""The statements of a certificate: kind, verdict, claims, hypotheses. The only module that knows how they are written.

Texts are never read: a claim is its name and its bounds, a hypothesis its name and its status.
"""

from dataclasses import dataclass, field
from typing import Any

from recheck.document import Bounds, decode, read_enclosure
from recheck.outcome import BadInput

VERDICTS = ("STABLE", "UNSTABLE", "PROVED", "REFUTED", "UNDECIDED")
STATUSES = ("PROVED", "ASSUMED", "NOT_NEEDED", "UNDECIDED", "REFUTED")
_FORMATS = ("stabproof-certificate/1",)
_FIELDS = {
    "format": str,
    "kind": str,
    "title": str,
    "verdict": str,
    "theorem": str,
    "reason": str,
    "next_step": str,
    "claims": list,
    "hypotheses": list,
    "problem": dict,
    "witness": dict,
    "arithmetic": dict,
    "software": dict,
    "attachments": dict,
    "input_hash": str,
    "digest": str,
}
_MOST_CLAIMS = 20_000


@dataclass(frozen=True)
class Claim:
    """A stated number by its name; None for a claim without a number."""

    name: str
    bounds: Bounds | None


@dataclass(frozen=True)
class Statement:
    """What the certificate says, and the exact data from which it is proved."""

    kind: str
    verdict: str
    claims: tuple[Claim, ...]
    hypotheses: dict[str, str]
    problem: dict[str, Any] = field(repr=False)
    witness: dict[str, Any] = field(repr=False)

    def stated(self, name: str) -> Bounds | None:
        """The bounds that a claim of this name states."""
        return next((claim.bounds for claim in self.claims if claim.name == name), None)


def read_statement(plain: dict[str, Any]) -> Statement:
    """The statement of a sealed JSON object; raises `BadInput` naming the field that is defective."""
    if set(plain) != set(_FIELDS):
        raise BadInput(f"the file lacks or adds the fields {sorted(set(plain) ^ set(_FIELDS))[:8]}")
    for name, kind in _FIELDS.items():
        if not isinstance(plain[name], kind):
            raise BadInput(f"the field {name!r} is no {kind.__name__}")
    if plain["format"] not in _FORMATS:
        raise BadInput(f"the format {plain['format'][:40]!r} is not read")
    if plain["verdict"] not in VERDICTS:
        raise BadInput(f"the verdict {plain['verdict'][:40]!r} is unknown")
    if max(len(plain["claims"]), len(plain["hypotheses"])) > _MOST_CLAIMS:
        raise BadInput("the file has more claims than are read")
    claims = tuple(_claim(entry) for entry in plain["claims"])
    hypotheses = dict(_hypothesis(entry) for entry in plain["hypotheses"])
    if len({claim.name for claim in claims}) != len(claims) or len(hypotheses) != len(plain["hypotheses"]):
        raise BadInput("a claim or a hypothesis is stated twice")
    problem, witness = decode(plain["problem"]), decode(plain["witness"])
    return Statement(plain["kind"], plain["verdict"], claims, hypotheses, problem, witness)


def _claim(entry: Any) -> Claim:
    if not isinstance(entry, dict) or set(entry) != {"name", "statement", "enclosure", "unit"}:
        raise BadInput("a claim is defective")
    if not all(isinstance(entry[key], str) for key in ("name", "statement", "unit")):
        raise BadInput("a claim is defective")
    enclosure = entry["enclosure"]
    if enclosure is None:
        return Claim(entry["name"], None)
    if not isinstance(enclosure, dict) or not {"$enclosure"} <= set(enclosure) <= {"$enclosure", "digits"}:
        raise BadInput(f"the claim {entry['name'][:40]!r} has no readable enclosure")
    return Claim(entry["name"], read_enclosure(enclosure["$enclosure"]))


def _hypothesis(entry: Any) -> tuple[str, str]:
    if not isinstance(entry, dict) or set(entry) != {"name", "statement", "status", "reason"}:
        raise BadInput("a hypothesis is defective")
    if not isinstance(entry["name"], str) or entry["status"] not in STATUSES:
        raise BadInput("a hypothesis is defective")
    return entry["name"], entry["status"]
