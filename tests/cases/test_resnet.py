"""Residual networks: agreement, e/2, Lipschitz constants, injectivity on both sides, closed forms, bad input."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from cases.resnet import estimates
from cases.resnet.case import CASE
from cases.resnet.certified_view import euler_bound
from cases.resnet.derivation import derive_euler_order, derive_injectivity
from cases.resnet.proofs import Block, layer_is_injective, lipschitz_on_box, network
from certify.arithmetic import Ball
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from stabproof.time_map import flow
from symbolic import all_passed

_INJECTIVE, _LIMIT = "one layer is injective on the box", "limit of L times the error, neuron 1"


def block(w, v, b, activation, step):
    return Block(((Fraction(w),),), ((Fraction(v),),), (Fraction(b),), activation, Fraction(step))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"activation": "tanh", "inner": "2", "outer": "-3/2", "bias": "1/3", "start": -1, "layers": 10, "horizon": 2},
        {"inner": "0,1;-1,0", "outer": "1,0;0,1", "start": "1,0", "bias": "0,1/2", "horizon": 3, "layers": 100},
        {"seed": 1, "width": 3, "start": "0,0", "activation": "sigmoid", "horizon": "1/2", "radius": "1/99"},
        {"inner": "-1", "layers": 1, "activation": "tanh", "start": 0, "outer": 2},
        {"seed": 0, "width": 40, "start": "1/3,1/5", "activation": "tanh", "layers": 2, "radius": "1/99"},
        {"inner": 0, "horizon": "1/3"},
        {"inner": "1,2,3;4,5,6", "outer": "-1,0;0,-1;1/3,1/3", "activation": "tanh", "start": "0,1,2", "layers": 5},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("resnet", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_the_error_times_the_layers_approaches_half_e():
    """L = 4096: e/2 - L (e - (1 + 1/L)^L) is 11 e/(24 L) to leading order."""
    proved = CASE.certified(CASE.values({"layers": 4096})).values["L times the error, neuron 1"]
    assert proved.width < 1e-12
    assert (math.e / 2 - proved.midpoint) * 4096 == pytest.approx(11 * math.e / 24, rel=1e-3)


@pytest.mark.parametrize(
    ("w", "v", "b", "activation", "exact"),
    [(2, 1, 0, "tanh", 0.2), (1, 3, "1/2", "identity", 0.3), (1, 1, 5, "tanh", 0.1 * (1 - math.tanh(4) ** 2))],
)
def test_the_lipschitz_constant_of_one_neuron(w, v, b, activation, exact):
    """step |v w| times the largest slope of sigma on [b - |w|, b + |w|], step = 1/10."""
    constant, _ = lipschitz_on_box(block(w, v, b, activation, "1/10"), Ball.exact(np.zeros(1)), Fraction(1))
    assert constant.lower <= exact * (1 + 1e-12)
    assert exact * (1 - 1e-12) <= constant.upper
    assert constant.width <= 2e-3 * exact


@pytest.mark.parametrize(
    ("v", "step", "verdict"),
    [("0.99", 1, Verdict.PROVED), ("-0.99", 1, Verdict.PROVED), ("5", 1, Verdict.PROVED), ("-1.1", 1, Verdict.REFUTED)],
)
def test_injectivity_of_one_neuron(v, step, verdict):
    """h + v tanh h increases exactly when v >= -1: by the constant, by monotonicity, or not at all."""
    subject = block(1, v, 0, "tanh", step)
    constant, pieces = lipschitz_on_box(subject, Ball.exact(np.zeros(1)), Fraction(1))
    assert layer_is_injective(subject, constant, pieces) is verdict


def test_a_rotation_is_injective_although_its_constant_is_above_one():
    values = CASE.values({"inner": "0,1;-1,0", "outer": "1,0;0,1", "start": "1,0", "layers": 1, "horizon": 5})
    assert CASE.certified(values).values[_INJECTIVE] is Verdict.PROVED


def test_a_projection_is_not_injective():
    """I + delta A with A = -[[1/2, 1/2], [1/2, 1/2]] and delta = 1 is a projection."""
    values = CASE.values({"inner": "1/2,1/2", "outer": "-1;-1", "start": "0,0", "layers": 1})
    assert CASE.certified(values).values[_INJECTIVE] is Verdict.REFUTED
    assert CASE.symbolic(values).values[_INJECTIVE] is Verdict.REFUTED


def test_the_validated_flow_meets_the_closed_form():
    """h' = tanh h from 1 to T = 1: sinh h(1) = e sinh 1; E = f(h) log(f(h)/f(1))/2."""
    found = flow(block(1, 1, 0, "tanh", 1).field_and_error(), [1, 0], 1, tolerance=1e-18)
    with flint.ctx.workprec(200):
        end = (flint.arb(1).exp() * flint.arb(1).sinh()).asinh()
        error = end.tanh() * (end.tanh() / flint.arb(1).tanh()).log() / 2
    for value, exact in zip((0, 1), (end, error), strict=True):
        assert found.lower[value] <= float(exact) <= found.upper[value]
    assert (found.upper - found.lower).max() < 1e-14


def test_the_euler_bound_holds():
    subject = block("3/2", "1", "1/4", "tanh", Fraction(1, 16))
    end = flow(subject.field_and_error(), [Fraction(1, 2), 0], 1).lower[0]
    with flint.ctx.workprec(100):
        (last,), _ = network(subject, (Fraction(1, 2),), 16)
    assert 16 * abs(float(end) - float(last)) < euler_bound(subject, Fraction(1))


def test_the_derivations_pass():
    assert all_passed(derive_euler_order().verify())
    assert all_passed(derive_injectivity().verify())


def test_a_wrong_layer_breaks_the_agreement(monkeypatch):
    honest = estimates.layer_states
    monkeypatch.setattr(estimates, "layer_states", lambda f, x, horizon, count: honest(f, x, 0.999 * horizon, count))
    assert not crosscheck("resnet").agrees


@pytest.mark.parametrize(
    "bad",
    [
        {"inner": "1,2"},
        {"outer": "1,2"},
        {"bias": "1,2"},
        {"start": "nan"},
        {"start": "1e9"},
        {"start": []},
        {"horizon": 31},
        {"layers": 0},
        {"activation": "relu"},
        {"radius": 0},
        {"seed": -1},
        {"inner": "inf"},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("resnet", **bad)
