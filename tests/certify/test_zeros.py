"""Existence of zeros: against closed forms and against Newton's method in the slice with 60 digits."""

import math

import mpmath
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import InputError


class Quadratic:
    """F(x) = A x + (B x)^2 - c with exact float data, in balls and in mpmath."""

    def __init__(self, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        self.a, self.b, self.c = a, b, c

    def value(self, x: Ball) -> Ball:
        return Ball.exact(self.a) @ x + (Ball.exact(self.b) @ x).square() - Ball.exact(self.c)

    def jacobian(self, x: Ball) -> Ball:
        return Ball.exact(self.a) + 2.0 * (Ball.exact(self.b) @ x).reshape(-1, 1) * Ball.exact(self.b)

    def exact_value(self, x: mpmath.matrix) -> mpmath.matrix:
        linear, inner = mpmath.matrix(self.a.tolist()) * x, mpmath.matrix(self.b.tolist()) * x
        return mpmath.matrix([linear[i] + inner[i] ** 2 - mpmath.mpf(self.c[i]) for i in range(len(self.c))])

    def exact_jacobian(self, x: mpmath.matrix) -> mpmath.matrix:
        inner = mpmath.matrix(self.b.tolist()) * x
        rows = zip(self.a, self.b, inner, strict=True)
        return mpmath.matrix(
            [[mpmath.mpf(x) + 2 * z * mpmath.mpf(y) for x, y in zip(a, b, strict=True)] for a, b, z in rows]
        )


def zero_in_slice(problem: Quadratic, point: np.ndarray, right_inverse: np.ndarray) -> mpmath.matrix:
    """y with F(point + B y) = 0 by Newton's method."""
    with mpmath.workdps(60):
        x, b = mpmath.matrix(point.tolist()), mpmath.matrix(right_inverse.tolist())
        y = mpmath.zeros(right_inverse.shape[1], 1)
        for _ in range(12):
            at = x + b * y
            y = y - mpmath.lu_solve(problem.exact_jacobian(at) * b, problem.exact_value(at))
        return y


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 3), st.integers(0, 4), st.integers(-12, -1), st.integers(0, 2**32 - 1))
def test_the_zero_lies_where_the_proof_says(m, extra, exponent, seed):
    rng = np.random.default_rng(seed)
    dimension = m + extra
    a, b = rng.standard_normal((m, dimension)), 0.3 * rng.standard_normal((m, dimension))
    start = rng.standard_normal(dimension)
    problem = Quadratic(a, b, a @ start + (b @ start) ** 2)
    point = start + rng.standard_normal(dimension) * 10.0**exponent
    jacobian = problem.jacobian(Ball.exact(point)).mid
    right_inverse = np.linalg.pinv(jacobian)
    proof = prove_zero(problem.value(Ball.exact(point)), problem.jacobian, point, right_inverse)
    if isinstance(proof, Undecided):
        assert exponent > -6 or np.linalg.cond(jacobian) > 1e3
        assert proof.reason
        assert proof.next_step
        return
    y = zero_in_slice(problem, point, right_inverse)
    with mpmath.workdps(60):
        move = mpmath.matrix(right_inverse.tolist()) * y
        assert mpmath.norm(y) <= mpmath.mpf(proof.existence) * (1 + mpmath.mpf(10) ** -40)
        assert mpmath.norm(move) <= mpmath.mpf(proof.distance) * (1 + mpmath.mpf(10) ** -40)
        assert all(abs(move[k]) <= mpmath.mpf(proof.box[k]) for k in range(dimension))
        assert mpmath.norm(problem.exact_value(mpmath.matrix(point.tolist()))) <= mpmath.mpf(proof.residual)
    assert proof.existence <= proof.radius
    assert 0 <= proof.contraction < 1
    assert proof.onto
    # not wide: at most the Newton step's own size over 1 - Z, in the norm of the right inverse
    assert proof.distance <= 1.0001 * np.linalg.norm(right_inverse, 2) * proof.residual / (1 - proof.contraction)


def test_square_root_of_two():
    """D = m = 1: x^2 - 2 at x = 1.4142135."""
    point = np.array([1.4142135])
    proof = prove_zero(
        Ball.exact(point).square() - 2.0,
        lambda x: (2.0 * x).reshape(1, 1),
        point,
        right_inverse=np.array([[0.3535534]]),
    )
    assert isinstance(proof, ZeroProof)
    with ctx.workprec(200):
        error = abs(arb(2).sqrt() - arb(point[0]))
        assert error <= arb(proof.distance)
        assert arb(proof.distance) <= error * arb(1.000001)


def test_gram_inverse_and_default_agree_with_an_explicit_right_inverse():
    rng = np.random.default_rng(0)
    a, b, start = rng.standard_normal((3, 8)), 0.1 * rng.standard_normal((3, 8)), rng.standard_normal(8)
    problem = Quadratic(a, b, a @ start + (b @ start) ** 2)
    point = start + 1e-8
    value, jacobian = problem.value(Ball.exact(point)), problem.jacobian(Ball.exact(point)).mid
    gram_inverse = np.linalg.inv(jacobian @ jacobian.T)
    proofs = [
        prove_zero(value, problem.jacobian, point, jacobian.T @ gram_inverse),
        prove_zero(value, problem.jacobian, point, gram_inverse=gram_inverse),
        prove_zero(value, problem.jacobian, point),
    ]
    assert all(isinstance(proof, ZeroProof) for proof in proofs)
    assert max(p.distance for p in proofs) <= 1.001 * min(p.distance for p in proofs)
    # the same radius again: what a checker does
    again = prove_zero(value, problem.jacobian, point, gram_inverse=gram_inverse, radius=proofs[1].radius)
    assert isinstance(again, ZeroProof)
    assert again.distance == proofs[1].distance


