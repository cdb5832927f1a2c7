"""Files of format 1 are read and proved again; their words are nowhere shown."""

import json
from pathlib import Path

import pytest

import stabproof as sp
from certify.certificate import from_bytes, read_certificate, to_bytes
from certify.statements import Sentence

KEPT = sorted((Path(__file__).parent / "kept" / "format1").glob("*.json"))
QUICK = [path for path in KEPT if path.stem != "periodic-orbit"]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_files_are_proved_again(path):
    old = json.loads(path.read_text())
    assert old["format"] == "stabproof-certificate/1"
    shown = sp.check(path)
    assert shown.verdict.name == old["verdict"]
    assert {claim["name"] for claim in old["claims"]} <= {claim.name for claim in shown.claims}
    for claim in old["claims"]:
        if claim["enclosure"]:
            stated = sp.Enclosure(*map(float.fromhex, claim["enclosure"]["$enclosure"]))
            assert shown.number(claim["name"]) == stated
    again = from_bytes(to_bytes(shown))
    assert again.format == 2
    assert all(isinstance(claim.statement, Sentence) for claim in again.claims)


@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
def test_rewritten_words_are_not_shown(path, forging):
    lie = "stable under Adam with learning rate 10"
    old = json.loads(path.read_text())
    forged = {**old, "title": lie, "theorem": lie, "reason": lie, "next_step": lie}
    forged["claims"] = [{**claim, "statement": lie, "unit": lie} for claim in old["claims"]]
    forged["hypotheses"] = [{**h, "statement": lie, "reason": lie} for h in old["hypotheses"]]
    shown = sp.check(from_bytes(forging.resigned({**forged, "attachments": {"reason": lie}})))
    assert lie not in "".join(
        (
            shown.title,
            shown.theorem,
            shown.reason,
            shown.next_step,
            repr(shown.attachments),
            *(c.statement + c.unit for c in shown.claims),
            *(h.statement + h.reason for h in shown.hypotheses),
        )
    )
    assert shown.outcome == sp.check(path).outcome


@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
def test_false_numbers_statuses_and_verdicts_of_format_1_are_refused(path, forging):
    old = json.loads(path.read_text())
    others = {"STABLE": "UNSTABLE", "UNSTABLE": "STABLE", "PROVED": "REFUTED", "REFUTED": "PROVED"}
    forgeries = [{**old, "verdict": others.get(old["verdict"], "STABLE")}]
    for k, claim in enumerate(old["claims"]):
        if claim["enclosure"] is None:
            continue
        upper = float.fromhex(claim["enclosure"]["$enclosure"][1])
        moved = {"$enclosure": [(upper + 1).hex(), (upper + 2).hex()]} if upper < float("inf") else None
        forgeries.append(
            {**old, "claims": [{**c, "enclosure": moved} if j == k else c for j, c in enumerate(old["claims"])]}
        )
    forgeries.append({**old, "claims": [*old["claims"], {**_any_claim(old), "name": "invented"}]})
    forgeries += [
        {**old, "hypotheses": [{**h, "status": "PROVED"} for h in old["hypotheses"]]}
        for h in old["hypotheses"]
        if h["status"] == "ASSUMED"
    ]
    for forged in forgeries:
        certificate = from_bytes(forging.resigned(forged))
        with pytest.raises(sp.CertificateError):
            sp.check(certificate)


def _any_claim(old):
    return old["claims"][0] if old["claims"] else {"statement": "x", "enclosure": None, "unit": ""}


def test_false_digits_of_format_1_are_refused(forging):
    old = json.loads(KEPT[0].read_text())
    old["claims"][0]["enclosure"]["digits"] = "0 exactly"
    with pytest.raises(sp.CertificateError, match="digits"):
        from_bytes(forging.resigned(old))


def test_other_formats_are_named(forging):
    old = json.loads(KEPT[0].read_text())
    with pytest.raises(sp.CertificateError, match="certificate/3"):
        from_bytes(forging.resigned({**old, "format": "stabproof-certificate/3"}))
    with pytest.raises(sp.CertificateError, match=r"unknown field|lacks the field"):
        from_bytes(forging.resigned({**old, "format": "stabproof-certificate/2"}))


def test_paths_that_are_none_are_a_sentence(tmp_path):
    for nothing in (None, 3, b"x", [], {}):
        with pytest.raises(sp.InputError, match="path"):
            sp.check(nothing)
    with pytest.raises(sp.InputError, match="not a file"):
        read_certificate("/dev/null")
    with pytest.raises(sp.InputError):
        read_certificate(tmp_path)
    with pytest.raises(sp.InputError):
        read_certificate("a\0b")
