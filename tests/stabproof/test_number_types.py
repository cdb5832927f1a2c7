"""Numbers of every type at every entry point: the proof is about the exact number, or the number is refused."""

from decimal import Decimal
from fractions import Fraction

import flint
import jax.numpy as jnp
import mpmath
import networkx as nx
import numpy as np
import pytest
import scipy.sparse
import sympy

import stabproof as sp

mp = mpmath.mp.clone()
mp.dps = 60

# name -> (value in (1/4, 1/2), its exact value)
VALUES = {
    "float": (0.3, Fraction(0.3)),
    "Fraction": (Fraction(1, 3), Fraction(1, 3)),
    "Decimal": (Decimal("0.3"), Fraction(3, 10)),
    "float16": (np.float16(0.3), Fraction(float(np.float16(0.3)))),
    "float32": (np.float32(0.3), Fraction(float(np.float32(0.3)))),
    "long double": (np.longdouble(1) / 3, Fraction(*map(int, (np.longdouble(1) / 3).as_integer_ratio()))),
    "array": (np.array(0.3), Fraction(0.3)),
    "jax float32": (jnp.float32(0.3), Fraction(float(np.float32(0.3)))),
    "jax bfloat16": (jnp.asarray(0.3, jnp.bfloat16), Fraction(77, 256)),
    "sympy Rational": (sympy.Rational(1, 3), Fraction(1, 3)),
    "sympy Float": (sympy.Float(0.3), Fraction(0.3)),
    "fmpq": (flint.fmpq(1, 3), Fraction(1, 3)),
    "arb": (flint.arb(0.3), Fraction(0.3)),
    "mpf": (mpmath.mpf(0.3), Fraction(0.3)),
}
REFUSED = {
    "text": "0.3",
    "complex": 0.3 + 0j,
    "imaginary": 1j,
    "nan": float("nan"),
    "infinity": float("inf"),
    "masked": np.ma.array(0.3, mask=True),
    "root": sympy.sqrt(2) / 4,
    "symbol": sympy.Symbol("x"),
    "None": None,
    "interval": mpmath.iv.mpf(0.3),
    "dict": {},
}


def _graph(weight):
    graph = nx.Graph()
    graph.add_edge(0, 1, weight=weight)
    return graph


def _lower_upper(value):
    """Exact ends of an `Enclosure`, a `Ball` with one entry, a float or a Fraction."""
    if isinstance(value, float | int | Fraction):
        return Fraction(value), Fraction(value)
    lower, upper = (np.asarray(end, float).item() for end in (value.lower, value.upper))
    return (Fraction(lower), Fraction(upper)) if np.isfinite([lower, upper]).all() else (lower, upper)


def _exponential(q):
    return Fraction(mp.nstr(mp.exp(mp.mpf(q.numerator) / q.denominator), 50))


def _logarithm(q):
    return Fraction(mp.nstr(mp.log(mp.mpf(q.numerator) / q.denominator), 50))


def _real_part(v):
    return sp.eigenvalues([[v]]).spectral_abscissa


