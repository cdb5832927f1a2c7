"""The linearised step of one coordinate, read off power jets: the same for all, up to weights of their gradients."""

from collections.abc import Sequence

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.leaves import Leaf
from certify.training.optimizer.linearise import Linearised
from certify.training.optimizer.scalars import Scalar
from certify.training.optimizer.stable_curvatures import Plane
from certify.training.optimizer.weights import GROUPS, balanced, side_by_side

Table = dict[str, tuple[Scalar, ...]]
# Memory without a row of its own.
UNMOVED = ("clock", "cycle", "loss", "sum", "held")
_GRADIENT = 1


def table_of(found: Linearised, leaves: Sequence[Leaf]) -> Table:
    """The linear form of the new parameter ("") and of every group's new memory; raises `Refused` where parts of a
    group differ."""
    recipes, width = found.recipes, 2 + len(found.groups)
    zero, one = recipes.constant(0.0), recipes.constant(1.0)
    update = found.update.form or (zero,) * width
    forms: dict[str, list[tuple[tuple[Scalar, ...], np.ndarray]]] = {}
    keys: dict[str, int] = {}
    for leaf, jet in zip(leaves, found.memory, strict=True):
        if leaf.kind in UNMOVED or not leaf.variable or jet is None:
            continue
        forms.setdefault(leaf.variable, []).append((jet.form or (zero,) * width, leaf.owner))
        if leaf.kind == "near":
            key = jet.value.key if isinstance(jet.value, Scalar) else None
            if key is None or keys.setdefault(leaf.name, key) != key:
                raise Refused(GROUPS)
    table: Table = {"": (recipes.apply("add", one, update[0]), *update[1:])}
    for variable, known in forms.items():
        table[variable] = side_by_side(recipes, [form for form, _ in known], [owner for _, owner in known])
    return table


def columns_of(groups: Sequence[str]) -> dict[str, int]:
    """The number of the variable of the parameter ("") and of every group."""
    return {"": 0} | {name: 2 + k for k, name in enumerate(groups)}


def coordinate_step(
    steps: Sequence[Linearised], tables: Sequence[Table], names: list[str]
) -> tuple[Plane, Ball | None]:
    """The step of (parameter, memory) `names`, and the weights (D,) of the gradients of the coordinates, positive;
    None where all are one. Raises `Refused` where coordinates differ by more than that."""
    column = columns_of(steps[0].groups)
    if not any(entry.varies for table in tables for name in names for entry in table[name]):
        return planes(names, tables, column), None
    if len(steps) > 1:
        raise Refused("the memory or a constant scales the parameters differently within a period")
    (found,), (table,) = steps, tables
    columns = [_GRADIENT, *(column[name] for name in names)]
    entries = {(column[row], k): table[row][k] for row in names for k in columns if not table[row][k].is_zero}
    same, weights = balanced(found.recipes, entries, found.update.owner.size)
    zero, width = found.recipes.constant(0.0), 2 + len(found.groups)
    alike = {row: tuple(same.get((column[row], k), zero) for k in range(width)) for row in names}
    return planes(names, [alike], column), weights


def planes(names: list[str], tables: Sequence[Table], column: dict[str, int]) -> Plane:
    """The steps of a period, of one coordinate."""
    steps = [Plane(_matrix(names, table, column), _slopes(names, table)) for table in tables]
    return Plane(steps[0].a, steps[0].b, tuple(steps[1:]))


def _slopes(names: list[str], table: Table) -> Ball:
    balls = [table[name][_GRADIENT].ball for name in names]
    return Ball(np.array([float(x.mid) for x in balls]), np.array([float(x.rad) for x in balls]))


def moving_chain(names: list[str], tables: Sequence[Table], column: dict[str, int]) -> set[str]:
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
