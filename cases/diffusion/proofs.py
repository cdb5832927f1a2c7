"""The proved view of diffusions."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from cases.common.exact_formulas import Formula, minus, over, values_task
from cases.diffusion.system import GAP, SECOND, VARIANCE, VIRIAL, WELL_GAP, well_chain, well_climbs
from cases.model import CertifiedView, Task
from certify.arithmetic import Ball, sqrt
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb, integral_arb
from certify.linear_algebra import symmetric_eigenvalues
from foundation.arb_precision import arb_precision

_BITS = 160


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    theta, count = values["theta"], values["cells"]
    second, virial = _well_means(values["epsilon"], values["wells"])
    gaussian = _gaussian_variance(values["epsilon"], theta)
    proved: dict[str, Any] = {
        VARIANCE: gaussian,
        GAP: _gap(_ehrenfest_ball(count, theta)),
        SECOND: second,
        VIRIAL: virial,
        WELL_GAP: _gap(_tridiagonal(*well_chain(values))),
    }
    return CertifiedView((_task(values),), proved)


def _task(values: Mapping[str, Any]) -> Task:
    """Moments of the stationary densities as quotients of integrals over the half line; both gaps as eigenvalues."""
    epsilon, theta, depth, count = (values[name] for name in ("epsilon", "theta", "wells", "cells"))
    well = [0, 0, -depth / epsilon**2, 0, 1 / (2 * epsilon**2)]
    gauss = [0, 0, theta / epsilon**2]
    middle = Fraction(-count, 2) * theta
    spins = _rows([middle] * (count + 1), [["*", theta / 2, ["sqrt", (k + 1) * (count - k)]] for k in range(count)])
    scale, climbs = well_climbs(values)
    exponents = zip([*climbs, None], [None, *(-climb for climb in climbs)], strict=True)
    leaving = [
        minus(["*", scale, ["+", *(["exp", exponent] for exponent in pair if exponent is not None)]])
        for pair in exponents
    ]
    second = over(["moment", 2, well], ["moment", 0, well])
    formulas = {
        VARIANCE: over(["moment", 2, gauss], ["moment", 0, gauss]),
        GAP: minus(["eigenvalue", spins, count]),
        SECOND: second,
        VIRIAL: ["+", over(["moment", 4, well], ["moment", 0, well]), minus(["*", depth, second])],
        WELL_GAP: minus(["eigenvalue", _rows(leaving, [scale] * count), count]),
    }
    return values_task("stationary densities and gaps", formulas)


def _rows(diagonal: list[Formula], side: list[Formula]) -> list[list[Formula]]:
    """A symmetric tridiagonal matrix."""
    size = len(diagonal)
    rows: list[list[Formula]] = [[0] * size for _ in range(size)]
    for k, entry in enumerate(diagonal):
        rows[k][k] = entry
    for k, entry in enumerate(side):
        rows[k][k + 1] = rows[k + 1][k] = entry
    return rows


def _gap(generator: Ball) -> Enclosure:
    """Minus the second largest eigenvalue of a symmetrised generator."""
    found = symmetric_eigenvalues(generator)
    return Enclosure(-float(found.upper[-2]), -float(found.lower[-2]))


def _ehrenfest_ball(count: int, theta: Fraction) -> Ball:
    """diag(pi)^(1/2) Q diag(pi)^(-1/2): symmetric, with the spectrum of the generator Q."""
    products = Ball.exact(np.array([(k + 1.0) * (count - k) for k in range(count)]))
    return _tridiagonal(
        rational_ball(np.array([-theta * count / 2] * (count + 1), dtype=object)),
        rational_ball(theta / 2) * sqrt(products),
    )


def _tridiagonal(diagonal: Ball, side: Ball) -> Ball:
    size = len(diagonal)
    mid, rad = np.zeros((size, size)), np.zeros((size, size))
    lower, upper = np.arange(size - 1), np.arange(1, size)
    for target, on, off in ((mid, diagonal.mid, side.mid), (rad, diagonal.rad, side.rad)):
        np.fill_diagonal(target, on)
        target[lower, upper] = target[upper, lower] = off
    return Ball(mid, rad)


def _well_means(epsilon: Fraction, depth: Fraction) -> tuple[Enclosure, Enclosure]:
    """Means of x^2 and of x^4 - a x^2 under exp(-(x^2 - a)^2/(2 eps^2)), by quotients of certified integrals.

    With R^2 >= 2a: (x^2 - a)^2 >= x^4/4 >= R^3 x/4 beyond R, so the tails are below those of x^k exp(-c x) with
    c = R^3/(8 eps^2).
    """
    with arb_precision(_BITS):
        noise, well = exact_arb(2 * epsilon**2), exact_arb(depth)
        end = Fraction(
            math.ceil(100 * max(math.sqrt(2 * float(depth)) + 1e-6, (1000 * float(epsilon) ** 2) ** 0.25) + 1), 100
        )

        def moment(power: int) -> flint.arb:
            def integrand(z: flint.acb, _: bool) -> flint.acb:
                return z**power * (-((z * z - well) ** 2) / noise).exp()

            return integral_arb(integrand, 0, end, tail=_tail(end, epsilon, power), precision=_BITS)

        total, second, fourth = moment(0), moment(2), moment(4)
        return arb_enclosure(second / total), arb_enclosure((fourth - well * second) / total)


def _tail(end: Fraction, epsilon: Fraction, power: int) -> flint.arb:
    """sum_j (power)_j R^(power - j) / c^(j+1) exp(-c R), the integral of x^power exp(-c x) from R on."""
    reach, rate = exact_arb(end), exact_arb(end**3 / (8 * epsilon**2))
    terms = [reach ** (power - j) * math.perm(power, j) / rate ** (j + 1) for j in range(power + 1)]
    return sum(terms[1:], terms[0]) * (-rate * reach).exp()


def _gaussian_variance(epsilon: Fraction, theta: Fraction) -> Enclosure:
    """v times the quotient of the integrals of y^2 exp(-y^2/2) and exp(-y^2/2); beyond 20, y^2/2 >= 10 y."""
    with arb_precision(_BITS):
        tail = exact_arb(20 * 20) * 2 * (-exact_arb(200)).exp()

        def moment(power: int) -> flint.arb:
            def integrand(z: flint.acb, _: bool) -> flint.acb:
                return z**power * (-(z * z) / 2).exp()

            return integral_arb(integrand, 0, 20, tail=tail, precision=_BITS)

        second, total = moment(2), moment(0)
        return arb_enclosure(exact_arb(epsilon**2 / (2 * theta)) * second / total)
