"""Certificates for the tests of the second checker: each recipe issues one.

python tests/recheck/recipes.py FOLDER NAME...
"""

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import networkx as nx
import numpy as np
import sympy

import stabproof as sp
from numeric import train

_X = sympy.Symbol("x")
HENON = lambda x: jnp.array([1 - 1.4 * x[0] ** 2 + x[1], 0.3 * x[0]])  # noqa: E731
PLANE = lambda x: jnp.array([x[0] * (3 - x[0] - 2 * x[1]), x[1] * (2 - x[0] - x[1])])  # noqa: E731


def pair(points: tuple[float, float]) -> Any:
    """t0 x + t1 x^2 at its minimum t = (1, 1)."""
    x = np.array(points)
    return sp.Regression(lambda t, x: t[0] * x + t[1] * x**2, np.ones(2), x, x + x**2)


def network() -> Any:
    """Three tanh neurons through three points, at a minimum found by training."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=3), rng.normal(size=3)
    start = rng.normal(size=9)
    problem = sp.Regression(lambda t, x: t[:3] @ jnp.tanh(t[3:6] * x + t[6:]), start, x, y)
    return problem.with_params(train(problem).theta)


def curve() -> Any:
    """Two parameters, nine points: a strict minimum."""
    x = np.linspace(-1, 1, 9)
    problem = sp.Regression(lambda t, x: t[0] * jnp.tanh(t[1] * x), np.array([1.0, 1.5]), x, np.sin(2 * x))
    return problem.with_params(train(problem).theta)


def elementary(name: str) -> Callable[[], Any]:
    """x' = g(x) - c y, y' = x - y near a point where g is smooth: values and derivatives of one function."""
    place = {"acosh": 1.5, "log": 1.5, "sqrt": 1.5, "rsqrt": 1.5, "cbrt": 1.5}.get(name, 0.3)
    function = _FUNCTIONS[name]

    def issue() -> Any:
        target = float(function(place))
        field = lambda x: jnp.array([function(x[0]) - target - 3 * (x[1] - place), x[0] - x[1]])  # noqa: E731
        return sp.certify_equilibrium(field, np.array([place, place]) + 1e-4)

    return issue


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": jnp.exp,
    "expm1": jnp.expm1,
    "log": jnp.log,
    "log1p": jnp.log1p,
    "tanh": jnp.tanh,
    "logistic": lambda x: 1 / (1 + jnp.exp(-x)),
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "asinh": jnp.arcsinh,
    "acosh": jnp.arccosh,
    "atanh": jnp.arctanh,
    "sqrt": jnp.sqrt,
    "cbrt": jnp.cbrt,
    "abs": jnp.abs,
    "square": jnp.square,
    "cube": lambda x: x**3,
    "quotient": lambda x: (1 + x) / (2 + x),
    "power": lambda x: (1 + x) ** 1.5,
    "atan2": lambda x: jnp.arctan2(x, 1 + x),
    "logaddexp": lambda x: jnp.logaddexp(x, 2 * x),
    "softmax": lambda x: jnp.exp(x) / (jnp.exp(x) + 1),
    "maximum": lambda x: jnp.maximum(x, -1.0) ** 2,
    "floor": lambda x: x + jnp.floor(x + 0.9),
    "sorted": lambda x: jnp.sort(jnp.stack([x, 2.0 + 0 * x]))[0],
}


PENDULUM = lambda x: jnp.stack([x[1], -jnp.sin(x[0])])  # noqa: E731


def circle(x: Any) -> Any:
    """The unit circle is a periodic orbit of period 2 pi, with the multiplier e^(-4 pi)."""
    away = 1 - x[0] ** 2 - x[1] ** 2
    return jnp.stack([x[0] * away - x[1], x[1] * away + x[0]])


def replicator(x: Any) -> Any:
    """Rock, paper, scissors with unequal stakes: the sum of the shares stays 1."""
    payoff = jnp.array([[0.0, -1.0, 2.0], [2.0, 0.0, -1.0], [-1.0, 2.0, 0.0]]) @ x
    return x * (payoff - x @ payoff)


def ring(count: int) -> Any:
    return sp.Kuramoto(nx.cycle_graph(count), np.linspace(-0.1, 0.1, count), 1.0)


RECIPES: dict[str, Callable[[], Any]] = {
    "inequality": lambda: sp.certify_inequality(lambda x: x[0] ** 2 - x[0] * x[1] + x[1] ** 2 + 1, [(-1, 1)] * 2),
    "inequality-where": lambda: sp.certify_inequality(
        lambda x: (x @ x) * (1 - x @ x), [(-1, 1)] * 2, where=lambda x: [x @ x - 0.25, 0.9 - x @ x]
    ),
    "counterexample": lambda: sp.certify_inequality(lambda x: x[0] ** 2 - x[1], [(-1, 1)] * 2),
    "contraction": lambda: sp.certify_contraction(
        lambda x: jnp.array([-2 * x[0] + jnp.tanh(x[1]), -2 * x[1] - jnp.tanh(x[0])]), np.eye(2), [(-1, 1)] * 2
    ),
    "contraction-moving": lambda: sp.certify_contraction(
        lambda x: -x, lambda x: jnp.array([[1 + x[0] ** 2]]), [(1, 2)]
    ),
    "undecided-list": lambda: sp.all_equilibria(lambda x: x**2, [(-1, 1)]),
    "subspace-list": lambda: sp.all_equilibria(
        lambda x: (x[0] * (3 - x[0]) - 2) * jnp.array([1.0, -1.0]), [(0, 3), (0, 3)], subspace=[[1], [-1]], point=[0, 3]
    ),
    "one-step": lambda: sp.certify_minimum(
        sp.Regression(lambda t, x: t[0] * x, np.ones(1), np.ones(1), np.ones(1)), sp.GradientDescent(1.0)
    ),
    "descent": lambda: sp.certify_minimum(network(), sp.GradientDescent(learning_rate=0.05)),
    "descent-pair": lambda: sp.certify_minimum(pair((1.0, 2.0)), sp.GradientDescent(learning_rate=0.19)),
    "heavy-ball": lambda: sp.certify_minimum(pair((1.0, 2.0)), sp.HeavyBall(learning_rate=0.05, momentum=0.9)),
    "nesterov": lambda: sp.certify_minimum(pair((1.0, 2.0)), sp.Nesterov(learning_rate=0.05, momentum=0.9)),
    "adam": lambda: sp.certify_minimum(pair((1.0, 2.0)), sp.Adam(learning_rate=1e-3, eps=1e-2)),
    "strict": lambda: sp.certify_minimum(curve(), sp.GradientDescent(learning_rate=0.5)),
    "sgd": lambda: sp.certify_minimum(
        pair((1.0, 2.0)), sp.SGD(learning_rate=1 / 25, batch_size=1, sampling="iid"), budget=5
    ),
    "sgd-network": lambda: sp.certify_minimum(
        network(), sp.SGD(learning_rate=0.05, batch_size=1, sampling="iid"), budget=3
    ),
    "sgd-batches": lambda: sp.certify_minimum(
        network(), sp.SGD(learning_rate=0.05, batch_size=2, sampling="iid"), budget=3
    ),
    "rates": lambda: sp.certified_range(pair((1.0, 2.0)), budget=5),
    "flow": lambda: sp.certify_equilibrium(PLANE, np.array([1.0, 1.0])),
    "flow-stable": lambda: sp.certify_equilibrium(PLANE, np.array([3.0, 0.0])),
    "map": lambda: sp.certify_equilibrium(HENON, np.array([0.6, 0.2]), kind="map"),
    "spiral": lambda: sp.certify_equilibrium(lambda x: jnp.array([2 * x[1] - x[0], -2 * x[0] - x[1]]), np.zeros(2)),
    "twice": lambda: sp.certify_periodic_point(HENON, np.array([0.6314, 0.1894]), period=2),
    "all": lambda: sp.all_equilibria(PLANE, [(-0.5, 4), (-0.5, 4)]),
    "cycle": lambda: sp.certify_periodic_point(HENON, np.array([0.9758, -0.1427]), period=2),
    "logistic-cycle": lambda: sp.certify_periodic_point(lambda x: 3.83 * x * (1 - x), np.array([0.1561]), period=3),
    "morse": lambda: sp.morse_class(lambda x: x[0] ** 3 - 3 * x[0] + x[1] ** 2, [(-2, 2), (-1, 1)]),
    "locked": lambda: sp.certify_equilibrium(ring(8), np.zeros(8)),
    "twisted": lambda: sp.certify_equilibrium(sp.Kuramoto(nx.cycle_graph(9), 0, 1.0), 2 * np.pi * np.arange(9) * 4 / 9),
    "unlocked": lambda: sp.certify_equilibrium(sp.Kuramoto(nx.cycle_graph(6), np.linspace(-5, 5, 6), 1.0), np.zeros(6)),
    "time-map": lambda: sp.flow(PENDULUM, [1.0, 0.5], 1).certificate,
    "time-map-box": lambda: sp.flow(PENDULUM, sp.Ball(np.array([1.0, 0.5]), np.full(2, 1e-3)), 1).certificate,
    "time-map-forced": lambda: (
        sp.flow(lambda t, x: jnp.stack([x[1], jnp.cos(t) - x[0]]), [1.0, 0.5], 1, start_time=0).certificate
    ),
    "orbit": lambda: sp.certify_periodic_orbit(circle, [1.0, 0.0], 6.28),
    "subspace": lambda: sp.certify_equilibrium(replicator, [1 / 3, 1 / 3, 1 / 3], subspace=[[1, 0], [0, 1], [-1, -1]]),
    "sharpness": lambda: sp.certify_sharpness(curve()),
    "values": lambda: sp.certify_values(
        {"root": ["sqrt", 2], "area": ["integral", ["exp", ["*", -1, "t", "t"]], 0, 1], "sum": ["+", ["value", 1], 1]},
        [(["value", 3], "<", ["value", 2]), (Fraction(1, 3), "!=", Fraction(3, 10))],
    ),
    "values-hold": lambda: sp.certify_values(
        {"roots": ["eigenvalue", [[2, 1], [1, 2]], 2], "size": ["radius", [[0, 2], [-2, 0]]]}, [(1, "<=", 1)]
    ),
    "loss": lambda: sp.certify_minimum(
        sp.Loss(lambda t, x: jnp.mean(jnp.cosh(t * x)) + t[0] ** 2, np.full(2, 1e-9), np.ones(2)), sp.Nesterov(0.1, 0.5)
    ),
    "cone": lambda: sp.lyapunov_exponent([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], tolerance=1e-8, budget=5),
    "triangular": lambda: sp.lyapunov_exponent([[[2, 1], [0, 1]], [[1, 3], [0, 3]]], budget=5),
    "monomial": lambda: sp.lyapunov_exponent([[[0.5, 0.0], [0.0, 0.25]], [[0.0, 1.0], [0.5, 0.0]]], budget=5),
    "one-matrix": lambda: sp.lyapunov_exponent([[[1, 2], [3, 4]]], budget=5),
    "decaying": lambda: sp.lyapunov_exponent([[[0.5, 0.2], [-0.3, 0.4]], [[-0.4, 0.5], [0.2, 0.3]]], budget=3),
    "random": lambda: sp.lyapunov_exponent(np.random.default_rng(3).normal(size=(3, 3, 3)) * 0.4, budget=5),
    "hopfield": lambda: sp.certify_equilibrium(
        sp.Hopfield(np.array([[0.3, 1.2, 0.1], [1.1, 0.2, -0.4], [0.2, -0.3, 0.1]]), bias=[1.0, 1.5, 0.2]),
        np.array([2.3, 2.6, 0.4]),
    ),
    "hopfield-factors": lambda: sp.certify_equilibrium(
        sp.Hopfield((np.array([[0.9], [-0.7]]), np.array([[1.5], [-1.2]]))), np.array([2.0, -1.6])
    ),
    "locked-large": lambda: sp.certify_equilibrium(
        sp.Kuramoto(nx.cycle_graph(1000), 0.0, 1.0), 2 * np.pi * 249 * np.arange(1000) / 1000
    ),
    "locked-dense": lambda: sp.certify_equilibrium(
        sp.Kuramoto(nx.circulant_graph(210, [1, 2, 30]), np.cos(np.arange(210.0)), 2.0), np.zeros(210)
    ),
    "degenerate": lambda: sp.morse_class((_X - sympy.Rational(1, 3)) ** 3, [(-1, 1)]),
    "degenerate-value": lambda: sp.morse_class(sympy.tanh(_X) ** 4 - sympy.tanh(_X) ** 3, [(-0.5, 0.5)]),
    "degenerate-near": lambda: sp.morse_class((_X**2 - 2) ** 3, [(0.1, 2)]),
    "poisson": lambda: sp.certify_minimum(
        sp.Regression(
            lambda t, x: x @ t,
            np.linalg.pinv([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]]) @ np.log([2.0, 0.5]),
            np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]]),
            np.array([2.0, 0.5]),
            loss="poisson",
        ),
        sp.GradientDescent(0.5),
    ),
    "root": lambda: sp.certify_minimum(
        sp.Regression(lambda t, x: jnp.sqrt(1 + x * t[0] * t[0]) * t[1], np.ones(2), np.ones(1), np.sqrt([2.0])),
        sp.GradientDescent(0.1),
    ),
    "batched": lambda: sp.certify_minimum(
        sp.Regression(
            lambda t, x: t[0] * (x - jnp.mean(x)) + t[1] * x**2,
            np.array([0.5, 1.0]),
            np.array([0.5, 1.0, 3.0]),
            0.5 * (np.array([0.5, 1.0, 3.0]) - 1.5) + np.array([0.25, 1.0, 9.0]),
            batched=True,
        ),
        sp.GradientDescent(0.01),
    ),
    "edge": lambda: sp.certify_inequality(lambda x: x[0] ** 3 + 1.5, [(-1, 1)]),
    "scales": lambda: sp.certify_equilibrium(
        lambda x: jnp.array([1e12 * x[1] - 1e6 * x[0] + 1e-3 * x[0] ** 2, -1e-3 * x[0] - 1e9 * x[1]]), np.zeros(2)
    ),
    **{f"function-{name}": elementary(name) for name in _FUNCTIONS},
}


def main() -> None:
    folder = Path(sys.argv[1])
    for name in sys.argv[2:]:
        RECIPES[name]().save(folder / f"{name}.json")


if __name__ == "__main__":
    main()
