"""certify_horseshoe: positive topological entropy near a repelling periodic point."""

from time import monotonic
from typing import Any

import numpy as np

from certify.certificate import Certificate, issue
from certify.horseshoe import HorseshoeStatement
from certify.verdict import Verdict
from foundation import positive_integer, positive_number
from numeric.homoclinic import SmoothMap, homoclinic_orbits, repelling_cycle
from search.horseshoe import issued_for, map_slopes, map_values, no_orbit
from stabproof.fields import field_program, start_point
from stabproof.progress import Progress, silent

_LONGEST = 60


def certify_horseshoe(
    map: Any,
    x: Any,
    period: int = 1,
    *,
    variables: Any = None,
    budget: float = 60.0,
    progress: Progress | None = None,
) -> Certificate:
    """Prove that x -> map(x) has positive topological entropy, from a repelling periodic point near x.

    map: a JAX function R^n -> R^n, or SymPy expressions in `variables`. x: n numbers near a periodic point of that
    period that repels in all directions (all multipliers beyond one in modulus). A homoclinic orbit is searched for,
    which starts near the periodic point and lands on it (a snap-back repeller [F. Marotto, J. Math. Anal. Appl. 63
    (1978)]), for at most `budget` seconds. What is proved does not rest on it: inverse branches of iterates of the map
    send a small cube around the point into itself, to disjoint images. PROVED: the certificate's claim "entropy" has a
    lower bound, nats per step, of the topological entropy. This is chaos of some orbits; it says nothing about typical
    ones. UNDECIDED otherwise, with the reason. `stabproof.check` repeats the proof without the map.

    Raises `InputError` when there is no periodic point near x, or it does not repel.
    """
    report = progress or silent
    start = start_point(x)
    q, deadline = positive_integer(period, "period"), monotonic() + positive_number(budget, "budget")
    statement = HorseshoeStatement(field_program(map, start, variables))
    report("polishing the periodic point", 0.0)
    estimated = SmoothMap(map_values(statement), map_slopes(statement))
    cycle = repelling_cycle(estimated, start, q)
    generator = np.random.default_rng(0)
    best: Certificate | None = None
    for length in range(q, max(_LONGEST, 8 * q) + 1, q):
        report(f"looking for homoclinic orbits of length {length}", min(0.9, length / _LONGEST))
        for homoclinic in homoclinic_orbits(estimated, cycle[0], length, generator):
            found = issued_for(statement, estimated, cycle, homoclinic, deadline)
            if found is not None and found.verdict is Verdict.PROVED:
                return found
            best = found or best
            if monotonic() > deadline:
                break
        if monotonic() > deadline:
            break
    return best or issue("horseshoe", statement.as_tree(), no_orbit(cycle))
