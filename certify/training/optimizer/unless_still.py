"""Branches that are taken unless a parameter's own gradient vanishes, as in where(v > 0, 1 / sqrt(v + eps), 0) g.

With v = g^2 + (what is not negative) the branch not taken has g = 0, and the product with g is zero on both: it is the
program without the branch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.training.optimizer.jet_rules import RULES
from certify.training.optimizer.jets import Jet, Refused
from certify.training.optimizer.scalars import Recipes

_GRADIENT = 1


@final
@dataclass(frozen=True, eq=False)
class UnlessStill:
    """jet: what holds at every entry whose own gradient is not zero; None for the comparison itself, true there."""

    jet: Jet | None


def unless_it_is_still(x: Jet, y: Jet) -> bool:
    """Whether x > y = 0 is known of every entry whose own gradient is not zero, and of no other."""
    return y.is_zero and y.is_constant and x.covers and not bool((x.ball().lower > 0).all())


def unless_still(recipes: Recipes, name: str, operands: Sequence[Jet | UnlessStill]) -> Jet | UnlessStill:
    """The choice of the branch, and its product with the gradient."""
    if name == "select_n" and isinstance(operands[0], UnlessStill) and operands[0].jet is None:
        taken = operands[2]
        if isinstance(taken, Jet) and isinstance(operands[1], Jet):
            return UnlessStill(taken)
    if name == "mul":
        held = [x for x in operands if isinstance(x, UnlessStill)]
        rest = [x for x in operands if isinstance(x, Jet)]
        if len(held) == len(rest) == 1 and held[0].jet is not None and _is_gradient(rest[0], held[0].jet):
            product: Jet = RULES["mul"](recipes, (held[0].jet, rest[0]), {})
            return product
    raise Refused("the update branches on a comparison that the point of rest does not decide")


def _is_gradient(x: Jet, branch: Jet) -> bool:
    """An exact multiple of the gradient, at the branch's own entries: zero where that vanishes."""
    alone = x.is_zero and len(x.form) > _GRADIENT and all(e.is_zero for k, e in enumerate(x.form) if k != _GRADIENT)
    return alone and x.order == np.inf and np.array_equal(x.owner, branch.owner) and bool((x.owner >= 0).all())
