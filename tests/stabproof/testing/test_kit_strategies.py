"""Strategies under Hypothesis's defaults: fast draws, arguments, reprs, and exact answers computed independently."""

import dataclasses
from fractions import Fraction

import jax
import numpy as np
import pytest
import sympy
from flint import fmpq, fmpq_mat
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

import stabproof as sp
from numeric import Regression
from stabproof.testing import strategies, warm
from stabproof.testing.strategies.optax_aliases import aliases

EXAMPLES = settings(max_examples=8, deadline=None)


def network(params, x):
    return params["v"] @ jax.numpy.tanh(params["w"] * x)


SHAPES = {"w": jax.ShapeDtypeStruct((3,), float), "v": jax.ShapeDtypeStruct((3,), float)}
DRAWN = {
    "problems_for": lambda: strategies.problems_for(network, SHAPES, np.array([0.5, 1.0])),
    "optimizers": strategies.optimizers,
    "matrices_with_spectrum": lambda: strategies.matrices_with_spectrum([1, 2, 0.5, -3, 3], symmetric=True),
    "at_scales": lambda: strategies.at_scales(strategies.symmetric_matrices()),
    "learning_rates": lambda: strategies.learning_rates(1, critical=True, extreme=True),
    "balls": lambda: strategies.balls((2, 2)),
} | {
    name: getattr(strategies, name)
    for name in strategies.__all__
    if name.endswith(("fields", "graphs", "problems", "families", "matrices", "sets", "enclosures", "laplacians"))
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_strategy_passes_the_default_health_checks(name):
    """But for the clock's, because a machine that does other things too is slow at times."""

    @settings(deadline=None, max_examples=20, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(DRAWN[name]())
    def check(_):
        pass

    check()


@pytest.mark.parametrize("name", ["interpolating_problems", "problems_for"])
def test_a_draw_compiles_nothing(name, monkeypatch):
    strategy = DRAWN[name]()
    find(strategy, lambda known: True)  # what is compiled once for a user's network
    built = []
    genuine = jax.jit

    def counted(function, *args, **kwargs):
        built.append(function)
        return genuine(function, *args, **kwargs)

    monkeypatch.setattr(jax, "jit", counted)

    @EXAMPLES
    @given(strategy)
    def check(known):
        assert isinstance(known.problem, Regression)

    check()
    assert not built


def test_a_proof_of_a_small_network_compiles_none_of_its_estimates(monkeypatch):
    """So that its first example keeps within Hypothesis's deadline of 200 ms."""

    def refuse(problem, function):
        raise AssertionError(f"{function} is compiled")

    monkeypatch.setattr(Regression, "compiled", refuse)

    @EXAMPLES
    @given(strategies.interpolating_problems())
    def check(known):
        assert sp.certify_minimum(known.problem, sp.GradientDescent(2.0**-20)).verdict is sp.Verdict.STABLE

    check()


def test_jax_starts_before_hypothesis_s_clocks(monkeypatch):
    started = []
    monkeypatch.setattr(warm, "warm_up", lambda: started.append(True))
    strategy = strategies.polynomial_problems()
    assert not started
    strategy.validate()
    assert started


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: strategies.polynomial_problems(max_examples=10), "3 at most"),
        (lambda: strategies.linear_problems(max_outputs=3), "2 at most"),
        (lambda: strategies.tanh_problems(max_examples=5, max_width=2), "raise max_width"),
        (lambda: strategies.symmetric_matrices(3, 2), "min_size"),
        (lambda: strategies.commuting_families(0), "max_size"),
        (lambda: strategies.enclosures(2.0, 1.0), "min_value"),
        (lambda: strategies.learning_rates(0), "positive"),
        (lambda: strategies.learning_rates(sympy.sqrt(2), critical=True), "rational"),
        (lambda: strategies.matrices_with_spectrum([Fraction(1, 3)]), "j / 2"),
        (lambda: strategies.optimizers(["adamant"]), "adamant"),
        (lambda: strategies.data_sets(3, 2), "swap"),
        (lambda: strategies.problems_for(network, SHAPES, np.arange(9.0)), "independent"),
    ],
)
def test_arguments_are_refused_when_the_strategy_is_built(build, words):
    with pytest.raises(InvalidArgument, match=words) as failure:
        build()
    assert isinstance(failure.value, sp.InputError)


