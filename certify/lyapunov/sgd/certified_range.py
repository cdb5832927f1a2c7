"""The learning rates at which SGD is proved stable, from zero upward, and proved unstable, as far as asked.

Statement and proof: docs/theory/certified-ranges.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.lyapunov.families.family import Witness
from certify.lyapunov.families.sgd_family import SGDFamily, sgd_family
from certify.lyapunov.norms import contraction
from certify.lyapunov.norms.jensen_bound import read_metric
from certify.lyapunov.prove import prove_exponent
from certify.lyapunov.sgd import sgd_determinant
from certify.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound
from certify.verdict import Verdict
from foundation import CertificateError


@final
@dataclass(frozen=True)
class Segment:
    """Every learning rate in [lower, upper] ((0, upper] for lower = 0; upper may be inf) is proved stable or unstable.

    method: "contraction", "second-moment" or "decay" (only with lower = 0), "chord" (one metric for both ends),
    "monotone" (upper = inf), "gradient-descent" (B = N; lower = 0 or upper = inf) or "engines" (a ball of rates,
    through `prove_exponent`).
    """

    lower: float
    upper: float
    verdict: Verdict
    method: str
    witness: Witness


def prove_range(gram: Any, batch_size: int, outputs: int, segments: Iterable[Segment]) -> tuple[float, float, float]:
    """(stable_up_to, unstable_from, unstable_up_to) as the segments' witnesses prove them, without any search.

    Raises `CertificateError` on a segment that does not prove its verdict and on stable segments that leave a gap.
    """
    listed = list(segments)
    base = sgd_family(gram, 1.0, batch_size, outputs)
    for segment in listed:
        if not segment_holds(base, segment):
            raise CertificateError(f"the segment from {segment.lower} to {segment.upper} does not prove its verdict")
    return proved_ends(listed)


def segment_holds(base: SGDFamily, segment: Segment) -> bool:
    """Whether the witness proves the verdict on the whole segment.

    chord: for fixed X and scales t the matrix E (1/t) A X A^T is a convex function of eta (its quadratic term
    W o (K X K) is semidefinite by Schur's product theorem), so mu X bounds it between two rates at which it does.
    decay: the inequality of `second_moment_decays` at eta = upper holds at every smaller rate.
    contraction: (2 - eta beta) kappa > 0 at eta = upper implies it at every smaller rate.
    second-moment: at eta = 0 it is X itself, so mu < 1 at eta = upper proves it on (0, upper].
    monotone: the derivative of log |det(c K_SS - I)| in c = eta/B is tr(K_SS (c K_SS - I)^-1), which is positive where
    c k > 1 for all eigenvalues k of all K_SS: for batches of one and one output where eta K_ii > 1 for all i,
    otherwise where c lambda_min(K) > 1 (interlacing). So is then the sum of the exponents at all greater rates.
    """
    stable = segment.verdict is Verdict.STABLE
    if segment.method == "second-moment":
        return stable and segment.lower == 0 and _bound_at(base, segment.upper, _plain(segment.witness)) < 0
    if segment.method == "decay":
        return stable and segment.lower == 0 and _decays_at(base, segment.upper, segment.witness)
    if segment.method == "contraction":
        return stable and segment.lower == 0 and _contracts(base, segment.upper)
    if segment.method == "gradient-descent":
        return _holds_for_full_batches(base, segment)
    if segment.method == "chord":
        ends = (segment.lower, segment.upper)
        return stable and 0 < ends[0] <= ends[1] and all(_bound_at(base, eta, segment.witness) < 0 for eta in ends)
    if segment.method == "monotone":
        return segment.verdict is Verdict.UNSTABLE and segment.upper == np.inf and _is_monotone(base, segment.lower)
    if segment.method != "engines" or not 0 < segment.lower <= segment.upper < np.inf:
        return False
    proofs = [(name, witness) for name, witness in segment.witness["proofs"]]
    enclosure = prove_exponent(family_at(base, segment.lower, segment.upper), proofs)
    return enclosure.is_below(0.0) if stable else segment.verdict is Verdict.UNSTABLE and enclosure.is_above(0.0)


def _holds_for_full_batches(base: SGDFamily, segment: Segment) -> bool:
    """B = N: |1 - (eta/N) k| < 1 for all eigenvalues k at one rate implies k > 0 and the same at every smaller rate;
    (eta/N) k > 2 for one eigenvalue implies the same at every larger rate."""
    if base.batch_size < base.examples:
        return False
    if segment.verdict is Verdict.STABLE:
        at = base.with_learning_rate(segment.upper) if 0 < segment.upper < np.inf else None
        return segment.lower == 0 and at is not None and contraction.full_batch(at).upper < 0
    largest = extreme_eigenvalues(base.gram)[1].lower
    multiple = Ball.exact(segment.lower) * largest / float(base.examples)
    return segment.verdict is Verdict.UNSTABLE and segment.upper == np.inf and bool(multiple.lower > 2)


def _contracts(base: SGDFamily, eta: float) -> bool:
    """Whether `sgd_contraction` is negative at eta: then kappa > 0 and eta beta < 2, and so it is at smaller rates."""
    return 0 < eta < np.inf and contraction.sgd_contraction(base.with_learning_rate(eta)).upper < 0


def _decays_at(base: SGDFamily, eta: float, witness: Witness) -> bool:
    if not 0 < eta < np.inf:
        return False
    form = read_metric(witness["form"], base.dimension)
    return sgd_concave_bound.second_moment_decays(base.with_learning_rate(eta), form)


def _plain(witness: Witness) -> Witness:
    return {"form": witness["form"], "radius": witness["radius"]}


def _bound_at(base: SGDFamily, eta: float, witness: Witness) -> float:
    return sgd_concave_bound.prove(base.with_learning_rate(eta), witness).upper


def _is_monotone(base: SGDFamily, eta: float) -> bool:
    family = base.with_learning_rate(eta)
    if base.batch_size > 1 or base.outputs > 1:
        multiples = family.step * Ball.exact(base.smallest_eigenvalue)
    else:
        multiples = family.step * Ball(np.diagonal(family.gram.mid), np.diagonal(family.gram.rad))
    return bool((multiples.lower > 1).all()) and sgd_determinant.prove(family, {}).lower > 0


def family_at(base: SGDFamily, lower: float, upper: float) -> SGDFamily:
    return base.with_learning_rate(lower if lower == upper else Ball.from_bounds(lower, upper))


def proved_ends(segments: list[Segment]) -> tuple[float, float, float]:
    """The reach of gapless stable segments from 0, and of gapless unstable segments downward from the highest."""
    low = 0.0
    for segment in sorted((s for s in segments if s.verdict is Verdict.STABLE), key=lambda s: s.lower):
        low = max(low, segment.upper) if segment.lower <= low else low
    falling = sorted((s for s in segments if s.verdict is Verdict.UNSTABLE), key=lambda s: -s.upper)
    if not falling:
        return low, np.inf, np.inf
    high = falling[0].upper
    for segment in falling:
        high = min(high, segment.lower) if segment.upper >= high else high
    return low, high, falling[0].upper
