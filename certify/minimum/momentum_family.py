"""SGD with momentum near a minimum: the block matrices on parameters and memory together.

Statement and proof: docs/theory/momentum-blocks.md.
"""

import math
from itertools import combinations

import numpy as np

from certify.arithmetic import Ball
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.families.sgd_family import SGDFamily
from foundation import InputError

_MOST_ENTRIES = 300_000


def can_be_listed(family: SGDFamily) -> bool:
    """Whether the C(N, B) block matrices have few enough entries together."""
    return math.comb(family.examples, family.batch_size) * 4 * family.dimension**2 <= _MOST_ENTRIES


def momentum_family(family: SGDFamily, momentum: Ball) -> Family:
    """The matrices of (w, u) -> (w - eta u', u'), u' = b u + (1/B) E_S K w, in the coordinates J^T w, J^T u.

    Block form [[A_S, -eta b I], [(I - A_S)/eta, b I]] with A_S = I - (eta/B) E_S K. The memory is scaled by eta
    (u is replaced by eta u), which changes no exponent: [[A_S, -b I], [I - A_S, b I]]. Raises `InputError` when the
    list of C(N, B) matrices would be too long.
    """
    n, size = family.dimension, math.comb(family.examples, family.batch_size)
    if not can_be_listed(family):
        raise InputError(
            f"SGD with momentum needs {size} matrices of size {2 * n}, more than can be listed; "
            "use fewer examples, batches of all examples, or no momentum"
        )
    batches = combinations(range(family.examples), family.batch_size)
    return matrix_family([_block(family.update(batch), momentum) for batch in batches])


def _block(update: Ball, momentum: Ball) -> Ball:
    identity = Ball.exact(np.eye(update.shape[0]))
    memory = identity * momentum
    top, bottom = (update, -memory), (identity - update, memory)
    mid = np.block([[part.mid for part in row] for row in (top, bottom)])
    rad = np.block([[part.rad for part in row] for row in (top, bottom)])
    return Ball(mid, rad)
