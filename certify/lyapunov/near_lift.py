"""Families in dimension 3 that are symmetric squares up to rounding, in any basis: bounds from a function on a line.

Write S = (s0, s1, s2) for the symmetric matrix [[s0 + s1, s2], [s2, s0 - s1]] and M(B) for S -> B S B^T; let sigma =
s1 + i s2, |S| = max(|s0|, |sigma|). Let g(v) = log|v|_2 + f(theta), theta = 2 phi for v = |v|_2 (cos phi, sin phi), f
Lipschitz with constant L, and let f~ be its harmonic extension to the unit disc. Define F on the directions S:
   indefinite, |s0| <= |sigma|:  F = log 2|sigma| + f(theta+) + f(theta-), theta+- = arg sigma +- arccos(s0/|sigma|);
   definite, |s0| > |sigma|:     F = log 2(|s0| + sqrt(s0^2 - |sigma|^2)) + 2 f~(z),
where k = sigma/s0 and z = k/(1 + sqrt(1 - |k|^2)): from Klein's to Poincare's model of the hyperbolic plane.
Theorem 1. If r = E g(B v) - g(v) lies in [a, b] for all v, then E F(M(B) S) - F(S) lies in [2a, 2b] for all S.
Proof. An indefinite S is (u v^T + v u^T)/2 with theta+- = 2 phi_u, 2 phi_v and |u| |v| = 2 |sigma|, hence F = g(u) +
g(v), and M(B) S belongs to B u and B v: the difference is r(u) + r(v). On definite S, B acts on z by a Moebius map of
the disc (or its conjugate) that extends theta_v -> theta_(B v), which takes harmonic functions to harmonic ones. With
B^T B = (p0, p), p0 = C (1 + |w|^2), p = 2 C w, the extension of log|B v|^2 = log(p0 + Re(conj(p) e^(i theta))) at z is
log C|1 + conj(w) z|^2, and with s0 = c (1 + |z|^2), sigma = 2 c z one has sqrt(det S) = c (1 - |z|^2), sqrt(det B^T B)
= C (1 - |w|^2) and s0' + sqrt(det S') = 2 c C |1 + conj(w) z|^2, so the first terms of F differ by just this. The
difference is twice the Poisson integral of r at z, an average. QED
Theorem 2. If |S' - S| <= e |S| (in both s0 and sigma), e <= 1e-3, then with k = 2.1 e, D = 1.42 sqrt k
   |F(S') - F(S)| <= (e + sqrt(5 e))/(1 - e) + 2 L (7 k + D (6.75 + 0.385 log(1 + 1/D^2))).
Proof. The first terms: |S| changes by at most e|S|, s0^2 - |sigma|^2 by at most 5 e|S|^2. Indefinite S, S': s0/|sigma|
changes by at most k, and arccos by at most arccos(1 - k) <= D, arg sigma by at most 1.6 k. Definite: |k_S - k_S'| <= k;
where |k_S| <= 1/2, z moves by at most k and |grad f~| <= 4.98 L; elsewhere arg z moves by at most pi k, which changes
f~ by at most L pi k (rotations), and |z| = tan(arcsin(|k_S|)/2) by at most D. Along the radius |grad f~| <= L (4.98 +
0.385 log(1 + 1/(1-|z|)^2)), because |grad P| = 2/|e^(it) - z|^2 for the Poisson kernel, whence |grad f~| <= (2L/pi) int
t dt/((1-|z|)^2 + 4|z| sin^2(t/2)) over (0, pi); for t < pi/3, t dt <= 2.4184 du with u = sin^2(t/2), the rest is at
most 5.85; for |z| < 1/2 by the maximum principle for |grad f~|. The integral over a stretch of length D is at most
D (5.75 + 0.385 log(1 + 1/D^2)). If only one of the two is definite, a matrix of determinant 0 lies between; add both
bounds. QED
So if T^-1 A_i T = +-M(B_i) + E_i, lambda lies within E of Theorem 2's bounds, e_i = |E_i| |M(B_i)^-1|, of [2a, 2b].
(The extension to symmetric matrices and its modulus of continuity are our own.)
"""

import math
from collections.abc import Iterator
from typing import Any

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log
from certify.enclosure import Enclosure
from certify.lyapunov.concave_bound import positive_metric
from certify.lyapunov.family import Family, Witness, family
from certify.lyapunov.line_pieces import LineFunction, piece_bounds
from certify.lyapunov.line_search import solve_evenly
from certify.lyapunov.projective_line import line_function
from certify.lyapunov.rationals import rational, to_fmpq
from certify.lyapunov.weighted_moment import perron
from certify.lyapunov.witness_fields import array_field, number_field
from foundation import CertificateError

