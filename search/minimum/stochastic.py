"""The search for what proves SGD stable or unstable at a minimum."""

from collections.abc import Callable, Mapping
from typing import Any

from certify.lyapunov.families.family import Family
from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.norms import second_moment
from certify.lyapunov.sgd import momentum_moment
from certify.minimum import MinimumStatement, epochs_of, exact_minimum, is_stochastic, linearised_family
from certify.minimum.existence import ExactMinimum
from certify.minimum.linearised import plain_family
from certify.minimum.settings import setting
from certify.training.sampling import BOTH, FIXED, IID, SHUFFLED, sampling_of
from certify.training.sampling.scheme import order_of
from certify.verdict import Verdict
from foundation import positive_number
from foundation.computing_time import computing_time
from search.lyapunov.driver import DEFAULT_BUDGET, ExponentResult, lyapunov_exponent
from search.lyapunov.norms import second_moment as second_moment_search
from search.lyapunov.sgd import momentum_moment as momentum_moment_search
from search.lyapunov.witness import witness_of
from search.training import fixed_order as fixed_order_search
from search.training import shuffled as shuffled_search

# What the mean-square growth may take of a budget that the exponent has spent.
_LEAST_SHARE = 0.1
_SHARP = 1e-10
_SHARP_DIMENSION = 3
_SHARP_SECONDS = 5.0


def _search(
    family: SGDFamily | Family, tolerance: float | None, budget: float | None, report: Callable[[str], None]
) -> ExponentResult:
    """The driver's search; where the caller names no tolerance, small families are enclosed sharply first."""
    if tolerance is None and family.dimension <= _SHARP_DIMENSION:
        seconds = _SHARP_SECONDS if budget is None else min(budget, _SHARP_SECONDS)
        found = lyapunov_exponent(family, tolerance=_SHARP, budget=seconds, progress=report)
        if found.verdict is not Verdict.UNDECIDED:
            return found
    return lyapunov_exponent(family, tolerance=tolerance, budget=budget, progress=report)


def propose_exponent(
    problem: Mapping[str, Any],
    witness: Mapping[str, Any],
    tolerance: float | None,
    budget: float | None,
    report: Callable[[str, float], None],
) -> dict[str, Any]:
    """Witnesses for the exponent and for the mean-square growth of the linearised updates, to be proved again.

    Empty when the minimum is not proved to exist, or the batches hold all examples.
    """
    report("enclosing the tangent kernel at the exact minimum", 0.35)
    if budget is not None:
        budget = positive_number(budget, "budget")
    statement, minimum = exact_minimum(problem, witness)
    if minimum is None or not is_stochastic(statement):
        return {}
    scheme = sampling_of(statement.optimizer)
    proposal: dict[str, Any] = {}
    if scheme in (SHUFFLED, BOTH):
        found = shuffled_search.propose(
            epochs_of(statement, minimum), tolerance, budget, lambda text: report(text, 0.4)
        )
        proposal["shuffled"] = found
    if scheme == FIXED:
        order = order_of(statement.optimizer, statement.examples)
        proposal["fixed"] = fixed_order_search.propose(epochs_of(statement, minimum), order)
    if scheme in (IID, BOTH):
        proposal |= _independent(statement, minimum, tolerance, budget, report)
    return proposal


def _independent(
    statement: MinimumStatement,
    minimum: ExactMinimum,
    tolerance: float | None,
    budget: float | None,
    report: Callable[[str, float], None],
) -> dict[str, Any]:
    """Witnesses for independent batches; the mean-square growth gets what the exponent has left of the budget."""
    begin, limit = computing_time(), DEFAULT_BUDGET if budget is None else budget
    family = linearised_family(statement, minimum)
    if family is None:
        plain = plain_family(statement, minimum)
        if momentum_moment.applies(plain) is not None:
            return {}
        report("bounding the mean-square growth", 0.48)
        memory = setting(statement.optimizer, "momentum")
        return {"momentum_moment": momentum_moment_search.propose(plain, memory)}
    found = _search(family, tolerance, budget, lambda text: report(text, 0.45))
    listed = family.explicit() if isinstance(family, SGDFamily) else family
    proposal = witness_of(found)
    if listed is not None and second_moment.admits(listed) is None:
        left = max(limit - (computing_time() - begin), _LEAST_SHARE * limit)
        if second_moment_search.is_affordable(listed, left):
            report("bounding the mean-square growth", 0.48)
            proposal["second_moment"] = second_moment_search.propose(listed, 2, float("inf"), left)
    return proposal
