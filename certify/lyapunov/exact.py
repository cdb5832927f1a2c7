"""Exponents in closed form: one matrix, triangular, commuting and rank-one families.

With log 0 = -inf, in nats per step:
- one matrix (or all equal): lambda = log rho(A), the spectral radius [Gelfand].
- triangular after a common permutation (dimension 1 and diagonal families are special cases):
  lambda = max_j E log|(A)_jj|. For non-zero diagonals the top exponent of a block-triangular product is the
  greatest of its blocks' exponents [H. Furstenberg, Y. Kifer, Israel J. Math. 46 (1983), Lemma 3.6]. With zeros,
  lambda >= E log|(A)_jj| because the j-th diagonal entry of a product is the product of the entries; and the entries of
  |A_n .. A_1| are at most those of the product of the non-negative triangular matrices whose diagonals are
  max(|A_jj|, epsilon), so that lambda <= max_j E log max(|A_jj|, epsilon), which tends to the same value.
- monomial (at most one entry that is not zero in every row and column): a product moves the coordinates by a random
  walk of permutations, which is uniform in the long run on each set C of connected coordinates; hence lambda = max over
  C of (1/|C|) sum_(j in C) E log|the entry of A in column j|. A column of zeros makes it -inf on its C: from there all
  coordinates of C are lost sooner or later.
- commuting, some combination with simple spectrum: all are diagonal in its eigenbasis, and lambda = max_j E log|mu_j|.
- A_i^T P A_i = c_i P for one P > 0 (orthogonal up to factors, reflections): |A_n .. A_1|_P^2 = c_n .. c_1, hence
  lambda = (1/2) sum_i p_i log c_i.
- all of rank at most one, A_i = a_i b_i^T: A_n .. A_1 = a_n (b_n . a_(n-1)) ... (b_2 . a_1) b_1^T, hence
  lambda = sum_ij p_i p_j log|b_i . a_j|.
Rational families whose exponent is exactly zero get the enclosure [0, 0]: see `exact_logs`, and for one matrix the
roots of unity among its eigenvalues.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import acb_mat, arb, arb_mat, fmpq, fmpq_mat

from certify.enclosure import Enclosure
from certify.lyapunov.arb_family import arb_matrices, arb_probabilities, enclosure_of
from certify.lyapunov.exact_logs import ZERO, cyclotomic_part, mean_log
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.invariant_form import kept_factors
from certify.lyapunov.witness_fields import integer_field, text_field
from foundation import CertificateError
from foundation.arb_precision import arb_precision

_LARGEST = 64


def admits(family: Family) -> str | None:
    """None when the family has one of the closed forms, else the reason."""
    if structure_of(family):
        return None
    return f"the matrices are not {', '.join(_FORMULAS)}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) by the closed form that the witness names, whose assumption is checked here.

    Raises `CertificateError` when the family does not have the structure.
    """
    name = text_field(witness, "structure")
    if name not in _FORMULAS:
        raise CertificateError(f"the witness names the structure {name!r}; known are {', '.join(_FORMULAS)}")
    has_structure, formula = _FORMULAS[name]
    if not has_structure(family):
        raise CertificateError(f"the family is not proved to be {name}")
    with arb_precision(integer_field(witness, "precision", 53, 100000)):
        return formula(family)


def log_abs(value: arb) -> Enclosure:
    """Bounds of log|value|: -inf below when the ball contains zero, [-inf, -inf] when it is zero."""
    size = abs(value)
    if size.is_zero():
        return Enclosure(-np.inf, -np.inf)
    if size > 0:
        return enclosure_of(size.log())
    return Enclosure(-np.inf, enclosure_of(size.upper().log()).upper)


def expected_log(family: Family, values: list[arb]) -> Enclosure:
    """Bounds of sum_i p_i log|values[i]|; when all are non-zero, one Arb sum that is sharp to the last digits."""
    if all(abs(value) > 0 for value in values):
        weights = arb_probabilities(family)
        return enclosure_of(sum((p * abs(v).log() for p, v in zip(weights, values, strict=True)), arb(0)))
    bounds = [log_abs(value) for value in values]
    lower = family.expectation_lower(np.array([b.lower for b in bounds]))
    return Enclosure(lower, family.expectation_upper(np.array([b.upper for b in bounds])))


def greatest(enclosures: list[Enclosure]) -> Enclosure:
    """Bounds of the greatest of several numbers."""
    return Enclosure(max(e.lower for e in enclosures), max(e.upper for e in enclosures))


