"""Polynomials near the solutions of stiff fields, by collocation at Radau's points."""

from fractions import Fraction

import numpy as np
import scipy.linalg
from flint import arb_mat
from numpy.polynomial import chebyshev

from certify.flow.integrate import arb, no_step
from certify.flow.polynomial_step import Around, Comparison, Proposal, advanced, compared, entering
from certify.flow.stiff import StiffPassage, as_witness
from certify.flow.vector_field import VectorField
from foundation.computing_time import computing_time
from search.flow.radau import DEGREE, Collocation

_ROUNDS = 5
_SMALLEST_STEP = 2.0**-60
# The last coefficients relative to the largest value: what doubles can resolve.
_TAIL = 2.0**-49
_GROWTH, _SHRINK, _SAFETY = 4.0, 0.25, 0.9
# Frames worse than this are not used; the coordinates themselves are.
_CONDITION = 1e9
# Components that stand still at first are resolved to this part of what their neighbours could move them by.
_STILL = 2.0**-20


def stiff_time_map(field: VectorField, box: list, time: Fraction, deadline: float) -> tuple[StiffPassage, dict]:
    """(the passage, its witness), with steps of sizes found on the way; to be called at the working precision."""
    search = _Search(field, Collocation(field.program), Around.of_box(box), time)
    while search.reached < time:
        if computing_time() > deadline:
            return search.result("the time budget is spent")
        if not search.step():
            return search.result(no_step(search.reached))
    return search.result("")


class _Search:
    """The steps so far, and the size of the next."""

    def __init__(self, field: VectorField, collocation: Collocation, states: Around, time: Fraction) -> None:
        self.reached, self._time = Fraction(0), time
        self._field, self._collocation, self._states = field, collocation, states
        self._steps: list[Fraction] = []
        self._proposals: list[Proposal] = []
        self._tube: list[list] = []
        place = self._place()
        slope = np.abs(collocation.slopes(place[None])[0]).sum(axis=1).max()
        self._size = min(float(time), 1.0 / max(float(slope), 1e-300))
        self._scale = np.abs(place)

    def result(self, reason: str) -> tuple[StiffPassage, dict]:
        passage = StiffPassage(self._states, self.reached, tuple(self._tube), reason)
        return passage, as_witness(self._steps, self._proposals, self._field.precision)

    def step(self) -> bool:
        """One step forward, with ever shorter ones until it is proved; False where none is."""
        while self._size > _SMALLEST_STEP * float(self._time):
            duration = min(_dyadic(self._size), self._time - self.reached)
            factor = self._tried(duration)
            if factor is not None:
                self._size = float(duration) * min(max(factor, _SHRINK), _GROWTH)
                return True
            self._size = float(duration) * _SHRINK
        return False

    def _place(self) -> np.ndarray:
        return np.array([float(x.mid()) for x in self._states.center.entries()])

    def _tried(self, duration: Fraction) -> float | None:
        """How much longer the next step may be; None where this one is not proved."""
        start, half = self._place(), float(duration) / 2
        guess = self._guess(start, float(duration))
        moved = np.abs(float(duration) * self._collocation.values(start[None])[0])
        least = _floor(self._collocation.slopes(start[None])[0], np.maximum(self._scale, np.abs(start)), moved)
        scale = np.maximum(np.maximum(self._scale, np.abs(guess).max(axis=0)), least)
        path = self._collocation.solved(start, guess, half, scale)
        if path is None:
            return None
        own = np.maximum(self._scale, np.abs(path).sum(axis=1))
        scale = np.maximum(own, least)
        tail = float((np.abs(path[:, -2:]).max(axis=1) / np.maximum(scale, 1e-300)).max())
        factor = _SAFETY * (_TAIL / max(tail, 1e-300)) ** (1 / DEGREE)
        if factor < 0.6:
            return None
        found = self._proved(path, duration, scale)
        if found is None:
            return None
        proposal, comparison, after = found
        self._states, self.reached, self._scale = after, self.reached + duration, own
        self._steps.append(duration)
        self._proposals.append(proposal)
        self._tube.append(comparison.tube)
        return factor

    def _guess(self, start: np.ndarray, duration: float) -> np.ndarray:
        """The last polynomial, continued; or a constant."""
        nodes = self._collocation.nodes[1:]
        if not self._proposals or duration > 2 * float(self._steps[-1]):
            return np.tile(start, (DEGREE, 1))
        times = 1 + (nodes + 1) * duration / float(self._steps[-1])
        low = self._proposals[-1].chebyshev[:, :4]
        return np.asarray(chebyshev.chebval(times, low.T).T)

    def _proved(
        self, path: np.ndarray, duration: Fraction, scale: np.ndarray
    ) -> tuple[Proposal, Comparison, Around] | None:
        """Rooms that the bounds keep to, by following the comparison's solution in floats."""
        middle = chebyshev.chebval(0.0, path.T)
        frame, blocks = _frame(self._collocation.slopes(middle[None])[0], np.maximum(scale, 1e-300))
        rooms = np.full(len(blocks), 2.0**-52)
        proposal = Proposal(path, frame, blocks, rooms)
        first = entering(self._states, proposal)
        if first is None:
            return None
        entered = np.array([float(x.upper()) for x in first])
        least = 1e-3 * 2.0**-52
        rooms = np.maximum(1.1 * entered, least)
        for _ in range(_ROUNDS):
            proposal = Proposal(path, frame, blocks, rooms)
            comparison = compared(self._field, proposal, arb(duration) / 2)
            if comparison is None:
                return None
            after = advanced(self._states, proposal, comparison)
            if after is not None:
                return proposal, comparison, after
            rooms = np.maximum(1.2 * _largest(comparison, entered), least)
            if not np.isfinite(rooms).all() or rooms.max() > 1.0:
                return None
        return None


