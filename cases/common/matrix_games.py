"""Two-player games in exact arithmetic: Nash equilibria, replicator dynamics, conserved quantities.

A (n, m) holds the payoffs of the first player, B (m, n) those of the second: x_i' = x_i ((A y)_i - x.A y),
y_j' = y_j ((B x)_j - y.B x). The dynamics is written in the coordinates x_1..x_{n-1}, y_1..y_{m-1} of the simplices, so
that the Jacobian acts on their tangent space and has no further eigenvalues.
"""

import itertools
from dataclasses import dataclass
from typing import final

import sympy

from foundation import InputError
from symbolic.checks import AllOf, CharacteristicPolynomialIs, EigenvaluesAre, Equal, SignIs, TaylorIs, at
from symbolic.derivation import Derivation, Step
from symbolic.largest_root import characteristic_polynomial, exact_eigenvalues

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (51)"
_HOFBAUER = "J. Hofbauer, K. Sigmund, Evolutionary Games and Population Dynamics (1998), sections 10.3 and 11.2"


@final
@dataclass(frozen=True)
class NashEquilibrium:
    """Mixed strategies x (n, 1) and y (m, 1), exact, and the indices that they use."""

    x: sympy.ImmutableMatrix
    y: sympy.ImmutableMatrix
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def is_interior(self) -> bool:
        """Whether every strategy is used."""
        return len(self.rows) == self.x.rows and len(self.columns) == self.y.rows


def nash_equilibrium(a: sympy.MatrixBase, b: sympy.MatrixBase) -> NashEquilibrium:
    """A Nash equilibrium within the largest sets of strategies of equal size on which it is unique; exact.

    Every non-degenerate game has one [B. von Stengel, in: Algorithmic Game Theory (2007), chapter 3]. Raises
    `InputError` for a degenerate game without one.
    """
    for size in range(min(a.shape), 0, -1):
        for rows in itertools.combinations(range(a.rows), size):
            for columns in itertools.combinations(range(a.cols), size):
                found = _on_supports(a, b, rows, columns)
                if found is not None:
                    return found
    raise InputError(
        "the game is degenerate: no Nash equilibrium is isolated on supports of equal size; change a payoff slightly"
    )


def _on_supports(
    a: sympy.MatrixBase, b: sympy.MatrixBase, rows: tuple[int, ...], columns: tuple[int, ...]
) -> NashEquilibrium | None:
    y, first = _equaliser(a, rows, columns)
    x, second = _equaliser(b, columns, rows)
    if x is None or y is None:
        return None
    if max(a * y) > first or max(b * x) > second:
        return None
    used = (tuple(i for i, share in enumerate(mixture) if share > 0) for mixture in (x, y))
    return NashEquilibrium(x.as_immutable(), y.as_immutable(), *used)


def _equaliser(
    payoff: sympy.MatrixBase, rows: tuple[int, ...], columns: tuple[int, ...]
) -> tuple[sympy.MatrixBase | None, sympy.Expr]:
    """The mixture of `columns` that gives all `rows` one payoff, and that payoff."""
    size = len(rows)
    block = payoff.extract(list(rows), list(columns))
    system = sympy.Matrix(sympy.BlockMatrix([[block, -sympy.ones(size, 1)], [sympy.ones(1, size), sympy.zeros(1, 1)]]))
    if system.det() == 0:
        return None, sympy.Integer(0)
    solution = system.LUsolve(sympy.Matrix([0] * size + [1]))
    if any(value < 0 for value in solution[:-1]):
        return None, sympy.Integer(0)
    mixture = sympy.zeros(payoff.cols, 1)
    for column, value in zip(columns, solution[:-1], strict=True):
        mixture[column] = value
    return mixture, solution[-1]


def coordinates(a: sympy.MatrixBase) -> tuple[sympy.Symbol, ...]:
    """x1, .., y1, ..: all strategies but the last of each player."""
    names = [f"x{i + 1}" for i in range(a.rows - 1)] + [f"y{j + 1}" for j in range(a.cols - 1)]
    return tuple(sympy.Symbol(name, real=True) for name in names)


