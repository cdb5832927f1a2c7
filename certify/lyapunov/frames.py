"""Changes of basis for engines that subdivide directions: in good coordinates all matrices act evenly on a cube.

T^-1 A_i T have the exponents of A_i for every regular T. Nothing about T is believed: the changed family is computed in
exact arithmetic, or in balls with a verified inverse.
"""

import numpy as np
from flint import fmpq_mat

from certify.arithmetic import Ball, matmul
from certify.linear_algebra.inverse import inverse
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.family import family as build_family
from certify.lyapunov.rationals import rational, to_fmpq
from certify.lyapunov.witness_fields import array_field
from foundation import CertificateError


def in_frame(members: Family, witness: Witness) -> Family:
    """The family T^-1 A_i T for the witness's `frame` T (d, d); the family itself for an empty one.

    Raises `CertificateError` when T is not proved to be regular.
    """
    frame = array_field(witness, "frame", 2)
    if frame.size == 0:
        return members
    if frame.shape != (members.dimension,) * 2:
        raise CertificateError(f"the witness's frame must have {members.dimension} rows, but has shape {frame.shape}")
    chances = members.probabilities if members.exact_probabilities is None else list(members.exact_probabilities)
    if members.exact is None:
        return build_family(_in_balls(members.matrices, Ball.exact(frame)), chances)
    basis = fmpq_mat([[to_fmpq(rational(float(x), "frame")) for x in row] for row in frame])
    try:
        back = basis.inv()
    except ZeroDivisionError:
        raise CertificateError("the witness's frame is singular") from None
    return build_family([back * matrix * basis for matrix in members.exact], chances)


def _in_balls(matrices: Ball, frame: Ball) -> Ball:
    back = inverse(frame)
    if not np.isfinite(back.rad).all():
        raise CertificateError("the witness's frame is not proved to be regular")
    return matmul(matmul(back, matrices), frame)
