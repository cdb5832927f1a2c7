"""The mean-square growth keeps to its share of a budget, which is counted as work."""

import math

import numpy as np
import pytest

import stabproof as sp
from certify.effort import counting
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.norms.second_moment import prove_second_moment
from search.lyapunov.norms.second_moment import is_affordable, propose
from search.minimum import stochastic

DIMENSION = 30


@pytest.fixture(scope="module")
def rotations_and_shears():
    """Two equally likely matrices (30, 30) that contract by about one half; E A (x) A has no wide gap."""
    generator = np.random.default_rng(5)
    orthogonal = [np.linalg.qr(generator.normal(size=(DIMENSION, DIMENSION)))[0] for _ in range(2)]
    return matrix_family([0.5 * q + 0.02 * generator.normal(size=q.shape) for q in orthogonal])


@pytest.mark.parametrize("work", [0.002, 0.01, 0.05])
def test_the_search_ends_after_its_work(rotations_and_shears, work):
    with counting() as effort:
        propose(rotations_and_shears, 2, math.inf, work)
    # a step is charged five units of Python, of which the estimate knows one
    assert 0 < effort.spent <= 2.5 * work


def test_a_metric_on_the_way_proves_bounds_as_well(rotations_and_shears):
    """Lambda(2) = log rho(E A (x) A), here from the eigenvalues of the matrix (900, 900) in floats."""
    matrices = rotations_and_shears.matrices.mid
    growth = math.log(max(abs(np.linalg.eigvals(sum(np.kron(a, a) for a in matrices) / len(matrices)))))
    widths = []
    for work in (0.002, math.inf):
        found = prove_second_moment(rotations_and_shears, propose(rotations_and_shears, 2, math.inf, work))
        assert found.lower - 1e-9 <= growth <= found.upper + 1e-9
        widths.append(found.width)
    assert widths[1] < 1e-3 < widths[0] < 2.0


def test_what_cannot_be_proved_within_the_budget_is_not_searched_for(rotations_and_shears):
    assert is_affordable(rotations_and_shears, 60.0)
    assert not is_affordable(rotations_and_shears, 1e-4)


def test_the_phase_is_bounded_by_the_budget_of_the_call(monkeypatch):
    """After the exponent's sign: what is handed on is the rest of the budget, at least its tenth."""
    handed: list[float] = []

    def spy(family, effort, deadline, work=math.inf):
        handed.append(work)
        return propose(family, effort, deadline, work)

    monkeypatch.setattr(stochastic.second_moment_search, "propose", spy)
    inputs = np.array([[1.0, 0.5], [0.5, -1.0]])
    problem = sp.Regression(lambda theta, x: theta @ x, np.array([0.3, -0.2]), inputs, inputs @ [0.3, -0.2])
    certificate = sp.certify_minimum(problem, sp.SGD(0.1, batch_size=1, sampling="iid"), budget=0.5)
    assert certificate.verdict.name == "STABLE"
    # the engines of the exponent may have used the same search before, within their own deadline
    assert 0.05 <= handed[-1] <= 0.5
