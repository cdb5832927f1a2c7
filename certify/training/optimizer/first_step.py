"""Theorem S: steps whose length does not shrink with the gradient."""

from collections.abc import Sequence

import numpy as np

from certify.arithmetic import Ball
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.program import Program
from certify.training.optimizer import norms
from certify.training.optimizer.jets import Jet, Refused
from certify.training.optimizer.leaves import Leaf
from certify.training.optimizer.linearise import linearise


def every_step(program: Program, params: Ball, leaves: Sequence[Leaf]) -> float:
    """A lower bound, to leading order, of how far each coordinate with a gradient moves in every step near the point
    of rest; 0 where none is proved."""
    try:
        update = linearise(program, params, leaves).update
    except Refused:
        return 0.0
    return update.jump if update.order == 0 else 0.0


def first_step(program: Program, params: Ball, leaves: Sequence[Leaf], alive: np.ndarray) -> float:
    """A lower bound, to leading order, of how far parameters or memory move in one step from the memory at rest and
    parameters as near a minimum as one likes, at which the gradient does not vanish at the coordinates `alive`.

    0 where none is proved. Where it is positive the point of rest is unstable: one step leads out of a fixed ball.
    """
    try:
        found = linearise(program, params, leaves, alive=alive)
    except Refused:
        return 0.0
    best = _moved(found.update)
    for leaf, jet in zip(leaves, found.memory, strict=True):
        if leaf.kind == "moving" and jet is not None and not leaf.value.any():
            best = max(best, _moved(jet))
    return best


def _moved(jet: Jet) -> float:
    """A direction beside a constant: what a decay adds can take from its length what it has itself."""
    beside = float(frobenius_norm_bound(jet.ball().reshape(1, -1)))
    by_norm = float((Ball.exact(norms.length(jet.norm)) - Ball.exact(beside)).lower)
    return max(by_norm, jet.jump if jet.order == 0 else 0.0, 0.0)
