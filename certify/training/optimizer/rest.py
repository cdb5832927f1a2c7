"""Whether an optimiser rests at zero gradient, and its linearisation there as one small matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.jets import Jet, Refused
from certify.training.optimizer.linearise import Leaf, Linearised, near
from certify.training.optimizer.scalars import Scalar
from certify.training.optimizer.schur import characteristic_polynomial, is_schur_stable
from certify.training.optimizer.stable_curvatures import Plane


@final
@dataclass(frozen=True, eq=False)
class Rest:
    """plane: (parameter, memory that matters). keeps_parameters: whether at zero gradient the parameters stay and no
    memory sees them, so that every minimum is a fixed point. memory_decays: whether that memory's own matrix is Schur
    stable. neutral: groups of memory that keep any value (accumulators)."""

    plane: Plane
    keeps_parameters: bool
    memory_decays: bool
    neutral: tuple[str, ...]


def at_rest(found: Linearised, leaves: Sequence[Leaf]) -> Rest:
    """Checks that (parameters, memory) is a fixed point at zero gradient and reads the matrix off the jets.

    Raises `Refused` where it is none, or where the update is not differentiable there.
    """
    if not found.update.is_zero:
        raise Refused(
            "the optimiser moves the parameters where the gradient vanishes (decoupled weight decay, for example), "
            "so that it does not rest at minima of this loss; put the penalty into the loss"
        )
    if found.update.order <= 1:
        raise Refused("the update is not differentiable where the optimiser rests")
    rows = _rows(found, leaves)
    return _reduced(found, rows)


def _rows(found: Linearised, leaves: Sequence[Leaf]) -> dict[str, tuple[Scalar, ...]]:
    """The linear form of every group's new memory."""
    rows: dict[str, tuple[Scalar, ...]] = {}
    width = 2 + len(found.groups)
    keys: dict[str, int | None] = {}
    for leaf, jet in zip(leaves, found.memory, strict=True):
        if leaf.kind == "clock":
            continue
        assert jet is not None
        _check_fixed(leaf, jet, found)
        if leaf.name not in found.groups or not (leaf.owner >= 0).all():
            continue
        if jet.order <= 1:
            raise Refused(f"the memory {leaf.name} is not differentiable where the optimiser rests")
        form = jet.form or tuple(found.recipes.constant(0.0) for _ in range(width))
        before = rows.setdefault(leaf.name, form)
        if [e.key for e in before] != [e.key for e in form]:
            raise Refused("the optimiser treats groups of parameters differently")
        if leaf.kind == "near":
            key = jet.value.key if isinstance(jet.value, Scalar) else None
            if key is None or keys.setdefault(leaf.name, key) != key:
                raise Refused("the optimiser treats groups of parameters differently")
    return rows


def _check_fixed(leaf: Leaf, jet: Jet, found: Linearised) -> None:
    """The memory's new value is its old one; for "near" by Brouwer's theorem in one dimension, where it contracts."""
    value = jet.value.ball if isinstance(jet.value, Scalar) else jet.value
    if leaf.kind == "near":
        given = near(leaf)
        own = jet.form[2 + found.groups.index(leaf.name)].ball if jet.form else Ball.exact(0.0)
        inside = bool((value.lower > given.lower).all() and (value.upper < given.upper).all())
        if not (inside and bool(abs(own).upper < 1)):
            raise Refused(f"the memory {leaf.name} is not proved to rest near its value")
        return
    if value.rad.any() or bool((np.broadcast_to(value.mid, leaf.value.shape) != leaf.value).any()):
        raise Refused(f"the memory {leaf.name} does not keep its value at zero gradient")
    if not (leaf.owner >= 0).all() and not jet.is_constant:
        raise Refused(f"the memory {leaf.name} belongs to no single parameter")


def _reduced(found: Linearised, rows: dict[str, tuple[Scalar, ...]]) -> Rest:
    recipes, groups = found.recipes, found.groups
    one = recipes.constant(1.0)
    update = found.update.form
    zero = recipes.constant(0.0)
    first = tuple(recipes.apply("add", one, e) if j == 0 else e for j, e in enumerate(update)) if update else ()
    first = first or tuple(one if j == 0 else zero for j in range(2 + len(groups)))
    table = {"": first} | rows
    names = ["", *groups]
    column = {"": 0} | {name: 2 + k for k, name in enumerate(groups)}
    neutral = tuple(name for name in groups if _is_unit(table[name], column[name]))
    for name in neutral:
        if any(not table[other][column[name]].is_zero for other in names if other != name):
            raise Refused(f"the accumulator {name} changes the step to first order")
    chain = _chain(names, table, column)
    others = [name for name in groups if name not in chain and name not in neutral]
    if others and is_schur_stable(characteristic_polynomial(_matrix(others, table, column))) is not True:
        raise Refused(f"the memory {', '.join(others)} is not proved to decay")
    kept = ["", *(name for name in groups if name in chain)]
    a = _matrix(kept, table, column)
    b = Ball(*(np.array([float(getattr(table[n][1].ball, part)) for n in kept]) for part in ("mid", "rad")))
    keeps = (not update or update[0].is_zero) and all(table[name][0].is_zero for name in groups)
    memory = kept[1:]
    decays = not memory or is_schur_stable(characteristic_polynomial(_matrix(memory, table, column))) is True
    return Rest(Plane(a, b), keeps, decays, neutral)


def _is_unit(form: tuple[Scalar, ...], place: int) -> bool:
    exact_one = form[place].ball
    return bool(exact_one.mid == 1 and exact_one.rad == 0) and all(e.is_zero for j, e in enumerate(form) if j != place)


def _chain(names: list[str], table: dict[str, tuple[Scalar, ...]], column: dict[str, int]) -> set[str]:
    """The groups that the gradient or the parameter moves and that move the parameter: the rest splits off
    triangularly."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(names)
    for target in names:
        for source in names:
            if not table[target][column[source]].is_zero:
                graph.add_edge(source, target)
        if not table[target][1].is_zero:
            graph.add_edge("", target)
    above = networkx.descendants(graph, "")
    below = networkx.ancestors(graph, "")
    return (above & below) - {""}


def _matrix(names: list[str], table: dict[str, tuple[Scalar, ...]], column: dict[str, int]) -> Ball:
    balls = [[table[row][column[col]].ball for col in names] for row in names]
    return Ball(
        np.array([[float(x.mid) for x in row] for row in balls]),
        np.array([[float(x.rad) for x in row] for row in balls]),
    )
