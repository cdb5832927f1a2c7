"""The pytest plugin in test suites of its own, each in its own process."""

import json
import os
import re
import subprocess
import sys
import textwrap

import pytest

from stabproof.testing.marker import marked_budget

EXPONENT = """
    import stabproof as sp
    from stabproof.testing import assert_exponent_in, assert_positive_definite

    def test_exponent():
        assert_exponent_in([[[0.5, 1.0], [0.0, 0.25]], [[0.25, 0.0], [0.0, 0.5]]], -2.0, 0.0)
"""


class Suite:
    """A folder with test files and the way to run pytest on it."""

    def __init__(self, folder):
        self.folder = folder
        self.write("pytest.ini", "[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")

    def write(self, name, text):
        (self.folder / name).write_text(textwrap.dedent(text))

    def run(self, *options):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *options],
            cwd=self.folder,
            env=environment | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @property
    def kept(self):
        return sorted((self.folder / ".pytest_cache" / "d" / "stabproof").glob("*.json"))


@pytest.fixture
def suite(tmp_path):
    return Suite(tmp_path)


def summary(result):
    lines = [line for line in result.stdout.splitlines() if line.startswith("stabproof:")]
    assert len(lines) <= 1, result.stdout
    return lines[0] if lines else ""


COUNTS = """
    import numpy as np
    import pytest
    import stabproof as sp
    from stabproof.testing import Undecided, assert_positive_definite

    def test_proved():
        assert_positive_definite(np.eye(2))
        assert_positive_definite(np.eye(3))

    def test_refuted():
        assert_positive_definite(-np.eye(2))

    def test_undecided():
        with pytest.raises(Undecided):
            assert_positive_definite(sp.Ball(np.eye(2), np.full((2, 2), 0.75)))
"""


@pytest.mark.parametrize("options", [("-n", "2"), ("-n", "0")], ids=["workers", "one process"])
def test_proofs_are_counted_by_their_outcome(suite, options):
    suite.write("test_counts.py", COUNTS)
    result = suite.run(*options)
    assert summary(result) == "stabproof: 2 proved, 1 refuted, 1 undecided"
    assert "1 failed, 2 passed" in result.stdout
    assert "refuted: the matrix is positive definite" in result.stdout
    assert "missing margin:" in result.stdout
    assert "assertions.py" not in result.stdout  # the traceback ends in the user's test


def test_certificates_are_kept_repeated_and_never_trusted(suite):
    suite.write("test_exponent.py", EXPONENT)
    first = suite.run()
    assert summary(first) == "stabproof: 1 proved, 0 refuted, 0 undecided", first.stdout
    (path,) = suite.kept
    assert re.fullmatch(r"lyapunov-exponent-[0-9a-f]{64}\.json", path.name)
    assert summary(suite.run()) == "stabproof: 1 proved, 0 refuted, 0 undecided; 1 repeated from kept certificates"
    genuine = path.read_bytes()
    path.write_bytes(genuine.replace(b'"verdict": "STABLE"', b'"verdict": "UNSTABLE"'))
    assert path.read_bytes() != genuine
    tampered = suite.run()
    assert "1 passed" in tampered.stdout
    assert summary(tampered).endswith("undecided; 1 kept certificates rejected by the checker")
    assert json.loads(path.read_bytes())["verdict"] == "STABLE"


def test_nothing_is_kept_without_the_cache_provider(suite):
    suite.write(
        "test_exponent.py",
        EXPONENT
        + """
    def test_cache(certificate_cache, certified_exponent):
        assert certified_exponent([[[0.5]]]).verdict is sp.Verdict.STABLE
        assert certificate_cache.find("lyapunov-exponent", {"matrices": []}) is None
""",
    )
    result = suite.run("-p", "no:cacheprovider")
    assert "2 passed" in result.stdout
    assert summary(result) == "stabproof: 2 proved, 0 refuted, 0 undecided"
    assert not (suite.folder / ".pytest_cache").exists()


def test_the_minimum_fixture_repeats_its_certificate_and_counts(suite):
    suite.write(
        "test_minimum.py",
        """
        import numpy as np
        import pytest
        import stabproof as sp

        def product(theta, x):
            return theta[0] * theta[1] * x

        @pytest.fixture(scope="module")
        def certificate(certified_minimum):
            problem = sp.Regression(product, np.array([1.0, 2.0]), np.ones(1), np.full(1, 2.0))
            return certified_minimum(problem, sp.GradientDescent(0.25))

        def test_minimum(certificate, certificate_cache):
            assert certificate.verdict is sp.Verdict.STABLE
            assert certificate.sharpness.contains(5)
            assert certificate_cache.find("minimum", certificate.problem).verdict is sp.Verdict.STABLE
        """,
    )
    first, second = suite.run(), suite.run()
    assert "1 passed" in first.stdout, first.stdout
    assert summary(first) == "stabproof: 1 proved, 0 refuted, 0 undecided"
    assert summary(second) == "stabproof: 1 proved, 0 refuted, 0 undecided; 1 repeated from kept certificates"
    path = next(path for path in suite.kept if path.name.startswith("minimum"))
    assert re.fullmatch(r"minimum-[0-9a-f]{64}\.json", path.name)


def test_the_marker_lends_its_budget(suite):
    suite.write(
        "test_budget.py",
        """
        import numpy as np
        import pytest
        from stabproof.testing import Undecided, assert_exponent_in
        from stabproof.testing.session import active

        MATRICES = np.random.default_rng(1).normal(size=(6, 5, 5))

        @pytest.mark.stabproof(budget=0.001)
        def test_starved():
            with pytest.raises(Undecided, match="budget of 0.001 s|above 0.001 s|budget"):
                assert_exponent_in(MATRICES, 0.0, 1e-6)

        @pytest.mark.stabproof(budget=7)
        class TestClass:
            def test_inherited(self):
                assert active().budget == 7.0

            @pytest.mark.stabproof(budget=2.5)
            def test_closest(self):
                assert active().budget == 2.5

        def test_unmarked():
            assert active().budget is None
        """,
    )
    result = suite.run()
    assert "4 passed" in result.stdout, result.stdout