def structure_of(family: Family) -> str | None:
    if family.dimension > _LARGEST:
        return None
    return next((name for name, (has_structure, _) in _FORMULAS.items() if has_structure(family)), None)


def _is_one_matrix(family: Family) -> bool:
    """One matrix; equal ones only when they are known exactly."""
    if family.count == 1:
        return True
    return family.exact is not None and all(matrix == family.exact[0] for matrix in family.exact[1:])


def _spectral_radius(family: Family) -> Enclosure:
    """log rho(A) from enclosures of all eigenvalues; rational matrices give the roots of their polynomial."""
    if family.exact is not None:
        unity, others = cyclotomic_part(family.exact[0].charpoly())
        found: Any = [factor.numer().complex_roots() for factor in others]
        return greatest([log_abs(abs(root)) for roots in found for root, _ in roots] + [ZERO] * unity)
    try:
        moduli = [abs(root) for root in acb_mat(arb_mat(arb_matrices(family)[0])).eig(multiple=True)]
    except ValueError:
        return Enclosure(-np.inf, np.inf)
    return greatest([log_abs(modulus) for modulus in moduli])


def _is_triangular(family: Family) -> bool:
    """Whether the graph of the off-diagonal entries that are not known to vanish has no cycle."""
    import networkx

    entries = family.matrices
    pattern = np.any((entries.mid != 0) | (entries.rad != 0), axis=0)
    np.fill_diagonal(pattern, False)
    graph = networkx.DiGraph()
    graph.add_edges_from(np.argwhere(pattern).tolist())
    return bool(networkx.is_directed_acyclic_graph(graph))


def _diagonal_averages(family: Family) -> Enclosure:
    if family.exact is not None and family.exact_probabilities is not None:
        weights = list(family.exact_probabilities)
        return greatest([mean_log(weights, [a[j, j] for a in family.exact]) for j in range(family.dimension)])
    matrices = arb_matrices(family)
    return greatest([expected_log(family, [a[j][j] for a in matrices]) for j in range(family.dimension)])


def _patterns(family: Family) -> np.ndarray:
    """Which entries are not known to vanish, (k, d, d)."""
    return np.asarray((family.matrices.mid != 0) | (family.matrices.rad != 0))


def _is_monomial(family: Family) -> bool:
    """Whether no row and no column holds two entries, and every matrix has a positive probability."""
    patterns = _patterns(family)
    single = (patterns.sum(axis=1) <= 1).all() and (patterns.sum(axis=2) <= 1).all()
    return bool(single and np.all(family.probabilities.lower > 0))


def _walks(family: Family) -> Enclosure:
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(family.dimension))
    graph.add_edges_from(np.argwhere(_patterns(family).any(axis=0)).tolist())
    walks = list(networkx.connected_components(graph))
    if family.exact is not None and family.exact_probabilities is not None:
        return greatest([_walk_mean(family.exact, list(family.exact_probabilities), sorted(walk)) for walk in walks])
    # the single entry of a column is the sum of its entries
    columns = [[sum(column, arb(0)) for column in zip(*a, strict=True)] for a in arb_matrices(family)]
    means = [expected_log(family, [entries[j] for entries in columns]) for j in range(family.dimension)]
    return greatest([_mean([means[j] for j in walk]) for walk in walks])


def _walk_mean(matrices: tuple[fmpq_mat, ...], weights: list[fmpq], walk: list[int]) -> Enclosure:
    """(1/|C|) sum_(j in C) E log|the entry of A in column j|, from one sum over the letters and the columns."""
    rows = range(matrices[0].nrows())
    values = [sum((a[i, j] for i in rows), fmpq(0)) for a in matrices for j in walk]
    return mean_log([w / len(walk) for w in weights for _ in walk], values)


def _mean(enclosures: list[Enclosure]) -> Enclosure:
    """Bounds of the mean of several numbers; -inf when one of them is."""
    lowers, uppers = [e.lower for e in enclosures], [e.upper for e in enclosures]
    if min(uppers) == -np.inf:
        return Enclosure(-np.inf, -np.inf)
    upper = enclosure_of(sum(map(arb, uppers), arb(0)) / len(uppers)).upper
    if min(lowers) == -np.inf:
        return Enclosure(-np.inf, upper)
    return Enclosure(enclosure_of(sum(map(arb, lowers), arb(0)) / len(lowers)).lower, upper)


