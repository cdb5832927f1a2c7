"""A small campaign: honest certificates are not refused, forged ones do not pass, and both would be noticed."""

import json

import campaign
from forgeries import FORGERIES


def test_a_small_campaign():
    found, wrong = campaign.run(3, 7, ["exponent", "equilibrium", "strict loss"], forged=4)
    assert not wrong
    assert all(counts["confirmed"] + counts["not covered"] == 1 for counts in found.values())
    assert sum(counts["forged"] for counts in found.values()) == 12


def test_a_campaign_goes_on_behind_its_log(tmp_path):
    log = tmp_path / "log.jsonl"
    first, _ = campaign.run(2, 5, ["values", "sharpness"], forged=1, log=log)
    log.write_text(log.read_text() + '{"k": 2, "se')
    known = campaign.recorded(log, 5)
    assert sorted(known) == [0, 1]
    assert campaign.recorded(log, 6) == {}
    known_answers = [json.loads(line)["answer"] for line in log.read_text().splitlines()[:2]]
    again, wrong = campaign.run(2, 5, ["values", "sharpness"], forged=1, log=log)
    assert again == first
    assert not wrong
    assert set(known_answers) <= {"confirmed", "not covered", "not issued"}


def test_a_forgery_that_changes_nothing_is_noticed(monkeypatch):
    monkeypatch.setattr(campaign, "FORGERIES", {"nothing": lambda plain, source: True})
    _, wrong = campaign.run(1, 3, ["exponent"], forged=1)
    assert wrong == ["exponent 0: forged, nothing, and confirmed"]
    assert len(FORGERIES) > 10
