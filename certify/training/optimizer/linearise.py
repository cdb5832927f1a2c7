"""An optimiser's update at the point where it rests, as power jets: one small matrix for every coordinate."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.program import Program
from certify.program.balls import Balls
from certify.program.primitives.registry import PRIMITIVES
from certify.training.optimizer.jet_rules import COMPARISONS, RULES, compared, selected
from certify.training.optimizer.jets import Jet, Refused, uniform
from certify.training.optimizer.scalars import Recipes, Scalar
from foundation import CertificateError, InputError

# Step counters stand for every number of steps in this range: bias corrections and warm-up are over.
CLOCK = (2.0**20, 2.0**60)


@final
@dataclass(frozen=True, eq=False)
class Leaf:
    """One array of the optimiser's memory. name: its group, one variable of the jets; leaves of one group belong to
    different parameters. owner: the coordinate of every entry, -1 throughout for what belongs to none. kind: "moving"
    for memory that rests exactly at `value`, "near" for memory that rests within one part in 10^9 of the one number in
    `value`, "clock" for step counters (`value` is anything)."""

    name: str
    kind: str
    owner: np.ndarray
    value: np.ndarray


@final
@dataclass(frozen=True, eq=False)
class Linearised:
    """update, memory: the jets of the step and of the new memory; groups: the names of the variables after parameter
    and gradient. leaves and memory in the program's order."""

    update: Jet
    memory: tuple[Jet | None, ...]
    groups: tuple[str, ...]
    recipes: Recipes


def linearise(program: Program, params: Ball, leaves: Sequence[Leaf]) -> Linearised:
    """The jets of (update, new memory) for the program (params, gradient, memory...) at zero gradient.

    Raises `Refused` where the update is not coordinatewise, or branches, at the point of rest.
    """
    groups = tuple(dict.fromkeys(leaf.name for leaf in leaves if leaf.kind != "clock" and (leaf.owner >= 0).all()))
    recipes, width = Recipes(), 2 + len(groups)
    unit = [tuple(recipes.constant(float(i == j)) for i in range(width)) for j in range(width)]
    owner = np.arange(len(params))
    values: list[Any] = [
        Jet(params, unit[0], math.inf, owner),
        Jet(recipes.constant(0.0), unit[1], math.inf, owner),
    ]
    for leaf in leaves:
        values.append(_leaf(recipes, leaf, unit, groups))
    outputs = _run(program, values, recipes)
    if not isinstance(outputs[0], Jet):
        raise Refused("the update does not depend on the gradient")
    memory = tuple(_as_jet(recipes, x, None) if not isinstance(x, Jet) else x for x in outputs[1:])
    return Linearised(outputs[0], memory, groups, recipes)


def _leaf(recipes: Recipes, leaf: Leaf, unit: list[tuple[Scalar, ...]], groups: tuple[str, ...]) -> Any:
    if leaf.kind == "clock":
        low, high = (np.full((1, *leaf.value.shape), end) for end in CLOCK)
        return Ball.from_bounds(low, high)
    if leaf.kind == "near":
        value = recipes.named(near(leaf), "rest", leaf.name)
        return Jet(value, unit[2 + groups.index(leaf.name)], math.inf, leaf.owner)
    exact = Ball.exact(leaf.value)
    try:
        found: Scalar | Ball = uniform(recipes, exact)
    except Refused:
        found = exact
    if leaf.name not in groups or not (leaf.owner >= 0).all():
        return Jet(found, (), math.inf, np.full(leaf.value.shape, -1))
    return Jet(found, unit[2 + groups.index(leaf.name)], math.inf, leaf.owner)


def near(leaf: Leaf) -> Ball:
    """The interval in which a memory of kind "near" is to rest."""
    value = float(leaf.value.reshape(-1)[0])
    return Ball.from_bounds(np.float64(value - abs(value) * _NEAR), np.float64(value + abs(value) * _NEAR))


_NEAR = 1e-9


