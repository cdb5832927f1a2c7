"""The exact view of graph limits."""

from collections.abc import Mapping
from typing import Any

import sympy

from cases.common.parameters import as_sympy
from cases.graphon.limit import derive_limit
from cases.graphon.system import DENSITY, DISCRETE, GRAPHONS, KERNEL, NORM, Graphon, X, Y
from cases.model import SymbolicView
from symbolic import AllOf, Definition, Derivation, Equal, IsRoot, SignIs, Step
from symbolic.checks import at

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (44)-(48)"


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    graphon, weight, size = GRAPHONS[values["graphon"]], as_sympy(values["weight"]), values["nodes"]
    exact = {
        KERNEL: weight * graphon.eigenvalue,
        NORM: weight**2 * as_sympy(graphon.norm),
        DENSITY: weight * as_sympy(graphon.mean),
    }
    known = _discrete_eigenvalue(values["graphon"], size)
    if known is not None:
        exact[DISCRETE] = weight * known
    derivations = (_eigenpair(graphon), _cells(graphon), _discrete(values["graphon"]), derive_limit())
    return SymbolicView(derivations, exact)


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
    size = sympy.Symbol("M", integer=True, positive=True)
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
            ((size, "M, number of cells"),),
            (
                Step(
                    "A row has M entries 1/M: all entries equal, it maps the vector of ones to itself, and what is "
                    "orthogonal to it to 0.",
                    reason="Sum of a row.",
                    check=Equal(sympy.Sum(1 / size, (sympy.Symbol("j", integer=True), 1, size)), sympy.Integer(1)),
                ),
            ),
        )
    )


def _eigenpair(graphon: Graphon) -> Derivation:
    """int_0^1 G(x, y) f(y) dy = lambda f(x), and the norm, by integration."""
    s = sympy.Symbol("s", positive=True)
    f = graphon.eigenfunction
    left = graphon.below.subs({X: s, Y: X}, simultaneous=True) * f.subs(X, s)
    right = graphon.below.subs(Y, s) * f.subs(X, s)
    image = sympy.Integral(sympy.expand(left), (s, 0, X)) + sympy.Integral(sympy.expand(right), (s, X, 1))
    square = 2 * sympy.Integral(graphon.below**2, (X, 0, Y), (Y, 0, 1))
    name = sympy.Symbol("T")
    return Derivation(
        f"The kernel operator of G = {graphon.text}",
        ((name, "the image of the eigenfunction"), (X, "place in [0, 1]")),
        (
            Step(
                "The image of the eigenfunction: integrals over y < x and over y > x.",
                reason="Definition.",
                check=Definition(name, image),
            ),
            Step(
                "It is a multiple of the eigenfunction.",
                reason="Integration.",
                check=Equal(name, graphon.eigenvalue * f),
            ),
            *_positive(f),
            Step(
                "The squared Hilbert-Schmidt norm.", reason="Integration.", check=Equal(square, as_sympy(graphon.norm))
            ),
        ),
    )


def _positive(f: sympy.Expr) -> tuple[Step, ...]:
    """Nothing to show for the constant 1."""
    if not f.free_symbols:
        return ()
    return (
        Step(
            "The eigenfunction is positive inside (0, 1), so the eigenvalue is the largest.",
            reason="It has no zero there. Perron and Frobenius (Jentzsch) for kernels that are positive inside.",
            check=SignIs(at(f, (X, sympy.Rational(1, 2))), ">"),
        ),
    )


def _cells(graphon: Graphon) -> Derivation:
    """Averages over cells i < j and i = j, by integration."""
    c, d, h = sympy.symbols("c d h", positive=True)
    value = graphon.below
    apart = sympy.Integral(value, (X, c - h / 2, c + h / 2), (Y, d - h / 2, d + h / 2)) / h**2
    same = 2 * sympy.Integral(value, (X, c - h / 2, Y), (Y, c - h / 2, c + h / 2)) / h**2
    diagonal = {"min(x, y)": c - h / 6, "1 - max(x, y)": 1 - c - h / 6, "min(x, y) - x y": c - h / 6 - c**2}
    return Derivation(
        "Averages over the cells",
        ((c, "centre of the left cell"), (d, "centre of the right cell"), (h, "width")),
        (
            Step(
                "Two cells beside each other: the value at the centres.",
                reason="Integration.",
                check=Equal(apart, value.subs({X: c, Y: d})),
            ),
            Step(
                "A cell with itself.",
                reason="Integration.",
                check=Equal(same, diagonal.get(graphon.text, sympy.Integer(1))),
            ),
        ),
    )


def heat_erratum(values: Mapping[str, Any]) -> Derivation:
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


def factor_erratum(values: Mapping[str, Any]) -> Derivation:
    """G = 1, g = 1: the coupling sum of (28) with (44) is 1/M, not the integral 1."""
    size = sympy.Symbol("M", positive=True, integer=True)
    j, y = sympy.Symbol("j", integer=True), sympy.Symbol("y", real=True)
    cell = sympy.Integral(1 / size, (y, (j - 1) / size, j / size))
    printed, correct = sympy.Sum(cell, (j, 1, size)), sympy.Sum(size * cell, (j, 1, size))
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
