"""The search for a trial function on the faces of the cube: cells are split where the bound is decided."""

from dataclasses import dataclass
from typing import final
from weakref import WeakKeyDictionary

import numpy as np

from certify.lyapunov.directions.change_of_basis import in_frame
from certify.lyapunov.directions.face_bounds import CellBounds, cell_bounds
from certify.lyapunov.directions.face_functions import cell_spread, prove_cells, reached, restricted
from certify.lyapunov.directions.face_tree import FaceTree, multilinear, uniform_tree
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.structure.interval_markov_chain import Spread, averaged_supremum
from foundation import CertificateError, InputError
from foundation.computing_time import computing_time
from search.lyapunov.directions.change_of_basis import candidate_frames
from search.lyapunov.directions.face_collocation import corner_places, solve
from search.lyapunov.directions.face_tree import images_on_faces

_ROUNDS = 300
_SWEEPS = 60
_CAP = 5.0
_ITERATIONS = 150
_TRIAL = 1500
_TRIAL_CELLS = {3: 600, 4: 600}
_WALK = 400
_SPLIT = {2: 0.5, 3: 0.2, 4: 0.1}


@final
@dataclass(frozen=True, eq=False)
class _Refined:
    """A tree with corner values of f, and how the next refinement goes on."""

    tree: FaceTree
    values: np.ndarray
    exponent: float
    iterations: int = _ITERATIONS
    trial: int = _TRIAL


def propose_cells(family: Family, cells: int, deadline: float, everywhere: bool = False) -> Witness:
    """A tree of about `cells` leaves and corner values on it, refined until `deadline` (a `computing_time()` value).

    The witness holds `splits` (flags of the nodes, breadth first), `values` (N, 2^(d-1)), `exponent`, `rounds`, and
    `start`, the number of a leaf, or -1 for bounds on all leaves, whatever is visited (`everywhere`).
    """
    return _witness(family, _refined(family, _uniform(family), cells, deadline, everywhere), everywhere)


def _uniform(family: Family) -> _Refined:
    tree = uniform_tree(family.dimension, 3)
    return _Refined(tree, *solve(family.matrices.mid, family.probabilities.mid, tree, _flat(tree), _ITERATIONS))


