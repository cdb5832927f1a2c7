"""Collocation of the Poisson equation on the projective line, with nodes where the bound is decided."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from scipy.sparse import csr_array

from certify.lyapunov.directions.line_geometry import breakpoints, cell_of, coordinate, direction
from certify.lyapunov.time_limit import check_time
from foundation.computing_time import computing_time

_FIRST = 256
_SPLIT = 0.4
_EVEN_SPLIT = 0.1
_ITERATIONS = 300
_SWEEPS = 60


@final
@dataclass(frozen=True)
class Proposal:
    """A piecewise linear f (`values` at `nodes`) with c + Qf - f near `exponent`; `weights`: the invariant measure."""

    nodes: np.ndarray
    values: np.ndarray
    exponent: float
    weights: np.ndarray


def solve_adaptively(matrices: np.ndarray, probabilities: np.ndarray, cells: int, deadline: float) -> Proposal:
    """f on about `cells` cells, small where |residual| times the invariant measure is great."""
    nodes = _first_nodes(matrices)
    proposal = _solve(matrices, probabilities, nodes, np.zeros(len(nodes)))
    while len(proposal.nodes) < cells and computing_time() < deadline:
        nodes, values = _refined(matrices, probabilities, proposal, cells)
        if len(nodes) == len(proposal.nodes):
            break
        proposal = _solve(matrices, probabilities, nodes, values)
    return proposal


def solve_evenly(matrices: np.ndarray, probabilities: np.ndarray, cells: int) -> Proposal:
    """f on about `cells` cells, refined where |residual| is great, wherever the invariant measure is."""
    nodes = _first_nodes(matrices)
    proposal = _solve(matrices, probabilities, nodes, np.zeros(len(nodes)))
    while len(proposal.nodes) < cells:
        even = replace(proposal, weights=np.ones(len(proposal.nodes)))
        nodes, values = _refined(matrices, probabilities, even, cells, share=_EVEN_SPLIT)
        if len(nodes) == len(proposal.nodes):
            break
        proposal = _solve(matrices, probabilities, nodes, values)
    return proposal


def _first_nodes(matrices: np.ndarray) -> np.ndarray:
    """A uniform mesh, graded towards the kernels of the (nearly) singular matrices.

    On the small cells there log|A v| is far below what f can hold against it, so that no bound is attained there.
    """
    nodes = [np.arange(_FIRST) * (2.0 / _FIRST)]
    for matrix in matrices:
        values, right = np.linalg.svd(matrix)[1:]
        if values[1] < 1e-3 * values[0]:
            distances = 0.125 * 4.0 ** -np.arange(21)
            nodes += [np.mod(coordinate(right[1]) + sign * distances, 2.0) for sign in (-1.0, 1.0)]
    # on a common grid, so that nodes that are meant to agree do
    merged = np.unique(np.round(np.concatenate(nodes) * 2.0**44) / 2.0**44)
    return merged[merged < 2.0]


def _solve(matrices: np.ndarray, probabilities: np.ndarray, nodes: np.ndarray, values: np.ndarray) -> Proposal:
    """Relaxed fixed-point iteration for f = c + Qf - lambda at the nodes, and the stationary weights of Q."""
    constant, transition = _collocation(matrices, probabilities, nodes)
    step, previous, middle = 1.0, np.inf, 0.0
    for _ in range(_ITERATIONS):
        check_time()
        gap = constant + transition @ values - values
        low, high = float(gap.min()), float(gap.max())
        middle, size = (low + high) / 2, high - low
        values = values + step * (gap - middle)
        if size > 0.98 * previous:
            step = 0.5
        if size < 1e-9:
            break
        previous = size
    weights = np.full(len(nodes), 1.0 / len(nodes))
    adjoint = transition.T.tocsr()
    for _ in range(_SWEEPS):
        weights = adjoint @ weights
    exponent = float(weights @ (constant + transition @ values - values))
    return Proposal(nodes, values - values[0], exponent if np.isfinite(exponent) else middle, weights)


def _collocation(matrices: np.ndarray, probabilities: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, csr_array]:
    """c at the nodes and the matrix of (Q f) at the nodes for piecewise linear f."""
    count = len(nodes)
    ends = np.append(nodes[1:], 2.0)
    constant = np.zeros(count)
    rows, columns, entries = [], [], []
    for matrix, chance in zip(matrices, probabilities, strict=True):
        images = matrix @ direction(nodes)
        size = np.abs(images).sum(axis=0)
        constant += chance * np.log(np.maximum(size, smallest_size(matrix)))
        places = np.nan_to_num(coordinate(images))
        left = cell_of(nodes, places)
        share = (places - nodes[left]) / (ends[left] - nodes[left])
        rows += [np.arange(count)] * 2
        columns += [left, (left + 1) % count]
        entries += [chance * (1 - share), chance * share]
    shape = (count, count)
    index = (np.concatenate(rows), np.concatenate(columns))
    return constant, csr_array((np.concatenate(entries), index), shape=shape)


def _refined(
    matrices: np.ndarray, probabilities: np.ndarray, proposal: Proposal, cells: int, share: float = _SPLIT
) -> tuple[np.ndarray, np.ndarray]:
    """The nodes with the worst cells halved, and f interpolated there."""
    nodes, values = proposal.nodes, proposal.values
    points = breakpoints(nodes, matrices)
    defect = np.abs(residual(matrices, probabilities, nodes, values, points) - proposal.exponent)
    # the error of a piece counts for the cell on either side of it
    following = np.append(defect[1:], defect[0])
    worst = np.maximum.reduceat(np.maximum(defect, following), np.searchsorted(points, nodes))
    ends = np.append(nodes[1:], 2.0)
    worst = np.where(ends - nodes > 2.0**-46, worst * (proposal.weights + 0.01 / len(nodes)), 0.0)
    count = min(int(share * len(nodes)) + 1, cells - len(nodes))
    chosen = np.argpartition(worst, -count)[-count:]
    chosen = chosen[worst[chosen] > 0]
    fresh = nodes[chosen] / 2 + ends[chosen] / 2
    merged = np.concatenate([nodes, fresh])
    order = np.argsort(merged)
    return merged[order], np.concatenate([values, _interpolate(nodes, values, fresh)])[order]


def residual(
    matrices: np.ndarray, probabilities: np.ndarray, nodes: np.ndarray, values: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """c + Qf - f at the points, approximately."""
    total = -_interpolate(nodes, values, points)
    for matrix, chance in zip(matrices, probabilities, strict=True):
        images = matrix @ direction(points)
        size = np.log(np.maximum(np.abs(images).sum(axis=0), smallest_size(matrix)))
        total += chance * (size + _interpolate(nodes, values, np.nan_to_num(coordinate(images))))
    return total


def smallest_size(matrix: np.ndarray) -> float:
    """Below this |A v| is taken for this: a trial function has no use for the poles at kernels of singular matrices."""
    values = np.linalg.svd(matrix, compute_uv=False)
    return max(0.5 * float(values[-1]), 1e-4 * float(values[0]), 1e-300)


def _interpolate(nodes: np.ndarray, values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.interp(points, np.append(nodes, 2.0), np.append(values, values[0]))
