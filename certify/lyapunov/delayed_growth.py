"""Two-sided bounds in dimensions 4 to 6: the mean growth of one more step after n random ones, in every direction.

Theorem. Let E_n(v) be the mean of log |A_n .. A_1 v| and r_n = E_(n+1) - E_n. If r_n >= L for all directions v then
lambda >= L, and if r_n <= U for all v then lambda <= U, for every n >= 0.
Proof. r_n = Q^n c with c(v) = E log(|A v| / |v|) and (Q f)(v) = E f(A v): the growth in step n + 1 is c at the
direction A_n .. A_1 v. Hence r_k = Q^(k-n) r_n lies in [L, U] for all k >= n, and E_N = E_n + r_n + .. + r_(N-1).
Divide by N: E_N(v) / N is at most E log |A_N .. A_1| / N, which tends to lambda; and the mean of E_N(v) / N over
uniform v tends to lambda, because it differs from E log |A_N .. A_1| / N by a constant over N at most. QED
A finite L excludes that a product of n + 1 matrices is singular. For U, directions that a product maps to 0 have
measure zero and E_N = -inf, or lambda = -inf.
This is the test-function bound with f = c + Qc + .. + Q^(n-1) c [Furstenberg, Kifer, Israel J. Math. 46 (1983)]. The
mean growth of n steps, divided by n, tends to lambda like 1/n, but r_n as fast as directions are forgotten,
exponentially where there is a spectral gap [E. Le Page, Theoremes limites pour les produits de matrices aleatoires,
1982].
"""

import numpy as np

from certify.enclosure import Enclosure
from certify.lyapunov.branch_and_bound import covers
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.frames import in_frame
from certify.lyapunov.growth_cells import Level, growth_lower, level_of
from certify.lyapunov.witness_fields import array_field
from foundation import CertificateError

_DIMENSIONS = range(4, 7)
ENTRIES = 40_000
MOST_STEPS = 16
_MOST_CELLS = 2_000_000


def admits(family: Family) -> str | None:
    """None, or why directions cannot be subdivided."""
    if family.dimension not in _DIMENSIONS:
        return f"dimension {family.dimension} is not between 4 and 6"
    return None if family.matrices.size <= ENTRIES else f"{family.matrices.size} entries are more than {ENTRIES}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The greatest lower[n] and the least upper[n] such that lower[m] <= r_m <= upper[m] for all m <= n (nats a step).

    Each level may use what was proved of the levels before it; the first failure ends the list.
    """
    ends = [array_field(witness, "lower", 1), -array_field(witness, "upper", 1)]
    most = max(len(end) for end in ends)
    if most > MOST_STEPS or family.count**most * family.dimension**2 > ENTRIES:
        raise CertificateError(f"bounds for {most} levels need too many words")
    levels = euclidean_levels(in_frame(family, witness), most)
    lower, upper = (
        max([-np.inf, *_proved(levels, end.tolist(), sign)]) for end, sign in zip(ends, (1.0, -1.0), strict=True)
    )
    return Enclosure(lower, -upper)


def _proved(levels: list[Level], targets: list[float], sign: float) -> list[float]:
    """The targets of sign r_0, sign r_1, .. up to the first that is not proved."""
    known: list[float] = []
    for level, target in zip(levels, targets, strict=False):
        # r_n = Q r_(n-1) never lies below the least value of r_(n-1)
        if not (known and target <= known[-1]) and not holds(level, known, sign, target, np.inf):
            break
        known.append(target)
    return known


def holds(level: Level, known: list[float], sign: float, target: float, deadline: float) -> bool:
    """Whether sign r_n >= target is proved in every direction, n = len(known)."""

    def bound(centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return growth_lower(level, known, sign, (centres, halves))

    dimension = level.shorter.images.shape[-1]
    return covers(bound, dimension, target, at_once=level.cells_at_once, most=_MOST_CELLS, deadline=deadline)


def euclidean_levels(family: Family, count: int) -> list[Level]:
    """The levels 0, 1, .. below `count` in the Euclidean metric."""
    return [level_of(family, n, np.eye(family.dimension)) for n in range(count)]
