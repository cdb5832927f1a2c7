"""Graph limits: the top eigenvalue of a graphon, enclosed by that of its discretisation, and Nystrom's estimate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np
import scipy.sparse.linalg
import sympy

from cases.common.enclosures import rational_enclosure
from cases.common.parameters import as_float, as_sympy, one_of, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from certify.arithmetic import Ball, sqrt
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.linear_algebra import largest_eigenvalue
from symbolic import AllOf, Definition, Derivation, Equal, IsRoot, SignIs, Step

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (44)-(48)"
_KERNEL, _DISCRETE = "top eigenvalue of the graphon", "top eigenvalue of the graph with M nodes"
_NORM, _DENSITY = "squared Hilbert-Schmidt norm of the graphon", "edge density of the graph"
_X, _Y = sympy.symbols("x y", positive=True)


@final
@dataclass(frozen=True)
class _Graphon:
    """A positive semidefinite kernel p G(x, y): cell averages, eigenpair, squared norm and mean for p = 1."""

    text: str
    below: sympy.Expr  # G(x, y) for x <= y
    eigenvalue: sympy.Expr
    eigenfunction: sympy.Expr
    norm: Fraction
    mean: Fraction
    off_diagonal: Callable[[Fraction, Fraction], Fraction]  # cell averages are G at the cell centres for i != j
    on_diagonal: Callable[[Fraction, Fraction], Fraction]  # of the centre and the width
    values: Callable[[np.ndarray, np.ndarray], np.ndarray]


_GRAPHONS = {
    "min": _Graphon(
        "min(x, y)",
        _X,
        4 / sympy.pi**2,
        sympy.sin(sympy.pi * _X / 2),
        Fraction(1, 6),
        Fraction(1, 3),
        lambda x, y: min(x, y),
        lambda x, h: x - h / 6,
        np.minimum,
    ),
    "max": _Graphon(
        "1 - max(x, y)",
        1 - _Y,
        4 / sympy.pi**2,
        sympy.cos(sympy.pi * _X / 2),
        Fraction(1, 6),
        Fraction(1, 3),
        lambda x, y: 1 - max(x, y),
        lambda x, h: 1 - x - h / 6,
        lambda x, y: 1 - np.maximum(x, y),
    ),
    "bridge": _Graphon(
        "min(x, y) - x y",
        _X * (1 - _Y),
        1 / sympy.pi**2,
        sympy.sin(sympy.pi * _X),
        Fraction(1, 90),
        Fraction(1, 12),
        lambda x, y: min(x, y) - x * y,
        lambda x, h: x - h / 6 - x * x,
        lambda x, y: np.minimum(x, y) - x * y,
    ),
    "constant": _Graphon(
        "1",
        sympy.Integer(1),
        sympy.Integer(1),
        sympy.Integer(1),
        Fraction(1),
        Fraction(1),
        lambda x, y: Fraction(1),
        lambda x, h: Fraction(1),
        lambda x, y: np.ones(np.broadcast_shapes(x.shape, y.shape)),
    ),
}


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    graphon, weight, size = _GRAPHONS[values["graphon"]], as_sympy(values["weight"]), values["nodes"]
    exact = {
        _KERNEL: weight * graphon.eigenvalue,
        _NORM: weight**2 * as_sympy(graphon.norm),
        _DENSITY: weight * as_sympy(graphon.mean),
    }
    known = _discrete_eigenvalue(values["graphon"], size)
    if known is not None:
        exact[_DISCRETE] = weight * known
    return SymbolicView((_eigenpair(graphon), _cells(graphon), _discrete(values["graphon"])), exact)


def _discrete_eigenvalue(name: str, size: int) -> sympy.Expr | None:
    """Closed forms: -h^2 second difference of the averages; see the derivation of the discrete eigenpair."""
    if name == "constant":
        return sympy.Integer(1)
    turn = sympy.pi / size if name == "bridge" else sympy.pi / (2 * size)
    cosine = sympy.cos(turn)
    return (2 + cosine) / (6 * size**2 * (1 - cosine))


def _discrete(name: str) -> Derivation:
    """A v = lambda v with v_i = sin((i - 1/2) t) for cell averages of min(x, y) by their second differences."""
    t, i, h = sympy.symbols("t i h", positive=True)
    vector = sympy.sin((i - sympy.Rational(1, 2)) * t)
    difference = vector.subs(i, i + 1) - 2 * vector + vector.subs(i, i - 1)
    smoothed = (vector.subs(i, i + 1) + 4 * vector + vector.subs(i, i - 1)) / 6
    factor = 2 * (1 - sympy.cos(t))
    return (
        Derivation(
            "The eigenvalue of the discretised kernel",
            ((t, "angle"), (h, "width 1/M of a cell")),
            (
                Step(
                    "Second differences of a sine.",
                    reason="Addition theorem.",
                    check=Equal(
                        sympy.expand_trig(sympy.expand(difference + factor * vector, deep=True)), sympy.Integer(0)
                    ),
                ),
                Step(
                    "Averages of min(x, y) over cells have the second differences -h (1, 4, 1)/6 in a row (piecewise "
                    "linear elements): so the eigenvalue is h^2 (2 + cos t)/(6 (1 - cos t)), with t = pi/(2M) for "
                    "min and 1 - max and t = pi/M for the bridge.",
                    reason="Addition theorem for (v_(i+1) + 4 v_i + v_(i-1))/6 = (2 + cos t)/3 v_i.",
                    check=Equal(
                        sympy.expand_trig(sympy.expand(smoothed - (2 + sympy.cos(t)) / 3 * vector, deep=True)),
                        sympy.Integer(0),
                    ),
                ),
            ),
        )
        if name != "constant"
        else Derivation(
            "The eigenvalue of the discretised kernel",
            ((h, "width"),),
            (
                Step(
                    "M cells of width 1/M and weight 1 in a row.",
                    reason="Sum of a row.",
                    check=Equal(h * (1 / h), sympy.Integer(1)),
                ),
            ),
        )
    )


def _eigenpair(graphon: _Graphon) -> Derivation:
    """int_0^1 G(x, y) f(y) dy = lambda f(x), and the norm, by integration."""
    s = sympy.Symbol("s", positive=True)
    f = graphon.eigenfunction
    left = graphon.below.subs({_X: s, _Y: _X}, simultaneous=True) * f.subs(_X, s)
    right = graphon.below.subs(_Y, s) * f.subs(_X, s)
    image = sympy.integrate(sympy.expand(left), (s, 0, _X)) + sympy.integrate(sympy.expand(right), (s, _X, 1))
    square = 2 * sympy.Integral(graphon.below**2, (_X, 0, _Y), (_Y, 0, 1))
    name = sympy.Symbol("T")
    return Derivation(
        f"The kernel operator of G = {graphon.text}",
        ((name, "the image of the eigenfunction"), (_X, "place in [0, 1]")),
        (
            Step(
                "The image of the eigenfunction, integrated over y < x and y > x.",
                reason="Integration.",
                check=Definition(name, image),
            ),
            Step(
                "It is a multiple of the eigenfunction.",
                reason="Exact simplification.",
                check=Equal(name, graphon.eigenvalue * f),
            ),
            Step(
                "The eigenfunction is positive inside (0, 1), so the eigenvalue is the largest.",
                reason="Perron and Frobenius (Jentzsch) for kernels that are positive inside.",
                check=SignIs(f.subs(_X, sympy.Rational(1, 2)), ">"),
            ),
            Step(
                "The squared Hilbert-Schmidt norm.", reason="Integration.", check=Equal(square, as_sympy(graphon.norm))
            ),
        ),
    )


def _cells(graphon: _Graphon) -> Derivation:
    """Averages over cells i < j and i = j, by integration."""
    c, d, h = sympy.symbols("c d h", positive=True)
    value = graphon.below
    apart = sympy.Integral(value, (_X, c - h / 2, c + h / 2), (_Y, d - h / 2, d + h / 2)) / h**2
    same = 2 * sympy.Integral(value, (_X, c - h / 2, _Y), (_Y, c - h / 2, c + h / 2)) / h**2
    diagonal = {"min(x, y)": c - h / 6, "1 - max(x, y)": 1 - c - h / 6, "min(x, y) - x y": c - h / 6 - c**2}
    return Derivation(
        "Averages over the cells",
        ((c, "centre of the left cell"), (d, "centre of the right cell"), (h, "width")),
        (
            Step(
                "Two cells beside each other: the value at the centres.",
                reason="Integration.",
                check=Equal(apart, value.subs({_X: c, _Y: d})),
            ),
            Step(
                "A cell with itself.",
                reason="Integration.",
                check=Equal(same, diagonal.get(graphon.text, sympy.Integer(1))),
            ),
        ),
    )


def _averages(values: Mapping[str, Any]) -> np.ndarray:
    """M^2 times the cell integrals, as exact rationals (object array)."""
    graphon, size = _GRAPHONS[values["graphon"]], values["nodes"]
    centres = [Fraction(2 * k + 1, 2 * size) for k in range(size)]
    matrix = np.empty((size, size), dtype=object)
    for i, x in enumerate(centres):
        for j in range(i + 1):
            average = graphon.on_diagonal(x, Fraction(1, size)) if i == j else graphon.off_diagonal(x, centres[j])
            matrix[i, j] = matrix[j, i] = values["weight"] * average
    return matrix


def _numeric(values: Mapping[str, Any]) -> NumericView:
    graphon, weight = _GRAPHONS[values["graphon"]], as_float(values["weight"])
    coarse, fine = (_nystrom(graphon, weight, size) for size in (values["nystrom"] // 2, values["nystrom"]))
    top = fine[0] + (fine[0] - coarse[0]) / 3
    matrix = _averages(values).astype(np.float64) / values["nodes"]
    discrete = float(np.linalg.eigvalsh(matrix)[-1])
    centres = (np.arange(1000) + 0.5) / 1000
    samples = weight * graphon.values(centres[:, None], centres[None, :])
    estimates = {
        _KERNEL: Estimate(top, abs(fine[0] - coarse[0]) + 1e-9 * weight),
        _DISCRETE: Estimate(discrete, 1e-13 * weight * values["nodes"]),
        _NORM: Estimate(float(np.mean(samples**2)), 1e-4 * weight**2),
        _DENSITY: Estimate(float(np.mean(samples)), 1e-4 * weight),
    }
    return NumericView(estimates, (_picture(graphon, weight, fine[1]), _image(values, matrix * values["nodes"])))


def _nystrom(graphon: _Graphon, weight: float, size: int) -> tuple[float, np.ndarray]:
    """Top eigenvalue and eigenvector of G(x_i, x_j)/M at the midpoints, error O(1/M^2)."""
    x = (np.arange(size) + 0.5) / size
    matrix = weight * graphon.values(x[:, None], x[None, :]) / size
    found, vectors = scipy.sparse.linalg.eigsh(matrix, k=1, which="LA", v0=np.ones(size))
    return float(found[0]), np.asarray(vectors[:, 0])


def _picture(graphon: _Graphon, weight: float, vector: np.ndarray) -> Plot:
    x = (np.arange(len(vector)) + 0.5) / len(vector)
    exact = np.array([float(graphon.eigenfunction.subs(_X, sympy.Rational(k, 100))) for k in range(101)])
    scaled = vector / vector[np.argmax(np.abs(vector))] * exact.max()
    shown = slice(None, None, max(1, len(x) // 25))
    return Plot(
        f"Top eigenfunction of {weight:g} G, G = {graphon.text}",
        "place x of the node",
        "eigenfunction",
        (
            Series("line", np.linspace(0, 1, 101), exact, f"exact: {graphon.eigenfunction}"),
            Series("points", x[shown], scaled[shown], f"Nystrom with {len(x)} nodes"),
        ),
        "The eigenvector of the graph lies on the eigenfunction of the graphon.",
    )


def _image(values: Mapping[str, Any], matrix: np.ndarray) -> Plot:
    centres = (np.arange(len(matrix)) + 0.5) / len(matrix)
    return Plot(
        f"Averages over {len(matrix)} x {len(matrix)} cells",
        "x",
        "y",
        (Series("image", centres, centres, "weight of the edge", upper=matrix),),
        f"Edge weights between {matrix.min():.3g} and {matrix.max():.3g}.",
        {"equal": True, "size": (5.6, 4.8)},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    """P T P, P the projection to step functions, has the eigenvalues of the averages divided by M.

    The kernels are covariances (of Brownian motion, its reversal, its bridge, a constant), so T >= 0, and Courant and
    Fischer give lambda_k(PTP) <= lambda_k(T) for all k. The squares of the eigenvalues add up to the squared norms, so
    lambda_1(T)^2 <= |T|^2 - |PTP|^2 + lambda_1(PTP)^2. Both norms are exact rationals.
    """
    graphon, size, weight = _GRAPHONS[values["graphon"]], values["nodes"], values["weight"]
    averages = _averages(values)
    discrete = largest_eigenvalue(rational_ball(averages / size))
    norm = weight**2 * graphon.norm
    missing = norm - sum((a * a for a in averages.ravel()), Fraction(0)) / size**2
    top = Ball.exact(discrete.upper)
    upper = sqrt(top * top + rational_ball(missing)).upper
    proved: dict[str, Any] = {
        _KERNEL: Enclosure(discrete.lower, max(float(upper), discrete.upper)),
        _DISCRETE: discrete,
        _NORM: rational_enclosure(norm),
        _DENSITY: rational_enclosure(sum(averages.ravel(), Fraction(0)) / size**2),
    }
    return CertifiedView(values=proved)


def _heat_erratum(values: Mapping[str, Any]) -> Derivation:
    """f = g = 0, h = 1: X = W_t is Gaussian with variance t + v; (48) would need u_t = -u_xx/2."""
    x, t = sympy.Symbol("x", real=True), sympy.Symbol("t", positive=True)
    density = sympy.Symbol("u")
    gaussian = sympy.exp(-(x**2) / (2 * t)) / sympy.sqrt(2 * sympy.pi * t)
    forward = sympy.Derivative(density, t) - sympy.Derivative(density, (x, 2)) / 2
    printed = sympy.Derivative(density, t) + sympy.Derivative(density, (x, 2)) / 2
    at_zero = ((x, sympy.Integer(0)),)
    return Derivation(
        "The sign of the diffusion term",
        ((x, "state"), (t, "time"), (density, "density of the law")),
        (
            Step(
                "With f = g = 0 and h = 1 all averaging integrals equal 1, and (47) is X(t) = W(t): a Gaussian law "
                "with variance t.",
                reason="Definition.",
                check=Definition(density, gaussian),
            ),
            Step(
                "It solves the heat equation u_t - u_xx/2 = 0.",
                reason="Differentiation.",
                check=Equal(forward, sympy.Integer(0)),
            ),
            Step(
                "The left-hand side of (48) does not vanish: at x = 0 it is -1/(t sqrt(2 pi t)).",
                reason="Differentiation.",
                reference=_SOURCE,
                check=AllOf(
                    (
                        IsRoot((printed + 1 / (t * sympy.sqrt(2 * sympy.pi * t)),), at_zero),
                        SignIs(1 / (t * sympy.sqrt(2 * sympy.pi * t)), ">"),
                    )
                ),
            ),
        ),
    )


def _factor_erratum(values: Mapping[str, Any]) -> Derivation:
    """G = 1, g = 1: the coupling sum of (28) with (44) is 1/M, not the integral 1."""
    size = sympy.Symbol("M", positive=True)
    printed, correct = size * size**-2, size * (size * size**-2)
    return Derivation(
        "The factor M in the weights",
        ((size, "number of nodes"),),
        (
            Step(
                "For G = 1 each cell integral is 1/M^2, and the coupling sum over j of a_ij g with g = 1 is 1/M: it "
                "vanishes in the limit, although the graphon's integral of G(x, y) g over y is 1.",
                reason="Sum of M equal terms.",
                check=AllOf((Equal(printed, 1 / size), Equal(sympy.Limit(1 / size, size, sympy.oo), sympy.Integer(0)))),
            ),
            Step(
                "With a_ij equal to M times the cell integral the sum is 1 for every M.",
                reason="Sum of M equal terms.",
                reference=_SOURCE,
                check=Equal(correct, sympy.Integer(1)),
            ),
        ),
    )


CASE = case_of(
    "graphon",
    readers={
        "graphon": one_of(*_GRAPHONS),
        "weight": bounded_rational(0, 1000, open_below=True),
        "nodes": whole_number(1, 200),
        "nystrom": whole_number(10, 4000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_KERNEL, "0.405284734569351", "4/pi^2"),
        Known(_NORM, "1/6", "integral of min(x, y)^2"),
        Known(_DENSITY, "1/3", "integral of min(x, y)"),
    ),
    errata=(
        Erratum(
            "(48) adds the diffusion term with the sign of +1/2 d^2/dx^2 on the left, a backward heat equation.",
            "The term must be subtracted: d/dt mu + d/dx(...) - (1/2) d^2/dx^2 (...) = 0.",
            _heat_erratum,
        ),
        Erratum(
            "(44) takes the integral of the graphon over a cell as the weight a_ij in (28).",
            "The weight must be M times that integral (or M^2 times it when the sum is divided by M).",
            _factor_erratum,
        ),
    ),
)
