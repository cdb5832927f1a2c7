"""certify_equilibrium for large Hopfield networks: an attracting state, a norm, the proof."""

from typing import Any

import numpy as np

from certify.certificate import Certificate, issue
from certify.neurons import Hopfield
from certify.verdict import Verdict
from foundation import InputError
from search.hopfield import integrate_to_rest, proposed_norms
from stabproof.fields import start_point
from stabproof.progress import Progress


def certify_hopfield(model: Hopfield, x: Any, report: Progress) -> Certificate:
    """The certificate of the attracting equilibrium that the flow reaches from x (from 0 without x)."""
    network = model.network
    start = np.zeros(len(model)) if x is None else start_point(x)
    if len(start) != len(model):
        raise InputError(f"x must hold a number for each of the {len(model)} neurons, but holds {len(start)}")
    report("following the flow", 0.1)
    point = integrate_to_rest(network, start)
    certificate = None
    for witness in proposed_norms(network, point):
        report("proving", 0.6)
        certificate = issue("hopfield", network.as_tree(), witness)
        if certificate.verdict is not Verdict.UNDECIDED:
            break
    assert certificate is not None
    report("proved", 1.0)
    return certificate
