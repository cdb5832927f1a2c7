"""Lohner's representation of a set of states, which keeps the wrapping effect small."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import flint
import numpy as np

from certify.flow.taylor import identity
from certify.flow.validated_step import ValidatedStep


@final
@dataclass(frozen=True, eq=False)
class Doubleton:
    """States x = c + C r0 + B r with r0 in `initial` and r in `error`, boxes that hold 0, and derivatives D + B R.

    c (n, 1), C (n, n), B (n, n) and D (n, n) are exact. r0 is the deviation of the initial point from its centre and is
    kept for all times: what the initial box becomes is not wrapped [R. Lohner 1992; T. Kapela, P. Zgliczynski, A Lohner
    -type algorithm for control systems and ordinary differential inclusions, 2009, 3.2].
    """

    center: flint.arb_mat
    spread: flint.arb_mat
    initial: flint.arb_mat
    frame: flint.arb_mat
    error: flint.arb_mat
    derivative_center: flint.arb_mat
    derivative_error: flint.arb_mat

    @staticmethod
    def of_box(box: Sequence[flint.arb]) -> "Doubleton":
        """The states of a box, with derivative I."""
        n = len(box)
        one, zero = identity(n), flint.arb_mat(n, n)
        column = flint.arb_mat(n, 1, list(box))
        center = column.mid()
        return Doubleton(center, one, column - center, one, flint.arb_mat(n, 1), one, zero)

    def box(self) -> list[flint.arb]:
        """Encloses all states and the centre."""
        hull = self.center + self.spread * self.initial + self.frame * self.error
        return [x.union(c) for x, c in zip(hull.entries(), self.center.entries(), strict=True)]

    def derivative(self) -> flint.arb_mat:
        """Encloses the derivatives of the states with respect to the initial point."""
        return self.derivative_center + self.frame * self.derivative_error

    def advanced(self, step: ValidatedStep) -> "Doubleton":
        """The states after the step: Phi(x) = Phi(c) + J (x - c), J in the step's derivative by the mean value theorem.

        With any invertible Q: J (C r0 + B r) + z = C' r0 + Q (Q^-1 (J B) r + Q^-1 (z + (J C - C') r0)).
        """
        center, z = _split(step.value)
        spread, rest = _split(step.derivative * self.spread)
        derivative, derivative_rest = _split(step.derivative * self.derivative_center)
        moved = step.derivative * self.frame
        frame, inverse = _frame(moved, self.error)
        turned = inverse * moved
        error = turned * self.error + inverse * (z + rest * self.initial)
        derivative_error = turned * self.derivative_error + inverse * derivative_rest
        return Doubleton(center, spread, self.initial, frame, error, derivative, derivative_error)


def _split(matrix: flint.arb_mat) -> tuple[flint.arb_mat, flint.arb_mat]:
    """(midpoint, what is left)."""
    middle = matrix.mid()
    return middle, matrix - middle


def _frame(moved: flint.arb_mat, error: flint.arb_mat) -> tuple[flint.arb_mat, flint.arb_mat]:
    """An exact matrix close to the orthonormal frame of the columns, longest first, and an enclosure of its inverse."""
    n = moved.nrows()
    middle = np.array([[float(x.mid()) for x in row] for row in moved.tolist()])
    widths = np.array([float(x.rad()) for x in error.entries()])
    lengths = np.linalg.norm(middle, axis=0) * widths
    if np.isfinite(middle).all() and np.isfinite(lengths).all():
        q, _ = np.linalg.qr(middle[:, np.argsort(-lengths, kind="stable")])
        frame = flint.arb_mat(n, n, q.reshape(-1).tolist())
        try:
            inverse = frame.inv()
        except ZeroDivisionError:
            return identity(n), identity(n)
        if all(x.is_finite() for x in inverse.entries()):
            return frame, inverse
    return identity(n), identity(n)
