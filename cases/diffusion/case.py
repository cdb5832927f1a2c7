"""Diffusions dX = b(X) dt + eps dW: stationary densities, spectra and gaps (Ornstein-Uhlenbeck, double well)."""

from fractions import Fraction

from cases.common.parameters import whole_number
from cases.common.readers import bounded_rational
from cases.diffusion.derivation import symbolic_view
from cases.diffusion.numeric_view import numeric_view
from cases.diffusion.proofs import certified_view
from cases.diffusion.system import GAP, VARIANCE, VIRIAL
from cases.model import Known, case_of

CASE = case_of(
    "diffusion",
    readers={
        "epsilon": bounded_rational(Fraction(1, 10), 10),
        "theta": bounded_rational(Fraction(1, 1000), 1000),
        "wells": bounded_rational(0, 4),
        "cells": whole_number(4, 400),
        "particles": whole_number(1000, 200000),
    },
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(VARIANCE, "0.125", "eps^2/2 for theta = 1, eps = 1/2"),
        Known(GAP, "1", "theta"),
        Known(VIRIAL, "0.125", "eps^2/2"),
    ),
)
