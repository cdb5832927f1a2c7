"""The proposal of the renewal engine: a working precision."""

import numpy as np

from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.structure.renewal import LONGEST, WORDS

_PRECISION = 256


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The word length from which the remainder of the series is bounded, and the precision in bits."""
    letters = sum(matrix.rank() > 1 for matrix in family.exact or ())
    probabilities = zip(family.probabilities.mid, family.exact or (), strict=True)
    go_on = float(sum(p for p, matrix in probabilities if matrix.rank() > 1))
    if letters == 0:
        length = 1
    elif letters == 1:
        length = min(LONGEST, 8 + int(np.ceil(60 / max(-np.log(go_on), 0.03))))
    else:
        length = max(1, int(np.log(WORDS * 2.0 ** min(effort, 6)) / np.log(letters)))
    return {"length": length, "precision": _PRECISION}
