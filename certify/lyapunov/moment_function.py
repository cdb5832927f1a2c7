"""Bounds of the top exponent from p-moments with a weight function on the cells of a tree of directions, d = 2, 3, 4.

Theorem. Let h be a positive function of the direction, bounded and bounded away from 0, and p > 0. Then
lambda <= (1/p) log sup_v E[|Av|^p h(Av)] / h(v)   and   lambda >= -(1/p) log sup_v E[|Av|^-p h(Av)] / h(v), |v| = 1.
Proof. Let M be the first supremum: E[|A_n .. A_1 v|^p h(v_n)] <= M^n h(v) by induction, so E|A_n .. A_1 v|^p <= C M^n,
and E log|A_n .. A_1 v| <= (1/p)(n log M + log C) by Jensen's inequality. Average over uniform v: the left side becomes
at least E log|A_n .. A_1| minus a constant. With -p: E log|A_n .. A_1 v| >= -(1/p)(n log M + log C), and the norm of
the product is at least that of the image of v. QED
[P. Bougerol, J. Lacroix, Products of Random Matrices (1985), III and V, for the operators and their spectral radii; the
bound by a weight function is the Collatz-Wielandt inequality for them.]
Here h is constant on every cell: the supremum over a cell is at most sum_i p_i max|A_i v|^p max h(cells met) / h(cell),
a monotone homogeneous operator whose power iteration gives h. Upper sides stay finite for singular matrices.
"""

import numpy as np

from certify.arithmetic import Ball, exp
from certify.enclosure import Enclosure
from certify.lyapunov.face_bounds import cell_logarithms
from certify.lyapunov.face_tree import FaceTree
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.frames import in_frame
from certify.lyapunov.point_logarithm import log_bounds
from certify.lyapunov.witness_fields import array_field, number_field
from foundation import CertificateError

Met = list[tuple[np.ndarray, np.ndarray]]

CELLS = {2: 1000, 3: 2000, 4: 2000}
_MOST_NODES = 1 << 22
TOO_LARGE = 600.0


def admits(family: Family) -> str | None:
    """None in dimensions 2, 3 and 4, else the reason."""
    if family.dimension in CELLS:
        return None
    return f"weight functions on cells of directions are built in dimensions 2 to 4, not {family.dimension}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) of the theorem for the witness's powers and weights.

    Raises `CertificateError` on a malformed witness.
    """
    if reason := admits(family):
        raise CertificateError(reason)
    splits = array_field(witness, "splits", 1)
    if len(splits) > _MOST_NODES:
        raise CertificateError(f"the witness's tree has {len(splits)} nodes; at most 2^22 are allowed")
    tree = FaceTree.from_splits(family.dimension, splits != 0)
    low, high, met = cell_logarithms(in_frame(family, witness), tree)
    bounds = []
    for side, logs in (("upper", high), ("lower", -low)):
        power = number_field(witness, f"{side}_power", 2.0**-20, 2.0**10)
        weights = array_field(witness, f"{side}_weights", 1)
        if weights.shape != (len(tree.leaves),):
            raise CertificateError(f"the witness has {len(weights)} weights for {len(tree.leaves)} cells")
        bounds.append(moment_bound(family.probabilities, logs, met, power, weights))
    return Enclosure(-bounds[1], bounds[0])


def moment_bound(probabilities: Ball, logs: np.ndarray, met: Met, power: float, weights: np.ndarray) -> float:
    """An upper bound of (1/p) log max over cells of sum_i p_i exp(p logs_i) max h(met) / h, with log h = weights.

    logs: upper bounds (k, N) of log|A_i v| (or of -log|A_i v|) on the cells; inf gives inf.
    """
    total = Ball.exact(np.zeros(len(weights)))
    for i, (leaves, starts) in enumerate(met):
        reach = np.maximum.reduceat(np.append(weights, weights.max())[leaves], starts)
        lost = np.isneginf(logs[i])
        finite = np.where(np.isfinite(logs[i]), logs[i], 0.0)
        exponent = Ball.exact(finite) * power + (Ball.exact(reach) - Ball.exact(weights))
        if np.isposinf(logs[i]).any() or not np.all(exponent.upper < TOO_LARGE):
            return np.inf
        # a vanishing |A v| contributes nothing to a positive power
        grown = exp(exponent)
        total = total + probabilities[i] * Ball(np.where(lost, 0.0, grown.mid), np.where(lost, 0.0, grown.rad))
    supremum = Ball.exact(total.upper.max())
    growth = log_bounds(supremum)[1]
    return float(growth) if np.isinf(growth) else float((Ball.exact(growth) / power).upper)
