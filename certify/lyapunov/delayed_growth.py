"""Two-sided bounds in dimensions 4 to 6: the mean growth of one more step after n random ones, in every direction.

Theorem. Let E_n(v) be the mean of log |A_n .. A_1 v| and r_n = E_(n+1) - E_n. If r_n >= L for all directions v then
lambda >= L, and if r_n <= U for all v then lambda <= U, for every n >= 0.
Proof. r_n = Q^n c with c(v) = E log(|A v| / |v|) and (Q f)(v) = E f(A v): the growth in step n + 1 is c at the
direction A_n .. A_1 v. Hence r_k = Q^(k-n) r_n lies in [L, U] for all k >= n, and E_N = E_n + r_n + .. + r_(N-1).
Divide by N: E_N(v) / N is at most E log |A_N .. A_1| / N, which tends to lambda; and the mean of E_N(v) / N over
uniform v tends to lambda, because it differs from E log |A_N .. A_1| / N by a constant over N at most. QED
A finite L excludes that a product of n + 1 matrices is singular. For U, directions that a product maps to 0 have
measure zero and E_N = -inf, or lambda = -inf.
This is the test-function bound with f = c + Qc + .. + Q^(n-1) c [Furstenberg, Kifer, Israel J. Math. 46 (1983)]. The
mean growth of n steps, divided by n, tends to lambda like 1/n, but r_n as fast as directions are forgotten,
exponentially where there is a spectral gap [E. Le Page, Theoremes limites pour les produits de matrices aleatoires,
1982].
"""

import numpy as np
from scipy.optimize import minimize

from certify.enclosure import Enclosure
from certify.lyapunov.concave_bound import positive_metric
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.frames import in_frame
from certify.lyapunov.growth_cells import Level, covers, growth_lower, level_of
from certify.lyapunov.time_limit import check_time, computing_time
from certify.lyapunov.weighted_moment import perron
from certify.lyapunov.witness_fields import array_field
from foundation import CertificateError

_DIMENSIONS = range(4, 7)
_ENTRIES = 40_000
_MOST_STEPS = 16
_MOST_CELLS = 2_000_000
# What the subdivision gives away, as parts of the distance from the least growth to the exponent.
_SLACKS = (0.5, 0.2, 0.05)
_FLOORS = (1.0, 1e-1, 1e-2, 1e-3, 1e-4)
_BITS = 14
_SHARE = 0.85
# In less time the preparations alone would take it all.
_LEAST_SECONDS = 2.0


