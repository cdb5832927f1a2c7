"""sp.plot: a result in, matplotlib axes out."""

from typing import TYPE_CHECKING, Any

from cases.common.plot import Plot
from certify.certificate import Certificate
from certify.linear_algebra.discs import Eigenvalues
from certify.linear_algebra.singular_values import SingularValues
from certify.linear_algebra.symmetric_eigenvalues import SymmetricEigenvalues
from foundation import InputError, load
from foundation.errors import type_of
from stabproof.plots.certificates import certificate_figures
from stabproof.plots.spectra import discs_figure, intervals_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Results whose modules need JAX are found by name: who has none of them has not loaded it.
_BY_NAME = {
    "AllEquilibria": ("stabproof.plots.certificates", "equilibria_figures"),
    "MorseClass": ("stabproof.plots.functions", "morse_figures"),
    "TimeMap": ("stabproof.plots.flows", "time_map_figures"),
    "CrossCheck": ("stabproof.plots.runs", "crosscheck_figures"),
    "Training": ("stabproof.plots.runs", "training_figures"),
    "TrainingOrbit": ("stabproof.plots.runs", "training_orbit_figures"),
    "Orbit": ("stabproof.plots.runs", "orbit_figures"),
    "Track": ("stabproof.plots.runs", "track_figures"),
}


def plot(result: Any, axes: "Axes | None" = None, *, what: str | None = None) -> "Axes":
    """Draw `result` into matplotlib axes, new ones without any, and return them.

    result: a certificate, an enumeration of equilibria, a Morse class, a time map, eigenvalues, singular values, a
    cross-check, or a run of `stabproof.numeric` (`train`, `training_orbit`, `orbit`, `track`). what: which of its
    figures, by its name; the first by default (`stabproof.plots.figures(result)` has them all by name).

    What is proved is drawn with solid borders, diamonds, or bars with caps; the rest are estimates. Raises `InputError`
    for results without a picture, and for an unknown name.
    """
    found = figures(result)
    if not found:
        raise InputError(f"there is no picture of this {type(result).__name__}: {_why(result)}")
    chosen = next(iter(found)) if what is None else what
    if chosen not in found:
        raise InputError(f"there is no figure {chosen!r}; choose one of {', '.join(map(repr, found))}")
    from stabproof.reports.figure import draw, new_axes

    return draw(found[chosen], new_axes(found[chosen]) if axes is None else axes)


def figures(result: Any) -> dict[str, Plot]:
    """The figures of a result by name, as data; the first is the one that `plot` draws by itself."""
    if isinstance(result, Plot):
        return {"figure": result}
    if isinstance(result, Certificate):
        return certificate_figures(result)
    if isinstance(result, Eigenvalues):
        return {"spectrum": discs_figure(result, "")}
    if isinstance(result, SymmetricEigenvalues | SingularValues):
        return {"values": intervals_figure(result)}
    module, name = _BY_NAME.get(type(result).__name__, ("", ""))
    if not module or not _is_ours(result):
        raise InputError(
            f"cannot plot {type_of(result)}; pass a certificate, another result of stabproof, or a run of "
            "stabproof.numeric"
        )
    return dict(getattr(load(module), name)(result))


def _is_ours(result: Any) -> bool:
    return type(result).__module__.partition(".")[0] in ("stabproof", "numeric")


def _why(result: Any) -> str:
    reason = getattr(result, "reason", "")
    return str(reason) if reason else "it encloses nothing that could be drawn"
