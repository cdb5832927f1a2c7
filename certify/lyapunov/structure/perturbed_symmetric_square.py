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
The same proof shows that F(M(B) S) - F(S) = 2 int (log|B v| + f(B v) - f(v)) dm_S for one B and bounded f, where m_S is
the half sum of the unit masses at theta+ and theta-, or the Poisson measure of z, and F(S) = l(S) + 2 int f dm_S.
Theorem 2. Let |S' - S| <= e |S| (in both s0 and sigma), e <= 1e-3, and let N(rho) = 1.784 sqrt(e)/rho. Then l changes
by at most (e + sqrt(5 e))/(1 - e), and for every bounded f and radii rho_0 < .. < rho_J = pi with N(rho_0) < 1
   int f dm_S' <= int (f_(R_0) + sum_j w_j osc_(R_j) f) dm_S, suprema and oscillations over neighbourhoods of radius
R_0 = rho_0 + 2.17 sqrt(e), R_j = rho_j + R_0, w_j = (N(rho_(j-1)) - N(rho_j))/(1 - N(rho_0)), with 0 for N(rho_J).
Proof. l is log 2(m + sqrt(max(s0^2 - |sigma|^2, 0))), m = |S|: m changes by at most e|S|, the radicand by at most 5 e
|S|^2. As for the measures: S and S' indefinite: s0/|sigma| changes by at most 2.1 e, theta+- by at most 1.42 sqrt(2.1
e) + 1.1 e. Definite, |k_S| < 1/2: k changes by at most 2.1 e, z by 1.4 e; the measure of z is the image of the uniform
one under x -> (x + z)/(1 + conj(z) x), whose points move by at most 2.8 times as much. Definite, |k_S| >= 1/2: arg
sigma changes by at most 2.1 e; then |z| changes from r to r'. If r' < r, the measure of z' is that of z convolved with
the Poisson measure of q = r'/r, a random shift by n with tan(n/2) = y times a standard Cauchy variable, y =
(1-q)/(1+q); if r' > r, it is the other way round. As (1-r)/(1+r) is the root of (1-|k|)/(1+|k|), y <= 1.4 sqrt(e), so
that P(|n| > rho) <= (4/pi) y/rho <= N(rho). If only one of the two is definite, a matrix of rank one lies between. In
all: moves of at most 2.17 sqrt(e) together, and at most one random shift. Shifts inward: the mean of f(theta + n) is at
most f_(rho_0) + sum_j P(rho_(j-1) < |n| <= rho_j) osc_(rho_j). Shifts outward: f(theta) must be at most the mean over n
of the right side at theta + n. The mean of f_(rho_0)(theta + n) falls short of it by at most the sum over j of
P(rho_(j-1) < |n| <= rho_j) times the drop of f within rho_j of theta, at most sum_j (N(rho_(j-1)) - N(rho_j)) drop_j as
the drops grow with j, and where |n| <= rho_0, with probability 1 - N(rho_0) at least, osc_(R_j) at theta + n is at
least drop_j. QED
So if T^-1 A_i T = +-M(B_i) + E_i and |E_i| |M(B_i)^-1| <= e, then S -> T^-1 A_i T S changes F in the mean by 2 b and
the change of l at most, where b bounds E[log|B v| + Psi(B v)] - f(v), Psi the blurred f of Theorem 2 (`blurred_line`).
(The extension to symmetric matrices and the theorem on perturbations are our own.)
Statement and proof: docs/theory/perturbed-squares.md.
"""

import math
from itertools import pairwise
from typing import Any

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.directions.projective_line import line_function
from certify.lyapunov.families.arb_family import FLOAT_BITS, upper_float
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.families.rationals import rational, to_fmpq
from certify.lyapunov.structure.smoothed_test_function import Blur, blurred_bounds
from certify.lyapunov.witness_fields import array_field, integer_field, number_field
from foundation import CertificateError
from foundation.arb_precision import arb_precision

Matrix = flint.fmpq_mat

_DIMENSION = 3
_FARTHEST = 1e-3
_RATIO = 8.0
_MOST_LETTERS = 12


def admits(family: Family) -> str | None:
    """None for at most 12 exact matrices in dimension 3, else the reason: what a witness can speak about."""
    if family.dimension != _DIMENSION:
        return f"symmetric squares of matrices of size 2 have dimension 3, not {family.dimension}"
    if family.exact is None or family.count > _MOST_LETTERS:
        return "symmetric squares are looked for in at most 12 exact matrices only"
    return None


def probabilities(family: Family) -> Any:
    return family.probabilities if family.exact_probabilities is None else list(family.exact_probabilities)


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of both theorems for the witness's f; raises `CertificateError` on a malformed one.

    Checked: exact matrices in dimension 3; T and every B_i regular; e <= 1e-3; rho_0 >= 2 sqrt(e), so that N(rho_0) is
    below one; no image of a piece may lie anywhere.
    """
    basis, factors = array_field(witness, "basis", 2), array_field(witness, "factors", 3)
    exact = family.exact is not None and family.dimension == _DIMENSION
    if not exact or basis.shape != (3, 3) or factors.shape != (family.count, 2, 2):
        raise CertificateError("the witness needs a basis (3, 3) and one factor (2, 2) for each exact matrix")
    return bounds_on_squares(
        matrix_family(factors, probabilities(family)), square_distances(family, basis, factors), witness
    )


