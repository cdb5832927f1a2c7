"""The normal form where branches leave an invariant subspace: pitchforks of a symmetry, transcritical points."""

import numpy as np

from certify.arithmetic import Ball, sqrt
from certify.branch.derivatives import Multilinear
from certify.branch.normal_form import NormalForm, left_null
from certify.branch.problem import BranchProblem
from certify.linear_algebra import solve
from certify.program import evaluate


def crossing_form(problem: BranchProblem, place: Ball, vector: Ball) -> NormalForm:
    """On the centre manifold xi' = sigma (p - p*) xi + q xi^2 + c xi^3 (map: added to xi), x - x* = xi v, |v|_2 = 1.

    In coordinates (a, b), with F_b = 0 where b = 0: v = (-A^-1 C v_b, v_b), A = D_a F_a, C = D_b F_a, and the left
    null vector is (0, w), <w, v_b> = 1. sigma = <w, D^2 F_b(v, (a'(p), 0, 1))>; q = <w, D^2 F_b(v, v)> / 2,
    coefficient = |q| up to the sign of v; with a symmetry q = 0 and coefficient = c = <w, D^3 F_b(v, v, v)> / 6 + <w,
    D^2 F_b(v, h)> / 2, h = -A^-1 D^2 F_a(v, v) [Yu. Kuznetsov, Elements of Applied Bifurcation Theory, 7.4.1, and 5.4
    for the reduction].
    """
    found = problem.invariant
    assert found is not None
    s, n = found.along, len(found.frame)
    state = found.states(place.reshape((1, -1)))[0]
    slope = problem.across(place.reshape((1, -1)))[0] - (np.eye(n - s) if problem.is_map else 0.0)
    left = left_null(slope, vector)
    forms, whole = Multilinear(found.residual, state), _slope(problem, state)
    inside = whole[:s, :s]
    along = solve(inside, -(whole[:s, s:n] @ vector)) if s else vector[:0]
    drift = solve(inside, -whole[:s, n]) if s else vector[:0]
    direction, moved = _joined(along, vector, 0.0), _joined(drift, vector * 0.0, 1.0)
    size = _length(found.frame, direction[:n])
    crossing = left @ forms.second(direction, moved)[s:]
    square = forms.twice(direction)
    if not found.is_symmetric:
        half = left @ square[s:] / 2.0
        return NormalForm(abs(half) / sqrt(size), crossing)
    cubic = left @ forms.thrice(direction)[s:] / 6.0
    if s:
        bent = _joined(solve(inside, -square[:s]), vector * 0.0, 0.0)
        cubic = cubic + left @ forms.second(direction, bent)[s:] / 2.0
    return NormalForm(cubic / size, crossing)


def _slope(problem: BranchProblem, state: Ball) -> Ball:
    """DF at (a, 0, p), (n, n + 1)."""
    assert problem.invariant is not None
    return evaluate(problem.invariant.derivative, [state])[0]


def _joined(along: Ball, across: Ball, last: float) -> Ball:
    return Ball(np.concatenate([along.mid, across.mid, [last]]), np.concatenate([along.rad, across.rad, [0.0]]))


def _length(frame: np.ndarray, direction: Ball) -> Ball:
    """|frame c|^2."""
    x = Ball.exact(frame) @ direction
    return x @ x
