"""The region of two data points and a learning rate in which gradient descent and SGD disagree, drawn and proved."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from cases.common.plot import Plot, Series
from certify.lyapunov.sgd_family import sgd_family
from certify.verdict import Verdict
from search.lyapunov.driver import lyapunov_exponent

Gram = Callable[[float], np.ndarray]
ExactGram = Callable[[Fraction], Sequence[Sequence[Fraction]]]

_CHAINS, _STEPS, _BURN = 10, 700, 100
_SECONDS = 0.4
_WORDS = {
    (True, True): "both stable",
    (True, False): "gradient descent alone stable",
    (False, True): "SGD alone stable",
    (False, False): "both unstable",
}


def exponents_on_grid(grams: np.ndarray, rates: np.ndarray, seed: int = 0) -> np.ndarray:
    """Monte Carlo exponents (m,) of SGD, batches of one, for Gram matrices (m, N, N) and learning rates (m,)."""
    generator = np.random.default_rng(seed)
    count, size = grams.shape[:2]
    vectors = generator.normal(size=(_CHAINS, count, size))
    total, place = np.zeros((_CHAINS, count)), np.arange(count)
    for step in range(_STEPS):
        chosen = generator.integers(size, size=(_CHAINS, count))
        change = (grams[place, chosen] * vectors).sum(axis=2) * rates
        vectors[np.arange(_CHAINS)[:, None], place, chosen] -= change
        if step % 10 == 9:
            norms = np.sqrt((vectors * vectors).sum(axis=2)) + 1e-300
            vectors /= norms[:, :, None]
            total += np.log(norms) if step >= _BURN else 0.0
    return np.asarray(total.mean(axis=0) / (_STEPS - _BURN))


def region_plot(
    gram: Gram,
    exact: ExactGram,
    span: tuple[float, float],
    top: float,
    marks: Sequence[tuple[Fraction, Fraction]],
    labels: tuple[str, str, str],
    grid: int = 36,
) -> Plot:
    """Signs of the exponents of gradient descent (exact formula) and SGD (estimates) over a parameter and eta.

    gram: K (N, N) for a value of the parameter; exact: the same in rationals. span: the parameter's range; eta runs to
    `top`. marks: (parameter, eta) where the sign of SGD's exponent is proved and shown. labels: title, x and y axis.
    """
    values, rates = np.linspace(*span, grid), np.linspace(top / grid, top, grid)
    grams = np.array([gram(value) for value in values])
    largest = np.array([np.linalg.eigvalsh(k)[-1] for k in grams]) / grams.shape[1]
    x, y = np.meshgrid(np.arange(grid), np.arange(grid))
    found = exponents_on_grid(grams[x.ravel()], rates[y.ravel()]).reshape(grid, grid)
    descent, stochastic = rates[:, None] * largest[None, :] < 2, found < 0
    codes = np.where(descent, np.where(stochastic, 0.0, 1.0), np.where(stochastic, 2.0, 3.0))
    critical = np.minimum(2 / largest, top)
    series = [
        Series("image", values, rates, "0: both stable, 1: GD only, 2: SGD only, 3: neither", upper=codes),
        Series("line", values, critical, "gradient descent critical (mu = 0)", tone=3),
        *_proved_marks(exact, marks),
    ]
    shares = ", ".join(
        f"{word} on {np.mean((descent == gd) & (stochastic == sgd)):.0%}" for (gd, sgd), word in _WORDS.items()
    )
    return Plot(
        labels[0],
        labels[1],
        labels[2],
        tuple(series),
        f"The plane of {labels[1]} and {labels[2]}: {shares} of it; the signs for SGD are Monte Carlo estimates, the "
        f"{sum(len(s.x) for s in series[2:])} marks are proved.",
        {"x_limits": span, "y_limits": (0.0, top), "legend": "outside"},
    )


def _proved_marks(exact: ExactGram, marks: Sequence[tuple[Fraction, Fraction]]) -> list[Series]:
    """Points at which the sign of SGD's exponent is proved; undecided ones are left out."""
    places: dict[Verdict, list[tuple[float, float]]] = {Verdict.STABLE: [], Verdict.UNSTABLE: []}
    for value, rate in marks:
        verdict = lyapunov_exponent(sgd_family([list(row) for row in exact(value)], rate), budget=_SECONDS).verdict
        if verdict in places:
            places[verdict].append((float(value), float(rate)))
    names = {Verdict.STABLE: ("SGD proved stable", 2), Verdict.UNSTABLE: ("SGD proved unstable", 1)}
    series = []
    for verdict, found in places.items():
        if found:
            x, y = np.array(found).T
            series.append(Series("points", x, y, names[verdict][0], proved=True, tone=names[verdict][1]))
    return series
