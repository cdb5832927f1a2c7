"""A small campaign: honest certificates are not refused, forged ones do not pass, and both would be noticed."""

import campaign
from forgeries import FORGERIES


def test_a_small_campaign():
    found, wrong = campaign.run(3, 7, ["exponent", "equilibrium", "strict loss"], forged=4)
    assert not wrong
    assert all(counts["confirmed"] + counts["not covered"] == 1 for counts in found.values())
    assert sum(counts["forged"] for counts in found.values()) == 12


def test_a_forgery_that_changes_nothing_is_noticed(monkeypatch):
    monkeypatch.setattr(campaign, "FORGERIES", {"nothing": lambda plain, source: True})
    _, wrong = campaign.run(1, 3, ["exponent"], forged=1)
    assert wrong == ["exponent 0: forged, nothing, and confirmed"]
    assert len(FORGERIES) > 10