def _refined(family: Family, begun: _Refined, cells: int, deadline: float, everywhere: bool) -> _Refined:
    """Rounds that split the leaves which widen the bounds most; the next round takes about twice as long as the last
    one, and so does the proof.
    """
    tree, values, exponent, iterations, trial = begun.tree, begun.values, begun.exponent, begun.iterations, begun.trial
    children = (1 << (family.dimension - 1)) - 1
    last, began = 0.0, computing_time()
    while len(tree.leaves) < cells and began + 1.5 * last < deadline:
        if len(tree.leaves) >= trial:
            iterations, trial = _best_iterations(family, tree), 4 * trial
        bounds = cell_bounds(family, tree, values, exponent)
        kept = np.ones(len(tree.leaves), dtype=bool) if everywhere else reached(bounds, typical_leaf(family, tree))
        urgency = np.zeros(len(kept))
        urgency[kept] = _urgency(family, restricted(bounds, kept))
        chosen = min(int(_SPLIT.get(family.dimension, 0.1) * len(urgency)), (cells - len(urgency)) // children) + 1
        tree, values = _refine(tree, values, np.argpartition(urgency, -chosen)[-chosen:])
        start = values if iterations == _ITERATIONS else _flat(tree)
        values, exponent = solve(family.matrices.mid, family.probabilities.mid, tree, start, iterations)
        last, began = computing_time() - began, computing_time()
    return _Refined(tree, values, exponent, iterations, trial)


def _witness(family: Family, found: _Refined, everywhere: bool) -> Witness:
    splits = found.tree.splits.astype(np.float64)
    start = -1.0 if everywhere else float(typical_leaf(family, found.tree))
    return {"splits": splits, "values": found.values, "exponent": found.exponent, "rounds": _ROUNDS, "start": start}


# What was found for a family, for as long as it is used: more effort goes on from there.
_BEGUN: WeakKeyDictionary[Family, tuple[Witness, _Refined]] = WeakKeyDictionary()


def propose_in_frame(family: Family, cells: int, deadline: float) -> Witness:
    """The witness of `propose_cells` in the frame in which few cells give the narrowest bounds, and the `frame`."""
    begun = _BEGUN.get(family)
    chosen = best_frame(family, deadline) if begun is None else begun[0]
    changed = in_frame(family, chosen)
    found = _refined(changed, _uniform(changed) if begun is None else begun[1], cells, deadline, everywhere=False)
    _BEGUN[family] = chosen, found
    return _witness(changed, found, everywhere=False) | chosen


def best_frame(family: Family, deadline: float, everywhere: bool = False) -> Witness:
    """The field `frame` of a witness: one of `candidate_frames`, by a trial on few cells (an estimate)."""
    best: Witness = {"frame": np.zeros((0, 0))}
    if family.dimension not in _TRIAL_CELLS:
        return best
    least, begin = np.inf, computing_time()
    for frame in candidate_frames(family):
        try:
            changed = in_frame(family, {"frame": frame})
            witness = propose_cells(changed, _TRIAL_CELLS[family.dimension], deadline, everywhere)
            found = prove_cells(changed, witness)
        except (CertificateError, InputError):
            continue
        width = min(found.upper - float(witness["exponent"]), _CAP) + min(
            float(witness["exponent"]) - found.lower, _CAP
        )
        if width < least:
            least, best = width, {"frame": frame}
        if computing_time() - begin > 0.25 * (deadline - begin):
            break
    return best


def _flat(tree: FaceTree) -> np.ndarray:
    """The corner values of the function 0."""
    return np.zeros((len(tree.leaves), 1 << (tree.dimension - 1)))


def _best_iterations(family: Family, tree: FaceTree) -> int:
    """How far to iterate: on coarse cells a rough solution of the Poisson equation costs more than a smooth defect."""
    widths = {}
    for iterations in (2, 8, _ITERATIONS):
        values, exponent = solve(family.matrices.mid, family.probabilities.mid, tree, _flat(tree), iterations)
        bounds = cell_bounds(family, tree, values, exponent)
        spread = cell_spread(bounds, family.probabilities)
        sides = (np.minimum(bounds.upper, _CAP), np.minimum(-bounds.lower, _CAP))
        widths[iterations] = sum(averaged_supremum(side, spread, family.probabilities, _ROUNDS) for side in sides)
    return min(widths, key=lambda iterations: widths[iterations])


def _urgency(family: Family, bounds: CellBounds) -> np.ndarray:
    """How much every leaf widens the bounds: its width times the time that the chain's two adversaries spend there."""
    spread = cell_spread(bounds, family.probabilities)
    total = np.zeros(len(bounds.upper))
    width = np.zeros(len(bounds.upper))
    for payoff in (np.minimum(bounds.upper, _CAP), np.minimum(-bounds.lower, _CAP)):
        total += _visits(family, bounds, _relative_value(payoff, spread))
        width += payoff
    return width * (total + 1e-3 / len(width))


def _relative_value(payoff: np.ndarray, spread: Spread) -> np.ndarray:
    """Value iteration for the greatest mean payoff (an approximation)."""
    h = np.zeros(len(payoff))
    for _ in range(_SWEEPS):
        h = payoff + spread(h)
        h -= h.mean()
    return h


def _visits(family: Family, bounds: CellBounds, h: np.ndarray) -> np.ndarray:
    """How often each leaf is visited when every image falls into the met leaf of greatest h."""
    count = len(h)
    extended, best = np.append(h, h.max()), int(h.argmax())
    targets = []
    for leaves, starts in bounds.met:
        reached = extended[leaves]
        sizes = np.diff(np.append(starts, len(leaves)))
        tops = np.flatnonzero(reached == np.repeat(np.maximum.reduceat(reached, starts), sizes))
        first = leaves[tops[np.searchsorted(tops, starts)]]
        targets.append(np.where(first == count, best, first))
    weights, total = np.full(count, 1.0 / count), np.zeros(count)
    for sweep in range(_SWEEPS):
        moved = [p * np.bincount(t, weights, count) for p, t in zip(family.probabilities.mid, targets, strict=True)]
        weights = np.sum(moved, axis=0)
        total += weights if sweep >= _SWEEPS // 2 else 0.0
    return total / total.sum()


def typical_leaf(family: Family, tree: FaceTree) -> int:
    """The leaf of a direction after many random steps (an estimate)."""
    generator = np.random.default_rng(0)
    v = np.ones(family.dimension)
    for letter in generator.choice(
        family.count, size=_WALK, p=family.probabilities.mid / family.probabilities.mid.sum()
    ):
        image = family.matrices.mid[letter] @ v
        size = np.abs(image).max()
        v = image / size if 0 < size < np.inf else generator.normal(size=family.dimension)
    face, place = images_on_faces(tree.dimension, v[:, None])
    return int(tree.locate(face, place)[0])


def _refine(tree: FaceTree, values: np.ndarray, chosen: np.ndarray) -> tuple[FaceTree, np.ndarray]:
    """The tree with the chosen leaves split, and f at its corners."""
    finer = tree.refined(chosen)
    face, places = corner_places(finer)
    centres = (finer.low[finer.leaves] + finer.side[finer.leaves][:, None] / 2).repeat(values.shape[1], axis=0)
    leaf = tree.locate(face, centres)
    nodes = tree.leaves[leaf]
    share = (places - tree.low[nodes]) / tree.side[nodes][:, None]
    return finer, multilinear(values[leaf].T, share.T).reshape(-1, values.shape[1])