def _largest(comparison: Comparison, entered: np.ndarray) -> np.ndarray:
    """The largest values of the comparison's solution over the step, in floats."""
    k = len(entered)
    matrix = np.zeros((k + 1, k + 1))
    matrix[:k, :k] = _floats(comparison.matrix).reshape(k, k)
    matrix[:k, k] = [float(x.upper()) for x in comparison.defect]
    found, state = entered, np.append(entered, 1.0)
    with np.errstate(all="ignore"):
        short = scipy.linalg.expm(2 * matrix / 8)
        for _ in range(8):
            state = short @ state
            found = np.maximum(found, state[:k])
    return found


def _floats(matrix: arb_mat) -> np.ndarray:
    return np.array([float(x.mid()) for x in matrix.entries()])


def _frame(slope: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, list[list[int]]]:
    """Eigenvectors, those of a pair by real and imaginary parts, in units of `scale`."""
    n = len(slope)
    plain = np.diag(scale), [[i] for i in range(n)]
    try:
        values, vectors = np.linalg.eig(slope / scale[:, None] * scale[None, :])
    except np.linalg.LinAlgError:
        return plain
    columns: list[np.ndarray] = []
    blocks: list[list[int]] = []
    for k in range(n):
        if values[k].imag == 0:
            blocks.append([len(columns)])
            columns.append(vectors[:, k].real)
        elif values[k].imag > 0:
            blocks.append([len(columns), len(columns) + 1])
            columns += [vectors[:, k].real, vectors[:, k].imag]
    frame = np.array(columns).T
    if frame.shape != (n, n) or not np.linalg.cond(frame) < _CONDITION:
        return plain
    return scale[:, None] * frame, blocks


def _floor(slope: np.ndarray, scale: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """A part of what the components move each other by in a time of the fastest rate, one after another: what stands
    still at first is resolved to this.
    """
    rate = max(float(np.abs(np.linalg.eigvals(slope)).max()), 1e-300)
    reach = np.maximum(scale, moved)
    for _ in scale:
        reach = np.maximum(reach, (np.abs(slope) / rate * reach).max(axis=1))
    return _STILL * np.where(reach > 0, reach, _STILL * reach.max())


def _dyadic(size: float) -> Fraction:
    """Few bits: sums of steps stay exact."""
    mantissa, exponent = np.frexp(size)
    return Fraction(int(mantissa * 2**12)) * Fraction(2) ** (int(exponent) - 12)
