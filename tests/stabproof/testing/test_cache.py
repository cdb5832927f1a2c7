"""Kept certificates: found by their problem, proved again, rejected when they do not prove what they say."""

import os
from dataclasses import replace
from fractions import Fraction

import pytest

import stabproof as sp
from certify.certificate import read_certificate, write_certificate
from stabproof.testing import CertificateCache, assert_exponent_in
from stabproof.testing.proving import certified_exponent
from stabproof.testing.session import Session, activated

MATRICES = [[[0.5, 1.0], [0.0, 0.25]], [[0.25, 0.0], [0.0, 0.5]]]


@pytest.fixture
def session(tmp_path):
    """A running session that keeps certificates in an empty folder."""
    with activated(Session(cache=CertificateCache(lambda: tmp_path))) as session:
        yield session


@pytest.fixture
def kept(session, tmp_path):
    """The file of one kept certificate."""
    certified_exponent(MATRICES)
    (path,) = tmp_path.glob("*.json")
    return path


def assert_rejected(session, path):
    """The file is not used, and a proved certificate takes its place."""
    found = certified_exponent(MATRICES)
    assert session.tally["rejected"] == 1
    assert session.tally["repeated"] == 0
    assert found.verdict is sp.Verdict.STABLE
    assert sp.check(path).enclosure == found.enclosure


def test_a_kept_certificate_is_repeated(session, kept):
    stored = kept.read_bytes()
    found = certified_exponent(MATRICES)
    assert session.tally == {"repeated": 1}
    assert found.verdict is sp.Verdict.STABLE
    assert kept.read_bytes() == stored


def test_another_problem_is_another_file(session, kept, tmp_path):
    certified_exponent(MATRICES, [Fraction(1, 4), Fraction(3, 4)])
    assert len(list(tmp_path.glob("*.json"))) == 2
    assert session.tally == {}


def test_a_forged_enclosure_with_a_right_digest_is_rejected(session, kept):
    """The digest is no secret: only the repeated proof tells a forged enclosure from a proved one."""
    stored = read_certificate(kept)
    lie = replace(stored.claims[0], enclosure=sp.Enclosure(0.5, 0.5000001))
    write_certificate(replace(stored, outcome=replace(stored.outcome, claims=(lie,))), kept)
    assert read_certificate(kept).enclosure.lower == 0.5  # the file as such is whole
    assert_rejected(session, kept)


def test_a_forged_verdict_with_a_right_digest_is_rejected(session, kept):
    stored = read_certificate(kept)
    write_certificate(replace(stored, outcome=replace(stored.outcome, verdict=sp.Verdict.UNSTABLE)), kept)
    assert_rejected(session, kept)


def test_the_genuine_certificate_of_another_problem_is_rejected(session, kept):
    other = sp.lyapunov_exponent([[[2.0]]])
    assert other.verdict is sp.Verdict.UNSTABLE
    write_certificate(other, kept)
    assert_rejected(session, kept)


@pytest.mark.parametrize("damage", [b"", b"\xff not json", b"{}", b"[" * 100_000])
def test_a_damaged_file_is_rejected(session, kept, damage):
    kept.write_bytes(damage)
    assert_rejected(session, kept)


def test_a_truncated_file_is_rejected(session, kept):
    kept.write_bytes(kept.read_bytes()[:-200])
    assert_rejected(session, kept)


def test_an_undecided_certificate_is_not_kept(session, tmp_path):
    identity = [[[1.0]]]  # the exponent is exactly zero
    assert certified_exponent(identity).verdict is sp.Verdict.UNDECIDED
    assert not list(tmp_path.iterdir())


def test_a_kept_certificate_that_is_too_wide_is_replaced(session, tmp_path):
    rotation = [[[0.5, 0.25], [0.0, 0.5]], [[0.5, 0.0], [0.25, 0.5]]]
    wide = assert_exponent_in(rotation, -5, 5).enclosure
    (path,) = tmp_path.iterdir()
    narrow = assert_exponent_in(rotation, wide.lower + wide.width / 4, 0).enclosure
    assert narrow.width < wide.width
    assert read_certificate(path).enclosure == narrow
    assert session.tally["repeated"] == 0


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path):
    obstacle = tmp_path / "file"
    obstacle.write_text("")

    def folder():
        (obstacle / "cache").mkdir(parents=True)
        return obstacle / "cache"

    with activated(Session(cache=CertificateCache(folder))) as session:
        assert certified_exponent(MATRICES).verdict is sp.Verdict.STABLE
        assert certified_exponent(MATRICES).verdict is sp.Verdict.STABLE
    assert session.tally == {}


def test_the_certificates_used_longest_ago_are_removed(tmp_path):
    cache = CertificateCache(lambda: tmp_path)
    for age, name in enumerate(["a", "b", "c"]):
        (tmp_path / f"{name}.json").write_text("")
        os.utime(tmp_path / f"{name}.json", (1000 - age, 1000 - age))
    cache.prune(2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_without_a_session_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with activated(Session()):
        certified_exponent(MATRICES)
    assert not list(tmp_path.iterdir())
