"""The statements of a certificate: kind, verdict, claims, hypotheses. The only module that knows how they are written.

Texts are never read: a claim is its name and its bounds, a hypothesis its name and its status.
"""

from dataclasses import dataclass, field
from typing import Any

from recheck.document import Bounds, decode, read_enclosure
from recheck.outcome import BadInput, NotCovered

VERDICTS = ("STABLE", "UNSTABLE", "PROVED", "REFUTED", "UNDECIDED")
STATUSES = ("PROVED", "ASSUMED", "NOT_NEEDED", "UNDECIDED", "REFUTED")
_FORMAT = "stabproof-certificate/2"
_FIELDS = {
    **dict.fromkeys(("format", "kind", "verdict", "input_hash", "digest"), str),
    **dict.fromkeys(("claims", "hypotheses"), list),
    **dict.fromkeys(("problem", "witness", "arithmetic", "software"), dict),
    **dict.fromkeys(("theorem", "reason", "next_step", "effort", "traced"), dict),
}
_MOST_CLAIMS = 20_000


@dataclass(frozen=True)
class Claim:
    """A stated number by its name; None for a claim without a number."""

    name: str
    bounds: Bounds | None
    identifier: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """What the certificate says, and the exact data from which it is proved.

    hypotheses: name -> (status, identifier).
    """

    kind: str
    verdict: str
    theorem: str
    claims: tuple[Claim, ...]
    hypotheses: dict[str, tuple[str, str]]
    problem: dict[str, Any] = field(repr=False)
    witness: dict[str, Any] = field(repr=False)

    def stated(self, name: str) -> Bounds | None:
        """The bounds that a claim of this name states."""
        return next((claim.bounds for claim in self.claims if claim.name == name), None)


def read_statement(plain: dict[str, Any]) -> Statement:
    """The statement of a sealed JSON object; raises `BadInput` naming the field that is defective."""
    form = plain.get("format")
    if form == "stabproof-certificate/1":
        raise NotCovered("format 1, which states sentences, is not covered: save the certificate again")
    if form != _FORMAT:
        raise BadInput(f"the format {str(form)[:40]!r} is not read")
    if set(plain) != set(_FIELDS):
        raise BadInput(f"the file lacks or adds the fields {sorted(set(plain) ^ set(_FIELDS))[:8]}")
    for name, kind in _FIELDS.items():
        if not isinstance(plain[name], kind):
            raise BadInput(f"the field {name!r} is no {kind.__name__}")
    if plain["verdict"] not in VERDICTS:
        raise BadInput(f"the verdict {plain['verdict'][:40]!r} is unknown")
    if max(len(plain["claims"]), len(plain["hypotheses"])) > _MOST_CLAIMS:
        raise BadInput("the file has more claims than are read")
    claims = tuple(_claim(entry) for entry in plain["claims"])
    hypotheses = dict(_hypothesis(entry) for entry in plain["hypotheses"])
    if len({claim.name for claim in claims}) != len(claims) or len(hypotheses) != len(plain["hypotheses"]):
        raise BadInput("a claim or a hypothesis is stated twice")
    theorem, data = _identified(plain["theorem"])[0], (decode(plain["problem"]), decode(plain["witness"]))
    return Statement(plain["kind"], plain["verdict"], theorem, claims, hypotheses, *data)


def _identified(value: Any) -> tuple[str, dict[str, Any]]:
    """The identifier and parameters of a sentence."""
    if value == {}:
        return "", {}
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise BadInput("a sentence has no identifier")
    if not isinstance(value.get("parameters"), dict) or len(value["id"]) > 100:
        raise BadInput("a sentence has no parameters")
    return value["id"], decode(value["parameters"])


def _claim(entry: Any) -> Claim:
    if not isinstance(entry, dict) or set(entry) != _CLAIM or not isinstance(entry["name"], str):
        raise BadInput("a claim is defective")
    identifier, parameters = _identified(entry)
    enclosure = entry["enclosure"]
    if enclosure is None:
        return Claim(entry["name"], None, identifier, parameters)
    if not isinstance(enclosure, dict) or set(enclosure) != {"$enclosure"}:
        raise BadInput(f"the claim {entry['name'][:40]!r} has no readable enclosure")
    return Claim(entry["name"], read_enclosure(enclosure["$enclosure"]), identifier, parameters)


def _hypothesis(entry: Any) -> tuple[str, tuple[str, str]]:
    if not isinstance(entry, dict) or set(entry) != _HYPOTHESIS or not isinstance(entry["name"], str):
        raise BadInput("a hypothesis is defective")
    if entry["status"] not in STATUSES:
        raise BadInput("a hypothesis is defective")
    return entry["name"], (entry["status"], _identified(entry)[0])


_CLAIM = {"name", "id", "parameters", "enclosure"}
_HYPOTHESIS = {"name", "id", "parameters", "status", "reason"}
