"""The matrices of SGD near an interpolating minimum, kept as the Gram matrix: A_S = I - (eta/B) E_S K."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, final

import flint
import numpy as np

from certify.arithmetic import Ball, ball, hull
from certify.arithmetic.rational import rational_ball
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.families.rationals import rational, to_fmpq
from foundation import InputError, positive_integer, real_array

if TYPE_CHECKING:
    import networkx

# The explicit list of matrices is offered up to so many entries.
_EXPLICIT_ENTRIES = 300_000
_EXACT_SIZE = 64


@final
@dataclass(frozen=True, eq=False)
class SGDFamily:
    """Independent uniform batches S of B of the N examples without replacement, A_S = I - (eta/B) E_S K.

    gram: balls (N q, N q) around the tangent Gram matrix K, the q rows of an example adjacent; the family stands for
    the symmetric K inside. learning_rate: a ball (), eta > 0. E_S masks the rows of the examples in S. In the
    coordinates w of the normal space J^T w these are the linearised updates of SGD. Build with `sgd_family`.
    exact: K and eta as rationals when both were given exactly and K has at most 64 rows, otherwise None.
    """

    gram: Ball
    learning_rate: Ball
    batch_size: int
    outputs: int
    exact: tuple[flint.fmpq_mat, flint.fmpq] | None = None

    @property
    def dimension(self) -> int:
        """N q."""
        return int(self.gram.shape[0])

    @property
    def examples(self) -> int:
        """N."""
        return self.dimension // self.outputs

    @property
    def step(self) -> Ball:
        """eta / B."""
        return self.learning_rate / float(self.batch_size)

    @property
    def same_example(self) -> np.ndarray:
        """Boolean (N q, N q): whether two rows belong to one example."""
        owner = np.arange(self.dimension) // self.outputs
        return np.asarray(owner[:, None] == owner[None, :])

    def with_learning_rate(self, learning_rate: Any) -> "SGDFamily":
        """The same data with another learning rate."""
        gram = self.gram if self.exact is None else self.exact[0]
        changed = sgd_family(gram, learning_rate, self.batch_size, self.outputs)
        if "smallest_eigenvalue" in self.__dict__:
            changed.__dict__["smallest_eigenvalue"] = self.smallest_eigenvalue
        return changed

    @cached_property
    def smallest_eigenvalue(self) -> float:
        """A lower bound of lambda_min(K), proved."""
        return float(extreme_eigenvalues(self.gram)[0].lower)

    def block(self, example: int) -> Ball:
        """The ball (q, q) of K on one example."""
        part = slice(example * self.outputs, (example + 1) * self.outputs)
        return self.gram[part, part]

    def explicit(self) -> Family | None:
        """All C(N, B) matrices, or None when they have more than 300,000 entries together."""
        return self._explicit

    @cached_property
    def _explicit(self) -> Family | None:
        if math.comb(self.examples, self.batch_size) * self.dimension**2 > _EXPLICIT_ENTRIES:
            return None
        batches = list(combinations(range(self.examples), self.batch_size))
        if self.exact is not None:
            return matrix_family([_exact_update(self, batch) for batch in batches])
        return matrix_family([self.update(batch) for batch in batches])

    def update(self, batch: tuple[int, ...]) -> Ball:
        """The ball matrix A_S of one batch."""
        scaled = self.step * self.gram
        rows = np.isin(np.arange(self.dimension) // self.outputs, batch)[:, None]
        masked = Ball(np.where(rows, scaled.mid, 0.0), np.where(rows, scaled.rad, 0.0))
        moved = Ball.exact(np.eye(self.dimension)) - masked
        identity = np.eye(self.dimension)
        return Ball(np.where(rows, moved.mid, identity), np.where(rows, moved.rad, 0.0))


def sgd_family(gram: Any, learning_rate: Any, batch_size: int = 1, outputs: int = 1) -> SGDFamily:
    """The family of SGD for the Gram matrix `gram` (N q, N q), learning rate, batch size B <= N and q outputs.

    gram: floats (exact numbers), nested lists of rationals, an `fmpq_mat`, or a `Ball`; learning_rate: a float, a
    rational or a `Ball` of shape (). Raises `InputError` on a Gram matrix that is not symmetric, not finite or whose
    size is no multiple of q, on eta <= 0 and on B > N.
    """
    batch, count = positive_integer(batch_size, "batch_size"), positive_integer(outputs, "outputs")
    balls, entries = _read_gram(gram)
    rate, exact_rate = _read_rate(learning_rate)
    if balls.shape[0] % count:
        raise InputError(f"the Gram matrix has {balls.shape[0]} rows, which is not a multiple of {count} outputs")
    if batch > balls.shape[0] // count:
        raise InputError(f"batch_size must be at most the {balls.shape[0] // count} examples, but is {batch}")
    if entries is None or exact_rate is None or len(entries) > _EXACT_SIZE:
        return SGDFamily(balls, rate, batch, count)
    rows = [[to_fmpq(rational(x, "gram")) for x in row] for row in entries]
    return SGDFamily(balls, rate, batch, count, (flint.fmpq_mat(rows), to_fmpq(exact_rate)))


def is_connected(family: SGDFamily) -> bool | None:
    """Whether the graph on the examples with an edge where K_ij != 0 is connected; None = left open by the balls."""
    import networkx

    certain, possible = example_graph(family, family.gram.mignitude), example_graph(family, family.gram.magnitude)
    if networkx.is_connected(certain):
        return True
    return None if networkx.is_connected(possible) else False


def avoids(family: SGDFamily, value: int) -> bool | None:
    """Whether (eta/B) K_ii != `value` for every row i; None when the balls leave it open. Exact where K and eta are."""
    if family.exact is not None:
        gram, rate = family.exact
        return all(rate * gram[i, i] != value * family.batch_size for i in range(family.dimension))
    diagonal = family.step * Ball(np.diagonal(family.gram.mid), np.diagonal(family.gram.rad))
    return True if bool(((diagonal.lower > value) | (diagonal.upper < value)).all()) else None


def is_regular(family: SGDFamily) -> bool | None:
    """Regularity for one output and B = 1: eta K_ii is neither 1 nor 2, and the graph of K is connected; None = open.

    [Chemnitz, Engel, Characterizing dynamical stability of SGD in overparameterized learning, 2025.] For larger
    batches or several outputs the theorem states no such condition and the answer is None.
    """
    if family.batch_size > 1 or family.outputs > 1:
        return None
    answers = (is_connected(family), avoids(family, 1), avoids(family, 2))
    if False in answers:
        return False
    return None if None in answers else True


def example_graph(family: SGDFamily, bound: np.ndarray) -> "networkx.Graph":
    """The graph on the examples with an edge where `bound` (N q, N q) is positive in some entry."""
    import networkx

    n, q = family.examples, family.outputs
    edges = (bound.reshape(n, q, n, q) > 0).any(axis=(1, 3))
    graph = networkx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(np.argwhere(np.triu(edges, 1)).tolist())
    return graph


def _read_gram(value: Any) -> tuple[Ball, np.ndarray | None]:
    if isinstance(value, Ball):
        balls, entries = value, value.mid if value.is_exact else None
    else:
        value = value.tolist() if isinstance(value, flint.fmpq_mat | flint.fmpz_mat) else value
        try:
            entries = real_array(value, "gram")
        except (TypeError, ValueError) as error:
            raise InputError(f"the Gram matrix must be a square array ({error})") from None
        balls = ball(value, "gram")
        if entries.dtype == object and any(isinstance(entry, tuple) for entry in entries.flat):
            entries = None
    if balls.ndim != 2 or balls.shape[0] != balls.shape[1] or balls.size == 0:
        raise InputError(f"the Gram matrix must be square, but has shape {balls.shape}")
    if not np.isfinite(balls.rad).all() or not np.isfinite(balls.mid).all():
        raise InputError("the Gram matrix holds a ball of infinite radius; narrow the input until it is bounded")
    if entries is not None and not np.array_equal(entries, entries.T):
        raise InputError("the Gram matrix must be symmetric; pass (K + K.T) / 2")
    symmetric = np.array_equal(balls.mid, balls.mid.T) and np.array_equal(balls.rad, balls.rad.T)
    if not symmetric and np.any(np.maximum(balls.lower, balls.lower.T) > np.minimum(balls.upper, balls.upper.T)):
        raise InputError("the balls of the Gram matrix contain no symmetric matrix; pass those of J J^T")
    return (balls if symmetric else hull(balls, balls.T)), entries


def _read_rate(value: Any) -> tuple[Ball, Fraction | None]:
    if isinstance(value, Ball):
        if value.shape != () or not np.isfinite(value.rad):
            raise InputError(f"a ball learning rate must be one bounded number, but has shape {value.shape}")
        rate, exact = value, Fraction(float(value.mid)) if value.is_exact else None
    else:
        if isinstance(value, bool | str | bytes):
            raise InputError(f"learning_rate must be a number, but is {value!r}")
        exact = rational(value, "learning_rate")
        rate = rational_ball(exact)
    if not float(rate.lower) > 0:
        raise InputError(f"learning_rate must be above 0, but is {value!r}")
    return rate, exact


def _exact_update(family: SGDFamily, batch: tuple[int, ...]) -> flint.fmpq_mat:
    assert family.exact is not None
    gram, rate = family.exact
    size, q = family.dimension, family.outputs
    rows = []
    for i in range(size):
        factor = rate / family.batch_size if i // q in batch else flint.fmpq(0)
        rows.append([flint.fmpq(int(i == j)) - factor * gram[i, j] for j in range(size)])
    return flint.fmpq_mat(rows)
