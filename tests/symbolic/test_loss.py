"""Losses of a user's own: zero sets, spaces, sharpness and thresholds against hand derivations and high precision."""

from dataclasses import replace

import mpmath
import pytest
import sympy
from sympy import Rational, sqrt

from foundation import InputError
from symbolic import Outcome, all_passed, analyse_loss, derive
from symbolic.zero_set import sum_of_squares

A, B, C = sympy.symbols("a b c")
X, Y = sympy.symbols("x y", real=True)
K = sympy.Symbol("k", positive=True)
ETA = sympy.Symbol("eta", positive=True)


def numeric_sharpness(analysis, values):
    """The largest eigenvalue of the full Hessian at the point, by mpmath's own eigenvalue routine at 40 digits."""
    with mpmath.workdps(40):
        point = {key: sympy.sympify(value).subs(values) for key, value in analysis.point.items()}
        hessian = sympy.hessian(analysis.loss, analysis.parameters).subs(values | point).evalf(40)
        return str(max(mpmath.eigsy(mpmath.matrix(hessian.tolist()), eigvals_only=True)))


def agree(exact, expected):
    """25 common digits of an exact number and a decimal text."""
    return abs(sympy.N(exact, 35) - sympy.Float(expected, 35)) < sympy.Float("1e-25")


def test_the_hyperbola_with_symbols():
    result = analyse_loss(K * (1 - A * B) ** 2, (A, B), constants=(K,))
    assert result.kind == "manifold of minima"
    assert result.zero_set.complete
    assert result.zero_set.of_the_loss
    assert result.zero_set.branches == ({B: 1 / A},)
    # By hand: sharpness 2 k (t1^2 + t2^2) with t2 = 1/t1.
    assert sympy.simplify(result.sharpness - 2 * K * (A**2 + 1 / A**2)) == 0
    assert sympy.simplify(result.threshold - A**2 / (K * (A**4 + 1))) == 0
    assert result.gradient == sympy.Matrix([-2 * K * B * (1 - A * B), -2 * K * A * (1 - A * B)]).applyfunc(sympy.factor)
    assert result.tangent_space.shape == (2, 1)
    assert (result.normal_space.T * result.tangent_space).applyfunc(sympy.simplify) == sympy.zeros(1, 1)
    assert result.stable_condition("1/2").subs({A: 1, K: Rational(1, 2)}) == sympy.true
    assert result.stable_condition("1/2").subs({A: 2, K: Rational(1, 2)}) == sympy.false
    assert all_passed(result.derivation.verify())


def test_expanded_losses_are_recognised_too():
    result = analyse_loss(sympy.expand((1 - A * B) ** 2 / 2), (A, B))
    assert result.zero_set.of_the_loss
    assert sympy.simplify(result.sharpness - A**2 - 1 / A**2) == 0


@pytest.mark.parametrize(
    ("loss", "parameters", "point", "values"),
    [
        ((1 - A * B * C) ** 2 / 2, (A, B, C), None, {A: Rational(3, 2), B: Rational(-2, 3)}),
        ((A * B + C - 1) ** 2 / 4 + (A * B - C - 1) ** 2 / 4, (A, B, C), None, {B: Rational(4, 5)}),
        ((X - 1) ** 2 + 10 * (Y - X**2) ** 2, (X, Y), None, {}),
        (sympy.cosh(X) + sympy.exp(Y) - Y + X * (sympy.exp(Y) - 1) / 2, (X, Y), (0, 0), {}),
        (sympy.tanh(A * B - 1) ** 2 + (C - 1) ** 2 / 3, (A, B, C), {B: 1 / A, C: 1}, {A: Rational(1, 3)}),
    ],
)
def test_the_sharpness_is_the_largest_eigenvalue_of_the_full_hessian(loss, parameters, point, values):
    result = analyse_loss(loss, parameters, point=point)
    assert all_passed(result.derivation.verify())
    assert agree(result.sharpness.subs(values), numeric_sharpness(result, values))


def test_a_three_by_three_rational_hessian_has_an_algebraic_sharpness():
    matrix = sympy.Matrix([[3, 1, 0], [1, 2, 1], [0, 1, 5]])
    v = sympy.Matrix([A, B, C])
    result = analyse_loss(sympy.expand((v.T * matrix * v)[0] / 2), (A, B, C))
    assert result.kind == "minimum"
    assert agree(result.sharpness, numeric_sharpness(result, {}))
    assert all_passed(result.derivation.verify())


