"""The gallery: parallel, resumable, whole files only, an index that can be searched."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import stabproof as sp
from cases import case
from stabproof.cli import app
from stabproof.reports import gallery as module
from stabproof.reports.gallery import gallery
from stabproof.reports.gallery_entry import Entry, file_hash, finished_entry
from stabproof.reports.gallery_index import index_page
from stabproof.reports.reproduction import case_hash
from stabproof.reports.workers import process_pool

NAMES = ("strictness-counterexamples", "nesterov")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished gallery of two systems."""
    place = tmp_path_factory.mktemp("gallery")
    with ThreadPoolExecutor(1) as executor:
        gallery(NAMES, place, executor)
    return place


def run(folder, names=NAMES, **options):
    """Entries, and which of them were kept."""
    kept = {}
    with ThreadPoolExecutor(1) as executor:
        told = lambda entry, done, total, was_kept: kept.update({entry.name: was_kept})  # noqa: E731
        return gallery(names, folder, executor, told=told, **options), kept


def test_reports_and_index_are_there(folder):
    index = (folder / "index.html").read_text()
    for name in NAMES:
        assert (folder / f"{name}.html").read_text().endswith("</html>")
        assert f'href="{name}.html"' in index
        assert case(name).title.replace("'", "&#39;") in index
    assert "2 of 2 systems reported; in 2 of them" in index
    assert not re.search(r'(src|href)="https?:', index)


def test_a_second_run_keeps_what_is_finished(folder):
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.html") if path.name != "index.html"}
    entries, kept = run(folder)
    assert kept == dict.fromkeys(NAMES, True)
    assert all(entry.agrees for entry in entries)
    assert before == {name: (folder / name).stat().st_mtime_ns for name in before}


@pytest.mark.parametrize("damage", ["report", "state", "missing", "version"])
def test_what_is_damaged_is_made_again(folder, damage, monkeypatch):
    page, state = folder / "nesterov.html", folder / ".stabproof" / "nesterov.html.json"
    if damage == "report":
        page.write_text(page.read_text()[:-100])
    elif damage == "state":
        state.write_text(state.read_text()[:100])
    elif damage == "missing":
        page.unlink()
    else:
        state.write_text(json.dumps({**json.loads(state.read_text()), "key": "0" * 64}))
    _, kept = run(folder)
    assert kept == {"strictness-counterexamples": True, "nesterov": False}
    assert page.read_text().endswith("</html>")


def test_the_key_depends_on_case_parameters_format_and_version(monkeypatch):
    base = case_hash("a", {"x": 1}, ".html")
    others = [case_hash("b", {"x": 1}, ".html"), case_hash("a", {"x": 2}, ".html"), case_hash("a", {"x": 1}, ".md")]
    monkeypatch.setattr("stabproof.reports.reproduction.metadata.version", lambda name: "99")
    others.append(case_hash("a", {"x": 1}, ".html"))
    assert len({base, *others}) == 5


def test_a_case_that_fails_is_named_and_the_others_are_reported(tmp_path, monkeypatch):
    broken = replace(case("nesterov"), numeric=lambda values: 1 / 0)
    monkeypatch.setattr("stabproof.comparison.case", lambda name: broken if name == "nesterov" else case(name))
    entries, _ = run(tmp_path)
    assert [entry.error for entry in entries] == ["", "ZeroDivisionError: division by zero"]
    index = (tmp_path / "index.html").read_text()
    assert "no report: ZeroDivisionError" in index
    assert "1 of 2 systems reported" in index
    monkeypatch.undo()
    entries, kept = run(tmp_path)
    assert kept == {"strictness-counterexamples": True, "nesterov": False}
    assert not any(entry.error for entry in entries)


def test_a_folder_that_cannot_be_written_is_an_input_error(tmp_path):
    with pytest.raises(sp.InputError, match="cannot write"):
        run(tmp_path / "missing", names=("nesterov",))


KILLED = """
import os, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stabproof.reports import gallery as module


real = module.make_report
def make(name, folder, suffix):
    if name == "nesterov":
        handle = tempfile.mkstemp(prefix=".nesterov.html.", suffix=".part", dir=folder)[0]
        os.write(handle, b"half a rep")
        while not (folder / "index.html").exists():
            time.sleep(0.05)
        print("HALF", flush=True)
        time.sleep(600)
    return real(name, folder, suffix)
module.make_report = make
with ThreadPoolExecutor(1) as executor:
    module.gallery(("strictness-counterexamples", "nesterov"), Path(sys.argv[1]), executor)
"""


