"""Locked states of phase oscillators, the neighbourhoods in which they are proved, and sets that cannot lock."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from certify.certificate import Certificate, issue
from certify.oscillators import MonotoneProof, PhaseNetwork, cut_excess, prove_monotone, uniqueness_holds
from foundation import InputError
from numeric.phase_locking import LockedState, OscillatorArrays, continued_state, drifting_phases, locked_state
from search.progress import Progress

# Newton may change the differences along edges this much: beyond, the user meant another state.
_LARGEST_CHANGE = 1.6


def arrays_of(network: PhaseNetwork) -> OscillatorArrays:
    """The nearest floats of the network."""
    return OscillatorArrays(network.tails, network.heads, network.strengths.mid, network.frequencies.mid)


def searched_state(
    network: PhaseNetwork, arrays: OscillatorArrays, start: np.ndarray | None
) -> tuple[np.ndarray, LockedState]:
    """(start, state): the locked state near `start`; without one, what continuation from equal phases finds."""
    if start is None:
        start = np.zeros(network.nodes)
        return start, continued_state(arrays, start)
    if len(start) != network.nodes:
        raise InputError(f"x must hold a phase for each of the {network.nodes} oscillators, but holds {len(start)}")
    found = locked_state(arrays, start)
    change = (found.phases - start)[network.heads] - (found.phases - start)[network.tails]
    largest = float(np.abs(change - 2 * math.pi * np.round(change / (2 * math.pi))).max())
    if found.converged and largest > _LARGEST_CHANGE:
        raise InputError(
            f"no locked state was found near x: Newton's method ends at one whose difference along an edge is "
            f"{largest:.3g} rad away from that of x; start closer to one, or leave x out"
        )
    return start, found


def issue_locked_state(network: PhaseNetwork, witness: dict[str, Any]) -> Certificate:
    return issue("locked-state", network.as_tree(), witness)


def neighbourhood(network: PhaseNetwork, arrays: OscillatorArrays, phases: np.ndarray) -> dict[str, float]:
    """A reach at which the monotone proof succeeds; the gap for couplings of both signs where it does not."""
    reach = 2.0**-40
    while reach < 2:
        found = prove_monotone(network, phases, reach)
        if isinstance(found, MonotoneProof):
            # the certificate keeps a factor in hand for other machines' rounding
            return {"reach": reach, "uniqueness_reach": _uniqueness(network, phases, reach)}
        reach *= 8
    witness = {"reach": 2.0**-20}
    return witness if _is_neutral(network, phases) else witness | {"gap": _gap(arrays, phases)}


def _is_neutral(network: PhaseNetwork, phases: np.ndarray) -> bool:
    """Whether every edge joins phases a quarter turn apart (an estimate)."""
    return float(np.abs(np.cos(network.differences(phases).mid)).max()) < 1e-9


def _uniqueness(network: PhaseNetwork, phases: np.ndarray, reach: float) -> float:
    """Nearly the largest neighbourhood with one locked state at most."""
    differences = network.differences(phases).mid
    quarter = np.abs(np.mod(differences, math.pi) - math.pi / 2)
    nearest = float(quarter.min())
    for candidate in (nearest * (1 - 2.0**-20), 0.5 * nearest):
        if candidate > reach and uniqueness_holds(network, phases, candidate):
            return candidate
    return reach


def _gap(arrays: OscillatorArrays, phases: np.ndarray) -> float:
    """Nine tenths of the modulus of the eigenvalue of the grounded form that is nearest to zero (an estimate)."""
    from scipy.sparse.linalg import ArpackError, eigsh

    degrees = np.bincount(np.concatenate([arrays.tails, arrays.heads]), minlength=len(phases))
    keep = np.flatnonzero(np.arange(len(phases)) != int(np.argmax(degrees)))
    matrix = arrays.form(phases)[keep][:, keep].tocsc()
    if len(keep) <= 1000:
        return max(0.9 * float(np.abs(np.linalg.eigvalsh(matrix.toarray())).min()), 1e-300)
    if len(keep) > 20_000 and matrix.nnz > 5.5 * len(keep):
        return 1e-300
    try:
        value = eigsh(matrix, k=1, sigma=0.0, which="LM", return_eigenvectors=False)[0]
        return max(0.9 * abs(float(value)), 1e-300)
    except (ArpackError, RuntimeError, ValueError):
        return 1e-300


def issue_unlocked(
    network: PhaseNetwork,
    arrays: OscillatorArrays,
    start: np.ndarray,
    found: LockedState,
    searched: bool,
    report: Progress,
) -> Certificate:
    """The proof that none exists; else an undecided certificate, or for phases given by the user an error."""
    report("searching a set that cannot lock", 0.5)
    for inside in _candidate_sets(network, arrays, start):
        if cut_excess(network, inside).lower > 0:
            return issue_locked_state(network, {"inside": inside})
    if searched:
        return issue_locked_state(network, {"point": found.phases, "reach": 2.0**-20})
    raise InputError(
        f"no locked state was found near x: Newton's method leaves velocities of {found.residual:.3g} relative to the "
        "mean. The coupling may be too weak (raise it, or compare it with the spread of the frequencies), or another "
        "locked state is nearer to the truth than x: pass phases close to it"
    )


def _candidate_sets(network: PhaseNetwork, arrays: OscillatorArrays, start: np.ndarray) -> Iterator[np.ndarray]:
    """Single nodes, then the level sets of the phases after a while of drift, the most promising first."""
    n = network.nodes
    excess = np.abs(network.centred_frequencies.mid) - network.strength_sums(network.strengths.magnitude)
    for node in np.argsort(-excess)[:4]:
        yield np.arange(n) == node
    order = np.argsort(drifting_phases(arrays, start))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    first = np.minimum(rank[network.tails], rank[network.heads])
    last = np.maximum(rank[network.tails], rank[network.heads])
    weights = np.abs(network.strengths.mid)
    across = np.cumsum(np.bincount(first, weights, n) - np.bincount(last, weights, n))
    sums = np.abs(np.cumsum(network.centred_frequencies.mid[order]))
    for cut in np.argsort(across - sums)[:4]:
        yield rank <= cut