def test_without_a_closed_form_the_condition_is_given_by_minors():
    p = sympy.symbols("p", positive=True)
    loss = A**2 * (2 + p) / 2 + B**2 * (3 + p) / 2 + C**2 * (4 + p**2) / 2 + A * B + B * C
    result = analyse_loss(loss, (A, B, C), point=(0, 0, 0), constants=(p,))
    assert result.kind == "minimum"
    assert result.sharpness is None
    assert "principal minors" in result.notes[0]
    assert all_passed(result.derivation.verify())
    for value in (Rational(1, 2), Rational(3)):
        hessian = sympy.hessian(loss, (A, B, C)).subs(p, value)
        with mpmath.workdps(30):
            largest = max(mpmath.eigsy(mpmath.matrix(hessian.tolist()), eigvals_only=True))
        below, above = (
            Rational(str(2 / largest * mpmath.mpf("0.999"))),
            Rational(str(2 / largest * mpmath.mpf("1.001"))),
        )
        assert result.stable_condition(below).subs(p, value) == sympy.true
        assert result.stable_condition(above).subs(p, value) == sympy.false


def test_a_saddle_is_unstable_for_every_learning_rate():
    result = analyse_loss((1 - A * B) ** 2, (A, B), point=(0, 0))
    assert result.kind == "no minimum"
    assert result.stable_condition() == sympy.false
    assert all_passed(result.derivation.verify())


@pytest.mark.parametrize("loss", [X**3, X**2 - Y**2, X**2 + Y**3, -(X**2), X**2 + 1])
def test_what_is_no_sum_of_squares_is_not_taken_for_one(loss):
    assert sum_of_squares(loss) is None


def test_a_maximum_is_no_minimum():
    assert analyse_loss(-(X**2) - Y**2, (X, Y)).kind == "no minimum"


@pytest.mark.parametrize(
    ("loss", "parameters"), [(X**4, (X,)), (A**4 / 2, (A, B)), (X**2 * Y**2, (X, Y)), (X**4 + Y**2, (X, Y))]
)
def test_degenerate_points_are_undecided_with_a_note(loss, parameters):
    result = analyse_loss(loss, parameters, point=(0,) * len(parameters))
    assert result.kind == "undecided"
    assert result.sharpness is None
    assert result.stable_condition() is None
    assert result.notes
    assert all_passed(result.derivation.verify())


def test_an_implicit_zero_set_says_so_and_a_point_continues():
    loss = (X**2 + Y**2 - 1) ** 2
    open_ended = analyse_loss(loss, (X, Y))
    assert open_ended.point is None
    assert "pass point" in open_ended.notes[0]
    assert any("closed form" in step.statement for step in open_ended.derivation.steps)
    at_point = analyse_loss(loss, (X, Y), point=(Rational(3, 5), Rational(4, 5)))
    # The gradient of the residual has length 2 on the circle: sharpness 2 * 4.
    assert at_point.sharpness == 8
    assert at_point.threshold == Rational(1, 4)


def test_a_branch_with_a_transcendental_slope():
    result = analyse_loss((sympy.tanh(A) * B - 1) ** 2, (A, B))
    assert result.zero_set.branches == ({B: 1 / sympy.tanh(A)},)
    assert result.zero_set.complete
    at_one = analyse_loss((sympy.tanh(A) * B - 1) ** 2, (A, B), point=(1, 1 / sympy.tanh(1)))
    assert agree(at_one.sharpness, numeric_sharpness(at_one, {}))
    assert all_passed(at_one.derivation.verify())


def test_algebraic_points():
    result = analyse_loss((X**2 + Y**2 - 1) ** 2, (X, Y), point=(sqrt(2) / 2, -sqrt(2) / 2))
    assert sympy.simplify(result.sharpness - 8) == 0


@pytest.mark.parametrize(("rate", "word"), [("1/4", "below"), ("1/2", "equals"), (1, "above")])
def test_a_number_as_learning_rate_gives_a_verdict(rate, word):
    result = analyse_loss(X**2 / 2 + 2 * Y**2, (X, Y), rate)
    assert any(word in step.statement for step in result.derivation.steps)
    assert all_passed(result.derivation.verify())


