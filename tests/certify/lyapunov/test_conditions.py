"""Conditions of the engines' theorems that a proposer always meets: a witness that breaks one proves nothing."""

import json
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.directions import lower_bound
from certify.lyapunov.directions.face_bounds import _Part, _sum
from certify.lyapunov.families.family import Family, family_as_data, family_from_data, matrix_family
from certify.lyapunov.families.rationals import rational_text
from certify.lyapunov.families.sgd_family import sgd_family
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.prove import prove_one
from certify.lyapunov.structure import perturbed_symmetric_square as near_lift
from certify.lyapunov.structure import reduction, scaling
from certify.lyapunov.structure.interval_markov_chain import averaged_supremum
from certify.lyapunov.structure.stationary_measure_regularity import prove_tails
from foundation import CertificateError, InputError
from search.lyapunov.structure.stationary_measure_regularity import propose_tails

Known = Callable[[str], tuple[Family, float]]


def test_of_nan_nothing_is_known() -> None:
    x = np.array([math.nan, 0.0, 1.0, math.inf])
    assert log_upper(x).tolist()[:2] == [math.inf, -math.inf]
    assert log_lower(x).tolist()[:2] == [-math.inf, -math.inf]
    assert log_upper(x)[3] == math.inf


@pytest.mark.parametrize("shift", [1100, 2200, 3300, 4400, -4400])
def test_powers_of_two_that_underflow_make_no_exact_zeros(shift: int) -> None:
    """diag(2, 1) within 1e-30: the exponent is log 2 up to 1e-30, whatever it is multiplied with on the way."""
    family = matrix_family(Ball(np.diag([2.0, 1.0])[None], np.full((1, 2, 2), 1e-30)))
    one = [["exact", {"structure": "one matrix", "precision": 256}]]
    if shift > 0:
        assert (scaling.scaled(family, [shift], [0, 0]).matrices.magnitude > 0).all()
    for witness in (
        {"shifts": [shift], "weights": [0, 0], "proofs": one},
        {"shifts": [0], "weights": [shift, 0], "proofs": one},
        {"shifts": [shift], "weights": [shift, -shift], "proofs": one},
    ):
        try:
            found = prove_one(family, "scaling", witness)
        except CertificateError:
            continue
        assert found.lower <= math.log(2) <= found.upper


def test_an_exact_zero_that_scaling_made_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    family = matrix_family(Ball(np.diag([2.0, 1.0])[None], np.full((1, 2, 2), 1e-30)))
    monkeypatch.setattr(scaling, "_LARGEST_FACTOR", 4400)
    with pytest.raises(CertificateError, match="exact zero"):
        scaling.scaled(family, [4400], [0, 0])


def test_infinite_ends_are_not_moved() -> None:
    nilpotent = matrix_family([[[0, 2.0**200], [0, 0]]])
    witness = {"shifts": [200], "weights": [0, 0], "proofs": [["exact", {"structure": "triangular", "precision": 99}]]}
    assert prove_one(nilpotent, "scaling", witness) == Enclosure(-math.inf, -math.inf)


def test_the_last_level_lies_below_the_scale(known: Known) -> None:
    family, _ = known("product")
    good = propose_tails(family, 0.2, 5)
    needed = math.ceil(-math.log(good["scale"]) / 0.2) + 1
    with pytest.raises(CertificateError, match="levels end above"):
        prove_tails(family, good | {"levels": 2})
    with pytest.raises(CertificateError, match="levels end above"):
        prove_tails(family, good | {"levels": needed - 1, "rounds": 3})
    prove_tails(family, good | {"levels": needed + 1, "rounds": 3})


def test_far_levels_do_not_make_near_tails_small(known: Known) -> None:
    """e^-(step levels) far below the range of floats: the mass near 1 stays what it is."""
    family, _ = known("product")
    good = propose_tails(family, 0.2, 5)
    tails = prove_tails(family, good | {"step": 1.0, "levels": 5000, "rounds": 2})
    # four arcs {|b . u| <= 0.49} of 58 degrees each cover all directions: one of them has a quarter of the mass
    assert float(tails.bound(np.array(0.49))) >= 1 / 4


