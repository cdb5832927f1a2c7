"""certify_lyapunov_function: a region of attraction as a sublevel set of a function."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import Certificate, issue
from certify.equilibrium import require_smooth
from certify.inequality.descent import DescentProblem
from certify.inequality.lyapunov_function import is_strict
from certify.inequality.problem import LARGEST_DIMENSION, sharp_value
from certify.morse.partition import pack
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import InputError, positive_integer, positive_number
from search.equilibrium.point import polished
from search.inequality.level import Core, largest_level, local_core
from search.newton import inverse_or_identity
from stabproof.fields import field_program, start_point
from stabproof.functions import scalar_program
from stabproof.progress import Progress, dividing
from stabproof.symbolic_input import is_symbolic


def certify_lyapunov_function(
    V: Any,
    field: Any,
    ball: Any,
    *,
    variables: Any = None,
    budget: float = 60.0,
    most_boxes: int = 5_000_000,
    progress: Progress | None = None,
) -> Certificate:
    """Prove a region of attraction of x' = f(x): the largest sublevel set {x in the ball: V(x) <= level} that is found.

    V: a JAX function R^n -> R, or a SymPy expression; field: a JAX function R^n -> R^n, or SymPy expressions (both in
    `variables`, by default the field's symbols sorted by name); n <= 8. ball: (centre, radius), centre n numbers near
    an equilibrium.

    PROVED: every solution that starts in the ball with V <= `number("level").lower` converges to the equilibrium,
    which lies within `.radius` of `.point` and is asymptotically stable. `number("largest_level")` bounds, where it is
    known, the largest level for which this V can do it in this ball. V need be neither positive nor zero at the
    equilibrium: near it, in a small core, a quadratic function that is found here takes over, so that networks that
    were trained to fall on an annulus go as well. Where f and the gradient of V vanish exactly at the centre and V' has
    a negative definite Hessian there, V is proved to be a strict Lyapunov function (the claim `strict`): V > V(x*) and
    V' < 0 on the whole sublevel set but x*. REFUTED: the equilibrium is proved unstable. UNDECIDED, with the reason:
    `attachments["undecided_boxes"]` (K, n, 2) are the boxes on which nothing was proved for the last level that was
    tried within `budget` seconds and `most_boxes` boxes. `stabproof.check` repeats the proof without searching.

    Raises `InputError` on malformed input, where no equilibrium lies near the centre, and at kinks there.
    """
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_boxes, "most_boxes")
    centre, radius = _ball(ball)
    statement = _statement(V, field, centre, radius, variables)
    found = polished(statement.rest, centre)
    point = found.scaled.point(Ball.exact(found.coordinates)).mid * np.ldexp(1.0, np.array(found.units.point))
    inverse = inverse_or_identity(statement.rest.derivative(Ball.exact(point)).mid)
    if _is_exact(statement, centre):
        point = centre
    require_smooth(statement.field, Ball.exact(point))
    witness: dict[str, Any] = {"point": point, "inverse": inverse}
    proof = prove_zero(statement.rest.residual(point), statement.rest.derivative, point, right_inverse=inverse)
    core = None if isinstance(proof, Undecided) else local_core(statement, proof, point)
    if core is None or isinstance(proof, Undecided):
        return issue("lyapunov-function", statement.as_tree(), witness | _no_core(len(centre)))
    return _issued(statement, proof, core, witness, limit, seconds, progress)


def _issued(
    statement: DescentProblem,
    proof: ZeroProof,
    core: Core,
    witness: dict[str, Any],
    limit: int,
    seconds: float,
    progress: Progress | None,
) -> Certificate:
    point = witness["point"]
    found = largest_level(statement, point, core.core, most_boxes=limit, seconds=seconds, progress=dividing(progress))
    witness |= {"metric": core.metric, "reach": core.reach, "core": core.core, "level": found.level}
    witness["parts"] = pack(found.division.codes)
    if found.division.exhausted:
        witness["exhausted"] = found.division.exhausted
    elif is_strict(statement, Ball(point, proof.box), core.core):
        witness["strict"] = True
    obstacle = found.obstacle
    change = None if obstacle is None else sharp_value(statement.change, obstacle)
    if change is not None and change[0][0] >= 0 and not found.division.exhausted:
        witness["obstacle"] = obstacle
    certificate = issue("lyapunov-function", statement.as_tree(), witness)
    return certificate.with_attachments(undecided_boxes=np.stack(found.division.open, axis=-1))


def _statement(V: Any, field: Any, centre: np.ndarray, radius: float, variables: Any) -> DescentProblem:
    if len(centre) > LARGEST_DIMENSION:
        raise InputError(f"the ball has dimension {len(centre)}; at most {LARGEST_DIMENSION} go")
    if is_symbolic(field):
        from stabproof.expressions import expression_list, ordered_variables

        variables = ordered_variables(expression_list(field), variables)
    program = field_program(field, centre, variables)
    function = scalar_program(V, len(centre), variables if is_symbolic(V) else None, "V")
    shape = program.inputs[0].shape
    if shape != (len(centre),):
        raise InputError(f"the field takes arrays of shape {shape}; a vector of shape ({len(centre)},) is needed")
    return DescentProblem(function, program, centre, radius)


def _ball(ball: Any) -> tuple[np.ndarray, float]:
    if not isinstance(ball, list | tuple) or len(ball) != 2:
        raise InputError("ball must be (centre, radius): n numbers and one positive number")
    return start_point(ball[0]), positive_number(ball[1], "the ball's radius")


def _is_exact(statement: DescentProblem, point: np.ndarray) -> bool:
    """Whether the field vanishes exactly at the float point."""
    value = sharp_value(statement.field, point)
    return value is not None and not value[0].any() and not value[1].any()


def _no_core(n: int) -> dict[str, Any]:
    """A witness of no core: nothing is proved by it but the equilibrium and its instability."""
    return {"metric": np.eye(n), "reach": np.zeros(n), "core": np.zeros(n)}
