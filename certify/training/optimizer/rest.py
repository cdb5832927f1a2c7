"""Whether an optimiser rests at zero gradient, and its linearisation there as one small matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.program import Program
from certify.training.optimizer.averaged import averaged_plane
from certify.training.optimizer.coordinate_step import (
    UNMOVED,
    Table,
    columns_of,
    coordinate_step,
    moving_chain,
    planes,
    table_of,
)
from certify.training.optimizer.jets import Jet, Refused, support
from certify.training.optimizer.leaves import CLOCK, Leaf, near
from certify.training.optimizer.linearise import PARAMS, Linearised, kept_name, linearise
from certify.training.optimizer.scalars import Scalar
from certify.training.optimizer.stable_curvatures import Plane, decays
from certify.training.optimizer.stopped import check_memory


@final
@dataclass(frozen=True, eq=False)
class Rest:
    """plane: (parameter, memory that matters), over a whole period of the optimiser's counters; None where the step is
    exactly zero near the point of rest. memory_decays: whether
    with the gradient gone the parameters keep the eigenvalue one and all others are of modulus below one. neutral: the
    memory that keeps any value (accumulators). period: steps. given: memory that keeps its value and moves the
    parameters (a starting point): with it the step is differentiable at this point of rest alone, which decides
    instability. weights (D,): the positive diagonal D_beta that scales the gradients of the coordinates; None where all
    are one."""

    plane: Plane | None
    memory_decays: bool
    neutral: tuple[str, ...]
    period: int
    given: tuple[str, ...] = ()
    averaged: bool = False
    weights: Ball | None = None


def rest_of(
    programs: Sequence[Program], params: Ball, leaves: Sequence[Leaf], clock: tuple[float, float] = CLOCK
) -> Rest:
    """The linearised step, or product of the steps of a period, where (parameters, memory) rests at zero gradient.

    All that is checked holds for every parameter in the box `params`: near a minimum all parameters of the box that
    are minima are points of rest. Raises `Refused` where this is not proved.
    """
    return at_rest([linearise(program, params, leaves, clock=clock) for program in programs], leaves)


def at_rest(steps: Sequence[Linearised], leaves: Sequence[Leaf]) -> Rest:
    """Checks that (parameters, memory) is a fixed point of every step at zero gradient and reads the matrices off the
    jets.

    Raises `Refused` where it is none, or where a step is not differentiable there.
    """
    if all(found.update.is_zero and found.update.is_constant for found in steps):
        check_memory(steps, leaves)
        return Rest(None, True, (), len(steps))
    sums = tuple(leaf.name for leaf in leaves if leaf.kind == "sum")
    plane = averaged_plane(steps[0], leaves) if sums and len(steps) == 1 and steps[0].update.is_zero else None
    if plane is not None:
        return Rest(plane, True, (), 1, averaged=True)
    tables, rough = [], set()
    for found in steps:
        if not found.update.is_zero:
            raise Refused(
                "the optimiser moves the parameters where the gradient vanishes (decoupled weight decay, for example), "
                "so that it does not rest at minima of this loss; put the penalty into the loss"
            )
        if found.update.order <= 1:
            raise Refused(found.update.note or "the update is not differentiable where the optimiser rests")
        for index, (leaf, jet) in enumerate(zip(leaves, found.memory, strict=True)):
            rough |= _check_memory(leaf, index, jet, found)
        tables.append(table_of(found, leaves))
    _check_rough(steps, tables, leaves, rough)
    neutral = tuple(dict.fromkeys(leaf.name for leaf in leaves if leaf.kind == "kept"))
    reduced = _reduced(steps, tables, neutral)
    return replace(reduced, given=(*reduced.given, *sums), memory_decays=reduced.memory_decays and not sums)


def _check_memory(leaf: Leaf, index: int, jet: Jet | None, found: Linearised) -> set[str]:
    """Checks that the memory rests; its group where it is only Lipschitz."""
    if leaf.kind in UNMOVED:
        return set()
    if jet is None:
        raise Refused(f"the memory {leaf.name} does not keep its value at zero gradient")
    _check_fixed(leaf, index, jet, found)
    if leaf.variable and jet.order < 1:
        raise Refused(f"the memory {leaf.name} is not differentiable where the optimiser rests")
    return {leaf.variable} if leaf.variable and jet.order == 1 else set()


def _check_fixed(leaf: Leaf, index: int, jet: Jet, found: Linearised) -> None:
    """The memory's new value is its old one; for "near" by Brouwer's theorem in one dimension, where it contracts."""
    value = jet.value.ball if isinstance(jet.value, Scalar) else jet.value
    if leaf.kind in ("kept", "params"):
        name = kept_name(index) if leaf.kind == "kept" else PARAMS
        same = jet.base == (name, 1) and np.array_equal(jet.owner, leaf.owner)
        if not same or jet.order <= 0:
            raise Refused(f"the memory {leaf.name} does not keep its value at zero gradient")
        return
    if leaf.kind == "near":
        given = near(leaf)
        own = jet.form[2 + found.groups.index(leaf.variable)].ball if jet.form else Ball.exact(0.0)
        inside = bool((value.lower > given.lower).all() and (value.upper < given.upper).all())
        if not (inside and bool(abs(own).upper < 1)):
            raise Refused(f"the memory {leaf.name} is not proved to rest near its value")
        return
    if value.rad.any() or bool((np.broadcast_to(value.mid, leaf.value.shape) != leaf.value).any()):
        raise Refused(f"the memory {leaf.name} does not keep its value at zero gradient")
    if not leaf.variable and not jet.is_constant:
        raise Refused(f"the memory {leaf.name} belongs to no single parameter")


def _check_rough(steps: Sequence[Linearised], tables: Sequence[Table], leaves: Sequence[Leaf], rough: set[str]) -> None:
    """Memory that is only Lipschitz: driven by the rest, and seen by it at higher order alone.

    With x the rest and r this memory, x' = A x + O(|d|^a), a > 1, and r' = O(|x|): |x|_P + k |r| contracts for small k
    where A does; and where A has an eigenvalue outside, orbits in its cone keep |r| = O(|x|) and grow.
    """
    for found, table in zip(steps, tables, strict=True):
        places = {2 + found.groups.index(name): name for name in rough}
        for form in table.values():
            if any(places.get(k) for k in support(form)):
                raise Refused(f"the memory {', '.join(sorted(rough))} is not differentiable where the optimiser rests")
        for leaf, jet in zip(leaves, found.memory, strict=True):
            if leaf.variable in rough and jet is not None and jet.seen & set(places):
                raise Refused(f"the memory {leaf.name} is not differentiable where the optimiser rests")


def _reduced(steps: Sequence[Linearised], tables: Sequence[Table], neutral: tuple[str, ...]) -> Rest:
    groups = steps[0].groups
    names = ["", *groups]
    column = columns_of(groups)
    chain = moving_chain(names, tables, column)
    given = tuple(name for name in groups if name not in chain and _stays(name, tables, column))
    others = [name for name in groups if name not in chain and name not in given]
    if others and not decays(planes(others, tables, column), 0):
        raise Refused(f"the memory {', '.join(others)} is not proved to decay")
    plane, weights = coordinate_step(steps, tables, ["", *(name for name in groups if name in chain)])
    return Rest(plane, not given and decays(plane, 1), neutral, len(steps), given, weights=weights)


def _stays(name: str, tables: Sequence[Table], column: dict[str, int]) -> bool:
    """Whether the memory's new value is its old one, whatever the rest."""
    for table in tables:
        form = table[name]
        own = form[column[name]].ball
        if support(form) != {column[name]} or not bool(own.mid == 1 and own.rad == 0):
            return False
    return True
