"""Sigmoid networks that learn a 3-spin function by stochastic gradient descent: error against n, with local slopes."""

import functools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from cases.common import three_spin_derivation as three_spin
from cases.common.enclosures import rational_enclosure
from cases.common.parameters import as_float, whole_number
from cases.common.plot import Plot
from cases.common.radial_loss_bound import exact_half_mean_square
from cases.common.readers import bounded_rational, run_folder
from cases.common.sizes import whole_numbers
from cases.common.spin_figures import averages, by_size, great_circles, over_time
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from cases.sigmoid_three_spin import derivation as batch_noise
from cases.sigmoid_three_spin.estimates import SigmoidRun, SigmoidSettings, sigmoid_descent, sigmoid_network
from numeric.particles import half_mean_square, permutation_sum, three_spin_coefficients, to_standard_error

_CF, _MEAN = "C_f of the first target", "mean of C_f over random targets"
_MANY = 400


def _run(values: Mapping[str, Any], n: int) -> SigmoidRun:
    settings = SigmoidSettings(
        dimension=values["dimension"],
        particles=n,
        targets=values["targets"],
        time_step=as_float(values["time_step"]),
        steps=values["steps"],
        quench=values["quench"],
        coefficients=values["seed"],
    )
    return _remembered(settings, values["test_points"], values["checkpoints"])


@functools.lru_cache(maxsize=64)
def _remembered(settings: SigmoidSettings, points: int, folder: str | None) -> SigmoidRun:
    if folder is None:
        return sigmoid_descent(settings, points)
    name = f"sigmoid-d{settings.dimension}-n{settings.particles}"
    file = Path(folder) / f"{name}.npz"
    return sigmoid_descent(settings, points, checkpoint=file, progress=to_standard_error(f"sigmoid-3spin {name}"))


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    coefficients = three_spin_coefficients(values["dimension"], values["seed"])
    exact = {
        _CF: three_spin.exact_half_mean_square(coefficients)
        if values["dimension"] <= 6
        else sympy.Rational(str(exact_half_mean_square(permutation_sum(coefficients)))),
        _MEAN: sympy.Rational(values["dimension"], 2),
    }
    return SymbolicView((batch_noise.derive_limiting_equation(), batch_noise.derive_error_observable()), exact)


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    total = permutation_sum(three_spin_coefficients(values["dimension"], values["seed"]))
    return CertifiedView(values={_CF: rational_enclosure(exact_half_mean_square(total))})


def _numeric(values: Mapping[str, Any]) -> NumericView:
    dimension, runs = values["dimension"], {n: _run(values, n) for n in values["particles"]}
    estimates = _constants(values, runs[max(runs)])
    for n, run in runs.items():
        estimates[f"mean loss at n = {n}"] = _mean(run.losses)
        estimates[f"mean of (4.11) at n = {n}"] = _mean(run.positive)
        estimates[f"mean of (4.11) with -f at n = {n}"] = _mean(run.negative)
        predicted = 2 * run.losses / math.sqrt(2 * math.pi * dimension)
        estimates[f"(4.11) over 2 loss/sqrt(2 pi d) at n = {n}"] = _mean((run.positive - run.negative) / 2 / predicted)
    losses, positive = {n: r.losses for n, r in runs.items()}, {n: r.positive for n, r in runs.items()}
    remarks = (*averages(losses, "loss"), *averages(positive, "observable (4.11)"), _batches(runs))
    return NumericView(estimates, _plots(values, runs), remarks)


def _mean(found: np.ndarray) -> Estimate:
    """The mean over the targets and its standard error (infinite for one target)."""
    error = float(found.std(ddof=1)) / math.sqrt(len(found)) if len(found) > 1 else math.inf
    return Estimate(float(found.mean()), error)


def _constants(values: Mapping[str, Any], run: SigmoidRun) -> dict[str, Estimate]:
    """C_f by the test sample, and its mean over many targets by the closed form; five standard errors."""
    d, seed = values["dimension"], values["seed"]
    drawn = [half_mean_square(permutation_sum(three_spin_coefficients(d, seed + k))) for k in range(_MANY)]
    sampled = float(run.half_square[0])
    # f^2 is nearly d times a squared normal number: its standard deviation is about sqrt(2) times its mean
    noise = 5 * 2 * sampled / math.sqrt(values["test_points"])
    return {
        _CF: Estimate(sampled, noise),
        _MEAN: Estimate(float(np.mean(drawn)), 5 * float(np.std(drawn)) / math.sqrt(_MANY)),
    }


def _batches(runs: Mapping[int, SigmoidRun]) -> str:
    sizes = ", ".join(f"{max(1, n // 5)} and {max(1, n * n // 25)} (n = {n})" for n in runs)
    return f"Batch sizes before and after the quench: {sizes}."


def _plots(values: Mapping[str, Any], runs: Mapping[int, SigmoidRun]) -> tuple[Plot, ...]:
    d, largest = values["dimension"], max(runs)
    total = permutation_sum(three_spin_coefficients(d, values["seed"]))
    a, b, c = (part[0] for part in runs[largest].weights)
    curves = {n: (run.steps, run.curves[:, 0]) for n, run in runs.items()}
    return (
        over_time(curves, "step", f"Loss along the training, d = {d}, first target"),
        by_size({n: r.losses for n, r in runs.items()}, "loss (4.8)", f"Loss against n, d = {d}", (-1,)),
        by_size({n: r.positive for n, r in runs.items()}, "(4.11)", f"Signed error where f > 0, d = {d}", (-1,)),
        by_size(
            {n: -r.negative for n, r in runs.items()},
            "minus (4.11) with -f",
            f"Signed error where f < 0, d = {d}",
            (-1,),
        ),
        *great_circles(d, lambda x: _target(total, x), lambda x: sigmoid_network(a, b, c, x), largest),
    )


def _target(total: np.ndarray, x: np.ndarray) -> np.ndarray:
    slopes = (np.einsum("pqr,mr->mpq", total, x) @ x[:, :, None])[:, :, 0]
    return np.asarray(np.sum(slopes * x, axis=1)) / (6 * len(total))


CASE = case_of(
    "sigmoid-3spin",
    readers={
        "dimension": whole_number(3, 40),
        "particles": whole_numbers(2, 4096, 8),
        "targets": whole_number(1, 50),
        "steps": whole_number(1, 10**8),
        "quench": whole_number(1, 10**8),
        "time_step": bounded_rational(0, 100, open_below=True),
        "test_points": whole_number(100, 10**7),
        "seed": whole_number(0, 10**6),
        "checkpoints": run_folder,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(Known(_MEAN, "5", "d/2: independent coefficients with variance one"),),
    errata=(
        Erratum(
            "(1.21), Proposition 2.3 and below: the error becomes o(n^-1).",
            "The argument gives o(n^-xi) for every xi < 1, as stated in (2.52) itself, not o(n^-1).",
            lambda values: batch_noise.derive_order_erratum(),
        ),
        Erratum(
            "(3.19): the mixed term has two derivatives by c and one by y.",
            "It has one by c and one by y, as in (3.22).",
            lambda values: batch_noise.derive_mixed_derivative_erratum(),
        ),
    ),
)
