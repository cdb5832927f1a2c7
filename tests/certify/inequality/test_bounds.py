"""Lower bounds of functions over boxes: containment against exact values, and how fast the gap closes."""

import mpmath
import numpy as np
import pytest
import sympy

from certify.arithmetic import Ball
from certify.inequality.bounds import ScalarBounds
from certify.inequality.definite import are_positive_definite
from stabproof.functions import scalar_program

x, y = sympy.symbols("x y", real=True)
FUNCTIONS = (
    x**2 + y**2 - 3 * x * y + y**3,
    sympy.tanh(2 * x - y) * sympy.exp(x * y) - y,
    sympy.sin(3 * x) * sympy.cos(y) / (2 + x**2),
    sympy.log(3 + x + y**2) - sympy.sqrt(2 + y),
)


def boxes(seed, count, width):
    rng = np.random.default_rng(seed)
    lower = rng.uniform(-1, 1 - width, (count, 2))
    return lower, lower + width * rng.uniform(0.1, 1, (count, 2))


def exactly(function, point):
    with mpmath.workdps(40):
        return function(*(mpmath.mpf(float(v)) for v in point))


@pytest.mark.parametrize("expression", FUNCTIONS, ids=str)
def test_bounds_lie_below_values_in_forty_digits(expression):
    bounds = ScalarBounds(scalar_program(expression, 2, [x, y], "f"))
    exact, rng = sympy.lambdify((x, y), expression, "mpmath"), np.random.default_rng(1)
    for width in (1.0, 0.1, 1e-3, 1e-9):
        lower, upper = boxes(0, 8, width)
        low, high = bounds.lower(lower, upper).values, bounds.upper(lower, upper)
        assert np.isfinite(low).all()
        for k in range(len(lower)):
            for share in (0.0, 1.0, rng.uniform(0, 1, 2)):
                point = np.clip(lower[k] + share * (upper[k] - lower[k]), lower[k], upper[k])
                assert low[k] <= exactly(exact, point) <= high[k]


@pytest.mark.parametrize("expression", FUNCTIONS[:3], ids=str)
def test_the_gap_shrinks_at_least_with_the_square_of_the_width(expression):
    bounds = ScalarBounds(scalar_program(expression, 2, [x, y], "f"))
    values = sympy.lambdify((x, y), expression, "numpy")
    gaps = []
    for width in (2.0**-4, 2.0**-6):
        lower = np.array([[0.3, 0.6]])
        grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 33)] * 2), axis=-1).reshape(-1, 2)
        least = values(*(lower + width * grid).T).min()
        gaps.append(least - bounds.lower(lower, lower + width).values[0])
    assert 0 <= gaps[0] < 4 * (2.0**-4) ** 2
    assert gaps[1] < gaps[0] / 10


def test_a_convex_quadratic_function_is_bounded_by_its_minimum():
    bounds = ScalarBounds(scalar_program(2 * x**2 - x + 5 * y**2 + 1, 2, [x, y], "f"))
    found = bounds.lower(np.array([[-1.0, -1.0]]), np.array([[1.0, 1.0]])).values[0]
    assert found == pytest.approx(1 - 1 / 8, abs=1e-9)
    assert found <= 1 - 1 / 8


def test_nothing_is_known_outside_of_the_domain():
    bounds = ScalarBounds(scalar_program(sympy.log(x) + 100, 1, [x], "f"))
    found = bounds.lower(np.array([[-1.0], [1.0]]), np.array([[2.0], [2.0]])).values
    assert found[0] == -np.inf
    assert 99.9 < found[1] <= 100


def test_kinks_are_bounded_without_taylor_forms():
    bounds = ScalarBounds(scalar_program(sympy.Abs(x) + sympy.Max(y, 0), 2, [x, y], "f"))
    assert bounds.gradient is None
    found = bounds.lower(np.array([[-1.0, -1.0], [1.0, 2.0]]), np.array([[1.0, 1.0], [2.0, 3.0]])).values
    assert found[0] <= 0
    assert found[1] == pytest.approx(3)
    assert found[1] <= 3


def test_definiteness_of_many_matrices_agrees_with_exact_minors():
    rng = np.random.default_rng(2)
    matrices = rng.integers(-4, 5, (200, 3, 3)).astype(float)
    matrices = matrices + np.swapaxes(matrices, 1, 2) + 6 * np.eye(3)
    proved = are_positive_definite(Ball.exact(matrices))
    truth = np.array([sympy.Matrix(3, 3, [int(v) for v in m.ravel()]).is_positive_definite for m in matrices])
    assert not (proved & ~truth).any()
    assert proved.sum() == truth.sum() > 20


def test_definiteness_pays_for_radii():
    matrix = np.array([[2.0, 1.0], [1.0, 2.0]])[None]  # eigenvalues 1 and 3; the radii move them by up to 2 r
    sides = [bool(are_positive_definite(Ball(matrix, np.full(matrix.shape, r)))[0]) for r in (0.0, 0.24, 0.51, np.inf)]
    assert sides == [True, True, False, False]
    # 1 - 0.6 ones (3, 3) has the eigenvalue -0.8, although the diagonal stays above 0
    assert not are_positive_definite(Ball(np.eye(3)[None], np.full((1, 3, 3), 0.6)))[0]
