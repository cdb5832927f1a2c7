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
from certify.lyapunov.confidence.concentration import mean_upper
from certify.lyapunov.confidence.sample_chains import MatrixSteps, SGDSteps, Steps, run_chains
from certify.lyapunov.families.arb_family import FLOAT_BITS
from certify.lyapunov.families.family import Family, Witness, family_as_data
from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.norms.pencil import pencil_upper
from certify.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound
from certify.lyapunov.sgd.sgd_moment import uniform_weights
from foundation import CertificateError, Shown, Summary
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


def derived_seed(family: AnyFamily, delta: float) -> int:
    """A whole number below 2^128 that the input and delta determine, and nobody chooses: the head of a SHA-256 hash."""
    if isinstance(family, SGDFamily):
        gram, rate = family.gram, family.learning_rate
        exact = "" if family.exact is None else f"{family.exact[0].tolist()} {family.exact[1]}"
        sizes = f"{family.batch_size} {family.outputs} {float(rate.mid).hex()} {float(rate.rad).hex()} {exact}"
        parts = [b"sgd", gram.mid.tobytes(), np.ascontiguousarray(gram.rad).tobytes(), sizes.encode()]
    else:
        parts = [b"matrices", json.dumps(family_as_data(family), sort_keys=True).encode()]
    digest = hashlib.sha256()
    for part in [*parts, float(delta).hex().encode(), GENERATOR.encode()]:
        digest.update(len(part).to_bytes(8, "big") + part)
    return int.from_bytes(digest.digest()[:16], "big")


@final
@dataclass(frozen=True)
class Plan:
    """What is fixed before the sample is drawn."""

    chains: int
    steps: int
    method: str
    clip_lower: float
    clip_upper: float


def concluded(
    steps: Steps, growth: Growth, plan: Plan, delta: float, seed: tuple[int, bool], begin: float
) -> ConfidenceBound:
    """The bound of the sample that a plan and a seed (with whether it is derived) determine."""
    error = step_error(steps, growth)
    needed = clip_upper(growth, error, plan.steps)
    if plan.clip_upper < needed:
        raise CertificateError(f"the upper clip {plan.clip_upper} is below {needed}, which the moment bound needs")
    samples = log_norms(steps, plan.chains, plan.steps, generator_of(seed[0], 2), plan.clip_upper)
    samples = np.clip(samples, plan.clip_lower, plan.clip_upper)
    mean = mean_upper(samples, plan.clip_lower, plan.clip_upper, delta, plan.method)
    rounding = rounding_loss(growth, error, plan.steps, steps.dimension, plan.clip_lower)
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


def proved_growth(family: AnyFamily, witness: Witness) -> Growth:
    """The growth rate of E|v|_P^2 in the witness's metric P; raises `CertificateError` when it cannot be proved."""
    if isinstance(family, SGDFamily):
        return _sgd_growth(family, witness)
    form = Ball.exact(witness["metric"])
    images = matmul(family.matrices.map(lambda x: np.swapaxes(x, -1, -2)), matmul(form, family.matrices))
    mu = pencil_upper(family.expectation(images), form)
    low, high = extreme_eigenvalues(form)
    return _checked_growth(mu, float(Ball.exact(np.diagonal(form.mid)).sum().upper), low.lower, high.upper)


def _sgd_growth(family: SGDFamily, witness: Witness) -> Growth:
    """P = K X K: if E A X A^T <= mu X then E A^T P A <= mu P, because A^T K = K A."""
    form = witness["form"]
    mu = sgd_concave_bound.moment_upper(family, uniform_weights(family), form, float(witness["radius"]))
    metric = matmul(matmul(family.gram, Ball.exact(form)), family.gram)
    low, high = extreme_eigenvalues((metric + metric.T) * 0.5)
    diagonal = Ball(np.diagonal(metric.mid), np.diagonal(metric.rad))
    smallest = low.lower if low.lower > 0 else _smallest_by_factors(family.gram, form)
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
def clip_upper(growth: Growth, error: arb, length: int) -> float:
    """b with E |v_n|^2 <= e^(2b - 2 margin): the coordinates of v have variance below 1/3."""
    second = 2 * length * (arb(growth.mu).sqrt() + error).log() + (arb(growth.trace) / 3 / arb(growth.smallest)).log()
    return _up(second / 2 + arb(_MARGIN))


@arb_precision(FLOAT_BITS)
def rounding_loss(growth: Growth, error: arb, length: int, dimension: int, clip_lower: float) -> arb:
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


def log_norms(steps: Steps, chains: int, length: int, generator: np.random.Generator, unknown: float) -> np.ndarray:
    """Upper bounds of log |v_n|; `unknown` for chains that are not healthy."""
    vectors, exponents, healthy = run_chains(steps, chains, length, generator)
    vectors = np.where(healthy[:, None], vectors, 1.0)
    squares = Ball.exact(vectors).square().sum(axis=1)
    logarithms = log(squares) * 0.5 + Ball.exact(exponents.astype(np.float64)) * log(Ball.exact(2.0))
    return np.where(healthy, logarithms.upper, unknown)


def steps_of(family: AnyFamily) -> Steps:
    return SGDSteps(family) if isinstance(family, SGDFamily) else MatrixSteps(family)


def generator_of(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, index])))


@arb_precision(FLOAT_BITS)
def _up(value: arb) -> float:
    return math.nextafter(float(value.upper()), math.inf)
