"""The spectra that the strategies promise, by characteristic polynomials in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import fmpq, fmpq_mat, fmpq_poly
from hypothesis import find, given, settings
from hypothesis import strategies as st

import stabproof as sp
from stabproof.testing import strategies

EXAMPLES = settings(deadline=None, max_examples=15)
X = sympy.Symbol("x")


def exact(matrix):
    return fmpq_mat([[fmpq(*Fraction(float(x)).as_integer_ratio()) for x in row] for row in matrix])


def polynomial_of(eigenvalues):
    """prod (x - lambda): an irrational lambda brings its minimal polynomial once for each of its conjugates."""
    product, seen = fmpq_poly([1]), {}
    for value in eigenvalues:
        if isinstance(value, Fraction):
            product *= fmpq_poly([fmpq(-value.numerator, value.denominator), 1])
        else:
            minimal = sympy.Poly(sympy.minimal_polynomial(value, X), X, domain="QQ").monic()
            seen.setdefault(minimal, []).append(value)
    for minimal, roots in seen.items():
        times, rest = divmod(len(roots), minimal.degree())
        assert rest == 0
        # every conjugate occurs equally often
        values = [complex(root) for root in minimal.nroots(n=30)]
        for value in values:
            assert sum(abs(complex(root) - value) < 1e-12 for root in roots) == times
        factor = fmpq_poly([fmpq(int(c.p), int(c.q)) for c in reversed(minimal.all_coeffs())])
        product *= factor**times
    return product


def assert_known_spectrum(known):
    matrix = known.matrix
    assert matrix.dtype == np.float64
    assert len(known.eigenvalues) == len(matrix)
    assert exact(matrix).charpoly() == polynomial_of(known.eigenvalues)


KINDS = {
    "symmetric": strategies.symmetric_matrices(),
    "positive definite": strategies.positive_definite_matrices(),
    "non-normal": strategies.non_normal_matrices(),
    "defective": strategies.defective_matrices(),
    "stochastic": strategies.stochastic_matrices(max_size=6),
    "Laplacian": strategies.graph_laplacians(max_size=7),
}


@pytest.mark.parametrize("kind", KINDS)
def test_known_spectra_are_exact(kind):
    @EXAMPLES
    @given(KINDS[kind])
    def check(known):
        assert_known_spectrum(known)

    check()


def test_a_wrong_spectrum_would_be_seen():
    known = find(strategies.symmetric_matrices(2, 2), lambda k: k.eigenvalues[0] != k.eigenvalues[1])
    wrong = [known.eigenvalues[0], known.eigenvalues[1] + Fraction(1, 2**30)]
    assert exact(known.matrix).charpoly() != polynomial_of(wrong)


@EXAMPLES
@given(strategies.symmetric_matrices())
def test_symmetric_matrices_are_symmetric_and_their_eigenvalues_are_enclosed(known):
    assert np.array_equal(known.matrix, known.matrix.T)
    enclosures = sp.symmetric_eigenvalues(known.matrix)
    for value, lower, upper in zip(sorted(known.eigenvalues), enclosures.lower, enclosures.upper, strict=True):
        assert Fraction(float(lower)) <= value <= Fraction(float(upper))


@EXAMPLES
@given(strategies.positive_definite_matrices())
def test_positive_definite_matrices_are(known):
    assert min(known.eigenvalues) > 0
    assert sp.is_positive_definite(known.matrix) is sp.Verdict.PROVED


@EXAMPLES
@given(strategies.non_normal_matrices())
def test_non_normal_matrices_are_not_normal(known):
    a = exact(known.matrix)
    assert a * a.transpose() != a.transpose() * a


@EXAMPLES
@given(strategies.defective_matrices())
def test_jordan_blocks_have_the_promised_ranks(known):
    """The number of blocks of an eigenvalue is the dimension of its eigenspace."""
    assert any(size > 1 for _, size in known.jordan_blocks)
    size = len(known.matrix)
    for value in {value for value, _ in known.jordan_blocks}:
        shifted = exact(known.matrix)
        for i in range(size):
            shifted[i, i] = shifted[i, i] - fmpq(value.numerator, value.denominator)
        blocks = [length for other, length in known.jordan_blocks if other == value]
        assert size - shifted.rank() == len(blocks)
        assert size - (shifted * shifted).rank() == sum(min(length, 2) for length in blocks)


@EXAMPLES
@given(strategies.stochastic_matrices())
def test_stochastic_rows_sum_to_one_exactly(known):
    assert (known.matrix >= 0).all()
    assert all(sum(map(Fraction, row)) == 1 for row in known.matrix.tolist())
    assert 1 in known.eigenvalues


@EXAMPLES
@given(strategies.graph_laplacians())
def test_laplacians_annihilate_the_constants(known):
    assert np.array_equal(known.matrix, known.matrix.T)
    assert not known.matrix.sum(axis=1).any()
    assert (known.matrix - np.diag(np.diagonal(known.matrix)) <= 0).all()


@EXAMPLES
@given(st.one_of(*KINDS.values()))
def test_the_proved_spectral_radius_contains_the_exact_one(known):
    from stabproof.testing import assert_encloses

    assert_encloses(sp.spectral_radius(known.matrix), known.spectral_radius)


def test_the_simplest_examples_are_the_smallest():
    zero = find(strategies.symmetric_matrices(), lambda known: True)
    assert zero.matrix.tolist() == [[0.0]]
    identity = find(strategies.positive_definite_matrices(), lambda known: True)
    assert identity.matrix.tolist() == [[1.0]]
    nilpotent = find(strategies.defective_matrices(), lambda known: True)
    assert nilpotent.matrix.tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert find(strategies.stochastic_matrices(), lambda known: True).matrix.tolist() == [[1.0]]
    assert find(strategies.graph_laplacians(), lambda known: True).matrix.tolist() == [[0.0]]


def test_a_property_shrinks_to_a_small_witness():
    """The smallest symmetric matrix with an entry off its diagonal has two rows."""
    found = find(
        strategies.symmetric_matrices(),
        lambda known: bool((known.matrix - np.diag(np.diagonal(known.matrix))).any()),
        settings=settings(max_examples=2000, database=None, deadline=None),
    )
    assert len(found.matrix) == 2


@pytest.mark.parametrize("kind", ["complete", "star", "path", "cycle", "bipartite", "hypercube"])
def test_every_graph_is_drawn(kind):
    find(strategies.graph_laplacians(4, 4), lambda known: kind in known.construction)


def test_complex_pairs_can_be_left_out():
    assert find(
        strategies.non_normal_matrices(), lambda known: any(not isinstance(x, Fraction) for x in known.eigenvalues)
    )

    @EXAMPLES
    @given(strategies.non_normal_matrices(complex_pairs=False))
    def check(known):
        assert all(isinstance(x, Fraction) for x in known.eigenvalues)

    check()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: strategies.symmetric_matrices(3, 2), "min_size <= max_size"),
        (lambda: strategies.symmetric_matrices(0, 2), "min_size must be a whole number"),
        (lambda: strategies.non_normal_matrices(1, 2), "2 <= min_size"),
        (lambda: strategies.positive_definite_matrices(1, 2.5), "max_size"),
    ],
)
def test_bad_sizes_are_refused(build, words):
    with pytest.raises(sp.InputError, match=words):
        build()
