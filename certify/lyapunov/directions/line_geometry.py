"""Directions of the plane as a circle of length 2, without trigonometry.

v(t) = (1 - t, 1 - |t - 1|), 0 <= t < 2, has l1 norm 1 and a second coordinate >= 0: t = 0, 1 are the axes, v is affine
on [0, 1] and on [1, 2], and v(2) = -v(0) is the same direction. Where the image w = A v has coordinates of fixed signs
s, its norm is n = s_0 w_0 + s_1 w_1 (affine in t) and its place on the circle is w_1 s_1/n for equal signs, else
1 + w_0 s_0/n. Floating point: these functions locate breakpoints and cells; nothing here is a proof.
"""

import numpy as np


def direction(t: np.ndarray) -> np.ndarray:
    """v(t), shape (2, ...)."""
    return np.stack([1.0 - t, 1.0 - np.abs(t - 1.0)])


def coordinate(w: np.ndarray) -> np.ndarray:
    """The t in [0, 2) of the direction of the vectors w (2, ...); nan for the zero vector."""
    flipped = np.where((w[1] < 0) | ((w[1] == 0) & (w[0] < 0)), -w, w)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.mod(1.0 - flipped[0] / (np.abs(flipped[0]) + flipped[1]), 2.0)


def breakpoints(nodes: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """The nodes and their preimages under the matrices (k, 2, 2), ascending: in between, all images lie in one cell."""
    adjugates = np.stack([np.array([[d, -b], [-c, a]]) for (a, b), (c, d) in matrices])
    preimages = coordinate(np.einsum("kij,jn->ikn", adjugates, direction(nodes))).ravel()
    return np.unique(np.concatenate([nodes, preimages[np.isfinite(preimages)]]))


def cell_of(nodes: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The index of the cell [nodes[j], nodes[j + 1]) that holds t; below the first node: 0."""
    return np.maximum(np.searchsorted(nodes, t, side="right") - 1, 0)
