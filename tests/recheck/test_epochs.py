"""Shuffled epochs and fixed orders in the second program: confirmed, and never more than is proved."""

import hashlib
import json

import numpy as np
import pytest

import stabproof as sp
from recheck.document import canonical
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
