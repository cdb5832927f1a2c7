"""Directions of R^d as the faces of a cube, each divided into a tree of smaller cubes.

Face a holds the directions with v_a = 1 and |v_b| <= 1 for the other coordinates b (in ascending order): every
direction lies on a face, up to its sign. A node of the tree is such a cube, or one of the 2^(d-1) halvings of a split
node; the leaves cover all directions whatever nodes are split. Coordinates are dyadic, hence exact floats.
"""

from dataclasses import dataclass
from itertools import product
from typing import final

import numpy as np

from foundation import CertificateError

_DEEPEST = 40


@final
@dataclass(frozen=True)
class FaceTree:
    """The nodes in breadth-first order: d roots, then the children of every split node in turn.

    face, level: (n,); index: (n, d-1), the position in units of the side 2^(1-level); child: (n,) the first of 2^(d-1)
    children, or -1; leaf: (n,) the number of a leaf, or -1; leaves: (N,) their nodes, by face.
    """

    dimension: int
    face: np.ndarray
    level: np.ndarray
    index: np.ndarray
    child: np.ndarray
    leaf: np.ndarray
    leaves: np.ndarray

    @staticmethod
    def from_splits(dimension: int, splits: np.ndarray) -> "FaceTree":
        """The tree whose nodes are split as the flags say; raises `CertificateError` when these are too few or many."""
        children = np.array(list(product((0, 1), repeat=dimension - 1)), dtype=np.int64)
        face = np.arange(dimension)
        index = np.zeros((dimension, dimension - 1), dtype=np.int64)
        layers: list[tuple[np.ndarray, ...]] = []
        used, level = 0, 0
        while len(face):
            flags = splits[used : used + len(face)].astype(bool)
            if len(flags) < len(face) or level > _DEEPEST:
                raise CertificateError("the witness's flags do not describe a tree of at most 40 levels")
            layers.append((face, np.full(len(face), level), index, flags))
            used, level = used + len(face), level + 1
            face = np.repeat(face[flags], len(children))
            index = (2 * index[flags][:, None, :] + children).reshape(-1, dimension - 1)
        if used != len(splits):
            raise CertificateError(f"the witness has {len(splits)} flags, but its tree has {used} nodes")
        return _assembled(dimension, layers, len(children))

    @property
    def splits(self) -> np.ndarray:
        """The flags that `from_splits` reads."""
        return self.child >= 0

    @property
    def low(self) -> np.ndarray:
        """Lower corners (n, d-1) of the nodes."""
        return np.asarray(self.index * self.side[:, None] - 1.0)

    @property
    def side(self) -> np.ndarray:
        """Sides (n,) of the nodes."""
        return np.ldexp(2.0, -self.level)

    def refined(self, chosen: np.ndarray) -> "FaceTree":
        """The tree with the chosen leaves (numbers) split."""
        marked = np.zeros(len(self.face), dtype=bool)
        marked[self.leaves[chosen]] = True
        flags, nodes, unsplit = [], np.arange(self.dimension), 1 << (self.dimension - 1)
        while len(nodes):
            real = nodes >= 0
            split = np.zeros(len(nodes), dtype=bool)
            split[real] = (self.child[nodes[real]] >= 0) | marked[nodes[real]]
            flags.append(split)
            first = np.where(real, self.child[np.maximum(nodes, 0)], -1)[split]
            offsets = np.arange(unsplit)
            nodes = np.where(first[:, None] >= 0, first[:, None] + offsets, -1).reshape(-1)
        return FaceTree.from_splits(self.dimension, np.concatenate(flags))

    def meeting(self, face: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All pairs (query, leaf) of boxes [low, high] (Q, d-1) on faces (Q,) and leaves that they meet, by query."""
        node_low, node_high = self.low, self.low + self.side[:, None]
        queries, nodes = np.arange(len(face)), face.copy()
        nothing = np.zeros(0, dtype=np.int64)
        found: list[tuple[np.ndarray, np.ndarray]] = [(nothing, nothing)]
        offsets = np.arange(1 << (self.dimension - 1))
        while len(queries):
            meets = np.ones(len(queries), dtype=bool)
            for axis in range(self.dimension - 1):
                meets &= low[queries, axis] <= node_high[nodes, axis]
                meets &= high[queries, axis] >= node_low[nodes, axis]
            queries, nodes = queries[meets], nodes[meets]
            ended = self.child[nodes] < 0
            found.append((queries[ended], self.leaf[nodes[ended]]))
            queries = np.repeat(queries[~ended], len(offsets))
            nodes = (self.child[nodes[~ended]][:, None] + offsets).reshape(-1)
        query = np.concatenate([q for q, _ in found])
        order = np.argsort(query, kind="stable")
        return query[order], np.concatenate([leaf for _, leaf in found])[order]

    def locate(self, face: np.ndarray, places: np.ndarray) -> np.ndarray:
        """The leaf that holds each place (M, d-1) of the faces (M,)."""
        nodes = face.copy()
        powers = 1 << np.arange(self.dimension - 2, -1, -1)
        active = np.flatnonzero(self.child[nodes] >= 0)
        low, side = self.low, self.side
        while len(active):
            here = nodes[active]
            upper = places[active] >= low[here] + side[here, None] / 2
            nodes[active] = self.child[here] + upper @ powers
            active = active[self.child[nodes[active]] >= 0]
        return self.leaf[nodes]


def others(dimension: int, face: int) -> list[int]:
    """The coordinates that vary on a face."""
    return [b for b in range(dimension) if b != face]


def corner_offsets(dimension: int) -> np.ndarray:
    """The corners (2^(d-1), d-1) of the unit cube, in the order of children and of corner values."""
    return np.array(list(product((0.0, 1.0), repeat=dimension - 1)))


def multilinear(corners: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Interpolation of corner values (2^(d-1), M) at places (d-1, M) of the unit cube."""
    values = corners
    for share in shares:
        half = len(values) // 2
        values = values[:half] * (1.0 - share) + values[half:] * share
    return np.asarray(values[0])


def _assembled(dimension: int, layers: list[tuple[np.ndarray, ...]], children: int) -> FaceTree:
    face, level, index, split = (np.concatenate([layer[j] for layer in layers]) for j in range(4))
    child = np.full(len(face), -1, dtype=np.int64)
    child[split] = dimension + children * np.arange(int(split.sum()))
    leaves = np.flatnonzero(~split)
    leaves = leaves[np.argsort(face[leaves], kind="stable")]
    leaf = np.full(len(face), -1, dtype=np.int64)
    leaf[leaves] = np.arange(len(leaves))
    return FaceTree(dimension, face, level, index, child, leaf, leaves)