def test_at_the_threshold_the_cubic_term_decides():
    s = sympy.Symbol("s", real=True)
    loss = X**2 / 2 + 2 * Y**2 + X * Y**2 + s * Y**4
    result = analyse_loss(loss, (X, Y), "1/2", point=(0, 0), constants=(s,))
    # By hand, eta = 1/2: x' = x/2 - y^2/2, y' = -y - x y - 2 s y^3. On x = -y^2: y' = -y + (1 - 2 s) y^3.
    assert sympy.expand(result.boundary.coefficient - (1 - 2 * s)) == 0
    assert all_passed(result.derivation.verify())


def test_on_a_manifold_the_boundary_is_left_open_by_derive():
    result = analyse_loss((1 - A * B) ** 2, (A, B), "1/2", point=(1, 1))
    assert result.boundary is None
    assert "exactly -1" in result.notes[0]
    assert result.stable_condition() == sympy.false


def test_the_users_symbols_come_back():
    result = analyse_loss((1 - A * B) ** 2, (A, B))
    assert result.gradient.free_symbols == {A, B}
    assert result.sharpness.free_symbols == {A}


def test_floats_in_the_loss_are_exact_numbers():
    assert analyse_loss(0.5 * X**2, (X,)).sharpness == 1


def test_derive_is_the_derivation_of_the_analysis():
    assert derive(X**2, (X,)) == analyse_loss(X**2, (X,)).derivation


def test_a_planted_error_in_any_step_is_found():
    derivation = derive((1 - A * B) ** 2, (A, B), "1/3", (1, 1))
    assert all_passed(derivation.verify())
    for place, step in enumerate(derivation.steps):
        wrong = (
            step.expression.func(*step.expression.args[:-1], step.expression.args[-1] * 2)
            if (isinstance(step.expression, sympy.Equality) and not isinstance(step.expression.rhs, sympy.MatrixBase))
            else sympy.Eq(sympy.Symbol("q"), 1, evaluate=False)
        )
        steps = (*derivation.steps[:place], replace(step, expression=wrong), *derivation.steps[place + 1 :])
        assert replace(derivation, steps=steps).verify()[place].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x**2", (X,)), "SymPy expression"),
        ((sympy.Matrix([X]), (X,)), "SymPy expression"),
        ((X**2, ("x",)), "SymPy symbols"),
        ((X**2, "x"), "SymPy symbols"),
        ((X**2, ()), "at least 1"),
        ((X**2, (X, X)), "twice"),
        ((X**2, (X**2,)), "SymPy symbols"),
        ((X**2 + Y, (X,)), "neither a parameter nor a constant"),
        ((sympy.I * X**2, (X,)), "no real, smooth gradient"),
        ((sympy.Abs(X), (X,)), "no real, smooth gradient"),
        ((sympy.Function("f")(X), (X,)), "no real, smooth gradient"),
        ((X**2, (X,), 0), "above 0"),
        ((X**2, (X,), -1), "above 0"),
        ((X**2, (X,), "eta"), "must be a number"),
        ((X**2, (X,), float("nan")), "finite"),
        ((X**2, (X,), 1, (1,)), "not zero"),
        ((X**2, (X,), 1, (0, 0)), "coordinates"),
        ((X**2, (X,), 1, {Y: 0}), "not one of the parameters"),
        ((X**2, (X,), 1, ("x",)), "must be a number"),
        ((X**2, (X,), 1, "0"), "mapping or a sequence"),
        ((X**2 * Y**2, (X, Y), 1, {X: C}), "not free"),
        ((ETA**2, (ETA,)), "both a parameter and the learning rate"),
        ((X**2, (sympy.Symbol("z", imaginary=True),)), "must be real"),
    ],
)
def test_bad_input_gets_one_clear_sentence(arguments, message):
    with pytest.raises(InputError, match=message):
        analyse_loss(*arguments)


def test_a_formula_in_eta_is_needed_to_replace_the_learning_rate():
    with pytest.raises(InputError, match="one number"):
        analyse_loss(X**2, (X,), 1).stable_condition(2)
