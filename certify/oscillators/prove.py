"""The prover of locked states: existence modulo rotation, stability, or that none exists, from problem and witness."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball, cos, sin
from certify.arithmetic.rounding import gamma
from certify.certificate.model import Claim, Hypothesis, Outcome, Status
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.linear_algebra.norms import upward
from certify.oscillators.cuts import THEOREM as CUT_THEOREM
from certify.oscillators.cuts import cut_excess
from certify.oscillators.monotone import MonotoneProof, coupling_bounds, prove_monotone, uniqueness_holds
from certify.oscillators.network import PhaseNetwork
from certify.oscillators.newton import NewtonProof, prove_newton
from certify.verdict import Verdict
from foundation import CertificateError

# Eigenvalues of the linearisation are bounded sharply for dense matrices of this size.
_SHARP = 600

_LAPLACIAN = (
    "The linearisation at a locked state is minus the Laplacian of the weights K a_ij cos(theta_j - theta_i), with a "
    "simple eigenvalue 0 for the rotation [A. Jadbabaie, N. Motee, M. Barahona, American Control Conference 2004; "
    "F. Doerfler, F. Bullo, Automatica 50 (2014)]. "
)
_STABLE = _LAPLACIAN + (
    "All others being negative, the circle of rotations of the locked state is asymptotically stable: Lyapunov's "
    "indirect method on the quotient by rotations [H. Khalil, Nonlinear Systems, 3rd ed., Theorem 4.7]."
)
_UNSTABLE = _LAPLACIAN + (
    "One being positive, the circle of rotations of the locked state is unstable: Lyapunov's indirect method on the "
    "quotient by rotations [H. Khalil, Nonlinear Systems, 3rd ed., Theorem 4.7]."
)
_ABSCISSA = "Largest eigenvalue of the linearisation, without the 0 of the rotation."
_MONOTONE = "The velocities are strictly monotone near the given phases, so one state there has none (Brouwer). "
_NEWTON = "Newton-Kantorovich for the phases of all oscillators but one. "


def prove_locked_state(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Outcome:
    """Prove what can be proved about the locked state near the witness's phases, deterministically.

    problem: see `PhaseNetwork`. witness: point, phases (n,); reach, of the neighbourhood of edge differences;
    uniqueness_reach; gap around 0 in the spectrum, for couplings of both signs; or inside (n,) bool, a set that
    cannot lock. Wrong witnesses lead to UNDECIDED or to fewer claims, never to a wrong proof.
    """
    network = PhaseNetwork.from_tree(problem)
    if "inside" in witness:
        return _not_locked(network, witness)
    phases, reach = floats(witness, "point", (network.nodes,)), _number(witness, "reach")
    found = prove_monotone(network, phases, reach)
    if isinstance(found, MonotoneProof):
        return _monotone_outcome(network, phases, witness, found)
    second = prove_newton(network, phases, _number(witness, "gap")) if "gap" in witness else found
    if isinstance(second, NewtonProof):
        return _newton_outcome(network, phases, second)
    reason = f"a locked state and its stability are not proved near the point: {second.reason}"
    return Outcome(Verdict.UNDECIDED, "", (), (), reason, _advice(network, phases))


def _monotone_outcome(
    network: PhaseNetwork, phases: np.ndarray, witness: Mapping[str, Any], found: MonotoneProof
) -> Outcome:
    text = "Rotated suitably, an exact locked state lies within this Euclidean distance of the witness's point."
    moved = float(found.edge_distances.max())
    edge = "Each difference of phases along an edge is within this distance of that of the point."
    alone = max(found.reach, _uniqueness(network, phases, witness))
    unique = (
        "No other locked state arises from the point by changes of the phases that change the difference along each "
        "edge by at most this much."
    )
    claims = (
        Claim("radius", text, Enclosure(0.0, found.radius), "rad"),
        Claim("edge_radius", edge, Enclosure(0.0, moved), "rad"),
        Claim("uniqueness_radius", unique, Enclosure(alone, alone), "rad"),
        _velocity(network),
        _order_parameter(phases, found.distances),
        _abscissa(network, phases, found),
        *_directions(network.nodes, 0 if found.sign > 0 else network.nodes - 1),
    )
    stable = found.sign > 0
    reason = "The graph of the edges on which K a_ij cos is proved to have this sign is connected" + (
        ", and outweighs the others." if found.edge_distances.size > network.nodes - 1 else "."
    )
    hyperbolic = Hypothesis("hyperbolic", "The eigenvalue 0 of the linearisation is simple.", Status.PROVED, reason)
    verdict = Verdict.STABLE if stable else Verdict.UNSTABLE
    return Outcome(verdict, _MONOTONE + (_STABLE if stable else _UNSTABLE), claims, (hyperbolic,))


def _newton_outcome(network: PhaseNetwork, phases: np.ndarray, found: NewtonProof) -> Outcome:
    text = "Rotated suitably, an exact locked state lies within this Euclidean distance of the witness's point."
    unique = "No other locked state with one oscillator's phase held lies within this Euclidean distance of the point."
    claims = (
        Claim("radius", text, Enclosure(0.0, found.radius), "rad"),
        Claim("uniqueness_radius", unique, Enclosure(found.reach, found.reach), "rad"),
        _velocity(network),
        _order_parameter(phases, np.full(network.nodes, found.radius)),
        *_newton_abscissa(network, phases, found),
        *_directions(network.nodes, found.unstable),
    )
    reason = "The inertia of the grounded Laplacian is the same on both sides of 0."
    hyperbolic = Hypothesis("hyperbolic", "The eigenvalue 0 of the linearisation is simple.", Status.PROVED, reason)
    verdict = Verdict.UNSTABLE if found.unstable else Verdict.STABLE
    return Outcome(verdict, _NEWTON + (_UNSTABLE if found.unstable else _STABLE), claims, (hyperbolic,))


def _newton_abscissa(network: PhaseNetwork, phases: np.ndarray, found: NewtonProof) -> tuple[Claim, ...]:
    """For networks of moderate size; a difference along an edge changes by at most sqrt(2) times the radius."""
    if network.nodes > _SHARP:
        return ()
    weights = coupling_bounds(network, network.differences(phases), upward(1.5 * found.radius, 1))
    return (Claim("spectral_abscissa", _ABSCISSA, _sharp_abscissa(network, weights)),)


def _not_locked(network: PhaseNetwork, witness: Mapping[str, Any]) -> Outcome:
    inside = witness.get("inside")
    if not isinstance(inside, np.ndarray) or inside.dtype != bool or inside.shape != (network.nodes,):
        raise CertificateError(f"the certificate's witness has no set of nodes 'inside' of shape ({network.nodes},)")
    excess = cut_excess(network, inside)
    if not excess.lower > 0:
        return Outcome(Verdict.UNDECIDED, "", (), (), "the set of nodes could lock", "search for a locked state")
    text = (
        f"No locked state exists: on {int(inside.sum())} of the {network.nodes} nodes the sum of omega_i - mean(omega) "
        "exceeds the coupling across their boundary by this much."
    )
    return Outcome(Verdict.REFUTED, CUT_THEOREM, (Claim("excess", text, excess),))


def _velocity(network: PhaseNetwork) -> Claim:
    text = "Common velocity of all phases in the locked state: the mean frequency."
    return Claim("velocity_1", text, network.velocity.enclosure(), "per unit of time")


def _order_parameter(phases: np.ndarray, distances: np.ndarray) -> Claim:
    """|sum e^(i theta)| / n, which no rotation changes."""
    angles, count = Ball(phases, distances), len(phases)
    across, along = sin(angles).sum(), cos(angles).sum()
    length = (across.square() + along.square()) / float(count) / float(count)
    bounds = length.enclosure()
    lower = math.sqrt(max(bounds.lower, 0.0)) * (1 - 4 * gamma(1))
    upper = min(upward(math.sqrt(max(bounds.upper, 0.0)), 2), 1.0)
    return Claim("order_parameter", "Modulus of the mean of exp(i theta).", Enclosure(min(lower, upper), upper))


def _abscissa(network: PhaseNetwork, phases: np.ndarray, found: MonotoneProof) -> Claim:
    """The largest eigenvalue of the linearisation beside the 0 of the rotation."""
    weights = coupling_bounds(network, network.differences(phases), found.edge_distances)
    if network.nodes <= _SHARP:
        value = _sharp_abscissa(network, weights)
        # the two bounds are of one number: the better sides are kept
        low, high = (value.lower, -found.rate) if found.sign > 0 else (found.rate, value.upper)
        return Claim("spectral_abscissa", _ABSCISSA, Enclosure(max(low, value.lower), min(high, value.upper)))
    sums = network.strength_sums(weights.magnitude)
    if found.sign > 0:
        # lambda_2 <= n / (n - 1) times every diagonal entry [M. Fiedler 1973]
        weakest = upward(float(sums.min()) * network.nodes / (network.nodes - 1), 4)
        return Claim("spectral_abscissa", _ABSCISSA, Enclosure(-max(weakest, found.rate), -found.rate))
    return Claim(
        "spectral_abscissa", _ABSCISSA, Enclosure(found.rate, max(upward(2 * float(sums.max()), 2), found.rate))
    )


def _sharp_abscissa(network: PhaseNetwork, weights: Ball) -> Enclosure:
    """The largest eigenvalue of -L - c 1 1^T: c n moves the rotation's below all others."""
    size = max(float(network.strength_sums(weights.magnitude).max()), 2.0**-400)
    shift = 2.0 ** math.ceil(math.log2(4 * size / network.nodes))
    return extreme_eigenvalues(-_dense_laplacian(network, weights) - shift)[1]


