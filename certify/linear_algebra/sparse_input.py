"""Sparse matrices and graphs as users hand them over: repeated entries and parallel edges are summed exactly."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, final

import numpy as np
import scipy.sparse
from scipy.sparse import csr_array

from certify.arithmetic import Ball
from certify.arithmetic.ball_parts import parts_around
from foundation import InputError, real_array
from foundation.real_arrays import is_float

if TYPE_CHECKING:
    import networkx


@final
@dataclass(frozen=True, eq=False)
class Entries:
    """The entries of an (size, size) matrix other than 0, each place once, sorted by rows and columns.

    values: float64 where floats hold all of them, else objects: `Fraction`s, or pairs (lower, upper) of them.
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    size: int

    def ball(self, name: str) -> Ball:
        """The values in balls."""
        if self.values.dtype != object:
            return Ball.exact(self.values)
        return Ball._unchecked(*parts_around(self.values, name))

    def scaled(self) -> tuple["Entries", int]:
        """(B, k) with A = 2^k B and the largest entry of B near 1: for entries beyond the range of floats."""
        sizes = [max(map(abs, value)) if isinstance(value, tuple) else abs(value) for value in self.values.tolist()]
        largest = Fraction(max(sizes, default=1))
        exponent = largest.numerator.bit_length() - largest.denominator.bit_length()
        scale = Fraction(2) ** -exponent
        values = np.empty(len(self.values), dtype=object)
        for index, value in enumerate(self.values.tolist()):
            values[index] = tuple(end * scale for end in value) if isinstance(value, tuple) else Fraction(value) * scale
        return Entries(self.rows, self.columns, values, self.size), exponent

    def matrix(self, values: np.ndarray) -> csr_array:
        """The CSR array of other floats at the same places, zeros left out."""
        result = csr_array((values, (self.rows, self.columns)), shape=(self.size, self.size))
        result.eliminate_zeros()
        return result

    def extremes(self) -> tuple[Any, Any]:
        """The least and the largest number that an entry may be; (0, 0) without entries."""
        if self.values.dtype != object:
            return self.values.min(initial=0.0), self.values.max(initial=0.0)
        ends = [end for value in self.values.tolist() for end in (value if isinstance(value, tuple) else (value,))]
        return min(ends), max(ends)

    def negated(self) -> "Entries":
        """-A."""
        values = np.empty(len(self.values), dtype=self.values.dtype)
        for index, value in enumerate(self.values.tolist()):
            values[index] = tuple(-end for end in reversed(value)) if isinstance(value, tuple) else -value
        return Entries(self.rows, self.columns, values, self.size)

    def mirrored(self) -> "Entries":
        """With each entry beside the diagonal at the mirrored place as well; there must be none there yet."""
        beside = self.rows != self.columns
        rows = np.concatenate((self.rows, self.columns[beside]))
        columns = np.concatenate((self.columns, self.rows[beside]))
        order = np.lexsort((columns, rows))
        values = np.concatenate((self.values, self.values[beside]))
        return Entries(rows[order], columns[order], values[order], self.size)


def sparse_entries(value: Any, name: str) -> Entries:
    """The entries of a square SciPy sparse matrix, repeated ones summed exactly; `InputError` otherwise."""
    if not scipy.sparse.issparse(value):
        raise InputError(
            f"{name} must be a SciPy sparse matrix, but is {type(value).__name__}; use scipy.sparse.csr_array"
        )
    if value.ndim != 2 or value.shape[0] != value.shape[1] or value.shape[0] == 0:
        raise InputError(f"{name} must be square with at least one row, but has shape {value.shape}")
    given = value.tocoo()
    rows, columns = given.row.astype(np.int64), given.col.astype(np.int64)
    return _summed(rows, columns, real_array(given.data, name), value.shape[0])


def graph_entries(graph: "networkx.Graph", name: str) -> Entries:
    """The weights ("weight", 1 where missing) of an undirected NetworkX graph; parallel edges sum exactly; i <= j."""
    place = {node: position for position, node in enumerate(graph)}
    ends, weights = [], []
    for tail, head, weight in graph.edges(data="weight", default=1):
        ends.append(sorted((place[tail], place[head])))
        weights.append(weight)
    _refuse_arrays(weights)
    rows, columns = np.array(ends, np.int64).reshape(-1, 2).T
    return _summed(rows, columns, real_array(weights, f"the weights of {name}"), len(place))


def symmetric_entries(value: Any, name: str) -> Entries:
    """The entries of a symmetric SciPy sparse matrix; raises `InputError` when the exact matrix is not symmetric."""
    entries = sparse_entries(value, name)
    order = np.lexsort((entries.rows, entries.columns))
    same_places = np.array_equal(entries.rows, entries.columns[order]) and np.array_equal(
        entries.columns, entries.rows[order]
    )
    if same_places and entries.values.tolist() == entries.values[order].tolist():
        return entries
    middle = entries.matrix(entries.ball(name).mid)
    raise InputError(
        f"{name} must be symmetric, but its largest asymmetry is {abs(middle - middle.T).max():.6g}; pass (A + A.T) / 2"
    )


def _refuse_arrays(weights: list[Any]) -> None:
    """Weights are single numbers: NumPy would take a list of lists for a matrix."""
    wrong = next((w for w in weights if w is None or isinstance(w, str) or np.ndim(w) != 0), None)
    if wrong is not None or any(w is None for w in weights):
        raise InputError(f"an edge's weight must be a real number, but is {wrong!r:.80}")


def _summed(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, size: int) -> Entries:
    """Each place once, with the exact sum of its entries; what sums to exactly 0 is left out."""
    order = np.lexsort((columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, len(rows)))
    repeated = np.flatnonzero(counts > 1)
    totals = [_total(values[starts[k] : starts[k] + counts[k]].tolist()) for k in repeated.tolist()]
    sums = values[starts]
    if sums.dtype != object and not all(map(is_float, totals)):
        sums = np.array([*map(Fraction, sums.tolist()), None], dtype=object)[:-1]
    for k, total in zip(repeated.tolist(), totals, strict=True):
        sums[k] = total
    kept = np.array([x != 0 for x in sums.tolist()], bool) if sums.dtype == object else sums != 0
    sums = sums[kept]
    if sums.dtype == object and all(map(is_float, sums)):
        sums = sums.astype(np.float64)
    return Entries(rows[starts][kept], columns[starts][kept], sums, size)


def _total(values: list[Any]) -> Any:
    """The exact sum of floats, `Fraction`s and pairs of them."""
    ends = [value if isinstance(value, tuple) else (value, value) for value in values]
    lower, upper = (sum((Fraction(end[k]) for end in ends), Fraction(0)) for k in (0, 1))
    return lower if lower == upper else (lower, upper)
