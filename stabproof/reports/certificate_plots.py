"""Pictures of a certificate: spectra and thresholds with what is proved about them."""

import numpy as np

from cases.common.plot import Plot, Series
from cases.common.told import Range, Told
from certify import Enclosure
from certify.certificate import Certificate


def certificate_plots(certificate: Certificate) -> tuple[Plot, ...]:
    """The figures that the certificate's numbers and attachments allow."""
    plots = [curvature_figure(certificate), multipliers_figure(certificate)]
    return tuple(plot for plot in plots if plot is not None)


def curvature_figure(certificate: Certificate) -> Plot | None:
    """Hessian eigenvalues on the normal space (estimates), with the proved ends and the critical curvature."""
    eigenvalues = certificate.attachments.get("hessian_eigenvalues")
    sharpness, smallest = certificate.sharpness, certificate.number("smallest_curvature")
    if eigenvalues is None or sharpness is None or smallest is None or len(eigenvalues) < 3:
        return None
    ordered = np.sort(eigenvalues)[::-1]
    index = np.arange(1, len(ordered) + 1)
    ends = Series(
        "points",
        index[[0, -1]],
        np.array([sharpness.midpoint, smallest.midpoint]),
        "proved",
        emphasis=True,
        proved=True,
    )
    critical = _critical_curvature(certificate)
    line = f"; the critical curvature {critical:.3g} is drawn as a line" if np.isfinite(critical) else ""
    return Plot(
        "Curvature on the normal space",
        "index of the eigenvalue",
        "eigenvalue of the loss's Hessian",
        (Series("path" if len(index) < 30 else "line", index, ordered, "float64 estimate"), ends),
        f"Eigenvalues of the Hessian on the normal space in decreasing order, from {ordered[0]:.3g} to "
        f"{ordered[-1]:.3g}; the two ends are proved{line}.",
        {"log_y": True, "horizontal": (critical,) if np.isfinite(critical) else ()},
    )


def _critical_curvature(certificate: Certificate) -> float:
    """h_c with "stable iff every eigenvalue is below h_c": sharpness * eta_c / eta."""
    critical, sharpness = certificate.critical_learning_rate, certificate.sharpness
    settings = certificate.problem.get("optimizer", {})
    rate = settings.get("learning_rate")
    if critical is None or sharpness is None or rate is None:
        return float("nan")
    return sharpness.midpoint * critical.midpoint / float(rate)


def multipliers_figure(certificate: Certificate) -> Plot | None:
    """Eigenvalues of the gradient-descent update on the normal space, against the unit circle."""
    settings = certificate.problem.get("optimizer") or {}
    sharpness, smallest = certificate.sharpness, certificate.number("smallest_curvature")
    if settings.get("name") != "gradient-descent" or sharpness is None or smallest is None:
        return None
    rate = float(settings["learning_rate"])
    ends = [_multiplier(rate, end) for end in (smallest, sharpness)]
    angle = np.linspace(0, 2 * np.pi, 361)
    inner = certificate.attachments.get("hessian_eigenvalues")
    series = [Series("dashed", np.cos(angle), np.sin(angle), "unit circle")]
    if inner is not None:
        values = 1 - rate * np.asarray(inner)
        series.append(Series("points", values, np.zeros_like(values), "multipliers (float64 estimate)"))
    centre, radius = np.array([c for c, _ in ends]), np.array([r for _, r in ends])
    series.append(Series("points", centre, np.zeros(2), "extreme multipliers (proved)", emphasis=True, proved=True))
    series.append(Series("disc", centre, np.zeros(2), "", upper=radius, emphasis=True, proved=True))
    places = Range.of(centre, scale=1.0)
    return Plot(
        "Multipliers of the update on the normal space",
        "real part",
        "imaginary part",
        tuple(series),
        Told.of("The multipliers 1 - eta h lie on the real axis {}; the unit circle is drawn for comparison.", places),
        {"equal": True, "legend": "outside"},
    )


def _multiplier(rate: float, curvature: Enclosure) -> tuple[float, float]:
    return 1 - rate * curvature.midpoint, rate * curvature.width / 2