def test_growth_that_is_no_number_is_not_covered(monkeypatch: pytest.MonkeyPatch, known: Known) -> None:
    family, _ = known("shears")
    witness = {"words": [[0], [1]], "metric": np.eye(2), "target": -0.5}
    assert lower_bound.prove(family, witness).lower > -1.0

    def nan(forms: Any, centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(centres), math.nan), halves

    monkeypatch.setattr(lower_bound, "_growth_lower", nan)
    assert lower_bound.prove(family, witness) == Enclosure(-math.inf, math.inf)


@pytest.mark.parametrize("metric", [-np.eye(2), np.diag([1.0, 0.0]), np.diag([1.0, -1.0]), np.zeros((2, 2))])
def test_growth_is_measured_in_a_norm(metric: np.ndarray, known: Known) -> None:
    witness = {"words": [[0], [1]], "metric": metric, "target": -5.0}
    assert lower_bound.prove(known("shears")[0], witness) == Enclosure(-math.inf, math.inf)


def test_values_that_are_no_numbers_bound_nothing() -> None:
    probabilities = Ball.exact(np.array([1.0]))
    assert averaged_supremum(np.array([0.0, math.nan]), lambda h: h, probabilities, 5) == math.inf
    part = _Part(np.array([[0.0]]), np.array([[math.nan]]), np.zeros(1), np.zeros(1, int), np.ones(1, int))
    lower, upper = _sum(probabilities, [part], np.zeros((1, 1)), 0.0)
    assert upper.tolist() == [math.inf]
    assert lower.tolist() == [-math.inf]


def test_a_reduction_reduces(known: Known) -> None:
    family, _ = known("fibonacci")
    with pytest.raises(CertificateError, match="block-triangular"):
        reduction.prove(family, {"basis": [["1", "0"], ["0", "1"]], "blocks": [[["determinant", {}]]]})
    with pytest.raises(CertificateError):
        reduction.prove(family, {"basis": [["1", "0", "0"], ["0", "1", "0"]], "blocks": [[], []]})


@pytest.mark.parametrize("text", ["1e400000000", "1e4", " 1", "1/0", "0x10", "1_0", "", "1/-2", "1.5", "9" * 30_000, 7])
def test_stored_rationals_are_short_and_plain(text: Any) -> None:
    with pytest.raises(CertificateError):
        rational_text(text)
    data = json.loads(json.dumps(family_as_data(matrix_family([[[1, 2], [3, 4]]]))))
    data["matrices"][0][0][0] = text
    with pytest.raises(InputError):
        family_from_data(data)


def test_stored_rationals_are_read_without_loss() -> None:
    assert rational_text("-22/7") == fmpq(-22, 7)
    tiny = Fraction(float.fromhex("0x1.8p-1074"))
    assert rational_text(f"{tiny.numerator}/{tiny.denominator}") == fmpq(tiny.numerator, tiny.denominator)


@pytest.mark.parametrize(
    "witness", [None, [], "words", 3, {"words": "ab", "metric": 1}, {"words": [[0]], "metric": {}}]
)
def test_witnesses_of_any_form_are_refused_in_one_way(witness: Any) -> None:
    with pytest.raises(CertificateError):
        prove_one(matrix_family([[[0, 1], [1, 1]], [[0, 1], [1, -1]]]), "words", witness)
    with pytest.raises(CertificateError):
        prove_one(sgd_family([[2, 1], [1, 2]], 0.1), "words", witness)


def test_huge_rational_distances_are_bounds() -> None:
    """Numerators beyond the range of floats."""
    import flint

    one = flint.fmpq_mat([[int(i == j) for j in range(3)] for i in range(3)])
    factor = flint.fmpq_mat([[1, 0], [0, 1]])
    assert near_lift.distance(one * fmpq(10) ** 400, one, factor) == math.inf
    small = near_lift.distance(one * (1 + fmpq(1, 10**400)), one, factor)
    assert 0.0 < small < 1e-300
