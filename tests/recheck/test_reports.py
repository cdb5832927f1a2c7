"""Reports say of each claim whether the second program confirms it."""

import pytest

import stabproof as sp
from stabproof.reports import second_program
from stabproof.reports.second_program import second_opinion, standing_of


@pytest.fixture(scope="module")
def minimum():
    problem = sp.Regression(lambda theta, x: theta[0] * theta[1] * x, [1.5, 2.0], [1.0], [3.0])
    return sp.certify_minimum(problem, sp.GradientDescent(learning_rate=0.1))


def test_a_confirmed_minimum(minimum, tmp_path):
    text = sp.report(minimum, tmp_path / "minimum.md").read_text()
    assert text.count("| **confirmed by two programs** |") == len(minimum.claims)
    assert "Who proves the verdict: confirmed by two programs." in text


def test_what_the_second_program_does_not_cover(tmp_path):
    found = sp.certify_horseshoe(lambda x: 4 * x * (1 - x), [0.75])
    assert standing_of(found, "entropy") == [("by the first program only", "open")]
    text = sp.report(found, tmp_path / "horseshoe.md").read_text()
    assert "confirmed by two programs" not in text
    assert "by the first program only" in text


def test_large_certificates_are_not_proved_twice_unasked(monkeypatch):
    monkeypatch.setattr(second_program, "LARGEST_QUICK", 100)
    large = sp.lyapunov_exponent([[[1, 2], [3, 4]]])
    assert standing_of(large, "lyapunov_exponent") == [("the second program was not asked", "")]
    assert second_opinion(large) is not None
    assert standing_of(large, "lyapunov_exponent") == [("confirmed by two programs", "good")]