def square_distances(family: Family, basis: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """The distances of all letters from squares, for the T and B_i of a witness."""
    exact = family.exact or ()
    return np.array([distance(a, exact_floats(basis), exact_floats(b)) for a, b in zip(exact, factors, strict=True)])


def bounds_on_squares(planar: Family, distances: np.ndarray, witness: Witness) -> Enclosure:
    function, offset = line_function(witness), number_field(witness, "exponent", -1e300, 1e300)
    base, rounds = number_field(witness, "blur", 2.0, 1e6), integer_field(witness, "rounds", 0, 10**6)
    farthest = float(distances.max())
    if not farthest <= _FARTHEST:
        return Enclosure(-np.inf, np.inf)
    below, above = blurred_bounds(planar, function, offset, blur(farthest, base), rounds)
    if not np.isfinite(above - below):
        return Enclosure(-np.inf, np.inf)
    slack = first_term(farthest)
    lower = (Ball.exact(offset) + Ball.exact(below)) * 2.0 - slack
    upper = (Ball.exact(offset) + Ball.exact(above)) * 2.0 + slack
    return Enclosure(_end(lower.lower, -np.inf), _end(upper.upper, np.inf))


def _end(value: np.ndarray, unknown: float) -> float:
    return float(value) if np.isfinite(value) else unknown


def blur(distance: float, base: float) -> Blur:
    """The radii and weights of Theorem 2 for e = `distance` <= 1e-3, rho_0 = `base` sqrt(e), rho_j = 8 rho_(j-1)."""
    root = math.sqrt(max(distance, 1e-40)) * (1 + 2.0**-40)
    radii = [min(base * root, math.pi)]
    while radii[-1] < math.pi:
        radii.append(min(radii[-1] * _RATIO, math.pi))
    tails = [1.784 * root / radius for radius in radii[:-1]] + [0.0]
    least = radii[0] + 2.17 * root
    weights = [(far - near) / (1 - tails[0]) for far, near in pairwise(tails)]
    outward = 1 + 2.0**-40
    windows = tuple((radius + least) * outward for radius in radii[1:])
    return Blur(least * outward, tuple(min(w, 3.1416) for w in windows), tuple(w * outward for w in weights))


def first_term(distance: float) -> float:
    """(e + sqrt(5 e))/(1 - e) for e = `distance` <= 1e-3, rounded up."""
    e = max(distance, 1e-40)
    return (e + math.sqrt(5 * e)) / (1 - e) * (1 + 2.0**-40)


def distance(matrix: Matrix, basis: Matrix, factor: Matrix) -> float:
    """An upper bound of |E| |M(B)^-1| in the norm above, E = +-T^-1 A T - M(B); infinite for singular T or B."""
    try:
        inverse, back = basis.inv(), on_squares(factor.inv())
    except ZeroDivisionError:
        return math.inf
    moved, square = inverse * matrix * basis, on_squares(factor)
    error = min(_norm(moved - square), _norm(-moved - square))
    bound = error * _norm(back)
    with arb_precision(FLOAT_BITS):
        return 0.0 if bound == 0 else upper_float(flint.arb(bound))


def _norm(x: Matrix) -> flint.fmpq:
    """An upper bound of the operator norm for max(|s0|, |sigma|): |sigma| <= |s1| + |s2|, and |s1|, |s2| <= |sigma|."""
    rows = [sum((abs(x[i, j]) for j in range(3)), flint.fmpq(0)) for i in range(3)]
    return max(rows[0], rows[1] + rows[2])


def on_squares(b: Matrix) -> Matrix:
    """M(B) in the coordinates (s0, s1, s2)."""
    columns = []
    for s in ([[1, 0], [0, 1]], [[1, 0], [0, -1]], [[0, 1], [1, 0]]):
        image = b * Matrix(s) * b.transpose()
        columns.append([(image[0, 0] + image[1, 1]) / 2, (image[0, 0] - image[1, 1]) / 2, image[0, 1]])
    return Matrix(columns).transpose()


def exact_floats(x: np.ndarray) -> Matrix:
    return Matrix([[to_fmpq(rational(float(entry), "witness")) for entry in row] for row in x])
