"""Changes of basis for engines that subdivide directions: in good coordinates all matrices act evenly on a cube.

T^-1 A_i T have the exponents of A_i for every regular T. Nothing about T is believed: the changed family is computed in
exact arithmetic, or in balls with a verified inverse.
"""

import numpy as np
from flint import fmpq_mat

from certify.arithmetic import Ball, matmul
from certify.linear_algebra.inverse import inverse
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.families.rationals import rational, to_fmpq
from certify.lyapunov.witness_fields import array_field
from foundation import CertificateError


def in_frame(family: Family, witness: Witness) -> Family:
    """The family T^-1 A_i T for the witness's `frame` T (d, d); the family itself for an empty one.

    Raises `CertificateError` when T is not proved to be regular.
    """
    frame = array_field(witness, "frame", 2)
    if frame.size == 0:
        return family
    if frame.shape != (family.dimension,) * 2:
        raise CertificateError(f"the witness's frame must have {family.dimension} rows, but has shape {frame.shape}")
    probabilities = family.probabilities if family.exact_probabilities is None else list(family.exact_probabilities)
    if family.exact is None:
        return matrix_family(_in_balls(family.matrices, Ball.exact(frame)), probabilities)
    basis = fmpq_mat([[to_fmpq(rational(float(x), "frame")) for x in row] for row in frame])
    try:
        back = basis.inv()
    except ZeroDivisionError:
        raise CertificateError("the witness's frame is singular") from None
    return matrix_family([back * matrix * basis for matrix in family.exact], probabilities)


def _in_balls(matrices: Ball, frame: Ball) -> Ball:
    back = inverse(frame)
    if not np.isfinite(back.rad).all():
        raise CertificateError("the witness's frame is not proved to be regular")
    return matmul(matmul(back, matrices), frame)
