"""Attention particles: agreement, known spectra, antipodal states, clustering, erratum, bad input."""

import jax.numpy as jnp
import numpy as np
import pytest
import sympy

from cases import case
from cases.transformer.case import CASE, attention_of
from cases.transformer.derivation import consensus_of, derive_antipodes, derive_space_antipodes, sphere_eigenvalues
from cases.transformer.estimates import crowd_path, velocity
from certify.verdict import Verdict
from foundation import InputError
from numeric import double_precision
from stabproof.comparison import crosscheck
from symbolic import all_passed

SMALL = {"crowd": 10, "horizon": 2}


@pytest.mark.parametrize(
    "parameters",
    [
        {"opposite": 2, "beta": "3"},
        {"particles": 3, "dimension": 2, "value": "1/3,1;1,1/7", "query": "1,2;0,1", "key": "1,1;1,0"},
        {"space": "euclidean", "value": "0,1,0;-1,0,0;0,0,-1/3"},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("transformer", **parameters, **SMALL)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


@pytest.mark.parametrize(("particles", "dimension"), [(2, 2), (5, 4)])
def test_the_multiplicity_off_the_consensus(particles, dimension):
    values = CASE.values({"particles": particles, "dimension": dimension, "beta": "7"})
    proved = CASE.certified(values).values
    assert proved["its multiplicity"].lower == proved["its multiplicity"].upper == (particles - 1) * (dimension - 1)
    assert proved["eigenvalue off the consensus"].contains(-1)
    assert proved["verdict"] is Verdict.STABLE


def test_repelling_values_are_unstable():
    values = CASE.values({"value": "-1,0,0;0,-1,0;0,0,-1"})
    assert CASE.certified(values).values["verdict"] is Verdict.UNSTABLE
    assert CASE.symbolic(values).values["verdict"] is Verdict.UNSTABLE


@double_precision
def test_exact_antipodal_eigenvalues_against_differences_of_the_field():
    """V = diag(1/2, -1, 2), logits from a non-symmetric B: central differences on the tangent space."""
    parameters = {"value": "1/2,0,0;0,-1,0;0,0,2", "query": "1,2,0;0,1,1;1,0,1", "key": "1,1,0;1,0,2;0,1,1"}
    system = attention_of(CASE.values({**parameters, "particles": 3, "opposite": 1, "beta": "1/3"}))
    value = sympy.diag(sympy.Rational(1, 2), -1, 2)
    form = sympy.Matrix([[sympy.Rational(entry) for entry in row] for row in system.form])
    exact = sphere_eigenvalues(consensus_of(value, form, 1), 2, 1)
    field, pole = velocity(system), np.outer([1.0, 1.0, -1.0], [0.0, 0.0, 1.0])
    slopes, step = np.zeros((6, 6)), 1e-5
    for column in range(6):
        shift = np.zeros((3, 3))
        shift[column // 2, column % 2] = step
        ends = [np.asarray(field(jnp.asarray(_unit(pole + sign * shift))))[:, :2].ravel() for sign in (1, -1)]
        slopes[:, column] = (ends[0] - ends[1]) / (2 * step)
    gaps = np.abs(np.linalg.eigvals(slopes)[:, None] - np.array([float(v) for v in exact])[None])
    assert gaps.min(axis=0).max() < 1e-7
    assert gaps.min(axis=1).max() < 1e-7


def _unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_a_crowd_on_the_sphere_gathers():
    values = CASE.values({"crowd": 20, "dimension": 4, "horizon": 15})
    path = crowd_path(values, attention_of(values))
    assert path.monitored["spread"][0] > 0.9
    assert path.monitored["spread"][-1] < 1e-2
    assert path.drift("length") < 1e-5


def test_a_planted_error_breaks_the_derivation():
    derivation = derive_antipodes()
    step = derivation.steps[1]
    polynomial = step.check.polynomial + 1
    wrong = type(step.check)(step.check.matrix, step.check.variable, polynomial)
    steps = (derivation.steps[0], type(step)(step.statement, None, step.reason, step.reference, wrong))
    assert not all_passed(type(derivation)(derivation.title, (), steps).verify())
    assert all_passed(derive_space_antipodes().verify())


def test_the_erratum_passes():
    for erratum in case("transformer").errata:
        assert all_passed(erratum.proof({}).verify())


@pytest.mark.parametrize(
    "bad",
    [
        {"opposite": 4},
        {"value": "1,2;3,4"},
        {"query": "1,2,3"},
        {"query": "1,2"},
        {"space": "euclidean", "opposite": 1},
        {"dimension": 2, "value": "0,1;-1,0"},
        {"dimension": 1},
        {"beta": "inf"},
        {"value": "1,0,0;0,1,0;0,0,2", "eigenvalue": 6},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("transformer", **bad)


@pytest.mark.parametrize("parameters", [{"beta": -3}, {"value": "-1,0;0,-1"}])
def test_repelling_particles_stay_on_the_sphere(parameters):
    """Where a particle's mean pulls inwards, x.y < 0, the field y - (x.y) x itself would leave the sphere."""
    values = CASE.values({"dimension": 2, "crowd": 20, **parameters})
    path = crowd_path(values, attention_of(values))
    assert path.drift("length") < 1e-6
