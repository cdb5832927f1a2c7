"""Linear algebra and exact zeros against exact rationals and matrices with known spectra."""

import random
from fractions import Fraction

import pytest
from flint import arb, arb_mat, fmpq, fmpq_mat

from recheck.linear import (
    extreme_eigenvalues,
    highest,
    inertia,
    inverse,
    is_nonsingular,
    is_positive,
    lowest,
    row_norm,
    spectrum,
)
from recheck.newton import distance, exact_zero, halves, hull_of_derivative, injective_on
from recheck.outcome import Undecided


def rational(n: int, seed: int) -> fmpq_mat:
    source = random.Random(seed)
    return fmpq_mat(n, n, [fmpq(source.randrange(-9, 10), source.randrange(1, 7)) for _ in range(n * n)])


def test_extremes_of_numbers_that_round_to_one_float():
    close = [arb(1), 1 + arb(2) ** -60, 1 - arb(2) ** -60]
    assert highest(close) == close[1]
    assert lowest(close) == close[2]
    wide = [arb(0, 1), arb(0.25)]
    assert highest(wide) >= 1
    assert lowest(wide) <= -1
    for place in range(3):
        unknown = [*close[:place], arb("nan"), *close[place:]]
        assert highest(unknown).is_nan()
        assert lowest(unknown).is_nan()


def with_spectrum(values: list[int], seed: int) -> arb_mat:
    """S D S^-1 with rational S: the eigenvalues are exactly `values`."""
    n = len(values)
    basis = rational(n, seed)
    while basis.det() == 0:
        seed += 1000
        basis = rational(n, seed)
    diagonal = fmpq_mat(n, n, [values[i] if i == j else 0 for i in range(n) for j in range(n)])
    return arb_mat(basis * diagonal * basis.inv())


def symmetric_with(values: list[Fraction], seed: int) -> arb_mat:
    """Q D Q^T with a rational rotation Q (Cayley transform of an antisymmetric matrix)."""
    n = len(values)
    a = rational(n, seed)
    skew = a - a.transpose()
    one = fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    turn = (one - skew) * (one + skew).inv()
    entries = [
        fmpq(values[i].numerator, values[i].denominator) if i == j else fmpq(0) for i in range(n) for j in range(n)
    ]
    return arb_mat(turn * fmpq_mat(n, n, entries) * turn.transpose())


@pytest.mark.parametrize("seed", range(8))
def test_definiteness_is_that_of_the_leading_minors(seed):
    n = 1 + seed % 5
    a = rational(n, seed)
    form = a * a.transpose() - fmpq_mat(
        n, n, [fmpq(seed, 3) if i == j else fmpq(0) for i in range(n) for j in range(n)]
    )
    minors = [fmpq_mat(k, k, [form[i, j] for i in range(k) for j in range(k)]).det() for k in range(1, n + 1)]
    assert is_positive(arb_mat(form)) == all(m > 0 for m in minors)


def test_a_singular_or_wide_matrix_is_not_positive():
    assert not is_positive(arb_mat([[1, 1], [1, 1]]))
    assert not is_positive(arb_mat([[arb(1, 2), arb(0)], [arb(0), arb(1)]]))
    assert not is_positive(arb_mat([[1, arb(0, 2)], [arb(0, 2), 1]]))
    assert is_positive(arb_mat([[2, 1], [1, 2]]))


@pytest.mark.parametrize("seed", range(8))
def test_extreme_eigenvalues_of_known_spectra(seed):
    source = random.Random(seed)
    values = [Fraction(source.randrange(-30, 31), source.randrange(1, 5)) for _ in range(2 + seed)]
    low, high = extreme_eigenvalues(symmetric_with(values, seed))
    for ball, exact in ((low, min(values)), (high, max(values))):
        truth = arb(fmpq(exact.numerator, exact.denominator))
        assert ball.overlaps(truth)
        assert ball.rad() < 1e-20


def test_extreme_eigenvalues_that_are_their_bound_or_have_antisymmetric_vectors():
    """The row sums of the first are its largest eigenvalue; the path's second matrix has the vector (1, 0, -1)."""
    for rows, least, most in (
        ([[2, 1], [1, 2]], 1, 3),
        ([[1, 0, -1], [0, 0, 0], [-1, 0, 1]], 0, 2),
        ([[0, -1, 0], [-1, 0, 1], [0, 1, 0]], -arb(2).sqrt(), arb(2).sqrt()),
    ):
        low, high = extreme_eigenvalues(arb_mat(rows))
        assert abs(low - least) < 1e-25
        assert abs(high - most) < 1e-25


def test_extreme_eigenvalues_of_a_large_matrix():
    """tridiag(-1, 2, -1) has the eigenvalues 2 - 2 cos(k pi / (n + 1))."""
    n = 60
    matrix = arb_mat(n, n, [2 if i == j else -1 if abs(i - j) == 1 else 0 for i in range(n) for j in range(n)])
    low, high = extreme_eigenvalues(matrix)
    for ball, k in ((low, 1), (high, n)):
        truth = 2 - 2 * (arb.pi() * k / (n + 1)).cos()
        assert ball.overlaps(truth)
        assert ball.rad() < 1e-8


@pytest.mark.parametrize("seed", range(6))
def test_inertia_counts_signs(seed):
    source = random.Random(seed)
    values = [Fraction(source.choice([-7, -3, -1, 1, 2, 5])) for _ in range(3 + seed)]
    expected = (sum(v < 0 for v in values), sum(v > 0 for v in values))
    assert inertia(symmetric_with(values, seed)) == expected


def test_inertia_of_a_singular_matrix_is_undecided():
    with pytest.raises(Undecided):
        inertia(arb_mat([[1, 1], [1, 1]]))


