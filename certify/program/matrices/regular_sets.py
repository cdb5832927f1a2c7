"""Whether factorisations and spectra are real-analytic at every member of a ball matrix.

Each answer is True only where an open condition is proved for all members; False refutes nothing.
"""

import itertools
from collections.abc import Callable

import numpy as np

from certify.arithmetic import Ball
from certify.program.errors import UndecidedBranch
from certify.program.matrices import factorisations, orthogonal, spectra, square_root
from foundation import InputError
from foundation.arb_precision import arb_precision

# Twice the working precision and a reserve for elimination: that of the values themselves.
_PRECISION = 128


def _proved(condition: Callable[[np.ndarray], bool]) -> Callable[[Ball], bool]:
    """The condition on one matrix of float64 balls; what the balls leave open is not proved."""

    def holds(a: Ball) -> bool:
        from certify.program.arb import to_arb

        try:
            with arb_precision(_PRECISION):
                return condition(to_arb(a))
        except (UndecidedBranch, InputError):
            return False

    return holds


def _has_decided_pivots(a: np.ndarray) -> bool:
    """Each pivot is not 0 where rows are left below it, and larger than all entries below: around A the order of the
    rows is one, and elimination divides by no zero.
    """
    factorisations.decided_elimination(a)
    return True


def _has_decided_reflections(a: np.ndarray) -> bool:
    """The first min(m, n) columns are independent, and each of them is reflected, with one sign around A."""
    count = min(a.shape)
    factors = orthogonal.orthogonal_factors(a)
    return all(entry.is_finite() for x in factors for entry in x.flat) and orthogonal.signs_are_open(
        factors[0][:, :count]
    )


def _has_separated_eigenvalues(a: np.ndarray) -> bool:
    return all(low < high for low, high in itertools.pairwise(spectra.eigenvalues(a)))


def _has_separated_singular_values(a: np.ndarray) -> bool:
    values = spectra.singular_values(a)
    return bool(values[-1] > 0) and all(low < high for high, low in itertools.pairwise(values))


def _has_determined_singular_vectors(a: np.ndarray) -> bool:
    """Those of the smaller side, for which one singular value may be 0."""
    values = spectra.singular_values(a)
    return all(low < high for high, low in itertools.pairwise(values))


def _has_principal_square_root(a: np.ndarray) -> bool:
    """The root is proved to exist: on its domain it is analytic."""
    return all(entry.is_finite() for entry in square_root.square_root(a).flat)


def _has_full_rank(a: np.ndarray) -> bool:
    """Every singular value exceeds JAX's cutoff, and the pseudo-inverse is bounded."""
    return all(entry.is_finite() for entry in spectra.pseudo_inverse(a).flat)


has_decided_pivots = _proved(_has_decided_pivots)
has_decided_reflections = _proved(_has_decided_reflections)
has_separated_eigenvalues = _proved(_has_separated_eigenvalues)
has_separated_singular_values = _proved(_has_separated_singular_values)
has_determined_singular_vectors = _proved(_has_determined_singular_vectors)
has_principal_square_root = _proved(_has_principal_square_root)
has_full_rank = _proved(_has_full_rank)
