"""Limits of opinions against exact means, and against the equation itself; what may still change is not covered."""

from fractions import Fraction

import numpy as np
import pytest

from recheck.compare import compare
from recheck.document import Bounds
from recheck.opinions import prove_opinions
from recheck.outcome import BadInput, NotCovered, Standing, Work
from recheck.proof import Claim, Statement


def statement(start, below, above, claims=()):
    problem = {"start": start, "below": below, "above": above}
    problem = {name: [Fraction(x) for x in values] for name, values in problem.items()}
    return Statement("opinions", "PROVED", "opinions.events", tuple(claims), {}, problem, {})


def limits(*problem) -> dict[str, Fraction]:
    values = prove_opinions(statement(*problem), Work()).values
    return {name: float(x.mid()) for name, x in values.items()}


def test_settled_groups_tend_to_their_means():
    found = limits(["0", "9/10", "3/10"], ["1/2"] * 3, ["1/2"] * 3)
    assert found == pytest.approx({"limit_1": 0.15, "limit_3": 0.15, "limit_2": 0.9, "clusters": 2}, abs=1e-15)
    assert limits(["1/3"], ["1"], ["1"])["clusters"] == 1
    # the lower one does not look up as far, the upper one not down
    assert limits(["0", "2/5"], ["5", "3/10"], ["3/10", "5"]) == pytest.approx(
        {"limit_1": 0, "limit_2": 0.4, "clusters": 2}
    )


@pytest.mark.parametrize("seed", range(4))
def test_limits_are_those_of_the_equation(seed):
    rng = np.random.default_rng(seed)
    groups = [k * 3 + rng.integers(0, 16, size=rng.integers(1, 4)) / 32 for k in range(3)]
    x = rng.permutation(np.concatenate(groups))
    below, above = (rng.integers(17, 64, size=len(x)) / 32 for _ in range(2))
    found = limits(x.tolist(), below.tolist(), above.tolist())
    for _ in range(600):
        apart = x[None, :] - x[:, None]
        x = x + 0.05 * np.sum(np.where((-below[:, None] <= apart) & (apart <= above[:, None]), apart, 0), axis=1)
    assert found["clusters"] == 3
    assert [found[f"limit_{k + 1}"] for k in range(len(x))] == pytest.approx(x, abs=1e-9)


@pytest.mark.parametrize(
    ("start", "below", "above"),
    [
        # a chain that contracts later
        (["0", "2/5", "4/5"], ["1/2"] * 3, ["1/2"] * 3),
        # as wide as the thresholds
        (["0", "1/2"], ["1/2"] * 2, ["1/2"] * 2),
        # the second does not hear the first
        (["0", "2/5"], ["1/2", "3/10"], ["1/2", "1/2"]),
        # the first hears the third, behind its neighbour's back
        (["0", "1/5", "2"], ["1", "1/2", "1/2"], ["3", "1/2", "1/2"]),
        # the last hears the first, in front of its neighbour's
        (["0", "9/5", "2"], ["1/2", "1/2", "3"], ["1/2", "1/2", "1"]),
    ],
)
def test_groups_that_may_change_are_not_covered(start, below, above):
    with pytest.raises(NotCovered):
        prove_opinions(statement(start, below, above), Work())


def test_defective_opinions_are_bad_input():
    for given in (([], [], []), (["0"], ["0"], ["1"]), (["0", "1"], ["1"], ["1", "1"])):
        with pytest.raises(BadInput):
            prove_opinions(statement(*given), Work())


def test_other_limits_and_counts_are_refused():
    def standing(name, identifier, parameters, *bounds):
        stated = [Claim(name, Bounds(*bounds), identifier, parameters)]
        given = statement(["0", "9/10", "3/10"], ["1/2"] * 3, ["1/2"] * 3, stated)
        return compare(given, prove_opinions(given, Work()))[1].standing

    assert standing("limit_1", "opinions.limit", {"agent": 1}, 0.1499, 0.1501) is Standing.CONFIRMED
    assert standing("limit_1", "opinions.limit", {"agent": 1}, 0.1501, 0.1502) is Standing.REFUSED
    assert standing("limit_1", "opinions.limit", {"agent": 2}, 0.1499, 0.1501) is Standing.REFUSED
    assert standing("clusters", "opinions.clusters", {}, 2.0, 2.0) is Standing.CONFIRMED
    assert standing("clusters", "opinions.clusters", {}, 3.0, 3.0) is Standing.REFUSED
    assert standing("clusters", "opinions.clusters", {}, 1.0, 3.0) is Standing.REFUSED
