"""The example project's own tests pass with the installed package, and notice a planted error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "curve_fit"


@pytest.fixture
def project(tmp_path):
    """A copy of the example, so that its caches do not end up in the source tree."""
    ignored = shutil.ignore_patterns(".*", "__pycache__")
    return shutil.copytree(EXAMPLE, tmp_path / "curve_fit", ignore=ignored)


def run(project, *options):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", *options]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=200
    )


def test_the_example_passes(project):
    result = run(project)
    assert result.returncode == 0, result.stdout
    assert "8 passed" in result.stdout
    assert " 0 refuted, 0 undecided" in result.stdout


def test_the_example_notices_a_rate_that_is_too_large(project):
    path = project / "curve_fit" / "rates.py"
    source = path.read_text()
    assert source.count("return problem.number_of_examples /") == 1
    path.write_text(source.replace("return problem.number_of_examples /", "return 3 * problem.number_of_examples /"))
    tests = project / "tests" / "test_rates.py"
    tests.write_text(tests.read_text().replace("deadline=None", "deadline=None, phases=(Phase.generate,)"))
    tests.write_text(tests.read_text().replace("import HealthCheck,", "import HealthCheck, Phase,"))
    result = run(project, "tests/test_rates.py", "-k", "safe_rate_is_stable")
    assert result.returncode == 1
    assert "refuted: the minimum is STABLE; it is proved UNSTABLE" in result.stdout
    assert "to try:         a learning rate below" in result.stdout
