"""SGD with batches: A_S = I - (eta/B) E_S K, from single examples to gradient descent."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from cases import features
from cases.case import Case, CertifiedView, Known, NumericView
from cases.common import sgd_views as views
from cases.common.parameters import Parameter, as_float
from cases.common.plot import Plot, Series
from cases.common.sgd_views import SGDInstance
from cases.minibatch.figures import plane_plot
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


_DEFAULTS = {"inputs": "-1,1,2", "powers": "1,2,0", "learning_rate": "1/9", "batch_size": 2}

CASE = Case(
    name="minibatch",
    title="SGD between single examples and full batches",
    group="A",
    source="Chemnitz, Engel, Characterizing dynamical stability of SGD in overparameterized learning, section 2.7",
    summary=(
        "With batches S of B examples drawn without replacement the linearised update is A_S = I - (eta/B) E_S K. B "
        "= 1 is plain SGD, B = N gradient descent. The published theorem covers B = 1; for larger batches the sign "
        "of the exponent is proved and the conclusion is conditional."
    ),
    parameters=tuple(
        Parameter(p.name, _DEFAULTS.get(p.name, p.default), p.meaning, p.read) for p in features.PARAMETERS
    ),
    symbolic=features.symbolic_view,
    numeric=_numeric,
    certified=_certified,
    known=(Known(views.SUM, "-1.132768556", "independent computation"),),
)
