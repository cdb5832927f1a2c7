"""Multiplicative weights in two-player games: simultaneous play spirals out, alternating play does not."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cases.common.games import READERS, Game, game_of, nearby_start, payoff_balls, weights_update
from cases.common.matrix_games import coordinates, replicator_jacobian
from cases.common.parameters import as_float, as_sympy, one_of, positive_rational, whole_number
from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.multiplicative_weights.derivation import (
    derive_matching_pennies,
    derive_round,
    largest_multiplier,
    tangent_map,
    weights_map,
)
from certify.arithmetic.rational import rational_ball
from certify.linear_algebra import spectral_radius
from certify.program import jacobian, trace
from certify.verdict import Verdict
from foundation import InputError
from numeric import double_precision
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_RADIUS, _VERDICT, _FIXED = "largest multiplier", "verdict", "spectral radius of a round"
_LARGEST_TASK = 8


def _checked_game(values: Mapping[str, Any]) -> Game:
    """The user's game; `InputError` when e^{eta payoff} would leave the range of float64."""
    game = game_of(values)
    largest = max(abs(entry) for row in (*game.first, *game.second) for entry in row)
    if values["learning_rate"] * largest > 300:
        raise InputError(
            f"learning_rate times the largest payoff must be at most 300, but is {values['learning_rate'] * largest}"
        )
    return game


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    game, rate, alternating = _checked_game(values), as_sympy(values["learning_rate"]), values["play"] == "alternating"
    a, b = game.symbolic
    exact: dict[str, Any] = {name: as_sympy(value) for name, value in zip(game.names, game.point, strict=True)}
    derivations = [derive_matching_pennies()]
    if game.equilibrium.is_interior and a.rows == a.cols <= 3:
        derivations.append(derive_round(a, b, game.equilibrium, rate, alternating))
    radius = largest_multiplier(a, b, game.equilibrium, rate, alternating)
    if radius is not None:
        side = number_sign(radius - 1)
        exact[_RADIUS] = exact[_FIXED] = radius
        exact[_VERDICT] = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(side or 0, Verdict.UNDECIDED)
    return SymbolicView(tuple(derivations), exact)


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    game, rate, alternating = _checked_game(values), as_float(values["learning_rate"]), values["play"] == "alternating"
    a, b = (jnp.asarray(matrix) for matrix in game.floats)
    point = jnp.asarray([float(value) for value in game.point])
    slopes = np.asarray(jax.jacfwd(weights_update)(point, a, b, rate, alternating))
    found = float(np.abs(np.linalg.eigvals(slopes)).max())
    plots = (_distances(game, rate, values["rounds"]), _plane(game, rate, values["rounds"]))
    return NumericView({_RADIUS: Estimate(found, 1e-6 * (1 + found))}, plots)


@double_precision
def play(game: Game, rate: float, rounds: int, alternating: bool) -> np.ndarray:
    """The orbit (rounds + 1, n + m - 2) from near the equilibrium, by a scan; an estimate."""
    a, b = (jnp.asarray(matrix) for matrix in game.floats)

    def step(state: Any, _: Any) -> Any:
        moved = weights_update(state, a, b, rate, alternating)
        return moved, moved

    start = jnp.asarray(nearby_start(game, 0.1))
    orbit = jax.lax.scan(step, start, None, length=rounds)[1]
    return np.concatenate([np.asarray(start)[None], np.asarray(orbit)])


def _distances(game: Game, rate: float, rounds: int) -> Plot:
    centre = np.array([float(value) for value in game.point])
    steps = np.arange(rounds + 1)
    series, last = [], []
    for alternating, words in ((False, "simultaneous"), (True, "alternating")):
        distance = np.linalg.norm(play(game, rate, rounds, alternating) - centre, axis=1)
        series.append(Series("line", steps, np.maximum(distance, 1e-16), words))
        last.append(float(distance[-1]))
    return Plot(
        f"Distance from the Nash equilibrium, eta = {rate:.3g}",
        "round",
        "distance from the equilibrium",
        tuple(series),
        f"After {rounds} rounds the distance is {last[0]:.3g} (simultaneous) and {last[1]:.3g} (alternating play).",
        {"log_y": True},
    )


