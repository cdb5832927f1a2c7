"""The command line: output, JSON, exit codes."""

import contextlib
import io
import json
import os
import pty
import re
import subprocess
import sys
from types import SimpleNamespace
from unittest import mock

import pytest

from stabproof.cli import main


def run(*arguments):
    """The command in this process: exit code, standard output, standard error."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["stabproof", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return SimpleNamespace(returncode=ended.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue())


def run_alone(*arguments):
    """The command in a process of its own."""
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
    assert found["verdicts"] == {
        "minimum at the point": "STABLE",
        "limit of the orbit": "STABLE",
        "closed forms": "PROVED",
    }


def test_an_unstable_minimum_exits_with_one():
    result = run_alone("certify", "strict-minimum", "--learning-rate", "3/5")
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
        "from stabproof.cli.report import _gallery_progress\n"
        "with _gallery_progress() as told:\n"
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
    from stabproof import comparison
    from stabproof.cli.certify import certify
    from stabproof.cli.report import report

    (tmp_path / "file").touch()
    monkeypatch.setattr(comparison, "crosscheck", lambda *_, **__: pytest.fail("the folder comes first"))
    with pytest.raises(InputError, match="cannot make the folder"):
        certify("circle", out=tmp_path / "file" / "folder")
    for command in (certify, report):
        names = "circle" if command is certify else ["circle"]
        with pytest.raises(InputError, match="radius must be above 0"):
            command(names, settings=["radius=-1"], out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path, monkeypatch):
    import tempfile

    from foundation import InputError
    from stabproof import comparison
    from stabproof.cli.certify import certify
    from stabproof.cli.report import report

    def refused(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(comparison, "crosscheck", lambda *_, **__: pytest.fail("the folder is tested first"))
    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    for command, names in ((certify, "circle"), (report, ["circle"])):
        with pytest.raises(InputError, match=r"cannot write into the folder .*Read-only file system"):
            command(names, out=tmp_path)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_finished_proof_is_printed_before_it_is_saved(tmp_path, monkeypatch, capsys, as_json):
    from certify.certificate import Certificate
    from foundation import InputError
    from stabproof.cli.certify import certify

    def full(*_):
        raise InputError("No space left on device")

    monkeypatch.setattr(Certificate, "save", full)
    with pytest.raises(InputError, match="No space left"):
        certify("circle", out=tmp_path, as_json=as_json)
    printed = capsys.readouterr().out
    assert "PROVED" in printed
    assert not as_json or json.loads(printed)["case"] == "circle"


def strict(text):
    """The value of a JSON text that holds no NaN and no Infinity."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_numbers_beyond_floats_are_texts(tmp_path, capsys):
    import numpy as np
    import typer

    import stabproof as sp
    from stabproof.cli.check import check
    from stabproof.cli.json_output import print_json

    print_json({"a": [np.inf, -np.inf, np.nan, 1.5, np.float64("inf")], "b": (None, True, 2)})
    assert strict(capsys.readouterr().out) == {"a": ["inf", "-inf", "nan", 1.5, "inf"], "b": [None, True, 2]}
    nilpotent = sp.lyapunov_exponent([np.array([[0.0, 1.0], [0.0, 0.0]])])
    assert nilpotent.enclosure == sp.Enclosure(-np.inf, -np.inf)
    nilpotent.save(tmp_path / "a.json")
    with pytest.raises(typer.Exit):
        check(tmp_path / "a.json", as_json=True)
    found = strict(capsys.readouterr().out)
    assert found["lyapunov_exponent"] == {"lower": "-inf", "upper": "-inf"}


def test_two_programs_give_one_document(tmp_path):
    assert run("certify", "strict-minimum", "--out", str(tmp_path)).returncode == 0
    (path,) = tmp_path.glob("*.json")
    alone, both = run("check", str(path), "--json"), run("check", str(path), "--json", "--independent")
    found = strict(both.stdout)
    assert found["independent"]["verdict"] == found["verdict"] == "STABLE"
    assert found["independent"]["standing"] == "confirmed"
    assert both.returncode == alone.returncode == 0
    assert strict(alone.stdout) == {name: value for name, value in found.items() if name != "independent"}


def test_the_version_is_told():
    from importlib import metadata

    import stabproof as sp

    assert sp.__version__ == metadata.version("stabproof")
    assert run("--version").stdout == f"stabproof {sp.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["cases"], ["--version"]])
def test_cheap_commands_load_nothing_heavy(arguments):
    heavy = ["jax", "numpy", "scipy", "sympy", "flint", "matplotlib", "networkx", "rich.progress"]
    program = (
        f"import sys; from stabproof.cli import app; app({arguments!r}, standalone_mode=False); "
        f"assert not set({heavy!r}) & set(sys.modules), set({heavy!r}) & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


def on_terminal(columns, *arguments):
    """Exit code and output of a command whose standard output and error are a pseudo-terminal of that width."""
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "stabproof", *arguments]
    process = subprocess.Popen(command, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):
        while part := os.read(master, 4096):
            shown += part
    os.close(master)
    return process.wait(60), shown.decode()


def test_proved_numbers_stay_whole_in_eighty_columns():
    code, shown = on_terminal(80, "certify", "hyperbola")
    assert code in (0, 1), shown
    # 2 - sqrt(3) and its upper neighbours, as the certified row prints them
    assert re.search(r"0\.2679491924311\d+\(\d+\)", shown)
    assert re.search(r"3\.7320508075688\d+\(\d+\)", shown)
    assert "…" not in shown


def test_a_report_says_how_to_look_at_it(tmp_path):
    code, shown = on_terminal(120, "report", "strict-minimum", "--out", str(tmp_path))
    assert code == 0, shown
    assert f"{(tmp_path / 'strict-minimum.html').resolve().as_uri()}" in shown


def test_shells_complete_the_names_of_cases():
    from stabproof.cli.options import matching_cases

    assert matching_cases("hyper") == ["hyperbola"]
    words = {"_STABPROOF_COMPLETE": "complete_bash", "COMP_WORDS": "stabproof cases hyper", "COMP_CWORD": "2"}
    environment = {**os.environ, **words}
    program = "from stabproof.cli.application import app; app(prog_name='stabproof')"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["hyperbola"]


def test_a_huge_learning_rate_is_told_in_words_about_learning_rates():
    result = run("certify", "hyperbola", "--learning-rate", "1e154")
    assert result.returncode == 2
    assert "learning_rate is 1e+154" in result.stderr
    assert "2 / sharpness" in result.stderr
