"""lyapunov_exponent: the engines' search, and the certificate of what they proved."""

from collections.abc import Callable
from typing import Any

from certify.certificate import Certificate, issue
from certify.lyapunov.driver import lyapunov_exponent as search
from certify.lyapunov.family import Family, family, family_as_data
from certify.lyapunov.statement import witness_of

Progress = Callable[[str, float], None]


def lyapunov_exponent(
    matrices: Any,
    probabilities: Any = None,
    *,
    tolerance: float | None = None,
    budget: float | None = None,
    progress: Progress | None = None,
) -> Certificate:
    """A certificate that encloses the top Lyapunov exponent of independent random matrices, in nats per step.

    matrices (k, d, d): exact floats, exact rationals, or balls; probabilities (k,): uniform by default. The search
    stops at a decided sign, or at a width of at most `tolerance` when one is given, or after `budget` seconds (60).
    `.enclosure` is proved, `.verdict` is the proved sign (STABLE: negative), and UNDECIDED carries the reason
    and what to try. Raises `InputError` on bad matrices, probabilities, tolerance or budget.
    """
    members = matrices if isinstance(matrices, Family) else family(matrices, probabilities)
    report = None if progress is None else (lambda text: progress(text, 0.5))
    found = search(members, tolerance=tolerance, budget=budget, progress=report)
    title = f"Lyapunov exponent of {members.count} random {members.dimension} x {members.dimension} matrices"
    certificate = issue("lyapunov-exponent", title, family_as_data(members), witness_of(found))
    return certificate.with_attachments(
        lower_engine=found.lower_engine,
        upper_engine=found.upper_engine,
        reason=found.reason,
        next_step=found.next_step,
        refused=found.refused,
        seconds=found.seconds,
    )
