"""The learning rates at which SGD is proved stable or unstable: a walk along the axis."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.lyapunov.families.family import Witness
from certify.lyapunov.families.sgd_family import sgd_family
from certify.lyapunov.sgd import sgd_determinant
from certify.lyapunov.sgd.certified_range import Segment, family_at, proved_ends, segment_holds
from certify.verdict import Verdict
from foundation import CertificateError, InputError, positive_number
from foundation.computing_time import computing_time
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound_search
from search.lyapunov.sgd.sgd_moment import mean_square_threshold

Progress = Callable[[str], None]
_SMALLEST_STEP = 1e-4
_DENSE = 6
_LARGE = 200
Following = Callable[[Segment, float], Segment | None]


@final
@dataclass(frozen=True)
class CertifiedRange:
    """Proved: stable for every eta in (0, stable_up_to], unstable for every eta in [unstable_from, unstable_up_to].

    "Stable" means a negative, "unstable" a positive top Lyapunov exponent of the linearised updates with independent
    batches, nothing more: what it implies for SGD at a rate needs regularity there, which fails at some rates of every
    range (eta K_ii = 2). stable_up_to is 0 and unstable_from inf
    when nothing could be proved; `segments` carry the witnesses (`prove_range`). ratio: unstable_from / stable_up_to.
    """

    stable_up_to: float
    unstable_from: float
    unstable_up_to: float
    segments: tuple[Segment, ...]
    reason: str
    next_step: str
    seconds: float

    @property
    def ratio(self) -> float:
        """eta_u / eta_s: how far the proofs leave the threshold open (infinite when a side is missing)."""
        return self.unstable_from / self.stable_up_to if self.stable_up_to > 0 else np.inf


def certified_range(
    gram: Any,
    batch_size: int = 1,
    outputs: int = 1,
    *,
    up_to: float | None = None,
    budget: float = 60.0,
    progress: Progress | None = None,
) -> CertifiedRange:
    """The bracket of the critical learning rate of SGD for the Gram matrix `gram` (see `sgd_family`).

    up_to: how far instability is to be proved (twice the first unstable rate found when None). budget: seconds.
    Stability: contraction, or one second-moment witness, covers (0, eta]; beyond it chords of the concave bound, then
    for small problems balls of learning rates through all engines. Instability: the determinant, which increases once
    eta K_ii / B exceeds 1, then balls of learning rates downward. Raises `InputError` on bad input.
    """
    search = _Search(gram, batch_size, outputs, positive_number(budget, "budget"), progress)
    if up_to is not None:
        positive_number(up_to, "up_to")
    if search.base.batch_size == search.base.examples:
        segments = search.full_batches()
    else:
        immediate = search.contraction()
        upward = search.unstable(immediate.upper if immediate else 0.0, up_to)
        stable = search.first_stable(immediate)
        segments = search.extended(stable) + search.lowered(upward)
    low, high, top = proved_ends(segments)
    return CertifiedRange(low, high, top, tuple(segments), *search.explanation(low, high), search.elapsed())


class _Search:
    """Finds the segments; every one is proved before it is kept."""

    def __init__(self, gram: Any, batch_size: int, outputs: int, budget: float, progress: Progress | None) -> None:
        self.base = sgd_family(gram, 1.0, batch_size, outputs)
        self.begin, self.budget, self.progress = computing_time(), budget, progress
        largest = float(np.diagonal(self.base.gram.mid).max())
        if not largest > 0:
            raise InputError("the Gram matrix has no positive diagonal entry: every gradient vanishes")
        self.scale = 2.0 * batch_size / largest
        self.scales: np.ndarray | None = None

    def elapsed(self) -> float:
        return computing_time() - self.begin

    def full_batches(self) -> list[Segment]:
        """Both sides of the critical rate 2 N / lambda_max(K) of gradient descent, as close as the balls allow."""
        largest = extreme_eigenvalues(self.base.gram)[1]
        critical = 2.0 * self.base.examples / max(largest.midpoint, 5e-324)
        segments = []
        for verdict, sign in ((Verdict.STABLE, -1.0), (Verdict.UNSTABLE, 1.0)):
            for power in range(-45, -1, 2):
                rate = critical * (1.0 + sign * 2.0**power)
                ends = (0.0, rate) if verdict is Verdict.STABLE else (rate, np.inf)
                kept = self._kept(Segment(*ends, verdict, "gradient-descent", {}))
                if kept is not None:
                    segments.append(kept)
                    break
        return segments

    def first_stable(self, immediate: Segment | None) -> list[Segment]:
        """(0, eta] by the contraction or by the second moment, whichever reaches further."""
        first = self._mean_square()
        if first is None or (immediate is not None and immediate.upper > first.upper):
            first = immediate
        return [] if first is None else [first]

    def extended(self, stable: list[Segment]) -> list[Segment]:
        """Beyond the first stable segment: chords, for small problems also balls of learning rates."""
        if not stable:
            return []
        dense = self.is_dense
        segments = self._extend(stable[-1], self._next_chord, 0.4 if dense else 0.9)
        if dense:
            segments += self._extend(segments[-1], self._next_ball, 0.5)[1:]
        return segments

    def lowered(self, unstable: list[Segment]) -> list[Segment]:
        """For small problems: balls of learning rates below the half-line on which instability is proved."""
        if not self.is_dense or len(unstable) != 1 or unstable[0].upper != np.inf:
            return unstable
        return self._extend(unstable[0], self._ball_below, 1.0)

    @property
    def is_dense(self) -> bool:
        """Whether all engines are worth their time on balls of learning rates."""
        return self.base.dimension <= _DENSE and self.base.explicit() is not None

    def explanation(self, low: float, high: float) -> tuple[str, str]:
        """Why the bracket is no narrower, and what to try."""
        gap = f"between {low:g} and {high:g} no engine decides the sign"
        if self.elapsed() >= 0.9 * self.budget:
            return f"{gap} within the budget of {self.budget:g} s", f"raise the budget above {self.budget:g} s"
        reach = "the bounds of single steps reach no further up"
        if not self.is_dense:
            reach += ", and in this dimension instability is proved by determinants alone"
        return f"{gap}: {reach}", "ask for `lyapunov_exponent` at single learning rates in the gap, or for a sample"

    def contraction(self) -> Segment | None:
        """(0, eta] for an eta near 2 B / max K_ii at which every step contracts."""
        for shrink in (1e-6, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9):
            kept = self._kept(Segment(0.0, self.scale * (1.0 - shrink), Verdict.STABLE, "contraction", {}))
            if kept is not None:
                return kept
        return None

    def _mean_square(self) -> Segment | None:
        """(0, eta] for an eta near the mean-square threshold."""
        self._tell("estimating where the second moment stops decaying")
        # the error of an eigenvalue of a symmetric operator is of the order of the squared tolerance of its vector
        threshold = mean_square_threshold(self.base, tolerance=1e-6)
        if not threshold > 0:
            return None
        self._tell(f"the second moment is estimated to decay up to {threshold:g}")
        first = None
        for shrink in (1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5):
            if shrink > 1e-6 and self.elapsed() > 0.5 * self.budget:
                break
            eta = threshold * (1.0 - shrink)
            self._tell(f"trying the second moment at {eta:.8g}")
            family = self.base.with_learning_rate(eta)
            witness = sgd_concave_bound_search.propose(family, -1, np.inf)
            first = self._kept(Segment(0.0, eta, Verdict.STABLE, "second-moment", witness))
            if first is None:
                form = {"form": sgd_concave_bound_search.decaying_form(family)}
                first = self._kept(Segment(0.0, eta, Verdict.STABLE, "decay", form))
            if first is not None:
                break
        return first

    def unstable(self, above: float, up_to: float | None) -> list[Segment]:
        low, high = max(above, self.scale * 1e-3), max(self.scale, above)
        for _ in range(60):
            if self._determinant_at(high) > 0:
                break
            low, high = high, 2 * high
        else:
            return []
        while high - low > 1e-6 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if self._determinant_at(middle) > 0 else (middle, high)
        high *= 1 + 1e-9
        first = self._kept(Segment(high, np.inf, Verdict.UNSTABLE, "monotone", {}))
        return self._connected(high, up_to) if first is None else [first]

    def _connected(self, high: float, up_to: float | None) -> list[Segment]:
        """Balls of rates from `high` upward, as far as asked or up to where the determinant is known to increase."""
        smallest = self.base.smallest_eigenvalue
        start = max(high, 1.000001 * self.base.batch_size / smallest) if smallest > 0 else np.inf
        last = self._kept(Segment(start, np.inf, Verdict.UNSTABLE, "monotone", {})) if np.isfinite(start) else None
        wanted = up_to if up_to is not None else 2 * high if last is None else start
        segments = self._upward(high, max(wanted, high) if last is None else min(max(wanted, high), start))
        joined = bool(segments) and last is not None and segments[-1].upper >= last.lower
        if last is None or joined:
            return [*segments, last] if last is not None else segments
        if up_to is None and segments:
            return segments
        # a pole of the determinant lies between: what was asked for counts more than the lowest rate
        return [last]

    def _extend(
        self, first: Segment, following: Callable[[Segment, float], Segment | None], share: float
    ) -> list[Segment]:
        """Segments joined to `first`, the step doubled after success and halved after failure."""
        segments, step = [first], 0.02 if self.base.dimension <= _LARGE else 0.005
        deadline = self.elapsed() + share * (self.budget - self.elapsed())
        while step >= _SMALLEST_STEP and self.elapsed() < deadline:
            added = following(segments[-1], step)
            step = step / 2 if added is None else min(2 * step, 0.1)
            if added is not None:
                segments.append(added)
        return segments

    def _next_chord(self, last: Segment, step: float) -> Segment | None:
        if self.base.batch_size > 1:
            return None
        upper = last.upper * (1 + step)
        deadline = computing_time() + max(1.0, 0.2 * (self.budget - self.elapsed()))
        family = self.base.with_learning_rate(upper)
        enough = -1e-3 / self.base.examples if self.base.dimension > _LARGE else -np.inf
        witness = sgd_concave_bound_search.propose(
            family, 0, deadline, start=self.scales, enough=enough, progress=self._tell
        )
        # good scales change little with the learning rate: also a failure leaves a better start
        self.scales = witness["scales"]
        return self._kept(Segment(last.upper, upper, Verdict.STABLE, "chord", witness))

    def _next_ball(self, last: Segment, step: float) -> Segment | None:
        return self._engines(last.upper, last.upper * (1 + step / 4), Verdict.STABLE)

    def _ball_below(self, last: Segment, step: float) -> Segment | None:
        return self._engines(last.lower * (1 - step / 4), last.lower, Verdict.UNSTABLE)

    def _engines(self, lower: float, upper: float, verdict: Verdict) -> Segment | None:
        seconds = max(0.05 * (self.budget - self.elapsed()), 0.2)
        result = lyapunov_exponent(family_at(self.base, lower, upper), budget=seconds)
        if result.verdict is not verdict:
            return None
        return self._kept(
            Segment(lower, upper, verdict, "engines", {"proofs": [[p.engine, p.witness] for p in result.proofs]})
        )

    def _upward(self, lower: float, upper: float) -> list[Segment]:
        """Balls of learning rates from `lower` up to `upper` through the determinant, in steps that fit."""
        segments: list[Segment] = []
        step, eta = 0.01, lower
        while eta < upper and step > 1e-7 and self.elapsed() < self.budget:
            end = upper if eta * (1 + step) >= upper else eta * (1 + step)
            witness: Witness = {"proofs": [["sgd_determinant", {}]]}
            added = self._kept(Segment(eta, end, Verdict.UNSTABLE, "engines", witness))
            step = step / 2 if added is None else min(2 * step, 0.1)
            if added is not None:
                segments.append(added)
                eta = end
        return segments

    def _determinant_at(self, eta: float) -> float:
        family = self.base.with_learning_rate(eta)
        return sgd_determinant.prove(family, {}).lower if sgd_determinant.admits(family) is None else -np.inf

    def _tell(self, text: str) -> None:
        if self.progress is not None:
            self.progress(f"{self.elapsed():.1f} s  {text}")

    def _kept(self, segment: Segment) -> Segment | None:
        try:
            if not segment_holds(self.base, segment):
                return None
        except (CertificateError, ArithmeticError, np.linalg.LinAlgError):
            return None
        self._tell(f"{segment.verdict.value} on [{segment.lower:g}, {segment.upper:g}]")
        return segment
