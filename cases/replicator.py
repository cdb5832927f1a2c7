"""Replicator dynamics of two-player games: the Nash equilibrium, its spectrum, and what is conserved."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.games import READERS, Game, full, game_of, nearby_start, payoff_balls, replicator
from cases.common.matrix_games import derive_replicator, derive_zero_sum_erratum, replicator_jacobian, zero_sum_scale
from cases.common.parameters import as_float, positive_rational
from cases.common.plot import Plot, Series
from cases.common.time_averages import derive_time_averages
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.arithmetic.rational import rational_ball
from certify.linear_algebra import eigenvalues
from certify.program import jacobian, trace
from certify.verdict import Verdict
from foundation import InputError
from numeric import double_precision
from symbolic.largest_root import exact_eigenvalues, largest, modulus, real_part
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_ABSCISSA, _MODULUS, _VERDICT = "largest real part", "largest modulus", "verdict"
_ON_SIMPLEX = "largest real part on the simplices"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    game = game_of(values)
    a, b = game.symbolic
    exact: dict[str, Any] = {name: _number(value) for name, value in zip(game.names, game.point, strict=True)}
    roots = exact_eigenvalues(replicator_jacobian(a, b, game.equilibrium))
    conserved = game.equilibrium.is_interior and zero_sum_scale(a, b) is not None
    if roots is not None:
        exact[_ABSCISSA] = exact[_ON_SIMPLEX] = largest([real_part(root) for root, _ in roots])
        exact[_MODULUS] = largest([modulus(root) for root, _ in roots])
    exact[_VERDICT] = _verdict(exact.get(_ABSCISSA), conserved)
    return SymbolicView((derive_replicator(a, b, game.equilibrium), derive_time_averages()), exact)


def _number(value: Any) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def _verdict(abscissa: sympy.Expr | None, conserved: bool) -> Verdict:
    """By the sign of the largest real part; a conserved quantity with a strict maximum proves stability."""
    if conserved:
        return Verdict.STABLE
    sign = None if abscissa is None else number_sign(abscissa)
    return {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(sign if sign is not None else 0, Verdict.UNDECIDED)


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    game, horizon = game_of(values), as_float(values["horizon"])
    a, b = (jnp.asarray(matrix) for matrix in game.floats)
    point = np.array([float(value) for value in game.point])
    found = np.linalg.eigvals(np.asarray(jax.jacfwd(replicator)(jnp.asarray(point), a, b)))
    error = 1e-6 * (1 + float(np.abs(found).max()))
    estimates = {
        _ABSCISSA: Estimate(float(found.real.max()), error),
        _MODULUS: Estimate(float(np.abs(found).max()), error),
    }
    times, orbit = solve_replicator(game, nearby_start(game), horizon)
    return NumericView(estimates, (_shares(game, times, orbit), _averages(game, times, orbit)))


@double_precision
def solve_replicator(game: Game, start: np.ndarray, horizon: float, points: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """(times, states) by an adaptive method of order five; estimates."""
    a, b = (jnp.asarray(matrix) for matrix in game.floats)
    times = jnp.linspace(0.0, horizon, points)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, point, args: replicator(point, *args)),
        diffrax.Tsit5(),
        0.0,
        horizon,
        None,
        jnp.asarray(start),
        args=(a, b),
        saveat=diffrax.SaveAt(ts=times),
        stepsize_controller=diffrax.PIDController(rtol=1e-9, atol=1e-12),
        max_steps=200_000,
        throw=False,
    )
    return np.asarray(times), np.asarray(solution.ys)


def _shares(game: Game, times: np.ndarray, orbit: np.ndarray) -> Plot:
    rows = len(game.first)
    strategies = np.array([np.concatenate(full(jnp.asarray(state), rows)) for state in orbit])
    names = [f"x{i + 1}" for i in range(rows)] + [f"y{j + 1}" for j in range(len(game.second))]
    series = tuple(Series("line", times, strategies[:, k], name) for k, name in enumerate(names))
    return Plot(
        "Shares of the strategies along an orbit",
        "time t",
        "share",
        series,
        f"The shares of {len(names)} strategies over the time {times[-1]:g}, from a start at the distance "
        f"{np.linalg.norm(orbit[0] - np.array([float(value) for value in game.point])):.3g} from the Nash equilibrium.",
        {"y_limits": (0.0, 1.0)},
    )


def _averages(game: Game, times: np.ndarray, orbit: np.ndarray) -> Plot:
    """Distance of the orbit and of its running average from the equilibrium."""
    centre = np.array([float(value) for value in game.point])
    running = np.cumsum(orbit, axis=0) / np.arange(1, len(orbit) + 1)[:, None]
    distance, averaged = (np.linalg.norm(part - centre, axis=1) for part in (orbit, running))
    seen = slice(1, None)
    return Plot(
        "The equilibrium is approached on average",
        "time t",
        "distance from the Nash equilibrium",
        (
            Series("line", times[seen], np.maximum(distance[seen], 1e-16), "orbit"),
            Series("line", times[seen], np.maximum(averaged[seen], 1e-16), "time average of the orbit"),
        ),
        f"At the end the orbit is {distance[-1]:.3g} away from the equilibrium, and its time average "
        f"{averaged[-1]:.3g}.",
        {"log_y": True},
    )


@double_precision
def _certified(values: Mapping[str, Any]) -> CertifiedView:
    game = game_of(values)
    a, b = payoff_balls(game)
    point = rational_ball(np.array(game.point, dtype=object))
    program = trace(replicator, np.zeros(point.shape), np.zeros(a.shape), np.zeros(b.shape))
    found = eigenvalues(jacobian(program, [point, a, b]))
    abscissa = found.spectral_abscissa
    stable = Verdict.STABLE if abscissa.is_below(0) else Verdict.UNDECIDED
    proved: dict[str, Any] = {name: point[k].enclosure() for k, name in enumerate(game.names)}
    proved[_ABSCISSA], proved[_MODULUS] = abscissa, found.spectral_radius
    proved[_VERDICT] = Verdict.UNSTABLE if abscissa.is_above(0) else stable
    return CertifiedView((_task(game),), proved, (_discs(found),))


def _task(game: Game) -> Task:
    """The equilibrium on the product of the simplices, in all shares: eigenvalues across it do not appear."""
    a, b = game.symbolic
    rows, columns = a.rows, a.cols
    x, y = (
        [sympy.Symbol(f"{name}{i + 1}", real=True) for i in range(size)] for name, size in (("x", rows), ("y", columns))
    )
    first, second = a * sympy.Matrix(y), b * sympy.Matrix(x)
    mean, other = (sympy.Matrix(x).T * first)[0], (sympy.Matrix(y).T * second)[0]
    field = [x[i] * (first[i] - mean) for i in range(rows)] + [y[j] * (second[j] - other) for j in range(columns)]
    point = [Fraction(int(value.p), int(value.q)) for value in (*game.equilibrium.x, *game.equilibrium.y)]
    tangent = np.zeros((rows + columns, rows + columns - 2))
    for k in range(rows - 1):
        tangent[[k, rows - 1], k] = 1, -1
    for k in range(columns - 1):
        tangent[[rows + k, rows + columns - 1], rows - 1 + k] = 1, -1
    return Task(
        "The Nash equilibrium on the tangent space of the simplices",
        "equilibrium",
        {"field": field, "x": point, "variables": [*x, *y], "subspace": tangent},
        {_ON_SIMPLEX: "spectral_abscissa"},
    )


def _discs(found: Any) -> Plot:
    pairs = zip(found.centers, found.radii, found.counts, strict=True)
    words = ", ".join(f"{c.real:.4g}{c.imag:+.4g}i ({count})" for c, _, count in pairs)
    return Plot(
        "Eigenvalues on the tangent space of the simplices",
        "real part (1/time)",
        "imaginary part (1/time)",
        (Series("points", found.centers.real, found.centers.imag, "proved discs, centres", proved=True),),
        f"The eigenvalues, with their numbers: {words}; the radii are at most {float(found.radii.max()):.1e}.",
        {"vertical": (0.0,), "equal": True},
    )


def _read_horizon(value: Any, name: str) -> Fraction:
    horizon = positive_rational(value, name)
    if horizon > 10_000:
        raise InputError(f"{name} must be at most 10000, but is {value!r}")
    return horizon


CASE = case_of(
    "replicator",
    readers={
        **READERS,
        "horizon": _read_horizon,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_ABSCISSA, "0", "matching pennies: +-i"),
        Known(_MODULUS, "1", "matching pennies: +-i"),
        Known("x1", "1/2", "matching pennies"),
    ),
    errata=(
        Erratum(
            "In the specific case of two-player zero-sum games the replicator equations are (51), with pay-off "
            "matrices A and B.",
            "(51) is the replicator system of a bimatrix game; it is zero-sum when B = -A^T.",
            lambda values: derive_zero_sum_erratum(),
        ),
    ),
)
