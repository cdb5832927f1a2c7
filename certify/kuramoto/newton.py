"""A locked state with couplings of both signs, by Newton's method and the inertia of the grounded Laplacian."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.sparse
from scipy.sparse import csr_array

from certify.arithmetic import Ball
from certify.arithmetic.rounding import gamma, inflate_products
from certify.digits import digits_apart
from certify.kuramoto.monotone import Refusal, coupling_bounds
from certify.kuramoto.network import PhaseNetwork
from certify.linear_algebra.inertia import inertia
from certify.linear_algebra.norms import frobenius_norm_bound, upward
from certify.linear_algebra.ordering import nested_dissection
from certify.linear_algebra.symmetric_eigenvalues import symmetric_eigenvalues

# All eigenvalues of dense matrices up to this size; beyond, eliminations of sparse ones.
_DENSE = 400
_STRENGTH = 2.0**100


@final
@dataclass(frozen=True, eq=False)
class NewtonProof:
    """A locked state lies within `radius` (Euclidean, one phase held) of the given phases, alone within `reach`.

    unstable: how many eigenvalues of the linearisation are positive; the others but the rotation's are negative.
    """

    radius: float
    reach: float
    unstable: int


def prove_newton(network: PhaseNetwork, phases: np.ndarray, gap: float) -> NewtonProof | Refusal:
    """Newton-Kantorovich for the phases of all nodes but one, with the exact inverse of the derivative.

    G, the Laplacian of the weights K a_e cos(theta_j - theta_i) without one row and column, is proved to have no
    eigenvalue in [-mu, mu] near the proposed `gap` (`inertia` at both ends, or all eigenvalues). Then |G^-1| <= 1/mu,
    and with S the largest sum of |K a_ij| at a node |G(theta) - G(theta')| <= 2 sqrt(2) S |theta - theta'|: a change of
    cosines by at most the change of the difference, itself at most sqrt(2) |theta - theta'|, and a Laplacian is at most
    twice its largest row sum. With q = 2 sqrt(2) S / mu and eta = |F| / mu, q eta < 1/2 gives a zero within 2 eta,
    alone within 1/(2 q) [L. Kantorovich; J. Ortega, W. Rheinboldt, 12.6.2], where G keeps its inertia.
    """
    differences = network.differences(phases)
    weights = coupling_bounds(network, differences, 0.0)
    grounded = _grounded(network, weights)
    if float(np.abs(weights.mid).max()) > _STRENGTH or float(np.abs(weights.mid).max()) < 1 / _STRENGTH:
        return Refusal("the strengths of the coupling are out of range for an elimination; choose another unit of time")
    found = _negative_beyond(network, weights, grounded, gap)
    if isinstance(found, Refusal):
        return found
    negative, margin = found
    keep = np.arange(network.nodes) != _ground(network)
    residual = frobenius_norm_bound(network.residual(differences)[keep].reshape(1, -1))
    strength = float(network.strength_sums(network.strengths.magnitude).max())
    factor = upward(2.8284271247461903 * strength, 4)
    slope = upward(factor / margin, 2)
    step = upward(residual / margin, 2)
    if not upward(slope * step, 2) < 0.5:
        product, _ = digits_apart(slope * step, 0.5)
        return Refusal(
            f"Newton's condition fails: the residual {residual:.3g} and the gap {margin:.3g} around 0 in the spectrum "
            f"give q eta = {product}, and less than 1/2 is needed"
        )
    return NewtonProof(upward(2 * step, 1), 0.499 / slope, negative)


def _ground(network: PhaseNetwork) -> int:
    """The node whose phase is held: one of the strongest."""
    return int(np.argmax(np.bincount(np.concatenate([network.tails, network.heads]), minlength=network.nodes)))


def _grounded(network: PhaseNetwork, weights: Ball) -> csr_array:
    """The midpoint of the Laplacian without the ground's row and column."""
    n, w = network.nodes, weights.mid
    rows, columns = network.tails, network.heads
    beside = csr_array((np.concatenate([w, w]), (np.concatenate([rows, columns]), np.concatenate([columns, rows]))))
    beside.resize((n, n))
    whole = csr_array(scipy.sparse.diags_array(np.asarray(beside.sum(axis=1)).reshape(-1)) - beside)
    keep = np.flatnonzero(np.arange(n) != _ground(network))
    return csr_array(whole[keep][:, keep])


def _perturbation(network: PhaseNetwork, weights: Ball) -> np.ndarray:
    """Bounds of the row sums of the exact grounded Laplacian less its midpoint."""
    longest = int(np.bincount(np.concatenate([network.tails, network.heads])).max()) + 2
    size = network.strength_sums(np.abs(weights.mid)) * gamma(longest) * (1 + 2 * gamma(longest))
    both = inflate_products(size + 2 * network.strength_sums(np.asarray(weights.rad)), 3)
    return np.asarray(both[np.arange(network.nodes) != _ground(network)])


def _negative_beyond(
    network: PhaseNetwork, weights: Ball, grounded: csr_array, gap: float
) -> tuple[int, float] | Refusal:
    """(number of negative eigenvalues of G, proved lower bound of the moduli of all eigenvalues)."""
    error = _perturbation(network, weights)
    near_zero = Refusal(
        "the linearisation may have a second eigenvalue 0: a gap around 0 in its spectrum is not proved"
    )
    if grounded.shape[0] <= _DENSE:
        values = symmetric_eigenvalues(grounded.toarray())
        slack = float(error.max())
        negative = int((values.upper < 0).sum())
        margins = np.where(values.upper < 0, -values.upper, values.lower) - slack
        margin = math.nextafter(float(margins.min()), -math.inf)
        return (negative, margin) if margin > 0 else near_zero
    fronts = nested_dissection(grounded)
    if fronts is None:
        return Refusal(
            "the couplings have both signs, and the graph has no small separators by which to eliminate its matrix"
        )
    below, above = (inertia(grounded, shift, fronts, error) for shift in (-gap, gap))
    if below is None or above is None or below.below != above.below:
        return near_zero
    margin = min(-below.upper, above.lower)
    return (below.below, margin) if margin > 0 else near_zero
