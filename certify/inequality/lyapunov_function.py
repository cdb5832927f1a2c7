"""The prover of Lyapunov functions: a sublevel set from which every solution converges to an equilibrium."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.equilibrium.smoothness import nonsmooth_point
from certify.inequality.descent import DescentProblem, DescentTest
from certify.inequality.problem import sharp_value
from certify.inequality.prove import EXHAUSTED
from certify.inequality.subdivision import open_parts
from certify.linear_algebra import eigenvalues, inverse, is_positive_definite
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.minimum.existence import symmetric_part
from certify.morse.partition import unpack
from certify.program import gradient_program, hessian_program
from certify.program.evaluate import evaluate
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import CertificateError


def prove_lyapunov_function(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove that every solution from {|x - c| <= r, V(x) <= level} converges to one equilibrium.

    problem: see `DescentProblem`. witness: point (n,) near the equilibrium, inverse (n, n) of Df there, metric P
    (n, n), reach and core (n,): half widths of the boxes around the point on which P contracts and which is left out
    of the subdivision; level; parts, the subdivision; strict: whether V' < 0 is to be proved up to the equilibrium;
    obstacle (n,), a point beyond which no level goes; exhausted: what ended the search, where parts are left open.
    """
    statement = DescentProblem.from_tree(problem)
    n = len(statement.centre)
    point, inverse_ = floats(witness, "point", (n,)), floats(witness, "inverse", (n, n))
    rest = statement.rest
    proof = prove_zero(rest.residual(point), rest.derivative, point, right_inverse=inverse_)
    if isinstance(proof, Undecided):
        return _undecided(say("lyapunov-function.no-equilibrium", detail=proof.reason))
    box = Ball(point, proof.box)
    exists = (claim("lyapunov-function.radius", Enclosure(0.0, proof.distance)),)
    rough = nonsmooth_point(statement.field, box)
    if not rough and eigenvalues(rest.derivative(box)).count_by_real_part(0.0)[1]:
        smooth = _smooth(Status.PROVED)
        return ProofResult(Verdict.REFUTED, say("lyapunov-function.unstable"), exists, (smooth,))
    reach, core = floats(witness, "reach", (n,)), floats(witness, "core", (n,))
    if not (core > 0).all() or not absorbs(statement, proof, box, floats(witness, "metric", (n, n)), reach, core):
        return _undecided(say("lyapunov-function.not-local"), exists)
    return _on_the_ball(statement, box, core, exists, witness)


def absorbs(
    statement: DescentProblem, proof: ZeroProof, box: Ball, metric: np.ndarray, reach: np.ndarray, core: np.ndarray
) -> bool:
    """Whether an ellipsoid around the equilibrium x* contains the core box and lies where P contracts.

    On the box N of half widths `reach` around the point, P Df + Df^T P < 0. So (x - x*)^T P (x - x*) falls along every
    solution in an ellipsoid inside N, which converges to x*; E = {(x - x*)^T P (x - x*) <= q} has half widths
    (q (P^-1)_ii)^(1/2), and q is taken so large that the core lies in E.
    """
    wide = Ball(box.mid, reach)
    if not (reach > 0).all() or nonsmooth_point(statement.field, wide):
        return False
    p = Ball.exact(metric)
    if not np.array_equal(metric, metric.T) or is_positive_definite(metric) is not Verdict.PROVED:
        return False
    product = p @ statement.rest.derivative(wide)
    change = -(product + product.T)
    if is_positive_definite(symmetric_part(change)) is not Verdict.PROVED:
        return False
    away = Ball(np.zeros(len(core)), np.asarray(Ball.exact(core).widened(proof.box).magnitude))
    q = float((away @ (p @ away)).upper)
    spread = inverse(p)
    widths = (spread.map(np.diagonal) * q).sqrt() + Ball.exact(proof.box)
    return bool((widths.upper < reach).all())


