"""Shuffled epochs and fixed orders in the second program: confirmed, and never more than is proved."""

import hashlib
import json

import numpy as np
import pytest
from flint import arb, arb_mat

import stabproof as sp
from recheck.document import canonical
from recheck.epochs import Epoch
from recheck.main import recheck_bytes
from recheck.outcome import BadInput, Standing

POINTS = np.array([[1.73, 0.0], [0.675, 0.8]])
FOUR = np.random.default_rng(0).normal(size=(4, 5))


def issued(points, rate, batch, **drawn):
    problem = sp.Regression(lambda theta, x: theta @ x, np.zeros(points.shape[1]), points, np.zeros(len(points)))
    return sp.certify_minimum(problem, sp.SGD(rate, batch, **drawn), budget=1)


def lines_of(plain):
    body = {key: value for key, value in plain.items() if key != "digest"}
    body["input_hash"] = hashlib.sha256(canonical(body["problem"])).hexdigest()
    text = json.dumps({**body, "digest": hashlib.sha256(canonical(body)).hexdigest()})
    return {line.name: line.standing for line in recheck_bytes(text.encode()).lines}


def plain_of(certificate, path):
    certificate.save(path)
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        ((POINTS, 0.5, 1, {"sampling": "shuffled"}), "STABLE"),
        ((POINTS, 3.0, 1, {"sampling": "shuffled"}), "UNSTABLE"),
        ((POINTS, 1.0, 1, {"sampling": (1, 0)}), "STABLE"),
        ((POINTS, 2.0, 1, {"sampling": "fixed"}), "UNSTABLE"),
        ((FOUR, 0.1, 2, {"sampling": "shuffled"}), "STABLE"),
        ((FOUR, 0.1, 3, {"sampling": "shuffled", "drop_last": True}), "STABLE"),
    ],
)
def test_verdicts_are_confirmed(arguments, verdict, tmp_path):
    *given, drawn = arguments
    plain = plain_of(issued(*given, **drawn), tmp_path / "c.json")
    lines = lines_of(plain)
    assert lines[f"verdict {verdict}"] is Standing.CONFIRMED
    assert lines.get("contracting_learning_rate", Standing.CONFIRMED) is Standing.CONFIRMED
    assert Standing.REFUSED not in lines.values()
    # the opposite verdict is refused, whatever stands beside it
    other = "UNSTABLE" if verdict == "STABLE" else "STABLE"
    assert lines_of({**plain, "verdict": other})[f"verdict {other}"] is Standing.REFUSED


def test_a_bracket_of_rates_of_shuffled_epochs(tmp_path):
    """Stable below 2 / 2.9929; unstable from the root of (2.9929 c - 1) (1.0956 c - 1) = 1, 1.24685, on."""
    problem = sp.Regression(lambda theta, x: theta @ x, np.zeros(2), POINTS, np.zeros(2))
    plain = plain_of(sp.certified_range(problem, sampling="shuffled", budget=1), tmp_path / "r.json")
    assert set(lines_of(plain).values()) == {Standing.CONFIRMED}

    def with_bracket(low, high):
        changed = json.loads(json.dumps(plain))
        claim = next(c for c in changed["claims"] if c["name"] == "critical_learning_rate")
        claim["enclosure"]["$enclosure"] = [low.hex(), high.hex()]
        return lines_of(changed)["critical_learning_rate"]

    assert with_bracket(0.668, 1.247) is Standing.CONFIRMED
    assert with_bracket(0.669, 1.247) is not Standing.CONFIRMED
    assert with_bracket(0.668, 1.246) is not Standing.CONFIRMED
    assert with_bracket(0.0, 1.247) is not Standing.CONFIRMED
    assert with_bracket(0.668, float("inf")) is not Standing.CONFIRMED
    independent = {**plain, "theorem": {"id": "learning-rates.sign", "parameters": {}}}
    assert lines_of(independent)["theorem learning-rates.sign"] is Standing.REFUSED
    rest = [h for h in plain["hypotheses"] if h["name"] != "shuffling"]
    assert Standing.REFUSED in lines_of({**plain, "hypotheses": rest}).values()
    plain["problem"]["optimizer"] |= {"drop_last": True}
    assert set(lines_of(plain).values()) == {Standing.NOT_COVERED}


def test_determinants_that_grow_at_one_rate_need_not_grow_at_greater_ones():
    """At 0.5 the factors are 4 and 0.75, at 2 they are 19 and 0."""
    assert not Epoch(arb_mat([[10, 0], [0, 0.5]]), arb(0.5), 1, 1, False).grows_beyond()
    assert Epoch(arb_mat([[10, 0], [0, 4]]), arb(0.5), 1, 1, False).grows_beyond()
    assert not Epoch(arb_mat([[3, 0], [0, 3]]), arb(0.5), 1, 1, False).grows_beyond()


def test_forged_numbers_and_orders(tmp_path):
    plain = plain_of(issued(POINTS, 0.5, 1, sampling="shuffled"), tmp_path / "c.json")
    for claim in plain["claims"]:
        if claim["name"] == "contracting_learning_rate":
            # 2 / 2.9929 is the limit
            claim["enclosure"]["$enclosure"] = [(0.7).hex()] * 2
    assert lines_of(plain)["contracting_learning_rate"] is not Standing.CONFIRMED
    fixed = plain_of(issued(POINTS, 1.0, 1, sampling=(1, 0)), tmp_path / "f.json")
    fixed["problem"]["optimizer"]["sampling"] = "shuffled"
    with pytest.raises(BadInput, match="sampling is defective"):
        lines_of(fixed)
