"""Proves along which directions the softmax loss never changes, and that its Hessian at a point has no further kernel.

Adding a number a_j to the whole row j of V moves all logits of an example by the same amount, which softmax
cross-entropy does not see: h + 1 directions v with L(theta + s v) = L(theta) for every theta and s. So grad L . v = 0,
Hess L v = 0, and every step of gradient descent and its derivative leave v alone.
"""

from collections.abc import Mapping
from typing import Any

import flint
import numpy as np

from certify.certificate.model import ProofResult, claim
from certify.effort import charge
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure
from certify.statements import say
from certify.trajectories.network import Evaluator, ExactNetwork, Layers, Pair, evaluator, network_from_data
from certify.trajectories.orbit import checked_bits
from certify.verdict import Verdict
from foundation.arb_precision import arb_precision


def prove_null_directions(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """problem: network, theta (D,). witness: bits."""
    network, bits = network_from_data(problem["network"]), checked_bits(witness["bits"])
    with arb_precision(bits):
        at = evaluator(network)
        layers = at.at(network.pair(problem["theta"], "theta"))
        slope, image = _along(layers, at)
        determinant = _free_hessian(layers, at).det()
    least = network.hidden + 1
    regular = determinant.is_finite() and not determinant.contains(0)
    claims = (
        claim("null-directions.count", Enclosure(float(least), float(least))),
        claim("null-directions.kernel", Enclosure(float(least), float(least if regular else network.dimension))),
        claim("null-directions.slope", _up_to(slope)),
        claim("null-directions.image", _up_to(image)),
    )
    theorem = say("null-directions.softmax")
    if regular:
        return ProofResult(Verdict.PROVED, theorem, claims)
    reason = say("null-directions.singular", bits=bits)
    return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, say("null-directions.more-bits"))


def null_direction(network: ExactNetwork | Evaluator, row: int) -> Pair:
    """Ones in row `row` of V, zeros elsewhere."""
    width = network.inputs.shape[1] + 1 if isinstance(network, ExactNetwork) else network.inputs.ncols()
    entries = [flint.arb(int(r == row)) for r in range(network.hidden + 1) for _ in range(network.classes)]
    return flint.arb_mat(width, network.hidden), flint.arb_mat(network.hidden + 1, network.classes, entries)


def _along(layers: Layers, at: Evaluator) -> tuple[flint.arb, flint.arb]:
    """The largest |grad L . v| and |Hess L v|, computed; both are zero, so their balls must contain it."""
    count, gradient = len(at.labels), layers.gradient()
    slopes, images = [], []
    for row in range(at.hidden + 1):
        direction = null_direction(at, row)
        slopes.append(sum((gradient[1][row, k] for k in range(at.classes)), flint.arb(0)) / count)
        images += [x / count for matrix in layers.hessian_times(direction) for x in matrix.entries()]
    if not all(x.contains(0) or not x.is_finite() for x in (*slopes, *images)):
        raise ArithmeticError("a null direction changes the loss: two proofs contradict each other")
    return _largest(slopes), _largest(images)


def _largest(values: list[flint.arb]) -> flint.arb:
    """An upper bound of the absolute values."""
    bounds = [abs(x).upper() for x in values]
    return max(bounds, key=float) if all(x.is_finite() for x in values) else flint.arb("inf")


def _up_to(bound: flint.arb) -> Enclosure:
    return Enclosure(0.0, arb_enclosure(bound).upper)


def _free_hessian(layers: Layers, at: Evaluator) -> flint.arb_mat:
    """N Hess L without the rows and columns of the last column of V."""
    first, second = at.inputs.ncols() * at.hidden, (at.hidden + 1) * at.classes
    free = np.concatenate([np.arange(first), first + np.flatnonzero(np.arange(second) % at.classes < at.classes - 1)])
    columns = []
    words, size = flint.ctx.prec // 64 + 8, (at.inputs.ncols() + at.classes) * (at.hidden + 1)
    charge("words", (len(free) * len(at.labels) * size + len(free) ** 3) * words)
    for place in free:
        unit = [flint.arb(int(k == place)) for k in range(first + second)]
        direction = (
            flint.arb_mat(at.inputs.ncols(), at.hidden, unit[:first]),
            flint.arb_mat(at.hidden + 1, at.classes, unit[first:]),
        )
        image = [x for matrix in layers.hessian_times(direction) for x in matrix.entries()]
        columns.append([image[k] for k in free])
    return flint.arb_mat(columns).transpose()
