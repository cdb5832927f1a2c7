"""Attention particles in exact arithmetic: linearisation at consensus and at antipodal states, in space and on spheres.

x_i' = sum_j w_ij V x_j, w_ij = exp(x_i . B x_j) / sum_l exp(x_i . B x_l), B = beta Q^T K; on the sphere the right-hand
side is projected to the tangent space, y - (x . y) x.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import sympy

from symbolic.checks import AllOf, CharacteristicPolynomialIs, SolvesFor, TaylorIs
from symbolic.derivation import Derivation, Step
from symbolic.largest_root import exact_eigenvalues, largest, real_part
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (50)"
_GESHKOVSKI = (
    "B. Geshkovski, C. Letrouit, Y. Polyanskiy, P. Rigollet, A mathematical perspective on transformers (2023)"
)
_Z = sympy.Symbol("z")
_STEP = sympy.Symbol("s", real=True)
_ZERO = sympy.Integer(0)


def attention(places: Sequence[sympy.Matrix], form: sympy.MatrixBase, value: sympy.MatrixBase) -> list[sympy.Matrix]:
    """sum_j w_ij V x_j for columns x_i, logits x_i . B x_j."""
    moved = [value * x for x in places]
    result = []
    for x in places:
        weights = [sympy.exp((x.T * form * other)[0]) for other in places]
        total = sympy.Add(*weights)
        result.append(sum((w * y for w, y in zip(weights, moved, strict=True)), sympy.zeros(len(x), 1)) / total)
    return result


def on_sphere(
    places: Sequence[sympy.Matrix], form: sympy.MatrixBase, value: sympy.MatrixBase, pull: sympy.Expr = _ZERO
) -> list[sympy.Matrix]:
    """The attention projected to the tangent spaces; `pull` c adds c (1 - |x|^2) x, which vanishes on the sphere."""
    pairs = zip(places, attention(places, form, value), strict=True)
    return [y - (x.T * y)[0] * x + pull * (1 - (x.T * x)[0]) * x for x, y in pairs]


@final
@dataclass(frozen=True)
class Consensus:
    """A real eigenvalue mu of V, the other ones, and (where mu is rational) its unit eigenvector's value x . B x."""

    eigenvalue: sympy.Expr
    others: tuple[sympy.Expr, ...]
    logit: sympy.Expr | None

    @property
    def is_scalar(self) -> bool:
        """Whether all eigenvalues agree."""
        return all(other == self.eigenvalue for other in self.others)


def consensus_of(value: sympy.MatrixBase, form: sympy.MatrixBase, which: int) -> Consensus | None:
    """The `which`-th largest real eigenvalue of V (from 1); None where it has no closed form here."""
    found = exact_eigenvalues(value)
    if found is None:
        return None
    roots = [root for root, count in found for _ in range(count)]
    real = sorted((root for root in roots if root.is_real), key=lambda root: -root.evalf(40))
    if which > len(real):
        return None
    chosen = real[which - 1]
    roots.remove(chosen)
    return Consensus(chosen, tuple(roots), _logit(value, form, chosen))


def _logit(value: sympy.MatrixBase, form: sympy.MatrixBase, eigenvalue: sympy.Expr) -> sympy.Expr | None:
    size = value.rows
    if value == eigenvalue * sympy.eye(size):
        return form[size - 1, size - 1]
    if not eigenvalue.is_Rational:
        return None
    kernel = (value - eigenvalue * sympy.eye(size)).nullspace()
    if len(kernel) != 1:
        return None
    (vector,) = kernel
    return (vector.T * form * vector)[0] / (vector.T * vector)[0]


def sphere_eigenvalues(consensus: Consensus, first: int, second: int) -> list[sympy.Expr] | None:
    """Eigenvalues on the tangent space, `first` particles at x and `second` at -x, without multiplicities, or None."""
    mu = consensus.eigenvalue
    if not second:
        own = [-mu] if first > 1 else []
        return [*own, *(other - mu for other in consensus.others)]
    if consensus.logit is None or not all(other.is_real for other in consensus.others):
        return None
    same, opposite = sympy.exp(consensus.logit), sympy.exp(-consensus.logit)
    p, q = (n * same / (n * same + m * opposite) for n, m in ((first, second), (second, first)))
    found = [-mu * (2 * share - 1) for share, count in ((p, first), (q, second)) if count > 1]
    for other in consensus.others:
        a, b = p * other - mu * (2 * p - 1), (1 - p) * other
        c, d = (1 - q) * other, q * other - mu * (2 * q - 1)
        root = sympy.sqrt((a - d) ** 2 + 4 * b * c)
        found += (
            [other - mu, _ZERO + (a + d - (other - mu))] if other == mu else [(a + d + root) / 2, (a + d - root) / 2]
        )
    return found


def largest_real_part(values: Sequence[sympy.Expr]) -> sympy.Expr:
    """The largest real part of exact numbers."""
    return largest([real_part(value) for value in values])