Matrix = flint.fmpq_mat

_DIMENSION = 3
_CLOSE = 1e-10
_FARTHEST = 1e-3
_CELLS = (300, 600, 1000, 1500, 2500, 4000)
_MOST_LETTERS = 12
_LARGEST_CONDITION = 1e12


def applies(members: Family) -> str | None:
    """None for exact regular families in dimension 3 that keep a cone of squares up to rounding, else the reason."""
    if members.dimension != _DIMENSION:
        return f"symmetric squares of matrices of size 2 have dimension 3, not {members.dimension}"
    if members.exact is None or members.count > _MOST_LETTERS:
        return "symmetric squares are looked for in at most 12 exact matrices only"
    if any(np.linalg.cond(matrix) > _LARGEST_CONDITION for matrix in members.matrices.mid):
        return "some matrix is singular, nearly"
    return None if cone_basis(members.matrices.mid) is not None else "no cone of squares is nearly invariant"


def propose(members: Family, effort: int, deadline: float) -> Witness:
    """The basis T (3, 3), the factors B_i (k, 2, 2), and the best of some piecewise linear f on the circle (estimates).

    f is given as for the projective line: ascending `nodes` in [0, 2), `values`, and the estimate `exponent`.
    """
    best: Witness = {}
    width = np.inf
    for basis, factors in _frames(members):
        for cells in _CELLS:
            found = solve_evenly(factors, members.probabilities.mid, cells)
            witness: Witness = {"basis": basis, "factors": factors, "exponent": found.exponent}
            witness |= {"nodes": found.nodes, "values": found.values}
            bound = prove(members, witness)
            if bound.width < width or not best:
                best, width = witness, bound.width
    return best


def _frames(members: Family) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """T and the B_i, as they are found and after a change of basis in which the mean square of the B_i is rounder."""
    basis = cone_basis(members.matrices.mid)
    if basis is None:
        raise CertificateError("no cone of squares is nearly invariant")
    factors = np.array([_square_root(np.linalg.solve(basis, a @ basis)) for a in members.matrices.mid])
    yield basis, factors
    values, vectors = np.linalg.eigh(positive_metric(perron(factors, members.probabilities.mid).left))
    change = (vectors * values**0.25) @ vectors.T
    back = np.linalg.inv(change)
    turned = np.array([[float(x) for x in row] for row in _on_squares(_exact(back)).tolist()])
    yield basis @ turned, change @ factors @ back


