"""A locked state near given phases, and its stability, from the monotonicity of the coupling: no matrix is inverted."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball, cos
from certify.arithmetic.rounding import UNIT_ROUNDOFF, gamma, inflate_products
from certify.digits import digits_apart
from certify.kuramoto.network import PhaseNetwork
from certify.kuramoto.tree import SpanningTree, path_lengths, spanning_tree
from certify.linear_algebra.norms import frobenius_norm_bound, upward

# Each edge of the other sign costs a shortest path through the graph.
_MOST_EXCEPTIONS = 64


@final
@dataclass(frozen=True, eq=False)
class MonotoneProof:
    """There is exactly one locked state, up to rotation, whose edge differences are within `reach` of the given ones.

    sign: +1 when the form of K a_ij cos(theta_j - theta_i) is positive there (stable), -1 when it is negative.
    distances: with the root of a spanning tree rotated onto its given phase, each phase is this close (n,).
    edge_distances: bounds of the changes of the edge differences (m,). rate: a positive lower bound of the smallest
    eigenvalue of the form on vectors orthogonal to the rotation, throughout the neighbourhood.
    """

    sign: int
    reach: float
    distances: np.ndarray
    edge_distances: np.ndarray
    rate: float

    @property
    def radius(self) -> float:
        """Bound of the Euclidean distance from the given phases to the locked state, rotated suitably."""
        return frobenius_norm_bound(self.distances.reshape(1, -1))


@final
@dataclass(frozen=True)
class Refusal:
    """Why nothing was proved."""

    reason: str


@final
@dataclass(frozen=True, eq=False)
class _Form:
    """sum_e sign * K a_e cos(.) y_e^2 >= margin * sum_(agreeing e) lower_e y_e^2 on the neighbourhood.

    lower: bounds of sign * K a_e cos over it. agrees: where it is positive; `bypass`: for the other edges, bounds of
    y_e^2 / sum_(agreeing) lower y^2.
    """

    sign: int
    lower: np.ndarray
    agrees: np.ndarray
    tree: SpanningTree
    others: np.ndarray
    bypass: np.ndarray
    margin: float


def prove_monotone(network: PhaseNetwork, phases: np.ndarray, reach: float) -> MonotoneProof | Refusal:
    """Prove a locked state whose differences theta_j - theta_i along edges change by less than `reach`.

    Write F(theta) for the velocities less their mean, r = F at the phases given, y for the changes of the edge
    differences when the phases change by delta, and c_e > 0 for lower bounds of s K a_e cos on |y_e| <= reach, s = +-1.
    By the mean value theorem s (r - F) . delta >= sum c_e y_e^2, and r . delta = sum f_e y_e <= N (sum c_e y_e^2)^(1/2)
    for every flow f that carries r to its sinks, N^2 = sum f_e^2 / c_e; here the flow through a spanning tree. Where
    sum c_e y_e^2 = R^2 with R > N, so s F . delta < 0: by Brouwer's theorem F vanishes inside that ellipsoid
    [J. Ortega, W. Rheinboldt, Iterative Solution of Nonlinear Equations in Several Variables, 6.3.4], once, because
    -s F is strictly monotone there. Edges with c_e <= 0 are charged with
    their effective resistance, at most that of a path [W. Thomson's principle].
    """
    differences = network.differences(phases)
    form = _form(network, differences, reach)
    if isinstance(form, Refusal):
        return form
    above = form.tree.edges >= 0
    flow = form.tree.flow(network.residual(differences))[above]
    # never squared: where the coupling is weak that would underflow, and the quotient by it blow up what was lost
    parts = inflate_products(flow / np.sqrt(form.lower[form.tree.edges[above]]), 4)
    size = frobenius_norm_bound(parts.reshape(1, -1))
    # the strict inequality R > N leaves room for the rounding of R^2 below
    ellipsoid = upward(size / math.nextafter(form.margin, 0.0), 8)
    moved = _edge_distances(form, ellipsoid)
    if not float(moved.max()) < reach:
        k = int(np.argmax(moved))
        change, room = digits_apart(float(moved[k]), reach)
        return Refusal(
            f"the residual, {size:.3g} in the norm of the coupling, may change the difference along the edge "
            f"({network.tails[k]}, {network.heads[k]}) by {change}, outside of the neighbourhood {room}"
        )
    heights = form.tree.heights(_quotients(np.ones(len(form.lower)), form.lower, form.agrees))
    distances = inflate_products(np.sqrt(heights) * ellipsoid, 4)
    total = float(heights.sum()) * (1 + 4 * gamma(network.nodes + 2))
    rate = form.margin / total * (1 - 8 * UNIT_ROUNDOFF) if math.isfinite(total) else 0.0
    return MonotoneProof(form.sign, reach, distances, moved, rate)


def uniqueness_holds(network: PhaseNetwork, phases: np.ndarray, reach: float) -> bool:
    """Whether at most one locked state, up to rotation, has its edge differences within `reach` of the given ones."""
    return not isinstance(_form(network, network.differences(phases), reach), Refusal)


def coupling_bounds(network: PhaseNetwork, differences: Ball, reach: float | np.ndarray) -> Ball:
    """K a_e cos over the neighbourhood, (m,)."""
    return network.strengths * cos(differences.widened(reach))


def _form(network: PhaseNetwork, differences: Ball, reach: float) -> _Form | Refusal:
    bounds = coupling_bounds(network, differences, reach)
    sign = 1 if np.count_nonzero(bounds.mid > 0) * 2 >= len(bounds) else -1
    lower = bounds.lower if sign > 0 else -bounds.upper
    agrees = lower > 0
    others = np.flatnonzero(~agrees)
    if len(others) > _MOST_EXCEPTIONS:
        return _unseparated(network, bounds)
    tree = spanning_tree(network.tails, network.heads, agrees, network.nodes)
    if tree is None:
        return _unseparated(network, bounds)
    lengths = _quotients(np.ones(len(lower)), lower, agrees)
    bypass = path_lengths(network.tails, network.heads, lengths, agrees, others, network.nodes)
    lost = upward(float((inflate_products(-lower[others] * bypass, 1)).sum()), len(others) + 2) if len(others) else 0.0
    if not lost < 1:
        return _unseparated(network, bounds)
    return _Form(sign, lower, agrees, tree, others, bypass, math.nextafter(1.0 - lost, 0.0))


def _edge_distances(form: _Form, ellipsoid: float) -> np.ndarray:
    """|y_e| <= R / c_e^(1/2), and R times the root of the bypass for the edges of the other sign."""
    moved = inflate_products(np.sqrt(_quotients(np.ones(len(form.lower)), form.lower, form.agrees)) * ellipsoid, 4)
    moved[form.others] = inflate_products(np.sqrt(form.bypass) * ellipsoid, 4)
    return np.asarray(moved)


def _quotients(numerator: np.ndarray, divisor: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Upper bounds of the quotients where the divisor is positive, 0 elsewhere."""
    return np.asarray(np.where(where, inflate_products(numerator / np.where(where, divisor, 1.0), 1), 0.0))


def _unseparated(network: PhaseNetwork, bounds: Ball) -> Refusal:
    positive, negative = int((bounds.lower > 0).sum()), int((bounds.upper < 0).sum())
    unknown = len(bounds) - positive - negative
    k = int(np.argmin(np.abs(bounds.mid)))
    return Refusal(
        f"K a_ij cos(theta_j - theta_i) is positive on {positive} edges, negative on {negative} and not separated from "
        f"0 on {unknown}, such as {bounds.mid[k]:.3g} on the edge ({network.tails[k]}, {network.heads[k]})"
    )