def test_a_killed_run_goes_on_and_leaves_no_half_file(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "HALF\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert list(tmp_path.glob(".*.part"))
    assert (tmp_path / "index.html").read_text().count("<article>") == 1
    assert finished_entry(tmp_path, ".html", "nesterov", "") is None
    entries, kept = run(tmp_path)
    assert kept == {"strictness-counterexamples": True, "nesterov": False}
    assert not list(tmp_path.rglob("*.part"))
    assert all(file_hash(tmp_path / entry.file) == entry.sha256 for entry in entries)
    assert all((tmp_path / entry.file).read_text().endswith("</html>") for entry in entries)


ORPHAN = """
import time
from stabproof.reports.workers import process_pool
import os
if __name__ == "__main__":
    pool = process_pool(1)
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(600)
"""


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(worker)


def alive(process):
    """Running, and not a zombie that nobody waited for."""
    try:
        os.kill(process, 0)
        with open(f"/proc/{process}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.slow
def test_processes_write_the_same_reports(folder, tmp_path):
    with process_pool(2) as pool:
        entries = gallery(NAMES, tmp_path, pool)
    kept, _ = run(folder)
    assert [(entry.name, entry.verdicts, entry.steps) for entry in entries] == [
        (entry.name, entry.verdicts, entry.steps) for entry in kept
    ]


def test_figures_of_other_formats_are_part_of_what_is_finished(tmp_path):
    options = {"names": NAMES[1:], "suffix": ".md"}
    entries, _ = run(tmp_path, **options)
    (tmp_path / next(iter(entries[0].beside))).unlink()
    assert run(tmp_path, **options)[1] == {"nesterov": False}
    assert run(tmp_path, **options)[1] == {"nesterov": True}
    assert run(tmp_path, fresh=True, **options)[1] == {"nesterov": False}
    assert 'href="nesterov.md"' in (tmp_path / "index.html").read_text()


def test_the_index_groups_and_escapes():
    first = Entry("a", "<b>Title</b>", "A", "x < y", "k", file="a b.html", agrees=True, verdicts={"one": "STABLE"})
    second = Entry(
        "b", "Second", "E", "s", "k", file="b.html", verdicts={"one": "UNDECIDED"}, errata=2, errata_proved=1
    )
    page = index_page([second, first], 3)
    assert "&lt;b&gt;Title" in page
    assert 'href="a%20b.html"' in page
    assert page.index("A. Training as a dynamical system") < page.index("E. Networks as particles")
    assert "VIEWS DO NOT AGREE" in page
    assert "? UNDECIDED" in page
    assert "2 errata, 1 proved" in page
    assert "2 of 3 systems reported; in 1 of them" in page


def test_the_command_writes_a_gallery_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr("cases.case_names", lambda: NAMES[1:])
    monkeypatch.setattr("stabproof.reports.workers.process_pool", lambda jobs: ThreadPoolExecutor(jobs))
    first = CliRunner().invoke(app, ["report", "--all", "--out", str(tmp_path), "--jobs", "2"])
    assert first.exit_code == 0, first.output
    assert (tmp_path / "index.html").is_file()
    assert "[1/1] nesterov: the views agree" in first.stderr
    again = CliRunner().invoke(app, ["report", "--out", str(tmp_path)])
    assert again.exit_code == 0
    assert "(kept)" in again.stderr


def test_the_command_ends_with_one_when_views_disagree(tmp_path, monkeypatch):
    monkeypatch.setattr("cases.case_names", lambda: NAMES[1:])
    monkeypatch.setattr("stabproof.reports.workers.process_pool", lambda jobs: ThreadPoolExecutor(jobs))
    real = module.make_report
    monkeypatch.setattr(module, "make_report", lambda *given: replace(real(*given), agrees=False))
    result = CliRunner().invoke(app, ["report", "--all", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "THE VIEWS DO NOT AGREE" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--all", "--set", "power=1"], "parameters go with a single case"),
        (["nesterov", "momentum", "--set", "momentum=1/2"], "parameters go with a single case"),
        (["nesterov", "--all"], "--all reports every case"),
        (["--all", "--jobs", "0"], "--jobs must be at least 1, but is 0"),
        (["--all", "--format", "docx"], "--format must be html, tex, md or pdf, but is 'docx'"),
        (["nesterov", "--jobs", "2"], "--jobs, --fresh and --scheduler go with the gallery"),
    ],
)
def test_bad_requests(arguments, words, tmp_path):
    result = CliRunner().invoke(app, ["report", *arguments, "--out", str(tmp_path)])
    assert isinstance(result.exception, sp.InputError)
    assert words in str(result.exception)
