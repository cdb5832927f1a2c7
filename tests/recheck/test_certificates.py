"""Honest certificates are confirmed at any precision; forged ones are not."""

import hashlib
import json
import math
import random

import jax.numpy as jnp
import numpy as np
import pytest
from recipes import RECIPES

import stabproof as sp
from recheck.cli import main
from recheck.document import canonical
from recheck.main import recheck, recheck_bytes
from recheck.outcome import BadInput, Standing

# an orbit takes seconds: test_flow.py
ELSEWHERE = ("rates", "function-atan", "function-asinh", "cone", "orbit", "locked-dense")
CONFIRMED = [name for name in RECIPES if name not in ELSEWHERE]
FORGED = ["descent", "heavy-ball", "nesterov", "adam", "strict", "sgd-network", "flow", "map", "cycle", "all", "morse"]
FORGED += ["locked", "unlocked", "triangular", "time-map", "loss", "sharpness", "values"]
FORGED += ["hopfield", "hopfield-factors", "locked-large", "degenerate", "degenerate-value", "poisson", "batched"]
FORGED += ["degenerate-near"]
FORGED += ["inequality", "inequality-where", "counterexample", "contraction", "contraction-moving", "subspace-list"]


@pytest.mark.parametrize("name", CONFIRMED)
def test_honest_certificates_are_confirmed(issued, name):
    bits = random.Random(name).randrange(64, 513)
    report = recheck(issued(name), bits)
    assert report.standing is Standing.CONFIRMED, [x for x in report.lines if x.standing is not Standing.CONFIRMED]


@pytest.mark.parametrize("name", ["rates", "function-atan", "function-asinh", "cone", "locked-dense"])
def test_what_is_not_confirmed_is_not_refused(issued, name):
    assert recheck(issued(name)).standing is not Standing.REFUSED


def test_more_bits_are_sharper(issued):
    lines = {line.name: line for line in recheck(issued("descent"), 256).lines}
    assert lines["sharpness"].sharper > 1e6


def sealed(plain) -> bytes:
    plain = dict(plain)
    plain["input_hash"] = hashlib.sha256(canonical(plain["problem"])).hexdigest()
    body = {key: value for key, value in plain.items() if key != "digest"}
    return json.dumps({**body, "digest": hashlib.sha256(canonical(body)).hexdigest()}).encode()


def standing(plain) -> Standing | None:
    try:
        return recheck_bytes(sealed(plain)).standing
    except BadInput:
        return None


def moved(bounds, by):
    low, high = (float.fromhex(x) for x in bounds)
    width = max(high - low, abs(low), 1e-3) if math.isfinite(high - low) else 1.0
    return {"$enclosure": [(low + by * width).hex(), (high + by * width).hex()]}


@pytest.mark.parametrize("name", FORGED)
def test_moved_enclosures_never_pass(issued, name):
    """Each claim, moved up and down by more than its width and re-sealed."""
    text = issued(name).read_text()
    for k, claim in enumerate(json.loads(text)["claims"]):
        if claim["enclosure"] is None:
            continue
        for by in (-3.0, 3.0):
            plain = json.loads(text)
            plain["claims"][k]["enclosure"] = moved(claim["enclosure"]["$enclosure"], by)
            is_reach = float.fromhex(claim["enclosure"]["$enclosure"][0]) == 0 and by > 0
            if is_reach and "radius" in claim["name"]:
                continue  # [3 r, 4 r] is no distance from 0: refused below as well
            if name.startswith("hopfield") and claim["name"] == "uniqueness_radius" and by > 0:
                continue  # a promise that holds in a larger cube too
            assert standing(plain) not in (Standing.CONFIRMED,), (name, claim["name"], by)


def test_the_theorem_of_another_problem_is_refused(issued):
    plain = json.loads(issued("flow-stable").read_text())
    plain["theorem"]["id"] = "linearisation.map-stable"
    assert standing(plain) is Standing.REFUSED


def test_widened_counts_are_refused(issued):
    plain = json.loads(issued("flow").read_text())
    for claim in plain["claims"]:
        if claim["name"] == "unstable_directions":
            claim["enclosure"] = {"$enclosure": [(0.0).hex(), (2.0).hex()]}
    assert standing(plain) is Standing.REFUSED


@pytest.mark.parametrize("name", FORGED)
def test_other_verdicts_never_pass(issued, name):
    text = issued(name).read_text()
    for verdict in ("STABLE", "UNSTABLE", "PROVED", "REFUTED"):
        plain = json.loads(text)
        if plain["verdict"] == verdict:
            continue
        plain["verdict"] = verdict
        assert standing(plain) is not Standing.CONFIRMED


@pytest.mark.parametrize("name", ["descent", "heavy-ball", "sgd", "flow"])
def test_hypotheses_cannot_be_dropped_or_upgraded(issued, name):
    text = issued(name).read_text()
    for k, hypothesis in enumerate(json.loads(text)["hypotheses"]):
        if hypothesis["name"] in ("hyperbolic",):
            continue
        if hypothesis["status"] != "NOT_NEEDED":
            plain = json.loads(text)
            del plain["hypotheses"][k]
            assert standing(plain) is not Standing.CONFIRMED, hypothesis["name"]
        if hypothesis["status"] == "ASSUMED":
            plain = json.loads(text)
            plain["hypotheses"][k]["status"] = "PROVED"
            assert standing(plain) is not Standing.CONFIRMED, hypothesis["name"]
        if hypothesis["status"] == "PROVED":
            plain = json.loads(text)
            plain["hypotheses"][k]["status"] = "NOT_NEEDED"
            assert standing(plain) is not Standing.CONFIRMED, hypothesis["name"]


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [("descent-pair", "learning_rate", 0.01), ("heavy-ball", "momentum", 0.1), ("nesterov", "learning_rate", 1.0)],
)
def test_other_settings_never_pass(issued, name, setting, value):
    plain = json.loads(issued(name).read_text())
    plain["problem"]["optimizer"][setting] = {"$float": value.hex()}
    assert standing(plain) is not Standing.CONFIRMED


