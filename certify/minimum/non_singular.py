"""H3: the update map of parameters and memory together pulls null sets back to null sets.

For a map that is real-analytic on all of R^D, which is connected, det DT is either 0 everywhere or non-zero off a null
set; one point decides, and a C1 map whose Jacobian is invertible almost everywhere pulls null sets back to null sets
[S. Krantz and H. Parks, A Primer of Real Analytic Functions, 4.1; S. Ponomarev, Siberian Math. J. 28 (1987)].
On a set that is not connected one point says nothing about the other pieces. Networks with kinks:
`certify.minimum.on_pieces`.

With a memory that counts the whole map is shown to be non-singular directly (ours): heavy ball, v' = b v + g(theta),
theta' = theta - eta v', is the map (theta, v) -> (theta, b v + g(theta)) followed by a shear; for fixed theta the first
is affine in v with factor b^D, for fixed v' the second is a translation of theta, so that by Fubini both pull null sets
back to null sets when b > 0, whatever the measurable gradient g. Adam is (theta, m, v) -> (theta, b1 m + .., b2 v + ..)
followed by a translation of theta for fixed (m', v'): the same with the factor (b1 b2)^D, also where v = 0. The state
map of Nesterov has the determinant b^D det(I - eta Hess L). A factor 0 sends the whole space to a null set.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Hypothesis, Status
from certify.linear_algebra.inverse import is_nonsingular
from certify.minimum.hessian import hessian
from certify.minimum.hypotheses import non_singular
from certify.minimum.on_pieces import non_singular_on_pieces
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.program import Program, jacobian, jacobian_program
from certify.program.arb import as_fraction
from certify.program.regularity import moving_equations
from certify.statements import say
from certify.verdict import Verdict
from foundation import InputError

_SMALL_DIMENSION = 64
_SHIFTS = (2.0**-7, -(2.0**-5), 2.0**-3)
# So many Hessians off the minimum, and exact determinants of batches, are computed at most.
_MOST_BATCHES = 500
_MOST_ROWS = 64
_EXACT_BITS = 1024


def update_is_non_singular(statement: MinimumStatement, at_minimum: Callable[[], bool], update: str) -> Hypothesis:
    """H3 of a deterministic optimiser. `at_minimum`: whether I - eta Hess L is proved non-singular on the normal space
    at the minimum (on the tangent space it is the identity).
    """
    factors = _memory_factors(statement)
    if any(float(factor.upper) == 0 for factor in factors):
        return non_singular(Status.REFUTED, update, say("minimum.forgetful"))
    if not all(float(factor.lower) > 0 for factor in factors):
        return non_singular(Status.ASSUMED, update, say("minimum.memory-factor"))
    if factors and statement.optimizer["name"] != "nesterov":
        return _by_memory(statement, update)
    return _by_analyticity(statement, at_minimum, update, (), (statement.examples,))


def batches_are_non_singular(
    statement: MinimumStatement, at_minimum: bool, sizes: tuple[int, ...] | None = None
) -> Hypothesis:
    """H3 of SGD: for every batch. `at_minimum`: whether every batch's determinant is proved non-zero there. sizes: of
    the batches that occur; None: the batch size alone. Of several sizes only what is proved `at_minimum`, or for all.
    """
    if _memory_factors(statement):
        return _by_memory(statement, _BATCHES)
    batch = int(statement.optimizer["batch_size"])
    few = math.comb(statement.examples, batch) <= _MOST_BATCHES
    every = tuple(combinations(range(statement.examples), batch)) if few else None
    return _by_analyticity(statement, lambda: at_minimum, _BATCHES, every, sizes or (batch,))


_BATCHES = "batch"


def _memory_factors(statement: MinimumStatement) -> tuple[Ball, ...]:
    """What the parts of the memory are multiplied by in each step; empty for an optimiser without memory."""
    settings = statement.optimizer
    names = {"heavy-ball": ("momentum",), "nesterov": ("momentum",), "adam": ("b1", "b2")}.get(settings["name"], ())
    if settings["name"] == "sgd" and float(setting(settings, "momentum").upper if "momentum" in settings else 0.0) != 0:
        names = ("momentum",)
    return tuple(setting(settings, name) for name in names)


def _by_memory(statement: MinimumStatement, update: str) -> Hypothesis:
    """The direct proof; the gradient may jump, but must be defined everywhere."""
    obstacle = statement.definedness.obstacle
    if obstacle:
        return non_singular(Status.ASSUMED, update, say("minimum.undefined", detail=obstacle))
    return non_singular(Status.PROVED, update, say("minimum.by-memory"))


def _by_analyticity(
    statement: MinimumStatement,
    at_minimum: Callable[[], bool],
    update: str,
    batches: tuple[tuple[int, ...], ...] | None,
    sizes: tuple[int, ...],
) -> Hypothesis:
    """batches: those whose determinants count; () for the full batch, None where they are too many to list. sizes: of
    all batches that occur.
    """
    obstacle, what = statement.regularity.obstacle, "jacobian" if batches == () else "batches"
    if obstacle:
        if non_singular_on_pieces(statement, sizes, _MOST_BATCHES):
            return non_singular(Status.PROVED, update, say("minimum.determinant-on-pieces", what=what))
        return non_singular(Status.ASSUMED, update, say("minimum.not-analytic", detail=obstacle))
    if at_minimum():
        return non_singular(Status.PROVED, update, say("minimum.determinant-at-minimum", what=what))
    exact = _exact_determinants(statement, batches)
    if exact is Verdict.REFUTED:
        return non_singular(Status.REFUTED, update, say("minimum.affine-and-singular"))
    if exact is Verdict.PROVED:
        return non_singular(Status.PROVED, update, say("minimum.determinant-at-minimum", what=what))
    if batches is not None and _non_singular_elsewhere(statement, batches):
        return non_singular(Status.PROVED, update, say("minimum.determinant-elsewhere", what=what))
    return non_singular(Status.ASSUMED, update, say("minimum.determinant-open"))


def _non_singular_elsewhere(statement: MinimumStatement, batches: tuple[tuple[int, ...], ...]) -> bool:
    """Whether det(I - eta Hess L_S) of each batch is proved non-zero at some point off the minimum; for small D."""
    if statement.dimension > _SMALL_DIMENSION:
        return False
    return all(_somewhere(part) for part in _parts(statement, batches))


def _parts(statement: MinimumStatement, batches: tuple[tuple[int, ...], ...]) -> Iterator[MinimumStatement]:
    """The problems of the batches alone."""
    if not batches:
        yield statement
    for batch in batches:
        rows = list(batch)
        yield replace(statement, inputs=statement.inputs[rows], targets=statement.targets[rows])


def _somewhere(statement: MinimumStatement) -> bool:
    eta, identity = setting(statement.optimizer, "learning_rate"), Ball.exact(np.eye(statement.dimension))
    for shift in _SHIFTS:
        try:
            point = Ball.exact(statement.params * (1.0 + shift) + shift)
            derivative = identity - hessian(statement, point) * eta
        except InputError:
            continue
        if is_nonsingular(derivative) is Verdict.PROVED:
            return True
    return False


def _exact_determinants(statement: MinimumStatement, batches: tuple[tuple[int, ...], ...] | None) -> Verdict:
    """det(I - (eta/B) J_S J_S^T) of every batch in rational arithmetic, for a network affine in its parameters."""
    # with another loss than the squared error the update of an affine network is not affine
    small = batches is not None and statement.anchored is None and statement.residuals <= _MOST_ROWS
    if not small or statement.predict.output_signatures[0].size > _MOST_ROWS or not _is_affine(statement.predict):
        return Verdict.UNDECIDED
    rows, eta = _exact_rows(statement), statement.optimizer["learning_rate"]
    if rows is None or (isinstance(eta, Ball) and not eta.is_exact):
        return Verdict.UNDECIDED
    exact = as_fraction(float(eta.mid) if isinstance(eta, Ball) else eta)
    rate = flint.fmpq(exact.numerator, exact.denominator)
    q = statement.targets.shape[1]
    for batch in batches or (tuple(range(statement.examples)),):
        chosen = [row for i in batch for row in rows[i * q : (i + 1) * q]]
        matrix = flint.fmpq_mat(chosen)
        gram = matrix * matrix.transpose()
        identity = flint.fmpq_mat(len(chosen), len(chosen))
        for i in range(len(chosen)):
            identity[i, i] = 1
        if (identity - gram * (rate / len(batch))).det() == 0:
            return Verdict.REFUTED
    return Verdict.PROVED


@lru_cache(maxsize=16)
def _is_affine(predict: Program) -> bool:
    """Whether the derivative by the parameters does not depend on them, by the form of its program."""
    derived = jacobian_program(predict, (0,))
    moving = {derived.first_equation + position for position in moving_equations(derived, (0,))}
    return not any(ref in moving or ref == 0 for ref in derived.outputs)


def _exact_rows(statement: MinimumStatement) -> list[list[flint.fmpq]] | None:
    """The rows of J as rationals; None where its entries are no dyadic numbers of moderate length."""
    try:
        arguments = [statement.params, statement.inputs]
        found = jacobian(statement.predict, arguments, 0, batch=[False, True], precision=_EXACT_BITS)
    except InputError:
        return None
    rows = [[_rational(x) for x in row] for row in found.reshape(statement.residuals, statement.dimension)]
    return None if any(x is None for row in rows for x in row) else rows  # type: ignore[return-value]


def _rational(x: flint.arb) -> flint.fmpq | None:
    if not x.is_exact() or not x.is_finite():
        return None
    mantissa, exponent = x.mid().man_exp()
    two = flint.fmpz(2) ** abs(int(exponent))
    return flint.fmpq(mantissa) * two if exponent >= 0 else flint.fmpq(mantissa, two)
