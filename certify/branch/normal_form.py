"""Normal-form coefficients of bifurcation points, enclosed over balls of points and eigenvectors."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.branch.derivatives import Multilinear
from certify.branch.problem import BranchProblem
from certify.linear_algebra import solve


@final
@dataclass(frozen=True, eq=False)
class NormalForm:
    """coefficient: of the normal form, its sign decides the side; crossing: the speed of the critical eigenvalues' real
    part (map: modulus) along the branch, per unit of the parameter. Both scalar balls; unbounded where not proved.
    """

    coefficient: Ball
    crossing: Ball


def fold_form(problem: BranchProblem, point: Ball, vector: Ball) -> NormalForm:
    """p - p* = c s^2 + O(s^3) along the fold, x - x* = s v + O(s^2), |v|_2 = 1: c = -<w, D^2F(v, v)> / (2 <w, F_p>).

    w spans the kernel of A^T [Yu. Kuznetsov, Elements of Applied Bifurcation Theory, 3.3 and 5.4].
    """
    slope = _slope(problem, point)
    left = left_null(slope[:, :-1], vector)
    bent = Multilinear(problem.residual, point).twice(_flat(vector))
    coefficient = -((left @ bent) / ((left @ slope[:, -1]) * 2.0)) / (vector @ vector)
    return NormalForm(coefficient, coefficient * 0.0)


def flip_form(problem: BranchProblem, point: Ball, vector: Ball) -> NormalForm:
    """xi -> -(1 + ...) xi + c xi^3 on the centre manifold, |v|_2 = 1:
    c = <w, D^3f(v, v, v)> / 6 + <w, D^2f(v, (I - A)^-1 D^2f(v, v))> / 2, <w, v> = 1.

    c > 0: the 2-cycle attracts on the centre manifold [Yu. Kuznetsov, 5.4.2, (5.49)].
    """
    slope = _slope(problem, point)
    n = problem.dimension
    matrix = slope[:, :n]
    left = left_null(matrix + 2.0 * np.eye(n), vector)
    forms = Multilinear(problem.residual, point)
    bent = solve(matrix, -forms.twice(_flat(vector)))
    cubic = forms.thrice(_flat(vector)) / 6.0 + forms.second(_flat(vector), _flat(bent)) / 2.0
    moved = _tangent(slope)
    crossing = -(left @ forms.second(_flat(vector), moved))  # of |lambda| = -lambda
    return NormalForm((left @ cubic) / (vector @ vector), crossing)


def cycle_form(
    problem: BranchProblem, point: Ball, vector: tuple[Ball, Ball], eigenvalue: tuple[Ball, Ball]
) -> NormalForm:
    """Hopf (eigenvalue (0, omega)) or Neimark-Sacker (a + i b on the unit circle) points, |q|_2 = 1.

    With w0 = -(M0)^-1 B(q, qbar), M0 = A or A - I, and h solving (mu - A) h = B(q, q), mu = 2 i omega or lambda^2:
    g = <p, C(q, q, qbar) + 2 B(q, w0) + B(qbar, h)>; the first Lyapunov coefficient Re g / (2 omega) of a flow, and
    Re(conj(lambda) g) / 2 of a map. Negative: the cycle or closed curve attracts on the centre manifold
    [Yu. Kuznetsov, 5.4.1 (5.62) and 5.4.2 (5.66)].
    """
    n, slope = problem.dimension, _slope(problem, point)
    matrix = slope[:, :n] + (np.eye(n) if problem.is_map else 0.0)
    (q, r), (a, b) = vector, eigenvalue
    forms = Multilinear(problem.residual, point)
    fq, fr = _flat(q), _flat(r)
    rest = solve(slope[:, :n], -(forms.twice(fq) + forms.twice(fr)))
    second = a * a - b * b if problem.is_map else a * 0.0, a * b * 2.0 if problem.is_map else b * 2.0
    hr, hi = _resolvent(matrix, second, forms.twice(fq) - forms.twice(fr), forms.second(fq, fr) * 2.0)
    wr, wi, rest = _flat(hr), _flat(hi), _flat(rest)
    real = forms.thrice(fq) + forms.third(fr, fq) + forms.second(fq, rest) * 2.0
    imag = forms.third(fq, fr) + forms.thrice(fr) + forms.second(fr, rest) * 2.0
    real, imag = (
        real + forms.second(fq, wr) + forms.second(fr, wi),
        imag + forms.second(fq, wi) - forms.second(fr, wr),
    )
    left = _left_pair(matrix, (a, b), (q, r))
    g, moved = _paired(left, (real, imag)), _tangent(slope)
    speed = _paired(left, (forms.second(fq, moved), forms.second(fr, moved)))
    size = q @ q + r @ r
    if problem.is_map:
        return NormalForm((a * g[0] + b * g[1]) / 2.0 / size, a * speed[0] + b * speed[1])
    return NormalForm(g[0] / (b * 2.0) / size, speed[0])


def _slope(problem: BranchProblem, point: Ball) -> Ball:
    """DF, (n, n + 1)."""
    return problem.derivatives(point.reshape(1, -1))[0]


def _flat(vector: Ball) -> Ball:
    """The direction (v, 0) in which the parameter stands still."""
    return Ball(np.append(vector.mid, 0.0), np.append(vector.rad, 0.0))


def _tangent(slope: Ball) -> Ball:
    """(x'(p), 1)."""
    moved = solve(slope[:, :-1], -slope[:, -1])
    return Ball(np.append(moved.mid, 1.0), np.append(moved.rad, 0.0))


def left_null(matrix: Ball, vector: Ball) -> Ball:
    """w with A^T w = 0 and <w, v> = 1, where A v = 0: the bordered system [[A^T, u], [v^T, 0]] (w, s) = (0, 1) has
    it as its solution with s = 0; where it is proved non-singular, there is no other, and <w, v> cannot vanish.
    """
    n = len(vector)
    border = vector.mid / np.linalg.norm(vector.mid)
    mid, rad = np.zeros((n + 1, n + 1)), np.zeros((n + 1, n + 1))
    mid[:n, :n], rad[:n, :n] = matrix.mid.T, matrix.rad.T
    mid[:n, n], mid[n, :n], rad[n, :n] = border, vector.mid, vector.rad
    return solve(Ball(mid, rad), np.append(np.zeros(n), 1.0))[:n]


def _left_pair(matrix: Ball, eigenvalue: tuple[Ball, Ball], vector: tuple[Ball, Ball]) -> tuple[Ball, Ball]:
    """p = p_r + i p_i with A^T p = conj(lambda) p and <p, q> = 1, by a bordered system of 2 n + 2 equations.

    A^T p_r = a p_r + b p_i, A^T p_i = a p_i - b p_r, and p_r q + p_i r = 1, p_r r - p_i q = 0 for q + i r.
    """
    (a, b), (q, r), n = eigenvalue, vector, len(vector[0])
    shifted = _block(matrix.T - _scalar(a, n), -_scalar(b, n), _scalar(b, n), matrix.T - _scalar(a, n))
    mid, rad = np.zeros((2 * n + 2, 2 * n + 2)), np.zeros((2 * n + 2, 2 * n + 2))
    mid[: 2 * n, : 2 * n], rad[: 2 * n, : 2 * n] = shifted.mid, shifted.rad
    mid[: 2 * n, 2 * n :] = np.linalg.svd(shifted.mid)[0][:, -2:]
    for name, target in (("mid", mid), ("rad", rad)):
        first, second = getattr(q, name), getattr(r, name)
        sign = -1.0 if name == "mid" else 1.0
        target[2 * n, : 2 * n] = np.append(first, second)
        target[2 * n + 1, : 2 * n] = np.append(second, sign * first)
    right = np.zeros(2 * n + 2)
    right[2 * n] = 1.0
    found = solve(Ball(mid, rad), right)
    return found[:n], found[n : 2 * n]


def _resolvent(matrix: Ball, mu: tuple[Ball, Ball], real: Ball, imag: Ball) -> tuple[Ball, Ball]:
    """(mu - A)^-1 (real + i imag)."""
    n = len(matrix)
    shifted = _scalar(mu[0], n) - matrix
    system = _block(shifted, -_scalar(mu[1], n), _scalar(mu[1], n), shifted)
    right = Ball(np.append(real.mid, imag.mid), np.append(real.rad, imag.rad))
    found = solve(system, right)
    return found[:n], found[n:]


def _scalar(value: Ball, n: int) -> Ball:
    return Ball(np.eye(n) * value.mid, np.eye(n) * value.rad)


def _block(a: Ball, b: Ball, c: Ball, d: Ball) -> Ball:
    return Ball(*(np.block([[getattr(x, s) for x in row] for row in ((a, b), (c, d))]) for s in ("mid", "rad")))


def _paired(left: tuple[Ball, Ball], value: tuple[Ball, Ball]) -> tuple[Ball, Ball]:
    """<p, X> = conj(p) X."""
    (pr, pi), (real, imag) = left, value
    return pr @ real + pi @ imag, pr @ imag - pi @ real