def verdict_sign(consensus: Consensus, count: int) -> int | None:
    """-1 consensus on the sphere attracts, +1 it is unstable, None neither is shown."""
    mu = consensus.eigenvalue
    gaps = [number_sign(real_part(other) - mu) for other in consensus.others if other != mu]
    side = number_sign(mu) if count > 1 else 1
    if 1 in gaps or side == -1:
        return 1
    repeated = any(other == mu for other in consensus.others) and not consensus.is_scalar
    return -1 if side == 1 and all(gap == -1 for gap in gaps) and not repeated else None


def derive_space(count: int = 3, size: int = 2) -> Derivation:
    """In R^d: at any consensus the linearisation is (1 1^T / M) (x) V, for all matrices Q, K, V."""
    centre = sympy.Matrix(sympy.symbols(f"c1:{size + 1}", real=True))
    form = sympy.Matrix(size, size, sympy.symbols(f"b1:{size**2 + 1}", real=True))
    value = sympy.Matrix(size, size, sympy.symbols(f"v1:{size**2 + 1}", real=True))
    moves = [sympy.Matrix([sympy.Symbol(f"d{i}_{a}", real=True) for a in range(size)]) for i in range(count)]
    moved = [centre + _STEP * move for move in moves]
    mean = sum(moves, sympy.zeros(size, 1)) / count
    image = value * centre + _STEP * value * mean
    checks = tuple(
        TaylorIs(entry, _STEP, _ZERO, 1, sympy.expand(target))
        for velocity in attention(moved, form, value)
        for entry, target in zip(velocity, image, strict=True)
    )
    block = sympy.kronecker_product(sympy.ones(count, count) / count, value)
    polynomial = _Z ** (size * (count - 1)) * value.charpoly(_Z).as_expr()
    steps = (
        Step(
            f"{count} particles in R^{size} at c + s d_i: to first order each moves with V c + s V (mean of the d_j). "
            "So the linearisation at consensus is (1 1^T/M) (x) V, whatever Q and K are.",
            reason="Differentiation of the weights, which add up to one.",
            reference=_PAPER,
            check=AllOf(checks),
        ),
        Step(
            "Its eigenvalues are those of V once, and 0 with multiplicity (M - 1) d.",
            reason="Characteristic polynomial.",
            check=CharacteristicPolynomialIs(block.as_immutable(), _Z, sympy.expand(polynomial)),
        ),
    )
    return Derivation("Consensus in space", (), steps)


def derive_space_antipodes() -> Derivation:
    """In R^1: two particles at c and -c; the derivative of the weights does not cancel there."""
    c, b, v, d, e = sympy.symbols("c b v d1 d2", real=True)
    first, _ = attention(
        [sympy.Matrix([c + _STEP * d]), sympy.Matrix([-c + _STEP * e])], sympy.Matrix([[b]]), sympy.Matrix([[v]])
    )
    same = 1 / (1 + sympy.exp(-2 * b * c**2))
    tilt = 2 * v * c * same * (1 - same) * b * c * (3 * d - e)
    image = v * c * (2 * same - 1) + _STEP * (v * (same * d + (1 - same) * e) + tilt)
    step = Step(
        "Two particles on a line at c + s d1 and -c + s d2, logits b x_i x_j: velocity of the first one to first "
        "order. With p = 1/(1 + exp(-2 b c^2)) its Jacobian is V (p, 1 - p) plus the change of the weights, "
        "2 V b c^2 p (1 - p) (3, -1). It rests only if V c = 0 or b = 0.",
        reason="Differentiation.",
        reference=_PAPER,
        check=TaylorIs(first[0], _STEP, _ZERO, 1, image),
    )
    return Derivation("Antipodal particles in space", ((c, "position"), (b, "factor of the logits")), (step,))


def derive_sphere() -> Derivation:
    """On the sphere at consensus in an eigenvector of V: -mu with multiplicity (M - 1)(d - 1), and nu - mu."""
    count, size = 3, 3
    mu, nu = sympy.Symbol("mu", real=True), sympy.symbols("nu1:3", real=True)
    form = sympy.Matrix(size, size, sympy.symbols("b1:10", real=True))
    value = sympy.diag(*nu, mu)
    moves = [sympy.Matrix([sympy.Symbol(f"d{i}_{a}", real=True) for a in range(2)] + [0]) for i in range(count)]
    pole = sympy.Matrix([0, 0, 1])
    mean = sum(moves, sympy.zeros(size, 1)) / count
    checks = tuple(
        TaylorIs(entry, _STEP, _ZERO, 1, sympy.expand(target))
        for velocity, move in zip(on_sphere([pole + _STEP * m for m in moves], form, value), moves, strict=True)
        for entry, target in zip(velocity, _STEP * (value * mean - mu * move), strict=True)
    )
    block = (nu[0] * sympy.ones(count, count) / count - mu * sympy.eye(count)).as_immutable()
    steps = (
        Step(
            "Three particles on the sphere in R^3 near an eigenvector of V with eigenvalue mu, moved by s d_i along "
            "the tangent space (|x| changes by O(s^2)): to first order they move with s (V mean(d) - mu d_i), for all "
            "Q and K.",
            reason="Differentiation of the projected attention.",
            reference=_GESHKOVSKI,
            check=AllOf(checks),
        ),
        Step(
            "Along each tangent direction, an eigenvector of V with eigenvalue nu: nu - mu once, and -mu with "
            "multiplicity M - 1. For V = I: 0 with multiplicity d - 1 (rotations), -1 with (M - 1)(d - 1).",
            reason="Characteristic polynomial.",
            reference=_GESHKOVSKI,
            check=CharacteristicPolynomialIs(block, _Z, sympy.expand((_Z - nu[0] + mu) * (_Z + mu) ** (count - 1))),
        ),
    )
    return Derivation("Consensus on the sphere", ((mu, "eigenvalue of V at the consensus"),), steps)


