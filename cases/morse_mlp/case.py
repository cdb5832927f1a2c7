"""The Morse class of scalar networks: an exact family, a random network, and a wide one."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy, exact_rational, positive_rational, whole_number
from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.morse_mlp.derivation import X, derive_cubic_activation_erratum, derive_inner_width_erratum, network_class
from cases.morse_mlp.table import derive_augmented, derive_narrow, derive_non_augmented, derive_normal_forms
from numeric.multistart_newton import CriticalPoints, critical_points

_SIDE = 3.0
_BUDGET = 60.0
_GRID = 121
# Beyond this place floats take tanh for constant; a smaller weight has its critical points out there.
_SATURATED, _SMALLEST = 18.0, 1e-3
_TONES = (1, 6, 3)  # colours that the map does not have


def random_network(inputs: int, width: int, seed: int, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inner weights (width, inputs) and biases (width,) times `scale`, outer weights (width,), all normal."""
    rng = np.random.default_rng(seed)
    weights = scale * rng.standard_normal((width, inputs)) / np.sqrt(inputs)
    return weights, scale * rng.standard_normal(width), rng.standard_normal(width) / np.sqrt(width)


def evaluate_network(parameters: tuple[np.ndarray, np.ndarray, np.ndarray], x: Any) -> Any:
    """sum_j v_j tanh(w_j x + b_j) in JAX."""
    weights, biases, outer = parameters
    return jnp.dot(outer, jnp.tanh(jnp.dot(jnp.asarray(weights), x) + biases))


def _family(values: Mapping[str, Any]) -> sympy.Expr:
    return sympy.tanh(2 * X) - as_sympy(values["weight"]) * sympy.tanh(X)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    found = network_class(as_sympy(values["weight"]), as_sympy(values["half_width"]))
    exact: dict[str, Any] = {}
    if found.number is not None:
        exact["Morse class of the family"] = sympy.Integer(found.number)
    if found.number in (1, 2):
        exact["critical points of the family"] = sympy.Integer(0 if found.number == 1 else 2)
    if found.curvature is not None:
        exact["second derivative at the positive critical point"] = found.curvature
    rows = (derive_non_augmented(), derive_augmented(), derive_narrow(), derive_normal_forms())
    return SymbolicView((found.derivation, *rows), exact)


def _numeric(values: Mapping[str, Any]) -> NumericView:
    estimates: dict[str, Estimate] = {}
    weight, half = as_float(values["weight"]), min(as_float(values["half_width"]), _SATURATED)
    if abs(weight - 2) > 1e-3 and not 0 < weight < _SMALLEST:
        family = critical_points(
            lambda x: (jnp.tanh(2 * x) - weight * jnp.tanh(x))[0], np.array([[-half, half]]), starts=400, steps=80
        )
        estimates["critical points of the family"] = Estimate(float(len(family.points)), 0.0)
    small = _landscape(values, values["width"], 1000, 1.0)
    estimates["critical points of the random network"] = Estimate(float(len(small[1].points)), 0.0)
    wide = _landscape(values, values["wide"], values["starts"], as_float(values["scale"]))
    counts = np.bincount(wide[1].index, minlength=values["inputs"] + 1).tolist()
    text = ", ".join(f"{number} of index {k}" for k, number in enumerate(counts))
    remark = (
        f"Newton's method from {values['starts']} starts finds {len(wide[1].points)} critical points of the random "
        f"network of width {values['wide']}: {text}. This is an estimate: others may have been missed."
    )
    plots = [_curves(values)]
    if values["inputs"] == 2:
        plots.append(_map(values["wide"], *wide))
    return NumericView(estimates, tuple(plots), (remark,))


def _landscape(values: Mapping[str, Any], width: int, starts: int, scale: float) -> tuple[Any, CriticalPoints]:
    """A random network, and the critical points that are found."""
    parameters = random_network(values["inputs"], width, values["seed"], scale)
    box = np.array([[-_SIDE, _SIDE]] * values["inputs"])
    return parameters, critical_points(lambda x: evaluate_network(parameters, x), box, starts=starts)