def _run(program: Program, values: list[Any], recipes: Recipes) -> list[Any]:
    system = Balls(False)
    for array in program.constants:
        values.append(system.constant(array[None]) if array.dtype == np.float64 else array[None])
    for equation in program.equations:
        operands = [values[ref] for ref in equation.operands]
        if not any(isinstance(x, Jet) for x in operands):
            try:
                values.append(PRIMITIVES[equation.primitive].evaluate(system, operands, equation.parameters))
            except InputError as error:
                raise Refused(f"a constant of the update cannot be enclosed: {error}") from None
            continue
        values.append(_step(recipes, equation.primitive, operands, equation.operands, equation.parameters))
    return [values[ref] for ref in program.outputs]


def _step(recipes: Recipes, name: str, operands: list[Any], refs: Sequence[int], parameters: Mapping[str, Any]) -> Any:
    if name == "select_n":
        which, cases = operands[0], operands[1:]
        if not isinstance(which, np.ndarray):
            raise Refused("the update branches on a comparison that the point of rest does not decide")
        jets = [_as_jet(recipes, x, ref) for x, ref in zip(cases, refs[1:], strict=True)]
        return selected(which, jets)
    if any(isinstance(x, np.ndarray) for x in operands):
        raise Refused(f"the update mixes whole numbers and real ones in `{name}`")
    jets = [_as_jet(recipes, x, ref) for x, ref in zip(operands, refs, strict=True)]
    if name in COMPARISONS:
        return compared(recipes, name, *jets)[None]
    if name == "integer_pow" and parameters["exponent"] in (1, 2, 3):
        result = jets[0]
        for _ in range(parameters["exponent"] - 1):
            result = RULES["mul"](recipes, (result, jets[0]), {})
        return result
    if name not in RULES:
        raise Refused(f"the update of a parameter passes through `{name}`, which joins or bends coordinates")
    return RULES[name](recipes, jets, parameters)


def _as_jet(recipes: Recipes, value: Any, ref: int | None) -> Jet:
    """A constant as a jet."""
    if isinstance(value, Jet):
        return value
    if isinstance(value, np.ndarray):
        value = Ball.exact(value.astype(np.float64))
    if not isinstance(value, Ball):
        raise Refused("the update branches on a comparison that the point of rest does not decide")
    inner = value.reshape(value.shape[1:])
    owner = np.full(inner.shape, -1)
    if inner.size == 1 and ref is not None and inner.rad.any():
        return Jet(recipes.named(inner.reshape(()), "value", ref), (), math.inf, owner)
    try:
        return Jet(uniform(recipes, inner), (), math.inf, owner)
    except Refused:
        return Jet(inner, (), math.inf, owner)


def read_leaves(stored: Any, dimension: int) -> tuple[Leaf, ...]:
    """The memory of a certificate's optimiser; raises `CertificateError` where it is damaged."""
    if not isinstance(stored, list):
        raise CertificateError("the optimiser's memory is not a list")
    return tuple(_read_leaf(entry, dimension) for entry in stored)


# The path of an array in a state, such as [0].mu['layer']: no sentence fits into it.
_NAME = re.compile(r"[\w.'\"\[\]/-]{0,120}")


def _read_leaf(entry: Any, dimension: int) -> Leaf:
    if not isinstance(entry, dict) or set(entry) != {"name", "kind", "owner", "value"}:
        raise CertificateError("an entry of the optimiser's memory is damaged")
    name, kind, owner, value = (entry.get(key) for key in ("name", "kind", "owner", "value"))
    if (
        not isinstance(owner, np.ndarray)
        or not isinstance(value, np.ndarray)
        or not isinstance(name, str)
        or not _NAME.fullmatch(name)
    ):
        raise CertificateError("an entry of the optimiser's memory is damaged")
    fits = owner.dtype == np.int64 and value.dtype == np.float64 and owner.shape == value.shape
    if kind not in ("moving", "near", "clock") or not fits or not np.isfinite(value).all():
        raise CertificateError(f"the memory {name!r} of the optimiser is damaged")
    if bool((owner < -1).any() or (owner >= dimension).any()):
        raise CertificateError(f"the memory {name!r} of the optimiser belongs to parameters that do not exist")
    if kind == "near" and (not value.size or bool((value != value.flat[0]).any()) or bool((owner < 0).any())):
        raise CertificateError(f"the memory {name!r} of the optimiser is damaged")
    return Leaf(str(name), str(kind), owner, value)
