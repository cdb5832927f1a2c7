"""Continuous Hopfield networks: agreement, complete lists, thresholds, the sign of the bias, bad input."""

import mpmath
import numpy as np
import pytest

import stabproof as sp
from cases.hopfield.case import CASE
from cases.hopfield.derivation import derive_bias_erratum, derive_hopfield_hopf, derive_hopfield_pair
from cases.hopfield.system import network_of
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"weights": "1/2"},
        {"weights": "2,-2;2,2"},
        {"weights": "1,1/2,-1;0,2,1;1,-1,3/2", "bias": "1/10,0,-1/5", "decay": "1/2", "large": 200},
        {"weights": "0,2;2,0", "decay": 2, "large": 100},
        {"weights": "0,0;0,0", "bias": "1,-2"},
        {"weights": "100,-50;20,300", "bias": "1", "decay": "1/128", "large": 100},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("hopfield", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_the_pair_has_the_eigenvalues_of_high_precision():
    proved = CASE.certified(CASE.values({})).values
    with mpmath.workdps(40):
        x = mpmath.findroot(lambda t: t - 2 * mpmath.tanh(t), 1.9)
        slope = 2 * (1 - mpmath.tanh(x) ** 2)
        for name, exact in (
            ("x1 of the settled state", x),
            ("its spectral abscissa", -1 + slope),
            ("its smallest real part", -1 - slope),
        ):
            assert proved[name].lower <= exact <= proved[name].upper
            assert proved[name].width < 1e-13


@pytest.mark.parametrize("neurons", [4, 5])
def test_the_list_is_whole(neurons):
    generator = np.random.default_rng(neurons)
    weights = ";".join(",".join(f"{w:.3f}" for w in row) for row in generator.normal(size=(neurons, neurons)) * 2)
    network = network_of(CASE.values({"weights": weights, "bias": "1/10"}))
    expressions, variables = network.expressions
    found = sp.all_equilibria(expressions, network.box, variables=variables)
    assert found.complete
    floats, bias, _ = network.floats
    for certificate in found.equilibria:
        assert np.abs(-certificate.point + floats @ np.tanh(certificate.point) + bias).max() < 1e-12
        assert certificate.verdict.name in ("STABLE", "UNSTABLE")
    # the degree of the field at infinity is that of -x: the signs of the determinants add up to (-1)^n
    signs = [(-1) ** c.directions[0] for c in found.equilibria]
    assert sum(signs) == (-1) ** neurons


def test_at_the_threshold_nothing_is_claimed():
    check = crosscheck("hopfield", weights="0,2;2,0", decay=2, large=100)
    row = next(row for row in check.rows if row.quantity == "number of equilibria")
    assert row.certified.lower == 0
    assert row.certified.upper == np.inf


def test_the_erratum_is_decided():
    (erratum,) = CASE.errata
    assert all_passed(erratum.proof({}).verify())
    for derivation in (derive_bias_erratum(), derive_hopfield_hopf(), derive_hopfield_pair()):
        assert all_passed(derivation.verify())


@pytest.mark.parametrize(
    "bad",
    [
        {"weights": "1,2"},
        {"weights": ";".join([",".join(["1"] * 7)] * 7)},
        {"bias": "1,2,3"},
        {"decay": 0},
        {"decay": -1},
        {"weights": "x"},
        {"large": 10},
        {"bias": "1e9"},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("hopfield", **bad)
