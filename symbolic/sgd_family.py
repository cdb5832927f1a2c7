"""The random matrices of stochastic gradient descent at a minimum, and what is exact about their exponents."""

import itertools
from dataclasses import dataclass
from typing import Any, final

import networkx
import sympy

from foundation import InputError, positive_integer
from symbolic.checks import AllOf, Check, Definitions, Equal, SignIs, at, equation, product, resolve
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step
from symbolic.gram import gram_of
from symbolic.inputs import learning_rate_of
from symbolic.outcome import CheckResult, decide, undecided
from symbolic.spaces import is_shown

_SOURCE = "Chemnitz, Engel, (2.17)"


def batches(size: int, batch_size: Any) -> list[tuple[int, ...]]:
    """All batches of `batch_size` of the indices 0..size-1; raises `InputError` unless 1 <= batch_size <= size."""
    count = positive_integer(batch_size, "batch_size")
    if count > size:
        raise InputError(f"batch_size must be at most the number {size} of data points, but is {count}")
    return list(itertools.combinations(range(size), count))


def sgd_family(
    kernel: Any, learning_rate: Any = None, batch_size: int = 1
) -> dict[tuple[int, ...], sympy.ImmutableMatrix]:
    """A_S = I - (eta/B) E_S K for every batch S (0-based indices), each with probability 1/C(N, B); exact."""
    matrix, eta = gram_of(kernel), learning_rate_of(learning_rate)
    return {
        batch: (sympy.eye(matrix.rows) - eta / batch_size * _mask(matrix.rows, batch) * matrix).as_immutable()
        for batch in batches(matrix.rows, batch_size)
    }


def _mask(size: int, batch: tuple[int, ...]) -> sympy.Matrix:
    return sympy.diag(*[1 if i in batch else 0 for i in range(size)])


@final
@dataclass(frozen=True)
class ExponentSum:
    """The sum of all N Lyapunov exponents in nats per step, `value` (-oo when a determinant vanishes).

    `determinants` maps each batch to det A_S = det(I_B - (eta/B) K_SS). The largest exponent is at least value/N.
    """

    value: sympy.Expr
    determinants: dict[tuple[int, ...], sympy.Expr]
    derivation: Derivation


def exponent_sum(kernel: Any, learning_rate: Any = None, batch_size: int = 1) -> ExponentSum:
    """The mean of log |det A_S| over all batches, which is the sum of the Lyapunov exponents (exact)."""
    matrix, eta = gram_of(kernel), learning_rate_of(learning_rate)
    family = sgd_family(matrix, eta, batch_size)
    small = {b: sympy.eye(batch_size) - eta / batch_size * matrix.extract(list(b), list(b)) for b in family}
    determinants = {b: sympy.factor(block.det(method="berkowitz")) for b, block in small.items()}
    checks: tuple[Check, ...] = tuple(Equal(sympy.Determinant(family[b]), determinants[b]) for b in family)
    singular = any(is_zero(value) for value in determinants.values())
    logs = [sympy.log(sympy.Abs(value)) for value in determinants.values()]
    value = -sympy.oo if singular else sympy.Add(*logs) / len(logs)
    step = Step(
        "The determinant of A_S is that of the small block I_B - (eta/B) K_SS. The mean of the logarithms "
        "of their moduli is the sum of all Lyapunov exponents"
        + (", here minus infinity because one of them vanishes." if singular else "."),
        reason="Columns outside S of A_S - I have zero rows in S only through E_S; the determinant is multiplicative.",
        reference="L. Arnold, Random Dynamical Systems, Theorem 3.4.1",
        check=AllOf(checks) if len(checks) > 1 else checks[0],
    )
    symbols = () if eta.is_number else ((eta, "learning rate"),)
    return ExponentSum(value, determinants, Derivation("The sum of the Lyapunov exponents", symbols, (step,)))


