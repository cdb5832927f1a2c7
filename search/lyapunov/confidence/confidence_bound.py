"""The sample behind a confidence bound: its plan from a pilot sample, and its repetition."""

import math
import time
from dataclasses import dataclass
from typing import final

import numpy as np
from flint import arb

from certify.lyapunov.confidence.concentration import METHODS, mean_upper
from certify.lyapunov.confidence.confidence_bound import (
    AnyFamily,
    ConfidenceBound,
    Growth,
    Plan,
    clip_upper,
    concluded,
    derived_seed,
    generator_of,
    log_norms,
    proved_growth,
    rounding_loss,
    step_error,
    steps_of,
)
from certify.lyapunov.confidence.sample_chains import Steps
from certify.lyapunov.families.sgd_family import SGDFamily
from foundation import CertificateError, InputError, number_in, positive_number
from foundation.computing_time import computing_time
from search.lyapunov.norms import jensen_bound as concave_bound
from search.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound


def confidence_bound(
    family: AnyFamily, delta: float = 1e-9, *, seed: int | None = None, budget: float = 60.0
) -> ConfidenceBound:
    """An upper bound of the exponent that fails with probability at most `delta` over the sampling.

    Theorem. Let v be uniform on the lattice of `run_chains` in (-1, 1)^d and M = A_n ... A_1. For unit vectors u the
    density of <w, u>, w uniform on the cube, is at most 1/sqrt 2 [K. Ball 1986], so E log |<w, u>| >= -1 - log(2)/2,
    and rounding w to the lattice changes little (`_lattice_loss`). As |M v| >= |M| |<v, u>| for some unit u, n
    lambda <= E log |M| <= E log |M v| + 1.3466. The computed vector has |M v| <= |v_n| + E_n with E E_n <= n e (sqrt
    mu + e)^(n-1) |v|_P / sqrt(lambda_min P), where e bounds the relative error of one step in the norm of P. The
    logarithm of |v_n| is clipped below (which raises the mean) and above, where E |v_n|^2 <= (sqrt mu + e)^(2n)
    E|v|_P^2 / lambda_min(P) bounds the loss; what remains is the mean of independent bounded variables (`mean_upper`).
    By Jensen's inequality also lambda <= log(mu) / 2, for certain; the lesser of the two bounds is answered.

    family: an `SGDFamily` of any batch size, or a `Family` with rational probabilities. seed: by default derived from
    the input and delta (`derived_seed`); one of the user's own is reported as such. budget: seconds, about; the
    sample's size depends on the speed of the machine and is recorded (`repeat_bound` draws it again).
    Raises `InputError` on bad arguments, `CertificateError` when no growth bound is proved.
    """
    delta, budget = _checked(delta, seed, budget)
    begin, started = time.monotonic(), computing_time()
    own, seed = seed is not None, derived_seed(family, delta) if seed is None else seed
    growth, steps = growth_bound(family), steps_of(family)
    pilot = _pilot(steps, seed)
    work = max(budget - (computing_time() - started), 1.0) * 0.5 / pilot.pace
    plan = _best_plan(pilot, growth, step_error(steps, growth), delta, work)
    return concluded(steps, growth, plan, delta, (seed, not own), begin)


def repeat_bound(family: AnyFamily, bound: ConfidenceBound) -> ConfidenceBound:
    """The same sample drawn and evaluated again: what a checker compares with `bound`."""
    begin = time.monotonic()
    _checked(bound.delta, bound.seed, 1.0)
    clips = (bound.clip_lower, bound.clip_upper)
    valid = bound.method in METHODS and bound.chains >= 2 and bound.steps >= 1 and clips[0] < clips[1]
    if not (valid and all(math.isfinite(clip) for clip in clips)):
        raise CertificateError("the confidence bound names no valid plan of a sample")
    if bound.seed_is_derived and bound.seed != derived_seed(family, bound.delta):
        raise CertificateError("the seed of the confidence bound is not derived from this input and delta")
    plan = Plan(bound.chains, bound.steps, bound.method, bound.clip_lower, bound.clip_upper)
    seed = (bound.seed, bound.seed_is_derived)
    return concluded(steps_of(family), growth_bound(family), plan, bound.delta, seed, begin)


@final
@dataclass(frozen=True)
class Pilot:
    """Estimates from a separate stream: mean and variance of log |v_n| as affine functions of n, seconds per step."""

    offset: float
    slope: float
    variance: float
    pace: float
    dimension: int


def growth_bound(family: AnyFamily) -> Growth:
    """A metric P with a proved growth rate of E|v|_P^2; raises `CertificateError` when it cannot be proved."""
    engine = sgd_concave_bound if isinstance(family, SGDFamily) else concave_bound
    return proved_growth(family, engine.propose(family, -1, np.inf))


def _pilot(steps: Steps, seed: int, chains: int = 256) -> Pilot:
    short = max(4 * steps.dimension, 64)
    tick = computing_time()
    first = log_norms(steps, chains, short, generator_of(seed, 0), 0.0)
    second = log_norms(steps, chains, 3 * short, generator_of(seed, 1), 0.0)
    pace = (computing_time() - tick) / (4 * short * chains)
    slope = float(second.mean() - first.mean()) / (2 * short)
    return Pilot(float(first.mean()) - slope * short, slope, float(second.var()) / (3 * short), pace, steps.dimension)


def _best_plan(pilot: Pilot, growth: Growth, error: arb, delta: float, work: float) -> Plan:
    """The plan that promises the least bound for `work` chain steps in all."""
    best, plan = np.inf, None
    for power in range(1, 60):
        length = 16 * math.ceil(2.0 ** (power / 3) * 4)
        chains = int(min(work / length, 2.0e7 / pilot.dimension, 200_000))
        if chains < 32 and plan is not None:
            break
        for method in METHODS:
            candidate = _plan(pilot, growth, error, max(chains, 32), length, method)
            promise = _promise(candidate, pilot, growth, error, delta)
            if promise < best or plan is None:
                best, plan = promise, candidate
    assert plan is not None
    return plan


def _plan(pilot: Pilot, growth: Growth, error: arb, chains: int, length: int, method: str) -> Plan:
    upper = clip_upper(growth, error, length)
    deviation = math.sqrt(max(pilot.variance * length, 1e-6))
    lower = min(pilot.offset + pilot.slope * length - 1.5 * deviation, upper - 1.0)
    return Plan(chains, length, method, lower, upper)


def _promise(plan: Plan, pilot: Pilot, growth: Growth, error: arb, delta: float) -> float:
    """A guess of the bound that a plan will give."""
    deviation = math.sqrt(max(pilot.variance * plan.steps, 1e-6))
    guess = pilot.offset + pilot.slope * plan.steps + deviation * np.array([-1.0, 1.0] * (plan.chains // 2))
    guess = np.clip(guess[:4096], plan.clip_lower, plan.clip_upper)
    shrink = math.sqrt(len(guess) / plan.chains)
    mean = float(guess.mean())
    excess = mean_upper(guess, plan.clip_lower, plan.clip_upper, delta, plan.method) - mean
    rounding = float(rounding_loss(growth, error, plan.steps, pilot.dimension, plan.clip_lower))
    return (mean + excess * shrink + 1.35 + rounding) / plan.steps


def _checked(delta: float, seed: int | None, budget: float) -> tuple[float, float]:
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise InputError(f"seed must be a whole number of at least 0, but is {seed!r}")
    return positive_number(number_in(delta, "delta", 0.0, 1.0), "delta"), positive_number(budget, "budget")
