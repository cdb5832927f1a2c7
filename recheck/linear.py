"""Linear algebra that proves: definiteness by LDL^T, inertia by congruence, spectra by similarity and Gershgorin.

Approximate eigenvectors come from inverse iteration or from FLINT's approximate eigenvalue routine; nothing rests on
them but the sharpness of the bounds.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce

from flint import acb, acb_mat, arb, arb_mat, ctx

from recheck.outcome import Undecided


def highest(values: Iterable[arb]) -> arb:
    """An upper bound of all; NaN where one of them is."""
    return reduce(arb.max, values).upper()


def lowest(values: Iterable[arb]) -> arb:
    """A lower bound of all; NaN where one of them is."""
    return reduce(arb.min, values).lower()


def symmetric(matrix: arb_mat) -> arb_mat:
    """Both triangles from the lower one: the symmetric matrices in a ball matrix."""
    n = matrix.nrows()
    return arb_mat(n, n, [matrix[max(i, j), min(i, j)] for i in range(n) for j in range(n)])


def identity(n: int, factor: arb | int = 1) -> arb_mat:
    return arb_mat(n, n, [factor if i == j else 0 for i in range(n) for j in range(n)])


def row_norm(matrix: arb_mat) -> arb:
    """An upper bound of the largest absolute row sum."""
    return highest(sum((entry.abs_upper() for entry in row), arb(0)) for row in matrix.tolist())


def definite(matrix: arb_mat) -> arb | bool | None:
    """The last pivot where every symmetric matrix in the balls is positive definite; False: none is; None: undecided.

    [[P, Q^T], [Q, S]] is positive if and only if P and S - Q P^-1 Q^T are, down to single entries: a block LDL^T.
    """
    if matrix.nrows() == 1:
        pivot = matrix[0, 0]
        return pivot if pivot > 0 else False if pivot <= 0 else None
    rows, half = matrix.tolist(), matrix.nrows() // 2
    first, below = arb_mat([row[:half] for row in rows[:half]]), arb_mat([row[:half] for row in rows[half:]])
    rest = arb_mat([row[half:] for row in rows[half:]])
    answer = definite(first)
    if not isinstance(answer, arb):
        return answer
    with suppress(ZeroDivisionError):
        return definite(symmetric(rest - below * first.solve(below.transpose())))
    return None


def is_positive(matrix: arb_mat) -> bool:
    """Whether every symmetric matrix in the balls is proved positive definite."""
    return isinstance(definite(matrix), arb)


def inverse(matrix: arb_mat) -> arb_mat:
    """An enclosure of the inverse of every matrix in the balls; raises `Undecided` where one may be singular."""
    return solve(matrix, identity(matrix.nrows()))


def is_nonsingular(matrix: arb_mat) -> bool:
    """Whether every matrix in the balls is proved invertible: ||I - R A|| < 1 for an approximate inverse R."""
    with suppress(ZeroDivisionError):
        return bool(row_norm(identity(matrix.nrows()) - matrix.mid().inv().mid() * matrix) < 1)
    return False


def solve(matrix: arb_mat, right: arb_mat) -> arb_mat:
    try:
        return matrix.solve(right)
    except ZeroDivisionError:
        raise Undecided("a matrix is not proved invertible") from None


def extreme_eigenvalues(matrix: arb_mat) -> tuple[arb, arb]:
    """Enclosures of the smallest and the largest eigenvalue of all symmetric matrices in the balls."""
    return -_largest(-matrix), _largest(matrix)


def _largest(matrix: arb_mat) -> arb:
    """t is above the largest eigenvalue if and only if t I - A is positive definite.

    The last pivot, 1/((t I - A)^-1)_nn = t - a - sum c_i^2/(t - m_i) with m_i the eigenvalues of A without its last row
    and column, is concave in t above them. So a chord meets zero below its own zero or below some m_i, and both are at
    most the largest eigenvalue. The trials go ever closer to it as long as they stay above the eigenvalue.
    """
    n, high, last, cut = matrix.nrows(), row_norm(matrix), arb("nan"), _CUT
    Undecided.unless(high.is_finite(), "a matrix has no finite bound")
    low, near = max((matrix[i, i].lower() for i in range(n)), key=float), high * arb(2) ** (-3 * ctx.prec // 4)
    for _ in range(ctx.prec // 2):
        middle = (low + (high - low) * cut).mid()
        pivot = definite(identity(n, middle) - matrix)
        if isinstance(pivot, arb):
            root = (middle - pivot * (high - middle) / (last - pivot)).lower()
            low, high, last, cut = root if root > low else low, middle, pivot, cut * cut
        else:
            low, cut = low if pivot is None else middle, cut.sqrt()
        if high - low < near:
            break
    return low.union(high)


# It meets no round number, at which nothing is decided.
_CUT = arb(0.24609375)


def inertia(matrix: arb_mat) -> tuple[int, int]:
    """How many eigenvalues of every symmetric matrix in the balls are negative and positive: all n of them."""
    discs = spectrum(matrix)
    counts = [sum(disc.count for disc in discs if sign * disc.real_part > 0) for sign in (-1, 1)]
    Undecided.when(sum(counts) < matrix.nrows(), "an eigenvalue is not separated from zero")
    return counts[0], counts[1]


@dataclass(frozen=True)
class Disc:
    """`count` eigenvalues lie within `radius` of `center`; `real`: it is one, and a real number."""

    center: acb
    radius: arb
    count: int
    real: bool

    @property
    def real_part(self) -> arb:
        return self.center.real.mid() + arb(0, self.radius + self.center.real.rad())

    @property
    def imaginary_part(self) -> arb:
        return arb(0) if self.real else self.center.imag.mid() + arb(0, self.radius + self.center.imag.rad())

    @property
    def modulus(self) -> arb:
        low = (self.center.abs_lower() - self.radius).lower()
        return low.max(arb(0)).union((self.center.abs_upper() + self.radius).upper())


def spectrum(matrix: arb_mat) -> list[Disc]:
    """Disjoint discs with their numbers of eigenvalues, for every real matrix in the balls.

    X^-1 A X for approximate eigenvectors X, enclosed by a verified solution; Gershgorin's discs, merged where they may
    meet: a union that meets no other disc holds as many eigenvalues as discs.
    """
    n = matrix.nrows()
    if n == 1:
        return [Disc(acb(matrix[0, 0].mid()), matrix[0, 0].rad(), 1, True)]
    size = row_norm(matrix)
    best = _gershgorin(acb_mat(matrix))
    # where its eigenvectors are dependent, those of a matrix near it are not
    noise = arb_mat(n, n, [arb(k * k % 101 + 1) for k in range(n * n)]) * (size / (100 * n))
    for moved in (matrix, matrix + noise * arb(2) ** (-ctx.prec // 2)):
        found = _similar(matrix, moved.mid())
        if found is not None and highest(found[1]) < highest(best[1]):
            best = found
        if highest(best[1]) < size * arb(2) ** (-ctx.prec // 4):
            break
    return _merged(*best)


def _gershgorin(matrix: acb_mat) -> tuple[list[acb], list[arb]]:
    """The centres and radii of the discs of the rows."""
    centers, radii = [], []
    for k, row in enumerate(matrix.tolist()):
        rest = sum((entry.abs_upper() for j, entry in enumerate(row) if j != k), arb(0))
        centers.append(acb(row[k].real.mid(), row[k].imag.mid()))
        radii.append((rest + row[k].real.rad() + row[k].imag.rad()).upper())
    return centers, radii


def _similar(matrix: arb_mat, near: arb_mat) -> tuple[list[acb], list[arb]] | None:
    """The discs of X^-1 A X for approximate eigenvectors X of a matrix near A."""
    n = matrix.nrows()
    with suppress(ValueError, ZeroDivisionError), ctx.workprec(2 * ctx.prec):
        _, vectors = acb_mat(near).eig(right=True, algorithm="approx")
        sizes = [max((abs(vectors[i, j]).mid() for i in range(n)), key=float) for j in range(n)]
        rows = [[x / size for x, size in zip(row, sizes, strict=True)] for row in vectors.tolist()]
        basis = acb_mat([[acb(x.real.mid(), x.imag.mid()) for x in row] for row in rows])
        found = basis.solve(acb_mat(matrix) * basis)
        if all(x.is_finite() for x in found.entries()):
            return _gershgorin(found)
    return None


# centre, radius, number of eigenvalues
_Round = tuple[acb, arb, int]


def _merged(centers: Sequence[acb], radii: Sequence[arb]) -> list[Disc]:
    discs = [(center, radius, 1) for center, radius in zip(centers, radii, strict=True)]
    while True:
        pair = next(((i, j) for j in range(len(discs)) for i in range(j) if not _apart(discs[i], discs[j])), None)
        if pair is None:
            break
        second, first = discs.pop(pair[1]), discs.pop(pair[0])
        discs.append(_around(first, second))
    result = []
    for k, (center, radius, count) in enumerate(discs):
        mirrored = (center.conjugate(), radius, count)
        alone = all(_apart(mirrored, other) for j, other in enumerate(discs) if j != k)
        result.append(Disc(center, radius, count, count == 1 and alone))
    return result


def _apart(first: _Round, second: _Round) -> bool:
    return bool((first[0] - second[0]).abs_lower() > first[1] + second[1])


def _around(first: _Round, second: _Round) -> _Round:
    middle = (first[0] + second[0]) / 2
    center = acb(middle.real.mid(), middle.imag.mid())
    reach = [((center - c).abs_upper() + r).upper() for c, r, _ in (first, second)]
    return center, reach[0].max(reach[1]), first[2] + second[2]


def connected(n: int, pairs: Iterable[tuple[int, int]]) -> bool:
    """Whether the graph with these edges is connected."""
    parts = [{i} for i in range(n)]
    for i, j in pairs:
        first, second = (next(part for part in parts if k in part) for k in (i, j))
        if first is not second:
            parts.remove(second)
            first |= second
    return len(parts) == 1
