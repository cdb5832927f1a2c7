"""The concave bound and the second moment for SGD families: O(N^3) work, whatever the number of batches."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.optimize import minimize

from certify.arithmetic import Ball, matmul
from certify.arithmetic.elementary import log
from certify.enclosure import Enclosure
from certify.linear_algebra.positive_definite import is_positive_definite
from certify.lyapunov.concave_bound import read_metric, read_scales
from certify.lyapunov.family import Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.pencil import pencil_bounds
from certify.lyapunov.sgd_family import SGDFamily
from certify.lyapunov.sgd_moment import (
    BatchWeights,
    MomentSolver,
    Pair,
    single_weights,
    symmetric_ball,
    uniform_weights,
    weighted_moment,
)
from certify.lyapunov.time_limit import computing_time
from certify.lyapunov.weighted_moment import OutOfTime
from certify.verdict import Verdict
from foundation import CertificateError

Progress = Callable[[str], None]

_DENSE = 200
# Seconds between two words of progress.
_QUIET = 5.0
# Relative widenings of mu that are tried in turn where one definiteness test replaces an eigenvalue bound.
_WIDENINGS = (0.0, 1e-12, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)


def applies(family: Any) -> str | None:
    """None for SGD families."""
    return None if isinstance(family, SGDFamily) else "the family is not given by a Gram matrix"


def propose(
    family: SGDFamily,
    effort: int,
    deadline: float,
    *,
    start: np.ndarray | None = None,
    enough: float = -np.inf,
    progress: Progress | None = None,
) -> Witness:
    """X (n, n), mu, and for batches of one the scales t (N,) that nearly minimise the bound (estimates).

    start: scales (N,) to begin with, all one by default. enough: a bound of the exponent below which the search stops.
    progress: called with a line of text every few seconds.
    """
    solver = MomentSolver(family)
    if effort < 0 or family.batch_size > 1:
        pair = _subinvariant(solver, uniform_weights(family))
        return {"form": pair.form, "radius": pair.radius}
    first = np.ones(family.examples) if start is None else start
    scales = _best_scales(family, solver, _Limits(deadline, 15 * 2**effort, 2 * enough, progress), first)
    pair = _subinvariant(solver, single_weights(family, 1.0 / scales))
    return {"form": pair.form, "radius": pair.radius, "scales": scales}


def prove(family: SGDFamily, witness: Witness) -> Enclosure:
    """lambda <= (1/2) (E log t_S + log mu) whenever X > 0 and E (1/t_S) A_S X A_S^T <= mu X; nats per step.

    This is the bound of `concave_bound.concave_upper` for the transposed products, which have the same
    exponent (a product of independent matrices and its reverse have the same law). Scales t depend on the
    example and need batches of one; without scales t = 1, for every batch size.
    """
    form = read_metric(witness["form"], family.dimension)
    scales = witness.get("scales")
    if scales is None:
        weights, mean = uniform_weights(family), Ball.exact(0.0)
    else:
        if family.batch_size > 1:
            raise CertificateError("scales for single examples need batches of one")
        scales = read_scales(scales, family.examples)
        inverse = Ball.exact(1.0) / Ball.exact(scales)
        weights = single_weights(family, inverse.mid)
        # the weights used are the floats w = fl(1/t): the bound is applied with t = 1/w
        mean = -(log(Ball.exact(inverse.mid)).sum() / float(family.examples))
    largest = moment_upper(family, weights, form, float(witness["radius"]))
    if not np.isfinite(largest):
        return Enclosure(-np.inf, np.inf)
    total = mean + Ball.exact(log_upper(np.asarray(largest)))
    return Enclosure(-np.inf, float((total * 0.5).upper))


def moment_upper(family: SGDFamily, weights: BatchWeights, form: np.ndarray, guess: float) -> float:
    """A number mu with T(X) <= mu X and X > 0, proved, for X = `form`; +inf when none is found near `guess`."""
    image = weighted_moment(family, weights, form)
    if family.dimension <= _DENSE:
        largest = float(pencil_bounds(image, Ball.exact(form))[1])
        return max(largest, 5e-324)
    if is_positive_definite(form) is not Verdict.PROVED or not 0 < guess < np.inf:
        return np.inf
    for widening in _WIDENINGS:
        candidate = guess * (1.0 + widening)
        if is_positive_definite(Ball.exact(form) * candidate - image) is Verdict.PROVED:
            return candidate
    return np.inf


def decaying_form(family: SGDFamily) -> np.ndarray:
    """An X for which `second_moment_decays` should hold below the mean-square threshold (an estimate)."""
    solver, weights = MomentSolver(family), uniform_weights(family)
    return solver.decaying(weights, solver.solve(weights))


def second_moment_decays(family: SGDFamily, form: np.ndarray) -> bool:
    """Whether K > 0 and D K X + X K D - c W o (K X K) > 0 are proved for X = `form`, c = eta/B: then Lambda(2) < 0.

    Proof. W o (K X K) is semidefinite if X is (Schur), D = (B/N) I, so K X + X K > 0, and with K > 0 also X > 0
    (Lyapunov). X - T(X) = c (D K X + X K D - c W o (K X K)) > 0, hence T(X) <= mu X with mu < 1. The inequality at one
    rate implies it at every smaller one. Unlike mu X - T(X), nothing cancels: K may be nearly singular. QED
    X > 0 itself is tested, because the first step needs it.
    """
    if family.smallest_eigenvalue <= 0 or is_positive_definite(form) is not Verdict.PROVED:
        return False
    weights = uniform_weights(family)
    left = matmul(family.gram, Ball.exact(form))
    drift = weights.single.reshape(-1, 1) * left
    noise = weights.pairs * matmul(left, family.gram) * family.step
    return is_positive_definite(symmetric_ball(drift + drift.T - noise)) is Verdict.PROVED


def second_moment_exponent(family: SGDFamily) -> Enclosure:
    """Lambda(2) = log rho(E A (x) A) of an SGD family, proved (nats per step).

    a X <= T(X) <= b X with X > 0 gives log a <= Lambda(2) <= log b [Collatz-Wielandt on the cone of semidefinite
    matrices]. Above 200 rows the lower side is one definiteness test like the upper one.
    """
    pair = MomentSolver(family).solve(uniform_weights(family), tolerance=1e-11)
    weights, form = uniform_weights(family), pair.form
    image = weighted_moment(family, weights, form)
    if family.dimension <= _DENSE:
        low, high = (float(x) for x in pencil_bounds(image, Ball.exact(form)))
    else:
        low, high = _tested_bounds(image, form, pair.radius)
    return Enclosure(float(log_lower(np.maximum(low, 0.0))), float(log_upper(np.maximum(high, 0.0))))


def _tested_bounds(image: Ball, form: np.ndarray, guess: float) -> tuple[float, float]:
    low, high = 0.0, np.inf
    if is_positive_definite(form) is not Verdict.PROVED:
        return low, high
    for widening in _WIDENINGS[2:]:
        shifted = Ball.exact(form) * (guess * (1.0 + widening)) - image
        if is_positive_definite(shifted) is Verdict.PROVED:
            high = guess * (1.0 + widening)
            break
    for widening in _WIDENINGS[2:]:
        shifted = image - Ball.exact(form) * (guess * (1.0 - widening))
        if is_positive_definite(shifted) is Verdict.PROVED:
            low = guess * (1.0 - widening)
            break
    return low, high


def _subinvariant(solver: MomentSolver, weights: BatchWeights) -> Pair:
    return solver.subinvariant(weights, solver.solve(weights))


@final
@dataclass(frozen=True)
class _Limits:
    """When the minimisation ends: a time, a number of steps, a value that is low enough; and whom it tells."""

    deadline: float
    steps: int
    enough: float
    progress: Progress | None


def _best_scales(family: SGDFamily, solver: MomentSolver, limits: _Limits, start: np.ndarray) -> np.ndarray:
    """Quasi-Newton in z_i = log(1/t_i) / sqrt(N) on the convex function g of `weighted_moment` (an estimate)."""
    count = family.examples
    root = np.sqrt(1.0 / count)
    first = -np.log(start)
    best: dict[str, Any] = {"value": np.inf, "tau": first, "told": computing_time()}

    def objective(z: np.ndarray) -> tuple[float, np.ndarray]:
        if np.isfinite(best["value"]) and (computing_time() > limits.deadline or best["value"] < limits.enough):
            raise OutOfTime
        tau = np.clip(z / root, -200.0, 200.0)
        pair = solver.solve(single_weights(family, np.exp(tau)), tolerance=1e-5)
        value = float(np.log(max(pair.radius, 1e-300)) - tau.mean())
        if value < best["value"]:
            best.update(value=value, tau=tau)
        if limits.progress is not None and computing_time() > best["told"] + _QUIET:
            best.update(told=computing_time())
            limits.progress(f"optimising {count} scales: exponent below {best['value'] / 2:.4g} by estimate so far")
        return count * value, count * root * (np.exp(tau) * _scores(family, pair, solver.step) - 1.0)

    options = {"maxiter": limits.steps, "ftol": 1e-7, "gtol": 1e-9}
    with contextlib.suppress(OutOfTime):
        minimize(objective, first * root, jac=True, method="L-BFGS-B", options=options)
    return np.exp(-np.asarray(best["tau"]))


def _scores(family: SGDFamily, pair: Pair, step: float) -> np.ndarray:
    """<P, A_i X A_i^T> / (mu <P, X>) for every example, with P = K X K."""
    n, q = family.examples, family.outputs
    gram, form, dual = family.gram.mid, pair.form, pair.dual
    inner = float((dual * form).sum())
    drift = ((gram @ form) * dual).sum(axis=1).reshape(n, q).sum(axis=1)
    blocks = dual.reshape(n, q, n, q)[np.arange(n), :, np.arange(n), :]
    noise = (blocks**2).sum(axis=(1, 2))
    return np.asarray((inner - 2 * step * drift + step**2 * noise) / (pair.radius * inner))
