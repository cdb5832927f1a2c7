"""assert_encloses on every result, closeness, estimates, minima and equilibria; advice; budgets of threads."""

import re
import threading
import time
from fractions import Fraction

import jax
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import stabproof as sp
from stabproof.testing import (
    Implausible,
    Refuted,
    Undecided,
    assert_close_to_proved,
    assert_converges_from_here,
    assert_encloses,
    assert_equilibrium_near,
    assert_estimate,
    assert_stable,
    strategies,
)
from stabproof.testing.failures import strictly_above, strictly_below
from stabproof.testing.session import Session, activated, active

A = np.array([[2.0, 1.0], [1.0, 2.0]])  # eigenvalues 1 and 3, determinant 3
UNIT = sp.Enclosure(0, 1)


def test_every_result_is_compared():
    assert_encloses(sp.symmetric_eigenvalues(A), [1, 3])
    assert_encloses(sp.eigenvalues(A), (3, 1))
    assert_encloses(sp.eigenvalues(np.array([[0.0, -1.0], [1.0, 0.0]])), [sympy.I, -sympy.I])
    assert_encloses(sp.log_determinant(A), (1, sympy.log(3)))
    assert_encloses(sp.enclose(jax.numpy.exp, 1.0, precision=100), sympy.E)
    assert_encloses(sp.flow(lambda x: -x, [1.0], 1.0), [sympy.exp(-1)])
    assert_encloses({"a": [UNIT, UNIT]}, {"a": [0, 1]})
    assert_encloses(sp.lyapunov_exponent([[[2.0]]]), sympy.log(2))


@pytest.mark.parametrize(
    "value",
    [np.array(0.5), np.float32(0.5), mpmath.mpf("0.5"), Fraction(1, 2), sympy.Rational(1, 2), jax.numpy.array(0.5)],
)
def test_every_kind_of_number_is_a_value(value):
    assert_encloses(UNIT, value)
    with pytest.raises(Refuted):
        assert_encloses(sp.Enclosure(0, 0.25), value)


def test_tensors_are_values():
    torch = pytest.importorskip("torch", reason="tensors need torch")
    assert_encloses(UNIT, torch.tensor(0.5, requires_grad=True))


@pytest.mark.parametrize(
    ("result", "value"),
    [
        (lambda: sp.eigenvalues(A), (3, 2)),
        (lambda: sp.eigenvalues(A), (3, 3)),
        (lambda: sp.symmetric_eigenvalues(A), [1, 2]),
        (lambda: sp.log_determinant(A), (-1, sympy.log(3))),
        (lambda: sp.log_determinant(A), (1, sympy.log(4))),
        (lambda: {"a": UNIT}, {"a": 2}),
    ],
)
def test_a_wrong_value_is_refuted(result, value):
    with pytest.raises(Refuted):
        assert_encloses(result(), value)


@pytest.mark.parametrize("value", [[1], [1, 2, 3], 5])
def test_a_value_of_another_shape_is_bad_input(value):
    with pytest.raises(sp.InputError):
        assert_encloses(sp.eigenvalues(A), value)


def test_closeness_is_proved_for_every_number_in_the_enclosure():
    tenth = sp.enclose(lambda x: x / 10, 1.0).enclosure()
    assert_close_to_proved(np.float32(0.1), tenth, ulps=1)
    assert_close_to_proved(0.1, tenth, ulps=2)
    with pytest.raises(Refuted):
        assert_close_to_proved(np.float64(np.float32(0.1)), tenth, ulps=4)
    with pytest.raises(Undecided):
        assert_close_to_proved(1.0, sp.Enclosure(0.5, 1.5), rtol=0.25)
    with pytest.raises(Refuted, match="finite"):
        assert_close_to_proved(float("nan"), UNIT, atol=5)
    assert_close_to_proved(np.linalg.eigvalsh(A), sp.symmetric_eigenvalues(A), ulps=8)


@pytest.mark.parametrize(("distance", "passes"), [(1, True), (2, False)])
def test_an_ulp_is_the_distance_to_the_next_float(distance, passes):
    """At 1: 2^-52; just below a power of two the floats are half as far apart."""
    value = 1.0
    for _ in range(distance):
        value = np.nextafter(value, 2)
    check = lambda: assert_close_to_proved(value, sp.Enclosure(1, 1), ulps=1)  # noqa: E731
    if passes:
        check()
    else:
        with pytest.raises(Refuted):
            check()


def test_estimates_are_judged_by_their_scatter(rng):
    mean, error = assert_estimate(rng.normal(size=400), sp.Enclosure(0, 0))
    assert abs(mean) <= 4 * error
    assert 0.04 < error < 0.06
    with pytest.raises(Implausible, match="standard errors"):
        assert_estimate(rng.normal(size=400) + 1, sp.Enclosure(0, 0))
    with pytest.raises(Implausible, match="do not scatter"):
        assert_estimate([1.0, 1.0], sp.Enclosure(2, 3))
    with pytest.raises(Implausible):
        assert_estimate([np.nan, 1.0], UNIT)
    with pytest.raises(sp.InputError):
        assert_estimate([1.0], UNIT)


@pytest.fixture(scope="module")
def known():
    return strategies.polynomial_minimum([1], [1], [1], 0, [1])


def test_stability_and_convergence_from_here(known):
    optax = pytest.importorskip("optax")
    rate = float(known.critical_learning_rate)
    assert assert_stable(known.problem, optax.sgd(rate / 2)).verdict is sp.Verdict.STABLE
    assert assert_converges_from_here(known.problem, sp.GradientDescent(rate / 2)).basin_radius > 0
    with pytest.raises(Undecided, match="leaves the minimum"):
        assert_converges_from_here(known.problem, sp.GradientDescent(2 * rate))


def bistable(x):
    return x - x**3


def test_an_equilibrium_near_a_point():
    found = assert_equilibrium_near(bistable, [1.01], 0.02, stable=True)
    assert abs(found.point[0] - 1) < 1e-9
    with pytest.raises(Refuted, match="proved STABLE"):
        assert_equilibrium_near(bistable, [1.01], 0.02, stable=False)
    with pytest.raises(Undecided, match="a radius above") as failure:
        assert_equilibrium_near(bistable, [1.01], 1e-3)
    advised = float(re.search(r"a radius above ([\d.e-]+)", str(failure.value))[1])
    assert_equilibrium_near(bistable, [1.01], np.nextafter(advised, 1))
    with pytest.raises(Undecided, match="no equilibrium was found"):
        assert_equilibrium_near(lambda x: x**2 + 1, [5.0], 0.1)


@given(st.floats(1e-300, 1e300))
def test_advised_numbers_lie_strictly_beyond(number):
    assert Fraction(strictly_above(number)) > Fraction(number) > Fraction(strictly_below(number))


def test_threads_inherit_the_session_and_tests_have_a_total():
    seen = []
    with activated(Session(budget=3.0)) as session:
        thread = threading.Thread(target=lambda: seen.append(active()))
        thread.start()
        thread.join()
    assert seen == [session]
    spent = Session(budget=3.0, deadline=time.monotonic() - 1)
    assert spent.seconds(None) == spent.seconds(5.0) < 0.01
    ample = Session(deadline=time.monotonic() + 1000)
    assert ample.seconds(2.0) == 2.0
    assert 900 < ample.seconds(None) <= 1000
