"""Tails of stationary directions: against samples, an exactly known law, and the one-step inequality itself."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.structure.stationary_measure_regularity import Tails, prove_tails
from foundation import CertificateError
from search.lyapunov.structure.stationary_measure_regularity import propose_tails

Known = Callable[[str], tuple[Family, float]]


def proved(family: Family, step: float, cells: int = 7) -> Tails:
    return prove_tails(family, propose_tails(family, step, cells))


def sampled(family: Family, count: int) -> np.ndarray:
    """Angles of nearly stationary directions under the transposed matrices."""
    generator = np.random.default_rng(0)
    b = generator.normal(size=(count, 2))
    for _ in range(200):
        letters = generator.choice(family.count, size=count, p=family.probabilities.mid)
        b = np.einsum("cji,cj->ci", family.matrices.mid[letters], b)
        b /= np.linalg.norm(b, axis=1)[:, None]
    return np.asarray(np.arctan2(b[:, 1], b[:, 0]))


@pytest.mark.parametrize(("name", "step", "factor"), [("product", 0.04, 30.0), ("collinear", 0.1, 12.0)])
def test_samples_stay_below_the_bounds(known: Known, name: str, step: float, factor: float) -> None:
    family, _ = known(name)
    tails = proved(family, step)
    angles = sampled(family, 100_000)
    for t in (0.3, 0.03, 0.01):
        # the greatest mass of an arc of half-width arcsin t, by two pointers
        doubled = np.sort(np.mod(angles, math.pi))
        doubled = np.concatenate([doubled, doubled + math.pi])
        inside = np.searchsorted(doubled, doubled + 2 * math.asin(t), side="right") - np.arange(len(doubled))
        greatest = float(inside.max()) / len(angles)
        bound = float(tails.bound(np.array(t)))
        assert greatest <= bound + 0.005
        assert bound <= factor * greatest + 1e-9


def test_an_exact_law() -> None:
    """B^T = diag(4, 1/4) composed with an independent turn by 0 or 90 degrees: b is an axis, each with mass 1/2.

    Near an axis the mass does not tend to zero: no power law holds, and none may be proved.
    """
    stretch, turn = np.diag([4.0, 0.25]), np.array([[0.0, -1.0], [1.0, 0.0]])
    with pytest.raises(CertificateError, match="contract"):
        propose_tails(matrix_family([stretch, turn @ stretch]), 0.1)


def test_bounds_fall_with_t_and_at_least_as_the_power_law(known: Known) -> None:
    family, _ = known("product")
    tails = proved(family, 0.1, 5)
    t = 2.0 ** -np.arange(2.0, 300)
    values = tails.bound(t)
    assert (np.diff(values) <= 0).all()
    assert values[0] <= 1.0
    assert values[-1] < values[60] * 2.0 ** (-0.9 * tails.power * 230)
    assert (tails.bound(np.array([0.6, 1.0])) == 1.0).all()


def test_finer_witnesses_prove_smaller_tails(known: Known) -> None:
    family, _ = known("product")
    coarse, fine = proved(family, 0.2, 5), proved(family, 0.05, 7)
    for t in (1e-2, 1e-5):
        assert float(fine.bound(np.array(t))) < float(coarse.bound(np.array(t)))


def test_damaged_witnesses_are_refused(known: Known) -> None:
    family, _ = known("product")
    good = propose_tails(family, 0.2, 5)
    steep = np.linspace(0.0, 5.0, len(good["weights"]))
    for damage in (
        {"weights": good["weights"][1:]},
        {"weights": steep},
        {"power": 0.89},
        {"scale": 0.9},
        {"step": 0.0},
        {"levels": 1},
        {"depth": 40},
    ):
        with pytest.raises(CertificateError):
            prove_tails(family, good | damage)