@pytest.mark.parametrize("seed", range(8))
def test_spectra_are_in_their_discs(seed):
    source = random.Random(seed)
    values = source.sample(range(-9, 10), 2 + seed % 5)
    discs = spectrum(with_spectrum(values, seed))
    assert sum(disc.count for disc in discs) == len(values)
    for value in values:
        assert any((disc.center - value).abs_lower() <= disc.radius for disc in discs)
    assert all(disc.real and disc.radius < 1e-15 for disc in discs)


def test_a_rotation_and_a_jordan_block():
    discs = spectrum(arb_mat([[0, -1], [1, 0]]))
    assert sorted(float(disc.imaginary_part.mid()) for disc in discs) == [-1.0, 1.0]
    assert not any(disc.real for disc in discs)
    (disc,) = spectrum(arb_mat([[2, 1, 0], [0, 2, 1], [0, 0, 2]]))
    assert disc.count == 3
    assert (disc.center - 2).abs_lower() <= disc.radius


def test_balls_of_matrices_cover_their_members():
    matrix = arb_mat([[arb(2, 0.1), arb(0)], [arb(0), arb(5, 0.1)]])
    ends = {2.09, 1.91, 5.09, 4.91}
    discs = spectrum(matrix)
    for end in ends:
        assert any((disc.center - end).abs_lower() <= disc.radius for disc in discs)
    low, high = extreme_eigenvalues(matrix)
    assert low.contains(1.91)
    assert low.contains(2.09)
    assert high.contains(5.09)


@pytest.mark.parametrize("seed", range(6))
def test_extreme_eigenvalues_of_balls_are_those_of_every_member(seed):
    """Members at the ends of the balls: each has its extreme eigenvalues, as numbers, inside."""
    source, n, reach = random.Random(seed), 3 + seed % 3, 2.0**-8
    middle = symmetric_with([Fraction(source.randrange(-30, 31)) for _ in range(n)], seed)
    signs = [[source.choice([-1, 1]) for _ in range(n)] for _ in range(n)]
    signs = [[signs[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]
    around = arb_mat(n, n, [middle[i, j].mid() + arb(0, reach) for i in range(n) for j in range(n)])
    low, high = extreme_eigenvalues(around)
    for sign in (1, -1):
        moved = [middle[i, j].mid() + sign * reach * signs[i][j] for i in range(n) for j in range(n)]
        least, most = extreme_eigenvalues(arb_mat(n, n, moved))
        assert low.contains(least.mid())
        assert high.contains(most.mid())
    for ball in (low, high):
        assert ball.rad() < 16 * n * reach  # a pivot of balls loses more than an eigenvalue moves, n reach


def test_inverses_and_norms():
    a = rational(4, 3)
    assert arb_mat(a.inv()).overlaps(inverse(arb_mat(a)))
    assert not is_nonsingular(arb_mat([[1, 2], [2, 4]]))
    assert not is_nonsingular(arb_mat([[arb(0, 1), 0], [0, 1]]))
    assert is_nonsingular(arb_mat([[1, 2], [3, 4]]))
    with pytest.raises(Undecided):
        inverse(arb_mat([[1, 2], [2, 4]]))
    assert row_norm(arb_mat([[1, -3], [arb(0, 2), 1]])) >= 4
    assert abs(row_norm(arb_mat([[1, -3], [2, 1]])) - 4) < 1e-8


def test_square_roots_as_zeros():
    zero = exact_zero(lambda x: [x[0] * x[0] - 2], lambda x: arb_mat([[2 * x[0]]]), [arb(1.4)])
    assert zero.box[0].contains(arb(2).sqrt().mid()) or zero.box[0].overlaps(arb(2).sqrt())
    assert zero.box[0].rad() < 1e-30


def test_no_zero_and_a_double_zero_are_undecided():
    for shift in (1, 0):
        with pytest.raises((Undecided, ZeroDivisionError)):
            exact_zero(lambda x, s=shift: [x[0] * x[0] + s], lambda x: arb_mat([[2 * x[0]]]), [arb(0.1)])


def test_an_exact_zero_is_its_point():
    zero = exact_zero(lambda x: [x[0] - 3], lambda x: arb_mat([[1]]), [arb(3)])
    assert zero.box[0].is_exact()
    assert zero.box[0] == 3


def test_fewer_equations_than_unknowns():
    """x y = 1 near (2, 0.4): the zero lies on the normal line, as the exact quadratic says."""
    zero = exact_zero(lambda x: [x[0] * x[1] - 1], lambda x: arb_mat([[x[1], x[0]]]), [arb(2), arb(0.4)], onto=True)
    x, y = zero.box
    assert (x * y).overlaps(arb(1))
    assert x.rad() < 1e-30
    assert abs(distance(zero.box, [arb(2), arb(0.4)])) < 0.1


def test_injectivity_on_cubes():
    """x^2 is one to one around 1 on cubes of radius below 1 (up to the preconditioner's 1/2), never above."""
    derivative = lambda x: arb_mat([[2 * x[0]]])  # noqa: E731
    assert injective_on(derivative, [arb(1, 0.9)])
    assert not injective_on(derivative, [arb(1, 1.01)])


def test_halves_and_hulls_cover():
    box = [arb(1, 0.5), arb(0, 2)]
    parts = halves(box)
    assert parts[0][1].contains(-1.5)
    assert parts[1][1].contains(1.5)
    assert parts[0][1].contains(0)
    hull = hull_of_derivative(lambda x: arb_mat([[x[0] * x[1]]]), box, 4)
    for point in (-3.0, 3.0, 0.0):
        assert hull[0, 0].contains(point)
