"""The proved view of graph limits."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.enclosures import rational_enclosure
from cases.common.exact_formulas import over, values_task
from cases.graphon.system import DENSITY, DISCRETE, GRAPHONS, KERNEL, NORM, X, Y, cell_averages
from cases.model import CertifiedView, Task
from certify.arithmetic import Ball, sqrt
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.linear_algebra import largest_eigenvalue

# Larger graphs have too many weights for a certificate.
_MOST_NODES = 120


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    """P T P, P the projection to step functions, has the eigenvalues of the averages divided by M.

    The kernels are covariances (of Brownian motion, its reversal, its bridge, a constant), so T >= 0, and Courant and
    Fischer give lambda_k(PTP) <= lambda_k(T) for all k. The squares of the eigenvalues add up to the squared norms, so
    lambda_1(T)^2 <= |T|^2 - |PTP|^2 + lambda_1(PTP)^2. Both norms are exact rationals.
    """
    graphon, size, weight = GRAPHONS[values["graphon"]], values["nodes"], values["weight"]
    averages = cell_averages(values)
    discrete = largest_eigenvalue(rational_ball(averages / size))
    norm = weight**2 * graphon.norm
    missing = norm - sum((a * a for a in averages.ravel()), Fraction(0)) / size**2
    top = Ball.exact(discrete.upper)
    upper = sqrt(top * top + rational_ball(missing)).upper
    proved: dict[str, Any] = {
        KERNEL: Enclosure(discrete.lower, max(float(upper), discrete.upper)),
        DISCRETE: discrete,
        NORM: rational_enclosure(norm),
        DENSITY: rational_enclosure(sum(averages.ravel(), Fraction(0)) / size**2),
    }
    tasks = (_task(values, averages),) if size <= _MOST_NODES else ()
    return CertifiedView(tasks, proved)


def _task(values: Mapping[str, Any], averages: np.ndarray) -> Task:
    """The graph's eigenvalue and density from its exact weights, and the kernel's squared norm as an integral."""
    graphon, size, weight = GRAPHONS[values["graphon"]], values["nodes"], values["weight"]
    rows = [[entry / size for entry in row] for row in averages]
    inner = sympy.Integral(2 * sympy.integrate(graphon.below**2, (X, 0, Y)), (Y, 0, 1))
    formulas = {
        DISCRETE: ["eigenvalue", rows, size],
        NORM: ["*", weight**2, inner],
        DENSITY: over(["+", *averages.ravel()], size**2),
    }
    return values_task("the graph and the kernel's norm", formulas)