def test_a_wrong_marker_is_an_error_of_its_test_only(suite):
    suite.write(
        "test_marker.py",
        """
        import pytest

        @pytest.mark.stabproof(budget=-1)
        def test_negative(): pass

        @pytest.mark.stabproof(5)
        def test_positional(): pass

        def test_fine(): pass
        """,
    )
    result = suite.run()
    assert "1 passed, 2 errors" in result.stdout
    assert "must be a finite number of seconds above 0, but is -1" in result.stdout
    assert "must read stabproof(budget=seconds), but reads stabproof(5)" in result.stdout


class Item:
    """As much of a pytest item as the marker's reader needs."""

    def __init__(self, *args, **kwargs):
        self._mark = pytest.mark.stabproof(*args, **kwargs).mark if args or kwargs else None

    def get_closest_marker(self, name):
        return self._mark if name == "stabproof" else None


@pytest.mark.parametrize(
    ("item", "budget", "mistake"),
    [
        (Item(), None, ""),
        (Item(budget=3), 3.0, ""),
        (Item(budget=True), None, "True"),
        (Item(budget="3"), None, "'3'"),
        (Item(budget=float("inf")), None, "inf"),
        (Item(budget=float("nan")), None, "nan"),
        (Item(budget=3, cache=1), None, "cache=1"),
    ],
)
def test_budgets_of_markers(item, budget, mistake):
    found, _, message = marked_budget(item)
    assert found == budget
    assert mistake in message
    assert bool(message) == bool(mistake)


def test_suites_that_do_not_use_it_import_nothing(suite):
    suite.write(
        "test_plain.py",
        """
        import sys

        def test_nothing_is_loaded(request):
            assert request.config.pluginmanager.hasplugin("stabproof")
            assert not {"jax", "numpy", "sympy", "flint", "certify", "numeric"} & set(sys.modules)
        """,
    )
    result = suite.run("-W", "error", "-p", "no:hypothesispytest", "-p", "no:benchmark", "-p", "no:jaxtyping")
    assert "1 passed" in result.stdout, result.stdout + result.stderr
    assert summary(result) == ""
    assert not (suite.folder / ".pytest_cache" / "d").exists()


def test_it_can_be_switched_off(suite):
    suite.write("test_off.py", "def test(request): assert not request.config.pluginmanager.hasplugin('stabproof')")
    assert "1 passed" in suite.run("-p", "no:stabproof").stdout


def python(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_missing_hypothesis_is_one_clear_error():
    result = python("import sys; sys.modules['hypothesis'] = None; import stabproof.testing.strategies")
    assert result.returncode == 1
    assert "ImportError: stabproof.testing.strategies needs Hypothesis" in result.stderr
    assert "pip install stabproof[testing]" in result.stderr


def test_matrix_assertions_need_neither_pytest_nor_hypothesis_nor_jax():
    result = python(
        "import sys\nfor name in ('pytest', 'hypothesis', 'jax'): sys.modules[name] = None\n"
        "from stabproof.testing import assert_positive_definite, assert_spectral_radius_below\n"
        "assert_positive_definite([[0.5]]); assert_spectral_radius_below([[0.5]], 1)\nprint('proved')"
    )
    assert result.stdout.strip() == "proved", result.stderr


def test_certificates_of_a_folder_are_compared_and_updated_on_demand(suite):
    suite.write("test_exponent.py", EXPONENT)
    bare = suite.run("--certificates=proofs")
    assert "1 not in the folder of certificates, run with --update-certificates" in summary(bare), bare.stdout
    assert not list((suite.folder / "proofs").glob("*.json"))
    suite.run("--certificates=proofs", "--update-certificates")
    (path,) = (suite.folder / "proofs").glob("*.json")
    assert summary(suite.run("--certificates=proofs")).endswith("1 repeated from kept certificates")
    damaged = path.read_bytes().replace(b'"verdict": "STABLE"', b'"verdict": "UNSTABLE"')
    path.write_bytes(damaged)
    refused = suite.run("--certificates=proofs")
    assert refused.returncode == 1
    assert "1 kept certificates rejected by the checker" in summary(refused)
    assert path.read_bytes() == damaged  # the project's own file is not touched


@pytest.mark.parametrize(("option", "outcome"), [("skip", "1 skipped"), ("xfail", "1 xfailed"), ("fail", "1 failed")])
def test_undecided_can_be_a_milder_outcome(suite, option, outcome):
    suite.write(
        "test_open.py",
        """
    import numpy as np
    import stabproof as sp
    from stabproof.testing import assert_positive_definite

    def test_undecided():
        assert_positive_definite(sp.Ball(np.eye(2), np.full((2, 2), 0.75)))
""",
    )
    assert outcome in suite.run(f"--undecided={option}").stdout


def test_the_marker_is_known_without_the_plugin(suite):
    suite.write("test_marked.py", "import pytest\n\n@pytest.mark.stabproof(budget=1)\ndef test_it():\n    pass\n")
    result = suite.run("-p", "no:stabproof")
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_the_profile_for_proofs_is_registered(suite):
    suite.write(
        "test_profile.py",
        """
    from hypothesis import settings

    def test_profile():
        assert settings.default.deadline is None
        assert settings.default.max_examples == 25
""",
    )
    assert "1 passed" in suite.run("--hypothesis-profile=stabproof").stdout
