"""Bounds of the top Lyapunov exponent of independent random matrices, nats per step.

Upper bounds: the mean logarithmic norm of words in a metric; one pencil eigenvalue (Jensen); lower bounds: volumes.
Closed forms: dimension one, triangular and monomial families, a single matrix. In dimension 2 both sides from a trial
function (`recheck.trial_functions`).
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from recheck.compare import encloses
from recheck.document import Bounds as Stated
from recheck.document import read_rational
from recheck.linear import connected, identity, is_positive, spectrum, symmetric
from recheck.outcome import BadInput, NotCovered, Undecided
from recheck.proof import exact, half_line, suggestion
from recheck.spectra import extreme

_MOST_ENTRIES = 300_000
_MOST_WORDS = 4096
_LARGEST_SQUARE = 12


@dataclass(frozen=True)
class Family:
    """Matrices with probabilities as balls; `exact`: the same as rationals, where the data are."""

    matrices: list[arb_mat]
    probabilities: list[arb]
    exact: list[fmpq_mat] | None = None

    @property
    def size(self) -> int:
        return int(self.matrices[0].nrows())


def read_family(problem: dict[str, Any]) -> Family:
    """The family of a problem: rational texts, or lists of midpoints and radii."""
    exact, matrices = None, []
    if "matrices" in problem:
        rows = _square(problem["matrices"])
        exact = [fmpq_mat([[_rational(x) for x in row] for row in matrix]) for matrix in rows]
        matrices = [arb_mat(matrix) for matrix in exact]
    else:
        mids, rads = _square(problem.get("midpoints")), _square(problem.get("radii"))
        BadInput.when([len(m) for m in mids] != [len(m) for m in rads], "midpoints and radii do not fit together")
        for mid, rad in zip(mids, rads, strict=True):
            flat = [_ball(x, r) for rows in zip(mid, rad, strict=True) for x, r in zip(*rows, strict=True)]
            matrices.append(arb_mat(len(mid), len(mid), flat))
    probabilities = _probabilities(problem, len(matrices))
    kept = [k for k, p in enumerate(probabilities) if not p.is_zero()]
    return Family([matrices[k] for k in kept], [probabilities[k] for k in kept], exact and [exact[k] for k in kept])


def _square(value: Any) -> list[list[list[Any]]]:
    good = isinstance(value, list) and value and all(isinstance(m, list) and m for m in value)
    size = len(value[0]) if good else 0
    if not good or not all(len(m) == size and all(isinstance(r, list) and len(r) == size for r in m) for m in value):
        raise BadInput("the matrices are not a list of square matrices of one size")
    NotCovered.when(len(value) * len(value[0]) ** 2 > _MOST_ENTRIES, "the family has more entries than are read")
    return value


def _rational(text: Any) -> fmpq:
    numerator, _, denominator = text.partition("/") if isinstance(text, str) else ("", "", "")
    value = read_rational([numerator, denominator or "1"])
    return fmpq(value.numerator, value.denominator)


def _ball(mid: Any, rad: Any) -> arb:
    BadInput.when(not isinstance(mid, float) or not isinstance(rad, float) or not rad >= 0, "a ball is defective")
    result = arb(mid, rad)
    BadInput.unless(result.is_finite(), "a ball of the family is not finite")
    return result


def _probabilities(problem: dict[str, Any], count: int) -> list[arb]:
    if "probabilities" in problem:
        exact = [_rational(x) for x in problem["probabilities"]] if isinstance(problem["probabilities"], list) else []
        if len(exact) != count or any(p < 0 for p in exact) or sum(exact, fmpq(0)) != 1:
            raise BadInput("the probabilities are negative, or do not sum to one")
        return [arb(p) for p in exact]
    mids, rads = problem.get("probability_midpoints"), problem.get("probability_radii")
    if not isinstance(mids, list) or not isinstance(rads, list) or not len(mids) == len(rads) == count:
        raise BadInput("the probabilities do not fit the matrices")
    law = [_ball(m, r) for m, r in zip(mids, rads, strict=True)]
    BadInput.when(any(p < 0 for p in law) or not sum(law, arb(0)).contains(1), "no law lies in the probability balls")
    return [p.nonnegative_part() if p.contains(0) else p for p in law]


class Bounds:
    """The sharpest lower and upper bounds so far."""

    def __init__(self, goal: Stated | None = None) -> None:
        self.goal = goal
        self.lower: arb | None = None
        self.upper: arb | None = None

    @property
    def reached(self) -> bool:
        """Whether the bounds lie inside the stated ones; without these, whether they decide the sign."""
        return bool(self.verdict) if self.goal is None else encloses(self.goal, self.enclosure)

    def below(self, value: arb) -> None:
        """The exponent is at least `value`."""
        low = value.lower()
        if low.is_finite() and (self.lower is None or low > self.lower):
            self.lower = low

    def above(self, value: arb) -> None:
        """The exponent is at most `value`; -inf is a value."""
        high = value.upper()
        if not high.is_nan() and high < arb("inf") and (self.upper is None or high < self.upper):
            self.upper = high

    def exactly(self, value: arb) -> None:
        self.below(value)
        self.above(value)

    @property
    def enclosure(self) -> arb:
        return half_line(self.lower, self.upper)

    @property
    def verdict(self) -> str:
        if self.upper is not None and self.upper < 0:
            return "STABLE"
        return "UNSTABLE" if self.lower is not None and self.lower > 0 else ""


def logarithm(value: arb) -> arb:
    """log|x| as a ball; unbounded where x may vanish, -inf where it is zero."""
    size = abs(value)
    if size.is_zero():
        return arb("-inf")
    if size > 0:
        return size.log()
    return half_line(None, size.upper().log())


def mean(probabilities: list[arb], values: list[arb]) -> arb:
    """sum_i p_i x_i; -inf as soon as one value is with a certain chance."""
    lost = [k for k, v in enumerate(values) if v.upper() == arb("-inf")]
    if any(probabilities[k] > 0 for k in lost):
        return arb("-inf")
    # a letter that may have no chance at all adds at most nothing
    values = [half_line(None, arb(0)) if k in lost else v for k, v in enumerate(values)]
    if all(v.is_finite() for v in values):
        return sum((p * v for p, v in zip(probabilities, values, strict=True)), arb(0))
    high = sum((p * v.upper() for p, v in zip(probabilities, values, strict=True)), arb(0))
    return half_line(None, high.upper())


def bound_exponent(family: Family, witnesses: list[tuple[str, Any]], bounds: Bounds) -> None:
    """Every method that applies, with the metrics and trial functions of the certificate as suggestions."""
    closed_forms(family, bounds)
    metrics = [identity(family.size)]
    for _, witness in witnesses:
        metric = matrix_of(witness, "metric", family.size)
        if metric is not None:
            metrics.append(metric)
            bounds.above(jensen(family, metric, numbers_of(witness, "scales", len(family.matrices))))
            if words := word_list(witness, len(family.matrices)):
                bounds.above(word_bound(family, words, metric))
    for metric in metrics:
        bounds.above(jensen(family, metric, None))
        bounds.above(word_bound(family, [[k] for k in range(len(family.matrices))], metric))
    if family.size == 2 and not bounds.reached:
        from recheck.trial_functions import bound_in_the_plane

        bound_in_the_plane(family, witnesses, bounds)


def closed_forms(family: Family, bounds: Bounds) -> None:
    """Volumes in every case; exact values for the families that have one."""
    matrices, probabilities, d = family.matrices, family.probabilities, family.size
    determinants = [m.det() for m in (family.exact or matrices)]
    volume = mean(probabilities, [logarithm(arb(x)) for x in determinants])
    if volume.is_finite():
        bounds.below(volume / d)
    if d == 1:
        bounds.exactly(volume)
    off = {(i > j) for m in matrices for i in range(d) for j in range(d) if i != j and not m[i, j].is_zero()}
    if len(off) < 2:
        # all are triangular, on one side
        sums = [_mean_logarithm(family, [m[i, i] for m in (family.exact or matrices)]) for i in range(d)]
        for value in sums:
            bounds.below(value)
        bounds.above(max((v.upper() for v in sums), key=lambda x: (float(x), x)))
    pairs = [pair for m in matrices for pair in enumerate(_permutation(m))]
    is_sure = len(pairs) == d * len(matrices) and all(p > 0 for p in probabilities)
    if is_sure and volume.is_finite() and connected(d, pairs):
        # every coordinate visits all places equally often
        bounds.exactly(volume / d)
    if len(matrices) == 1:
        bounds.exactly(log_radius(matrices[0]))


def _mean_logarithm(family: Family, entries: list[Any]) -> arb:
    """E log|x|; of equally likely rationals exactly, as the logarithm of their product."""
    first = family.probabilities[0]
    if family.exact is not None and all(p.is_exact() and p == first for p in family.probabilities):
        return logarithm(arb(prod(entries, start=fmpq(1)))) * first
    return mean(family.probabilities, [logarithm(arb(x)) for x in entries])


def _permutation(matrix: arb_mat) -> list[int]:
    """Where the only entry of each row stands, of a matrix with one in each row and column; [] for any other."""
    places = [[j for j, x in enumerate(row) if not x.is_zero()] for row in matrix.tolist()]
    found = [place[0] for place in places if len(place) == 1]
    return found if len(set(found)) == len(places) else []


def largest_ratio(form: arb_mat, metric: arb_mat) -> arb | None:
    """A number t with t P - C >= 0 for every symmetric C, P in the balls, nearly the least; None unless P > 0."""
    if not is_positive(metric):
        return None
    try:
        high = extreme(spectrum(metric.mid().inv().mid() * form.mid()), is_map=True).upper()
    except (ZeroDivisionError, Undecided):
        return None
    for bits in (90, 60, 45, 35, 25, 15, 8, 3):
        candidate = (high * (1 + arb(2) ** -bits) + arb(2) ** -1000).upper()
        if is_positive(metric * candidate - form):
            return candidate
    return None


def jensen(family: Family, metric: arb_mat, scales: list[arb] | None) -> arb:
    """lambda <= (1/2) (sum_i p_i log t_i + log mu) whenever sum_i (p_i / t_i) A_i^T P A_i <= mu P.

    |A v|^2 / |v|^2 in the norm P is s_i(v), E log s = E log t + E log(s / t) <= E log t + log E(s / t), and
    lambda <= (1/2) sup_v E log s_i(v) (Furstenberg).
    """
    d = family.size
    total = arb_mat(d, d)
    for k, (matrix, chance) in enumerate(zip(family.matrices, family.probabilities, strict=True)):
        weight = chance if scales is None else chance / scales[k]
        total = total + matrix.transpose() * (metric * matrix) * weight
    largest = largest_ratio(symmetric(total), metric)
    if largest is None:
        return arb("inf")
    logs = arb(0) if scales is None else mean(family.probabilities, [logarithm(t) for t in scales])
    return (logs + logarithm(largest)) / 2


def word_bound(family: Family, words: list[list[int]], metric: arb_mat) -> arb:
    """lambda <= sum_w p_w log |A_w|_P / sum_w p_w |w| over a complete prefix-free set of words (Kingman)."""
    logs, probabilities, lengths = [], [], arb(0)
    for word in words:
        product, chance = family.matrices[word[0]], family.probabilities[word[0]]
        for letter in word[1:]:
            product = family.matrices[letter] * product
            chance = chance * family.probabilities[letter]
        size = largest_ratio(symmetric(product.transpose() * (metric * product)), metric)
        if size is None:
            return arb("inf")
        logs.append(logarithm(size) / 2)
        probabilities.append(chance)
        lengths += chance * len(word)
    value = mean(probabilities, logs)
    return value / lengths if value.is_finite() else value


def word_list(witness: Any, letters: int) -> list[list[int]]:
    """The witness's words, where they are complete and prefix-free: every infinite sequence begins with exactly one."""
    words = witness.get("words") if isinstance(witness, dict) else None
    if not isinstance(words, list) or not 0 < len(words) <= _MOST_WORDS:
        return []
    short = all(isinstance(w, list) and 0 < len(w) < 400 for w in words)
    if not short or not all(type(x) is int and 0 <= x < letters for w in words for x in w):
        return []
    total = sum((Fraction(1, letters) ** len(w) for w in words), Fraction(0))
    ordered = sorted(tuple(w) for w in words)
    apart = all(b[: len(a)] != a for a, b in pairwise(ordered))
    return words if total == 1 and apart else []


