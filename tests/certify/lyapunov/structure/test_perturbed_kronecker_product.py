"""Kronecker products up to rounding: known sums of exponents, the perturbation bound against sampling, refusals."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.structure import perturbed_kronecker_product as near_product
from certify.lyapunov.structure.perturbed_kronecker_product import perturbation, product_law
from certify.lyapunov.structure.stationary_measure_regularity import Tails, prove_tails
from foundation import CertificateError
from foundation.computing_time import computing_time
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.structure import perturbed_kronecker_product as near_product_search
from search.lyapunov.structure.kronecker_form import recognised
from search.lyapunov.structure.stationary_measure_regularity import propose_tails

Known = Callable[[str], tuple[Family, float]]


def products(left: Family, right: Family, turn: int | None = None) -> np.ndarray:
    """All Kronecker products with the rounding errors of floats; in a random basis for a seed."""
    lifted = np.array([np.kron(a, b) for a in left.matrices.mid for b in right.matrices.mid])
    if turn is None:
        return lifted
    q = np.linalg.qr(np.random.default_rng(turn).normal(size=(4, 4)))[0]
    return q @ lifted @ q.T


def found(family: Family) -> near_product.Enclosure:
    assert near_product_search.applies(family) is None
    return near_product.prove(family, near_product_search.propose(family, 0, computing_time() + 1000.0))


def coarse(family: Family) -> Witness:
    """A witness with tails on few cells and levels, quick to prove."""
    good = near_product_search.propose(family, 0, computing_time() + 1000.0)
    tails = []
    probabilities = near_product.factor_probabilities(family, good["rows"].astype(int), good["columns"].astype(int))
    assert probabilities is not None
    for name, weights in zip(("left", "right"), probabilities, strict=True):
        tails.append(propose_tails(matrix_family(good[name], weights), 0.1, 6))
    return good | {"tails": tails}


@pytest.mark.parametrize(
    ("first", "second", "turn", "width"),
    [("product", "shears", 3, 2e-3), ("collinear", "cone", 5, 0.2)],
)
def test_rounded_products_add_the_exponents(
    known: Known, first: str, second: str, turn: int | None, width: float
) -> None:
    (left, one), (right, other) = known(first), known(second)
    bound = found(matrix_family(products(left, right, turn)))
    assert bound.lower < one + other < bound.upper
    assert bound.width < width


def test_unequal_probabilities_and_factors_that_do_not_vary(known: Known) -> None:
    """One factor constant, diag(2, 1/2): its exponent is log 2, but its direction is not regular: nothing is proved."""
    family, _ = known("shears")
    constant = matrix_family([np.diag([2.0, 0.5])])
    lifted = matrix_family(products(family, constant, 2), [0.25, 0.75])
    assert near_product_search.applies(lifted) is None
    with pytest.raises(CertificateError, match="contract"):
        near_product_search.propose(lifted, 0, computing_time() + 100.0)


def test_weights_of_the_factors(known: Known) -> None:
    (left, _), (right, _) = known("product"), known("shears")
    p, q = np.array([0.25, 0.75]), np.array([0.5, 0.5])
    exact = [
        lyapunov_exponent(matrix_family(x.matrices, w), tolerance=1e-4, budget=60).enclosure
        for x, w in ((left, p), (right, q))
    ]
    family = matrix_family(products(left, right, 1), np.kron(p, q))
    bound = near_product.prove(family, coarse(family))
    assert bound.lower < exact[0].upper + exact[1].upper
    assert exact[0].lower + exact[1].lower < bound.upper
    assert bound.width < 1e-1


@pytest.fixture(scope="module")
def power_tails() -> Tails:
    """P(|b . u| <= t) <= sqrt(2 t), in steps of 2^-1/4 with one step to spare, and the same power law beyond."""
    step = math.log(2.0) / 4
    levels = np.arange(400)
    return Tails(step, np.minimum(1.0, np.exp(-0.5 * step * levels)), step * 399, math.exp(-0.5 * step * 399), 0.5)


def test_the_law_of_products(power_tails: Tails) -> None:
    """For P(x <= t) = P(y <= t) = sqrt(2 t), independent: P(x y <= z) = sqrt(4 z) (1 - log sqrt(4 z)), own integral."""
    z = 2.0 ** -np.arange(3.0, 60, 3)
    exact = np.sqrt(4 * z) * (1 - np.log(np.sqrt(4 * z)))
    law = product_law(power_tails, power_tails, z)
    assert (law >= np.minimum(exact, 1.0)).all()
    assert (law <= 4 * exact).all()


def test_the_perturbation_bound_covers_samples(power_tails: Tails) -> None:
    generator = np.random.default_rng(0)
    x, y = (generator.uniform(size=400_000) ** 2 / 2 for _ in range(2))
    for e in (1e-2, 1e-4, 1e-6):
        mean = float(np.log1p(e / (x * y)).mean())
        bound = float(perturbation(power_tails, power_tails, np.array([e]))[0])
        assert mean < bound < 6 * mean


def test_potentials_move_less_than_the_bound(known: Known) -> None:
    """F(X) = mean of log|b^T X d| over sampled stationary directions, for perturbed X near rank one and elsewhere."""
    generator = np.random.default_rng(1)
    family, _ = known("product")
    tails = prove_tails(family, propose_tails(family, 0.04, 7))
    sides = []
    for seed in (0, 1):
        b = np.random.default_rng(seed).normal(size=(100_000, 2))
        for _ in range(100):
            letters = generator.integers(2, size=len(b))
            b = np.einsum("cji,cj->ci", family.matrices.mid[letters], b)
            b /= np.linalg.norm(b, axis=1)[:, None]
        sides.append(b)
    size = 1e-3
    bound = float(perturbation(tails, tails, np.array([size / (1 - size)]))[0])
    moved = []
    for smallness in (0.0, 1e-3, 1.0):
        for number in range(10):
            # orthogonal to sampled directions, where the potential is least regular
            u, v = (np.array([[-b[number, 1], b[number, 0]], b[number]]).T for b in sides)
            x = u @ np.diag([1.0, smallness]) @ v.T
            e = generator.normal(size=(2, 2))
            y = x + size * e / np.linalg.norm(e, 2)
            values = [np.log(np.abs(np.einsum("ci,ij,cj->c", sides[0][10:], m, sides[1][10:]))).mean() for m in (x, y)]
            moved.append(abs(values[1] - values[0]))
    assert 0 < max(moved) <= bound


def test_what_is_no_independent_product(known: Known) -> None:
    generator = np.random.default_rng(3)
    (left, _), (right, _) = known("product"), known("shears")
    lifted = products(left, right, 2)
    assert "seen" in str(near_product_search.applies(matrix_family(generator.normal(size=(2, 4, 4)))))
    assert "dimension 4" in str(near_product_search.applies(left))
    assert "exact" in str(near_product_search.applies(matrix_family(Ball(lifted, np.full(lifted.shape, 1e-9)))))
    assert "independent" in str(near_product_search.applies(matrix_family(lifted[[0, 3]])))
    assert "independent" in str(near_product_search.applies(matrix_family(lifted, [0.25, 0.25, 0.3, 0.2])))


def test_signs_of_determinants_are_found() -> None:
    generator = np.random.default_rng(4)
    for signs in ((1, 1), (1, -1), (-1, -1)):
        left, right = generator.normal(size=(2, 2, 2)), generator.normal(size=(2, 2, 2))
        left[:, 0] *= (np.array(signs) * np.sign(np.linalg.det(left)))[:, None]
        lifted = products(matrix_family(left), matrix_family(right), 6)
        seen = recognised(lifted)
        assert seen is not None
        for a, i, j in zip(lifted, seen.rows, seen.columns, strict=True):
            moved = np.linalg.solve(seen.basis, a @ seen.basis)
            product = np.kron(seen.left[i], seen.right[j])
            assert min(np.abs(moved - product).max(), np.abs(moved + product).max()) < 1e-9 * np.abs(moved).max()


def test_a_witness_is_not_believed(known: Known) -> None:
    (left, one), (right, other) = known("product"), known("shears")
    family = matrix_family(products(left, right, 1))
    good = coarse(family)
    bent = good["basis"].copy()
    bent[0, 0] += 1e-6
    wide = near_product.prove(family, good | {"basis": bent})
    assert wide.contains(one + other)
    assert wide.width > 10 * near_product.prove(family, good).width
    assert near_product.prove(family, good | {"left": 2 * good["left"]}).width == math.inf
    assert near_product.prove(family, good | {"basis": np.zeros((4, 4))}).width == math.inf
    assert near_product.prove(family, good | {"proofs": [good["proofs"][0], []]}).width == math.inf
    damages: tuple[Witness, ...] = (
        {"basis": np.eye(3)},
        {"rows": good["rows"][1:]},
        {"rows": np.zeros(4)},
        {"columns": good["columns"] + 5},
        {"proofs": []},
        {"tails": good["tails"][:1]},
    )
    for damage in damages:
        with pytest.raises(CertificateError):
            near_product.prove(family, good | damage)
