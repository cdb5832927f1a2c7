"""Bases in which the directions of a family spread evenly."""

from collections.abc import Iterator

import numpy as np

from certify.lyapunov.families.family import Family
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.weighted_moment import perron

_FLOOR = 1e-5
_BITS = 12


def candidate_frames(family: Family) -> Iterator[np.ndarray]:
    """Frames worth trying (estimates): none, and T with T^-T T^-1 = P or P^(1/2) for metrics P that suit the family.

    P is the form in which the matrices are symmetric, where there is one, and that of the mean square.
    """
    yield np.zeros((0, 0))
    for metric in (symmetrising_form(family.matrices.mid), _mean_square(family)):
        if metric is None:
            continue
        values, vectors = np.linalg.eigh(positive_metric(metric, _FLOOR))
        for power in (0.5, 0.25):
            yield _rounded((vectors * values**-power) @ vectors.T)


def _mean_square(family: Family) -> np.ndarray:
    return perron(family.matrices.mid, family.probabilities.mid).left


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
