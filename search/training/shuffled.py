"""Witnesses for the exponent of shuffled epochs: the engines on the listed epoch maps, the second moment's metric."""

from collections.abc import Callable
from typing import Any

from certify.enclosure import Enclosure
from certify.training.sampling import shuffled_moment, shuffled_words
from certify.training.sampling.epochs import Epochs
from certify.training.sampling.shuffled import immediate
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.witness import witness_of
from search.training import shuffled_moment as shuffled_moment_search

Report = Callable[[str], None]


def propose(epochs: Epochs, tolerance: float | None, budget: float | None, report: Report) -> dict[str, Any]:
    """Witnesses for the exponent of an epoch: the engines on the listed epoch maps, the metric of the second moment."""
    found: dict[str, Any] = {}
    quick = immediate(epochs)
    if shuffled_moment.applies(epochs) is None:
        report("second moment over the sets of used examples")
        found["moment"] = shuffled_moment_search.propose(epochs)
    if shuffled_words.applies(epochs) is None and (tolerance is not None or epochs.examples <= 3 or not _signed(quick)):
        wanted = None if tolerance is None else tolerance * epochs.steps
        family = shuffled_words.epoch_family(epochs)
        found |= witness_of(lyapunov_exponent(family, tolerance=wanted, budget=budget, progress=report))
    return found


def _signed(total: Enclosure) -> bool:
    return total.is_below(0.0) or total.is_above(0.0)
