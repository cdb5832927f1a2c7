"""The exponent of a family: engines run cheapest first, their proved bounds are intersected."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

import numpy as np

from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.prove import AnyFamily, Proof, engine_of, target_of
from certify.lyapunov.registry import ENGINES, SGD_ENGINES, twin_of
from certify.lyapunov.time_limit import Interrupted, time_limit
from certify.verdict import Verdict
from foundation import CertificateError, InputError, positive_number
from foundation.computing_time import computing_time
from search.lyapunov.registry import Proposer

Progress: TypeAlias = Callable[[str], None]
DEFAULT_BUDGET = 60.0
_LARGEST_EFFORT = 9
# Seconds without a word of progress.
_QUIET = 1.0
# A certificate states its bounds wider by one sixteenth of the width on either side.
_STATED = 1.125
# From this effort on it is known which engines suit the family.
_SETTLED = 2
# Slow engines whose bounds stay finite for singular matrices.
_LAST_RESORTS = frozenset({"moment_function"})
# Seconds by which a proof that has begun may run over the budget, before it is dropped.
_GRACE = 0.5
# The part of the remaining time that one proposal may take; the proof comes on top.
_SHARE = 0.7
# What an engine may raise on numbers beyond its reach; it is then left out, with the reason.
_FLAWED = (CertificateError, InputError, ArithmeticError, np.linalg.LinAlgError, MemoryError)


@final
@dataclass(frozen=True)
class ExponentResult:
    """The top Lyapunov exponent, proved, in nats per step.

    verdict: STABLE when it is proved negative, UNSTABLE when proved positive, otherwise UNDECIDED with `reason` and
    `next_step`. proofs: what proves the two sides; lower_engine, upper_engine: which engine gave which ("" = none).
    refused: engines that did not apply, or failed, with the reason. history: (seconds, lower, upper) after each proof.
    """

    family: AnyFamily
    enclosure: Enclosure
    verdict: Verdict
    proofs: tuple[Proof, ...]
    lower_engine: str
    upper_engine: str
    reason: str
    next_step: str
    seconds: float
    refused: dict[str, str] = field(default_factory=dict)
    history: tuple[tuple[float, float, float], ...] = ()


def lyapunov_exponent(
    matrices: Any,
    probabilities: Any = None,
    *,
    tolerance: float | None = None,
    budget: float | None = None,
    progress: Progress | None = None,
    engines: Sequence[str] | None = None,
) -> ExponentResult:
    """A proved enclosure of the top Lyapunov exponent of independent matrices, nats per step.

    matrices, probabilities: as for `family`; or a `Family` or an `SGDFamily` alone. tolerance: stop when the
    enclosure is no wider; None stops when the sign is decided. budget: seconds of computing in this thread (60 when
    None), kept to about half a second: what is being proved then is dropped. progress: called with a line of text when
    something was proved, and after a second also when an engine starts. engines: names to choose from (all when None).
    Raises `InputError` on bad input;
    whatever cannot be proved is UNDECIDED.
    """
    family = _as_family(matrices, probabilities)
    if tolerance is not None:
        tolerance = positive_number(tolerance, "tolerance")
    search = _Search(
        family, tolerance, positive_number(DEFAULT_BUDGET if budget is None else budget, "budget"), progress
    )
    search.run(_chosen(engines))
    return search.result()


def _proposer(family: AnyFamily, name: str) -> tuple[AnyFamily | None, Proposer]:
    target, engine = target_of(family, name)
    return target, Proposer(engine)


def _obstacle(target: AnyFamily | None, engine: Proposer) -> str | None:
    """Why the engine does not apply; None when it does."""
    if target is None:
        return "the explicit list of matrices is too long"
    try:
        with np.errstate(all="ignore"):
            return engine.applies(target)
    except _FLAWED as error:
        return f"failed: {error}"
    except Interrupted:
        return "the budget was spent before it was known whether the engine applies"


def _as_family(matrices: Any, probabilities: Any) -> AnyFamily:
    if isinstance(matrices, Family | SGDFamily):
        if probabilities is not None:
            raise InputError("a family already has its probabilities; pass it alone")
        return matrices
    return matrix_family(matrices, probabilities)


def _chosen(names: Sequence[str] | None) -> list[str]:
    if names is None:
        return list(ENGINES)
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        raise InputError(f"there is no engine {unknown[0]!r}; the engines are {', '.join(ENGINES)}")
    return list(names)


class _Search:
    """The loop: growing effort, every applicable engine once per effort, until a stopping rule holds."""

    def __init__(self, family: AnyFamily, tolerance: float | None, budget: float, progress: Progress | None) -> None:
        self.family, self.tolerance, self.progress = family, tolerance, progress
        self.begin = time.monotonic()
        self.start = computing_time()
        self.deadline = self.start + budget
        self.budget = budget
        self.total = Enclosure(-np.inf, np.inf)
        self.lower: Proof | None = None
        self.upper: Proof | None = None
        self.refused: dict[str, str] = {}
        self.sharpest = np.inf
        self.costs: dict[str, tuple[int, float]] = {}
        self.history: list[tuple[float, float, float]] = []

    def run(self, names: Sequence[str]) -> None:
        active = self._applicable(names)
        for effort in range(_LARGEST_EFFORT + 1):
            for name in self._order(list(active), effort):
                if self.finished():
                    return
                if self._can_wait(name) if effort == 0 else not active[name].grows:
                    continue
                self._try(name, self._raised(name, effort))
                if name in self.refused:
                    del active[name]

    def _raised(self, name: str, effort: int) -> int:
        """`effort`, or more where that fits into the remaining time: an effort costs about four times the one below."""
        if effort < _SETTLED or self.tolerance is None or name not in self.costs:
            return effort
        last, seconds = self.costs[name]
        remaining = self.deadline - computing_time()
        chosen = max(effort, last + 1)
        while chosen < _LARGEST_EFFORT and seconds * 4.0 ** (chosen + 1 - last) < 0.8 * remaining:
            chosen += 1
        return chosen

    def _can_wait(self, name: str) -> bool:
        """Whether a bound is sought whose engine's merit is to be finite, and both sides are: it may come later."""
        return name in _LAST_RESORTS and self.tolerance is not None and bool(np.isfinite(self.total.width))

    def _order(self, active: list[str], effort: int) -> list[str]:
        """Cheapest first; later on only the engines that hold a side, as long as they sharpen it."""
        leaders = [p.engine for p in (self.lower, self.upper) if p is not None and p.engine in active]
        leaders = [name for name in dict.fromkeys(leaders) if Proposer(engine_of(name)).grows]
        two_sided = self.tolerance is not None and len(leaders) == 1
        if not leaders or effort < (1 if two_sided else _SETTLED):
            return active
        before, self.sharpest = self.sharpest, self.total.width
        return leaders if self.total.width < 0.9 * before else active

    def _applicable(self, names: Sequence[str]) -> dict[str, Proposer]:
        active: dict[str, Proposer] = {}
        for name in self._names(names):
            target, engine = _proposer(self.family, name)
            with time_limit(self.deadline + _GRACE):
                reason = _obstacle(target, engine)
            if reason is None:
                active[name] = engine
            else:
                self.refused[name] = reason
        return active

    def _names(self, chosen: Sequence[str]) -> list[str]:
        """Cheapest first; an SGD family has its own engines and, as an explicit list, all the others."""
        if not isinstance(self.family, SGDFamily):
            return list(chosen)
        own = [name for name in SGD_ENGINES if twin_of(name) in chosen]
        listed = [f"explicit/{name}" for name in chosen if name not in SGD_ENGINES]
        return sorted(own + listed, key=lambda name: ENGINES.index(twin_of(name.removeprefix("explicit/"))))

    def _try(self, name: str, effort: int) -> None:
        self._announce(name, effort)
        remaining = self.deadline - computing_time()
        deadline = computing_time() + max(remaining * _SHARE, min(remaining, 1.0))
        try:
            target, engine = _proposer(self.family, name)
            begin = computing_time()
            with np.errstate(all="ignore"), time_limit(self.deadline + _GRACE):
                witness = engine.propose(target, effort, deadline)
                enclosure = engine.prove(target, witness)
            self.costs[name] = (effort, computing_time() - begin)
        except Interrupted:
            return
        except _FLAWED as error:
            self.refused[name] = f"failed: {error}"
            return
        self._record(Proof(name, witness, enclosure))

    def _announce(self, name: str, effort: int) -> None:
        """What is tried next, once the search has lasted a second."""
        elapsed = computing_time() - self.start
        if self.progress is not None and elapsed > _QUIET:
            self.progress(f"{elapsed:.1f} s  trying {name} with effort {effort}: exponent in {self.total} so far")

    def _record(self, proof: Proof) -> None:
        before, self.total = self.total, self.total.intersect(proof.enclosure)
        self.history.append((computing_time() - self.start, self.total.lower, self.total.upper))
        if self.total.lower > before.lower:
            self.lower = proof
        if self.total.upper < before.upper:
            self.upper = proof
        if self.progress is not None and self.total != before:
            self.progress(f"{computing_time() - self.start:.1f} s  {proof.engine}: exponent in {self.total}")

    def finished(self) -> bool:
        if self.total.lower == self.total.upper:
            return True
        if self.tolerance is None:
            return self.verdict() is not Verdict.UNDECIDED or self.out_of_time()
        return self.within(self.tolerance) or self.out_of_time()

    def within(self, tolerance: float) -> bool:
        """Whether the enclosure is narrow enough, also as a certificate will state it."""
        return self.total.width * _STATED <= tolerance

    def out_of_time(self) -> bool:
        return computing_time() >= self.deadline

    def budget_is_spent(self) -> bool:
        """Whether so little is left that the engines, which get shares of the rest, were cut short by it."""
        return self.deadline - computing_time() <= 0.1 * self.budget

    def verdict(self) -> Verdict:
        if self.total.is_below(0.0):
            return Verdict.STABLE
        return Verdict.UNSTABLE if self.total.is_above(0.0) else Verdict.UNDECIDED

    def result(self) -> ExponentResult:
        reason, advice = self._explanation()
        chosen = [p for p in (self.lower, self.upper) if p is not None]
        proofs = tuple(p for i, p in enumerate(chosen) if all(p is not q for q in chosen[:i]))
        return ExponentResult(
            family=self.family,
            enclosure=self.total,
            verdict=self.verdict(),
            proofs=proofs,
            lower_engine=self.lower.engine if self.lower else "",
            upper_engine=self.upper.engine if self.upper else "",
            reason=reason,
            next_step=advice,
            seconds=time.monotonic() - self.begin,
            refused=self.refused,
            history=tuple(self.history),
        )

    def _explanation(self) -> tuple[str, str]:
        wide = self.tolerance is not None and not self.within(self.tolerance)
        if self.verdict() is not Verdict.UNDECIDED and not wide:
            return "", ""
        if self.total.lower == self.total.upper == 0.0:
            return (
                "the exponent is exactly zero: neither stable nor unstable to first order",
                "use a higher-order argument",
            )
        why = f"the budget of {self.budget:g} s is spent" if self.budget_is_spent() else "every engine is exhausted"
        what = f"wider than the tolerance {self.tolerance:g}" if wide else "and its sign is not decided"
        reason = f"the exponent is proved to lie in {self.total}, {what}; {why}"
        return reason, self._advice()

    def _advice(self) -> str:
        if self.budget_is_spent():
            return f"raise the budget above {self.budget:g} s"
        if self.total.upper == np.inf or self.total.lower == -np.inf:
            return "narrow the balls of the input, or estimate a confidence bound by sampling"
        return "the exponent may be zero, where no enclosure decides; change the parameters or use exact arithmetic"
