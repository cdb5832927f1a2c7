"""Branches inside of an invariant subspace, where other branches cross them: pitchforks and transcritical points.

In coordinates c = (a, b) the subspace is b = 0: the fixed vectors of a symmetry R, f(R x, p) = R f(x, p), or the
states in which some components are 0 and stay so. The branch is followed in a; eigenvalues of the block across, D_b
g_b(a, 0, p), that vanish are where branches with b != 0 are born.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.identities import vanishes_identically
from certify.program import Program, Signature, jacobian_program
from certify.program.builder import Builder
from foundation import CertificateError


@final
@dataclass(frozen=True, eq=False)
class Invariant:
    """whole: the program (x, p) -> f. frame (n, n): x = frame c, entries 0 and +-1; back: its inverse. along: how many
    of c are coordinates a of the subspace. given: the certificate's entry, {"symmetry": R} or {"absent": indices}.
    """

    whole: Program
    frame: np.ndarray
    back: np.ndarray
    along: int
    is_map: bool
    given: Mapping[str, np.ndarray]

    @property
    def across(self) -> int:
        return len(self.frame) - self.along

    @property
    def is_symmetric(self) -> bool:
        return "symmetry" in self.given

    @cached_property
    def residual(self) -> Program:
        """F(c, p) = g(c, p), or g(c, p) - c for a map; g = back f(frame c, p)."""
        builder, n = Builder(), len(self.frame)
        z = builder.input(Signature((n + 1,)))
        c, value = _part(builder, z, 0, n), self._moved(builder, z)
        return builder.program([builder.emit("sub", value, c) if self.is_map else value])

    @cached_property
    def derivative(self) -> Program:
        """DF, (n, n + 1)."""
        return jacobian_program(self.residual)

    @cached_property
    def reduced(self) -> Program:
        """(a, p) -> g_a(a, 0, p). Of the subspace {0} one coordinate that stays at 0 is left, standing for none."""
        builder, s = Builder(), self.along
        if s == 0:
            z = builder.input(Signature((2,)))
            a = _part(builder, z, 0, 1)
            return builder.program([builder.emit("mul", builder.number(0.0 if self.is_map else -1.0), a)])
        z = builder.input(Signature((s + 1,)))
        return builder.program([_part(builder, self._moved(builder, self.embedded(builder, z)), 0, s)])

    def embedded(self, builder: Builder, z: int) -> int:
        """(a, p) -> (a, 0, p)."""
        size = builder.signature(z).shape[0]
        parts = [_part(builder, z, 0, self.along)] if self.along else []
        zeros = builder.number(0.0, (self.across,))
        return builder.emit("concatenate", *parts, zeros, _part(builder, z, size - 1, size), axis=0)

    def states(self, points: Ball) -> Ball:
        """(a, 0, p) for balls (N, s + 1) of points of the reduced problem."""
        zeros = np.zeros((len(points), self.across))
        return Ball(
            *(np.hstack([part[:, : self.along], zeros, part[:, -1:]]) for part in (points.mid, points.rad)),
        )

    def is_invariant(self) -> bool:
        """Whether the subspace is mapped into itself, and a symmetry is one: by expansion of the field."""
        builder, n, s = Builder(), len(self.frame), self.along
        z = builder.input(Signature((n + 1,)))
        signs = np.append(np.ones(s), -np.ones(n - s))
        if self.is_symmetric:
            mirrored = builder.emit("mul", builder.constant(np.append(signs, 1.0)), z)
            value = builder.emit("mul", builder.constant(signs), self._moved(builder, z))
            difference = builder.emit("sub", self._moved(builder, mirrored), value)
            return vanishes_identically(builder.program([difference]))
        inside = builder.emit("mul", builder.constant(np.append((signs > 0).astype(float), 1.0)), z)
        return vanishes_identically(builder.program([_part(builder, self._moved(builder, inside), s, n)]))

    def _moved(self, builder: Builder, z: int) -> int:
        n = len(self.frame)
        x = _times(builder, self.frame, _part(builder, z, 0, n))
        whole = builder.emit("concatenate", x, _part(builder, z, n, n + 1), axis=0)
        value = builder.inline(self.whole, [whole])[self.whole.outputs[0]]
        return _times(builder, self.back, value)


def invariant_of(tree: Mapping[str, Any], whole: Program, is_map: bool) -> Invariant | None:
    """The invariant subspace of a problem; None where it has none.

    Raises `CertificateError` where it is malformed or not proved to be invariant.
    """
    frames = frame_of(tree, whole.output_signatures[0].size)
    if frames is None:
        return None
    given = {name: tree[name] for name in ("symmetry", "absent") if name in tree}
    found = Invariant(whole, *frames, is_map, given)
    if not found.is_invariant():
        raise CertificateError("the subspace of the branch is not proved to be invariant")
    return found


def frame_of(tree: Mapping[str, Any], n: int) -> tuple[np.ndarray, np.ndarray, int] | None:
    """(frame, its inverse, how many coordinates lie along the subspace); None where a problem names none."""
    if "symmetry" in tree:
        return _frame_of_symmetry(tree["symmetry"], n)
    return _frame_of_absent(tree["absent"], n) if "absent" in tree else None


def _frame_of_symmetry(matrix: Any, n: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Columns e_i + R e_i of fixed vectors, then columns e_i - R e_i of reversed ones, for a signed permutation R."""
    good = isinstance(matrix, np.ndarray) and matrix.dtype == np.float64 and matrix.shape == (n, n)
    if not good or not np.isin(matrix, (-1.0, 0.0, 1.0)).all() or not np.array_equal(matrix @ matrix, np.eye(n)):
        raise CertificateError("the symmetry of the branch is not a matrix of entries 0, 1, -1 and of square 1")
    if not (np.abs(matrix).sum(axis=0) == 1).all():
        raise CertificateError("the symmetry of the branch does not permute the coordinates up to signs")
    fixed: list[np.ndarray] = []
    reversed_: list[np.ndarray] = []
    for i in range(n):
        j = int(np.argmax(np.abs(matrix[:, i])))
        unit = np.eye(n)[i]
        if j == i:
            (fixed if matrix[i, i] > 0 else reversed_).append(unit)
        elif j > i:
            fixed.append(unit + matrix[:, i])
            reversed_.append(unit - matrix[:, i])
    if not reversed_:
        raise CertificateError("the symmetry of the branch is the identity")
    frame = np.array(fixed + reversed_).T
    # the columns are orthogonal, of squared length 1 or 2
    return frame, (frame / (frame**2).sum(axis=0)).T.copy(), len(fixed)


def _frame_of_absent(indices: Any, n: int) -> tuple[np.ndarray, np.ndarray, int]:
    good = isinstance(indices, np.ndarray) and indices.dtype == np.int64 and indices.ndim == 1 and len(indices) > 0
    if not good or not ((indices >= 0) & (indices < n)).all() or len(set(indices.tolist())) != len(indices):
        raise CertificateError("the absent components of the branch are not different whole numbers from 0 on")
    order = [i for i in range(n) if i not in indices] + sorted(indices.tolist())
    frame = np.eye(n)[:, order]
    return frame, frame.T.copy(), n - len(indices)


def _part(builder: Builder, z: int, start: int, stop: int) -> int:
    return builder.emit("slice", z, starts=(start,), limits=(stop,), strides=(1,))


def _times(builder: Builder, matrix: np.ndarray, vector: int) -> int:
    axes = {"left_batch": (), "right_batch": (), "left_contract": (1,), "right_contract": (0,)}
    return builder.emit("dot_general", builder.constant(matrix), vector, **axes)
