"""Exponential units on the sphere that learn a 3-spin function: losses at growing n, the printed sign, equilibria."""

import functools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from cases.common import three_spin_derivation as three_spin
from cases.common.enclosures import rational_enclosure
from cases.common.parameters import as_float, whole_number
from cases.common.plot import Plot, Series
from cases.common.radial_loss_bound import enclosed_radial_loss, exact_half_mean_square
from cases.common.readers import bounded_rational, run_folder
from cases.common.sizes import whole_numbers
from cases.common.spin_figures import averages, by_size, over_time, slice_images
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.rbf_three_spin.equilibria import radial_equilibrium, radial_field
from cases.rbf_three_spin.estimates import RadialRun, RadialSettings, radial_flow
from numeric.particles import permutation_sum, sphere_points, sphere_rule, three_spin_coefficients, to_standard_error

Equilibrium: TypeAlias = tuple[np.ndarray, np.ndarray] | None

_CF = "C_f of the first target"


def _settings(values: Mapping[str, Any], n: int, target: int, sign: int = 1) -> RadialSettings:
    steps = values["steps"] if values["temperature"] else 0
    return RadialSettings(
        dimension=values["dimension"],
        particles=n,
        rate=as_float(values["rate"]),
        time_step=as_float(values["time_step"]),
        coefficients=values["seed"] + target,
        start=values["seed"] + target + 1,
        sign=sign,
        temperature=as_float(values["temperature"]),
        noisy_steps=steps,
    )


def _run(values: Mapping[str, Any], n: int, target: int) -> RadialRun:
    """The noisy half of the run, where there is a temperature, comes first and is as long as the other one."""
    steps = values["steps"] * (2 if values["temperature"] else 1)
    return _remembered(_settings(values, n, target), steps, values["checkpoints"])


@functools.lru_cache(maxsize=256)
def _remembered(settings: RadialSettings, steps: int, folder: str | None) -> RadialRun:
    """One run serves the numeric and the certified view."""
    if folder is None:
        return radial_flow(settings, steps)
    name = f"radial-n{settings.particles}-target{settings.coefficients}"
    return radial_flow(
        settings, steps, checkpoint=Path(folder) / f"{name}.npz", progress=to_standard_error(f"rbf-3spin {name}")
    )


def _loss_name(n: int) -> str:
    return f"mean loss at n = {n}"


def _first_name(n: int) -> str:
    return f"loss at n = {n}, first target"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    coefficients = three_spin_coefficients(values["dimension"], values["seed"])
    exact = {_CF: three_spin.exact_half_mean_square(coefficients)}
    return SymbolicView((three_spin.derive_three_spin(), three_spin.derive_single_particle()), exact)


def _numeric(values: Mapping[str, Any]) -> NumericView:
    targets = range(values["targets"])
    runs = {n: [_run(values, n, k) for k in targets] for n in values["particles"]}
    losses = {n: np.array([run.losses[-1] for run in found]) for n, found in runs.items()}
    estimates = {_CF: _quadrature(values)}
    for n, found in losses.items():
        if not np.isfinite(found).all():
            continue
        # what another target may give: the scatter between targets, at least 30 %
        scatter = float(np.std(found, ddof=1)) if len(found) > 1 else 0.0
        estimates[_loss_name(n)] = Estimate(float(found.mean()), max(scatter, 0.3 * float(found.mean())))
        estimates[_first_name(n)] = Estimate(
            float(found[0]), 1e-11 * (1 + float(np.abs(runs[n][0].charges).max()) ** 2)
        )
    for n in values["small"]:
        found_one = _equilibrium(values, n, True)
        if found_one is not None:
            estimates[f"largest real part at an equilibrium, n = {n}"] = Estimate(float(found_one[1][0]), 1e-9)
    remarks = (_monte_carlo(values, runs), *averages(losses, "loss"))
    return NumericView(estimates, _plots(values, runs, losses), tuple(text for text in remarks if text))


