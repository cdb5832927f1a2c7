"""Long loops look at the time limit of the search, the provers' too; a check has none."""

import math
from typing import Any

import numpy as np
import pytest

from certify.enclosure import Enclosure
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.families.sgd_family import sgd_family
from certify.lyapunov.prove import prove_one
from certify.lyapunov.time_limit import Interrupted, check_time, time_limit
from foundation.computing_time import computing_time
from search.lyapunov import driver
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.registry import proposer_named

FIBONACCI = matrix_family([[[0, 1], [1, 1]], [[0, 1], [1, -1]]])
SHEARS = matrix_family([[[1, 1], [0, 1]], [[1, 0], [1, 1]]])
CUBES = matrix_family(np.random.default_rng(0).normal(size=(2, 3, 3)))
LIMITED: dict[str, Any] = {
    "words": FIBONACCI,
    "stopping_words": FIBONACCI,
    "concave_bound": FIBONACCI,
    "second_moment": FIBONACCI,
    "projective_line": FIBONACCI,
    "moment_function": FIBONACCI,
    "lower_bound": FIBONACCI,
    "cone": SHEARS,
    "half_sphere": CUBES,
    "sgd_concave_bound": sgd_family([[2, 6], [6, 20]], 0.1),
}


def test_limits_nest_and_end() -> None:
    check_time()
    with time_limit(-math.inf):
        with pytest.raises(Interrupted):
            check_time()
        with time_limit(math.inf), pytest.raises(Interrupted):
            check_time()
    check_time()
    with time_limit(computing_time() + 1e6):
        check_time()


@pytest.mark.parametrize("name", LIMITED)
def test_every_search_looks_at_the_limit(name: str) -> None:
    with time_limit(-math.inf), np.errstate(all="ignore"), pytest.raises(Interrupted):
        proposer_named(name).propose(LIMITED[name], 0, math.inf)


@pytest.mark.parametrize("name", ["words", "projective_line", "moment_function", "cone"])
def test_provers_look_at_the_limit(name: str) -> None:
    with np.errstate(all="ignore"):
        witness = proposer_named(name).propose(LIMITED[name], 0, computing_time() + 0.5)
    with time_limit(-math.inf), pytest.raises(Interrupted):
        prove_one(LIMITED[name], name, witness)
    assert prove_one(LIMITED[name], name, witness).width < math.inf or name == "words"


def test_what_is_interrupted_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "_GRACE", -1e9)
    found = lyapunov_exponent(FIBONACCI, budget=5.0, engines=("words", "projective_line"))
    assert found.enclosure == Enclosure(-math.inf, math.inf)
    assert found.proofs == ()