def test_exact_zero_has_distance_zero():
    proof = prove_zero(np.array([0.0]), lambda x: (2.0 * x).reshape(1, 1), np.array([3.0]))
    assert isinstance(proof, ZeroProof)
    assert proof.distance == 0.0
    assert proof.box.tolist() == [0.0]
    assert proof.radius > 0


@pytest.mark.parametrize(
    ("value", "jacobian", "point", "words"),
    [
        # x^2 + 1 has no zero
        (lambda x: x.square() + 1.0, lambda x: (2.0 * x).reshape(1, 1), 0.5, "contraction not proved"),
        # a double zero cannot be proved by contraction
        (lambda x: x.square(), lambda x: (2.0 * x).reshape(1, 1), 1e-3, "contraction not proved"),
        # no zero near enough
        (lambda x: x.square() - 2.0, lambda x: (2.0 * x).reshape(1, 1), 50.0, "contraction not proved"),
        (lambda x: x.square(), lambda x: (2.0 * x).reshape(1, 1), 0.0, "right inverse"),
        (lambda x: x - 1.0, lambda x: Ball(np.ones((1, 1)), np.full((1, 1), np.inf)), 0.5, "no finite bound"),
    ],
)
def test_undecided(value, jacobian, point, words):
    result = prove_zero(value(Ball.exact([point])), jacobian, np.array([point]))
    assert isinstance(result, Undecided)
    assert words in result.reason


def test_a_given_radius_may_be_too_small():
    point = np.array([1.5])
    value = Ball.exact(point).square() - 2.0
    result = prove_zero(value, lambda x: (2.0 * x).reshape(1, 1), point, radius=0.2)
    assert isinstance(result, Undecided)
    assert "Y + Z R" in result.reason
    assert isinstance(prove_zero(value, lambda x: (2.0 * x).reshape(1, 1), point, radius=0.4), ZeroProof)


def test_no_proof_from_a_wrong_right_inverse_or_an_unbounded_residual():
    jacobian = lambda x: Ball.exact(np.array([[1.0, 1.0]]))  # noqa: E731
    value = np.array([1e-9])
    for wrong in (np.zeros((2, 1)), -np.full((2, 1), 0.5), np.array([[1.0], [-1.0]]), np.full((2, 1), 1.1)):
        assert isinstance(prove_zero(value, jacobian, np.zeros(2), wrong), Undecided)
    unbounded = prove_zero(Ball(np.zeros(1), np.array([np.inf])), jacobian, np.zeros(2))
    assert isinstance(unbounded, Undecided)
    assert "no finite bound" in unbounded.reason


def test_a_wide_jacobian_is_never_ignored():
    """DF in [0, 2] around 1: F may be constant on one side, so nothing may be proved."""
    result = prove_zero(np.array([0.1]), lambda x: Ball(np.ones((1, 1)), np.ones((1, 1))), np.zeros(1), np.ones((1, 1)))
    assert isinstance(result, Undecided)
    slopes = Ball(np.ones((1, 1)), np.full((1, 1), 0.5))
    half = prove_zero(np.array([0.1]), lambda x: slopes, np.zeros(1), np.ones((1, 1)))
    assert isinstance(half, ZeroProof)
    # slopes from 1/2 to 3/2: the zero of the slowest such function is at distance 0.2
    assert 0.2 <= half.distance < 0.2 + 1e-9


def test_many_unknowns():
    rng = np.random.default_rng(1)
    m, dimension = 40, 20000
    weights = rng.standard_normal((m, dimension)) / math.sqrt(dimension)
    start = rng.standard_normal(dimension)
    target = weights @ (start + 0.1 * start**2)
    proof = prove_zero(
        Ball.exact(weights) @ (Ball.exact(start) + 0.1 * Ball.exact(start).square()) - target,
        lambda x: Ball.exact(weights) * (1.0 + 0.2 * x),
        start,
    )
    assert isinstance(proof, ZeroProof)
    assert proof.distance < 1e-8
    assert proof.contraction < 1e-6


def test_bad_input():
    jacobian = lambda x: Ball.exact(np.ones((1, 2)))  # noqa: E731
    good = np.zeros(2)
    for arguments, keywords in [
        ((np.ones(3), jacobian, good), {}),
        ((np.ones((1, 1)), jacobian, good), {}),
        ((np.ones(1), jacobian, np.array([np.nan, 0.0])), {}),
        ((np.ones(1), jacobian, np.zeros((2, 2))), {}),
        ((np.ones(1), jacobian, good, np.ones((1, 2))), {}),
        ((np.ones(1), jacobian, good, np.ones((2, 1))), {"gram_inverse": np.ones((1, 1))}),
        ((np.ones(1), jacobian, good, np.ones((2, 1))), {"radius": 0.0}),
        ((np.ones(1), lambda x: Ball.exact(np.ones((2, 2))), good, np.ones((2, 1))), {}),
        ((np.array([np.inf]), jacobian, good), {}),
    ]:
        with pytest.raises(InputError):
            prove_zero(*arguments, **keywords)
