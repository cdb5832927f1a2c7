"""Certificates for assertions and fixtures: repeated from the cache where it has them, proved otherwise."""

from collections.abc import Callable, Mapping
from typing import Any

from certify.certificate import Certificate
from certify.lyapunov.families.family import Family, family_as_data, matrix_family
from certify.verdict import Verdict
from stabproof.testing.session import active

# A certificate states its enclosures a little wider than they were proved.
_STATED_WIDTH = 1.25


def certified_minimum(
    problem: Any,
    optimizer: Any,
    *,
    state: Any = None,
    tolerance: float | None = None,
    budget: float | None = None,
) -> Certificate:
    """`stabproof.certify_minimum` with the running test's cache and budget; an undecided certificate is not kept."""
    from numeric import Regression
    from stabproof.minimum import certify_minimum
    from stabproof.minimum_statement import Optimizer, statement_of

    def prove() -> Certificate:
        return certify_minimum(problem, optimizer, state=state, tolerance=tolerance, budget=_budget(budget))

    if active().cache is None or not isinstance(problem, Regression) or not isinstance(optimizer, Optimizer):
        return prove()
    return _cached("minimum", statement_of(problem, optimizer), prove, lambda found: _is_sharp(found, tolerance))


def certified_basin(problem: Any, optimizer: Any, budget: float | None = None) -> Certificate:
    """`stabproof.certify_minimum` with `basin=True`; not kept, because a kept certificate may lack the basin."""
    from stabproof.minimum import certify_minimum

    return certify_minimum(problem, optimizer, budget=_budget(budget), basin=True)


def certified_exponent(
    matrices: Any,
    probabilities: Any = None,
    *,
    tolerance: float | None = None,
    budget: float | None = None,
    sufficient: Callable[[Certificate], bool] | None = None,
) -> Certificate:
    """`stabproof.lyapunov_exponent` with the running test's cache and budget.

    sufficient: whether a certificate answers the question; by default, when its sign is decided and it is no wider
    than `tolerance`. Only such certificates are kept, and taken from the cache.
    """
    family = matrices if isinstance(matrices, Family) else matrix_family(matrices, probabilities)

    def prove() -> Certificate:
        from stabproof.exponent import lyapunov_exponent

        return lyapunov_exponent(family, tolerance=tolerance, budget=_budget(budget))

    return _cached(
        "lyapunov-exponent",
        family_as_data(family),
        prove,
        sufficient or (lambda found: _is_sharp(found, tolerance)),
    )


def _cached(
    kind: str,
    statement: Mapping[str, Any],
    prove: Callable[[], Certificate],
    sufficient: Callable[[Certificate], bool],
) -> Certificate:
    cache = active().cache
    if cache is None:
        return prove()
    found = None if cache.renews else cache.find(kind, statement)
    if found is not None and sufficient(found):
        active().tally["repeated"] += 1
        return found
    certificate = prove()
    if sufficient(certificate) and not cache.store(certificate):
        active().tally["missing"] += 1
    return certificate


def _is_sharp(certificate: Certificate, tolerance: float | None) -> bool:
    """Decided, and as sharp as was asked for (where there is an exponent)."""
    exponent = certificate.lyapunov_exponent
    narrow = tolerance is None or exponent is None or exponent.width <= _STATED_WIDTH * tolerance
    return certificate.verdict is not Verdict.UNDECIDED and narrow


def _budget(given: float | None) -> float | None:
    return active().seconds(given)
