"""Bars of long work: where somebody can see them, and nowhere else."""

import io
import os
import pty
import subprocess
import sys

import pytest

from foundation import InputError
from foundation import progress as module
from foundation.errors import type_of
from foundation.progress import with_progress

WORK = """
from foundation import progress
progress._QUIET_SECONDS = 0.0
@progress.with_progress
def inner(*, progress=None):
    progress("inner", 0.5)
@progress.with_progress
def work(*, progress=None):
    for k in range(3):
        progress(f"part {k} [not markup]", k / 3)
        inner()
    return 7
print(work(), work(progress=False))
"""


@with_progress
def told(*, progress=None):
    progress("a", 0.0)
    progress("b", 1.0)
    return 5


def test_a_function_is_told_everything():
    messages = []
    assert told(progress=lambda message, fraction: messages.append((message, fraction))) == 5
    assert messages == [("a", 0.0), ("b", 1.0)]


@pytest.mark.parametrize("option", [None, True, False])
def test_nothing_is_written_where_nobody_looks(option, monkeypatch):
    monkeypatch.setattr(module, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert told(progress=option) == 5
    assert sys.stderr.getvalue() == ""
    assert not module._busy.locked()


def test_errors_close_the_bar(monkeypatch):
    monkeypatch.setattr(module, "_QUIET_SECONDS", 0.0)

    @with_progress
    def fails(*, progress=None):
        progress("a", 0.0)
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fails()
    assert not module._busy.locked()
    assert not module._within.some


def test_a_terminal_shows_one_bar():
    master, slave = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", WORK], stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    shown = b""
    try:
        while part := os.read(master, 4096):
            shown += part
    except OSError:
        pass
    os.close(master)
    output, _ = process.communicate(timeout=60)
    assert output == b"7 7\n" or output == b"7 7\r\n"
    assert b"part 2 [not markup]" in shown
    assert b"inner" not in shown


@pytest.mark.parametrize("option", [3, "yes", 1.0])
def test_what_is_no_option_is_refused(option):
    with pytest.raises(InputError, match=r"progress must be True, False, or a function .* but is an? \w+$"):
        told(progress=option)


def test_types_are_named_in_english():
    assert [type_of(value) for value in (None, 1, "a", [], InputError("x"))] == [
        "None", "an int", "a str", "a list", "an InputError"
    ]  # fmt: skip
