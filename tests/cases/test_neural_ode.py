"""Neural ODEs: agreement at other fields and inputs, blow-up, planted errors, bad input."""

import dataclasses

import pytest
import sympy

from cases.neural_ode import case as neural_ode
from cases.neural_ode.derivation import TIME, derive_closed_flow, derive_liouville
from cases.neural_ode.fields import FIELDS, H, X
from foundation import InputError
from stabproof.comparison import crosscheck
from stabproof.tasks import run_task
from symbolic import all_passed

CLOSED = [
    {"field": "logistic", "start": "1/10", "time": "2", "radius": "1/20"},
    {"field": "non-autonomous", "start": "2", "time": "3/2", "radius": "1/4"},
    {"field": "spiral", "start": "1,-2", "time": "7/3"},
]


def claims(values):
    """The quantities that the certified view proves, those of its certificate among them."""
    view = neural_ode.CASE.certified(values)
    found = dict(view.values)
    for task in view.tasks:
        certificate = run_task(task)
        numbers = {name: certificate.number(claim) for name, claim in task.quantities.items()}
        found |= {name: number for name, number in numbers.items() if number is not None}
        found |= {name: certificate.verdict for name, claim in task.quantities.items() if claim == "verdict"}
        found |= task.derived(certificate) if certificate.verdict.name == "PROVED" else {}
    return found


@pytest.mark.parametrize("given", CLOSED, ids=lambda given: given["field"])
def test_closed_forms_lie_in_the_enclosures(given):
    values = neural_ode.CASE.values(given)
    symbolic, certified = neural_ode.CASE.symbolic(values), claims(values)
    assert all(all_passed(d.verify()) for d in symbolic.derivations)
    for name, value in symbolic.values.items():
        proved = certified[name]
        if isinstance(value, sympy.Expr):
            assert proved.lower <= sympy.N(value, 40) <= proved.upper
            assert proved.width < 1e-13
        else:
            assert proved is value


def test_networks_agree():
    table = crosscheck("neural-ode", field="tanh", start="1/3,0", time="1", width=4, seed=5)
    rows = {row.quantity: row for row in table.rows}
    assert table.agrees
    assert rows["Phi(x), component 1"].certified.width < 1e-13


def test_an_interval_of_inputs_of_a_network():
    values = neural_ode.CASE.values({"field": "tanh", "start": "0", "time": "1", "width": 4, "radius": "1/4"})
    assert neural_ode.CASE.certified(values).values["the derivative is positive on the interval"].name == "PROVED"


def test_blow_up_claims_nothing():
    values = neural_ode.CASE.values({"field": "riccati", "start": "1", "time": "2"})
    symbolic, certified = neural_ode.CASE.symbolic(values).values, claims(values)
    assert symbolic["the solution exists up to T"].name == "REFUTED"
    assert certified["the solution exists up to T"].name == "UNDECIDED"
    assert "Phi(x), component 1" not in certified


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