def full_strategies(a: sympy.MatrixBase, symbols: tuple[sympy.Expr, ...]) -> tuple[sympy.Matrix, sympy.Matrix]:
    """(x, y) with the last entries 1 minus the others."""
    first, second = list(symbols[: a.rows - 1]), list(symbols[a.rows - 1 :])
    x = sympy.Matrix([*first, 1 - sympy.Add(*first)])
    return x, sympy.Matrix([*second, 1 - sympy.Add(*second)])


def replicator_field(
    a: sympy.MatrixBase, b: sympy.MatrixBase, symbols: tuple[sympy.Expr, ...]
) -> tuple[sympy.Expr, ...]:
    """The right-hand side in the coordinates."""
    x, y = full_strategies(a, symbols)
    first, second = a * y, b * x
    mean, other = (x.T * first)[0], (y.T * second)[0]
    return (
        *(x[i] * (first[i] - mean) for i in range(a.rows - 1)),
        *(y[j] * (second[j] - other) for j in range(a.cols - 1)),
    )


def reduced_point(equilibrium: NashEquilibrium) -> tuple[sympy.Expr, ...]:
    """The coordinates of an equilibrium."""
    return (*equilibrium.x[:-1], *equilibrium.y[:-1])


def replicator_jacobian(
    a: sympy.MatrixBase, b: sympy.MatrixBase, equilibrium: NashEquilibrium
) -> sympy.ImmutableMatrix:
    """The Jacobian on the tangent space of the simplices, exact."""
    symbols = coordinates(a)
    point = dict(zip(symbols, reduced_point(equilibrium), strict=True))
    field = sympy.Matrix(replicator_field(a, b, symbols))
    return field.jacobian(list(symbols)).subs(point).as_immutable()


def zero_sum_scale(a: sympy.MatrixBase, b: sympy.MatrixBase) -> sympy.Expr | None:
    """c > 0 with c B = -A^T up to payoffs that do not depend on a player's own choice; None when there is none."""
    first, second = _centred(a), _centred(b)
    for i, j in itertools.product(range(a.rows), range(a.cols)):
        if second[j, i] != 0:
            scale = -first[i, j] / second[j, i]
            return scale if scale > 0 and (scale * second + first.T).is_zero_matrix else None
    return None


def _centred(payoff: sympy.MatrixBase) -> sympy.Matrix:
    n, m = payoff.shape
    left = sympy.eye(n) - sympy.ones(n, n) / n
    return left * payoff * (sympy.eye(m) - sympy.ones(m, m) / m)


def derive_replicator(a: sympy.MatrixBase, b: sympy.MatrixBase, equilibrium: NashEquilibrium) -> Derivation:
    """The equilibrium, the Jacobian on the tangent space, its spectrum, and a conserved quantity where there is one."""
    symbols, point = coordinates(a), reduced_point(equilibrium)
    jacobian = replicator_jacobian(a, b, equilibrium)
    step = sympy.Symbol("s", real=True)
    directions = sympy.symbols(f"d1:{len(symbols) + 1}", real=True)
    moved = tuple(value + step * d for value, d in zip(point, directions, strict=True))
    linear = jacobian * sympy.Matrix(directions)
    expansions = tuple(
        TaylorIs(entry, step, sympy.Integer(0), 1, step * sympy.expand(image))
        for entry, image in zip(replicator_field(a, b, moved), linear, strict=True)
    )
    z = sympy.Symbol("z")
    steps = [
        Step(
            f"At x = {_words(equilibrium.x)}, y = {_words(equilibrium.y)}, moved by s d along the simplices, the field "
            "vanishes for s = 0 and has this linear part: the Jacobian on the tangent space.",
            reason="Expansion of the polynomial field; the last shares are 1 minus the others.",
            reference=_PAPER,
            check=AllOf(expansions),
        ),
        Step(
            "The characteristic polynomial of the Jacobian.",
            reason="Determinant.",
            check=CharacteristicPolynomialIs(jacobian, z, characteristic_polynomial(jacobian, z)),
        ),
    ]
    roots = exact_eigenvalues(jacobian)
    if roots is not None and not any(root.has(sympy.CRootOf) for root, _ in roots):
        steps.append(Step("Its roots.", reason="Multiplied out.", check=EigenvaluesAre(jacobian, tuple(roots))))
    scale = zero_sum_scale(a, b)
    if equilibrium.is_interior and scale is not None:
        steps += _conserved(a, b, equilibrium, scale)
    return Derivation("Replicator dynamics at the Nash equilibrium", (), tuple(steps))


