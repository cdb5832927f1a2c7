"""What the SGD cases share: three views of the exponent of SGD with an exact Gram matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import jax
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy
from cases.common.plot import Plot, Series
from cases.model import Estimate
from certify.arithmetic import Ball, log
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.sgd_family import SGDFamily, sgd_family
from certify.verdict import Verdict
from foundation import InputError
from numeric.lyapunov import exponent_map, second_moment_exponent, sgd_exponents
from search.lyapunov.driver import lyapunov_exponent
from symbolic import Derivation
from symbolic.gram import gradient_descent_threshold
from symbolic.prove_sign import number_sign
from symbolic.sgd_family import exponent_sum, regularity
from symbolic.sgd_second_moment import mean_square_threshold, second_moment

EXPONENT = "Lyapunov exponent"
SUM = "sum of the exponents"
SECOND_MOMENT = "mean-square growth Lambda(2)"
DESCENT_RADIUS = "gradient descent: spectral radius"
DESCENT_RATE = "gradient descent: critical learning rate"
MEAN_SQUARE_RATE = "mean-square critical learning rate"
DESCENT_VERDICT = "gradient descent: verdict"
SGD_VERDICT = "SGD: verdict"
UNITS = "nats per step"


@final
@dataclass(frozen=True)
class SGDInstance:
    """One instance: the exact Gram matrix (N, N), learning rate and batch size."""

    gram: tuple[tuple[Fraction, ...], ...]
    rate: Fraction
    batch_size: int

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= len(self.gram):
            raise InputError(f"batch_size must be between 1 and the {len(self.gram)} inputs, but is {self.batch_size}")

    @property
    def size(self) -> int:
        """N."""
        return len(self.gram)

    @property
    def matrix(self) -> sympy.ImmutableMatrix:
        """K in SymPy."""
        return sympy.ImmutableMatrix([[as_sympy(entry) for entry in row] for row in self.gram])

    @property
    def floats(self) -> np.ndarray:
        """K in floats."""
        return np.array([[as_float(entry) for entry in row] for row in self.gram])

    def family(self, rate: Fraction | None = None) -> SGDFamily:
        """The random matrices, exactly."""
        return sgd_family([list(row) for row in self.gram], self.rate if rate is None else rate, self.batch_size)

    @property
    def is_full_batch(self) -> bool:
        """B = N: gradient descent."""
        return self.batch_size == self.size


def feature_gram(inputs: Sequence[Fraction], powers: Sequence[int]) -> tuple[tuple[Fraction, ...], ...]:
    """K_ij = sum_p (x_i x_j)^p for Phi = sum_p theta_p x^p; raises `InputError` when the rows are dependent."""
    gram = tuple(tuple(sum(((x * y) ** p for p in powers), Fraction(0)) for y in inputs) for x in inputs)
    if sympy.Matrix([[as_sympy(entry) for entry in row] for row in gram]).det() == 0:
        raise InputError(
            "the gradients at these inputs are linearly dependent (K is singular); choose distinct inputs and at "
            "least as many powers as inputs"
        )
    return gram


def exact_values(instance: SGDInstance) -> tuple[tuple[Derivation, ...], dict[str, Any]]:
    """Derivations and exact quantities; what has no exact form is left out."""
    matrix, rate = instance.matrix, as_sympy(instance.rate)
    total = exponent_sum(matrix, rate, instance.batch_size)
    exact: dict[str, Any] = {SUM: total.value}
    derivations = [total.derivation]
    exact_exponent = _exact_exponent(instance)
    if exact_exponent is not None:
        exact[EXPONENT] = exact_exponent
    for add in (_descent, _mean_square, _regularity):
        found = add(instance)
        if found is not None:
            derivations.append(found[0])
            exact |= found[1]
    return tuple(derivations), exact


def _exact_exponent(instance: SGDInstance) -> sympy.Expr | None:
    """The exponent where it has a closed form: one data point, orthogonal gradients (B = 1), or full batches."""
    matrix, rate = instance.matrix, as_sympy(instance.rate)
    if not matrix.is_diagonal() or instance.batch_size > 1:
        return None
    gaps = [abs(1 - rate * matrix[i, i]) for i in range(instance.size)]
    return -sympy.oo if max(gaps) == 0 else sympy.log(max(gaps)) / instance.size


def _descent(instance: SGDInstance) -> tuple[Derivation, dict[str, Any]] | None:
    if instance.size > 3:
        return None
    try:
        threshold, derivation = gradient_descent_threshold(instance.matrix)
    except InputError:
        return None
    rate = as_sympy(instance.rate)
    verdict = _side(sympy.simplify(rate - threshold))
    return derivation, {DESCENT_RATE: threshold, DESCENT_VERDICT: verdict}


def _side(excess: sympy.Expr) -> Verdict:
    """Critical (0) and undecided alike are UNDECIDED."""
    return {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(number_sign(excess) or 0, Verdict.UNDECIDED)


def _mean_square(instance: SGDInstance) -> tuple[Derivation, dict[str, Any]] | None:
    if instance.size > 2:
        return None
    threshold, derivation = mean_square_threshold(instance.matrix, instance.batch_size)
    exact: dict[str, Any] = {MEAN_SQUARE_RATE: threshold}
    found = second_moment(instance.matrix, as_sympy(instance.rate), instance.batch_size)
    roots = sympy.Poly(found.polynomial, found.variable).real_roots()
    if roots and len(roots) == found.matrix.rows:
        exact[SECOND_MOMENT] = sympy.log(max((abs(root) for root in roots), key=lambda r: r.evalf(30)))
    return derivation, exact


def _regularity(instance: SGDInstance) -> tuple[Derivation, dict[str, Any]] | None:
    if instance.batch_size > 1:
        return None
    found = regularity(instance.matrix, as_sympy(instance.rate))
    return (found.derivation, {}) if found.derivation.steps else None


def estimates(instance: SGDInstance, steps: int = 50_000) -> dict[str, Estimate]:
    """Benettin exponents with five error bars, the second moment and gradient descent in floating point."""
    gram, rate = instance.floats, as_float(instance.rate)
    values = np.linalg.eigvalsh(gram)
    found: dict[str, Estimate] = {
        DESCENT_RATE: _close(2 * instance.size / values[-1]),
        DESCENT_RADIUS: _close(float(np.abs(1 - rate * values[[0, -1]] / instance.size).max())),
        SECOND_MOMENT: Estimate(second_moment_exponent(gram, rate, instance.batch_size), 1e-7),
    }
    run = sgd_exponents(
        gram, rate, instance.batch_size, key=jax.random.key(0), count=instance.size, maximum_steps=steps, tolerance=1e-3
    )
    if np.isfinite(run.exponents[0]):
        found[EXPONENT] = Estimate(float(run.exponents[0]), 5 * float(run.errors[0]) + 1e-9)
    if np.isfinite(run.exponents).all():
        error = 5 * float(np.sum(run.errors)) + 1e-9
        found[SUM] = Estimate(float(run.exponents.sum()), error)
    return found


def _close(value: float) -> Estimate:
    return Estimate(value, 1e-11 * max(1.0, abs(value)))


def proved_sum(instance: SGDInstance) -> Enclosure:
    """The mean of log |det A_S|, from exact determinants, in balls."""
    matrix, rate = instance.matrix, as_sympy(instance.rate)
    determinants = exponent_sum(matrix, rate, instance.batch_size).determinants.values()
    if any(value == 0 for value in determinants):
        return Enclosure(-np.inf, -np.inf)
    sizes = rational_ball(np.array([abs(Fraction(int(d.p), int(d.q))) for d in determinants], dtype=object))
    total: Ball = log(sizes).sum() / float(len(determinants))
    return total.enclosure()


def sweep_plot(instance: SGDInstance, title: str, top: float | None = None) -> Plot:
    """lambda, mu and Lambda(2)/2 against the learning rate, with proved enclosures at some rates."""
    gram, values = instance.floats, np.linalg.eigvalsh(instance.floats)
    critical = 2 * instance.size / values[-1]
    largest = max(1.6 * critical, 1.3 * as_float(instance.rate)) if top is None else top
    rates = np.linspace(largest / 120, largest, 120)
    descent = np.log(np.maximum(np.abs(1 - rates[:, None] * values / instance.size).max(axis=1), 1e-6))
    mean_square = [second_moment_exponent(gram, float(r), instance.batch_size) / 2 for r in rates]
    sampled = np.linspace(largest / 16, largest, 16)
    found = exponent_map(
        gram, sampled, [instance.batch_size], key=jax.random.key(1), maximum_steps=5_000, tolerance=1e-2
    )
    proved = proved_points(instance, np.linspace(largest / 12, largest, 12))
    series = [
        Series("dashed", rates, descent, "gradient descent, log of the spectral radius", tone=1),
        Series("dashed", rates, np.array(mean_square), "mean square, Lambda(2)/2", tone=2),
        Series("path", sampled, found.exponents[:, 0], "SGD, exponent (estimate)", tone=0),
    ]
    if len(proved):
        ends = np.column_stack([proved[:, 0], proved[:, 2]])
        series.append(Series("segments", proved[:, 0], proved[:, 1], "SGD, exponent (proved)", ends, True, True))
    return Plot(
        title,
        "learning rate eta",
        f"growth rate ({UNITS})",
        tuple(series),
        f"Growth rates of gradient descent, of SGD almost surely and of SGD in mean square for learning rates up to "
        f"{largest:.3g}; gradient descent is critical at {critical:.4g}; {len(proved)} exponents are proved.",
        {"horizontal": (0.0,), "vertical": (as_float(instance.rate),)},
    )


def proved_points(instance: SGDInstance, rates: np.ndarray, seconds: float = 0.6) -> np.ndarray:
    """Rows (eta, lower, upper) of proved enclosures no wider than one half; short of time they are left out."""
    rows = []
    for rate in rates:
        exact = Fraction(float(rate)).limit_denominator(10_000)
        found = lyapunov_exponent(instance.family(exact), tolerance=1e-3, budget=seconds).enclosure
        if found.width < 0.5:
            middle, half = found.midpoint, max(found.width / 2, 4e-3)
            rows.append((float(exact), middle - half, middle + half))
    return np.array(rows).reshape(-1, 3)
