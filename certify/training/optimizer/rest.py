"""Whether an optimiser rests at zero gradient, and its linearisation there as one small matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.program import Program
from certify.training.optimizer.averaged import averaged_plane
from certify.training.optimizer.jets import Jet, Refused, support
from certify.training.optimizer.leaves import CLOCK, Leaf, near
from certify.training.optimizer.linearise import PARAMS, Linearised, kept_name, linearise
from certify.training.optimizer.scalars import Scalar
from certify.training.optimizer.stable_curvatures import Plane, decays
from certify.training.optimizer.stopped import check_memory

Table = dict[str, tuple[Scalar, ...]]
_GRADIENT = 1


@final
@dataclass(frozen=True, eq=False)
class Rest:
    """plane: (parameter, memory that matters), over a whole period of the optimiser's counters; None where the step is
    exactly zero near the point of rest. memory_decays: whether
    with the gradient gone the parameters keep the eigenvalue one and all others are of modulus below one. neutral: the
    memory that keeps any value (accumulators). period: steps. given: memory that keeps its value and moves the
    parameters (a starting point): with it the step is differentiable at this point of rest alone, which decides
    instability."""

    plane: Plane | None
    memory_decays: bool
    neutral: tuple[str, ...]
    period: int
    given: tuple[str, ...] = ()
    averaged: bool = False


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
        table, kinks = _table(found, leaves)
        tables.append(table)
        rough |= kinks
    _check_rough(steps, tables, leaves, rough)
    neutral = tuple(dict.fromkeys(leaf.name for leaf in leaves if leaf.kind == "kept"))
    reduced = _reduced(steps, tables, neutral)
    return replace(reduced, given=(*reduced.given, *sums), memory_decays=reduced.memory_decays and not sums)


def _table(found: Linearised, leaves: Sequence[Leaf]) -> tuple[Table, set[str]]:
    """The linear form of the new parameter and of every group's new memory; the groups that are only Lipschitz."""
    recipes, width = found.recipes, 2 + len(found.groups)
    zero, one = recipes.constant(0.0), recipes.constant(1.0)
    update = found.update.form or (zero,) * width
    table: Table = {"": (recipes.apply("add", one, update[0]), *update[1:])}
    rough: set[str] = set()
    keys: dict[str, int | None] = {}
    for index, (leaf, jet) in enumerate(zip(leaves, found.memory, strict=True)):
        if leaf.kind in ("clock", "cycle", "loss", "sum"):
            continue
        if jet is None:
            raise Refused(f"the memory {leaf.name} does not keep its value at zero gradient")
        _check_fixed(leaf, index, jet, found)
        if not leaf.variable:
            continue
        if jet.order < 1:
            raise Refused(f"the memory {leaf.name} is not differentiable where the optimiser rests")
        if jet.order == 1:
            rough.add(leaf.variable)
        form = jet.form or (zero,) * width
        before = table.setdefault(leaf.variable, form)
        if [e.key for e in before] != [e.key for e in form]:
            raise Refused("the optimiser treats groups of parameters differently")
        if leaf.kind == "near":
            key = jet.value.key if isinstance(jet.value, Scalar) else None
            if key is None or keys.setdefault(leaf.name, key) != key:
                raise Refused("the optimiser treats groups of parameters differently")
    return table, rough


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
    column = {"": 0} | {name: 2 + k for k, name in enumerate(groups)}
    chain = _chain(names, tables, column)
    given = tuple(name for name in groups if name not in chain and _stays(name, tables, column))
    others = [name for name in groups if name not in chain and name not in given]
    if others and not decays(_planes(others, tables, column), 0):
        raise Refused(f"the memory {', '.join(others)} is not proved to decay")
    plane = _planes(["", *(name for name in groups if name in chain)], tables, column)
    return Rest(plane, not given and decays(plane, 1), neutral, len(steps), given)


def _stays(name: str, tables: Sequence[Table], column: dict[str, int]) -> bool:
    """Whether the memory's new value is its old one, whatever the rest."""
    for table in tables:
        form = table[name]
        own = form[column[name]].ball
        if support(form) != {column[name]} or not bool(own.mid == 1 and own.rad == 0):
            return False
    return True


def _planes(names: list[str], tables: Sequence[Table], column: dict[str, int]) -> Plane:
    steps = [Plane(_matrix(names, table, column), _slopes(names, table)) for table in tables]
    return Plane(steps[0].a, steps[0].b, tuple(steps[1:]))


def _slopes(names: list[str], table: Table) -> Ball:
    balls = [table[name][_GRADIENT].ball for name in names]
    return Ball(np.array([float(x.mid) for x in balls]), np.array([float(x.rad) for x in balls]))


def _chain(names: list[str], tables: Sequence[Table], column: dict[str, int]) -> set[str]:
    """The groups that the gradient or the parameter moves and that move the parameter: the rest splits off
    triangularly."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(names)
    for table in tables:
        for target in names:
            for source in names:
                if not table[target][column[source]].is_zero:
                    graph.add_edge(source, target)
            if not table[target][_GRADIENT].is_zero:
                graph.add_edge("", target)
    above = networkx.descendants(graph, "")
    below = networkx.ancestors(graph, "")
    return (above & below) - {""}


def _matrix(names: list[str], table: Table, column: dict[str, int]) -> Ball:
    balls = [[table[row][column[col]].ball for col in names] for row in names]
    return Ball(
        np.array([[float(x.mid) for x in row] for row in balls]),
        np.array([[float(x.rad) for x in row] for row in balls]),
    )
