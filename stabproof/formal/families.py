"""Random products of 2 x 2 matrices for Coq: every product of blocks contracts, or every product grows in a cone.

The exported statement is about all orders, so it is stronger than one about the exponent, and it is found anew from
the exact matrices: words of one length, with a factor for each. With rational probabilities p_w = k_w / n the exponent
is at most (at least) the sum of p_w log factor_w per word, which has a sign when the product of factor_w^k_w is below
(above) one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm
from typing import Any, final

import numpy as np

from certify.certificate import Certificate
from certify.lyapunov.families.family import Family, family_from_data
from certify.verdict import Verdict
from foundation import InputError
from search.lyapunov.directions.invariant_cone import invariant_cone
from stabproof.formal.vernacular import number

Matrix = tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]
# 2^8 words of 2 matrices are some hundred lines; products with more letters are not tried.
_MOST_WORDS = 64
_BITS = 20


@final
@dataclass(frozen=True)
class Words:
    """Blocks (products of one length), how often each occurs among `total`, and their factors."""

    matrices: list[Matrix]
    counts: list[int]
    length: int


def family_text(certificate: Certificate) -> str:
    """The theorems for the sign of a Lyapunov exponent; `InputError` where it is not exported."""
    family = family_from_data(certificate.problem)
    if family.dimension != 2 or family.exact is None or family.exact_probabilities is None:
        raise InputError("only exact families of 2 x 2 matrices are exported to Coq")
    letters = [_matrix(m) for m in family.exact]
    weights = [Fraction(int(p.numerator), int(p.denominator)) for p in family.exact_probabilities]
    if certificate.verdict is Verdict.UNDECIDED:
        raise InputError("the sign of this exponent is undecided: there is nothing to export to Coq")
    stable = certificate.verdict is Verdict.STABLE
    length = 1
    while len(letters) ** length <= _MOST_WORDS:
        words = _words(letters, weights, length)
        found = _contraction(words) if stable else _growth(words, family)
        if found is not None:
            return found
        length += 1
    sought = "norm in which all words contract together" if stable else "cone in which all words grow together"
    raise InputError(
        f"no {sought} was found for words of at most {length - 1} matrices: the sign of this exponent is "
        "not exported to Coq"
    )


def _matrix(matrix: Any) -> Matrix:
    (a, b), (c, d) = [[Fraction(int(x.numerator), int(x.denominator)) for x in row] for row in matrix.tolist()]
    return (a, b), (c, d)


def _words(letters: Sequence[Matrix], weights: Sequence[Fraction], length: int) -> Words:
    denominator = lcm(*(w.denominator for w in weights))
    matrices, counts = [], []
    for word in product(range(len(letters)), repeat=length):
        matrix, count = letters[word[0]], int(weights[word[0]] * denominator)
        for letter in word[1:]:
            matrix, count = _times(matrix, letters[letter]), count * int(weights[letter] * denominator)
        matrices.append(matrix)
        counts.append(count)
    return Words(matrices, counts, length)


def _times(x: Matrix, y: Matrix) -> Matrix:
    rows = [tuple(sum((x[i][k] * y[k][j] for k in range(2)), Fraction(0)) for j in range(2)) for i in range(2)]
    return rows[0], rows[1]  # type: ignore[return-value]


def _contraction(words: Words) -> str | None:
    """factors q_w with A_w^T P A_w <= q_w P and a product below one, for the P that keeps the mean square."""
    metric = _metric(words)
    if metric is None:
        return None
    factors = [_factor(matrix, metric) for matrix in words.matrices]
    if not _below_one(factors, words.counts):
        return None
    (p, q), (_, r) = metric
    form = f"{number(p)} * (fst v * fst v) + 2 * {number(q)} * (fst v * snd v) + {number(r)} * (snd v * snd v)"
    lines = [
        *_blocks(words, factors),
        f"Definition size (v : point) : R := {form}.",
        "Definition inside (v : point) := True.",
    ]
    for k, (matrix, factor) in enumerate(zip(words.matrices, factors, strict=True)):
        decrease = " ".join(number(x) for x in _decrease(matrix, metric, factor))
        lines.append(
            f"Lemma block{k}_size : forall v, inside v -> size (act (map block{k}) v) <= factor block{k} * size v.\n"
            f"Proof.\n  intros [x y] _. unfold size, act, block{k}; simpl.\n"
            f"  pose proof (nonnegative_form2 {decrease} ltac:(lra) ltac:(lra) x y). lra.\nQed."
        )
    positive = "forall v, v <> (0, 0) -> 0 < size v"
    lines.append(
        f"Theorem size_positive : {positive}.\nProof.\n  intros [x y] N. unfold size; simpl.\n"
        f"  pose proof (positive_form2 {number(p)} {number(q)} {number(r)} ltac:(lra) ltac:(lra) x y) as P.\n"
        "  assert (x <> 0 \\/ y <> 0).\n"
        "  { destruct (Req_dec x 0); [|left; assumption]. right. intro. apply N. congruence. }\n"
        "  specialize (P H). lra.\nQed."
    )
    return "\n".join([*lines, _end(words, "at_most", "size (act_all word v) <= product word * size v", "< 1")])


def _metric(words: Words) -> Matrix | None:
    """A short rational matrix near the one that the mean of A^T P A scales."""
    total = sum(words.counts)
    p = np.eye(2)
    arrays = [(np.array(m, dtype=float), c / total) for m, c in zip(words.matrices, words.counts, strict=True)]
    for _ in range(500):
        p = sum((w * a.T @ p @ a for a, w in arrays), np.zeros((2, 2)))
        if not np.isfinite(p).all() or np.trace(p) <= 0:
            return None
        p = p / np.trace(p)
    first, mixed, second = (Fraction(round(float(x) * 2**_BITS), 2**_BITS) for x in (p[0, 0], p[0, 1], p[1, 1]))
    return ((first, mixed), (mixed, second)) if first > 0 and first * second > mixed * mixed else None


def _factor(matrix: Matrix, metric: Matrix) -> Fraction:
    """A short rational q with q P - A^T P A positive definite, near the least."""
    a, p = np.array(matrix, dtype=float), np.array(metric, dtype=float)
    least = float(max(np.linalg.eigvals(np.linalg.solve(p, a.T @ p @ a)).real.max(), 0.0))
    scale = 2**_BITS
    q = Fraction(int(least * scale * (1 + 1e-6)) + 1, scale)
    while True:
        d11, d12, d22 = _decrease(matrix, metric, q)
        if d11 > 0 and d11 * d22 - d12 * d12 >= 0:
            return q
        q = q * Fraction(1025, 1024)


def _decrease(matrix: Matrix, metric: Matrix, factor: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """q P - A^T P A."""
    transposed = ((matrix[0][0], matrix[1][0]), (matrix[0][1], matrix[1][1]))
    image = _times(transposed, _times(metric, matrix))
    left = [[factor * metric[i][j] - image[i][j] for j in range(2)] for i in range(2)]
    return left[0][0], left[0][1], left[1][1]


def _below_one(factors: Sequence[Fraction], counts: Sequence[int]) -> bool:
    """Whether the product of the powers is below one, decided exactly when it is not far from it."""
    total = Fraction(1)
    for factor, count in zip(factors, counts, strict=True):
        total *= factor**count
    return total < 1


def _growth(words: Words, family: Family) -> str | None:
    """An invariant cone and factors f_w with |A_w v| >= f_w |v| there, in the sum of the coordinates in its basis."""
    basis = invariant_cone(np.asarray(family.matrices.mid, np.float64), family.exact)
    if basis is None:
        return None
    (a, b), (c, d) = [[Fraction(float(x)) for x in row] for row in basis]
    determinant = a * d - b * c
    if determinant == 0:
        return None
    inverse: Matrix = ((d / determinant, -b / determinant), (-c / determinant, a / determinant))
    changed = [_times(inverse, _times(m, ((a, b), (c, d)))) for m in words.matrices]
    if any(x < 0 for m in changed for row in m for x in row):
        return None
    factors = [min(m[0][j] + m[1][j] for j in range(2)) for m in changed]
    if not all(f > 0 for f in factors) or not _below_one([1 / f for f in factors], words.counts):
        return None
    blocks = Words(changed, words.counts, words.length)
    lines = [
        "(* in the basis of the cone, whose two directions are the columns of",
        f"   [[{a}, {b}], [{c}, {d}]] *)",
        *_blocks(blocks, factors),
        "Definition size (v : point) : R := fst v + snd v.",
        "Definition inside (v : point) := 0 <= fst v /\\ 0 <= snd v.",
    ]
    for k in range(len(changed)):
        lines.append(
            f"Lemma block{k}_size : forall v, inside v -> factor block{k} * size v <= size (act (map block{k}) v).\n"
            f"Proof.\n  intros [x y] [X Y]. unfold size, act, block{k}; simpl in *. lra.\nQed."
        )
    return "\n".join([*lines, _end(blocks, "at_least", "product word * size v <= size (act_all word v)", "> 1")])


def _blocks(words: Words, factors: Sequence[Fraction]) -> list[str]:
    lines = [f"(* all products of {words.length} matrices of the family, each with its factor *)"]
    for k, (((a, b), (c, d)), factor) in enumerate(zip(words.matrices, factors, strict=True)):
        matrix = " ".join(number(x) for x in (a, b, c, d))
        lines.append(f"Definition block{k} : block := Block (Matrix {matrix}) {number(factor)}.")
    names = "; ".join(f"block{k}" for k in range(len(factors)))
    return [*lines, f"Definition family : list block := [{names}]."]


def _end(words: Words, theorem: str, statement: str, sign: str) -> str:
    """Every product of blocks, and the factors of all blocks together, each as often as it occurs."""
    count = len(words.counts)
    names = ", ".join(f"block{k}" for k in range(count))
    each = "destruct H as " + "[H|" * count + "H" + "]" * count
    cases = f"{each}; [subst B .. | contradiction]"
    powers = " * ".join(f"factor block{k} ^ {n}" for k, n in enumerate(words.counts) if n)
    return f"""Lemma factors_nonnegative : forall B, In B family -> 0 <= factor B.
Proof. intros B H. unfold family in H. simpl in H. {cases}; unfold {names}; simpl; lra. Qed.
Lemma stays : forall B v, In B family -> inside v -> inside (act (map B) v).
Proof.
  intros B [x y] H I. unfold family in H. simpl in H. unfold inside in *. simpl in *.
  {cases}; unfold act, {names}; simpl; try exact I; split; lra.
Qed.
Theorem together : {powers} {sign}.
Proof. unfold {names}; simpl; lra. Qed.
Theorem certified : (forall word v, (forall B, In B word -> In B family) -> inside v -> {statement}) /\\
  {powers} {sign}.
Proof.
  split; [|exact together]. intros word v. apply ({theorem} size inside family factors_nonnegative stays).
  clear word v. intros B v H I. unfold family in H. simpl in H.
  {each}; [ {" | ".join(f"subst B; apply block{k}_size; assumption" for k in range(count))} | contradiction ].
Qed."""
