"""Linear algebra that proves: definiteness by LDL^T, inertia by congruence, spectra by similarity and Gershgorin.

Approximate eigenvectors come from FLINT's approximate eigenvalue routine or from inverse iteration; nothing rests on
them but the sharpness of the bounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flint import acb, acb_mat, arb, arb_mat, ctx

from recheck.outcome import Undecided

_FULL = 40
_STEPS = 60


def symmetric(matrix: arb_mat) -> arb_mat:
    """Both triangles from the lower one: the symmetric matrices in a ball matrix."""
    n = matrix.nrows()
    return arb_mat(n, n, [matrix[max(i, j), min(i, j)] for i in range(n) for j in range(n)])


def identity(n: int, factor: arb | int = 1) -> arb_mat:
    return arb_mat(n, n, [factor if i == j else 0 for i in range(n) for j in range(n)])


def row_norm(matrix: arb_mat) -> arb:
    """An upper bound of the largest absolute row sum."""
    best = arb(0)
    for row in matrix.tolist():
        best = best.max(sum((entry.abs_upper() for entry in row), arb(0)).upper())
    return best


def is_positive(matrix: arb_mat) -> bool:
    """Whether every symmetric matrix in the balls is proved positive definite: all pivots of LDL^T are positive."""
    rows = matrix.tolist()
    n = len(rows)
    for k in range(n):
        pivot = rows[k][k]
        if not pivot > 0:
            return False
        column = [rows[i][k] for i in range(k + 1, n)]
        scaled = [entry / pivot for entry in column]
        for i in range(k + 1, n):
            row, factor = rows[i], scaled[i - k - 1]
            if factor.is_zero():
                continue
            for j in range(k + 1, i + 1):
                row[j] = row[j] - factor * column[j - k - 1]
    return True


def inverse(matrix: arb_mat) -> arb_mat:
    """An enclosure of the inverse of every matrix in the balls; raises `Undecided` where one may be singular."""
    try:
        return matrix.inv()
    except ZeroDivisionError:
        raise Undecided("a matrix is not proved invertible") from None


def is_nonsingular(matrix: arb_mat) -> bool:
    """Whether every matrix in the balls is proved invertible: ||I - R A|| < 1 for an approximate inverse R."""
    try:
        approximate = matrix.mid().inv().mid()
    except ZeroDivisionError:
        return False
    return bool(row_norm(identity(matrix.nrows()) - approximate * matrix) < 1)


def solve(matrix: arb_mat, right: arb_mat) -> arb_mat:
    try:
        return matrix.solve(right)
    except ZeroDivisionError:
        raise Undecided("a linear system is not proved to have one solution") from None


def extreme_eigenvalues(matrix: arb_mat) -> tuple[arb, arb]:
    """Enclosures of the smallest and the largest eigenvalue of all symmetric matrices in the balls."""
    return -_largest(-matrix), _largest(matrix)


def _largest(matrix: arb_mat) -> arb:
    """A Rayleigh quotient from below; from above a number t just above it with t I - A proved positive definite."""
    n = matrix.nrows()
    if n == 1:
        return matrix[0, 0]
    size = row_norm(matrix)
    if size.is_zero():
        return arb(0)
    if not size.is_finite():
        raise Undecided("a matrix has no finite bound")
    vector = _candidate(matrix.mid()) if n <= _FULL else None
    vector = _krylov(matrix.mid(), size) if vector is None else vector
    low, high, guess = -size, size, -size
    for _ in range(_BISECTIONS):
        quotient = _rayleigh(matrix, vector)
        low = low.max(quotient.lower()).mid()
        for bits in (ctx.prec * 3 // 4, ctx.prec // 2, ctx.prec // 3, ctx.prec // 4):
            upper = (quotient.upper() + size * arb(2) ** -bits).upper()
            if upper < high and is_positive(identity(n, upper) - matrix):
                return low.union(upper)
        guess = guess.max(low).mid()
        middle = ((guess + high) / 2).mid()
        if is_positive(identity(n, middle) - matrix):
            high = middle
        else:
            guess = middle
        if high - guess < size * arb(2) ** (-ctx.prec // 3):
            break
        vector = _above(matrix.mid(), high, vector)
    return low.union(high)


_BISECTIONS = 60


def _rayleigh(matrix: arb_mat, vector: arb_mat) -> arb:
    """A number that the largest eigenvalue is not below."""
    across = vector.transpose()
    return (across * (matrix * vector))[0, 0] / (across * vector)[0, 0]


def _candidate(matrix: arb_mat) -> arb_mat | None:
    """An approximate eigenvector of the largest eigenvalue."""
    try:
        values, vectors = acb_mat(matrix).eig(right=True, algorithm="approx")
    except (ValueError, ZeroDivisionError):
        return None
    k = max(range(len(values)), key=lambda i: float(values[i].real.mid()))
    n = matrix.nrows()
    parts = [[vectors[i, k].real.mid() for i in range(n)], [vectors[i, k].imag.mid() for i in range(n)]]
    entries = max(parts, key=lambda part: float(sum((x * x for x in part), arb(0)).mid()))
    return arb_mat(n, 1, entries) if any(not x.is_zero() for x in entries) else None


def _krylov(matrix: arb_mat, size: arb) -> arb_mat:
    """The same for larger matrices: Lanczos' method on A, then on (t I - A)^-1 for a t just above its estimate."""
    vector = _lanczos(matrix)
    quotient = _rayleigh(matrix, vector).mid()
    rest = matrix * vector - vector * quotient
    error = ((rest.transpose() * rest)[0, 0] / (vector.transpose() * vector)[0, 0]).mid().nonnegative_part().sqrt()
    shift = (quotient + 2 * error + size * arb(2) ** -40).mid()
    return _above(matrix, shift, vector)


