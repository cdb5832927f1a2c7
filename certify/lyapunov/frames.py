"""Changes of basis for engines that subdivide directions: in good coordinates all matrices act evenly on a cube.

T^-1 A_i T have the exponents of A_i for every regular T. Nothing about T is believed: the changed family is computed in
exact arithmetic, or in balls with a verified inverse.
"""

from collections.abc import Iterator

import numpy as np
from flint import fmpq_mat

from certify.arithmetic import Ball, matmul
from certify.linear_algebra.inverse import inverse
from certify.lyapunov.concave_bound import positive_metric
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.family import family as build_family
from certify.lyapunov.rationals import rational, to_fmpq
from certify.lyapunov.weighted_moment import perron
from certify.lyapunov.witness_fields import array_field
from foundation import CertificateError

_FLOOR = 1e-5
_BITS = 12


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


def candidate_frames(members: Family) -> Iterator[np.ndarray]:
    """Frames worth trying (estimates): none, and T with T^-T T^-1 = P or P^(1/2) for metrics P that suit the family.

    P is the form in which the matrices are symmetric, where there is one, and that of the mean square.
    """
    yield np.zeros((0, 0))
    for metric in (symmetrising_form(members.matrices.mid), _mean_square(members)):
        if metric is None:
            continue
        values, vectors = np.linalg.eigh(positive_metric(metric, _FLOOR))
        for power in (0.5, 0.25):
            yield _rounded((vectors * values**-power) @ vectors.T)


def _mean_square(members: Family) -> np.ndarray:
    return perron(members.matrices.mid, members.probabilities.mid).left


def symmetrising_form(matrices: np.ndarray) -> np.ndarray | None:
    """A positive definite P with A_i^T P = P A_i for all i, up to rounding, or None (an estimate)."""
    dimension = matrices.shape[-1]
    pairs = [(i, j) for i in range(dimension) for j in range(i, dimension)]
    forms = np.zeros((len(pairs), dimension, dimension))
    for number, (i, j) in enumerate(pairs):
        forms[number, i, j] = forms[number, j, i] = 1.0
    rows = [np.stack([(a.T @ p - p @ a).ravel() for p in forms], axis=1) for a in matrices]
    values, vectors = np.linalg.svd(np.concatenate(rows))[1:]
    if values[-1] > 1e-9 * values[0]:
        return None
    form = np.einsum("n,nij->ij", vectors[-1], forms)
    ends = np.linalg.eigvalsh(form)
    if ends[0] < 0:
        form, ends = -form, -ends[::-1]
    return form if ends[0] > 0 else None


def _rounded(frame: np.ndarray) -> np.ndarray:
    """Entries with few bits keep exact arithmetic cheap."""
    scale = 2.0 ** (_BITS - np.floor(np.log2(np.abs(frame).max())))
    return np.asarray(np.round(frame * scale) / scale)
