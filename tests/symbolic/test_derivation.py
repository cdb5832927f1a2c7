"""Every kind of check passes on a true statement, fails on a planted error, and notices a changed display."""

from dataclasses import replace

import pytest
import sympy
from sympy import And, ImmutableMatrix, Rational, sqrt

import symbolic
from foundation import InputError
from symbolic import (
    AllOf,
    CharacteristicPolynomialIs,
    Definition,
    Derivation,
    DerivativeIs,
    EigenvaluesAre,
    Equal,
    EquivalentTo,
    GradientIs,
    GraphIsConnected,
    HessianIs,
    Implied,
    IsRoot,
    JacobianIs,
    KernelIs,
    Outcome,
    PositiveOnBox,
    RealRootsAre,
    RootsInLeftHalfPlane,
    RootsInUnitDisc,
    SignIs,
    SolvesFor,
    Step,
    TaylorIs,
)

A, B, X = sympy.symbols("a b x", real=True)
K = sympy.Symbol("k", positive=True)
Z = sympy.Symbol("z")
ZERO, ONE = sympy.Integer(0), sympy.Integer(1)
UNIT = ((X, -ONE, ONE),)

# (kind, a true statement, the same statement with one error planted)
PAIRS = [
    ("equal", Equal((A + B) ** 2, A**2 + 2 * A * B + B**2), Equal((A + B) ** 2, A**2 + A * B + B**2)),
    ("equal-number", Equal(sqrt(2) * sqrt(3), sqrt(6)), Equal(sqrt(2) + sqrt(3), sqrt(10))),
    ("equal-nested", Equal(sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3)), Equal(sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(5))),
    ("equal-trigonometric", Equal(sympy.tanh(A) ** 2, 1 - 1 / sympy.cosh(A) ** 2), Equal(sympy.tanh(A), A)),
    (
        "equal-matrix",
        Equal(ImmutableMatrix([[A, 1]]) * 2, ImmutableMatrix([[2 * A, 2]])),
        Equal(ImmutableMatrix([[A, 1]]) * 2, ImmutableMatrix([[2 * A, 3]])),
    ),
    ("derivative", DerivativeIs(X**3 * A, (X, X), 6 * X * A), DerivativeIs(X**3 * A, (X, X), 3 * X * A)),
    (
        "gradient",
        GradientIs(A**2 * B, (A, B), ImmutableMatrix([2 * A * B, A**2])),
        GradientIs(A**2 * B, (A, B), ImmutableMatrix([2 * A * B, A])),
    ),
    (
        "hessian",
        HessianIs(A**2 * B, (A, B), ImmutableMatrix([[2 * B, 2 * A], [2 * A, 0]])),
        HessianIs(A**2 * B, (A, B), ImmutableMatrix([[2 * B, A], [A, 0]])),
    ),
    (
        "jacobian",
        JacobianIs(ImmutableMatrix([A * B, A]), (A, B), ImmutableMatrix([[B, A], [1, 0]])),
        JacobianIs(ImmutableMatrix([A * B, A]), (A, B), ImmutableMatrix([[B, A], [0, 1]])),
    ),
    ("sign", SignIs(A**2 - A * B + B**2 + K, ">"), SignIs(A**2 - A * B + B**2 - K, ">")),
    ("sign-strict", SignIs(A**2, ">="), SignIs(A**2, ">")),
    ("sign-number", SignIs(sqrt(2) + sqrt(3) - sqrt(10), "<"), SignIs(sqrt(2) + sqrt(3) - sqrt(10), ">=")),
    ("sign-zero", SignIs(sqrt(6) - sqrt(2) * sqrt(3), "=="), SignIs(sqrt(6) - sqrt(2) * sqrt(3), "!=")),
    ("box", PositiveOnBox(1 - X**2 / 2, UNIT, True), PositiveOnBox(1 - 2 * X**2, UNIT)),
    ("box-strict", PositiveOnBox(1 - X**2, UNIT), PositiveOnBox(1 - X**2, UNIT, True)),
    ("root", IsRoot((X**2 - 2,), ((X, sqrt(2)),)), IsRoot((X**2 - 3,), ((X, sqrt(2)),))),
    (
        "real-roots",
        RealRootsAre(X**3 - 2 * X, X, (ZERO, sqrt(2), -sqrt(2))),
        RealRootsAre(X**3 - 2 * X, X, (ZERO, sqrt(2))),
    ),
    (
        "real-roots-double",
        RealRootsAre(X**2 - 2, X, (sqrt(2), -sqrt(2))),
        RealRootsAre(X**2 - 2, X, (sqrt(2), sqrt(2))),
    ),
    ("solves", SolvesFor(1 - A * B, B, 1 / A), SolvesFor(1 - A * B, B, -1 / A)),
    (
        "characteristic",
        CharacteristicPolynomialIs(ImmutableMatrix([[2, A], [1, 2]]), Z, (Z - 2) ** 2 - A),
        CharacteristicPolynomialIs(ImmutableMatrix([[2, A], [1, 2]]), Z, (Z - 2) ** 2 + A),
    ),
    (
        "characteristic-rational",
        CharacteristicPolynomialIs(ImmutableMatrix([[2, 3], [1, 2]]), Z, (Z - 2) ** 2 - 3),
        # the same at 0, 1 and 2
        CharacteristicPolynomialIs(ImmutableMatrix([[2, 3], [1, 2]]), Z, (Z - 2) ** 2 - 3 + Z * (Z - 1) * (Z - 2)),
    ),
    (
        "eigenvalues",
        EigenvaluesAre(ImmutableMatrix([[2, 1], [1, 2]]), ((ONE, 1), (sympy.Integer(3), 1))),
        EigenvaluesAre(ImmutableMatrix([[2, 1], [1, 2]]), ((ONE, 1), (sympy.Integer(2), 1))),
    ),
    (
        "kernel",
        KernelIs(ImmutableMatrix([[1, A], [A, A**2]]), ImmutableMatrix([-A, 1])),
        KernelIs(ImmutableMatrix([[1, A], [A, A**2]]), ImmutableMatrix([A, 1])),
    ),
    (
        "kernel-too-small",
        KernelIs(ImmutableMatrix([[0, 0], [0, 0]]), ImmutableMatrix([[1, 0], [0, 1]])),
        KernelIs(ImmutableMatrix([[0, 0], [0, 0]]), ImmutableMatrix([1, 0])),
    ),
    (
        "equivalent",
        EquivalentTo(K**2 - 4 * K + 1 < 0, And(2 - sqrt(3) < K, 2 + sqrt(3) > K)),
        EquivalentTo(K**2 - 4 * K + 1 < 0, And(2 - sqrt(3) < K, 2 + sqrt(3) >= K)),
    ),
    (
        "equivalent-two-symbols",
        EquivalentTo(sympy.Abs(A) < 1 + B, And(A < 1 + B, -A < 1 + B)),
        EquivalentTo(sympy.Abs(A) < 1 + B, A < 1 + B),
    ),
    ("implied", Implied(X > 1, X**2 > 1), Implied(X**2 > 1, X > 1)),
    (
        "taylor",
        TaylorIs(sympy.exp(X), X, ZERO, 2, 1 + X + X**2 / 2),
        TaylorIs(sympy.exp(X), X, ZERO, 2, 1 + X + X**2 / 3),
    ),
    ("all", AllOf((SignIs(K, ">"), Equal(A, A))), AllOf((SignIs(K, ">"), Equal(A, B)))),
    (
        "disc",
        RootsInUnitDisc(Z**2 + A * Z + B, Z, And(sympy.Abs(A) < 1 + B, B < 1)),
        RootsInUnitDisc(Z**2 + A * Z + B, Z, And(sympy.Abs(A) < 1 + B, B < 2)),
    ),
    (
        "half-plane",
        RootsInLeftHalfPlane(Z**2 + A * Z + B, Z, And(A > 0, B > 0)),
        RootsInLeftHalfPlane(Z**2 + A * Z + B, Z, A > 0),
    ),
    (
        "graph",
        GraphIsConnected(ImmutableMatrix([[1, 1, 0], [1, 1, 1], [0, 1, 1]])),
        GraphIsConnected(ImmutableMatrix([[1, 1, 0], [1, 1, 0], [0, 0, 1]])),
    ),
]


