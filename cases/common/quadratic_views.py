"""What the circle and XOR cases share: the three views of a quadratic Morse function of two inputs."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import jax
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy
from cases.common.plot import Plot, Series
from cases.common.quadratic_data import X1, X2, derive_quadratic_morse
from cases.common.readers import shown
from cases.model import CertifiedView, Estimate, NumericView, SymbolicView, Task
from foundation import InputError
from numeric.multistart_newton import critical_points
from numeric.precision import double_precision

_SAMPLES = 400


@final
@dataclass(frozen=True)
class Quadratic:
    """Psi = (a_1 (x_1 - c_1)^2 + a_2 (x_2 - c_2)^2)/2 + constant on the square |x_k - c_k| <= half_width."""

    title: str
    curvatures: tuple[Fraction, Fraction]
    centre: tuple[Fraction, Fraction]
    constant: Fraction
    half_width: Fraction

    @property
    def box(self) -> list[tuple[float, float]]:
        """The square, as floats."""
        pairs = [(as_float(c - self.half_width), as_float(c + self.half_width)) for c in self.centre]
        if not all(a < b for a, b in pairs):
            first, second = map(shown, self.centre)
            raise InputError(f"the square around ({first}, {second}) is too narrow for float64")
        return pairs

    @property
    def expression(self) -> sympy.Expr:
        """Psi in SymPy."""
        terms = zip(self.curvatures, (X1, X2), self.centre, strict=True)
        return sum((as_sympy(a) * (x - as_sympy(c)) ** 2 / 2 for a, x, c in terms), as_sympy(self.constant))

    def function(self, x: Any) -> Any:
        """Psi in JAX."""
        curvatures, centre = (np.array([as_float(v) for v in pair]) for pair in (self.curvatures, self.centre))
        return ((x - centre) ** 2 * curvatures).sum() / 2 + as_float(self.constant)

    @property
    def names(self) -> tuple[str, str, str]:
        """The quantities compared."""
        return "critical points", "smallest Hessian eigenvalue", "largest Hessian eigenvalue"


def symbolic_view(q: Quadratic) -> SymbolicView:
    """The derivation and the exact numbers."""
    numbers = [[as_sympy(v) for v in pair] for pair in (q.curvatures, q.centre)]
    proof = derive_quadratic_morse(q.title, numbers[0], numbers[1], as_sympy(q.constant))
    values = (sympy.Integer(1), min(numbers[0]), max(numbers[0]))
    exact: dict[str, Any] = dict(zip(q.names, values, strict=True)) | {"Morse class": sympy.Integer(2)}
    return SymbolicView((proof,), exact)


def numeric_view(q: Quadratic) -> NumericView:
    """Newton's method from many starts, the Hessian by JAX, and the data."""
    found = critical_points(q.function, np.array(q.box), starts=200, steps=20)
    eigenvalues = _eigenvalues(q)
    scale = 1e-12 * float(np.abs(eigenvalues).max())
    numbers = (Estimate(float(len(found.points)), 0.0), *(Estimate(float(v), scale) for v in eigenvalues))
    return NumericView(dict(zip(q.names, numbers, strict=True)), (_data(q),))


@double_precision
def _eigenvalues(q: Quadratic) -> np.ndarray:
    return np.linalg.eigvalsh(np.asarray(jax.hessian(q.function)(np.array([as_float(c) for c in q.centre]))))


def certified_view(q: Quadratic) -> CertifiedView:
    """The class on the square, with the only critical point."""
    claims = ("critical_points", "hessian_eigenvalue_1_1", "hessian_eigenvalue_1_2")
    quantities = dict(zip(q.names, claims, strict=True)) | {"Morse class": "morse_class"}
    arguments = {"network": q.expression, "box": q.box, "variables": [X1, X2]}
    return CertifiedView((Task("class on the square", "morse", arguments, quantities),))


def _data(q: Quadratic) -> Plot:
    (left, right), (low, high) = q.box
    points = np.random.default_rng(0).uniform((left, low), (right, high), (_SAMPLES, 2))
    centre, curvatures = (np.array([as_float(v) for v in pair]) for pair in (q.centre, q.curvatures))
    with np.errstate(over="ignore"):
        values = ((points - centre) ** 2 * curvatures).sum(axis=1) / 2 + as_float(q.constant)
    series = [
        Series("points", points[mask, 0], points[mask, 1], label, tone=tone)
        for mask, label, tone in ((values > 0, "Psi > 0", 0), (values < 0, "Psi < 0", 1))
        if mask.any()
    ]
    series.append(Series("points", centre[:1], centre[1:], "critical point", emphasis=True, tone=2))
    return Plot(
        q.title,
        "x1",
        "x2",
        tuple(series),
        f"{_SAMPLES} points in the square, {int((values < 0).sum())} of them with a negative value, in another colour; "
        f"the critical point is at ({centre[0]:.3g}, {centre[1]:.3g}).",
        {"equal": True, "size": (5.6, 5.8), "x_limits": (left, right), "y_limits": (low, high), "legend": "outside"},
    )