def applies(family: Family) -> str | None:
    """None, or why directions cannot be subdivided."""
    if family.dimension not in _DIMENSIONS:
        return f"dimension {family.dimension} is not between 4 and 6"
    return None if family.matrices.size <= _ENTRIES else f"{family.matrices.size} entries are more than {_ENTRIES}"


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """A frame, and for n = 0, 1, .. bounds of r_n that the subdivision proves before the deadline."""
    if deadline - computing_time() < _LEAST_SECONDS:
        return {"frame": np.zeros((0, 0)), "lower": np.zeros(0), "upper": np.zeros(0)}
    limit = min(64 * 4**effort, _ENTRIES // family.dimension**2)
    steps = 1
    while 1 < family.count ** (steps + 2) <= limit and steps < _MOST_STEPS:
        steps += 1
    frame, exponent = _best_frame(family, steps), _sampled(family)
    levels = _levels(in_frame(family, {"frame": frame}), steps + 1)
    # most of the time for the side that may decide the sign
    first = 1.0 if exponent > 0 else -1.0
    found = {first: _targets(levels, first, exponent, computing_time() + _SHARE * (deadline - computing_time()))}
    found[-first] = _targets(levels, -first, exponent, deadline)
    return {"frame": frame, "lower": np.array(found[1.0]), "upper": -np.array(found[-1.0])}


def prove(family: Family, witness: Witness) -> Enclosure:
    """The greatest lower[n] and the least upper[n] such that lower[m] <= r_m <= upper[m] for all m <= n (nats a step).

    Each level may use what was proved of the levels before it; the first failure ends the list.
    """
    ends = [array_field(witness, "lower", 1), -array_field(witness, "upper", 1)]
    most = max(len(end) for end in ends)
    if most > _MOST_STEPS or family.count**most * family.dimension**2 > _ENTRIES:
        raise CertificateError(f"bounds for {most} levels need too many words")
    levels = _levels(in_frame(family, witness), most)
    lower, upper = (
        max([-np.inf, *_proved(levels, end.tolist(), sign)]) for end, sign in zip(ends, (1.0, -1.0), strict=True)
    )
    return Enclosure(lower, -upper)


def _proved(levels: list[Level], targets: list[float], sign: float) -> list[float]:
    """The targets of sign r_0, sign r_1, .. up to the first that is not proved."""
    known: list[float] = []
    for level, target in zip(levels, targets, strict=False):
        # r_n = Q r_(n-1) never lies below the least value of r_(n-1)
        if not (known and target <= known[-1]) and not _holds(level, known, sign, target, np.inf):
            break
        known.append(target)
    return known


def _holds(level: Level, known: list[float], sign: float, target: float, deadline: float) -> bool:
    """Whether sign r_n >= target is proved in every direction, n = len(known)."""

    def bound(centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return growth_lower(level, known, sign, (centres, halves))

    dimension = level.shorter.images.shape[-1]
    return covers(bound, dimension, level.entries, target, _MOST_CELLS, deadline)


def _targets(levels: list[Level], sign: float, exponent: float, deadline: float) -> list[float]:
    """Bounds of sign r_0, sign r_1, .. that are proved in time; the last level is tried with less and less slack."""
    known: list[float] = []
    for n, level in enumerate(levels):
        least = _least(level, sign)
        scale = max(sign * exponent - least, 0.1 * abs(exponent), 1e-3)
        for slack in _SLACKS if level is levels[-1] else _SLACKS[:1]:
            target = least - slack * scale
            if not np.isfinite(target):
                return known
            if not (known and target <= known[n - 1]) and not _holds(level, known[:n], sign, target, deadline):
                return known
            known[n:] = [target if not known[:n] else max(target, known[n - 1])]
    return known


def _levels(family: Family, count: int) -> list[Level]:
    """The levels 0, 1, .. below `count` in the Euclidean metric."""
    return [level_of(family, n, np.eye(family.dimension)) for n in range(count)]


def _best_frame(family: Family, steps: int) -> np.ndarray:
    """The frame of a regularised form of the mean square that makes the least growth greatest (an estimate)."""
    adapted = perron(family.matrices.mid, family.probabilities.mid).left
    frames = [whitening_frame(positive_metric(adapted, floor)) for floor in _FLOORS]

    def least(frame: np.ndarray) -> float:
        level = level_of(in_frame(family, {"frame": frame}), steps, np.eye(family.dimension))
        return _least(level, 1.0)

    return max(frames, key=least)


def whitening_frame(metric: np.ndarray) -> np.ndarray:
    """P^(-1/2) for a metric P, in entries of few bits, which keep exact arithmetic cheap."""
    values, vectors = np.linalg.eigh(metric)
    frame = (vectors / np.sqrt(values)) @ vectors.T
    scale = 2.0 ** (_BITS - np.floor(np.log2(np.abs(frame).max())))
    return np.asarray(np.round(frame * scale) / scale)


def _least(level: Level, sign: float) -> float:
    """An estimate of the least value of sign r_n over all directions, by descent from random ones."""

    def growth(v: np.ndarray) -> tuple[float, np.ndarray]:
        check_time()
        total, gradient = 0.0, np.zeros_like(v)
        for forms, own in ((level.longer, sign), (level.shorter, -sign)):
            rows = forms.images.mid @ v
            values = np.maximum(rows @ v, 1e-300)
            total += own * float(forms.chances.mid @ np.log(values)) / 2
            gradient += own * (forms.chances.mid / values) @ rows
        return total, gradient

    starts = np.random.default_rng(0).standard_normal((8, level.shorter.images.shape[-1]))
    return min(float(minimize(growth, v, jac=True, method="BFGS").fun) for v in starts)


def _sampled(family: Family, chains: int = 64, steps: int = 400) -> float:
    """An estimate of the exponent from chains of random products."""
    generator = np.random.default_rng(0)
    vectors, total = generator.standard_normal((chains, family.dimension)), 0.0
    chances = family.probabilities.mid / family.probabilities.mid.sum()
    for k in range(steps):
        check_time()
        letters = generator.choice(family.count, size=chains, p=chances)
        vectors = np.matmul(family.matrices.mid[letters], vectors[:, :, None])[:, :, 0]
        norms = np.maximum(np.linalg.norm(vectors, axis=1), 1e-300)
        vectors = vectors / norms[:, None]
        total += float(np.log(norms).mean()) * (k >= steps // 4)
    return total / (steps - steps // 4)
