"""Equilibria of Hopfield networks x' = -d x + A tanh(x) + b: fixed points of G(x) = (A tanh(x) + b) / d.

With |v|_w = max_i |v_i| / w_i, w > 0, |DG|_w = max_i sum_j |A_ij| tanh'(x_j) w_j / (d w_i). Where it is at most q < 1
on a convex set there is at most one fixed point; with |G(p) - p|_w < (1 - q) r and the ball of radius r around p there
is one in it, within |G(p) - p|_w / (1 - q) (Banach). The eigenvalues of the linearisation lie in Gershgorin's discs in
these coordinates; the largest real part is at least their mean, the trace over n.
"""

from typing import Any

from flint import arb, arb_mat

from recheck.fields import Entries
from recheck.linear import highest
from recheck.outcome import BadInput, NotCovered, Work
from recheck.program.elements import apply, square
from recheck.proof import Proof, Statement, exact, floats, is_reach, is_size, number

_LARGEST, _ROUNDS = 1500, 4


def _couplings(problem: dict[str, Any], n: int) -> arb_mat:
    NotCovered.when(n > _LARGEST or "columns" in problem, "sparse networks and larger ones are not covered")
    if "matrix" in problem:
        return arb_mat(floats(problem, "matrix", (n, n)).matrix())
    left, right = (arb_mat(floats(problem, name, (n, None)).matrix()) for name in ("left", "right"))
    BadInput.when(left.ncols() != right.ncols(), "the factors of the couplings do not fit together")
    return left * right.transpose()


def prove_hopfield(statement: Statement, work: Work) -> Proof:
    """The equilibrium near the witness's point, alone in a cube, and where the eigenvalues lie."""
    problem, decay = statement.problem, number(statement.problem.get("decay"), "decay")
    bias = exact(floats(problem, "bias", (None,)))
    n = len(bias)
    point, matrix = exact(floats(statement.witness, "point", (n,))), _couplings(problem, n)
    BadInput.unless(decay > 0 and n, "the decay is not positive, or there are no neurons")
    work.spend(50 * n * n)
    sizes = arb_mat(n, n, [x.abs_upper() for x in matrix.entries()])
    weights = [arb(1)] * n

    def slopes(radii: Entries) -> Entries:
        """tanh' over |x_i - p_i| <= r_i."""
        return [1 - square(apply("tanh", p + arb(0, r))) for p, r in zip(point, radii, strict=True)]

    def rows(slope: Entries) -> Entries:
        """sum_j |A_ij| s_j w_j / w_i."""
        found = sizes * arb_mat(n, 1, [s * w for s, w in zip(slope, weights, strict=True)])
        return [x / w for x, w in zip(found.entries(), weights, strict=True)]

    for _ in range(_ROUNDS):
        found = rows(slopes([arb(0)] * n))
        weights = [(w * (x / highest(found) + arb(0.001))).mid() for w, x in zip(weights, found, strict=True)]
    image = (matrix * arb_mat(n, 1, [p.tanh() for p in point])).entries()
    away = highest([abs((g + b) / decay - p) / w for g, b, p, w in zip(image, bias, point, weights, strict=True)])
    reach = 2 * away + arb(2) ** -100
    rate = highest(rows(slopes([reach * w for w in weights]))) / decay
    NotCovered.unless(away < (1 - rate) * reach, "the own weights do not prove a contraction")
    near = (away / (1 - rate)).upper()
    size = sum((w * w for w in weights), arb(0)).sqrt()
    proof = Proof(bounds={"radius": is_reach(near * size)}, weak={"radius", "uniqueness_radius", "spectral_abscissa"})
    proof.bounds["uniqueness_radius"] = is_size(lambda radius: highest(rows(slopes([radius] * n))) < decay)
    slope = slopes([near * w for w in weights])
    own = [matrix[i, i] * slope[i] for i in range(n)]
    beside = [x - abs(a) for x, a in zip(rows(slope), own, strict=True)]
    high = highest([a + x for a, x in zip(own, beside, strict=True)]) - decay
    proof.values["spectral_abscissa"] = (sum(own, arb(0)) / n - decay).lower().union(high.upper())
    proof.values |= {"stable_directions": arb(n), "unstable_directions": arb(0), "undecided_directions": arb(0)}
    NotCovered.unless(high < 0, "the own weights do not prove that all eigenvalues are negative")
    proof.verdict, proof.needed, proof.proved = "STABLE", {"hyperbolic"}, {"hyperbolic"}
    return proof
