"""Upper bounds of the exponent with confidence 1 - delta, from sampled chains; never a proof."""

import hashlib
import json
import math
import time
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np
from flint import arb

from certify.arithmetic import Ball, matmul
from certify.arithmetic.elementary import log
from certify.digits import at_most
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.lyapunov import concave_bound, sgd_concave_bound
from certify.lyapunov.arb_family import FLOAT_BITS
from certify.lyapunov.chains import MatrixSteps, SGDSteps, Steps, run_chains
from certify.lyapunov.concentration import METHODS, mean_upper
from certify.lyapunov.family import Family, family_as_data
from certify.lyapunov.pencil import pencil_upper
from certify.lyapunov.sgd_family import SGDFamily
from certify.lyapunov.sgd_moment import uniform_weights
from certify.lyapunov.time_limit import computing_time
from foundation import CertificateError, InputError, Shown, Summary, number_in, positive_number
from foundation.arb_precision import arb_precision

AnyFamily: TypeAlias = Family | SGDFamily

GENERATOR = "numpy Philox, counter-based, 4x64"
# E(W - b)^+ <= e^(-2 * margin) / (2e) above the upper clip b.
_MARGIN = 4.0


@final
@dataclass(frozen=True, repr=False)
class ConfidenceBound(Shown):
    """lambda <= upper (nats per step) with confidence 1 - delta over the drawing of the sample; not proved.

    The sample: `chains` independent chains of `steps` steps, drawn by `generator` from `seed`, which is derived from
    the input and delta (`seed_is_derived`) or was chosen by the user; clipped to [clip_lower, clip_upper], which like
    `method` were fixed from a separate pilot sample. `rounding` is the share of upper
    that pays for rounding errors. mean: the sample mean per step (an estimate of lambda plus O(1/steps)). `upper` is
    the lesser of `sampled`, what the sample gives, and of `proved`, half the growth rate of the second moment, which
    bounds lambda for certain.
    """

    upper: float
    delta: float
    seed: int
    seed_is_derived: bool
    generator: str
    chains: int
    steps: int
    method: str
    clip_lower: float
    clip_upper: float
    mean: float
    rounding: float
    sampled: float
    proved: float
    seconds: float

    def _summary(self) -> Summary:
        rows = (
            ("bound", self.confidence),
            ("sample", f"{self.chains} chains of {self.steps} steps, seed {self.seed}"),
            ("sample mean", f"{self.mean:.6g} nats per step (an estimate)"),
            *((("reason", self.reason),) if self.reason else ()),
        )
        return Summary("A confidence bound of a Lyapunov exponent: sampled, not proved", "", rows)

    @property
    def reason(self) -> str:
        """Why the bound does not decide the sign; empty when it does."""
        if self.upper < 0:
            return ""
        certain = f"the second moment proves {at_most(self.proved)} at most"
        lost = self.sampled - self.mean
        limit = (
            f"the sampled bound lies {lost:.3g} per step above the mean of {self.chains} chains of {self.steps} steps "
            f"({self.mean:.3g}): their start, concentration at 1 - {self.delta:g} and rounding cost that much, so only "
            f"exponents below about {-lost:.3g} are decided by a sample of this size"
        )
        return f"{certain}; {limit}; a sample bounds the exponent from above alone, so that it never shows instability"

    @property
    def confidence(self) -> str:
        """What may be said of the bound."""
        chosen = "" if self.seed_is_derived else "; seed chosen by the user"
        return f"exponent <= {at_most(self.upper, 7)} with confidence 1 - {self.delta:g} (sampled, not proved{chosen})"

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """What the confidence rests on, and no computation can show."""
        seed = (
            "the seed is derived from the input and delta, so that none was tried until it suited"
            if self.seed_is_derived
            else "seed chosen by the user: the confidence holds if it was chosen before any sample was seen"
        )
        return (
            f"the numbers of the generator ({self.generator}) behave as independent and uniform ones",
            seed,
            "the size of the sample was settled before it was drawn, not by trying several budgets",
        )


