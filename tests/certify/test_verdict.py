"""Verdicts are compared with verdicts only."""

import pickle

import pytest

from certify.verdict import Verdict


@pytest.mark.parametrize("other", ["STABLE", "stable", "PROVED", "", True, False])
def test_text_and_bools_are_never_compared_in_silence(other: object) -> None:
    for verdict in Verdict:
        with pytest.raises(TypeError, match="Verdict"):
            _ = verdict == other
        with pytest.raises(TypeError, match="Verdict"):
            _ = other != verdict


def test_the_sentence_names_what_was_meant() -> None:
    with pytest.raises(TypeError, match=r"Verdict\.STABLE"):
        _ = Verdict.UNDECIDED == "stable"


def test_verdicts_compare_and_serve_as_keys() -> None:
    assert Verdict.STABLE == Verdict.STABLE
    assert Verdict.STABLE != Verdict.UNSTABLE
    assert Verdict.STABLE != None  # noqa: E711
    assert {Verdict.PROVED: 1}[Verdict("proved")] == 1
    assert pickle.loads(pickle.dumps(Verdict.REFUTED)) is Verdict.REFUTED
    with pytest.raises(TypeError):
        bool(Verdict.PROVED)
