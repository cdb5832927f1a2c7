"""Diffusions: three views, means and gaps against independent high precision, bad input, planted errors."""

import dataclasses

import jax
import mpmath
import numpy as np
import pytest
import scipy.linalg
import sympy

from cases.diffusion.case import CASE
from cases.diffusion.estimates import langevin_ensemble
from cases.diffusion.proofs import _gap, _tridiagonal, _well_means
from cases.diffusion.system import _reach, well_chain
from foundation import InputError
from stabproof import comparison
from symbolic import Outcome


@pytest.mark.parametrize(
    "parameters",
    [
        {"particles": 5000},
        {"wells": 0, "particles": 5000},
        {"epsilon": "1/10", "wells": 2, "theta": 100, "particles": 5000},
        {"epsilon": 10, "wells": 4, "cells": 150, "particles": 5000},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("diffusion", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


@pytest.mark.parametrize(("epsilon", "wells"), [("1/2", 1), ("1/10", 4), (3, "1/2")])
def test_the_mean_square_in_the_double_well(epsilon, wells):
    values = CASE.values({"epsilon": epsilon, "wells": wells})
    found = _well_means(values["epsilon"], values["wells"])[0]
    with mpmath.workdps(40):
        e, a = (mpmath.mpf(values[n].numerator) / values[n].denominator for n in ("epsilon", "wells"))
        pieces = [0, mpmath.sqrt(a), mpmath.sqrt(a) + 2, mpmath.sqrt(a) + 10]
        second, total = (
            mpmath.quad(lambda x, k=k: x**k * mpmath.exp(-((x * x - a) ** 2) / (2 * e * e)), pieces) for k in (2, 0)
        )
        assert found.lower <= second / total <= found.upper
    assert found.width < 1e-14


def test_the_gap_against_the_plain_generator():
    """The spectrum of the rate matrix itself, not of its symmetrised form."""
    values = CASE.values({"cells": 12})
    diagonal, side = well_chain(values)
    reach = float(_reach(values["epsilon"], values["wells"]))
    x = np.linspace(-reach, reach, 13)
    v = (x**2 - 1) ** 2 / 4
    rates = np.zeros((13, 13))
    for i in range(13):
        for j in (i - 1, i + 1):
            if 0 <= j < 13:
                rates[i, j] = 0.125 / (x[1] - x[0]) ** 2 * np.exp((v[i] - v[j]) / 0.25)
        rates[i, i] = -rates[i].sum()
    gap = np.sort(-scipy.linalg.eigvals(rates).real)[1]
    found = _gap(_tridiagonal(diagonal, side))
    assert found.lower - 1e-10 <= gap <= found.upper + 1e-10


def test_the_ensemble_has_the_law_of_the_linear_equation():
    x = langevin_ensemble(lambda x: -x, 0.5, np.full(20000, 2.0), 0.01, 100, key=jax.random.key(3))
    assert x.mean() == pytest.approx(2 * 0.99**100, abs=0.02)
    assert x.var() == pytest.approx(0.125 * (1 - np.exp(-2)), rel=0.06)


@pytest.mark.parametrize(
    "parameters", [{"epsilon": 0}, {"epsilon": "x"}, {"theta": -1}, {"wells": 5}, {"cells": 3}, {"particles": 10}]
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("diffusion", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    def wrong(values):
        view = CASE.symbolic(values)
        name = "double well: mean of x V'(x)"
        return dataclasses.replace(view, values={**view.values, name: sympy.Rational(1, 4)})

    planted = dataclasses.replace(CASE, symbolic=wrong)
    monkeypatch.setattr(comparison, "case", lambda name: planted)
    assert not comparison.crosscheck("diffusion", particles=1000).agrees
