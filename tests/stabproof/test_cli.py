"""The command line: output, JSON, exit codes."""

import contextlib
import json
import os
import pty
import subprocess
import sys

import pytest


def run(*arguments):
    command = [sys.executable, "-m", "stabproof", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_cases_lists_every_system():
    from cases import case_names

    result = run("cases")
    assert result.returncode == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(case_names())


def test_certify_as_json():
    result = run("certify", "hyperbola", "--learning-rate", "0.5", "--start", "2.5,0.41", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["agrees"] is True
    assert found["verdicts"] == {"minimum at the point": "STABLE", "limit of the orbit": "STABLE"}


def test_an_unstable_minimum_exits_with_one():
    result = run("certify", "strict-minimum", "--learning-rate", "3/5")
    assert result.returncode == 1
    assert "UNSTABLE" in result.stdout


def test_certificates_can_be_checked(tmp_path):
    assert run("certify", "strict-minimum", "--out", str(tmp_path)).returncode == 0
    (path,) = tmp_path.glob("*.json")
    good = run("check", str(path))
    assert good.returncode == 0
    assert "STABLE" in good.stdout
    path.write_text(path.read_text().replace("STABLE", "UNSTABLE", 1))
    bad = run("check", str(path))
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["certify", "hyperbla"], "did you mean hyperbola"),
        (["certify", "hyperbola", "--learning-rate", "-1"], "learning_rate must be above 0"),
        (["certify", "hyperbola", "--learning-rate", "nan"], "learning_rate must be a finite number"),
        (["certify", "hyperbola", "--start", "1"], "start must hold 2 numbers"),
        (["certify", "hyperbola", "--set", "colour=1"], "no parameter 'colour'"),
        (["certify", "hyperbola", "--set", "scale"], "--set takes NAME=VALUE"),
        (["certify", "hyperbola", "--set", "scale=__import__('os')"], "scale must be a finite number"),
        (["check", "missing.json"], "cannot read"),
        (["frobnicate"], "No such command 'frobnicate'; see stabproof --help"),
        (["report", "hyperbola", "--out", "/proc/nowhere"], "cannot make the folder"),
        (["certify", "digits", "--set", "examples=100000", "--out", "/proc/nowhere"], "examples must"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(arguments, words):
    result = run(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_gallery_counts_its_reports_on_a_terminal(tmp_path):
    # a pseudo-terminal: progress columns are drawn, also before the number of reports is known
    program = (
        "from stabproof import cli\n"
        "with cli._gallery_progress() as told:\n"
        "    entry = type('E', (), dict(error='', agrees=True, seconds=1.0, name='circle'))()\n"
        "    told(entry, 1, 2, False)\n"
    )
    master, slave = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", program], stderr=slave, stdout=slave, cwd=tmp_path)
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):
        while part := os.read(master, 4096):
            shown += part
    os.close(master)
    assert process.wait(60) == 0, shown.decode()
    assert b"[1/2] circle: the views agree" in shown
    assert b"1/2" in shown


def test_folders_are_made_before_the_work_and_not_for_bad_values(tmp_path, monkeypatch):
    from foundation import InputError
    from stabproof import cli, comparison

    (tmp_path / "file").touch()
    monkeypatch.setattr(comparison, "crosscheck", lambda *_, **__: pytest.fail("the folder comes first"))
    with pytest.raises(InputError, match="cannot make the folder"):
        cli.certify("circle", out=tmp_path / "file" / "folder")
    for command in (cli.certify, cli.report):
        names = "circle" if command is cli.certify else ["circle"]
        with pytest.raises(InputError, match="radius must be above 0"):
            command(names, settings=["radius=-1"], out=tmp_path / "new")
    assert not (tmp_path / "new").exists()
