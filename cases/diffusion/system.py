"""What the views of diffusions share: names of quantities, and the system of the user's parameters."""

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic import Ball, exp
from certify.arithmetic.rational import rational_ball

VARIANCE, GAP = "Ornstein-Uhlenbeck: stationary variance", "Ornstein-Uhlenbeck: spectral gap (Ehrenfest chain)"


SECOND, VIRIAL = "double well: mean of x^2", "double well: mean of x V'(x)"


WELL_GAP = "double well: spectral gap of the discretised generator"


def well_chain(values: Mapping[str, Any]) -> tuple[Ball, Ball]:
    """Diagonal and constant side of the symmetrised chain with rates (D/h^2) exp((V_k - V_(k+-1))/eps^2), D = eps^2/2.

    Its stationary law is proportional to exp(-2 V(x_k)/eps^2) by detailed balance.
    """
    factor, exponents = well_climbs(values)
    scale, climbs = rational_ball(factor), np.array(exponents, dtype=object)
    up, down = exp(rational_ball(climbs)), exp(rational_ball(-climbs))
    zero = Ball.exact(np.zeros(1))
    rates = _joined(up, zero) + _joined(zero, down)
    return -1.0 * scale * rates, scale


def well_climbs(values: Mapping[str, Any]) -> tuple[Fraction, list[Fraction]]:
    """D/h^2 and the exponents (V_k - V_(k+1))/eps^2, exactly."""
    epsilon, depth, count = values["epsilon"], values["wells"], values["cells"]
    reach = _reach(epsilon, depth)
    step = 2 * reach / count
    potential = [((step * k - reach) ** 2 - depth) ** 2 / 4 for k in range(count + 1)]
    return epsilon**2 / (2 * step**2), [(a - b) / epsilon**2 for a, b in itertools.pairwise(potential)]


def _joined(a: Ball, b: Ball) -> Ball:
    return Ball(np.concatenate([a.mid, b.mid]), np.concatenate([a.rad, b.rad]))


def _reach(epsilon: Fraction, depth: Fraction) -> Fraction:
    """A rational R with density exp(-(R^2 - a)^2/(2 eps^2)) near exp(-8) there."""
    return Fraction(math.sqrt(float(depth) + 4 * float(epsilon))).limit_denominator(1000) + Fraction(1, 1000)
