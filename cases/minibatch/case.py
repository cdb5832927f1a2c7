"""SGD with batches: A_S = I - (eta/B) E_S K, from single examples to gradient descent."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from cases import features
from cases.common import sgd_views as views
from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from cases.common.sgd_views import SGDInstance
from cases.minibatch.figures import plane_plot
from cases.model import CertifiedView, Known, NumericView, case_of
from numeric.lyapunov import exponent_map


def _numeric(values: Mapping[str, Any]) -> NumericView:
    view = features.numeric_view(values)
    return replace(view, plots=(_map(features.instance_of(values)),))


def _map(instance: SGDInstance) -> Plot:
    """lambda over learning rates and batch sizes."""
    critical = 2 * instance.size / float(np.linalg.eigvalsh(instance.floats)[-1])
    rates, sizes = np.linspace(critical / 20, 1.5 * critical, 12), list(range(1, instance.size + 1))
    found = exponent_map(instance.floats, rates, sizes, key=jax.random.key(2), maximum_steps=4_000, tolerance=2e-2)
    lines = tuple(
        Series(
            "path", rates, found.exponents[:, k], f"B = {size}" + (" (gradient descent)" if size == len(sizes) else "")
        )
        for k, size in enumerate(sizes)
    )
    return Plot(
        "Exponents for every batch size (estimates)",
        "learning rate eta",
        f"Lyapunov exponent ({views.UNITS})",
        lines,
        f"One curve a batch size from 1 to {len(sizes)}, for learning rates up to {rates[-1]:.3g}.",
        {"horizontal": (0.0,), "vertical": (as_float(instance.rate),)},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    view = features.certified_view(values)
    return replace(view, plots=(*view.plots, plane_plot(features.instance_of(values))))


CASE = case_of(
    "minibatch",
    readers=features.READERS,
    symbolic=features.symbolic_view,
    numeric=_numeric,
    certified=_certified,
    known=(Known(views.SUM, "-1.132768556", "independent computation"),),
)