def _quadrature(values: Mapping[str, Any]) -> Estimate:
    """C_f by a rule that is exact for degree six, or by samples in higher dimension."""
    d = values["dimension"]
    total = permutation_sum(three_spin_coefficients(d, values["seed"]))
    if d <= 6:
        x, weights = sphere_rule(d, 4)
        return Estimate(float(weights @ _target(total, x) ** 2) / 2, 1e-11)
    sampled = _target(total, sphere_points(200_000, d, values["seed"])) ** 2 / 2
    return Estimate(float(sampled.mean()), 5 * float(sampled.std()) / math.sqrt(len(sampled)))


def _target(total: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sum((np.einsum("pqr,mr->mpq", total, x) @ x[:, :, None])[:, :, 0] * x, axis=1)) / (
        6 * len(total)
    )


def _network(run: RadialRun, rate: float, x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(rate * x @ run.positions.T) @ run.charges) / len(run.charges)


def _monte_carlo(values: Mapping[str, Any], runs: Mapping[int, list[RadialRun]]) -> str:
    """(4.8) with 10^5 points beside the closed form, for the largest network."""
    n = max(runs)
    run = runs[n][0]
    if not np.isfinite(run.charges).all():
        return ""
    x = sphere_points(100_000, values["dimension"], values["seed"] + 12345)
    total = permutation_sum(three_spin_coefficients(values["dimension"], values["seed"]))
    squares = (_target(total, x) - _network(run, as_float(values["rate"]), x)) ** 2 / 2
    spread = float(squares.std()) / math.sqrt(len(x))
    return (
        f"Monte Carlo (4.8) with 10^5 points at n = {n}, first target: {squares.mean():.5g} +- {spread:.2g} "
        f"(one standard deviation); closed form {run.losses[-1]:.5g}."
    )


def _plots(
    values: Mapping[str, Any], runs: Mapping[int, list[RadialRun]], losses: Mapping[int, np.ndarray]
) -> tuple[Plot, ...]:
    finite = {n: found for n, found in losses.items() if np.isfinite(found).all()}
    plots = [_blow_up(values)]
    if finite:
        n = max(finite)
        total = permutation_sum(three_spin_coefficients(values["dimension"], values["seed"]))
        plots = [
            by_size(finite, "loss at the end", "Loss against the number of particles", (-1, -2)),
            over_time({n: (runs[n][0].times, runs[n][0].losses) for n in finite}, "time t", "Loss along the flow"),
            *slice_images(
                values["dimension"],
                lambda x: _target(total, x),
                lambda x: _network(runs[n][0], as_float(values["rate"]), x),
                n,
            ),
            *plots,
        ]
    return tuple(plots)


_FEW_STEPS = 1000


def _blow_up(values: Mapping[str, Any]) -> Plot:
    """The first thousand steps with both signs."""
    n = min(values["particles"])
    series = []
    for sign, label in ((1, "corrected: exp(+alpha x . y)"), (-1, "printed: exp(-alpha x . y)")):
        sizes = _charge_sizes(_settings(values, n, 0, sign))
        series.append(Series("path", np.arange(len(sizes)) * as_float(values["time_step"]) * 20, sizes, label))
    return Plot(
        f"The printed sign makes the charges grow without bound, n = {n}",
        "time t",
        "root mean square of the charges",
        tuple(series),
        "With the printed sign the charges grow exponentially; with the corrected one they settle.",
        {"log_y": True},
    )


def _charge_sizes(settings: RadialSettings) -> np.ndarray:
    """Root mean squares of the charges, every twenty steps (NumPy, to keep the growth before it overflows)."""
    total = permutation_sum(three_spin_coefficients(settings.dimension, settings.coefficients))
    y = sphere_points(settings.particles, settings.dimension, settings.start)
    c, rate, sizes = np.zeros(len(y)), settings.sign * settings.rate, []
    with np.errstate(all="ignore"):
        for step in range(_FEW_STEPS):
            slope = np.einsum("pqr,iq,ir->ip", total, y, y) / (2 * settings.dimension)
            kernel = np.exp(rate * y @ y.T)
            velocity = c[:, None] * (slope - rate * (kernel * c) @ y / len(c))
            gain = np.sum(slope * y, axis=1) / 3 - kernel @ c / len(c)
            moved = velocity - np.sum(velocity * y, axis=1, keepdims=True) * y / settings.dimension
            y, c = y + settings.time_step * moved, c + settings.time_step * gain
            y = y * (math.sqrt(settings.dimension) / np.linalg.norm(y, axis=1, keepdims=True))
            size = float(np.sqrt(np.mean(c**2)))
            if not math.isfinite(size) or size > 1e12:
                break
            if step % 20 == 19:
                sizes.append(size)
    return np.array(sizes)


