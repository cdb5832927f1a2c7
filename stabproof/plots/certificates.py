"""The figures of a certificate, by its kind."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cases.common.plot import Plot
from certify.certificate import Certificate
from certify.program import Program
from certify.statements import Sentence
from stabproof.plots.exponents import exponent_figure, history_figure
from stabproof.plots.portraits import portrait
from stabproof.plots.rates import plane_figure, ranges_figure
from stabproof.plots.spectra import Boundary, discs_figure, moduli_figure
from stabproof.reports.certificate_plots import curvature_figure, multipliers_figure

Figures = dict[str, Plot]


def certificate_figures(certificate: Certificate) -> Figures:
    """The figures that the certificate's numbers and attachments allow, by name."""
    return _kept(_FIGURES.get(certificate.kind, _spectrum_alone)(certificate))


def equilibria_figures(found: Any) -> Figures:
    """Of a list of equilibria."""
    return certificate_figures(found.certificate)


def _kept(figures: Mapping[str, Plot | None]) -> Figures:
    return {name: figure for name, figure in figures.items() if figure is not None}


def _minimum(certificate: Certificate) -> Mapping[str, Plot | None]:
    exponent = certificate.lyapunov_exponent
    first = None if exponent is None else exponent_figure(exponent, certificate.title)
    return {
        **_spectrum(certificate),
        "exponent": first,
        "learning rates": plane_figure(certificate),
        "curvature": curvature_figure(certificate),
    }


def _spectrum(certificate: Certificate) -> Mapping[str, Plot | None]:
    drawn = multipliers_figure(certificate)
    if drawn is None and certificate.spectral_radius is not None:
        drawn = moduli_figure(certificate.spectral_radius, "spectral radius of the update")
    return {"spectrum": drawn}


def _equilibrium(certificate: Certificate) -> Mapping[str, Plot | None]:
    boundary: Boundary = "circle" if certificate.problem.get("kind") == "map" else "axis"
    found = certificate.eigenvalues
    field, point = certificate.problem.get("field"), certificate.point
    drawn = None
    if isinstance(field, Program) and point is not None and len(point) == 2 and boundary == "axis":
        reach = np.maximum(1.0, np.abs(point))
        drawn = portrait(field, point - reach, point + reach, point[None], (certificate.verdict.value,))
    return {"spectrum": None if found is None else discs_figure(found, boundary), "portrait": drawn}


def _all_equilibria(certificate: Certificate) -> Mapping[str, Plot | None]:
    problem, kinds = certificate.problem, _stability_of_each(certificate)
    points = np.asarray(certificate.witness["points"])
    return {"portrait": portrait(problem["field"], problem["lower"], problem["upper"], points, kinds,
                                 problem["kind"] == "map")}  # fmt: skip


def _stability_of_each(certificate: Certificate) -> tuple[str, ...]:
    statements = (claim.statement for claim in certificate.claims)
    found = (s.parameters.get("verdict") for s in statements if isinstance(s, Sentence) and "point" in s.parameters)
    return tuple(str(verdict) for verdict in found)


def _exponent(certificate: Certificate) -> Mapping[str, Plot | None]:
    return {
        "bounds": history_figure(certificate),
        "exponent": exponent_figure(certificate.enclosure, certificate.title),
    }


def _rates(certificate: Certificate) -> Mapping[str, Plot | None]:
    return {"learning rates": ranges_figure(certificate)}


def _spectrum_alone(certificate: Certificate) -> Mapping[str, Plot | None]:
    radius = certificate.spectral_radius
    return {"spectrum": None if radius is None else moduli_figure(radius, "spectral radius")}


def _morse(certificate: Certificate) -> Mapping[str, Plot | None]:
    from stabproof.plots.functions import function_figure

    return {"function": function_figure(certificate)}


def _branch(certificate: Certificate) -> Mapping[str, Plot | None]:
    from stabproof.plots.branches import branch_figures

    return branch_figures(certificate)


_FIGURES: dict[str, Callable[[Certificate], Mapping[str, Plot | None]]] = {
    "minimum": _minimum,
    "strict-minimum": _minimum,
    "symmetric-minimum": _minimum,
    "equilibrium": _equilibrium,
    "all-equilibria": _all_equilibria,
    "lyapunov-exponent": _exponent,
    "learning-rates": _rates,
    "morse-class": _morse,
    "branch": _branch,
}
