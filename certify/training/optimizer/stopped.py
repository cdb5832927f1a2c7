"""Optimisers that stop: near the point of rest the step is exactly zero.

Where the update is the constant zero for all parameters, gradients and memories near the point of rest, every minimum
there is Lyapunov stable as soon as the memory that the program's choices look at stays near its own rest: with the
parameters at a standstill the gradient is a constant of order of their distance, and memory that contracts towards what
it drives keeps within a multiple of that. Nothing converges: the optimiser stops where it is.
"""

from collections.abc import Sequence

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.jets import Jet, Refused
from certify.training.optimizer.leaves import Leaf
from certify.training.optimizer.linearise import Linearised
from certify.training.optimizer.scalars import Scalar
from certify.training.optimizer.stable_curvatures import Plane, decays

# the variables are: parameter, gradient, memory...
_MEMORY = 2


def check_memory(steps: Sequence[Linearised], leaves: Sequence[Leaf]) -> None:
    """Raises `Refused` where the memory that the choices of the steps look at is not proved to stay near its rest."""
    if steps[0].update.shape == ():
        raise Refused("the update does not depend on the gradient")
    for found in steps:
        for leaf, jet in zip(leaves, found.memory, strict=True):
            if leaf.kind == "kept" and (jet is None or not jet.is_constant or jet.base is None):
                raise Refused(f"the optimiser stops, but its memory {leaf.name} goes on changing")
    looked_at = {k for found in steps for k in found.guards[0]}
    for _ in range(len(leaves) + 1):
        more = {k for found in steps for k in _drivers(found, leaves, looked_at)}
        if more <= looked_at:
            break
        looked_at |= more
    columns = sorted(k for k in looked_at if k >= _MEMORY)
    if not columns:
        return
    planes = [_plane(found, leaves, columns) for found in steps]
    if not decays(Plane(planes[0].a, planes[0].b, tuple(planes[1:])), 0):
        raise Refused("the memory that decides whether the optimiser stops is not proved to stay near its rest")


def _new(found: Linearised, leaves: Sequence[Leaf], column: int) -> list[Jet]:
    """The jets of the new memory of one group; raises `Refused` where they have no linear form."""
    name, jets = found.groups[column - _MEMORY], []
    for leaf, jet in zip(leaves, found.memory, strict=True):
        if leaf.variable == name:
            if jet is None or leaf.kind != "moving" or jet.order <= 1 or not _rests(leaf, jet):
                raise Refused(f"the memory {leaf.name} decides whether the optimiser stops, and has no linear form")
            jets.append(jet)
    return jets


def _rests(leaf: Leaf, jet: Jet) -> bool:
    ball = jet.ball()
    return not ball.rad.any() and np.array_equal(ball.mid, leaf.value)


def _drivers(found: Linearised, leaves: Sequence[Leaf], looked_at: set[int]) -> set[int]:
    """What the new memory of these variables depends on."""
    names = {found.groups[column - _MEMORY] for column in looked_at if column >= _MEMORY}
    places = [k for k, leaf in enumerate(leaves) if leaf.variable in names]
    seen = {k for column in looked_at if column >= _MEMORY for jet in _new(found, leaves, column) for k in jet.seen}
    return seen.union(*(found.guards[1 + k] for k in places))


def _plane(found: Linearised, leaves: Sequence[Leaf], columns: Sequence[int]) -> Plane:
    rows, slopes = [], []
    for column in columns:
        jets = _new(found, leaves, column)
        forms = [[_entry(found, jet, k) for k in (*columns, 1)] for jet in jets]
        if any([e.key for e in form] != [e.key for e in forms[0]] for form in forms):
            raise Refused("the optimiser treats groups of parameters differently")
        rows.append([e.ball for e in forms[0][:-1]])
        slopes.append(forms[0][-1].ball)
    return Plane(
        Ball(
            np.array([[float(x.mid) for x in row] for row in rows]), np.array([[float(x.rad) for x in r] for r in rows])
        ),
        Ball(np.array([float(x.mid) for x in slopes]), np.array([float(x.rad) for x in slopes])),
    )


def _entry(found: Linearised, jet: Jet, column: int) -> Scalar:
    return jet.form[column] if jet.form else found.recipes.constant(0.0)