@final
@dataclass(frozen=True)
class Growth:
    """Proved: E A^T P A <= mu P with P > 0; bounds of tr P and of the extreme eigenvalues of P."""

    mu: float
    trace: float
    smallest: float
    largest: float


def confidence_bound(
    members: AnyFamily, delta: float = 1e-9, *, seed: int | None = None, budget: float = 60.0
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

    members: an `SGDFamily` of any batch size, or a `Family` with rational probabilities. seed: by default derived from
    the input and delta (`derived_seed`); one of the user's own is reported as such. budget: seconds, about; the
    sample's size depends on the speed of the machine and is recorded (`repeat_bound` draws it again).
    Raises `InputError` on bad arguments, `CertificateError` when no growth bound is proved.
    """
    delta, budget = _checked(delta, seed, budget)
    begin, started = time.monotonic(), computing_time()
    own, seed = seed is not None, derived_seed(members, delta) if seed is None else seed
    growth, steps = growth_bound(members), _steps(members)
    pilot = _pilot(steps, seed)
    work = max(budget - (computing_time() - started), 1.0) * 0.5 / pilot.pace
    plan = _best_plan(pilot, growth, step_error(steps, growth), delta, work)
    return _conclude(steps, growth, plan, delta, (seed, not own), begin)


def derived_seed(members: AnyFamily, delta: float) -> int:
    """A whole number below 2^128 that the input and delta determine, and nobody chooses: the head of a SHA-256 hash."""
    if isinstance(members, SGDFamily):
        gram, rate = members.gram, members.learning_rate
        exact = "" if members.exact is None else f"{members.exact[0].tolist()} {members.exact[1]}"
        sizes = f"{members.batch_size} {members.outputs} {float(rate.mid).hex()} {float(rate.rad).hex()} {exact}"
        parts = [b"sgd", gram.mid.tobytes(), np.ascontiguousarray(gram.rad).tobytes(), sizes.encode()]
    else:
        parts = [b"matrices", json.dumps(family_as_data(members), sort_keys=True).encode()]
    digest = hashlib.sha256()
    for part in [*parts, float(delta).hex().encode(), GENERATOR.encode()]:
        digest.update(len(part).to_bytes(8, "big") + part)
    return int.from_bytes(digest.digest()[:16], "big")


def repeat_bound(members: AnyFamily, bound: ConfidenceBound) -> ConfidenceBound:
    """The same sample drawn and evaluated again: what a checker compares with `bound`."""
    begin = time.monotonic()
    _checked(bound.delta, bound.seed, 1.0)
    clips = (bound.clip_lower, bound.clip_upper)
    valid = bound.method in METHODS and bound.chains >= 2 and bound.steps >= 1 and clips[0] < clips[1]
    if not (valid and all(math.isfinite(clip) for clip in clips)):
        raise CertificateError("the confidence bound names no valid plan of a sample")
    if bound.seed_is_derived and bound.seed != derived_seed(members, bound.delta):
        raise CertificateError("the seed of the confidence bound is not derived from this input and delta")
    plan = Plan(bound.chains, bound.steps, bound.method, bound.clip_lower, bound.clip_upper)
    seed = (bound.seed, bound.seed_is_derived)
    return _conclude(_steps(members), growth_bound(members), plan, bound.delta, seed, begin)


@final
@dataclass(frozen=True)
class Plan:
    """What is fixed before the sample is drawn."""

    chains: int
    steps: int
    method: str
    clip_lower: float
    clip_upper: float


@final
@dataclass(frozen=True)
class Pilot:
    """Estimates from a separate stream: mean and variance of log |v_n| as affine functions of n, seconds per step."""

    offset: float
    slope: float
    variance: float
    pace: float
    dimension: int


def _pilot(steps: Steps, seed: int, chains: int = 256) -> Pilot:
    short = max(4 * steps.dimension, 64)
    tick = computing_time()
    first = _log_norms(steps, chains, short, _stream(seed, 0), 0.0)
    second = _log_norms(steps, chains, 3 * short, _stream(seed, 1), 0.0)
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
    upper = _clip_upper(growth, error, length)
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
    rounding = float(_rounding_loss(growth, error, plan.steps, pilot.dimension, plan.clip_lower))
    return (mean + excess * shrink + 1.35 + rounding) / plan.steps


def _checked(delta: float, seed: int | None, budget: float) -> tuple[float, float]:
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise InputError(f"seed must be a whole number of at least 0, but is {seed!r}")
    return positive_number(number_in(delta, "delta", 0.0, 1.0), "delta"), positive_number(budget, "budget")


def _conclude(
    steps: Steps, growth: Growth, plan: Plan, delta: float, seed: tuple[int, bool], begin: float
) -> ConfidenceBound:
    """The bound of the sample that a plan and a seed (with whether it is derived) determine."""
    error = step_error(steps, growth)
    needed = _clip_upper(growth, error, plan.steps)
    if plan.clip_upper < needed:
        raise CertificateError(f"the upper clip {plan.clip_upper} is below {needed}, which the moment bound needs")
    samples = _log_norms(steps, plan.chains, plan.steps, _stream(seed[0], 2), plan.clip_upper)
    samples = np.clip(samples, plan.clip_lower, plan.clip_upper)
    mean = mean_upper(samples, plan.clip_lower, plan.clip_upper, delta, plan.method)
    rounding = _rounding_loss(growth, error, plan.steps, steps.dimension, plan.clip_lower)
    with arb_precision(FLOAT_BITS):
        loss = arb(1) + arb(2).log() / 2 + _lattice_loss(steps.dimension, plan.clip_lower, plan.clip_upper)
        total = arb(mean) + loss + rounding + (arb(-2 * _MARGIN)).exp() / (2 * arb(1).exp())
        sampled, proved = _up(total / plan.steps), _up(arb(growth.mu).log() / 2)
        lost = _up(rounding / plan.steps)
    return ConfidenceBound(
        upper=min(sampled, proved),
        delta=delta,
        seed=seed[0],
        seed_is_derived=seed[1],
        generator=GENERATOR,
        chains=plan.chains,
        steps=plan.steps,
        method=plan.method,
        clip_lower=plan.clip_lower,
        clip_upper=plan.clip_upper,
        mean=float(samples.mean()) / plan.steps,
        rounding=lost,
        sampled=sampled,
        proved=proved,
        seconds=time.monotonic() - begin,
    )


def growth_bound(members: AnyFamily) -> Growth:
    """A metric P with a proved growth rate of E|v|_P^2; raises `CertificateError` when it cannot be proved."""
    if isinstance(members, SGDFamily):
        return _sgd_growth(members)
    witness = concave_bound.propose(members, -1, np.inf)
    form = Ball.exact(witness["metric"])
    images = matmul(members.matrices.map(lambda x: np.swapaxes(x, -1, -2)), matmul(form, members.matrices))
    mu = pencil_upper(members.expectation(images), form)
    low, high = extreme_eigenvalues(form)
    return _checked_growth(mu, float(Ball.exact(np.diagonal(form.mid)).sum().upper), low.lower, high.upper)


def _sgd_growth(members: SGDFamily) -> Growth:
    """P = K X K: if E A X A^T <= mu X then E A^T P A <= mu P, because A^T K = K A."""
    witness = sgd_concave_bound.propose(members, -1, np.inf)
    form = witness["form"]
    mu = sgd_concave_bound.moment_upper(members, uniform_weights(members), form, float(witness["radius"]))
    metric = matmul(matmul(members.gram, Ball.exact(form)), members.gram)
    low, high = extreme_eigenvalues((metric + metric.T) * 0.5)
    diagonal = Ball(np.diagonal(metric.mid), np.diagonal(metric.rad))
    smallest = low.lower if low.lower > 0 else _smallest_by_factors(members.gram, form)
    return _checked_growth(mu, float(diagonal.sum().upper), smallest, high.upper)


def _smallest_by_factors(gram: Ball, form: np.ndarray) -> float:
    """lambda_min(K)^2 lambda_min(X), a lower bound of lambda_min(K X K)."""
    k_low, x_low = extreme_eigenvalues(gram)[0], extreme_eigenvalues(form)[0]
    return float((Ball.exact(max(k_low.lower, 0.0)).square() * Ball.exact(max(x_low.lower, 0.0))).lower)


def _checked_growth(mu: float, trace: float, smallest: float, largest: float) -> Growth:
    if not (0 < mu < np.inf and 0 < trace < np.inf and smallest > 0 and largest < np.inf):
        raise CertificateError("no growth rate of the second moment could be proved: the Gram matrix may be singular")
    return Growth(mu, trace, smallest, largest)


@arb_precision(FLOAT_BITS)
def step_error(steps: Steps, growth: Growth) -> arb:
    """e with |computed step - A v|_P <= e |v|_P: the Euclidean error times sqrt(lambda_max(P) / lambda_min(P))."""
    return arb(steps.local_error) * (arb(growth.largest) / arb(growth.smallest)).sqrt()


@arb_precision(FLOAT_BITS)
def _clip_upper(growth: Growth, error: arb, length: int) -> float:
    """b with E |v_n|^2 <= e^(2b - 2 margin): the coordinates of v have variance below 1/3."""
    second = 2 * length * (arb(growth.mu).sqrt() + error).log() + (arb(growth.trace) / 3 / arb(growth.smallest)).log()
    return _up(second / 2 + arb(_MARGIN))


@arb_precision(FLOAT_BITS)
def _rounding_loss(growth: Growth, error: arb, length: int, dimension: int, clip_lower: float) -> arb:
    """E E_n / e^clip: what rounding may add to the mean of log max(|M v|, e^clip)."""
    largest = (arb(growth.largest) / arb(growth.smallest) * dimension).sqrt()
    return length * error * ((length - 1) * (arb(growth.mu).sqrt() + error).log() - arb(clip_lower)).exp() * largest


@arb_precision(FLOAT_BITS)
def _lattice_loss(dimension: int, clip_lower: float, clip_upper: float) -> arb:
    """What rounding the cube to the lattice costs E max(log |<v, u>|, clip).

    |<w, u> - <v, u>| <= e = 2^-53 sqrt(d). Where |<w, u>| >= 2^20 e the logarithm changes by at most 2^-19; the rest
    has probability at most 2^20.5 e, and there the clipped logarithm lies below log |<w, u>| by at most the clipping
    range plus log |M|'s excess over its clip, bounded through the second moment by clip_upper - clip_lower + 1.
    """
    small = arb(2) ** arb("-32.5") * arb(dimension).sqrt()
    return arb(2) ** -19 + small * (arb(clip_upper) - arb(clip_lower) + 1)


def _log_norms(steps: Steps, chains: int, length: int, generator: np.random.Generator, unknown: float) -> np.ndarray:
    """Upper bounds of log |v_n|; `unknown` for chains that are not healthy."""
    vectors, exponents, healthy = run_chains(steps, chains, length, generator)
    vectors = np.where(healthy[:, None], vectors, 1.0)
    squares = Ball.exact(vectors).square().sum(axis=1)
    logarithms = log(squares) * 0.5 + Ball.exact(exponents.astype(np.float64)) * log(Ball.exact(2.0))
    return np.where(healthy, logarithms.upper, unknown)


def _steps(members: AnyFamily) -> Steps:
    return SGDSteps(members) if isinstance(members, SGDFamily) else MatrixSteps(members)


def _stream(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, index])))


@arb_precision(FLOAT_BITS)
def _up(value: arb) -> float:
    return math.nextafter(float(value.upper()), math.inf)
