"""An optimiser's update at the point where it rests, as power jets: one small matrix for every coordinate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.program import Program
from certify.program.balls import Balls
from certify.program.primitives.registry import PRIMITIVES
from certify.training.optimizer.jet_branches import BRANCHES, COMPARISONS, compared, selected
from certify.training.optimizer.jet_functions import FUNCTIONS
from certify.training.optimizer.jet_rules import RULES
from certify.training.optimizer.jet_shapes import SHAPES
from certify.training.optimizer.jets import Jet, Refused, uniform
from certify.training.optimizer.leaves import CLOCK, Leaf, around, late_sum, loss_at_rest, near
from certify.training.optimizer.scalars import Recipes, Scalar
from certify.training.optimizer.unless_still import UnlessStill, unless_it_is_still, unless_still
from foundation import InputError

PARAMS = "params"
_RULES = RULES | FUNCTIONS | BRANCHES | SHAPES


@final
@dataclass(frozen=True, eq=False)
class Linearised:
    """update, memory: the jets of the step and of the new memory; groups: the names of the variables after parameter
    and gradient. leaves and memory in the program's order; None where a new memory has no jet. guards: for every output
    the variables that the choices on its way depend on."""

    update: Jet
    memory: tuple[Jet | None, ...]
    groups: tuple[str, ...]
    recipes: Recipes
    guards: tuple[frozenset[int], ...] = ()


def linearise(
    program: Program,
    params: Ball,
    leaves: Sequence[Leaf],
    alive: np.ndarray | None = None,
    clock: tuple[float, float] = CLOCK,
) -> Linearised:
    """The jets of (update, new memory) for the program (params, gradient, memory...) at zero gradient, for every
    parameter in the box `params` and every step counter between the two of `clock`.

    alive (D,): the first step
    from rest is looked at, with a gradient that does not vanish at these coordinates and the memory exactly at rest;
    otherwise the memory deviates, too. Raises `Refused` where the update is not coordinatewise to first order, or
    branches, at the point of rest.
    """
    moving = [] if alive is not None else [leaf.variable for leaf in leaves if leaf.variable]
    groups = tuple(dict.fromkeys(moving))
    recipes, width = Recipes(alive=alive), 2 + len(groups)
    unit = [tuple(recipes.constant(float(i == j)) for i in range(width)) for j in range(width)]
    owner = np.arange(len(params))
    values: list[Any] = [
        Jet(params, unit[0] if alive is None else (), math.inf, owner, base=(PARAMS, Fraction(1))),
        Jet(recipes.constant(0.0), unit[1], math.inf, owner),
    ]
    for index, leaf in enumerate(leaves):
        values.append(_leaf(recipes, leaf, index, unit, groups, params, clock))
    outputs, guards = _run(program, values, recipes)
    update = as_jet(recipes, outputs[0], None)
    memory = tuple(x if isinstance(x, Jet) else _constant_or_none(recipes, x) for x in outputs[1:])
    _check_places([update, *memory], [owner, *(leaf.owner for leaf in leaves)])
    return Linearised(update, memory, groups, recipes, guards)


def _check_places(jets: Sequence[Jet | None], owners: Sequence[np.ndarray]) -> None:
    """A linear form in the deviations of a coordinate must come out at that coordinate: no step that permutes them."""
    for jet, owner in zip(jets, owners, strict=True):
        if jet is not None and jet.form and not np.array_equal(jet.owner, owner):
            raise Refused("the update of one parameter depends on the gradient or the memory of another one")


def _leaf(
    recipes: Recipes,
    leaf: Leaf,
    index: int,
    unit: list[tuple[Scalar, ...]],
    groups: tuple[str, ...],
    params: Ball,
    clock: tuple[float, float],
) -> Any:
    if leaf.kind == "clock":
        low, high = (np.full((1, *leaf.value.shape), end) for end in clock)
        return Ball.from_bounds(low, high)
    if leaf.kind == "cycle":
        return Ball.exact(leaf.value[None])
    form = unit[2 + groups.index(leaf.variable)] if leaf.variable in groups else ()
    if leaf.kind == "sum":
        return Jet(recipes.named(late_sum(leaf), "sum", index), (), math.inf, leaf.owner)
    if leaf.kind == "loss":
        # at a minimum the loss differs from its value there to second order
        at_rest = loss_at_rest(leaf)
        value = recipes.named(at_rest, "loss") if at_rest.rad.any() else recipes.constant(0.0)
        return Jet(value, (), 2.0, leaf.owner, hidden=frozenset({0}))
    if leaf.kind == "near":
        return Jet(recipes.named(near(leaf), "rest", leaf.name), form, math.inf, leaf.owner)
    if leaf.kind == "kept":
        values, base = around(leaf), (kept_name(index), Fraction(1))
        # entries that are equal at rest move apart: a number stands for those of one parameter only
        known = leaf.value.size > 0 and (leaf.is_owned or leaf.value.size == 1)
        if known and bool((leaf.value == leaf.value.flat[0]).all()):
            return Jet(recipes.named(values.reshape(-1)[0].reshape(()), base[0]), (), math.inf, leaf.owner, base=base)
        return Jet(values, (), math.inf, leaf.owner, base=base)
    if leaf.kind == "params":
        return Jet(params[leaf.owner], form, math.inf, leaf.owner, base=(PARAMS, Fraction(1)))
    exact = Ball.exact(leaf.value)
    try:
        found: Scalar | Ball = uniform(recipes, exact)
    except Refused:
        found = exact
    return Jet(found, form, math.inf, leaf.owner if form and leaf.is_owned else np.full(leaf.value.shape, -1))


def kept_name(index: int) -> str:
    """The name of a kept array among bases."""
    return f"kept {index}"


def _run(program: Program, values: list[Any], recipes: Recipes) -> tuple[list[Any], tuple[frozenset[int], ...]]:
    """The outputs, and the variables that the choices on the way to each of them depend on."""
    system = Balls(False)
    none: frozenset[int] = frozenset()
    guards = [none] * (len(values) + len(program.constants))
    for array in program.constants:
        values.append(system.constant(array[None]) if array.dtype == np.float64 else array[None])
    for equation in program.equations:
        operands = [values[ref] for ref in equation.operands]
        if not any(isinstance(x, Jet | UnlessStill) for x in operands):
            try:
                with np.errstate(all="ignore"):
                    values.append(PRIMITIVES[equation.primitive].evaluate(system, operands, equation.parameters))
            except InputError as error:
                raise Refused(f"a constant of the update cannot be enclosed: {error}") from None
            _remember(recipes, equation.primitive, operands, equation.operands, values)
            recipes.guards = set()
        else:
            recipes.guards = set()
            values.append(_step(recipes, equation.primitive, operands, equation.operands, equation.parameters))
        refs = equation.operands
        if equation.primitive == "select_n" and isinstance(operands[0], np.ndarray):
            refs = (refs[0], refs[1 + int(operands[0].reshape(-1)[0])])
        guards.append(none.union(recipes.guards, *(guards[ref] for ref in refs)))
    return [values[ref] for ref in program.outputs], tuple(guards[ref] for ref in program.outputs)


def _remember(recipes: Recipes, name: str, operands: list[Any], refs: Sequence[int], values: list[Any]) -> None:
    """The recipe of a difference of two numbers of which one is known only up to an interval."""
    result = values[-1]
    if name != "sub" or not isinstance(result, Ball) or result.shape != (1,) or not result.rad.any():
        return
    first, second = (as_jet(recipes, x, ref).value for x, ref in zip(operands, refs, strict=True))
    if isinstance(first, Scalar) and isinstance(second, Scalar):
        recipes.constants[len(values) - 1] = recipes.apply("sub", first, second)


def _step(recipes: Recipes, name: str, operands: list[Any], refs: Sequence[int], parameters: Mapping[str, Any]) -> Any:
    if any(isinstance(x, UnlessStill) for x in operands):
        return unless_still(recipes, name, [x if isinstance(x, UnlessStill) else as_jet(recipes, x, ref)
                                            for x, ref in zip(operands, refs, strict=True)])  # fmt: skip
    if name == "select_n":
        which, cases = operands[0], operands[1:]
        if not isinstance(which, np.ndarray):
            raise Refused("the update branches on a comparison that the point of rest does not decide")
        jets = [as_jet(recipes, x, ref) for x, ref in zip(cases, refs[1:], strict=True)]
        return selected(which, jets)
    if any(isinstance(x, np.ndarray) for x in operands):
        raise Refused(f"the update mixes whole numbers and real ones in `{name}`")
    jets = [as_jet(recipes, x, ref) for x, ref in zip(operands, refs, strict=True)]
    if len(operands) == 2 and operands[0] is operands[1]:
        jets[1] = jets[0]
    if name == "gt" and unless_it_is_still(*jets):
        return UnlessStill(None)
    if name in COMPARISONS:
        return compared(recipes, name, *jets)[None]
    if name == "integer_pow" and parameters["exponent"] in (1, 2, 3):
        result = jets[0]
        for _ in range(parameters["exponent"] - 1):
            result = RULES["mul"](recipes, (result, jets[0]), {})
        return result
    if name not in _RULES:
        raise Refused(f"the update of a parameter passes through `{name}`, which joins or bends coordinates")
    return _RULES[name](recipes, jets, parameters)


def as_jet(recipes: Recipes, value: Any, ref: int | None) -> Jet:
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
        known = recipes.constants.get(ref) or recipes.named(inner.reshape(()), "value", ref)
        return Jet(known, (), math.inf, owner)
    try:
        return Jet(uniform(recipes, inner), (), math.inf, owner)
    except Refused:
        return Jet(inner, (), math.inf, owner)


def _constant_or_none(recipes: Recipes, value: Any) -> Jet | None:
    try:
        return as_jet(recipes, value, None)
    except Refused:
        return None
