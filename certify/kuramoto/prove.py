"""The prover of locked states: existence modulo rotation, stability, or that none exists, from problem and witness."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball, cos, sin
from certify.arithmetic.rounding import gamma
from certify.certificate.model import Claim, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.kuramoto.cuts import cut_excess
from certify.kuramoto.monotone import MonotoneProof, coupling_bounds, prove_monotone, uniqueness_holds
from certify.kuramoto.network import PhaseNetwork
from certify.kuramoto.newton import NewtonProof, prove_newton
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.linear_algebra.norms import upward
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

# Eigenvalues of the linearisation are bounded sharply for dense matrices of this size.
_SHARP = 600
_ABSCISSA = "locked-state.spectral-abscissa"


def prove_locked_state(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
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
    reason = say("locked-state.not-proved", detail=second.reason)
    return ProofResult(Verdict.UNDECIDED, "", (), (), reason, _advice(network, phases))


def _monotone_outcome(
    network: PhaseNetwork, phases: np.ndarray, witness: Mapping[str, Any], found: MonotoneProof
) -> ProofResult:
    moved = float(found.edge_distances.max())
    alone = max(found.reach, _uniqueness(network, phases, witness))
    stable = found.sign > 0
    claims = (
        claim("locked-state.radius", Enclosure(0.0, found.radius)),
        claim("locked-state.edge-radius", Enclosure(0.0, moved)),
        claim("locked-state.uniqueness-along-edges", Enclosure(alone, alone)),
        _velocity(network),
        _order_parameter(phases, found.distances),
        _abscissa(network, phases, found),
        *_directions(network.nodes, 0 if stable else network.nodes - 1),
    )
    others = "outweighs" if found.edge_distances.size > network.nodes - 1 else "alone"
    hyperbolic = hypothesis("locked-state.hyperbolic", Status.PROVED, say("locked-state.connected", others=others))
    verdict = Verdict.STABLE if stable else Verdict.UNSTABLE
    return ProofResult(verdict, _theorem(verdict, "monotone"), claims, (hyperbolic,))


def _theorem(verdict: Verdict, existence: str) -> str:
    return say(f"locked-state.{verdict.value}", existence=existence)


def _newton_outcome(network: PhaseNetwork, phases: np.ndarray, found: NewtonProof) -> ProofResult:
    claims = (
        claim("locked-state.radius", Enclosure(0.0, found.radius)),
        claim("locked-state.uniqueness-with-phase-held", Enclosure(found.reach, found.reach)),
        _velocity(network),
        _order_parameter(phases, np.full(network.nodes, found.radius)),
        *_newton_abscissa(network, phases, found),
        *_directions(network.nodes, found.unstable),
    )
    hyperbolic = hypothesis("locked-state.hyperbolic", Status.PROVED, say("locked-state.inertia"))
    verdict = Verdict.UNSTABLE if found.unstable else Verdict.STABLE
    return ProofResult(verdict, _theorem(verdict, "newton"), claims, (hyperbolic,))


def _newton_abscissa(network: PhaseNetwork, phases: np.ndarray, found: NewtonProof) -> tuple[Claim, ...]:
    """For networks of moderate size; a difference along an edge changes by at most sqrt(2) times the radius."""
    if network.nodes > _SHARP:
        return ()
    weights = coupling_bounds(network, network.differences(phases), upward(1.5 * found.radius, 1))
    return (claim(_ABSCISSA, _sharp_abscissa(network, weights)),)


def _not_locked(network: PhaseNetwork, witness: Mapping[str, Any]) -> ProofResult:
    inside = witness.get("inside")
    if not isinstance(inside, np.ndarray) or inside.dtype != bool or inside.shape != (network.nodes,):
        raise CertificateError(f"the certificate's witness has no set of nodes 'inside' of shape ({network.nodes},)")
    excess = cut_excess(network, inside)
    if not excess.lower > 0:
        reason, advice = say("locked-state.could-lock"), say("locked-state.search")
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, advice)
    found = claim("locked-state.excess", excess, inside=int(inside.sum()), nodes=network.nodes)
    return ProofResult(Verdict.REFUTED, say("locked-state.cut"), (found,))


def _velocity(network: PhaseNetwork) -> Claim:
    return claim("locked-state.velocity", network.velocity.enclosure())


def _order_parameter(phases: np.ndarray, distances: np.ndarray) -> Claim:
    """|sum e^(i theta)| / n, which no rotation changes."""
    angles, count = Ball(phases, distances), len(phases)
    across, along = sin(angles).sum(), cos(angles).sum()
    length = (across.square() + along.square()) / float(count) / float(count)
    bounds = length.enclosure()
    lower = math.sqrt(max(bounds.lower, 0.0)) * (1 - 4 * gamma(1))
    upper = min(upward(math.sqrt(max(bounds.upper, 0.0)), 2), 1.0)
    return claim("locked-state.order-parameter", Enclosure(min(lower, upper), upper))


def _abscissa(network: PhaseNetwork, phases: np.ndarray, found: MonotoneProof) -> Claim:
    """The largest eigenvalue of the linearisation beside the 0 of the rotation."""
    weights = coupling_bounds(network, network.differences(phases), found.edge_distances)
    if network.nodes <= _SHARP:
        value = _sharp_abscissa(network, weights)
        # the two bounds are of one number: the better sides are kept
        low, high = (value.lower, -found.rate) if found.sign > 0 else (found.rate, value.upper)
        return claim(_ABSCISSA, Enclosure(max(low, value.lower), min(high, value.upper)))
    sums = network.strength_sums(weights.magnitude)
    if found.sign > 0:
        # lambda_2 <= n / (n - 1) times every diagonal entry [M. Fiedler 1973]
        weakest = upward(float(sums.min()) * network.nodes / (network.nodes - 1), 4)
        return claim(_ABSCISSA, Enclosure(-max(weakest, found.rate), -found.rate))
    return claim(_ABSCISSA, Enclosure(found.rate, max(upward(2 * float(sums.max()), 2), found.rate)))


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
    return tuple(claim("locked-state.directions", Enclosure(c, c), side=side) for side, c in counts)


def _uniqueness(network: PhaseNetwork, phases: np.ndarray, witness: Mapping[str, Any]) -> float:
    reach = witness.get("uniqueness_reach")
    if not isinstance(reach, float) or not 0 < reach < 4 or not uniqueness_holds(network, phases, reach):
        return 0.0
    return reach


def _advice(network: PhaseNetwork, phases: np.ndarray) -> str:
    cosines = cos(network.differences(phases))
    if (np.abs(cosines.mid) <= 1e-9).all():
        return say("locked-state.quarter-turn")
    return say("locked-state.closer")


def _number(witness: Mapping[str, Any], name: str) -> float:
    value = witness.get(name)
    if not isinstance(value, float) or not 0 < value < math.inf:
        raise CertificateError(f"the certificate's witness has no number {name!r} above 0")
    return value
