"""Two examples, batches of one: the verdict depends on how the data loader draws them."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy, positive_rational, rational_vector
from cases.common.told import Told
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.shuffled_epochs.derivation import (
    derive_orders,
    derive_surface,
    factor,
    fixed_exponent,
    shuffled_exponent,
)
from cases.shuffled_epochs.figures import distances_plot, regions_plot, renewal_exponents
from certify.verdict import Verdict
from foundation import InputError
from numeric import SGD, Regression

_EPOCHS, _CHAINS, _BURN = 4000, 64, 100
_NAMES = {"iid": "independent draws", "shuffled": "shuffled epochs", "fixed": "fixed order"}


def gram(values: Mapping[str, Any]) -> list[list[Fraction]]:
    """K, exactly; raises `InputError` where the examples are parallel."""
    points = (values["first"], values["second"])
    found = [[sum((p * q for p, q in zip(u, v, strict=True)), Fraction(0)) for v in points] for u in points]
    if found[0][0] * found[1][1] == found[0][1] ** 2:
        raise InputError("first and second must not be parallel: their gradients would be dependent")
    return found


def _surface(values: Mapping[str, Any]) -> tuple[sympy.Rational, sympy.Rational] | None:
    """(s, r) where eta |second|^2 = 1; None elsewhere."""
    k, rate = gram(values), values["learning_rate"]
    if rate * k[1][1] != 1:
        return None
    return as_sympy(1 - rate * k[0][0]), as_sympy(k[0][1] ** 2 / (k[0][0] * k[1][1]))


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    derivations, place = (derive_orders(), derive_surface()), _surface(values)
    if place is None:
        return SymbolicView(derivations)
    s, r = place
    exact: dict[str, Any] = {
        f"{_NAMES['shuffled']}: exponent": shuffled_exponent(s, r),
        f"{_NAMES['fixed']}: exponent": fixed_exponent(s, r),
    }
    product = factor(1, s, r) ** 2 * factor(2, s, r)
    if product != 1:
        exact[f"{_NAMES['shuffled']}: verdict"] = Verdict.STABLE if product < 1 else Verdict.UNSTABLE
    return SymbolicView(derivations, exact)


def _numeric(values: Mapping[str, Any]) -> NumericView:
    matrix = np.array([[as_float(entry) for entry in row] for row in gram(values)])
    rate, place = as_float(values["learning_rate"]), _surface(values)
    found = {f"{name}: exponent": _exponent(matrix, rate, kind) for kind, name in _NAMES.items()}
    apart = found[f"{_NAMES['iid']}: exponent"].value * found[f"{_NAMES['shuffled']}: exponent"].value < 0
    remarks = ("Independent draws and shuffled epochs have exponents of opposite sign (estimates).",) if apart else ()
    point = None
    if place is not None:
        x, r = 1.0 - float(place[0]), float(place[1])
        point = (x, r)
        series = renewal_exponents(np.array([x]), np.array([r]))[0][0]
        remarks = (*remarks, Told.of(f"The exact series for independent draws gives {series:.10g}."))
    return NumericView(found, (distances_plot(matrix, rate), regions_plot(point)), remarks)


def _exponent(matrix: np.ndarray, rate: float, kind: str) -> Estimate:
    """Growth of many chains, in nats a step; the error is four standard errors of their means."""
    generator = np.random.default_rng(5)
    vectors, total = generator.normal(size=(_CHAINS, 2)), np.zeros(_CHAINS)
    for epoch in range(_EPOCHS):
        if kind == "iid":
            order = generator.integers(0, 2, (_CHAINS, 2))
        elif kind == "shuffled":
            first = generator.integers(0, 2, _CHAINS)
            order = np.stack([first, 1 - first], axis=1)
        else:
            order = np.tile([0, 1], (_CHAINS, 1))
        for i in order.T:
            seen = vectors[np.arange(_CHAINS), i]
            vectors = vectors - rate * matrix[i] * seen[:, None]
        norms = np.linalg.norm(vectors, axis=1) + 1e-300
        vectors = vectors / norms[:, None]
        total += np.log(norms) if epoch >= _BURN else 0.0
    means = total / (2 * (_EPOCHS - _BURN))
    error = 4 * float(means.std()) / np.sqrt(_CHAINS) + 2.0 / (_EPOCHS - _BURN)
    return Estimate(float(means.mean()), error)


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    rate, budget = as_float(values["learning_rate"]), as_float(values["budget"])
    gram(values)
    inputs = np.array([[as_float(entry) for entry in values[name]] for name in ("first", "second")])
    problem = Regression(lambda theta, x: theta @ x, np.zeros(inputs.shape[1]), inputs, np.zeros(2))
    tasks = tuple(
        Task(
            name,
            "minimum",
            {"problem": problem, "optimizer": SGD(rate, 1, sampling=kind), "budget": budget},
            {f"{name}: exponent": "lyapunov_exponent", f"{name}: verdict": "verdict"},
        )
        for kind, name in _NAMES.items()
    )
    return CertifiedView(tasks)


CASE = case_of(
    "shuffled-epochs",
    readers={
        "first": rational_vector(),
        "second": rational_vector(),
        "learning_rate": positive_rational,
        "budget": positive_rational,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known("independent draws: exponent", "0.13231", "independent computation"),
        Known("shuffled epochs: exponent", "-0.04698", "independent computation"),
    ),
)