def _plane(game: Game, rate: float, rounds: int) -> Plot:
    """x_1 against y_1."""
    second = len(game.first) - 1
    series = []
    for alternating, words in ((False, "simultaneous"), (True, "alternating")):
        orbit = play(game, rate, rounds, alternating)
        series.append(Series("line", orbit[:, 0], orbit[:, second], words))
    x, y = float(game.point[0]), float(game.point[second])
    series.append(Series("points", np.array([x]), np.array([y]), "Nash equilibrium", emphasis=True))
    return Plot(
        "Play in the plane of the first strategies",
        "share x1",
        "share y1",
        tuple(series),
        f"One orbit of each kind of play, and the Nash equilibrium ({x:.3g}, {y:.3g}).",
        {"equal": True, "x_limits": (0.0, 1.0), "y_limits": (0.0, 1.0), "size": (5.6, 4.8)},
    )


@double_precision
def _certified(values: Mapping[str, Any]) -> CertifiedView:
    game, alternating = _checked_game(values), values["play"] == "alternating"
    a, b = payoff_balls(game)
    point, rate = rational_ball(np.array(game.point, dtype=object)), rational_ball(values["learning_rate"])

    def update(state: Any, first: Any, second: Any, eta: Any) -> Any:
        return weights_update(state, first, second, eta, alternating)

    program = trace(update, np.zeros(point.shape), np.zeros(a.shape), np.zeros(b.shape), np.zeros(()))
    radius = spectral_radius(jacobian(program, [point, a, b, rate]))
    verdict = Verdict.STABLE if radius.is_below(1) else Verdict.UNSTABLE if radius.is_above(1) else Verdict.UNDECIDED
    if verdict is Verdict.UNDECIDED and _expands(game, values["learning_rate"], alternating):
        verdict = Verdict.UNSTABLE
    proved: dict[str, Any] = {name: point[k].enclosure() for k, name in enumerate(game.names)}
    return CertifiedView(
        _tasks(game, values["learning_rate"], alternating), proved | {_RADIUS: radius, _VERDICT: verdict}
    )


def _tasks(game: Game, rate: Fraction, alternating: bool) -> tuple[Task, ...]:
    """The round as a map of the coordinates, for games of moderate size."""
    a, b = game.symbolic
    if a.rows + a.cols > _LARGEST_TASK:
        return ()
    symbols = coordinates(a)
    task = Task(
        "The Nash equilibrium as a fixed point of a round",
        "equilibrium",
        {
            "field": list(weights_map(a, b, as_sympy(rate), symbols, alternating)),
            "x": list(game.point),
            "kind": "map",
            "variables": list(symbols),
        },
        {_FIXED: "spectral_radius"},
    )
    return (task,)


def _expands(game: Game, rate: Fraction, alternating: bool) -> bool:
    """Whether the product of all multipliers, an exact rational, exceeds one: then one of them does."""
    if not game.equilibrium.is_interior:
        return False
    a, b = game.symbolic
    linear = tangent_map(replicator_jacobian(a, b, game.equilibrium), a.rows, as_sympy(rate), alternating)
    return bool(abs(linear.det(method="berkowitz")) > 1)


def _read_rate(value: Any, name: str) -> Fraction:
    rate = positive_rational(value, name)
    if rate > 10:
        raise InputError(f"{name} must be at most 10, but is {value!r}")
    return rate


CASE = case_of(
    "multiplicative-weights",
    readers={
        **READERS,
        "learning_rate": _read_rate,
        "play": one_of("simultaneous", "alternating"),
        "rounds": whole_number(1, 1_000_000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_RADIUS, "1.00498756211208902702", "matching pennies: |1 + i eta| = sqrt(101)/10"),
        Known(_VERDICT, "UNSTABLE", "Bailey and Piliouras 2018"),
    ),
)
