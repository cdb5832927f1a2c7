"""2-norms and logarithmic norms of the blocks of ball matrices."""

from collections.abc import Sequence

import flint


def norm(entries: Sequence[flint.arb]) -> flint.arb:
    """An upper bound of the 2-norm of a vector."""
    if len(entries) == 1:
        return flint.arb(entries[0].abs_upper())
    return sum((x.abs_upper() ** 2 for x in entries), flint.arb(0)).sqrt().upper()


def norms(matrix: flint.arb_mat, rows: Sequence[Sequence[int]], columns: Sequence[Sequence[int]]) -> flint.arb_mat:
    """An upper bound of the 2-norm of each block, (rows, columns)."""
    entries = matrix.tolist()
    found = [_norm([[entries[i][j] for j in right] for i in left]) for left in rows for right in columns]
    return flint.arb_mat(len(rows), len(columns), found)


def comparison_matrix(matrix: flint.arb_mat, blocks: Sequence[Sequence[int]]) -> flint.arb_mat:
    """Upper bounds: logarithmic 2-norms of the diagonal blocks, 2-norms of the others; exact entries."""
    entries = matrix.tolist()
    found = []
    for row, left in enumerate(blocks):
        for column, right in enumerate(blocks):
            block = [[entries[i][j] for j in right] for i in left]
            found.append(_logarithmic_norm(block) if row == column else _norm(block))
    return flint.arb_mat(len(blocks), len(blocks), found)


def _norm(block: list[list[flint.arb]]) -> flint.arb:
    """The root of the largest eigenvalue of the smaller Gram matrix, by its trace beyond two rows and columns."""
    rows = block if len(block) <= len(block[0]) else [list(column) for column in zip(*block, strict=True)]
    if len(rows) == 1:
        return norm(rows[0])
    gram = [[sum((a * b for a, b in zip(x, y, strict=True)), flint.arb(0)) for y in rows] for x in rows]
    return _largest(gram).max(0).sqrt().upper()


def _logarithmic_norm(block: list[list[flint.arb]]) -> flint.arb:
    """The largest eigenvalue of the symmetric part."""
    size = range(len(block))
    return _largest([[(block[i][j] + block[j][i]) / 2 for j in size] for i in size])


def _largest(symmetric: list[list[flint.arb]]) -> flint.arb:
    """An upper bound of the largest eigenvalue: exact to order 2, by Gershgorin's discs beyond."""
    if len(symmetric) == 1:
        return symmetric[0][0].upper()
    if len(symmetric) == 2:
        (a, b), (_, d) = symmetric
        return ((a + d) / 2 + (((a - d) / 2).abs_upper() ** 2 + b.abs_upper() ** 2).sqrt()).upper()
    reach = [
        row[i] + sum((x.abs_upper() for j, x in enumerate(row) if j != i), flint.arb(0))
        for i, row in enumerate(symmetric)
    ]
    largest = reach[0]
    for other in reach[1:]:
        largest = largest.max(other)
    return largest.upper()
