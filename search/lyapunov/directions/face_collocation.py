"""Collocation of the Poisson equation on the cells of the cube's faces."""

import numpy as np
from scipy.sparse import csr_array

from certify.lyapunov.directions.face_tree import FaceTree, corner_offsets
from certify.lyapunov.time_limit import check_time
from search.lyapunov.directions.face_tree import images_on_faces, vectors_on_faces
from search.lyapunov.directions.line_collocation import smallest_size


def corner_places(tree: FaceTree) -> tuple[np.ndarray, np.ndarray]:
    """Face (N C,) and place (N C, d-1) of the C = 2^(d-1) corners of every leaf."""
    nodes = tree.leaves
    offsets = corner_offsets(tree.dimension)
    places = tree.low[nodes][:, None, :] + tree.side[nodes][:, None, None] * offsets
    return np.repeat(tree.face[nodes], len(offsets)), places.reshape(-1, tree.dimension - 1)


def solve(
    matrices: np.ndarray, probabilities: np.ndarray, tree: FaceTree, start: np.ndarray, iterations: int
) -> tuple[np.ndarray, float]:
    """Corner values (N, C) of an f with c + Qf - f nearly constant at the corners, and that constant.

    Few iterations from 0 give a smoother f, c + Qc + .. + Q^(m-1) c up to a constant, with a less constant residual.
    """
    face, places = corner_places(tree)
    distinct, inverse = _distinct(face, places)
    constant, transition = _collocation(matrices, probabilities, tree, face[distinct], places[distinct])
    copy = csr_array((np.ones(len(inverse)), (np.arange(len(inverse)), inverse)), shape=(len(inverse), len(distinct)))
    transition = transition @ copy
    values, middle, step, previous = start.ravel()[distinct], 0.0, 1.0, np.inf
    for _ in range(iterations):
        check_time()
        gap = constant + transition @ values - values
        low, high = float(gap.min()), float(gap.max())
        middle, size = (low + high) / 2, high - low
        values = values + step * (gap - middle)
        if size < 1e-6:
            break
        step = 0.5 if size > 0.98 * previous else step
        previous = size
    values = values - values.mean()
    return values[inverse].reshape(len(tree.leaves), -1), middle


def _distinct(face: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One representative of every corner, and the representative's number for each."""
    keys = np.column_stack([face, places])
    packed = np.ascontiguousarray(keys).view([("", keys.dtype)] * keys.shape[1]).ravel()
    _, distinct, inverse = np.unique(packed, return_index=True, return_inverse=True)
    return distinct, inverse.ravel()


def _collocation(
    matrices: np.ndarray, probabilities: np.ndarray, tree: FaceTree, face: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, csr_array]:
    """c at the places, and the matrix from all corner values to Qf there."""
    vectors = vectors_on_faces(tree.dimension, face, places)
    offsets = corner_offsets(tree.dimension)
    count, corners = len(face), len(offsets)
    constant, rows, columns, entries = np.zeros(count), [], [], []
    for matrix, chance in zip(matrices, probabilities, strict=True):
        images = matrix @ vectors
        constant += chance * np.log(np.maximum(np.abs(images).max(axis=0), smallest_size(matrix)))
        target_face, target = images_on_faces(tree.dimension, images)
        leaf = tree.locate(target_face, target)
        nodes = tree.leaves[leaf]
        share = (target - tree.low[nodes]) / tree.side[nodes][:, None]
        for number, offset in enumerate(offsets):
            rows.append(np.arange(count))
            columns.append(corners * leaf + number)
            entries.append(chance * np.prod(np.where(offset > 0, share, 1.0 - share), axis=1))
    index = (np.concatenate(rows), np.concatenate(columns))
    return constant, csr_array((np.concatenate(entries), index), shape=(count, corners * len(tree.leaves)))