NAMES = {"strategies": strategies, "np": np, "sympy": sympy, "Fraction": Fraction}
TYPED = ["graph_laplacians", "non_normal_matrices", "ill_conditioned_matrices", "rectangular_matrices", "balls",
         "matrix_families", "vanishing_families", "weighted_graphs", "enclosures", "learning_rates"]  # fmt: skip


@pytest.mark.parametrize("name", TYPED)
def test_a_repr_builds_the_object_again(name):
    @EXAMPLES
    @given(DRAWN[name]())
    def check(known):
        again = eval(repr(known), dict(NAMES))
        assert type(again) is type(known)
        assert repr(again) == repr(known)

    check()


@EXAMPLES
@given(strategies.interpolating_problems())
def test_the_repr_of_a_minimum_builds_the_same_network(known):
    again = eval(repr(known), dict(NAMES))
    assert np.array_equal(again.problem.flat_params, known.problem.flat_params)
    assert np.array_equal(again.problem.targets, known.problem.targets)
    assert again.problem.predict is known.problem.predict


def test_no_answer_of_another_object_remains():
    known = find(strategies.symmetric_matrices(2, 2), lambda k: True)
    with pytest.raises(sp.InputError, match="pass eigenvalues= too"):
        dataclasses.replace(known, matrix=np.eye(2))
    replaced = dataclasses.replace(known, matrix=np.eye(2), eigenvalues=(Fraction(1), Fraction(1)))
    assert replaced.spectral_radius == 1
    family = find(strategies.commuting_families(), lambda k: True)
    with pytest.raises(sp.InputError, match="pass exponent= too"):
        dataclasses.replace(family, matrices=2 * family.matrices)
    with pytest.raises(sp.InputError, match="outside"):
        strategies.KnownEnclosure(sp.Enclosure(0, 1), Fraction(2))


def exact(matrix):
    rows = [[Fraction(float(x)) for x in row] for row in matrix]
    return fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in rows])


def assert_spectrum(matrix, eigenvalues):
    """The characteristic polynomial at 0, 1, 2, ... is the product of (x - lambda), exactly."""
    n, given_matrix = len(matrix), exact(matrix)
    for x in range(-1, n):
        identity = fmpq_mat(n, n, [int(i == j) * x for i in range(n) for j in range(n)])
        value = (identity - given_matrix).det()
        expected = sympy.prod([x - sympy.sympify(e) for e in eigenvalues])
        assert sympy.expand(expected - sympy.Rational(int(value.p), int(value.q))) == 0


@EXAMPLES
@given(strategies.non_normal_matrices(2, 3), st.integers(-3, 3), st.integers(1, 5))
def test_derived_matrices_have_the_derived_spectra(known, amount, factor):
    for derived in (known.scaled(factor), known.shifted(amount)):
        assert_spectrum(derived.matrix, derived.eigenvalues)
    if all(value != 0 for value in known.eigenvalues):
        try:
            inverse = known.inverse
        except sp.InputError:  # an entry that no float holds
            return
        assert_spectrum(inverse.matrix, inverse.eigenvalues)
    else:
        with pytest.raises(sp.InputError, match="singular"):
            _ = known.inverse


@EXAMPLES
@given(
    strategies.matrices_with_spectrum([1, 2, Fraction(1, 2), -3, 3], symmetric=True)
    | strategies.matrices_with_spectrum([1, 1, Fraction(-1, 4)])
    | strategies.ill_conditioned_matrices(2, 5)
    | strategies.ill_conditioned_matrices(2, 2, max_condition=100)
)
def test_prescribed_spectra(known):
    assert_spectrum(known.matrix, known.eigenvalues)


def test_condition_numbers_reach_what_was_asked_and_scales_what_floats_hold():
    worst = find(strategies.ill_conditioned_matrices(2, 2), lambda k: k.spectral_radius > 10**14)
    condition = worst.spectral_radius**2  # the product of the two eigenvalues is 1
    assert 1e28 < float(condition) <= 1e30
    tame = strategies.ill_conditioned_matrices(2, 2, max_condition=100)

    @EXAMPLES
    @given(tame)
    def check(known):
        assert float(known.spectral_radius) ** 2 <= 100

    check()
    scaled = strategies.at_scales(strategies.positive_definite_matrices())
    find(scaled, lambda k: 0 < abs(k.matrix).max() < 1e-250)
    find(scaled, lambda k: abs(k.matrix).max() > 1e250)