# name -> (result of the number v, truth of its exact value q)
ENTRY_POINTS = {
    "spectral_norm": (lambda v: sp.spectral_norm([[v]]), lambda q: q),
    "spectral_radius": (lambda v: sp.spectral_radius([[v]]), lambda q: q),
    "eigenvalues": (_real_part, lambda q: q),
    "symmetric_eigenvalues": (lambda v: sp.symmetric_eigenvalues([[v]])[0], lambda q: q),
    "extreme_eigenvalues": (lambda v: sp.extreme_eigenvalues([[v, 0], [0, 0]])[1], lambda q: q),
    "pencil_eigenvalues": (lambda v: sp.pencil_eigenvalues([[v]], [[1]])[0], lambda q: q),
    "pencil_eigenvalues of P": (lambda v: sp.pencil_eigenvalues([[1]], [[v]])[0], lambda q: 1 / q),
    "extreme_pencil_eigenvalues": (lambda v: sp.extreme_pencil_eigenvalues([[1]], [[v]])[0], lambda q: 1 / q),
    "singular_values": (lambda v: sp.singular_values([[v]])[0], lambda q: q),
    "determinant": (lambda v: sp.determinant([[v, 1], [0, 2]]), lambda q: 2 * q),
    "log_determinant": (lambda v: sp.log_determinant([[v]])[1], _logarithm),
    "inverse": (lambda v: sp.inverse([[v]]), lambda q: 1 / q),
    "solve": (lambda v: sp.solve([[v]], [1]), lambda q: 1 / q),
    "solve for": (lambda v: sp.solve([[1]], [v]), lambda q: q),
    "matrix_exponential": (lambda v: sp.matrix_exponential([[v]]), _exponential),
    "algebraic_connectivity": (lambda v: sp.algebraic_connectivity(_graph(v)), lambda q: 2 * q),
    "lyapunov_exponent": (lambda v: sp.lyapunov_exponent([[[v]]]).enclosure, _logarithm),
    "lyapunov probabilities": (
        lambda v: sp.lyapunov_exponent([[[2]], [[1]]], [v, 1 - Fraction(VALUE_OF[id(v)])]).enclosure,
        lambda q: q * _logarithm(Fraction(2)),
    ),
    "Kuramoto coupling": (lambda v: sp.Kuramoto(nx.path_graph(2), 0, v).network.coupling, lambda q: q),
    "Kuramoto weight": (lambda v: sp.Kuramoto(_graph(v), 0).network.weights, lambda q: q),
    "Kuramoto frequency": (lambda v: sp.Kuramoto(nx.path_graph(2), [v, 0]).network.frequencies[0], lambda q: q),
    "Kuramoto frequencies": (lambda v: sp.Kuramoto(nx.path_graph(2), v).network.frequencies[1], lambda q: q),
    "Hopfield decay": (lambda v: sp.Hopfield([[1.0]], 0, v).network.decay, lambda q: q),
    "Hopfield weight": (lambda v: float(sp.Hopfield([[v]]).network.weights.matrix[0, 0]), lambda q: q),
    "Hopfield factor": (lambda v: float(sp.Hopfield(([[v]], [[1.0]])).network.weights.left[0, 0]), lambda q: q),
    "Hopfield bias": (lambda v: float(sp.Hopfield([[1.0]], v).network.bias[0]), lambda q: q),
    "Ball": (lambda v: sp.Ball(v, 0), lambda q: q),
    "sum with a Ball": (lambda v: sp.Ball(1, 0) + v, lambda q: 1 + q),
    "Enclosure": (lambda v: sp.Enclosure(v, v), lambda q: q),
    "enclose": (lambda v: sp.enclose(lambda x: x, v), lambda q: q),
    "enclose with bits": (lambda v: sp.enclose(lambda x: x, v, precision=200), lambda q: q),
    "GradientDescent": (lambda v: sp.GradientDescent(v).learning_rate, lambda q: q),
    "SGD": (lambda v: sp.SGD(v, 1).learning_rate, lambda q: q),
    "SGD momentum": (lambda v: sp.SGD(0.1, 1, momentum=v).momentum, lambda q: q),
    "HeavyBall": (lambda v: sp.HeavyBall(0.1, v).momentum, lambda q: q),
    "Nesterov": (lambda v: sp.Nesterov(0.1, v).momentum, lambda q: q),
    "Adam": (lambda v: sp.Adam(0.1, b1=v).b1, lambda q: q),
    "Adam eps": (lambda v: sp.Adam(0.1, eps=v).eps, lambda q: q),
}
# NumPy turns a list into an array before it is read: its own object is not seen again
VALUE_OF = {id(value): exact for value, exact in VALUES.values()}
# May refuse numbers that float64 cannot hold
FLOATS_ONLY = {"Hopfield weight", "Hopfield factor", "Hopfield bias", "Ball", "Enclosure"}


@pytest.mark.parametrize("entry", ENTRY_POINTS)
@pytest.mark.parametrize("kind", VALUES)
def test_the_answer_is_about_the_exact_number(entry, kind):
    (value, exact), (result, truth) = VALUES[kind], ENTRY_POINTS[entry]
    if entry in FLOATS_ONLY and Fraction(float(exact)) != exact:
        with pytest.raises(sp.InputError):
            result(value)
        return
    lower, upper = _lower_upper(result(value))
    assert lower <= truth(exact) <= upper
    assert upper - lower <= 1e-9


