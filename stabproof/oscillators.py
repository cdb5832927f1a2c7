"""certify_equilibrium for networks of phase oscillators: search a locked state, propose its neighbourhood, prove."""

from typing import Any

from certify.certificate import Certificate
from certify.oscillators import Kuramoto
from search.oscillators import arrays_of, issue_locked_state, issue_unlocked, neighbourhood, searched_state
from stabproof.fields import start_point
from stabproof.progress import Progress


def certify_locked_state(model: Kuramoto, x: Any, report: Progress) -> Certificate:
    """The certificate of the locked state near x; without x, of one that continuation from equal phases finds."""
    network = model.network
    arrays = arrays_of(network)
    report("searching a locked state", 0.1)
    start, found = searched_state(network, arrays, None if x is None else start_point(x))
    if not found.converged:
        return issue_unlocked(network, arrays, start, found, x is None, report)
    report("proving", 0.5)
    certificate = issue_locked_state(network, {"point": found.phases, **neighbourhood(network, arrays, found.phases)})
    report("proved", 1.0)
    return certificate
