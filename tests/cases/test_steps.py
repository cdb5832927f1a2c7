"""Every step of every derivation asserts something: two unevaluated sides, or an implication; definitions apart."""

import pytest
import sympy

from cases import case, case_names
from cases.model import SymbolicView
from symbolic import AllOf, Definition, Derivation, Equal, EquivalentTo, Outcome, SignIs, Step
from symbolic.checks import at, cannot_fail, is_definition, product, proves_something, total

X = sympy.Symbol("x", real=True)
# parameters at which terms drop out: critical values, zeros, equal entries, one agent, one datum
CORNERS = [
    ("strict-minimum", {"curvatures": "2", "learning_rate": 1, "quartic": 0}),
    ("strict-minimum", {"curvatures": "2,2", "learning_rate": "1/2"}),
    ("hyperbola", {"point": "2", "learning_rate": "8/17"}),
    ("hyperbola", {"start": "3,1/3"}),
    ("multiscale", {"learning_rate": 2, "epsilon": 1}),
    ("product-features", {"t1": "3/5", "t2": "4/5", "learning_rate": "3/2"}),
    ("second-moment", {"multipliers": "0,2", "power": 1}),
    ("second-moment", {"multipliers": "1,1"}),
    ("hegselmann-krause", {"start": "1"}),
    ("hegselmann-krause", {"start": "0,0,0"}),
    ("hegselmann-krause", {"start": "0,1/2"}),
    ("cucker-smale", {"alpha": 1, "position": -1}),
    ("kuramoto", {"graph": "path", "nodes": 2, "frequencies": "-1,1", "coupling": 2}),
    ("kuramoto", {"nodes": 4, "frequencies": "0"}),
    ("rnn", {"a": "0", "b": "0"}),
    ("denseresnet", {"coefficients": "0"}),
    ("hopfield", {"weights": "0"}),
    ("saturated-map", {"shares": "1,1", "kappa": 4}),
    ("memory-capacity", {"horizon": 1, "lipschitz": 1}),
]


def derivations(name: str, parameters: dict) -> list[Derivation]:
    found = case(name)
    values = found.values(parameters)
    view = found.symbolic(values) if found.symbolic else SymbolicView(())
    return [*view.derivations, *(erratum.proof(values) for erratum in found.errata)]


@pytest.mark.parametrize(("name", "parameters"), [(name, {}) for name in case_names()] + CORNERS)
def test_no_step_shows_that_something_is_itself(name, parameters):
    for derivation in derivations(name, parameters):
        for result in derivation.verify():
            assert result.outcome is Outcome.PASSED, (result.step.statement, result.reason)
            assert not cannot_fail(result.step.check), (derivation.title, result.step.statement)
            assert result.is_proof is not is_definition(result.step.check), result.step.statement


@pytest.mark.parametrize(
    ("check", "vacuous"),
    [
        (Equal(X, X), True),
        (Equal((X + 1) ** 2, X**2 + 2 * X + 1), False),
        (Equal(sympy.Integer(4), sympy.Integer(2) ** 2), True),
        (AllOf((Equal(X + 1, 1 + X), SignIs(X**2 + 1, ">"))), True),
        (AllOf((SignIs(sympy.Integer(3), ">"), SignIs(X**2 + 1, ">"))), True),
        (AllOf(()), True),
        (SignIs(sympy.Integer(3), ">"), True),
        (SignIs(at(X**2 - 1, (X, sympy.Integer(2))), ">"), False),
        (EquivalentTo(X > 0, X > 0), True),
        (EquivalentTo(2 * X > 0, X > 1), False),
        (Definition(sympy.Symbol("L"), X**2), False),
    ],
)
def test_what_cannot_fail(check, vacuous):
    assert cannot_fail(check) is vacuous


def test_what_carries_a_tick():
    name = sympy.Symbol("L")
    steps = (
        Step("L.", check=Definition(name, X**2)),
        Step("Both.", check=AllOf((Definition(sympy.Symbol("M"), X), Definition(sympy.Symbol("N"), X)))),
        Step("At 2.", check=Equal(at(X**2, (X, sympy.Integer(2))), sympy.Integer(4))),
        Step("Itself.", check=Equal(X, X)),
    )
    assert [r.is_proof for r in Derivation("ticks", (), steps).verify()] == [False, False, True, False]
    wrong = Derivation("wrong", (), (Step("L twice.", check=Definition(name, name + 1)),)).verify()
    assert wrong[0].outcome is Outcome.FAILED
    assert wrong[0].is_proof  # a failure is always shown
    assert not proves_something(AllOf((Definition(name, X), Equal(X, X))))


def test_unevaluated_sides_are_evaluated_by_the_check_only():
    square = sympy.ImmutableMatrix([[1, 1], [0, 1]])
    assert Equal(product(square, square), sympy.ImmutableMatrix([[1, 2], [0, 1]])).verify({}).outcome is Outcome.PASSED
    assert Equal(product(square, square), square).verify({}).outcome is Outcome.FAILED
    assert Equal(total(1, -1), sympy.Integer(0)).claim.lhs.args == (1, -1)
    assert Equal(total(1, -2), sympy.Integer(0)).verify({}).outcome is Outcome.FAILED
    assert Equal(at(X + 1, (X, sympy.Integer(1))), sympy.Integer(3)).verify({}).outcome is Outcome.FAILED
