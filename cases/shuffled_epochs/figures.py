"""Where independent draws and shuffled epochs disagree, on the exact surface eta b = 1."""

import numpy as np

from cases.common.plot import Plot, Series

# log|f_k| is at most k log(1 + |s|): beyond 80 terms 2^-k leaves less than 1e-20.
_TERMS = 80
_GRID = 320
_CODES = "stable: 0 both, 1 i.i.d. alone, 2 shuffled alone, 3 neither"


def renewal_exponents(x: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(i.i.d., shuffled) exponents in nats a step at eta b = 1, eta a = x and the squared cosine r, by their series."""
    s = 1.0 - x
    independent = np.zeros(np.broadcast_shapes(x.shape, r.shape))
    with np.errstate(divide="ignore"):
        for k in range(1, _TERMS):
            independent = independent + np.log(np.abs(r + (1 - r) * s**k)) / 2.0 ** (k + 2)
        first, second = (np.log(np.abs(r + (1 - r) * s**k)) for k in (1, 2))
    return independent, (2 * first + second) / 8


def regions_plot(place: tuple[float, float] | None) -> Plot:
    """The regions of the two verdicts over x = eta a and r; `place`: the point of the parameters, where it lies on the
    surface."""
    x = (np.arange(_GRID) + 0.5) * 8.0 / _GRID
    r = (np.arange(_GRID) + 0.5) / _GRID
    independent, shuffled = renewal_exponents(x[None, :], r[:, None])
    codes = np.where(independent < 0, np.where(shuffled < 0, 0.0, 1.0), np.where(shuffled < 0, 2.0, 3.0))
    border = np.linspace(0.0, 8.0, 400)[1:]
    fixed = 1.0 - 2.0 / border
    series = [
        Series("image", x, r, _CODES, upper=codes),
        Series("line", border[fixed > 0], fixed[fixed > 0], "a fixed order is stable above this line", proved=True),
    ]
    if place is not None:
        series.append(Series("points", np.array([place[0]]), np.array([place[1]]), "the parameters", emphasis=True))
    apart = float(np.mean((codes == 1) | (codes == 2)))
    return Plot(
        "Independent draws against shuffled epochs at eta b = 1",
        "eta a",
        "squared cosine r of the gradients",
        tuple(series),
        f"The plane of eta a and r: the signs of the two exponents, by their series. They differ on {apart:.0%} of the "
        "picture; a fixed order is stable where (1 - r) eta a < 2.",
        {"x_limits": (0.0, 8.0), "y_limits": (0.0, 1.0), "legend": "outside"},
    )


def distances_plot(gram: np.ndarray, rate: float, seed: int = 3) -> Plot:
    """Residual norms along one run a way of drawing, batches of one."""
    generator, length = np.random.default_rng(seed), 200
    half = length // 2
    orders = {
        "independent": generator.integers(0, 2, 2 * half),
        "shuffled": np.concatenate([generator.permutation(2) for _ in range(half)]),
        "fixed": np.tile([0, 1], half),
    }
    series = []
    for name, order in orders.items():
        residual, sizes = np.array([1.0, 1.0]), [np.sqrt(2.0)]
        for i in order:
            residual = residual - rate * gram[:, i] * residual[i]
            sizes.append(float(np.linalg.norm(residual)))
        series.append(Series("line", np.arange(length + 1), np.maximum(np.array(sizes), 1e-300), name))
    ends = ", ".join(f"{s.label} {s.y[-1]:.1g}" for s in series)
    return Plot(
        "One run of each kind",
        "steps",
        "norm of the residuals",
        tuple(series),
        f"The norm of the residuals over {length} steps; at the end: {ends}.",
        {"log_y": True},
    )