def _keeps_a_form(family: Family) -> bool:
    """Whether a positive definite form is found that every matrix keeps up to a factor, exactly."""
    return family.exact is not None and kept_factors(family.exact) is not None


def _mean_factor(family: Family) -> Enclosure:
    factors = kept_factors(family.exact or ()) or []
    if family.exact_probabilities is not None:
        return mean_log([p / 2 for p in family.exact_probabilities], factors)
    whole = expected_log(family, [arb(factor) for factor in factors])
    return Enclosure(float(np.nextafter(whole.lower / 2, -np.inf)), float(np.nextafter(whole.upper / 2, np.inf)))


def _has_rank_one(family: Family) -> bool:
    return family.exact is not None and all(matrix.rank() <= 1 for matrix in family.exact)


def _rank_one_sum(family: Family) -> Enclosure:
    """sum_j p_j (sum_i p_i log|b_i . a_j|), every product exact."""
    assert family.exact is not None
    factors = [rank_one_factors(matrix) for matrix in family.exact]
    sums = [expected_log(family, [arb(_dot(b, a)) for _, b in factors]) for a, _ in factors]
    if all(np.isfinite(s.lower) for s in sums):
        weighted = list(zip(arb_probabilities(family), factors, strict=True))
        terms = [p * q * abs(arb(_dot(b, a))).log() for p, (a, _) in weighted for q, (_, b) in weighted]
        return enclosure_of(sum(terms, arb(0)))
    lower = family.expectation_lower(np.array([s.lower for s in sums]))
    return Enclosure(lower, family.expectation_upper(np.array([s.upper for s in sums])))


def rank_one_factors(matrix: fmpq_mat) -> tuple[list[fmpq], list[fmpq]]:
    """Rational a, b with matrix = a b^T, for a matrix of rank at most one (both zero for the zero matrix)."""
    entries = matrix.tolist()
    for row in entries:
        pivot = next((j for j, x in enumerate(row) if x != 0), None)
        if pivot is not None:
            return [other[pivot] / row[pivot] for other in entries], row
    return [fmpq(0)] * len(entries), [fmpq(0)] * len(entries)


def _dot(b: list[fmpq], a: list[fmpq]) -> fmpq:
    return sum((x * y for x, y in zip(b, a, strict=True)), fmpq(0))


def _commutes(family: Family) -> bool:
    """Whether the matrices commute exactly and their combination has simple spectrum."""
    if family.exact is None:
        return False
    pairs = [(a, b) for i, a in enumerate(family.exact) for b in family.exact[:i]]
    if len(pairs) > 500 or any(a * b != b * a for a, b in pairs):
        return False
    polynomial = _combination(family).charpoly()
    return bool(polynomial.gcd(polynomial.derivative()).degree() == 0)


def _combination(family: Family) -> fmpq_mat:
    """A fixed combination of the matrices that separates their common eigenvectors unless chance is against it."""
    assert family.exact is not None
    total = family.exact[0] * fmpq(1)
    for k, matrix in enumerate(family.exact[1:], start=1):
        total += matrix * fmpq(1009 + 37 * k * k, 613 + 11 * k)
    return total


def _common_eigenvectors(family: Family) -> Enclosure:
    """max_j E log|mu_j|: eigenvalues of every matrix along the enclosed eigenvectors of the combination.

    A matrix that commutes with one of simple spectrum is diagonal in its eigenbasis V: the diagonal of
    V^-1 A V encloses the eigenvalues in the order of the columns.
    """
    assert family.exact is not None
    try:
        _, vectors = acb_mat(_combination(family)).eig(right=True)
        inverse = vectors.inv()
    except (ValueError, ZeroDivisionError):
        return Enclosure(-np.inf, np.inf)
    diagonals = [inverse * acb_mat(matrix) * vectors for matrix in family.exact]
    return greatest([expected_log(family, [abs(d[j, j]) for d in diagonals]) for j in range(family.dimension)])


_FORMULAS: dict[str, tuple[Callable[[Family], bool], Callable[[Family], Enclosure]]] = {
    "one matrix": (_is_one_matrix, _spectral_radius),
    "triangular": (_is_triangular, _diagonal_averages),
    "of rank one": (_has_rank_one, _rank_one_sum),
    "monomial": (_is_monomial, _walks),
    "keeping a form": (_keeps_a_form, _mean_factor),
    "commuting": (_commutes, _common_eigenvectors),
}