def _on_the_ball(
    statement: DescentProblem, box: Ball, core: np.ndarray, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> ProofResult:
    level = witness.get("level")
    if not isinstance(level, float) or not np.isfinite(level):
        raise CertificateError("the certificate's witness has no level")
    test = DescentTest(statement, level, box.mid - core, box.mid + core)
    lower, upper = statement.corners
    left = len(open_parts(test, unpack(witness.get("parts")), lower, upper)[0])
    theorem, smooth = say("lyapunov-function.theorem"), _smooth(Status.PROVED)
    if left:
        spent = witness.get("exhausted")
        if spent not in EXHAUSTED:
            raise CertificateError(f"the certificate's search was ended by {spent!r:.40}, which ends none")
        claims += (claim("inequality.undecided-boxes", Enclosure(float(left), float(left))),)
        reason, advice = say("inequality.open", count=left, why=spent), say("lyapunov-function.smaller-ball")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, (smooth,), reason, advice)
    if not below_level(statement, box, level):
        return _undecided(say("lyapunov-function.empty"), claims)
    claims += (claim("lyapunov-function.level", Enclosure(level, level)), *_largest(statement, test, level, witness))
    if witness.get("strict") is True:
        if not is_strict(statement, box, core):
            raise CertificateError("the certificate calls V strict, but V' < 0 up to the equilibrium is not proved")
        claims += (claim("lyapunov-function.strict"),)
    return ProofResult(Verdict.PROVED, theorem, claims, (smooth,))


def below_level(statement: DescentProblem, box: Ball, level: float) -> bool:
    """Whether the equilibrium is proved to lie in the open ball, with V below the level."""
    (value,) = evaluate(statement.function, [box])
    return bool(_in_ball(statement, box) and value.upper < level)


def _in_ball(statement: DescentProblem, box: Ball) -> bool:
    """Whether the box is proved to lie in the open ball."""
    away = box - statement.centre
    return bool(frobenius_norm_bound(Ball(np.zeros(away.shape), away.magnitude).reshape(1, -1)) < statement.radius)


def _largest(
    statement: DescentProblem, test: DescentTest, level: float, witness: Mapping[str, Any]
) -> tuple[Claim, ...]:
    """The largest level for which the conditions can hold: at most V at a point where one of them fails."""
    if "obstacle" not in witness:
        return ()
    point = floats(witness, "obstacle", statement.centre.shape)
    change, value = sharp_value(statement.change, point), sharp_value(statement.function, point)
    distance = Ball.exact(point) - statement.centre
    squared, radius = float((distance @ distance).upper), Ball.exact(statement.radius).square()
    within = squared <= float(radius.lower)
    in_core = bool(((test.low <= point) & (point <= test.high)).all())
    if change is None or value is None or not change[0][0] >= 0 or not within or in_core:
        raise CertificateError("the certificate's obstacle is not proved to be one")
    return (claim("lyapunov-function.largest-level", Enclosure(level, max(level, float(value[1][0])))),)


def is_strict(statement: DescentProblem, box: Ball, core: np.ndarray) -> bool:
    """Whether f and the gradient of V vanish exactly at the point, and V' has a negative definite Hessian on the core.

    The core lies in the ball, so that what the subdivision and the core say together is said of the ball. Then V' and
    its gradient vanish at the point x*, and V'(x) = 1/2 (x - x*)^T H (x - x*) < 0 for x != x* with H in the convex hull
    of the Hessians on the segment.
    """
    point = np.array(box.mid)
    for program in (statement.field, gradient_program(statement.function)):
        value = sharp_value(program, point)
        if value is None or value[0].any() or value[1].any():
            return False
    wide = Ball(point, core)
    if nonsmooth_point(statement.change, wide) or not _in_ball(statement, wide):
        return False
    (hessian,) = evaluate(hessian_program(statement.change), [wide])
    return is_positive_definite(symmetric_part(-hessian)) is Verdict.PROVED


def _smooth(status: Status) -> Hypothesis:
    return hypothesis("lyapunov-function.smooth", status, say("lyapunov-function.analytic"))


def _undecided(reason: str, claims: tuple[Claim, ...] = ()) -> ProofResult:
    return ProofResult(Verdict.UNDECIDED, "", claims, (), reason, say("lyapunov-function.smaller-ball"))
