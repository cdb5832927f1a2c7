"""Approximate solutions of the Poisson equation on a tree of cells of directions (floating point: proposals)."""

import numpy as np

from certify.lyapunov.face_tree import FaceTree


def uniform_tree(dimension: int, levels: int) -> FaceTree:
    """The tree whose leaves all lie on the given level."""
    children = 1 << (dimension - 1)
    flags = [np.ones(dimension * children**level, dtype=bool) for level in range(levels)]
    return FaceTree.from_splits(dimension, np.concatenate([*flags, np.zeros(dimension * children**levels, dtype=bool)]))