def derive_antipodes() -> Derivation:
    """On the sphere: two particles at a pole and one at the other."""
    b, mu, nu = sympy.symbols("b mu nu", real=True)
    c12, c21, c11 = sympy.symbols("b12 b21 b11", real=True)
    form, value = sympy.Matrix([[c11, c12], [c21, b]]), sympy.diag(nu, mu)
    d = sympy.symbols("d1:4", real=True)
    signs = (1, 1, -1)
    moved = [sympy.Matrix([_STEP * move, sign]) for move, sign in zip(d, signs, strict=True)]
    same, opposite = sympy.exp(b), sympy.exp(-b)
    p, q = 2 * same / (2 * same + opposite), same / (same + 2 * opposite)
    rows = (
        nu * (p * (d[0] + d[1]) / 2 + (1 - p) * d[2]) - mu * (2 * p - 1) * d[0],
        nu * (p * (d[0] + d[1]) / 2 + (1 - p) * d[2]) - mu * (2 * p - 1) * d[1],
        nu * ((1 - q) * (d[0] + d[1]) / 2 + q * d[2]) - mu * (2 * q - 1) * d[2],
    )
    checks = tuple(
        TaylorIs(velocity[0], _STEP, _ZERO, 1, _STEP * row)
        for velocity, row in zip(on_sphere(moved, form, value), rows, strict=True)
    )
    share, other = sympy.symbols("p q", real=True)
    block = sympy.ImmutableMatrix(
        [[mu * share - mu * (2 * share - 1), (1 - share) * mu], [(1 - other) * mu, mu * other - mu * (2 * other - 1)]]
    )
    steps = (
        Step(
            "Two particles at x and one at -x on the circle, V x = mu x, x . B x = b, tangent direction with V = nu: "
            "to first order they move like this, with the weights p and q of the own side, p = 2 e^b/(2 e^b + e^-b) "
            "and q = e^b/(e^b + 2 e^-b).",
            reason="Differentiation of the projected attention.",
            reference=_GESHKOVSKI,
            check=AllOf(checks),
        ),
        Step(
            "Within a side the eigenvalue is -mu (2 p - 1); between the sides, for nu = mu, they are 0 (rotations) and "
            "mu (2 - p - q), which is positive for mu > 0: antipodal states are unstable for every beta.",
            reason="Characteristic polynomial of the block of the two sides.",
            reference=_GESHKOVSKI,
            check=CharacteristicPolynomialIs(block, _Z, sympy.expand(_Z * (_Z - mu * (2 - share - other)))),
        ),
    )
    return Derivation(
        "Antipodal states on the sphere", ((mu, "eigenvalue of V at x"), (nu, "another eigenvalue")), steps
    )


def derive_dimension_erratum() -> Derivation:
    """M_1, M_2 have d columns and M_3 is d x d: as printed the products exist only if M = d."""
    columns, size, particles = sympy.symbols("n d M", positive=True)
    value = sympy.ImmutableMatrix([[0, -1], [1, 0]])
    block = sympy.kronecker_product(sympy.ones(3, 3) / 3, value).as_immutable()
    steps = (
        Step(
            "A matrix with n columns acts on x in R^d only if n - d = 0. Printed is n = M, the number of particles, so "
            "M - d = 0 would be needed: (50) would be defined only for as many particles as dimensions.",
            reason="Numbers of columns and of entries.",
            reference=_PAPER,
            check=AllOf(
                (
                    SolvesFor(columns - size, columns, size),
                    SolvesFor(particles - size, particles, size),
                )
            ),
        ),
        Step(
            "With M_1, M_2 in R^(M_0 x d) and M_3 in R^(d x d) any number of particles is possible, as M = 3 in R^2: "
            "the linearisation at consensus, of size M d = 6.",
            reason="Characteristic polynomial, for a quarter turn M_3.",
            check=AllOf((CharacteristicPolynomialIs(block, _Z, _Z**4 * (_Z**2 + 1)),)),
        ),
    )
    return Derivation("Dimensions of the matrices of (50)", ((particles, "number of particles"),), steps)
