"""Affine forms against Arb: every point of every box, entry by entry, and remainders of second order."""

from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.morse.evaluation import BoxForms
from certify.morse.exclusion import exclude
from certify.morse.forms import Forms
from certify.program import evaluate, gradient_program, trace

_BITS = 1200
_FUNCTIONS = {
    "tanh": lambda x: jnp.sum(jnp.tanh(x)),
    "tanh composed": lambda x: jnp.tanh(jnp.sum(jnp.tanh(3 * x))),
    "logistic": lambda x: jnp.sum(jax.nn.sigmoid(2 * x)),
    "softplus": lambda x: jnp.sum(jax.nn.softplus(x) * x[0]),
    "silu": lambda x: jnp.sum(jax.nn.silu(x)),
    "gelu": lambda x: jnp.sum(jax.nn.gelu(x, approximate=False)),
    "sine": lambda x: jnp.sin(x[0]) * jnp.cos(x[-1]),
    "exponentials": lambda x: jnp.exp(x[0]) + jnp.expm1(x[-1]) * jnp.sinh(x[0]) - jnp.cosh(x[-1]),
    "powers": lambda x: x[0] ** 3 - x[-1] ** 4 * x[0] + x[-1] ** 2,
    "reciprocal": lambda x: 1 / (10 + x[0] * x[-1]) + (9 + x[0]) ** -2,
    "roots and logarithms": lambda x: jnp.sqrt(9 + x[0]) * jnp.log(9 + x[-1]) + jnp.log1p(8 + x[0]),
    "arctangent": lambda x: jnp.arctan(x[0] * x[-1]) + jnp.arctan(x[0]),
    "no rule": lambda x: jnp.arcsinh(x[0]) * jnp.tan(x[-1] / 9),
    "softmax": lambda x: jax.nn.softmax(jnp.stack([x[0], x[-1], x[0] * 0 + 1.0]))[0],
    "constant": lambda x: jnp.float64(3.0) + 0 * x[0],
}


def gradients(function, size=2):
    with jax.enable_x64(True):
        return BoxForms(gradient_program(trace(function, np.zeros(size))))


def exact_values(field, point):
    """The gradient at a rational point in Arb."""
    with flint.ctx.workprec(_BITS):
        entries = np.array([flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in point], dtype=object)
    (value,) = evaluate(field.program, [entries], precision=_BITS)
    return value


def holds(forms: Forms, row, unit, values):
    """Whether the exact values at the place `unit` of the cube differ from the linear part by the radius at most."""
    with flint.ctx.workprec(_BITS):
        for i, value in enumerate(values):
            linear = flint.arb(forms.centre[row, i])
            for k, e in enumerate(unit):
                linear += flint.arb(flint.fmpq(e.numerator, e.denominator)) * flint.arb(forms.slopes[k, row, i])
            if not abs(value - linear) <= flint.arb(forms.radius[row, i]) * (1 + flint.arb(2) ** -1000):
                return False
    return True


_units = st.lists(st.integers(-8, 8), min_size=2, max_size=2).map(lambda n: [Fraction(k, 8) for k in n])


@pytest.mark.parametrize("name", _FUNCTIONS)
@settings(deadline=None, max_examples=25)
@given(
    centre=st.lists(st.integers(-64, 64), min_size=2, max_size=2),
    exponent=st.integers(-30, 1),
    unit=_units,
)
def test_every_point_of_a_box_lies_in_the_form(name, centre, exponent, unit):
    field = _fields(name)
    middle = np.array(centre) / 16.0
    half = 2.0**exponent
    forms = field.forms((middle - half)[None], (middle + half)[None])
    point = [Fraction(m) + e * Fraction(half) for m, e in zip(middle.tolist(), unit, strict=True)]
    # the box of the form may be a rounding larger than the given one
    scale = forms_half(middle, half)
    assert holds(forms, 0, [e * Fraction(half) / Fraction(s) for e, s in zip(unit, scale, strict=True)],
                 exact_values(field, point))  # fmt: skip


def forms_half(middle, half):
    from certify.morse.forms import coordinates

    place = coordinates((middle - half)[None], (middle + half)[None])
    assert np.array_equal(place.centre[0], middle)
    return [float(place.slopes[k, 0, k]) for k in range(len(middle))]


_CACHE: dict[str, BoxForms] = {}


def _fields(name):
    if name not in _CACHE:
        _CACHE[name] = gradients(_FUNCTIONS[name])
    return _CACHE[name]


@pytest.mark.parametrize("scale", [1.0, 40.0, 400.0, 4000.0])
def test_saturated_units_keep_their_sign(scale):
    """The slope of tanh far out is tiny but positive: 1 - tanh^2 is not computed by cancellation."""
    field = gradients(lambda x: jnp.tanh(x[0]), size=1)
    lower = np.linspace(0.3, 0.9, 50)[:, None] * min(scale, 300.0)
    test = exclude(field.forms(lower, lower + 0.1))
    assert test.excluded.all()
    point = [Fraction(float(lower[7, 0]))]
    assert holds(field.forms(lower[7:8], lower[7:8] + 0.1), 0, [Fraction(-1)], exact_values(field, point))


def network(sizes, seed):
    rng = np.random.default_rng(seed)
    layers = [(rng.standard_normal((b, a)) / np.sqrt(a), rng.standard_normal(b)) for a, b in zip(sizes, sizes[1:])]  # noqa: B905, RUF007

    def value(x):
        for weight, bias in layers[:-1]:
            x = jnp.tanh(weight @ x + bias)
        weight, bias = layers[-1]
        return (weight @ x + bias)[0]

    return value


