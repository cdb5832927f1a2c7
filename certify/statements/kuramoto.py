"""What certificates say about locked states of phase oscillators."""

from certify.statements.parameter import DETAIL, INTEGER, one_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

_LAPLACIAN = (
    "The linearisation at a locked state is minus the Laplacian of the weights K a_ij cos(theta_j - theta_i), with a "
    "simple eigenvalue 0 for the rotation [A. Jadbabaie, N. Motee, M. Barahona, American Control Conference 2004; "
    "F. Doerfler, F. Bullo, Automatica 50 (2014)]. "
)
_INDIRECT = (
    "Lyapunov's indirect method on the quotient by rotations [H. Khalil, Nonlinear Systems, 3rd ed., Theorem 4.7]."
)
_EXISTENCE = {
    "monotone": ("The velocities are strictly monotone near the given phases, so one state there has none (Brouwer). "),
    "newton": "Newton-Kantorovich for the phases of all oscillators but one. ",
}

TEMPLATES = (
    theorem(
        "locked-state.stable",
        "{existence}"
        + _LAPLACIAN
        + "All others being negative, the circle of rotations of the locked state is asymptotically stable: "
        + _INDIRECT,
        "locked-state.hyperbolic",
        existence=one_of(_EXISTENCE),
    ),
    theorem(
        "locked-state.unstable",
        "{existence}"
        + _LAPLACIAN
        + "One being positive, the circle of rotations of the locked state is unstable: "
        + _INDIRECT,
        "locked-state.hyperbolic",
        existence=one_of(_EXISTENCE),
    ),
    theorem(
        "locked-state.cut",
        "Cut condition: summed over a set of oscillators, the couplings inside of it cancel, and those across its "
        "boundary are at most sum |K a_ij|; a locked state needs them to balance the sum of omega_i - mean(omega) over "
        "the set.",
    ),
    claim(
        "locked-state.radius",
        "radius",
        "Rotated suitably, an exact locked state lies within this Euclidean distance of the witness's point.",
        "min over c of |theta + c 1 - point|_2 = number for an exact locked state theta",
        unit="rad",
    ),
    claim(
        "locked-state.edge-radius",
        "edge_radius",
        "Each difference of phases along an edge is within this distance of that of the point.",
        "max over edges (i, j) of |(theta_j - theta_i) - (point_j - point_i)| = number",
        unit="rad",
    ),
    claim(
        "locked-state.uniqueness-along-edges",
        "uniqueness_radius",
        "No other locked state arises from the point by changes of the phases that change the difference along each "
        "edge by at most this much.",
        "up to rotation at most one locked state point + delta has |delta_j - delta_i| <= number on every edge",
        unit="rad",
        number="promise",
    ),
    claim(
        "locked-state.uniqueness-with-phase-held",
        "uniqueness_radius",
        "No other locked state with one oscillator's phase held lies within this Euclidean distance of the point.",
        "with one phase held, at most one locked state theta has |theta - point|_2 <= number",
        unit="rad",
        number="guarantee",
    ),
    claim(
        "locked-state.velocity",
        "velocity_1",
        "Common velocity of all phases in the locked state: the mean frequency.",
        "theta_i' = number for all i",
        unit="per unit of time",
    ),
    claim(
        "locked-state.order-parameter",
        "order_parameter",
        "Modulus of the mean of exp(i theta).",
        "|sum_k exp(i theta_k)| / n = number",
    ),
    claim(
        "locked-state.spectral-abscissa",
        "spectral_abscissa",
        "Largest eigenvalue of the linearisation, without the 0 of the rotation.",
        "largest eigenvalue of minus the Laplacian of K a_ij cos(theta_j - theta_i) on vectors of sum 0 = number",
    ),
    claim(
        "locked-state.directions",
        "{side}_directions",
        "Number of {side} eigenvalues, without that of the rotation.",
        "number of eigenvalues of the linearisation that are negative (stable), positive (unstable) or undecided",
        number="count",
        side=one_of({name: name for name in ("stable", "unstable", "undecided")}),
    ),
    claim(
        "locked-state.excess",
        "excess",
        "No locked state exists: on {inside} of the {nodes} nodes the sum of omega_i - mean(omega) exceeds the "
        "coupling across their boundary by this much.",
        "|sum over the set of omega_i - mean(omega)| - sum over edges across its boundary of |K a_ij| = number > 0",
        inside=INTEGER,
        nodes=INTEGER,
    ),
    hypothesis("locked-state.hyperbolic", "hyperbolic", "The eigenvalue 0 of the linearisation is simple."),
    reason(
        "locked-state.connected",
        "The graph of the edges on which K a_ij cos is proved to have this sign is connected{others}.",
        others=one_of({"alone": "", "outweighs": ", and outweighs the others"}),
    ),
    reason("locked-state.inertia", "The inertia of the grounded Laplacian is the same on both sides of 0."),
    reason(
        "locked-state.not-proved",
        "a locked state and its stability are not proved near the point: {detail}",
        detail=DETAIL,
    ),
    reason("locked-state.could-lock", "the set of nodes could lock"),
    next_step("locked-state.search", "search for a locked state"),
    next_step(
        "locked-state.quarter-turn",
        "at phase differences of a quarter turn the linearisation vanishes: only a symbolic argument with higher "
        "derivatives can decide; change the twist, the graph or the frequencies",
    ),
    next_step(
        "locked-state.closer",
        "start closer to a locked state, raise the coupling, or change the frequencies; where cosines of both signs "
        "occur, smaller graphs (up to some hundreds of nodes) or graphs with small separators can be decided",
    ),
)