@final
@dataclass(frozen=True)
class GraphIsConnected:
    """The graph on the data points with an edge where K_ij is not zero is connected (or not: `connected` False)."""

    kernel: sympy.Basic
    connected: bool = True

    @property
    def claim(self) -> sympy.Basic:
        """The number of components of the graph of K is 1, or more than 1."""
        components = sympy.Function("components")(self.kernel)
        one = sympy.Integer(1)
        return equation(components, one) if self.connected else sympy.Gt(components, one, evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """The zero pattern decided entry by entry, the components by networkx."""
        matrix = resolve(self.kernel, definitions)
        edges = connected_pattern(matrix)
        if edges is None:
            return undecided("whether some entry of K vanishes was not decided")
        answer = _is_connected(matrix.rows, edges)
        return decide(
            answer is self.connected, "components counted", f"the graph is {'' if answer else 'not '}connected", ""
        )


def connected_pattern(matrix: sympy.MatrixBase) -> list[tuple[int, int]] | None:
    """The pairs i < j with K_ij shown to be non-zero for all values of the symbols; None when one is undecided."""
    edges = []
    for i, j in itertools.combinations(range(matrix.rows), 2):
        if is_zero(matrix[i, j]):
            continue
        if not is_shown(SignIs(matrix[i, j], "!=")):
            return None
        edges.append((i, j))
    return edges


def _is_connected(size: int, edges: list[tuple[int, int]]) -> bool:
    graph = networkx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(edges)
    return bool(networkx.is_connected(graph))


@final
@dataclass(frozen=True)
class Regularity:
    """Whether a minimum is regular for B = 1: True, False, or None when undecided; with its derivation."""

    regular: bool | None
    connected: bool | None
    derivation: Derivation


def regularity(kernel: Any, learning_rate: Any) -> Regularity:
    """Regular (B = 1): eta K_ii is neither 1 nor 2 for any i, and the graph of the non-zero K_ij is connected.

    Source: Chemnitz & Engel, Definition 2.2.
    """
    matrix, eta = gram_of(kernel), learning_rate_of(learning_rate)
    gaps = [eta * matrix[i, i] - value for i in range(matrix.rows) for value in (1, 2)]
    edges = connected_pattern(matrix)
    connected = None if edges is None else _is_connected(matrix.rows, edges)
    zero = [gap for gap in gaps if is_zero(gap)]
    clear = all(is_shown(SignIs(gap, "!=")) for gap in gaps)
    shown = [_gap(eta, matrix[i, i], i, value) for i in range(matrix.rows) for value in (1, 2)]
    vanishing = [SignIs(s, "==") for s, gap in zip(shown, gaps, strict=True) if is_zero(gap)]
    checks: list[Check] = list(vanishing) or ([SignIs(gap, "!=") for gap in shown] if clear else [])
    if connected is not None:
        checks.append(GraphIsConnected(matrix, connected))
    regular = False if zero or connected is False else (True if clear and connected else None)
    words = {True: "The minimum is regular", False: "The minimum is not regular", None: "Regularity is not decided"}[
        regular
    ]
    steps = (
        ()
        if not checks
        else (
            Step(
                f"{words}: what is shown about eta K_ii and about the graph of the non-zero entries of K is displayed.",
                reason="Exact comparison with 1 and 2; counting of components.",
                reference="Chemnitz, Engel, Definition 2.2",
                check=AllOf(tuple(checks)),
            ),
        )
    )
    return Regularity(regular, connected, Derivation("Regularity of the minimum", (), steps))


def _gap(eta: sympy.Expr, entry: sympy.Expr, index: int, value: int) -> sympy.Expr:
    """eta K_ii - value; with its numbers beside it where they are numbers."""
    if not (eta * entry).is_Rational:
        return eta * entry - value
    rate, diagonal = sympy.Symbol("eta", real=True), sympy.Symbol(f"K_{index + 1}{index + 1}", real=True)
    return at(rate * diagonal - value, (rate, eta), (diagonal, entry))


def orthogonal_exponents(kernel: Any, learning_rate: Any = None) -> tuple[sympy.Expr, ...]:
    """The N exponents (1/N) log |1 - eta K_ii| (nats per step, B = 1) when the gradients are orthogonal, K diagonal.

    Exact: all A_i are diagonal and commute. -oo where eta K_ii = 1. Raises `InputError` when K is not diagonal.
    """
    matrix, eta = gram_of(kernel), learning_rate_of(learning_rate)
    size = matrix.rows
    if any(is_zero(matrix[i, j]) is not True for i in range(size) for j in range(size) if i != j):
        raise InputError(f"the gradients are not orthogonal: K = {matrix.tolist()} is not diagonal")
    gaps = [1 - eta * matrix[i, i] for i in range(size)]
    return tuple(-sympy.oo if is_zero(gap) else sympy.log(sympy.Abs(gap)) / size for gap in gaps)


def derive_regularity_erratum(kernel: Any, learning_rate: Any = None, batch_size: int = 1) -> Derivation:
    """Id - A_S has rank at most B < N and is never invertible: no minimum satisfies Definition 3.13 (i) as printed."""
    matrix, eta = gram_of(kernel), learning_rate_of(learning_rate)
    if batch_size >= matrix.rows:
        raise InputError(f"batch_size must be below the number {matrix.rows} of data points, but is {batch_size}")
    family = sgd_family(matrix, eta, batch_size)
    checks: list[Check] = []
    for batch, member in family.items():
        drawn = sympy.diag(*[int(i in batch) for i in range(matrix.rows)])
        difference = (sympy.eye(matrix.rows) - member).as_immutable()
        checks += [
            Equal(product(eta / batch_size * drawn, matrix), difference),
            Equal(sympy.Determinant(difference), sympy.Integer(0)),
        ]
    step = Step(
        "For a batch S of B < N data points Id - A_S = (eta/B) E_S K has zero rows outside S. Its rank is "
        "at most B, so it is not invertible, and with the definition as printed no minimum would be "
        "regular.",
        reason="E_S keeps only the rows of S.",
        reference="Chemnitz, Engel, Kuehn, Kuntz, Definition 3.13 (i)",
        check=AllOf(tuple(checks)),
    )
    return Derivation("Id - A_S is singular", ((eta, "learning rate"),), (step,))