def _words(mixture: sympy.MatrixBase) -> str:
    return f"({', '.join(str(value) for value in mixture)})"


def _conserved(a: sympy.MatrixBase, b: sympy.MatrixBase, equilibrium: NashEquilibrium, scale: sympy.Expr) -> list[Step]:
    """V = sum x*_i log x_i + c sum y*_j log y_j is conserved and has a strict maximum at the equilibrium."""
    symbols = coordinates(a)
    x, y = full_strategies(a, symbols)
    first, second = a * y, b * x
    rate = sympy.Add(
        (equilibrium.x.T * first)[0] - (x.T * first)[0],
        scale * ((equilibrium.y.T * second)[0] - (y.T * second)[0]),
        evaluate=False,
    )
    share, weight = sympy.symbols("p q", positive=True)
    return [
        Step(
            f"V = sum x*_i log x_i + c sum y*_j log y_j with c = {scale} is conserved: this is its rate of change, "
            "because (log x_i)' = (A y)_i - x.A y.",
            reason="The game is zero-sum up to the factor c and payoffs that do not depend on one's own choice.",
            reference=_HOFBAUER,
            check=Equal(rate, sympy.Integer(0)),
        ),
        Step(
            "V has a strict maximum at the equilibrium: each term q log p is strictly concave, and at p = q all slopes "
            "are 1 (c for the second player), constant along the simplex. So its level sets around the equilibrium are "
            "invariant: the equilibrium is stable, orbits do not tend to it, and purely imaginary pairs are elliptic.",
            reason="Second derivative, and slope at p = q.",
            reference=_HOFBAUER,
            check=AllOf(
                (
                    SignIs(sympy.diff(weight * sympy.log(share), share, 2), "<"),
                    Equal(at(sympy.Derivative(weight * sympy.log(share), share), (share, weight)), sympy.Integer(1)),
                )
            ),
        ),
    ]


def derive_zero_sum_erratum() -> Derivation:
    """(51) with arbitrary A, B is a bimatrix game; zero-sum means B = -A^T, and only then do the payoffs cancel."""
    n = 2
    x, y = sympy.symbols("x1 x2", real=True), sympy.symbols("y1 y2", real=True)
    entries = [sympy.Matrix(n, n, sympy.symbols(f"{letter}11 {letter}12 {letter}21 {letter}22")) for letter in "ab"]
    a, b = entries
    column, other = sympy.Matrix(x), sympy.Matrix(y)
    total = sympy.Add((column.T * a * other)[0], (other.T * b * column)[0], evaluate=False)
    terms = sympy.Add(*[x[i] * y[j] * (a[i, j] + b[j, i]) for i in range(n) for j in range(n)])
    same = sympy.eye(2)
    centre = nash_equilibrium(same, same)
    jacobian = replicator_jacobian(same, same, centre)
    half = sympy.Rational(1, 2)
    steps = (
        Step(
            "The payoffs of the two players add up to this sum; at pure strategies i, j it is a_ij + b_ji. So they "
            "cancel for all strategies exactly when b_ji = -a_ij, that is, B = -A^T.",
            reason="Expansion.",
            reference=_PAPER,
            check=Equal(total, terms),
        ),
        Step(
            "With A = B = I, which (51) as printed admits, the centre is an equilibrium and a saddle, not elliptic.",
            reason="Eigenvalues of the Jacobian on the tangent space.",
            check=EigenvaluesAre(jacobian, ((half, 1), (-half, 1))),
        ),
        Step(
            "For matching pennies with B = -A^T the eigenvalues are +-i.",
            reason="Eigenvalues of the Jacobian on the tangent space.",
            check=EigenvaluesAre(_pennies_jacobian(), ((sympy.I, 1), (-sympy.I, 1))),
        ),
    )
    return Derivation("Zero-sum games need B = -A^T", (), steps)


def _pennies_jacobian() -> sympy.ImmutableMatrix:
    a = sympy.Matrix([[1, -1], [-1, 1]])
    return replicator_jacobian(a, -a.T, nash_equilibrium(a, -a.T))
