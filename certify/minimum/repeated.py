"""Examples that repeat another one: with equal targets they count once, with different targets nothing interpolates.

With c_i copies of the distinct example i the loss is (1/N) sum_i c_i |r_i|^2 / 2: that of the residuals sqrt(c_i) r_i,
which have the same zeros. Their Gram matrix K' = W J J^T W, W = diag(sqrt(c_i)), divided by N has the Hessian's
eigenvalues on the normal space, and is regular where the gradients of the distinct examples are independent.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball


@final
@dataclass(frozen=True, eq=False)
class Distinct:
    """kept (N',): the first occurrence of each distinct example, in order. counts (N',): how often it occurs."""

    kept: np.ndarray
    counts: np.ndarray

    @property
    def copies(self) -> int:
        """How many examples repeat an earlier one."""
        return int(self.counts.sum()) - len(self.counts)

    def weights(self, outputs: int) -> Ball:
        """sqrt(c_i) for each residual of the distinct examples, (N' q,)."""
        return Ball.exact(np.repeat(self.counts.astype(np.float64), outputs)).sqrt()


def distinct(inputs: np.ndarray, targets: np.ndarray) -> Distinct:
    """The distinct pairs of inputs (N, ...) and targets (N, q), equal as numbers."""
    return _grouped(np.concatenate([inputs.reshape(len(inputs), -1), targets.reshape(len(targets), -1)], axis=1))[0]


def contradiction(inputs: np.ndarray, targets: np.ndarray) -> tuple[int, int] | None:
    """The first example whose inputs are those of an earlier one with other targets, as (earlier, later); or None."""
    same, group = _grouped(inputs.reshape(len(inputs), -1))
    differs = (targets != targets[same.kept[group]]).reshape(len(targets), -1).any(axis=1)
    if not differs.any():
        return None
    later = int(np.argmax(differs))
    return int(same.kept[group[later]]), later


def _grouped(rows: np.ndarray) -> tuple[Distinct, np.ndarray]:
    """The distinct rows of finite floats, and for each row the place of its like among them.

    Rows are equal where their bytes are, once zeros have no sign.
    """
    plain = np.ascontiguousarray(rows + 0.0)
    places: dict[bytes, int] = {}
    group = np.empty(len(plain), np.int64)
    first: list[int] = []
    for position, row in enumerate(plain):
        place = group[position] = places.setdefault(row.tobytes(), len(places))
        if place == len(first):
            first.append(position)
    return Distinct(np.array(first, np.int64), np.bincount(group, minlength=len(first))), group
