"""Rearranged, joined, added and contracted entries of power jets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.program.balls import Balls
from certify.program.primitives.registry import PRIMITIVES
from certify.training.optimizer import norms
from certify.training.optimizer.jet_functions import Rule
from certify.training.optimizer.jet_rules import order_of_product
from certify.training.optimizer.jets import Jet, Refused, made
from certify.training.optimizer.scalars import Recipes, Scalar
from certify.training.optimizer.weights import side_by_side

_JOINS = "the update of one parameter depends on the gradients or the memories of others"


def _moved(structural: Callable[[np.ndarray, Mapping[str, Any]], np.ndarray]) -> Rule:
    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        (x,) = operands
        owner = structural(x.owner, parameters)
        value = (
            x.value
            if isinstance(x.value, Scalar)
            else x.value.map(lambda a: structural(np.broadcast_to(a, x.shape), parameters))
        )
        norm = None if x.norm and x.norm.kind == "direction" and owner.size != x.owner.size else x.norm
        placed = bool((owner >= 0).all()) or (owner.size == x.owner.size == 1)
        base = x.base if placed else None
        return Jet(value, x.form, x.order, owner, x.jump, x.hidden, base, norm, x.note, x.square)

    return rule


def _slice(a: np.ndarray, p: Mapping[str, Any]) -> np.ndarray:
    cuts = zip(p["starts"], p["limits"], p["strides"], strict=True)
    return a[tuple(slice(*cut) for cut in cuts)]


def _broadcast(a: np.ndarray, p: Mapping[str, Any]) -> np.ndarray:
    spread = [1] * len(p["shape"])
    for axis, length in zip(p["axes"], a.shape, strict=True):
        spread[axis] = length
    return np.broadcast_to(a.reshape(spread), p["shape"])


def _concatenate(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    axis, first = parameters["axis"], operands[0]
    note = next((x.note for x in operands if x.note), "")
    if first.form and any(other.order <= 1 for other in operands[1:]):
        raise Refused(note or "the optimiser treats groups of parameters differently")
    owner = np.concatenate([x.owner for x in operands], axis)
    form = side_by_side(recipes, [x.form for x in operands], [x.owner for x in operands], note)
    scalars = [x.value for x in operands if isinstance(x.value, Scalar)]
    one = len(scalars) == len(operands) and len({s.key for s in scalars}) == 1
    balls = [x.ball() for x in operands]
    value: Scalar | Ball = (
        scalars[0]
        if one
        else Ball(np.concatenate([b.mid for b in balls], axis), np.concatenate([b.rad for b in balls], axis))
    )
    bases = {x.base for x in operands}
    return made(
        value,
        form,
        min(x.order for x in operands),
        owner,
        jump=min(x.jump for x in operands),
        hidden=frozenset().union(*(x.hidden for x in operands)),
        base=first.base if len(bases) == 1 and bool((owner >= 0).all()) else None,
        norm=norms.joined(recipes, operands),
        note=note,
    )


def _sum(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """A sum joins coordinates: what it depends on to first order becomes a remainder of order one."""
    (x,) = operands
    axes = tuple(parameters["axes"])
    shape = tuple(n for axis, n in enumerate(x.shape) if axis not in axes)
    value = recipes.constant(0.0) if x.is_zero else _number(recipes, x.ball().sum(axis=axes) if axes else x.ball())
    norm = norms.of_total(recipes, x) if shape == () else None
    if x.form and not bool((x.owner >= 0).any()):
        raise Refused(_JOINS)
    order = min(x.order, 1.0) if x.form else x.order
    note = x.note or (_JOINS if x.form else "")
    return Jet(value, (), order, np.full(shape, -1), hidden=x.seen, norm=norm, note=note, square=x.square)


def _number(recipes: Recipes, ball: Ball) -> Scalar | Ball:
    return recipes.fresh(ball.reshape(())) if ball.shape == () else ball


def _extreme(largest: bool) -> Rule:
    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        """Extrema are Lipschitz with constant one: of order one where the entries are smooth."""
        (x,) = operands
        if x.leading <= 0:
            raise Refused(_JOINS)
        axes = tuple(parameters["axes"])
        shape = tuple(n for axis, n in enumerate(x.shape) if axis not in axes)
        if isinstance(x.value, Scalar):
            value: Scalar | Ball = x.value
        else:
            best = np.max if largest else np.min
            ends = Ball.from_bounds(best(x.ball().lower, axis=axes), best(x.ball().upper, axis=axes))
            value = _number(recipes, ends)
        return Jet(value, (), x.leading, np.full(shape, -1), hidden=x.seen, note=x.note or _JOINS)

    return rule


def _contracted(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """Products of matrices: of zeros they are small of the sum of the orders; a linear form does not survive."""
    x, y = operands
    balls = [Ball(b.mid[None], b.rad[None]) for b in (x.ball(), y.ball())]
    try:
        product = PRIMITIVES["dot_general"].evaluate(Balls(False), balls, parameters)
    except (KeyError, ValueError, TypeError) as error:
        raise Refused(f"a product of matrices is not understood: {error}") from None
    shape = product.shape[1:]
    order = order_of_product(x, y)
    order = order if y.is_zero else min(order, x.leading)
    order = order if x.is_zero else min(order, y.leading)
    value = recipes.constant(0.0) if x.is_zero or y.is_zero else _number(recipes, product.reshape(shape))
    note = x.note or y.note or ("" if order > 1 else _JOINS)
    return Jet(value, (), order, np.full(shape, -1), hidden=x.seen | y.seen, note=note)


SHAPES: dict[str, Rule] = {
    "reshape": _moved(lambda a, p: a.reshape(p["shape"])),
    "slice": _moved(_slice),
    "broadcast_in_dim": _moved(_broadcast),
    "transpose": _moved(lambda a, p: a.transpose(p["permutation"])),
    "concatenate": _concatenate,
    "reduce_sum": _sum,
    "reduce_max": _extreme(True),
    "reduce_min": _extreme(False),
    "dot_general": _contracted,
}
