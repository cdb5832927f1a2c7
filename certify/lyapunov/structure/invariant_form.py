"""Positive definite forms that all matrices keep up to factors, A_i^T P A_i = c_i P, found in rational arithmetic."""

from flint import fmpq, fmpq_mat

# Forms are solved for up to this dimension and so many matrices; the identity is tried for all.
_DIMENSION = 6
_LETTERS = 12


def kept_factors(matrices: tuple[fmpq_mat, ...]) -> list[fmpq] | None:
    """The c_i of a form P > 0 that is proved to be kept, or None when none is found.

    Then |A_n .. A_1|_P^2 = c_n .. c_1. From determinants, c_i^d = (det A_i)^2; with these factors the forms are the
    solutions of linear equations.
    """
    size = matrices[0].nrows()
    one = fmpq_mat([[int(i == j) for j in range(size)] for i in range(size)])
    found = _factors(matrices, one)
    if found is not None or size > _DIMENSION or len(matrices) > _LETTERS:
        return found
    roots = [_root(matrix.det() ** 2, size) for matrix in matrices]
    factors = [root for root in roots if root is not None and root != 0]
    if len(factors) < len(matrices):
        return None
    for form in _candidates(matrices, factors):
        if _is_positive(form):
            return _factors(matrices, form)
    return None


def _factors(matrices: tuple[fmpq_mat, ...], form: fmpq_mat) -> list[fmpq] | None:
    """c_i with A_i^T P A_i = c_i P, verified entry by entry."""
    factors = []
    for matrix in matrices:
        image = matrix.transpose() * form * matrix
        factor = image[0, 0] / form[0, 0]
        if image != form * factor:
            return None
        factors.append(factor)
    return factors


def _root(value: fmpq, degree: int) -> fmpq | None:
    """The rational root of a value >= 0, if there is one."""
    ends = []
    for whole in (int(value.p), int(value.q)):
        root = whole
        if whole > 1:
            root = 1 << -(-whole.bit_length() // degree)
            while (following := ((degree - 1) * root + whole // root ** (degree - 1)) // degree) < root:
                root = following
        if root**degree != whole:
            return None
        ends.append(root)
    return fmpq(*ends)


def _candidates(matrices: tuple[fmpq_mat, ...], factors: list[fmpq]) -> list[fmpq_mat]:
    """The basis of the kept symmetric forms, their negatives, and its sum."""
    size = matrices[0].nrows()
    sides = [(i, j) for i in range(size) for j in range(i, size)]
    columns = []
    for i, j in sides:
        form = fmpq_mat([[int((a, b) in ((i, j), (j, i))) for b in range(size)] for a in range(size)])
        defects = [m.transpose() * form * m - form * c for m, c in zip(matrices, factors, strict=True)]
        columns.append([x for defect in defects for row in defect.tolist() for x in row])
    reduced, rank = fmpq_mat(columns).transpose().rref()
    table = reduced.tolist()
    pivots = [next(j for j in range(len(sides)) if table[i][j] != 0) for i in range(rank)]
    forms = []
    for free in (j for j in range(len(sides)) if j not in pivots):
        entries = [fmpq(int(j == free)) for j in range(len(sides))]
        for i, pivot in enumerate(pivots):
            entries[pivot] = -table[i][free]
        place = dict(zip(sides, entries, strict=True))
        forms.append(fmpq_mat([[place[min(a, b), max(a, b)] for b in range(size)] for a in range(size)]))
    total = sum(forms[1:], forms[0]) if forms else None
    return [*forms, *(-form for form in forms), *([total] if total is not None else [])]


def _is_positive(form: fmpq_mat) -> bool:
    """Whether all leading minors are positive (Sylvester's criterion)."""
    table, size = form.tolist(), form.nrows()
    return all(fmpq_mat([row[:n] for row in table[:n]]).det() > 0 for n in range(1, size + 1))