def _curves(values: Mapping[str, Any]) -> Plot:
    half, weight = as_float(values["half_width"]), as_float(values["weight"])
    x = np.linspace(-half, half, 801)
    shown = dict.fromkeys((weight, 0.0, 2.0, 3.0))
    series = [
        Series("line", x, np.tanh(2 * x) - w * np.tanh(x), f"w = {w:g}", emphasis=w == weight, tone=k)
        for k, w in enumerate(shown)
    ]
    return Plot(
        "The network tanh 2x - w tanh x on both sides of w = 0 and w = 2",
        "x",
        "network",
        tuple(series),
        "Curves of the network: monotone for w <= 0 and w > 2, with two critical points for 0 < w < 2, and flat to "
        "third order at the origin for w = 2.",
    )


def _map(width: int, parameters: Any, found: CriticalPoints) -> Plot:
    grid = np.linspace(-_SIDE, _SIDE, _GRID)
    points = np.stack(np.meshgrid(grid, grid), axis=-1)
    weights, biases, outer = parameters
    heights = np.tanh(points @ weights.T + biases) @ outer
    names = ("minima", "saddles", "maxima")
    series = [Series("image", grid, grid, "network", upper=heights)]
    for index, name in enumerate(names):
        chosen = found.points[found.index == index]
        if len(chosen):
            series.append(Series("points", chosen[:, 0], chosen[:, 1], name, tone=_TONES[index]))
    counts = ", ".join(f"{int((found.index == k).sum())} {name}" for k, name in enumerate(names))
    return Plot(
        f"A random tanh network of width {width} and its critical points",
        "x1",
        "x2",
        tuple(series),
        f"A map of the network's values over the square, with the critical points that were found: {counts}.",
        {
            "equal": True,
            "size": (6.2, 5.8),
            "legend": "outside",
            "x_limits": (-_SIDE, _SIDE),
            "y_limits": (-_SIDE, _SIDE),
        },
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    half = as_float(values["half_width"])
    family = Task(
        "the family on the interval",
        "morse",
        {"network": _family(values), "box": [(-half, half)], "budget": _BUDGET},
        {
            "Morse class of the family": "morse_class",
            "critical points of the family": "critical_points",
            "second derivative at the positive critical point": "hessian_eigenvalue_2_1",
        },
    )
    parameters = random_network(values["inputs"], values["width"], values["seed"])
    network = Task(
        f"a random {values['inputs']}-{values['width']}-1 network on the cube of side 6",
        "morse",
        {
            "network": lambda x: evaluate_network(parameters, x),
            "box": [(-_SIDE, _SIDE)] * values["inputs"],
            "budget": _BUDGET,
        },
        {
            "Morse class of the random network": "morse_class",
            "critical points of the random network": "critical_points",
        },
    )
    return CertifiedView((family, network))


CASE = case_of(
    "morse-mlp",
    readers={
        "weight": exact_rational,
        "half_width": positive_rational,
        "inputs": whole_number(1, 4),
        "width": whole_number(1, 64),
        "wide": whole_number(1, 20_000),
        "scale": positive_rational,
        "starts": whole_number(1, 100_000),
        "seed": whole_number(0, 10**9),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known("Morse class of the family", "2", "exact: C2 for 0 < w < 2"),
        Known("critical points of the family", "2", "exact"),
    ),
    errata=(
        Erratum(
            "Every non-augmented network with weight matrices of full rank is of class C1; the widths that count are "
            "those of the layers h_0, ..., h_L.",
            "The inner widths of the update rule (3) must count as layers too: tanh(x + 1) - tanh(x - 1) is "
            "non-augmented by the definition, and of class C2. With the inner width 2 > d_0 = 1 it is augmented.",
            lambda values: derive_inner_width_erratum(),
        ),
        Erratum(
            "The activations of Definition 2.1 are strictly monotone, and every non-augmented network is of class C1.",
            "Strictly monotone activations may have critical points, as z^3 does: the network x^3 is of class C3. The "
            "derivative must have no zero: sigma' > 0 or sigma' < 0 everywhere.",
            lambda values: derive_cubic_activation_erratum(),
        ),
    ),
)
