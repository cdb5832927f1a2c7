"""The plane of learning rate and batch size: where gradient descent and SGD disagree, proved and undecided parts."""

from fractions import Fraction

import numpy as np

from cases.common.plot import Plot, Series
from cases.common.sgd_views import SGDInstance
from certify.lyapunov.families.sgd_family import sgd_family
from certify.verdict import Verdict
from search.lyapunov.driver import lyapunov_exponent
from search.lyapunov.sgd.certified_range import CertifiedRange, certified_range

_SECONDS = 0.8
_COLUMNS, _SAMPLES = 240, 48
_CHAINS, _STEPS, _BURN = 60, 700, 100
_MARKS, _NARROW = 5, 1.05
# The axis of learning rates runs from critical / _BELOW to at most _ABOVE * critical.
_BELOW, _ABOVE = 10.0, 100.0
# Bands of the picture for one batch size.
_ROWS = 16
_CODES = "stable: 0 both, 1 GD, 2 SGD, 3 neither"
_WORDS = ("both stable", "gradient descent alone stable", "SGD alone stable", "both unstable")
_NAMES = {Verdict.STABLE: ("SGD proved stable", 2), Verdict.UNSTABLE: ("SGD proved unstable", 1)}


def plane_plot(instance: SGDInstance) -> Plot:
    """Signs of the exponents over eta and B: estimates in colours, proved ranges of learning rates as bars."""
    critical = 2 * instance.size / float(np.linalg.eigvalsh(instance.floats)[-1])
    sizes = list(range(1, instance.size + 1))
    ranges = [certified_range([list(row) for row in instance.gram], size, budget=_SECONDS) for size in sizes]
    known = [found.unstable_from for found in ranges if np.isfinite(found.unstable_from)]
    bottom, top = critical / _BELOW, min(1.5 * max([critical, *known]), _ABOVE * critical)
    rates = np.geomspace(bottom, top, _COLUMNS)
    stochastic = _stable_rates(instance, rates, sizes)
    descent = np.broadcast_to(rates < critical, stochastic.shape)
    codes = np.where(descent, np.where(stochastic, 0.0, 1.0), np.where(stochastic, 2.0, 3.0))
    heights = (np.arange(_ROWS * len(sizes)) + 0.5) / _ROWS + 0.5
    image = Series("image", rates, heights, _CODES, upper=np.repeat(codes, _ROWS, axis=0))
    split = ", ".join(f"{words} on {np.mean(codes == code):.0%}" for code, words in enumerate(_WORDS))
    return Plot(
        f"Where gradient descent and SGD disagree, N = {instance.size}",
        "learning rate eta",
        "batch size B",
        (image, *_bars(ranges, sizes, bottom, top), *_marks(instance, ranges, sizes, bottom, top)),
        f"The plane of the learning rate and the batch size: {split} (estimates). The bars are proved ranges of "
        f"learning rates, the marks proved single rates; elsewhere nothing is proved. Gradient descent is critical at "
        f"{critical:.4g} (dotted line).",
        {
            "vertical": (critical,),
            "x_limits": (bottom, top),
            "y_limits": (0.5, instance.size + 0.5),
            "log_x": True,
            "legend": "outside",
        },
    )


def batch_exponents(gram: np.ndarray, rates: np.ndarray, batch_size: int, seed: int = 0) -> np.ndarray:
    """Monte Carlo exponents (m,) of SGD with batches without replacement at the learning rates (m,)."""
    generator, size = np.random.default_rng(seed), len(gram)
    vectors = generator.normal(size=(_CHAINS, len(rates), size))
    total, scale = np.zeros(len(rates)), (rates / batch_size)[:, None]
    for step in range(_STEPS):
        chosen = generator.random(vectors.shape).argsort(axis=2) < batch_size
        vectors = vectors - np.where(chosen, vectors @ gram * scale, 0.0)
        if step % 10 == 9:
            norms = np.sqrt((vectors * vectors).sum(axis=2)) + 1e-300
            vectors /= norms[:, :, None]
            total += np.log(norms).mean(axis=0) if step >= _BURN else 0.0
    return np.asarray(total / (_STEPS - _BURN))


def _stable_rates(instance: SGDInstance, rates: np.ndarray, sizes: list[int]) -> np.ndarray:
    """Whether the estimated exponent is negative (B, eta): sampled at some rates, linear between them."""
    sampled = np.geomspace(rates[0], rates[-1], _SAMPLES)
    found = [batch_exponents(instance.floats, sampled, size) for size in sizes]
    return np.array([np.interp(rates, sampled, values) < 0 for values in found])


def _bars(ranges: list[CertifiedRange], sizes: list[int], bottom: float, top: float) -> list[Series]:
    """Bars up to the last rate proved stable and from the first one proved unstable on."""
    rows: dict[Verdict, list[tuple[float, float, float]]] = {Verdict.STABLE: [], Verdict.UNSTABLE: []}
    for found, size in zip(ranges, sizes, strict=True):
        if found.stable_up_to > bottom:
            rows[Verdict.STABLE].append((bottom, min(found.stable_up_to, top), float(size)))
        if found.unstable_from < top:
            rows[Verdict.UNSTABLE].append((found.unstable_from, min(found.unstable_up_to, top), float(size)))
    series = []
    for verdict, places in rows.items():
        if places:
            left, right, height = np.array(places).T
            label, tone = _NAMES[verdict]
            ends = np.column_stack([right, height])
            series.append(Series("segments", left, height, f"{label} (range)", ends, proved=True, tone=tone))
    return series


def _marks(
    instance: SGDInstance, ranges: list[CertifiedRange], sizes: list[int], bottom: float, top: float
) -> list[Series]:
    """Single rates between the bars at which the sign is proved."""
    places: dict[Verdict, list[tuple[float, float]]] = {Verdict.STABLE: [], Verdict.UNSTABLE: []}
    for found, size in zip(ranges, sizes, strict=True):
        low, high = max(found.stable_up_to, bottom), min(found.unstable_from, top)
        for rate in np.geomspace(low, high, _MARKS + 2)[1:-1] if high > _NARROW * low else ():
            exact = Fraction(float(rate)).limit_denominator(10_000)
            family = sgd_family([list(row) for row in instance.gram], exact, size)
            verdict = lyapunov_exponent(family, budget=_SECONDS / 2).verdict
            if verdict in places:
                places[verdict].append((float(exact), float(size)))
    series = []
    for verdict, points in places.items():
        if points:
            x, y = np.array(points).T
            label, tone = _NAMES[verdict]
            series.append(Series("points", x, y, f"{label} (single rate)", proved=True, tone=tone))
    return series
