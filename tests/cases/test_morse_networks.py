"""The cases of width types, Morse classes of networks, circle and XOR data."""

import itertools

import numpy as np
import pytest
import sympy

from cases import case
from cases.morse_mlp.derivation import critical_square, derive_network_class, network_class
from cases.widths.case import types_of
from cases.widths.derivation import count_by_binomials, count_by_rises
from foundation import InputError
from numeric.multistart_newton import critical_points
from stabproof.comparison import crosscheck
from symbolic.checks import IsRoot
from symbolic.derivation import all_passed


def literal_types(widths):
    """The three definitions, word by word."""
    last = len(widths) - 1
    falling = all(widths[k - 1] >= widths[k] for k in range(1, last + 1))
    augmented = any(
        widths[m] == max(widths) > widths[0]
        and all(widths[k - 1] <= widths[k] for k in range(1, m + 1))
        and all(widths[k - 1] >= widths[k] for k in range(m + 1, last + 1))
        for m in range(last + 1)
    )
    bottleneck = any(
        widths[i] > widths[b] < widths[j] for b in range(1, last) for i in range(b) for j in range(b + 1, last + 1)
    )
    return falling, augmented, bottleneck


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_types_follow_the_definitions(depth):
    tuples = np.array(list(itertools.product(range(1, 5), repeat=depth + 1)))
    expected = np.array([literal_types(row) for row in tuples.tolist()])
    assert np.array_equal(types_of(tuples), expected)
    assert (expected.sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    "limits", [((1, 2, 3), (1, 2, 3), (1, 2, 3), 3), ((2, 5), (2,), (1,), 4), ((1,), (3,), (3,), 3)]
)
def test_counts_agree_with_enumeration(limits):
    depths, inputs, outputs, widest = limits
    found = np.zeros(3, int)
    for depth in depths:
        ranges = [inputs, *[range(1, widest + 1)] * (depth - 1), outputs]
        found += np.array([literal_types(row) for row in itertools.product(*ranges)]).sum(axis=0)
    for counts in (count_by_binomials(*limits), count_by_rises(*limits)):
        assert [counts.non_augmented, counts.augmented, counts.bottleneck] == found.tolist()


def test_widths_defaults_and_other_limits():
    assert crosscheck("widths").agrees
    checked = crosscheck("widths", max_depth=4, max_width=3, input_width=2, output_width=1)
    assert checked.agrees
    for bad in ({"min_depth": 4, "max_depth": 2}, {"input_width": 9}, {"max_depth": 12, "max_width": 20},
                {"max_width": 0}):  # fmt: skip
        with pytest.raises(InputError):
            crosscheck("widths", **bad)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("circle", {}),
        ("circle", {"radius": "1/7", "centre": "1/3,-5", "half_width": 10}),
        ("xor", {}),
        ("xor", {"a": 1000, "b": "1/1000", "centre": "-2,7"}),
        ("xor", {"a": "1e-8", "b": "1e8"}),
        ("circle", {"centre": "1e200,0", "half_width": "1e190"}),
    ],
)
def test_quadratic_data(name, parameters):
    checked = crosscheck(name, **parameters)
    assert checked.agrees
    assert not checked.failed_steps


def test_quadratic_data_refuses_bad_values():
    for name, bad in (("circle", {"radius": 0}), ("xor", {"a": "-1"}), ("circle", {"centre": "1"}),
                      ("circle", {"centre": "1e300,0", "half_width": 1})):  # fmt: skip
        with pytest.raises(InputError):
            crosscheck(name, **bad)


@pytest.mark.parametrize(
    ("weight", "half_width", "number"),
    [("-3", 5, 1), ("0", 5, 1), ("1/100000", 5, 1), ("1/1000", 5, 2), ("1999999/1000000", 5, 2), ("2", 5, 3),
     ("2000001/1000000", 5, 1), ("1", "1/2", 1), ("1", "3/5", 2),
     ("1/100000000000000", "16.47", 2), ("1/100000000000000", "16.46", 1)],
)  # fmt: skip
def test_network_class_is_exact(weight, half_width, number):
    """w = 1: s = (sqrt 5 - 2), x = artanh(sqrt s) = 0.5306..., between 1/2 and 3/5. Small w: log(2/w)/2 = 16.4647."""
    assert network_class(sympy.Rational(weight), sympy.Rational(half_width)).number == number


def test_critical_square_solves_the_equation():
    s, w = sympy.symbols("s w", positive=True)
    equation = 2 * (1 - s) - w * (1 + s) ** 2
    assert sympy.simplify(equation.subs(s, critical_square(w))) == 0


def test_morse_mlp_at_other_parameters():
    small = {"wide": 40, "starts": 30, "width": 6}
    checked = crosscheck("morse-mlp", weight=2, inputs=2, seed=3, **small)
    assert checked.agrees
    assert crosscheck("morse-mlp", weight="17/10", half_width=300, inputs=1, **small).agrees
    row = next(r for r in checked.rows if r.quantity == "Morse class of the family")
    assert (row.symbolic, row.certified.lower) == (3, 3.0)
    for bad in ({"half_width": -1}, {"inputs": 9}, {"weight": "nan"}):
        with pytest.raises(InputError):
            crosscheck("morse-mlp", **bad)


def test_errata_are_proved():
    for erratum in case("morse-mlp").errata:
        assert all_passed(erratum.proof({}).verify())


def test_a_wrong_double_point_is_refuted():
    steps = derive_network_class(sympy.Integer(1)).steps
    (place,) = [k for k, step in enumerate(steps) if isinstance(step.check, IsRoot)]
    t = sympy.Symbol("t", real=True)
    check = IsRoot(steps[place].check.expressions, ((t, sympy.Rational(1, 100)),))
    assert check.verify({}).outcome.name == "FAILED"


def test_newton_finds_the_extrema_of_a_product_of_sines():
    """sin x sin y on [-1, 4]^2: saddles at (0 or pi, 0 or pi), a maximum at (pi/2, pi/2)."""
    import jax.numpy as jnp

    found = critical_points(lambda x: jnp.sin(x[0]) * jnp.sin(x[1]), np.array([[-1, 4.0]] * 2), starts=200)
    expected = np.array([[0, 0], [0, np.pi], [np.pi / 2] * 2, [np.pi, 0], [np.pi, np.pi]])
    assert np.allclose(found.points, expected, atol=1e-9)
    assert found.index.tolist() == [1, 1, 2, 1, 1]
    with pytest.raises(InputError):
        critical_points(lambda x: x[0], np.array([[1.0, 0.0]]))
