"""H3 where the network has kinks: the update map is analytic on finitely many pieces of R^D (ours).

Off a null set the network equals one of the members of `certify.program.pieces`, each analytic on all of R^D. The
update map of a member pulls null sets back to null sets as soon as its Jacobian I - eta Hess L is non-singular at one
point; the preimage of a null set under the whole map lies in the preimages under the members and one more null set.
One interval matrix at one point, with every choice in [0, 1], encloses the Jacobians of all members there.
"""

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from certify.arithmetic import Ball
from certify.linear_algebra.inverse import is_nonsingular
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.program import evaluate, jacobian, pullback
from certify.program.pieces import Pieces, pieces_of
from certify.verdict import Verdict
from foundation import InputError

# At 0 products of weights vanish, so that the choices of a homogeneous network count least.
_SCALES = (0.0, 2.0**-8, 2.0**-3)
_MOST_ENTRIES = 10_000_000


def non_singular_on_pieces(statement: MinimumStatement, sizes: tuple[int, ...], most_batches: int) -> bool:
    """Whether det(I - (eta/B) sum_S Hess L_i) is proved non-zero somewhere, for every member and every batch S of B
    examples, for all B in `sizes`. False also where the network has kinks that are not understood, or is too large. A
    network that sees the whole batch has that batch alone.
    """
    if statement.anchored is not None or statement.examples * statement.dimension**2 > _MOST_ENTRIES:
        return False
    pieces = pieces_of(statement.predict)
    if pieces is None or not pieces.are_entire([statement.cases]):
        return False
    return any(_decided_at(statement, pieces, scale, sizes, most_batches) for scale in _SCALES)


def _decided_at(
    statement: MinimumStatement, pieces: Pieces, scale: float, sizes: tuple[int, ...], most_batches: int
) -> bool:
    eta, identity = setting(statement.optimizer, "learning_rate"), Ball.exact(np.eye(statement.dimension))
    try:
        scaled = curvatures(statement, pieces, statement.params * scale) * eta
        if statement.batched:
            scaled, sizes = scaled / float(statement.examples), (1,)
        norms = Ball.exact(scaled.magnitude).sum(axis=2).upper.max(axis=1)
        if (norms < 1).all():
            return True  # the mean of matrices of maximum norm below 1 has a norm below 1
        return sum(math.comb(len(scaled), size) for size in sizes) <= most_batches and all(
            is_nonsingular(identity - scaled[rows].sum(axis=0) / float(len(rows))) is Verdict.PROVED
            for size in sizes
            for rows in _rows(len(scaled), size)
        )
    except InputError:
        return False


def _rows(examples: int, batch: int) -> Iterator[list[int]]:
    return (list(rows) for rows in combinations(range(examples), batch))


def curvatures(statement: MinimumStatement, pieces: Pieces, point: np.ndarray) -> Ball:
    """J_i^T J_i + F_i Hess predict_i of each example, (N, D, D), at an exact point, over all choices; of all examples
    together, (1, D, D), where the network sees the whole batch.
    """
    choices = [Ball(np.full(shape, 0.5), np.full(shape, 0.5)) for shape in pieces.shapes]
    arguments = [Ball.exact(point), Ball.exact(statement.cases), *choices]
    marks, function = [False, True, *(False for _ in choices)], pieces.function
    (output,) = evaluate(function, arguments, batch=marks)
    residual = output.reshape(statement.targets.shape) - statement.targets
    cases = len(statement.cases)
    first = jacobian(function, arguments, wrt=0, batch=marks).reshape(
        (cases, statement.residuals // cases, statement.dimension)
    )
    gradient = pullback(function, wrt=[0])
    cotangents = residual.reshape((cases, *function.output_signatures[0].shape))
    second = jacobian(gradient, [*arguments, cotangents], wrt=0, batch=[*marks, True])
    return Ball(first.mid.transpose(0, 2, 1), first.rad.transpose(0, 2, 1)) @ first + second
