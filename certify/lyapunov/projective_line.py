"""Two-sided bounds of the top exponent in dimension 2 from a piecewise linear test function on all directions.

Theorem. Let f be bounded on the directions, c(v) = E log|A v| for |v| = 1, (Qf)(v) = E f(Av/|Av|), r = c + Qf - f. Then
inf r <= lambda <= sup r; and r may be replaced by Q^n r.
Proof. E log|A_n .. A_1 v| = sum_(k<n) E r(v_k) + f(v) - E f(v_n) for every unit v, v_k the direction after k steps.
Lower side: |A_n .. A_1| >= |A_n .. A_1 v|; divide by n. Upper side: for v uniform on the unit circle and any matrix B,
the mean of log|B v| is at least log|B| - C, with C the mean of -log|cos| (take the first right singular vector): hence
E log|A_n .. A_1| <= n sup r + 2 sup|f| + C. Both hold in any norm up to constants, and for singular matrices with
log 0 = -inf. For Q^n r shift the sum by n steps. QED
[H. Furstenberg, Y. Kifer, Israel J. Math. 46 (1983), for the exponent as an extremum over invariant measures, of which
this is the dual; V. Protasov, R. Jungers, Linear Algebra Appl. 438 (2013), for invariant functionals. The averaging is
our own.]
"""

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.interval_chain import Spread, averaged_supremum
from certify.lyapunov.line_pieces import LineFunction, PieceBounds, piece_bounds
from certify.lyapunov.witness_fields import array_field, integer_field, number_field
from foundation import CertificateError

MOST_CELLS = 1 << 21


def admits(family: Family) -> str | None:
    """None in dimension 2, else the reason."""
    if family.dimension == 2:
        return None
    return f"directions on a line are those of dimension 2, not {family.dimension}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of the theorem for the witness's f, averaged over at most `rounds` steps.

    Raises `CertificateError` when the witness is malformed.
    """
    if reason := admits(family):
        raise CertificateError(reason)
    function = line_function(witness)
    offset = number_field(witness, "exponent", -1e300, 1e300)
    rounds = integer_field(witness, "rounds", 0, 10**6)
    pieces = piece_bounds(family, function, offset)
    starts = np.searchsorted(pieces.owner, np.arange(len(function.nodes)))
    spread = line_spread(pieces, starts, family.probabilities)
    above = averaged_supremum(np.maximum.reduceat(pieces.upper, starts), spread, family.probabilities, rounds)
    below = averaged_supremum(np.maximum.reduceat(-pieces.lower, starts), spread, family.probabilities, rounds)
    return Enclosure(float(np.nextafter(offset - below, -np.inf)), float(np.nextafter(offset + above, np.inf)))


def line_function(witness: Witness) -> LineFunction:
    """The witness's function; raises `CertificateError` unless its nodes ascend from 0 through 1 to below 2."""
    nodes, values = array_field(witness, "nodes", 1), array_field(witness, "values", 1)
    if nodes.shape != values.shape or not 2 <= len(nodes) <= MOST_CELLS:
        raise CertificateError(f"the witness has {len(nodes)} nodes and {len(values)} values; both must be 2 to 2^21")
    if nodes[0] != 0 or nodes[-1] >= 2 or not np.all(nodes[1:] > nodes[:-1]) or 1.0 not in nodes:
        raise CertificateError("the witness's nodes must ascend from 0 through 1 to a number below 2")
    return LineFunction(nodes, values)


def line_spread(pieces: PieceBounds, starts: np.ndarray, probabilities: Ball) -> Spread:
    """One step of the interval chain: for every cell the greatest sum_i p_i (value reached by matrix i) of its pieces.

    Where images stick out at an end of a piece, the points there have images in `at_start` (`at_end`) instead of
    `inside`. If only one matrix sticks out and the piece beyond that end has just these cells inside and the same
    owner, its own sum already counts; only the other ends are summed separately.
    """
    weights, together = probabilities.mid, np.flatnonzero(~pieces.apart)
    first = np.flatnonzero(~_covered(pieces.inside, pieces.at_start, pieces.owner, 1))
    last = np.flatnonzero(~_covered(pieces.inside, pieces.at_end, pieces.owner, -1))
    inside, at_start, at_end = pieces.inside, pieces.at_start, pieces.at_end
    ends = [(first, inside[:, first], at_start[:, first]), (last, inside[:, last], at_end[:, last])]
    gathered = np.empty(inside.shape)

    def spread(values: np.ndarray) -> np.ndarray:
        extended = np.append(values, values.max())
        result = weights @ np.take(extended, inside, out=gathered, mode="clip")
        for chosen, here, beyond in ends:
            sums = weights @ np.maximum(extended[here], extended[beyond])
            result[chosen] = np.maximum(result[chosen], sums)
        reach = np.maximum(extended[at_start[:, together]], extended[at_end[:, together]])
        result[together] = weights @ np.maximum(extended[inside[:, together]], reach)
        return np.maximum.reduceat(result, starts)

    return spread


def _covered(inside: np.ndarray, at_end: np.ndarray, owner: np.ndarray, shift: int) -> np.ndarray:
    """Whether the neighbouring piece (`shift` places back) accounts for what sticks out at this end."""
    beyond = np.roll(inside, shift, axis=1)
    out = at_end != inside
    same = np.all(np.where(out, beyond == at_end, beyond == inside), axis=0)
    return ~out.any(axis=0) | (same & (out.sum(axis=0) == 1) & (np.roll(owner, shift) == owner))
