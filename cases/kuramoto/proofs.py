"""The proved view of Kuramoto's oscillators."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.kuramoto.critical_coupling import coupling_enclosure, fold_enclosure
from cases.kuramoto.system import (
    ABSCISSA,
    CRITICAL,
    EXISTS,
    FOURIER,
    MODES,
    ORDER,
    SEARCHED,
    TWISTED,
    VELOCITY,
    VERDICT,
    is_symmetric_triangle,
    oscillators_of,
)
from cases.model import CertifiedView, Task
from certify.certificate import Certificate
from certify.kuramoto.twisted import twisted_spectrum
from certify.verdict import Verdict


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    oscillators = oscillators_of(values)
    quantities = {
        VERDICT: "verdict",
        ABSCISSA: "spectral_abscissa",
        ORDER: "order_parameter",
        VELOCITY: "velocity_1",
    }
    task = Task(
        "locked state", "equilibrium", {"field": oscillators.model(), "x": oscillators.start}, quantities, _exists
    )
    proved: dict[str, Any] = {VELOCITY: oscillators.model().network.velocity.enclosure()}
    if values["graph"] == "ring" and oscillators.are_equal and oscillators.nodes * values["neighbours"] <= MODES:
        strengths = dict.fromkeys(range(1, values["neighbours"] + 1), oscillators.scale)
        spectrum = twisted_spectrum(oscillators.nodes, oscillators.twist, strengths)
        top = int(np.argmax(spectrum.mid))
        largest = spectrum[top].enclosure()
        proved[FOURIER] = largest = type(largest)(largest.lower, float(spectrum.upper.max()))
        sign = Verdict.UNSTABLE if largest.is_above(0) else Verdict.STABLE if largest.is_below(0) else Verdict.UNDECIDED
        proved[TWISTED] = sign
    elif is_symmetric_triangle(oscillators):
        proved[CRITICAL] = fold_enclosure(max(oscillators.excess) * oscillators.coupling / (3 * oscillators.scale))
    elif oscillators.nodes <= SEARCHED and not oscillators.are_equal:
        proved[CRITICAL] = coupling_enclosure(oscillators.model, oscillators.coupling)
    if CRITICAL in proved and proved[CRITICAL].is_above(oscillators.coupling):
        proved[EXISTS] = Verdict.REFUTED
    return CertifiedView((task,), proved)


def _exists(certificate: Certificate) -> dict[str, Verdict]:
    """STABLE and UNSTABLE speak of a locked state that is proved; REFUTED is a cut that no locked state crosses."""
    return {EXISTS: Verdict.REFUTED if certificate.verdict is Verdict.REFUTED else Verdict.PROVED}
