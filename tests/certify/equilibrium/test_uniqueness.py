"""The cube in which an equilibrium is alone: bounds of the defect against the worst point, and the search for it."""

import numpy as np
import pytest

from certify.equilibrium import EquilibriumStatement
from certify.equilibrium.prove import injectivity_defect
from certify.program import trace
from search.equilibrium.known_zeros import _last_below_one

WEIGHTS = np.array([[0.4, -0.75, 0.2], [0.5, 0.3, -0.6], [-0.1, 0.9, 0.25]])


def statement():
    return EquilibriumStatement(trace(lambda x: -x + WEIGHTS @ (x + x * x / 2), np.zeros(3)), "flow")


@pytest.mark.parametrize("radius", [1e-9, 0.01, 0.3])
def test_the_defect_is_that_of_the_worst_corner(radius):
    """f'(x) = -I + W diag(1 + x): over the cube |x| <= r the row sums of I - B f' are largest at |x_j| = r."""
    inverse = np.linalg.inv(-np.eye(3) + WEIGHTS)
    found = injectivity_defect(statement(), np.zeros(3), inverse, radius)
    exact = (np.abs(inverse) @ np.abs(WEIGHTS)).sum(axis=1).max() * radius  # bound of |B| |W| r, no signs used
    assert exact <= found <= exact * (1 + 1e-9) + 1e-13
    worst = max(
        np.abs(np.eye(3) - inverse @ (-np.eye(3) + WEIGHTS * (1 + radius * np.array(signs)))).sum(axis=1).max()
        for signs in np.ndindex(2, 2, 2)
    )
    assert worst <= found


def test_a_wrong_inverse_has_a_large_defect():
    found = injectivity_defect(statement(), np.zeros(3), np.eye(3), 0.0)
    exact = np.abs(2 * np.eye(3) - WEIGHTS).sum(axis=1).max()
    assert exact <= found <= exact * (1 + 1e-12)


@pytest.mark.parametrize("edge", [1, 2, 41, 60, 700, 1699])
@pytest.mark.parametrize("shape", ["linear", "quadratic", "slow", "jump"])
def test_the_search_finds_the_edge(edge, shape):
    growth = {"linear": 1.0, "quadratic": 2.0, "slow": 0.1, "jump": 0.0}[shape]
    asked = []

    def defect(exponent):
        asked.append(exponent)
        if shape == "jump":
            return 0.0 if exponent <= edge else np.inf
        return min(0.999 * 1.5 ** (growth * (exponent - edge)), 1e300)

    assert _last_below_one(defect, (0, defect(0)), (1700, np.inf)) == edge
    assert len(asked) <= (5 if shape == "linear" else 24)