@EXAMPLES
@given(strategies.rectangular_matrices(1, 4))
def test_singular_values(known):
    m, n = known.matrix.shape
    gram = exact(known.matrix) * exact(known.matrix).transpose()
    extra = [0] * (m - min(m, n))
    rows = [[Fraction(int(gram[i, j].p), int(gram[i, j].q)) for j in range(m)] for i in range(m)]
    squares = [value**2 for value in known.singular_values] + extra
    assert list(known.singular_values) == sorted(known.singular_values, reverse=True)
    for x in range(m + 1):
        shifted = fmpq_mat(
            m, m, [fmpq(*(x * (i == j) - rows[i][j]).as_integer_ratio()) for i in range(m) for j in range(m)]
        )
        value = shifted.det()
        product = Fraction(1)
        for square in squares:
            product *= x - square
        assert product == Fraction(int(value.p), int(value.q))


@EXAMPLES
@given(strategies.weighted_graphs() | strategies.disconnected_graphs() | strategies.directed_graphs())
def test_graphs(graph):
    assert_spectrum(graph.laplacian, graph.eigenvalues)
    assert not graph.laplacian.sum(axis=1).any()
    rank = int(exact(graph.laplacian + graph.laplacian.T if graph.is_directed else graph.laplacian).rank())
    if not graph.is_directed:
        assert graph.components == len(graph.adjacency) - rank


@EXAMPLES
@given(strategies.vanishing_families())
def test_products_of_vanishing_families_vanish(known):
    """A word that holds every pair of letters is a zero product."""
    assert known.exponent == -sympy.oo
    product = np.eye(known.matrices.shape[1])
    for i in range(len(known.matrices)):
        for j in range(len(known.matrices)):
            product = known.matrices[i] @ known.matrices[j] @ product
    for _ in range(3):
        product = known.matrices[0] @ product
    assert not product.any()
    found = sp.lyapunov_exponent(known.matrices, known.probabilities, budget=0.2)
    assert found.enclosure.lower == -np.inf


FIELDS = (strategies.polynomial_fields(3) | strategies.neural_fields(3) | strategies.gradient_fields(3)
          | strategies.hamiltonian_fields())  # fmt: skip


@settings(max_examples=3, deadline=None)
@given(FIELDS)
def test_vector_fields_vanish_and_have_their_jacobian(known):
    with jax.enable_x64(True):
        assert not np.asarray(known.field(known.equilibrium)).any()
        assert np.array_equal(np.asarray(jax.jacfwd(known.field)(known.equilibrium)), known.jacobian)
    assert_spectrum(known.jacobian, known.eigenvalues)


@settings(max_examples=4, deadline=None)
@given(strategies.hamiltonian_fields() | strategies.gradient_fields(2))
def test_energies_are_conserved_or_fall(known):
    with jax.enable_x64(True):
        point = known.equilibrium + 0.3
        rate = float(jax.grad(known.energy)(point) @ known.field(point))
    scale = 1e-12 * (1 + float(np.abs(known.jacobian).max())) ** 2
    assert abs(rate) <= scale if "Hamiltonian" in known.construction else rate <= scale


def test_all_aliases_of_optax_are_drawn():
    """The names of https://optax.readthedocs.io/en/latest/api/optimizers.html that need only a gradient."""
    assert {"adam", "adamw", "sgd", "lion", "rmsprop", "nadam", "sm3", "lamb", "adafactor", "yogi"} <= set(aliases())
    assert not {"lbfgs", "polyak_sgd"} & set(aliases())


def test_types_are_drawn_by_annotation():
    strategies.register_arrays()
    strategies.register_networks()
    for kind in (sp.Enclosure, sp.Ball, strategies.KnownMatrix, sp.Regression, sp.GradientDescent, sp.SGD, sp.Adam):
        assert isinstance(find(st.from_type(kind), lambda value: True), kind)


def test_rates_can_be_critical_tiny_and_far_beyond():
    rates = strategies.learning_rates(Fraction(1, 3), critical=True, extreme=True)
    assert find(rates, lambda rate: rate.is_below is None).value == Fraction(1, 3)
    assert find(rates, lambda rate: rate.value < 1e-15).is_below
    assert not find(rates, lambda rate: rate.value > 1e15).is_below


def test_an_exponent_of_zero_is_decided_at_once():
    """2 and 1/2 with equal weights; 4 and twice 1/2: the exponent is log 1."""
    for family, weights in (([[[2.0]], [[0.5]]], None), ([[[4.0]], [[0.5]]], [Fraction(1, 3), Fraction(2, 3)])):
        found = sp.lyapunov_exponent(family, weights, budget=1e9)
        assert found.enclosure.contains(0)
        assert found.enclosure.width <= 1e-15