def outcome(check):
    (result,) = Derivation("one step", (), (Step("A statement.", check=check),)).verify()
    return result.outcome


@pytest.mark.parametrize(("true", "planted"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_a_true_statement_passes_and_a_planted_error_fails(true, planted):
    assert outcome(true) is Outcome.PASSED
    assert outcome(planted) is Outcome.FAILED


def test_every_exported_check_kind_is_covered():
    kinds = {type(pair[1]).__name__ for pair in PAIRS} | {"Definition"}
    exported = {
        name
        for name in symbolic.__all__
        if hasattr(getattr(symbolic, name), "verify") and name not in ("Check", "Derivation")
    }
    assert exported == kinds


def test_an_error_in_a_definition_fails_the_steps_that_use_it():
    name = sympy.Symbol("L")
    good = Derivation(
        "t",
        (),
        (
            Step("Definition.", check=Definition(name, A**2)),
            Step("Derivative.", check=DerivativeIs(name, (A,), 2 * A)),
        ),
    )
    assert symbolic.all_passed(good.verify())
    planted = replace(good, steps=(Step("Definition.", check=Definition(name, A**3)), good.steps[1]))
    assert [result.outcome for result in planted.verify()] == [Outcome.PASSED, Outcome.FAILED]


def test_a_name_is_defined_once_and_not_by_itself():
    name = sympy.Symbol("L")
    twice = Derivation("t", (), tuple(Step("D.", check=Definition(name, value)) for value in (A, B)))
    assert [result.outcome for result in twice.verify()] == [Outcome.PASSED, Outcome.FAILED]
    assert outcome(Definition(name, name + 1)) is Outcome.FAILED


def test_a_changed_display_is_caught_although_the_check_itself_holds():
    check = Equal((A + B) ** 2, A**2 + 2 * A * B + B**2)
    step = Step("Binomial.", expression=sympy.Eq((A + B) ** 2, A**2 + B**2, evaluate=False), check=check)
    (result,) = Derivation("t", (), (step,)).verify()
    assert result.outcome is Outcome.FAILED
    assert "displayed" in result.reason


def test_nothing_is_stored_verify_decides_anew():
    derivation = Derivation("t", (), (Step("True.", check=Equal(A, A)),))
    assert derivation.verify()[0].outcome is Outcome.PASSED
    assert replace(derivation, steps=(Step("False.", check=Equal(A, B)),)).verify()[0].outcome is Outcome.FAILED


def test_what_cannot_be_decided_is_undecided():
    # f is an arbitrary function: neither an identity nor a witness.
    f = sympy.Function("f")
    assert outcome(Equal(f(A), f(-A))) is Outcome.UNDECIDED
    assert outcome(SignIs(f(A), ">")) is Outcome.UNDECIDED
    # Motzkin's polynomial is non-negative but no rule here shows it.
    motzkin = A**4 * B**2 + A**2 * B**4 - 3 * A**2 * B**2 + 1
    assert outcome(SignIs(motzkin, ">=")) is Outcome.UNDECIDED


def test_a_step_needs_a_check():
    with pytest.raises(InputError, match="no check"):
        Step("Believe me.")


@pytest.mark.parametrize("check", [Equal("x", X), SignIs("x", ">"), AllOf((IsRoot(("x",), ()),))])
def test_text_in_a_check_is_refused_not_evaluated(check):
    with pytest.raises(InputError, match="text"):
        Step("Text.", check=check)


def test_an_outcome_has_no_truth_value():
    with pytest.raises(TypeError):
        bool(Outcome.PASSED)
    assert not symbolic.all_passed([])


@pytest.mark.parametrize("check", [pair[1] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_claims_print_as_mathml_and_latex(check):
    expression = Step("A statement.", check=check).expression
    assert "<m" in sympy.mathml(expression, printer="presentation")
    assert sympy.latex(expression)


def test_a_complex_symbol_has_no_sign():
    assert outcome(SignIs(Z**2, ">=")) is not Outcome.PASSED


def test_rational_functions_are_compared_where_defined():
    assert outcome(Equal((A**2 - 1) / (A - 1), A + 1)) is Outcome.PASSED
    assert outcome(Equal(Rational(1, 3) + Rational(1, 6), Rational(1, 2))) is Outcome.PASSED
