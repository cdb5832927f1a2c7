"""The driver: known exponents, honest refusals, and witnesses that prove the same again."""

import math
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.families.sgd_family import sgd_family
from certify.lyapunov.prove import Proof, prove_exponent, prove_one
from certify.lyapunov.statement import sign_verdict
from certify.verdict import Verdict
from foundation import CertificateError, InputError
from foundation.computing_time import computing_time
from search.lyapunov import driver
from search.lyapunov.driver import ExponentResult, lyapunov_exponent

F = Fraction
FIBONACCI = [[[0, 1], [1, 1]], [[0, 1], [1, -1]]]
# the engines for any dimension, without those for one dimension or structure alone
GENERAL = ("determinant", "contraction", "reduction", "second_moment", "concave_bound", "words", "stopping_words")


class HurriedClock:
    """A clock on which half a second passes at every look, so that no test depends on the speed of the machine."""

    def __init__(self) -> None:
        self.shift = 0.0

    def __call__(self) -> float:
        self.shift += 0.5
        return computing_time() + self.shift


def gram_of(*points: Any) -> list[list[Any]]:
    """theta1 x + theta2 x^2 at the points."""
    rows = [(x, x * x) for x in points]
    return [[sum(a * b for a, b in zip(r, s, strict=True)) for s in rows] for r in rows]


def check_proofs(result: ExponentResult) -> None:
    assert prove_exponent(result.family, result.proofs) == result.enclosure
    assert result.proofs or result.enclosure.width == np.inf


def test_fibonacci_from_the_general_engines() -> None:
    result = lyapunov_exponent(FIBONACCI, budget=2, engines=GENERAL)
    assert result.enclosure.lower <= 0.1239755988 <= result.enclosure.upper
    assert result.enclosure.width < 0.25
    assert result.verdict is Verdict.UNDECIDED
    check_proofs(result)


def test_a_search_that_its_budget_ends_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "computing_time", HurriedClock())
    result = lyapunov_exponent(FIBONACCI, budget=4, engines=GENERAL)
    assert "budget of 4 s" in result.reason
    assert "raise the budget" in result.next_step
    check_proofs(result)


def test_a_search_that_ends_by_itself_does_not_blame_its_budget() -> None:
    result = lyapunov_exponent(FIBONACCI, budget=1e6, engines=("determinant", "contraction", "second_moment"))
    assert result.verdict is Verdict.UNDECIDED
    assert "every engine is exhausted" in result.reason
    assert "raise the budget" not in result.next_step


def test_sign_of_an_almost_surely_but_not_mean_square_stable_minimum() -> None:
    result = lyapunov_exponent(sgd_family(gram_of(3, 4), F(1, 100)), budget=60, engines=GENERAL)
    assert result.verdict is Verdict.STABLE
    assert result.enclosure.lower <= -0.0022612697 <= result.enclosure.upper < 0
    assert result.reason == ""
    check_proofs(result)


def test_unstable_from_the_determinant_alone() -> None:
    result = lyapunov_exponent(sgd_family(gram_of(1, 2), F(9, 50)))
    assert result.verdict is Verdict.UNSTABLE
    assert result.lower_engine == "sgd_determinant"
    assert result.enclosure.lower <= 0.29115828539
    check_proofs(result)


@pytest.mark.parametrize(
    "matrices",
    [
        [[[0, 1], [-1, 0]], [[1, 0], [0, -1]]],
        [[[2, 0], [0, F(1, 2)]], [[F(1, 2), 0], [0, 2]]],
        [[[1.0, 1.0], [0.0, 1.0]]],
    ],
    ids=["orthogonal", "balanced diagonal", "shear"],
)
def test_a_vanishing_exponent_stays_undecided(matrices: Any) -> None:
    result = lyapunov_exponent(matrices, budget=1)
    assert result.verdict is Verdict.UNDECIDED
    assert result.enclosure.contains(0)
    assert result.reason
    assert result.next_step
    check_proofs(result)


def test_nilpotent_products_have_exponent_minus_infinity() -> None:
    result = lyapunov_exponent([[[0, 1, 5], [0, 0, 2], [0, 0, 0]]], budget=5)
    assert result.verdict is Verdict.STABLE
    assert result.enclosure.upper == -np.inf
    check_proofs(result)


def test_starved_budgets_are_undecided() -> None:
    result = lyapunov_exponent(FIBONACCI, tolerance=1e-9, budget=1e-6)
    assert result.verdict is Verdict.UNDECIDED
    assert result.enclosure.lower == -np.inf
    assert result.reason
    assert result.next_step
    assert result.proofs == ()


