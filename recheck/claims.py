"""The statements of a certificate: kind, verdict, claims, hypotheses. The only module that knows how they are written.

Texts are never read: a claim is its name and its bounds, a hypothesis its name and its status.
"""

from dataclasses import dataclass, field
from typing import Any

from recheck.document import Bounds, decode, read_enclosure
from recheck.outcome import BadInput

VERDICTS = ("STABLE", "UNSTABLE", "PROVED", "REFUTED", "UNDECIDED")
STATUSES = ("PROVED", "ASSUMED", "NOT_NEEDED", "UNDECIDED", "REFUTED")
_COMMON = {
    "format": str,
    "kind": str,
    "verdict": str,
    "claims": list,
    "hypotheses": list,
    "problem": dict,
    "witness": dict,
    "arithmetic": dict,
    "software": dict,
    "input_hash": str,
    "digest": str,
}
_FIELDS: dict[str, dict[str, type]] = {
    "stabproof-certificate/1": {
        **_COMMON,
        **dict.fromkeys(("title", "theorem", "reason", "next_step"), str),
        "attachments": dict,
    },
    "stabproof-certificate/2": {
        **_COMMON,
        **dict.fromkeys(("theorem", "reason", "next_step", "effort", "traced"), dict),
    },
}
_MOST_CLAIMS = 20_000


@dataclass(frozen=True)
class Claim:
    """A stated number by its name; None for a claim without a number. identifier, parameters: in format 2."""

    name: str
    bounds: Bounds | None
    identifier: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """What the certificate says, and the exact data from which it is proved."""

    kind: str
    verdict: str
    claims: tuple[Claim, ...]
    hypotheses: dict[str, str]
    problem: dict[str, Any] = field(repr=False)
    witness: dict[str, Any] = field(repr=False)
    identifiers: dict[str, str] = field(default_factory=dict)
    theorem: str | None = None

    def stated(self, name: str) -> Bounds | None:
        """The bounds that a claim of this name states."""
        return next((claim.bounds for claim in self.claims if claim.name == name), None)


def read_statement(plain: dict[str, Any]) -> Statement:
    """The statement of a sealed JSON object; raises `BadInput` naming the field that is defective.

    In format 1 claims and hypotheses are sentences, which are not read: their names alone say what they are about.
    """
    fields = _FIELDS.get(plain.get("format"))  # type: ignore[arg-type]
    if fields is None:
        raise BadInput(f"the format {str(plain.get('format'))[:40]!r} is not read")
    if set(plain) != set(fields):
        raise BadInput(f"the file lacks or adds the fields {sorted(set(plain) ^ set(fields))[:8]}")
    for name, kind in fields.items():
        if not isinstance(plain[name], kind):
            raise BadInput(f"the field {name!r} is no {kind.__name__}")
    if plain["verdict"] not in VERDICTS:
        raise BadInput(f"the verdict {plain['verdict'][:40]!r} is unknown")
    if max(len(plain["claims"]), len(plain["hypotheses"])) > _MOST_CLAIMS:
        raise BadInput("the file has more claims than are read")
    second = plain["format"].endswith("/2")
    claims = tuple(_claim(entry, second) for entry in plain["claims"])
    found = [_hypothesis(entry, second) for entry in plain["hypotheses"]]
    hypotheses = {name: status for name, status, _ in found}
    if len({claim.name for claim in claims}) != len(claims) or len(hypotheses) != len(found):
        raise BadInput("a claim or a hypothesis is stated twice")
    return Statement(
        plain["kind"],
        plain["verdict"],
        claims,
        hypotheses,
        decode(plain["problem"]),
        decode(plain["witness"]),
        {name: identifier for name, _, identifier in found},
        _identified(plain["theorem"])[0] if second else None,
    )


def _identified(value: Any) -> tuple[str, dict[str, Any]]:
    """The identifier and parameters of a sentence."""
    if value == {}:
        return "", {}
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise BadInput("a sentence has no identifier")
    if not isinstance(value.get("parameters"), dict) or len(value["id"]) > 100:
        raise BadInput("a sentence has no parameters")
    return value["id"], decode(value["parameters"])


def _claim(entry: Any, second: bool) -> Claim:
    keys = {"name", "id", "parameters", "enclosure"} if second else {"name", "statement", "enclosure", "unit"}
    if not isinstance(entry, dict) or set(entry) != keys or not isinstance(entry["name"], str):
        raise BadInput("a claim is defective")
    identifier, parameters = _identified(entry) if second else ("", {})
    enclosure = entry["enclosure"]
    if enclosure is None:
        return Claim(entry["name"], None, identifier, parameters)
    if not isinstance(enclosure, dict) or not {"$enclosure"} <= set(enclosure) <= {"$enclosure", "digits"}:
        raise BadInput(f"the claim {entry['name'][:40]!r} has no readable enclosure")
    return Claim(entry["name"], read_enclosure(enclosure["$enclosure"]), identifier, parameters)


def _hypothesis(entry: Any, second: bool) -> tuple[str, str, str]:
    keys = {"name", "id", "parameters", "status", "reason"} if second else {"name", "statement", "status", "reason"}
    if not isinstance(entry, dict) or set(entry) != keys:
        raise BadInput("a hypothesis is defective")
    if not isinstance(entry["name"], str) or entry["status"] not in STATUSES:
        raise BadInput("a hypothesis is defective")
    return entry["name"], entry["status"], _identified(entry)[0] if second else ""