def _dense_laplacian(network: PhaseNetwork, weights: Ball) -> Ball:
    n, i, j = network.nodes, network.tails, network.heads
    mid, rad = np.zeros((n, n)), np.zeros((n, n))
    mid[i, j] = mid[j, i] = -weights.mid
    rad[i, j] = rad[j, i] = weights.rad
    diagonal = (-Ball(mid, rad)).sum(axis=1)
    mid[np.arange(n), np.arange(n)], rad[np.arange(n), np.arange(n)] = diagonal.mid, diagonal.rad
    return Ball(mid, rad)


def _directions(nodes: int, unstable: int) -> tuple[Claim, ...]:
    counts = (("stable", float(nodes - 1 - unstable)), ("unstable", float(unstable)), ("undecided", 0.0))
    return tuple(
        Claim(f"{name}_directions", f"Number of {name} eigenvalues, without that of the rotation.", Enclosure(c, c))
        for name, c in counts
    )


def _uniqueness(network: PhaseNetwork, phases: np.ndarray, witness: Mapping[str, Any]) -> float:
    reach = witness.get("uniqueness_reach")
    if not isinstance(reach, float) or not 0 < reach < 4 or not uniqueness_holds(network, phases, reach):
        return 0.0
    return reach


def _advice(network: PhaseNetwork, phases: np.ndarray) -> str:
    cosines = cos(network.differences(phases))
    if (np.abs(cosines.mid) <= 1e-9).all():
        return (
            "at phase differences of a quarter turn the linearisation vanishes: only a symbolic argument with higher "
            "derivatives can decide; change the twist, the graph or the frequencies"
        )
    return (
        "start closer to a locked state, raise the coupling, or change the frequencies; where cosines of both signs "
        "occur, smaller graphs (up to some hundreds of nodes) or graphs with small separators can be decided"
    )


def _number(witness: Mapping[str, Any], name: str) -> float:
    value = witness.get(name)
    if not isinstance(value, float) or not 0 < value < math.inf:
        raise CertificateError(f"the certificate's witness has no number {name!r} above 0")
    return value