def test_a_tolerance_that_is_not_reached_is_said() -> None:
    result = lyapunov_exponent(
        [[[2.0, 0.0], [1.0, 3.0]], [[1.0, 4.0], [1.0, 1.0]]], tolerance=1e-12, budget=1, engines=GENERAL
    )
    assert result.enclosure.width > 1e-12
    assert "wider than the tolerance" in result.reason


def test_progress_is_reported() -> None:
    lines: list[str] = []
    lyapunov_exponent(FIBONACCI, budget=1, progress=lines.append, engines=GENERAL)
    assert lines
    assert all("exponent in" in line for line in lines)


def test_an_engine_that_starts_after_a_second_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "computing_time", HurriedClock())
    lines: list[str] = []
    lyapunov_exponent(FIBONACCI, tolerance=1e-12, budget=20, progress=lines.append, engines=("words", "block_bound"))
    assert any("trying" in line for line in lines)


def test_an_engine_that_starts_at_once_is_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "_QUIET", 1e6)
    lines: list[str] = []
    lyapunov_exponent(FIBONACCI, tolerance=1e-12, budget=1, progress=lines.append, engines=("words", "block_bound"))
    assert lines
    assert not any("trying" in line for line in lines)


def test_random_matrices_do_without_jax() -> None:
    script = "import sys, stabproof as sp; sp.lyapunov_exponent([[[0.5]]]); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=120).returncode == 0


def test_balls_enclose_the_exponents_of_their_members() -> None:
    centre = np.array([[[0.5, 0.25], [0.125, 0.5]]])
    wide = lyapunov_exponent(Ball(centre, np.full((1, 2, 2), 0.01)), budget=2)
    for shift in (-0.01, 0.0, 0.01):
        exact = math.log(max(abs(np.linalg.eigvals(centre[0] + shift))))
        assert wide.enclosure.lower - 1e-12 <= exact <= wide.enclosure.upper + 1e-12
    assert wide.verdict is Verdict.STABLE


def test_ten_examples_stable_and_unstable() -> None:
    gradients = np.random.default_rng(1).standard_normal((10, 30)) / math.sqrt(30)
    gram = (gradients @ gradients.T + (gradients @ gradients.T).T) / 2
    unit = 2 / float(np.diagonal(gram).mean())
    assert lyapunov_exponent(sgd_family(gram, 0.6 * unit), budget=20).verdict is Verdict.STABLE
    assert lyapunov_exponent(sgd_family(gram, 1.2 * unit), budget=20).verdict is Verdict.UNSTABLE


@pytest.mark.parametrize(
    ("matrices", "options"),
    [
        ([], {}), (np.ones((2, 2)), {}), (FIBONACCI, {"budget": 0}), (FIBONACCI, {"budget": math.nan}),
        (FIBONACCI, {"tolerance": -1.0}), (FIBONACCI, {"engines": ["magic"]}), (FIBONACCI, {"probabilities": [1, 1]}),
        (matrix_family(FIBONACCI), {"probabilities": [0.5, 0.5]}), ([[[math.inf]]], {}),
    ],
)  # fmt: skip
def test_bad_input(matrices: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        lyapunov_exponent(matrices, **options)


def test_damaged_proofs_are_refused() -> None:
    family = matrix_family(FIBONACCI)
    for name, witness in [("magic", {}), ("concave_bound", {}), ("words", {"words": 3, "metric": np.eye(2)})]:
        with pytest.raises(CertificateError):
            prove_one(family, name, witness)
    with pytest.raises(CertificateError):
        prove_one(family, "explicit/words", {})
    with pytest.raises(CertificateError):
        prove_one(family, "sgd_concave_bound", {})
    good = lyapunov_exponent(family, budget=1, engines=("words",)).proofs[0]
    bent = Proof(good.engine, good.witness | {"metric": np.diag([1.0, 50.0])}, good.enclosure)
    assert prove_exponent(family, [bent]).upper > good.enclosure.upper


def test_claims_of_a_proof_are_not_believed() -> None:
    family = matrix_family(FIBONACCI)
    good = lyapunov_exponent(family, budget=1, engines=("words",)).proofs[0]
    lying = Proof(good.engine, good.witness, type(good.enclosure)(-2.0, -1.0))
    assert prove_exponent(family, [lying]) == prove_exponent(family, [good])


def test_signs_of_enclosures() -> None:
    answers = [
        sign_verdict(Enclosure(*ends)) for ends in ((-2.0, -1.0), (1.0, 2.0), (-1.0, 1.0), (-1.0, 0.0), (0.0, 1.0))
    ]
    assert answers == [Verdict.STABLE, Verdict.UNSTABLE, *[Verdict.UNDECIDED] * 3]