def _above(matrix: arb_mat, shift: arb, vector: arb_mat) -> arb_mat:
    """An approximate eigenvector of the eigenvalue next to a shift above it."""
    n = matrix.nrows()
    try:
        return _inverse_iteration(matrix, shift, _lanczos((identity(n, shift) - matrix).mid().inv().mid()))
    except ZeroDivisionError:
        return vector


def _lanczos(matrix: arb_mat) -> arb_mat:
    """An approximate eigenvector of the largest eigenvalue from a Krylov space, orthogonalised twice."""
    n, steps = matrix.nrows(), min(matrix.nrows(), _STEPS)
    start = arb_mat(n, 1, [arb(1) + arb(i * i % 7) / 8 for i in range(n)])
    columns = [_unit(start)]
    for _ in range(steps - 1):
        moved = matrix * columns[-1]
        space = arb_mat([list(column.entries()) for column in columns])
        for _ in range(2):
            moved = (moved - space.transpose() * (space * moved)).mid()
        if all(abs(x) < arb(2) ** (-ctx.prec // 2) for x in moved.entries()):
            break
        columns.append(_unit(moved))
    space = arb_mat([list(column.entries()) for column in columns])
    small = _candidate((space * matrix * space.transpose()).mid())
    return start if small is None else (space.transpose() * small).mid()


def _unit(vector: arb_mat) -> arb_mat:
    size = (vector.transpose() * vector)[0, 0].mid().sqrt()
    return (vector * (1 / size)).mid()


def _inverse_iteration(matrix: arb_mat, shift: arb, vector: arb_mat) -> arb_mat:
    """A few steps from above: the shift follows the Rayleigh quotient at a small distance."""
    n, current = matrix.nrows(), shift
    for _ in range(3):
        try:
            vector = _unit((identity(n, current) - matrix).solve(vector, algorithm="approx"))
        except ZeroDivisionError:
            break
        quotient = _rayleigh(matrix, vector).mid()
        gap = abs(current - quotient).mid()
        current = (quotient + gap * arb(2) ** -20 + abs(quotient) * arb(2) ** (-ctx.prec // 2)).mid()
    return vector


def inertia(matrix: arb_mat) -> tuple[int, int]:
    """How many eigenvalues of every symmetric matrix in the balls are negative and positive: all n of them.

    Sylvester's law for the congruence with approximate eigenvectors, then Gershgorin's theorem; raises `Undecided`.
    """
    n = matrix.nrows()
    if is_positive(matrix):
        return 0, n
    try:
        _, vectors = acb_mat(matrix.mid()).eig(right=True, algorithm="approx")
    except (ValueError, ZeroDivisionError):
        raise Undecided("no approximate eigenvectors") from None
    basis = arb_mat(n, n, [vectors[i, j].real.mid() for i in range(n) for j in range(n)])
    if not is_nonsingular(basis):
        raise Undecided("the approximate eigenvectors are dependent")
    rows = (basis.transpose() * (matrix * basis)).tolist()
    below = above = 0
    for k, row in enumerate(rows):
        rest = sum((entry.abs_upper() for j, entry in enumerate(row) if j != k), arb(0))
        if row[k] > rest:
            above += 1
        elif -row[k] > rest:
            below += 1
        else:
            raise Undecided("an eigenvalue is not separated from zero")
    return below, above


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
    similar = _similar(matrix)
    centers, radii = [], []
    for k, row in enumerate(similar.tolist()):
        rest = sum((entry.abs_upper() for j, entry in enumerate(row) if j != k), arb(0))
        center = acb(row[k].real.mid(), row[k].imag.mid())
        centers.append(center)
        radii.append((rest + row[k].real.rad() + row[k].imag.rad()).upper())
    return _merged(centers, radii)


def _similar(matrix: arb_mat) -> acb_mat:
    full = acb_mat(matrix)
    n = matrix.nrows()
    try:
        _, vectors = acb_mat(matrix.mid()).eig(right=True, algorithm="approx")
        basis = acb_mat(n, n, [acb(x.real.mid(), x.imag.mid()) for x in vectors.entries()])
        found = basis.solve(full * basis)
        if all(x.is_finite() for x in found.entries()):
            return found
    except (ValueError, ZeroDivisionError):
        pass
    return full


# centre, radius, number of eigenvalues
_Round = tuple[acb, arb, int]


def _merged(centers: Sequence[acb], radii: Sequence[arb]) -> list[Disc]:
    discs = [(center, radius, 1) for center, radius in zip(centers, radii, strict=True)]
    while True:
        meeting = (
            (i, j) for j, second in enumerate(discs) for i, first in enumerate(discs[:j]) if not _apart(first, second)
        )
        pair = next(meeting, None)
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


def log_spectral_radius_bounds(matrix: arb_mat) -> tuple[arb, arb]:
    """Lower and upper bounds of the spectral radius."""
    low, high = arb(0), arb(0)
    for disc in spectrum(matrix):
        low, high = low.max(disc.modulus.lower()), high.max(disc.modulus.upper())
    return low, high