# An infinite exponent has an enclosure; None and an empty dictionary are arguments without a number
MEANINGFUL = {("Enclosure", "infinity"), *((e, k) for e in ("enclose", "enclose with bits") for k in ("None", "dict"))}


@pytest.mark.parametrize("entry", sorted(set(ENTRY_POINTS) - {"lyapunov probabilities"}))
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_real_number_is_refused(entry, kind):
    if (entry, kind) in MEANINGFUL:
        return
    if entry in ("eigenvalues", "spectral_radius") and kind in ("complex", "imaginary"):
        assert sp.eigenvalues([[REFUSED[kind]]]).spectral_radius == sp.Enclosure(abs(REFUSED[kind]), abs(REFUSED[kind]))
        return
    with pytest.raises(sp.InputError):
        ENTRY_POINTS[entry][0](REFUSED[kind])


@pytest.mark.parametrize("kind", VALUES)
def test_verdicts_about_the_exact_number(kind):
    value = VALUES[kind][0]
    assert sp.is_positive_definite([[value]]) is sp.Verdict.PROVED
    assert sp.is_nonsingular([[value]]) is sp.Verdict.PROVED
    assert sp.is_hurwitz_stable([[value]]) is sp.Verdict.REFUTED
    assert sp.is_schur_stable([[value]]) is sp.Verdict.PROVED
    assert sp.rank([[value, 0], [0, 0]]) == 1


@pytest.mark.parametrize("dtype", "bhilqBHILQfdg?")
def test_sparse_matrices_of_every_dtype(dtype):
    matrix = scipy.sparse.coo_array((np.array([1, 1, 1], dtype), ([0, 0, 1], [0, 0, 1])), shape=(2, 2))
    low, high = sp.sparse_extreme_eigenvalues(matrix)
    assert low.contains(1)
    assert high.contains(2)


@pytest.mark.parametrize("dtype", ["F", "D", "G"])
def test_sparse_matrices_keep_no_imaginary_parts_back(dtype):
    matrix = scipy.sparse.csr_array(np.array([[1 + 1j]], dtype))
    for front in (sp.sparse_extreme_eigenvalues, sp.Hopfield, sp.algebraic_connectivity):
        with pytest.raises(sp.InputError, match="real"):
            front(matrix)


def test_small_integers_do_not_overflow():
    """int8 sums of 100 and 100 are 200, not -56; products are those of the integers."""
    matrix = scipy.sparse.coo_array((np.array([100, 100], np.int8), ([0, 0], [0, 0])), shape=(1, 1))
    assert sp.sparse_extreme_eigenvalues(matrix)[1].contains(200)
    ball = sp.Ball(np.array([[100, 50], [50, 100]], np.int8), np.zeros((2, 2), np.int8))
    assert sp.spectral_norm(ball).contains(150)
    assert sp.spectral_norm(np.array([[100, 50], [50, 100]], np.int8)).contains(150)
    huge = sp.Ball(np.array([[2**62, 0], [0, 2**62]]), 0)
    assert sp.spectral_norm(huge @ huge).contains(2**124)


@pytest.mark.parametrize(
    "front",
    [
        lambda v: sp.certify_equilibrium(lambda x: -x, [v], kind="flow"),
        lambda v: sp.all_equilibria(lambda x: -x, [(-1, v)]),
        lambda v: sp.morse_class(lambda x: x, [(-1, v)]),
        lambda v: sp.certify_periodic_point(lambda x: -x, [[v], [-1]], 2),
        lambda v: sp.flow(lambda x: -x, [v], 1),
        lambda v: sp.flow(lambda x: -x, [1.0], v),
    ],
)
@pytest.mark.parametrize("kind", ["text", "imaginary", "nan", "masked", "root", "None"])
def test_points_boxes_and_times_are_real_numbers(front, kind):
    with pytest.raises(sp.InputError):
        front(REFUSED[kind])