def matrix_of(witness: Any, name: str, size: int) -> arb_mat | None:
    """A symmetric matrix of floats in a witness, or None."""
    array = suggestion(witness, name, size, size)
    matrix = arb_mat([] if array is None else array.matrix())
    return matrix if array is not None and matrix == matrix.transpose() else None


def numbers_of(witness: Any, name: str, count: int) -> list[arb] | None:
    """Positive floats in a witness, or None."""
    array = suggestion(witness, name, count)
    return exact(array) if array is not None and all(x > 0 for x in array.data) else None


def mean_square_growth(family: Family) -> arb:
    """Lambda(2) = log rho(E A (x) A)."""
    d = family.size
    NotCovered.when(d > _LARGEST_SQUARE, "the second moment of larger matrices is not covered")
    entries = [arb(0)] * d**4
    for chance, matrix in zip(family.probabilities, family.matrices, strict=True):
        products = [chance * matrix[i, j] * matrix[k, n] for i, k, j, n in product(range(d), repeat=4)]
        entries = [total + term for total, term in zip(entries, products, strict=True)]
    return log_radius(arb_mat(d * d, d * d, entries))


def log_radius(matrix: arb_mat) -> Any:
    """log rho(A), perhaps bounded from above only; -inf where it is 0."""
    radius = extreme(spectrum(matrix), is_map=True)
    low, high = radius.lower(), radius.upper()
    return half_line(low.log() if low > 0 else None, logarithm(high))
