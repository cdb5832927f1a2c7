"""Outer products that are computed straight into the rows of a Jacobian.

The Jacobian of a network with respect to a weight matrix is one outer product an example. Kept apart and joined
afterwards, they would be written twice, and memory traffic is what such Jacobians cost.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.program.products import outer_into
from certify.program.program import Equation, Program


@final
@dataclass(frozen=True, eq=False)
class DeferredOuter:
    """The outer product of `left` (B, m) and `right` (B, n), not computed yet, as B rows of length m n."""

    left: Ball
    right: Ball

    @property
    def examples(self) -> int:
        return max(self.left.shape[0], self.right.shape[0])

    @property
    def length(self) -> int:
        return self.left.shape[1] * self.right.shape[1]


def deferrable(program: Program) -> frozenset[int]:
    """Positions of the equations (outer products, their reshapes to rows, and the concatenations) to be fused."""
    uses = Counter(ref for equation in program.equations for ref in equation.operands)
    uses.update(program.outputs)
    found: set[int] = set()
    for position, equation in enumerate(program.equations):
        if equation.primitive == "concatenate" and len(equation.signature.shape) == 1 and equation.signature.is_real:
            chains = [_chain(program, ref, uses) for ref in equation.operands]
            if any(chains):
                found.update((position, *(link for chain in chains for link in chain)))
    return frozenset(found)


def _chain(program: Program, ref: int, uses: Counter[int]) -> tuple[int, ...]:
    """The positions (reshape, outer product) that make the value, when nothing else needs them."""
    flat = _equation(program, ref)
    if flat is None or flat.primitive != "reshape" or uses[ref] != 1:
        return ()
    product = _equation(program, flat.operands[0])
    if product is None or uses[flat.operands[0]] != 1 or not is_outer(program, product):
        return ()
    return ref - program.first_equation, flat.operands[0] - program.first_equation


def _equation(program: Program, ref: int) -> Equation | None:
    return program.equations[ref - program.first_equation] if ref >= program.first_equation else None


def is_outer(program: Program, equation: Equation) -> bool:
    """Whether the equation is the outer product of two vectors."""
    if equation.primitive != "dot_general" or any(equation.parameters.values()):
        return False
    return all(len(program.signatures[ref].shape) == 1 for ref in equation.operands)


def joined(parts: list[Any]) -> Ball:
    """Rows laid side by side, shape (B, D): balls are copied, deferred outer products computed in place."""
    widths = [x.length if isinstance(x, DeferredOuter) else x.shape[1] for x in parts]
    examples = max(x.examples if isinstance(x, DeferredOuter) else x.shape[0] for x in parts)
    mid, rad = np.empty((examples, sum(widths))), np.empty((examples, sum(widths)))
    edges = np.concatenate([[0], np.cumsum(widths)])
    for part, start, stop in zip(parts, edges, edges[1:], strict=False):
        if isinstance(part, DeferredOuter):
            outer_into(part.left, part.right, mid[:, start:stop], rad[:, start:stop])
        else:
            mid[:, start:stop], rad[:, start:stop] = part.mid, part.rad
    return Ball._unchecked(mid, rad)
