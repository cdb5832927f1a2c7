"""Files are written whole or not at all."""

import os
from pathlib import Path

import pytest

from foundation import InputError, write_whole


def test_content_replaces_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_whole(target, "first")
    assert write_whole(target, b"second \xc3\xbc") == target
    assert target.read_text(encoding="utf-8") == "second ü"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    write_whole(target, "old")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(InputError, match="No space left"):
        write_whole(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_kill_while_writing_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    write_whole(target, "old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_impossible_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        write_whole(tmp_path / "missing" / "a.txt", "x")
    with pytest.raises(InputError, match="cannot write"):
        write_whole(tmp_path, "x")
