"""The search for a metric and scales that nearly minimise Jensen's bound of an SGD family."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.optimize import minimize

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra.positive_definite import is_positive_definite
from certify.lyapunov.families.family import Witness
from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.norms.pencil import pencil_bounds
from certify.lyapunov.sgd.sgd_jensen_bound import DENSE, WIDENINGS
from certify.lyapunov.sgd.sgd_moment import BatchWeights, single_weights, uniform_weights, weighted_moment
from certify.verdict import Verdict
from foundation.computing_time import computing_time
from search.lyapunov.norms.weighted_moment import OutOfTime
from search.lyapunov.sgd.sgd_moment import MomentSolver, Pair

Progress = Callable[[str], None]
# Seconds between two words of progress.
_QUIET = 5.0


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


def decaying_form(family: SGDFamily) -> np.ndarray:
    """An X for which `second_moment_decays` should hold below the mean-square threshold (an estimate)."""
    solver, weights = MomentSolver(family), uniform_weights(family)
    return solver.decaying(weights, solver.solve(weights))


def second_moment_exponent(family: SGDFamily) -> Enclosure:
    """Lambda(2) = log rho(E A (x) A) of an SGD family, proved (nats per step).

    a X <= T(X) <= b X with X > 0 gives log a <= Lambda(2) <= log b [Collatz-Wielandt on the cone of semidefinite
    matrices]. Above 200 rows the lower side is one definiteness test like the upper one.
    """
    pair = MomentSolver(family).solve(uniform_weights(family), tolerance=1e-11)
    weights, form = uniform_weights(family), pair.form
    image = weighted_moment(family, weights, form)
    if family.dimension <= DENSE:
        low, high = (float(x) for x in pencil_bounds(image, Ball.exact(form)))
    else:
        low, high = _tested_bounds(image, form, pair.radius)
    return Enclosure(float(log_lower(np.maximum(low, 0.0))), float(log_upper(np.maximum(high, 0.0))))


def _tested_bounds(image: Ball, form: np.ndarray, guess: float) -> tuple[float, float]:
    low, high = 0.0, np.inf
    if is_positive_definite(form) is not Verdict.PROVED:
        return low, high
    for widening in WIDENINGS[2:]:
        shifted = Ball.exact(form) * (guess * (1.0 + widening)) - image
        if is_positive_definite(shifted) is Verdict.PROVED:
            high = guess * (1.0 + widening)
            break
    for widening in WIDENINGS[2:]:
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
