"""Bounds of the mean growth of one step after n random ones over cells of directions.

Statement and proof: docs/theory/cells.md.
"""

from typing import NamedTuple

import numpy as np

from certify.arithmetic import Ball, matmul, where
from certify.lyapunov.directions.branch_and_bound import Cells
from certify.lyapunov.families.family import Family
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.norms.pencil import pencil_bounds
from certify.lyapunov.norms.word_tree import all_words, word_probabilities, word_products

# Numbers that a block of cells holds in memory, about.
_BLOCK = 1_000_000
# A word counts on a cell when its linear part stays below this, and its quadratic part below the square.
_LARGEST_REACH = 0.6


class Forms(NamedTuple):
    """C_w = A_w^T P A_w (W, d, d) and p_w (W,) of all words of one length, the first letter most significant."""

    images: Ball
    probabilities: Ball


class Level(NamedTuple):
    """What is needed for r_n = E_(n+1) - E_n: the forms of all words of n and of n + 1 letters.

    ends (2, k): bounds of log(|A_i v|_P / |v|_P) over all v, from below and from above, for every letter i.
    """

    letters: int
    shorter: Forms
    longer: Forms
    ends: np.ndarray

    @property
    def cells_at_once(self) -> int:
        """How many cells are bounded together."""
        return max(_BLOCK // self.entries, 8)

    @property
    def entries(self) -> int:
        """How many numbers one cell needs."""
        return int((self.shorter.images.size + self.longer.images.size) // self.shorter.images.shape[-1])


def level_of(family: Family, steps: int, metric: np.ndarray) -> Level:
    """The level n = `steps` in the metric P (d, d)."""
    letters, form = _forms(family, 1, metric).images, Ball.exact(metric)
    spread = Ball(*(np.broadcast_to(x, letters.shape) for x in (form.mid, form.rad)))
    least, greatest = pencil_bounds(letters, spread)
    ends = np.stack([log_lower(np.maximum(least, 0.0)), log_upper(np.maximum(greatest, 0.0))]) / 2
    return Level(family.count, _forms(family, steps, metric), _forms(family, steps + 1, metric), ends)


def _forms(family: Family, steps: int, metric: np.ndarray) -> Forms:
    form = Ball.exact(metric)
    if steps == 0:
        return Forms(form.reshape(1, *metric.shape), Ball.exact(np.ones(1)))
    words = all_words(family.count, steps)
    products = word_products(family.matrices, words)
    images = matmul(products.map(lambda x: np.swapaxes(x, -1, -2)), matmul(form, products))
    return Forms(images, word_probabilities(family.probabilities, words))


def growth_lower(level: Level, known: list[float], sign: float, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Lower bounds (L,) of sign r_n(v) over the cells c + [-h, h]; weights (L, d) say which side of a cell to cut.

    r_n(v) = sum_w p_w (sum_i p_i log |A_i A_w v|_P - log |A_w v|_P) over the words w of n letters. With q(v) = v^T C
    v, a = c^T C c > 0 and x = 2 (C c) . (v - c) / a, |x| <= X < 1 on the cell: log q >= log a + log(1 + x) >= log a + x
    + log(1 - X) + X because C >= 0, and log q <= log a + x + h^T |C| h / a. The linear terms of all words are
    summed before their absolute value is taken, so that what is lost is of second order in h. Where this loses much,
    all words that begin with a prefix u are replaced by p_u known[n - |u|], where known[m] <= sign r_m in every
    direction: given u, the rest of r_n is r_(n - |u|) at the direction A_u v.
    """
    centres, halves = cells
    plus, minus = (level.longer, level.shorter) if sign > 0 else (level.shorter, level.longer)
    below, above = _parts(plus, centres), _parts(minus, centres)
    reach, (bend, bends) = _reach(below, halves), _bend(minus, above, halves)
    continued = len(level.longer.probabilities)
    good = _spread(reach < _LARGEST_REACH, continued) & _spread(bend < _LARGEST_REACH**2, continued)
    used, constant, unbounded = _with_prefixes(good, level, known, level.ends[0] if sign > 0 else -level.ends[1])
    weights = level.longer.probabilities.reshape(-1, 1) * used
    short = Ball.exact(np.minimum(reach, 0.75))
    first, slope = _sum(below, weights, Ball.exact(log_lower((Ball.exact(1.0) - short).lower)) + short)
    second, fall = _sum(above, weights, Ball.exact(np.minimum(bend, 1.0)))
    slope = slope - fall
    tilt = (Ball.exact(slope.magnitude) * halves).sum(axis=1)
    total = (first - second - tilt) * 0.5 + constant
    with np.errstate(over="ignore"):
        costs = _costs(plus, np.abs(below.rows.mid) * halves.T, reach**2 / 2)
    costs = costs + _costs(minus, bends, bend)
    return np.where(unbounded, -np.inf, total.lower), slope.magnitude * halves + costs + 1e-6 * halves


class _Parts(NamedTuple):
    """C_w c (W, d, L) and a_w = c^T C_w c (W, L), 1 where it is not proved positive; `positive` (W, L)."""

    rows: Ball
    values: Ball
    positive: np.ndarray


def _parts(forms: Forms, centres: np.ndarray) -> _Parts:
    count, dimension = forms.images.shape[:2]
    points = Ball.exact(centres).T
    rows = matmul(forms.images.reshape(-1, dimension), points).reshape(count, dimension, len(centres))
    values = (rows * centres.T).sum(axis=1)
    positive = values.lower > 0
    return _Parts(rows, where(positive, values, Ball.exact(np.ones(positive.shape))), positive)


def _reach(parts: _Parts, halves: np.ndarray) -> np.ndarray:
    """Upper bounds X (W, L) of |x| on the cells."""
    steps = (Ball.exact(parts.rows.magnitude) * halves.T).sum(axis=1) * 2.0
    return np.where(parts.positive, (Ball.exact(steps.upper) / parts.values.lower).upper, np.inf)


def _bend(forms: Forms, parts: _Parts, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upper bounds (W, L) of h^T |C_w| h / a_w, and the terms h_j (|C_w| h)_j (W, d, L), as estimates."""
    count, dimension = forms.images.shape[:2]
    sizes = Ball.exact(forms.images.magnitude.reshape(-1, dimension))
    spread = matmul(sizes, Ball.exact(halves).T).reshape(count, dimension, len(halves))
    terms = spread * halves.T
    squares = terms.sum(axis=1)
    return np.where(parts.positive, (Ball.exact(squares.upper) / parts.values.lower).upper, np.inf), terms.mid


def _spread(values: np.ndarray, continued: int) -> np.ndarray:
    """Values of words (W, L), or of their beginnings, for every word of n + 1 letters."""
    return np.repeat(values, continued // len(values), axis=0)


def _with_prefixes(
    good: np.ndarray, level: Level, known: list[float], ends: np.ndarray
) -> tuple[np.ndarray, Ball, np.ndarray]:
    """The words of n + 1 letters that are used on each cell (W, L), and the sum (L,) over what replaces the others.

    Beside them where this sum is minus infinity, however small the probability of the term that makes it so (L,).

    A prefix u, the shortest first, is replaced by p_u known[n - |u|] when less than half of the words that begin with
    it are good; a single word by p_w ends[i] with its last letter i.
    """
    words, cells = good.shape
    probabilities, steps = level.longer.probabilities, len(known)
    weighted = good * probabilities.mid[:, None]
    used, constant = np.ones((words, cells), bool), Ball.exact(np.zeros(cells))
    unbounded = np.zeros(cells, bool)
    for length in range(1, steps + 2):
        groups = (level.letters**length, words // level.letters**length)
        share = Ball(probabilities.mid.reshape(groups), probabilities.rad.reshape(groups)).sum(axis=1)
        few = weighted.reshape(*groups, cells).sum(axis=1) < (0.5 - 1e-9) * share.mid[:, None]
        taken = (few if length <= steps else ~good) & used[:: groups[1]]
        used &= ~np.repeat(taken, groups[1], axis=0)
        values = np.full(groups[0], known[steps - length]) if length <= steps else np.tile(ends, words // len(ends))
        unbounded |= (taken & np.isneginf(values)[:, None]).any(axis=0)
        replaced = (share * np.where(np.isneginf(values), 0.0, values)).reshape(-1, 1) * taken
        constant = constant + replaced.sum(axis=0)
    return used, constant, unbounded


def _sum(parts: _Parts, weights: Ball, extra: Ball) -> tuple[Ball, Ball]:
    """The sum over the words of log a + extra (L,), and of the slopes 2 C c / a (L, d), with `weights` (W, L)."""
    count, cells = parts.values.shape
    groups = (count, len(weights) // count, cells)
    own = Ball(weights.mid.reshape(groups), weights.rad.reshape(groups)).sum(axis=1)
    logarithms = Ball.from_bounds(log_lower(parts.values.lower), log_upper(parts.values.upper)) + extra
    slope = (parts.rows * (own * 2.0 / parts.values).reshape(count, 1, cells)).sum(axis=0)
    return (own * logarithms).sum(axis=0), slope.T


def _costs(forms: Forms, sides: np.ndarray, size: np.ndarray) -> np.ndarray:
    """What the sides of the cells (L, d) contribute to the losses of the words, in the proportions `sides` (W, d, L).

    An estimate: the loss is about half the square of the reach, or the bend, and at most about one.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        loss = np.where(np.isfinite(size), np.minimum(size, 1.0), 1.0) / (sides.sum(axis=1) + 1e-300)
    return np.asarray(np.einsum("w,wdl,wl->ld", forms.probabilities.mid, sides, loss))
