"""A step with its second moments held at given values: what is asked when preconditioned sharpness is monitored.

Memory that the gradient moves at second order only (averages of its square) changes slowly beside the parameters. Held
where it is, it scales the gradients, and the rest of the step is linear to first order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.program import Program
from certify.training.optimizer.coordinate_step import columns_of, coordinate_step, moving_chain, table_of
from certify.training.optimizer.jets import Jet, Refused, support
from certify.training.optimizer.leaves import Leaf
from certify.training.optimizer.linearise import linearise
from certify.training.optimizer.stable_curvatures import Plane

_GRADIENT = 1


@final
@dataclass(frozen=True, eq=False)
class Held:
    """gains (D,): -d update / d gradient, positive. plane: the step of a coordinate whose gradient is divided by its
    gain. names: the memory that is held. alike: whether all gains are one number."""

    gains: Ball
    plane: Plane
    names: tuple[str, ...]
    alike: bool


def held_step(program: Program, params: Ball, leaves: Sequence[Leaf], current: Sequence[np.ndarray]) -> Held | None:
    """The step at zero gradient with the memory `current` where the gradient moves it at second order only, and all
    other memory at rest; None where it is not coordinatewise to first order, or a gain is not proved positive."""
    try:
        found = linearise(program, params, leaves)
        column = columns_of(found.groups)
        given = [
            replace(leaf, kind="held", value=array) if _is_held(leaf, jet, column) else leaf
            for leaf, jet, array in zip(leaves, found.memory, current, strict=True)
        ]
        found = linearise(program, params, given)
        if found.update.order <= 1 or not found.update.form:
            return None
        table, column = table_of(found, given), columns_of(found.groups)
        chain = moving_chain(["", *found.groups], [table], column)
        plane, weights = coordinate_step([found], [table], ["", *(name for name in found.groups if name in chain)])
    except Refused:
        return None
    gain = -plane.b[0]
    if not float(gain.lower) > 0:
        return None
    ones = Ball.exact(np.ones(found.update.owner.size))
    names = tuple(dict.fromkeys(leaf.name for leaf in given if leaf.kind == "held"))
    gains = (ones if weights is None else weights) * gain
    return Held(gains, Plane(plane.a, plane.b / gain), names, weights is None)


def _is_held(leaf: Leaf, jet: Jet | None, column: dict[str, int]) -> bool:
    """Whether it keeps its value without a gradient, or its linear form has no share but its own."""
    if leaf.kind == "kept":
        return True
    if leaf.kind not in ("moving", "near") or jet is None or jet.order <= 0:
        return False
    return support(jet.form) <= {column.get(leaf.variable, -1)}
