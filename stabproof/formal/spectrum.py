"""What the linearisation does: the Coq text that bounds its characteristic polynomial over a box."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any, final

from certify.verdict import Verdict
from foundation import InputError
from stabproof.formal.polynomials import Polynomial, bounds
from stabproof.formal.vernacular import arguments, number, polynomial
from stabproof.formal.zero import PRECISION

# the largest matrices whose conditions stand in theory/spectra.v
LARGEST = {("flow", Verdict.STABLE): 3, ("flow", Verdict.UNSTABLE): 2, ("map", Verdict.STABLE): 2}
LARGEST |= {("map", Verdict.UNSTABLE): 2}


@final
@dataclass(frozen=True)
class Linearisation:
    """A matrix of polynomials in D variables over a box around `base`.

    entries: (m, m) polynomials. texts: the same as Coq terms in x0 .. x(D-1). definitions: the names that these terms
    use, to be unfolded. kind: "flow" or "map".
    """

    kind: str
    entries: Sequence[Sequence[Polynomial]]
    texts: Sequence[Sequence[str]]
    definitions: Sequence[str]
    base: Sequence[Fraction]
    reach: Sequence[Fraction]

    @property
    def size(self) -> int:
        """m."""
        return len(self.entries)

    @property
    def box(self) -> list[tuple[Fraction, Fraction]]:
        return [(b - r, b + r) for b, r in zip(self.base, self.reach, strict=True)]


def derivatives(equations: Sequence[Polynomial], count: int) -> str:
    """Definitions d{i}_{j} of the partial derivatives of h{i}, each proved to be one."""
    xs = arguments("x", count)
    names = [f"x{j}" for j in range(count)]
    lines = ["(* the partial derivatives *)"]
    for i, h in enumerate(equations):
        for j in range(count):
            moved = " ".join("t" if k == j else f"x{k}" for k in range(count))
            lines.append(f"Definition d{i}_{j} ({xs} : R) : R := {polynomial(h.derivative(j), names)}.")
            lines.append(
                f"Lemma derivative{i}_{j} : forall {xs}, is_derive (fun t => h{i} {moved}) x{j} (d{i}_{j} {xs}).\n"
                f"Proof. intros. unfold h{i}, d{i}_{j}. auto_derive; [exact I|try field; try ring]. Qed."
            )
    return "\n".join(lines)


def spectrum(matrix: Linearisation, verdict: Verdict) -> tuple[str, str]:
    """The theorem `spectrum` over the box, and its conclusion as a term in x0 .. x(D-1).

    Raises `InputError` where the verdict is not that of a characteristic polynomial of a size that is exported, or
    where the bounds over the box do not decide it.
    """
    largest = LARGEST.get((matrix.kind, verdict), 0)
    if matrix.size > largest:
        wanted = f"{verdict.name} of a {matrix.kind} with {matrix.size} eigenvalues"
        raise InputError(f"the verdict {wanted} is not exported to Coq: at most {largest}")
    signs = _signs(matrix, verdict)
    d = len(matrix.base)
    xs = arguments("x", d)
    degree = matrix.size
    coefficients = _coefficient_texts(matrix.texts)
    lines = [f"Definition a{k} ({xs} : R) : R := {text}." for k, text in enumerate(coefficients)]
    premises = _premises(matrix)
    unfold = ", ".join([f"a{k}" for k in range(degree)] + list(matrix.definitions))
    for position, sign in enumerate(signs):
        lines.append(
            f"Lemma sign{position} : forall {xs}, {premises} {_applied(sign, xs)}.\n"
            f"Proof. intros. unfold {unfold}. interval with (i_prec {PRECISION}). Qed."
        )
    roots = " ".join(f"(a{k} {xs})" for k in reversed(range(degree)))
    conclusion = _conclusion(matrix, verdict, roots)
    lines.append(f"Theorem spectrum : forall {xs}, {premises} {conclusion}.")
    lines.append(_spectrum_proof(matrix, verdict, signs, xs))
    return "\n".join(lines), conclusion


def _applied(sign: str, xs: str) -> str:
    for k in range(4):
        sign = sign.replace(f"a{k}", f"a{k} {xs}")
    return sign


def _premises(matrix: Linearisation) -> str:
    return " ".join(f"{number(lower)} <= x{j} <= {number(upper)} ->" for j, (lower, upper) in enumerate(matrix.box))


def _conclusion(matrix: Linearisation, verdict: Verdict, roots: str) -> str:
    inside = "a < 0" if matrix.kind == "flow" else "a * a + b * b < 1"
    outside = "0 < a" if matrix.kind == "flow" else "1 < a * a + b * b"
    if verdict is Verdict.STABLE:
        return f"forall a b, root{matrix.size} {roots} a b -> {inside}"
    return f"exists a b, root{matrix.size} {roots} a b /\\ {outside}"


def _spectrum_proof(matrix: Linearisation, verdict: Verdict, signs: Sequence[str], xs: str) -> str:
    n = matrix.size
    base = {"flow": "hurwitz", "map": "schur"}[matrix.kind]
    facts = "".join(
        f" pose proof (sign{k} {xs} ltac:(assumption)" + " ltac:(assumption)" * (len(matrix.base) - 1) + f") as S{k}."
        for k in range(len(signs))
    )
    applied = f"apply not_{base}{n}; lra"
    if verdict is Verdict.STABLE:
        applied = f"eapply {base}{n}; [.. | eassumption]; lra"
    return f"Proof.\n  intros {xs}; intros.{facts} {applied}.\nQed."


def _signs(matrix: Linearisation, verdict: Verdict) -> list[str]:
    """The conditions on the coefficients that hold over the box and give the verdict."""
    a = _coefficients(matrix.entries)
    values = {f"a{k}": bounds(value, matrix.box) for k, value in enumerate(a)}
    for option in _OPTIONS[matrix.kind, verdict, matrix.size]:
        if all(_holds(sign, a, matrix, values) for sign in option):
            return list(option)
    raise InputError("bounds over the cube of the exported proof do not decide the verdict; polish the point")


def _holds(sign: str, a: list[Polynomial], matrix: Linearisation, values: dict[str, Any]) -> bool:
    left, right = (_side(part.strip(), a) for part in sign.split("<"))
    lower, _ = bounds(right - left, matrix.box)
    return lower > 0


def _side(text: str, a: list[Polynomial]) -> Polynomial:
    context = a[0].context()
    known = {f"a{k}": value for k, value in enumerate(a)}
    total = context.constant(0)
    for term in text.replace("- ", "+ -").split("+"):
        term = term.strip()
        if not term:
            continue
        sign = -1 if term.startswith("-") else 1
        product = context.constant(sign)
        for factor in term.lstrip("-").split("*"):
            product = product * (known[factor.strip()] if factor.strip() in known else int(factor))
        total = total + product
    return total


# (kind, verdict, size) -> alternatives; each is a list of conditions on the characteristic polynomial's coefficients
_OPTIONS: dict[tuple[str, Verdict, int], list[list[str]]] = {
    ("flow", Verdict.STABLE, 1): [["0 < a0"]],
    ("flow", Verdict.STABLE, 2): [["0 < a1", "0 < a0"]],
    ("flow", Verdict.STABLE, 3): [["0 < a2", "0 < a0", "0 < a2 * a1 - a0"]],
    ("flow", Verdict.UNSTABLE, 1): [["a0 < 0"]],
    ("flow", Verdict.UNSTABLE, 2): [["a0 < 0"], ["a1 < 0"]],
    ("map", Verdict.STABLE, 1): [["-1 < a0", "a0 < 1"]],
    ("map", Verdict.STABLE, 2): [["0 < 1 + a1 + a0", "0 < 1 - a1 + a0", "a0 < 1"]],
    ("map", Verdict.UNSTABLE, 1): [["a0 < -1"], ["1 < a0"]],
    ("map", Verdict.UNSTABLE, 2): [["1 + a1 + a0 < 0"], ["1 - a1 + a0 < 0"], ["1 < a0"]],
}


def _coefficients(m: Sequence[Sequence[Polynomial]]) -> list[Polynomial]:
    """Coefficients a0 .. a(n-1) of the monic characteristic polynomial."""
    n = len(m)
    return [(-1) ** (n - k) * _minors(m, n - k) for k in range(n)]


def _minors(m: Sequence[Sequence[Polynomial]], size: int) -> Polynomial:
    """The sum of the principal minors of this size."""
    total = m[0][0] * 0
    for rows in combinations(range(len(m)), size):
        for order in permutations(rows):
            product = total * 0 + _parity(order)
            for row, column in zip(rows, order, strict=True):
                product = product * m[row][column]
            total = total + product
    return total


def _parity(order: Sequence[int]) -> int:
    inversions = sum(order[i] > order[j] for i in range(len(order)) for j in range(i + 1, len(order)))
    return -1 if inversions % 2 else 1


def _coefficient_texts(m: Sequence[Sequence[str]]) -> list[str]:
    n = len(m)
    texts = []
    for k in range(n):
        size = n - k
        terms = []
        for rows in combinations(range(n), size):
            for order in permutations(rows):
                sign = "-" if (_parity(order) * (-1) ** size) < 0 else "+"
                product = " * ".join(f"({m[row][column]})" for row, column in zip(rows, order, strict=True))
                terms.append(f"{sign} {product}")
        texts.append("0 " + " ".join(terms))
    return texts