def test_a_broken_seal_is_bad_input(issued):
    text = issued("flow").read_text()
    plain = json.loads(text)
    plain["verdict"] = "STABLE"
    with pytest.raises(BadInput, match="digest"):
        recheck_bytes(json.dumps(plain).encode())
    plain = json.loads(text)
    body = {key: value for key, value in plain.items() if key != "digest"} | {"input_hash": "0" * 64}
    plain = {**body, "digest": hashlib.sha256(canonical(body)).hexdigest()}
    with pytest.raises(BadInput, match="input hash"):
        recheck_bytes(json.dumps(plain).encode())


def test_format_1_is_not_covered(issued):
    plain = json.loads(issued("flow").read_text())
    plain["format"] = "stabproof-certificate/1"
    assert standing(plain) is Standing.NOT_COVERED


def test_unknown_kinds_are_not_covered(issued):
    plain = json.loads(issued("flow").read_text())
    plain["kind"] = "horseshoe"
    assert standing(plain) is Standing.NOT_COVERED


def test_a_failed_proof_refuses_only_what_is_stated(issued):
    """Where the own proof fails an undecided certificate is not confirmed, and a decided one is refused."""
    plain = json.loads(issued("flow").read_text())
    plain["witness"]["coordinates"] = plain["problem"].get("base", plain["witness"]["coordinates"])
    constants = plain["problem"]["field"]["$program"]
    constants["equations"].append(["abs", [constants["outputs"][0]], {}, ""])
    constants["outputs"] = [len(constants["inputs"]) + len(constants["constants"]) + len(constants["equations"]) - 1]
    assert standing(plain) is Standing.REFUSED
    plain["verdict"] = "UNDECIDED"
    assert standing(plain) is Standing.NOT_COVERED


def test_an_exact_zero_of_a_spectrum_is_not_refused(tmp_path):
    """(x, y) -> (y, 0) has the spectral radius 0: stated exactly, and held by the own enclosure with room."""
    certificate = sp.certify_equilibrium(lambda z: jnp.stack([z[1], 0.0 * z[0]]), np.zeros(2), kind="map")
    assert certificate.number("spectral_radius").upper == 0.0
    certificate.save(tmp_path / "nilpotent.json")
    report = recheck(tmp_path / "nilpotent.json")
    assert report.standing is not Standing.REFUSED
    assert {line.standing for line in report.lines if line.name == "verdict STABLE"} == {Standing.CONFIRMED}


def test_exit_codes_and_the_record(issued, tmp_path, capsys):
    text = issued("flow").read_text()
    good = tmp_path / "good.json"
    good.write_text(text)
    assert main([str(good), "--record", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["standing"] == "confirmed"
    record = json.loads((tmp_path / "good.json.recheck.json").read_text())
    assert record["sha256"] == hashlib.sha256(good.read_bytes()).hexdigest()
    forged = json.loads(text)
    forged["verdict"] = "STABLE"
    bad = tmp_path / "bad.json"
    bad.write_bytes(sealed(forged))
    assert main([str(bad), "--record"]) == 1
    assert not (tmp_path / "bad.json.recheck.json").exists()
    assert main([str(tmp_path / "missing.json")]) == 2
    assert main([str(good), "--bits", "10"]) == 2
    forged["kind"] = "horseshoe"
    bad.write_bytes(sealed(forged))
    assert main([str(bad)]) == 3


def test_identifiers_are_read_and_compared(issued):
    plain = json.loads(issued("flow").read_text())
    assert standing(plain) is Standing.CONFIRMED

    def changed(change):
        copy = json.loads(json.dumps(plain))
        change(copy)
        return standing(copy)

    def at(name):
        return next(k for k, claim in enumerate(plain["claims"]) if claim["name"] == name)

    radius, first = at("radius"), at("eigenvalue_1_real")
    assert changed(lambda c: c["theorem"].update(id="linearisation.flow-stable")) is Standing.REFUSED
    assert changed(lambda c: c["claims"][radius].update(id="linearisation.spectral-radius")) is Standing.REFUSED
    assert changed(lambda c: c["claims"][radius].update(id="unheard.of")) is Standing.NOT_COVERED
    assert changed(lambda c: c["claims"][radius]["parameters"].update(what="map")) is Standing.REFUSED
    assert changed(lambda c: c["claims"][radius]["parameters"].update(extra="x")) is Standing.NOT_COVERED
    assert changed(lambda c: c["claims"][first]["parameters"].update(who=2)) is Standing.REFUSED
    assert changed(lambda c: c["claims"][first]["parameters"].update(disc=2)) is Standing.REFUSED
    assert changed(lambda c: c["claims"][radius].pop("id")) is None
    assert changed(lambda c: c["hypotheses"][0].update(id="unheard.of")) is Standing.NOT_COVERED
    assert changed(lambda c: c.update(title="under Adam")) is None
    assert changed(lambda c: c["claims"].append(c["claims"][radius])) is None
