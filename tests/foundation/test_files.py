"""Files are written whole or not at all."""

import os
import socket
import stat
from pathlib import Path

import pytest

from foundation import InputError, write_atomically


def test_content_replaces_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_atomically(target, "first")
    assert write_atomically(target, b"second \xc3\xbc") == target
    assert target.read_text(encoding="utf-8") == "second ü"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    write_atomically(target, "old")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(InputError, match="No space left"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_kill_while_writing_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    write_atomically(target, "old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_impossible_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        write_atomically(tmp_path / "missing" / "a.txt", "x")
    with pytest.raises(InputError, match="cannot write"):
        write_atomically(tmp_path, "x")


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "kept.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(Path("far") / "kept.json")
    assert write_atomically(link, "new") == link
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert os.listdir(tmp_path / "far") == ["kept.json"]
    dangling = tmp_path / "dangling.json"
    dangling.symlink_to(tmp_path / "far" / "made.json")
    write_atomically(dangling, "made")
    assert dangling.is_symlink()
    assert (tmp_path / "far" / "made.json").read_text() == "made"


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(InputError, match="cannot write"):
        write_atomically(tmp_path / "a", "x")
    assert (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_a_file_that_exists_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    target.chmod(mode)
    write_atomically(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_text() == "new"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_what_the_mask_leaves_and_nobody_touches_the_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: int
) -> None:
    before = os.umask(mask)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(os, "umask", lambda _: pytest.fail("the mask of the whole process was changed"))
            target = write_atomically(tmp_path / "a.json", "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask


def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as unix:
        home = os.getcwd()
        os.chdir(tmp_path)  # names of sockets are short
        try:
            unix.bind("socket")
        finally:
            os.chdir(home)
        for target, kind in ((pipe, "pipe"), (tmp_path / "socket", "socket"), (tmp_path, "folder")):
            with pytest.raises(InputError, match=kind):
                write_atomically(target, "x")
    with pytest.raises(InputError, match="device"):
        write_atomically(os.devnull, "x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(os.listdir(tmp_path)) == ["pipe", "socket"]


@pytest.mark.parametrize("path", [None, 3.5, ["a"], "a\0b"])
def test_a_path_that_is_none_is_a_sentence(path: object) -> None:
    with pytest.raises(InputError, match="path"):
        write_atomically(path, "x")  # type: ignore[arg-type]


def test_long_names_are_written(tmp_path: Path) -> None:
    target = tmp_path / ("ü" * 120 + ".json")
    assert write_atomically(target, "x").read_text() == "x"
