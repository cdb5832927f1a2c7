"""The spectrum of the linearisation at an exactly twisted state of a circulant network, in Arb balls."""

from collections.abc import Mapping
from fractions import Fraction

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.program.arb import to_ball
from foundation import InputError
from foundation.arb_precision import arb_precision

_BITS = 128


def twisted_spectrum(nodes: int, twist: int, strengths: Mapping[int, Fraction]) -> Ball:
    """Eigenvalues, Ball (nodes - 1,), of the linearisation at theta_k = 2 pi q k/n, for the modes m = 1, ..., n - 1.

    strengths: coupling of oscillators at the distance j = 1, ..., floor(n/2) around the ring. The linearisation is
    circulant: lambda_m = -sum_j 2 w_j cos(2 pi q j/n) (1 - cos(2 pi m j/n)), with w_j once only for j = n/2
    [D. Wiley, S. Strogatz, M. Girvan, Chaos 16 (2006)]. Cosines of quarter turns are exact zeros: a neutral state has
    eigenvalues that are exactly 0.
    """
    if nodes < 2 or not strengths or any(not 1 <= j <= nodes // 2 for j in strengths):
        raise InputError(f"strengths need distances between 1 and {nodes // 2}, but have {sorted(strengths)}")
    with arb_precision(_BITS):
        cosines = [flint.arb.cos_pi_fmpq(flint.fmpq(2 * k, nodes)) for k in range(nodes)]
        total = [flint.arb(0)] * nodes
        for distance, strength in strengths.items():
            factor = flint.arb(flint.fmpq(strength.numerator, strength.denominator)) * cosines[twist * distance % nodes]
            factor = factor if 2 * distance == nodes else 2 * factor
            for mode in range(1, nodes):
                total[mode] -= factor * (1 - cosines[mode * distance % nodes])
        return to_ball(np.array(total[1:], dtype=object))
