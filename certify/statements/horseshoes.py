"""What certificates say about chaos by inverse branches."""

from certify.statements.parameter import DETAIL, INTEGERS
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

TEMPLATES = (
    theorem(
        "horseshoe.branches",
        "Let g_1, ..., g_s: N -> N be continuous with disjoint images and f^(k_i) g_i = id on a compact set N. Then "
        "every sequence of branches is followed by an orbit, and the topological entropy of f on the closure of these "
        "orbits is at least the h with sum_i e^(-h k_i) = 1 [Bowen 1971]",
        "horseshoe.lipschitz",
    ),
    claim(
        "horseshoe.lengths",
        "branches",
        "Inverse branches of lengths {lengths} map the cube into itself, to disjoint images.",
        "g_i: N -> N continuous, f^(lengths_i) g_i = id on N, the images disjoint; N the witness's cube",
        number="none",
        lengths=INTEGERS,
    ),
    claim(
        "horseshoe.entropy",
        "entropy",
        "The topological entropy of the map is at least this.",
        "h_top(f) = number",
        unit="nats per step",
    ),
    hypothesis(
        "horseshoe.lipschitz",
        "lipschitz",
        "On every box of preimages the map is Lipschitz, with slopes in the enclosure that Krawczyk's operator uses.",
    ),
    reason(
        "horseshoe.decided",
        "Every comparison is decided there, no jump is met, and kinks count with Clarke's generalised derivative.",
    ),
    reason("horseshoe.no-branch", "{detail}", detail=DETAIL),
    reason("horseshoe.not-inside", "a branch is not proved to map the cube into itself"),
    reason("horseshoe.not-disjoint", "two branches are not proved to have disjoint images"),
    next_step("horseshoe.try", "try {detail}", detail=DETAIL),
    next_step("horseshoe.longer", "try longer branches"),
    next_step("horseshoe.longer-or-smaller", "try longer branches, or a smaller cube"),
)