@pytest.mark.parametrize("sizes", [(1, 5, 1), (2, 16, 1), (3, 8, 8, 1), (4, 6, 1)])
def test_networks_over_many_boxes_at_once(sizes):
    field, d = gradients(network(sizes, 1), sizes[0]), sizes[0]
    rng = np.random.default_rng(2)
    middle, half = rng.integers(-48, 48, (12, d)) / 16, 2.0 ** rng.integers(-12, 2, (12, 1)).astype(float)
    forms = field.forms(middle - half, middle + half)
    for row in range(len(middle)):
        place = forms_half(middle[row], half[row, 0])
        unit = [Fraction(int(k), 8) for k in rng.integers(-8, 9, d)]
        unit = [e * Fraction(half[row, 0]) / Fraction(s) for e, s in zip(unit, place, strict=True)]
        point = [Fraction(m) + e * Fraction(s) for m, e, s in zip(middle[row].tolist(), unit, place, strict=True)]
        assert holds(forms, row, unit, exact_values(field, point))


def test_the_remainder_is_of_second_order():
    field = gradients(network((2, 16, 16, 1), 3))
    middle = np.array([[0.3, -0.2]])
    radii = [field.forms(middle - r, middle + r).radius.max() for r in (2.0**-4, 2.0**-5, 2.0**-8)]
    assert 3.5 < radii[0] / radii[1] < 5.0
    assert 50 < radii[1] / radii[2] < 80
    # far below the size of the gradient's change over the box, which is about 2^-5
    assert radii[1] < 2.0**-7


def test_outside_of_the_domain_nothing_is_known():
    field = gradients(lambda x: jnp.sqrt(x[0]) * x[1])
    lower = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -0.25]])
    forms = field.forms(lower, lower + 0.5)
    assert np.isinf(forms.radius[0]).any()
    assert np.isfinite(forms.radius[1]).all()
    assert not exclude(forms).excluded[[0, 2]].any()


def test_overflow_leaves_the_box_open():
    field = gradients(lambda x: jnp.exp(jnp.exp(x[0])) * x[1])
    test = exclude(field.forms(np.array([[6.0, -1.0]]), np.array([[9.0, 1.0]])))
    assert not test.excluded.any()


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 4), st.integers(0, 2**32 - 1), st.floats(1e-6, 10.0), st.booleans())
def test_a_box_that_holds_a_zero_is_never_excluded(d, seed, radius, singular):
    """c + A e + w = 0 is solved by construction for some e in the cube and |w| <= r."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-9, 10, (d, d)).astype(float)
    if singular and d > 1:
        matrix[-1] = matrix[0]
    unit, error = rng.integers(-4, 5, d) / 4, rng.integers(-4, 5, d) / 4 * 2.0**-20
    centre = -(matrix @ unit) - error  # exact: small multiples of 2^-22
    forms = Forms(centre[None], matrix.T[:, None, :], np.full((1, d), max(2.0**-20, radius * (seed % 2))))
    assert not exclude(forms).excluded[0]


def test_a_box_without_a_zero_is_excluded_by_the_preconditioned_rows():
    matrix = np.array([[1.0, 0.99], [0.99, 1.0]])
    centre = matrix @ np.array([1.5, -1.5])
    forms = Forms(centre[None], matrix.T[:, None, :], np.full((1, 2), 1e-4))
    assert (np.abs(centre) < np.abs(matrix).sum(axis=1)).all()  # no single row excludes it
    assert exclude(forms).excluded[0]


@pytest.mark.parametrize("centre", [-1.1462158347805888, 1.1462158347805888, 0.6584789484624084, 0.0])
@pytest.mark.parametrize("half", [2.0**-8, 0.25, 0.5, 1.5])
def test_the_slope_of_tanh_where_its_curvature_is_extreme(centre, half):
    """1/cosh^2 curves most where it is 1/3, and where it is 1; tanh where its square is 1/3."""
    field = gradients(lambda x: jnp.tanh(x[0]) + jnp.tanh(jnp.tanh(x[0])), size=1)
    forms = field.forms(np.array([[centre - half]]), np.array([[centre + half]]))
    middle, reach = Fraction(float(forms_middle(centre, half))), Fraction(forms_half_of(centre, half))
    for k in range(-16, 17):
        unit = Fraction(k, 16)
        assert holds(forms, 0, [unit], exact_values(field, [middle + unit * reach]))


@pytest.mark.parametrize("half", [2.0**-6, 0.125, 0.25])
def test_the_square_of_the_secant_alone(half):
    """The only rounding is that of one function, so that a wrong bound of its curvature shows."""
    centre = 1.1462158347805888
    field = gradients(lambda x: jnp.tanh(x[0]), size=1)
    forms = field.forms(np.array([[centre - half]]), np.array([[centre + half]]))
    middle, reach = Fraction(float(forms_middle(centre, half))), Fraction(forms_half_of(centre, half))
    for unit in (Fraction(-1), Fraction(-1, 2), Fraction(1, 2), Fraction(1)):
        assert holds(forms, 0, [unit], exact_values(field, [middle + unit * reach]))
    # the remainder is (1/3) u^2 at most, of which half is the radius
    assert forms.radius[0, 0] < 1.05 * half**2 / 6


def forms_middle(centre, half):
    from certify.morse.forms import coordinates

    return coordinates(np.array([[centre - half]]), np.array([[centre + half]])).centre[0, 0]


def forms_half_of(centre, half):
    from certify.morse.forms import coordinates

    return float(coordinates(np.array([[centre - half]]), np.array([[centre + half]])).slopes[0, 0, 0])
