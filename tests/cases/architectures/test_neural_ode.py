"""Neural ODEs: agreement at other fields and inputs, blow-up, planted errors, bad input."""

import dataclasses

import pytest
import sympy

from cases.architectures import neural_ode
from cases.architectures.vector_fields import FIELDS, H, X
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed
from symbolic.systems.neural_ode import TIME, derive_closed_flow, derive_liouville

PARAMETERS = [
    {"field": "logistic", "start": "1/10", "time": "2", "radius": "1/20"},
    {"field": "non-autonomous", "start": "2", "time": "3/2"},
    {"field": "spiral", "start": "1,-2", "time": "7/3"},
    {"field": "tanh", "start": "1/3,0", "time": "1", "width": 4, "seed": 5},
]


@pytest.mark.parametrize("given", PARAMETERS, ids=lambda given: given["field"])
def test_other_fields_agree(given):
    table = crosscheck("neural-ode", **given)
    assert table.agrees
    rows = {row.quantity: row for row in table.rows}
    assert rows["the solution exists up to T"].certified.name == "PROVED"
    assert rows["Phi(x), component 1"].certified.width < 1e-13
    if len(given["start"].split(",")) == 1:
        assert rows["the derivative is positive on the interval"].certified.name == "PROVED"


def test_blow_up_claims_nothing():
    table = crosscheck("neural-ode", field="riccati", start="1", time="2")
    rows = {row.quantity: row for row in table.rows}
    assert rows["the solution exists up to T"].symbolic.name == "REFUTED"
    assert rows["the solution exists up to T"].certified.name == "UNDECIDED"
    assert "Phi(x), component 1" not in rows or rows["Phi(x), component 1"].certified is None


def test_an_interval_that_reaches_the_pole_is_undecided():
    view = neural_ode.CASE.certified(neural_ode.CASE.values({"field": "riccati", "start": "3/4", "radius": "1/2"}))
    assert view.values["the derivative is positive on the interval"].name == "UNDECIDED"


def test_a_wrong_closed_form_fails():
    flow = (X / sympy.sqrt(1 + 3 * TIME * X**2),)
    assert not all_passed(derive_closed_flow((-(H**3),), (H,), (X,), flow).verify())


def test_liouville_passes():
    derivation = derive_liouville()
    assert all_passed(derivation.verify())
    step = derivation.steps[0]
    check = dataclasses.replace(step.check, result=2 * step.check.result)
    wrong = dataclasses.replace(step, check=check, expression=check.claim)
    assert not all_passed(dataclasses.replace(derivation, steps=(wrong,)).verify())


def test_bad_input():
    for given in ({"field": "sine"}, {"time": 0}, {"time": 11}, {"start": "1,2,3,4,5"}, {"radius": -1}, {"width": 0}):
        with pytest.raises(InputError):
            neural_ode.CASE.values(given)
    assert "cubic" in FIELDS
    with pytest.raises(InputError, match="dimension"):
        neural_ode.CASE.symbolic(neural_ode.CASE.values({"field": "spiral", "start": "1"}))