def prove(members: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of both theorems for the witness's f; raises `CertificateError` on a malformed one."""
    basis, factors = array_field(witness, "basis", 2), array_field(witness, "factors", 3)
    if members.exact is None or basis.shape != (3, 3) or factors.shape != (members.count, 2, 2):
        raise CertificateError("the witness needs a basis (3, 3) and one factor (2, 2) for each exact matrix")
    function, offset = line_function(witness), number_field(witness, "exponent", -1e300, 1e300)
    distances = np.array([distance(a, _exact(basis), _exact(b)) for a, b in zip(members.exact, factors, strict=True)])
    if not (distances <= _FARTHEST).all():
        return Enclosure(-np.inf, np.inf)
    chances = members.probabilities if members.exact_probabilities is None else list(members.exact_probabilities)
    pieces = piece_bounds(family(factors, chances), function, offset)
    slack = members.expectation_upper(modulus(distances, lipschitz_constant(function)))
    lower = Ball.exact(offset) * 2.0 + Ball.exact(float(pieces.lower.min())) * 2.0 - slack
    upper = Ball.exact(offset) * 2.0 + Ball.exact(float(pieces.upper.max())) * 2.0 + slack
    return Enclosure(_end(lower.lower, -np.inf), _end(upper.upper, np.inf))


def _end(value: np.ndarray, unknown: float) -> float:
    return float(value) if np.isfinite(value) else unknown


def lipschitz_constant(function: LineFunction) -> float:
    """A Lipschitz constant in theta of f + log(|v|_1/|v|_2) for f in the coordinate t of the circle of length 2.

    dt/dphi = 1/(|cos| + |sin|)^2 <= 1, |d log(|cos phi| + |sin phi|)/dphi| <= 1, and theta = 2 phi.
    """
    return math.nextafter((float(function.slopes().magnitude.max()) + 1.0) / 2, math.inf)


def modulus(distances: np.ndarray, lipschitz: float) -> np.ndarray:
    """Upper bounds of |F(S') - F(S)| by Theorem 2 for |S' - S| <= e |S|, e = `distances` <= 1e-3."""
    e = Ball.exact(np.maximum(distances, 1e-40))
    k = e * 2.1000001
    d = Ball.exact(k.sqrt().upper * 1.4200001)
    growth = log((d * d + 1.0) / (d * d)) * 0.3850001 + 6.75
    first = (e + (e * 5.0).sqrt()) / (Ball.exact(1.0) - e)
    return np.asarray((first + (k * 7.0 + d * growth) * (2.0 * lipschitz)).upper)


def distance(matrix: Matrix, basis: Matrix, factor: Matrix) -> float:
    """An upper bound of |E| |M(B)^-1| in the norm above, E = +-T^-1 A T - M(B); infinite for singular T or B."""
    try:
        inverse, back = basis.inv(), _on_squares(factor.inv())
    except ZeroDivisionError:
        return math.inf
    moved, square = inverse * matrix * basis, _on_squares(factor)
    error = min(_norm(moved - square), _norm(-moved - square))
    bound = error * _norm(back)
    return 0.0 if bound == 0 else math.nextafter(float(bound.p) / float(bound.q), math.inf) * (1 + 2.0**-50)


def _norm(x: Matrix) -> flint.fmpq:
    """An upper bound of the operator norm for max(|s0|, |sigma|): |sigma| <= |s1| + |s2|, and |s1|, |s2| <= |sigma|."""
    rows = [sum((abs(x[i, j]) for j in range(3)), flint.fmpq(0)) for i in range(3)]
    return max(rows[0], rows[1] + rows[2])


def _on_squares(b: Matrix) -> Matrix:
    """M(B) in the coordinates (s0, s1, s2)."""
    columns = []
    for s in ([[1, 0], [0, 1]], [[1, 0], [0, -1]], [[0, 1], [1, 0]]):
        image = b * Matrix(s) * b.transpose()
        columns.append([(image[0, 0] + image[1, 1]) / 2, (image[0, 0] - image[1, 1]) / 2, image[0, 1]])
    return Matrix(columns).transpose()


def _exact(x: np.ndarray) -> Matrix:
    return Matrix([[to_fmpq(rational(float(entry), "witness")) for entry in row] for row in x])


def cone_basis(matrices: np.ndarray) -> np.ndarray | None:
    """T in which the quadratic form s0^2 - s1^2 - s2^2 is kept by all matrices up to factors, or None (an estimate).

    A^T Q A = |det A|^(2/3) Q are linear equations for the symmetric Q.
    """
    sides = [(i, j) for i in range(3) for j in range(i, 3)]
    forms = np.zeros((6, 3, 3))
    for number, (i, j) in enumerate(sides):
        forms[number, i, j] = forms[number, j, i] = 1.0
    rows = []
    for a in matrices:
        factor = np.abs(np.linalg.det(a)) ** (2 / 3)
        size = max(float((a * a).sum()), 1e-300)
        rows.append(np.stack([((a.T @ q @ a - factor * q) / size).ravel() for q in forms], axis=1))
    singular, vectors = np.linalg.svd(np.concatenate(rows))[1:]
    if singular[-1] > _CLOSE * singular[0]:
        return None
    values, frame = np.linalg.eigh(np.einsum("n,nij->ij", vectors[-1], forms))
    if (values > 0).sum() == 2:
        values = -values
    order = np.argsort(-values)
    values, frame = values[order], frame[:, order]
    if not (values[0] > 0 > values[1] and np.abs(values).min() > 1e-6 * np.abs(values).max()):
        return None
    return np.asarray(frame / np.sqrt(np.abs(values)))


def _square_root(x: np.ndarray) -> np.ndarray:
    """B with M(B) near +-x, from the images of e1 e1^T, e2 e2^T and e1 e2^T + e2 e1^T (an estimate)."""
    x = x if x[0, 0] > 0 else -x
    images = [
        _matrix(x @ s) for s in (np.array([0.5, 0.5, 0.0]), np.array([0.5, -0.5, 0.0]), np.array([0.0, 0.0, 1.0]))
    ]
    first, second = (_leading(image) for image in images[:2])
    mixed = np.outer(first, second)
    sign: Any = 1.0 if ((mixed + mixed.T) * images[2]).sum() >= 0 else -1.0
    return np.stack([first, sign * second], axis=1)


def _matrix(s: np.ndarray) -> np.ndarray:
    return np.array([[s[0] + s[1], s[2]], [s[2], s[0] - s[1]]])


def _leading(s: np.ndarray) -> np.ndarray:
    """b with b b^T near s."""
    values, vectors = np.linalg.eigh(s)
    return np.asarray(vectors[:, 1] * math.sqrt(max(values[1], 0.0)))