@functools.lru_cache(maxsize=64)
def _found(dimension: int, seed: int, rate: float, n: int, stable: bool) -> Equilibrium:
    total = permutation_sum(three_spin_coefficients(dimension, seed))
    return radial_equilibrium(total, n, rate, seed, stable=stable)


def _equilibrium(values: Mapping[str, Any], n: int, stable: bool) -> Equilibrium:
    return _found(values["dimension"], values["seed"], as_float(values["rate"]), n, stable)


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    total = permutation_sum(three_spin_coefficients(values["dimension"], values["seed"]))
    proved: dict[str, Any] = {_CF: rational_enclosure(exact_half_mean_square(total))}
    for n in values["particles"]:
        run = _run(values, n, 0)
        if np.isfinite(run.charges).all():
            proved[_first_name(n)] = enclosed_radial_loss(total, run.positions, run.charges, values["rate"])
    wanted = [(n, True) for n in values["small"]] + [(1, False)]
    tasks = (_task(values, total, n, stable) for n, stable in wanted)
    return CertifiedView(tuple(task for task in tasks if task is not None), proved)


def _task(values: Mapping[str, Any], total: np.ndarray, n: int, stable: bool) -> Task | None:
    """An equilibrium of the extended flow, which lies on the sphere: an isolated one of (4.5) with its multiplier."""
    found = _equilibrium(values, n, stable)
    if found is None:
        return None
    label = f"{'equilibrium' if stable else 'saddle'} with n = {n}"
    quantities = {f"verdict of the {label}": "verdict"}
    if stable:
        quantities[f"largest real part at an equilibrium, n = {n}"] = "spectral_abscissa"
    else:
        quantities["unstable directions of the saddle with n = 1"] = "unstable_directions"
    field = radial_field(total, n, as_float(values["rate"]))
    return Task(label, "equilibrium", {"field": field, "x": found[0]}, quantities)


CASE = case_of(
    "rbf-3spin",
    readers={
        "dimension": whole_number(3, 10),
        "rate": bounded_rational(0, 3, open_below=True),
        "particles": whole_numbers(1, 512, 8),
        "targets": whole_number(1, 100),
        "steps": whole_number(1, 10**8),
        "time_step": bounded_rational(0, 10**4, open_below=True),
        "temperature": bounded_rational(0, 1),
        "small": whole_numbers(1, 4, 4),
        "seed": whole_number(0, 10**6),
        "checkpoints": run_folder,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_loss_name(16), "0.24", "independent computation, other random targets"),
        Known(_loss_name(32), "0.022", "independent computation, other random targets"),
        Known(_loss_name(64), "0.0012", "independent computation, other random targets"),
    ),
    errata=(
        Erratum(
            "(4.3), (4.4), (4.5): the Gaussian kernel on the sphere is written exp(-alpha x . y).",
            "It is exp(+alpha x . y) up to the constant e^(-alpha d), and the force in (4.5) is "
            "-(alpha/n) sum C_i C_j Y_j exp(+alpha Y_i . Y_j). The printed kernel is indefinite: charges blow up.",
            lambda values: three_spin.derive_kernel_sign_erratum(),
        ),
        Erratum(
            "(4.5): the force on Y_i has the product C_j C_j.",
            "It is C_i C_j.",
            lambda values: three_spin.derive_charge_product_erratum(),
        ),
        Erratum(
            "Section 4.1: the time step is 10^3.",
            "It is 10^-3.",
            lambda values: three_spin.derive_time_step_erratum(),
        ),
    ),
)
