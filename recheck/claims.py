"""The statements of a certificate: kind, verdict, claims, hypotheses. The only module that knows how they are written.

Texts are never read: a claim is its name and its bounds, a hypothesis its name and its status.
"""

from typing import Any

from recheck.document import decode, read_enclosure
from recheck.outcome import BadInput, NotCovered
from recheck.proof import Claim, Statement

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


def read_statement(plain: dict[str, Any]) -> Statement:
    """The statement of a sealed JSON object; raises `BadInput` naming the field that is defective."""
    form = plain.get("format")
    NotCovered.when(form == "stabproof-certificate/1", "format 1 is not covered: save the certificate again")
    BadInput.when(form != _FORMAT, f"the format {str(form)[:40]!r} is not read")
    BadInput.when(set(plain) != set(_FIELDS), f"the file lacks or adds {sorted(set(plain) ^ set(_FIELDS))[:8]}")
    for name, kind in _FIELDS.items():
        BadInput.unless(isinstance(plain[name], kind), f"the field {name!r} is no {kind.__name__}")
    BadInput.when(plain["verdict"] not in VERDICTS, f"the verdict {plain['verdict'][:40]!r} is unknown")
    BadInput.when(max(len(plain["claims"]), len(plain["hypotheses"])) > _MOST_CLAIMS, "there are too many claims")
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
    BadInput.when(not isinstance(value, dict) or not isinstance(value.get("id"), str), "a sentence has no identifier")
    BadInput.when(not isinstance(value.get("parameters"), dict) or len(value["id"]) > 100, "the parameters are missing")
    return value["id"], decode(value["parameters"])


def _name(entry: Any, keys: set[str], what: str) -> str:
    good = isinstance(entry, dict) and set(entry) == keys and isinstance(entry["name"], str)
    BadInput.unless(good, f"a {what} is defective")
    return str(entry["name"])


def _claim(entry: Any) -> Claim:
    name = _name(entry, {"name", "id", "parameters", "enclosure"}, "claim")
    stated, enclosure = _identified(entry), entry["enclosure"]
    if enclosure is None:
        return Claim(name, None, *stated)
    given = isinstance(enclosure, dict) and set(enclosure) == {"$enclosure"}
    BadInput.unless(given, f"the claim {name[:40]!r} has no readable enclosure")
    return Claim(name, read_enclosure(enclosure["$enclosure"]), *stated)


def _hypothesis(entry: Any) -> tuple[str, tuple[str, str]]:
    name = _name(entry, {"name", "id", "parameters", "status", "reason"}, "hypothesis")
    BadInput.when(entry["status"] not in STATUSES, "a hypothesis is defective")
    return name, (entry["status"], _identified(entry)[0])
