"""Small honest certificates of every kind, made once a session, and the forger's tools."""

import importlib.util
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import optax
import pytest
import sympy

import stabproof as sp
from certify.certificate import Certificate, issue
from certify.trajectories.exponent import Stretches
from certify.trajectories.network import ExactNetwork
from search.trajectories import certify_descent, certify_null_directions, certify_orbit_exponent

x, y = sympy.symbols("x y", real=True)


def _line(params, value):
    return params["w"] * params["v"] * value


def _regression(examples=1):
    inputs = np.linspace(1.0, 2.0, examples)
    return sp.Regression(_line, {"w": np.array(1.0), "v": np.array(1.0)}, inputs, inputs)


def _features(params, value):
    return params @ jnp.stack([jnp.ones(()), value, value**2])


def _interpolation():
    return sp.Regression(_features, np.array([1.0, 0.5, -0.25]), np.array([0.5, -1.0]), np.array([1.1875, 0.25]))


def _network():
    return ExactNetwork(np.array([[0.5], [-1.0], [0.25]]), np.array([0, 1, 1]), 1, 2)


def _start():
    return np.linspace(-0.5, 0.75, _network().dimension)


def _spiral(state):
    grown = 1 - state[0] ** 2 - state[1] ** 2
    return jnp.stack([state[0] * grown - state[1], state[1] * grown + state[0]])


def _bump(state):
    return (jnp.tanh(2 * state) - jnp.tanh(state))[0]


def _bowl(params):
    return jnp.cosh(params[0] + params[1]) + params[0] ** 2


def _replaced(weight):
    return jnp.sum((1.5 * weight - 0.5 * jax.lax.stop_gradient(weight) - 1.0) ** 2)


# c (1 + x)^2 is log 2 at 1/2 and 0 at -1
_COUNTED = np.array([1.0, 2.0, 1.0]) * np.log(2) / 2.25

MAKERS = {
    "minimum-gd": lambda: sp.certify_minimum(_regression(), sp.GradientDescent(0.25)),
    "minimum-sgd": lambda: sp.certify_minimum(_interpolation(), sp.SGD(0.25, 1, sampling="iid")),
    "minimum-adam": lambda: sp.certify_minimum(_regression(), sp.Adam(1e-3, 0.5, 0.75, 0.125)),
    "minimum-shuffled": lambda: sp.certify_minimum(_interpolation(), sp.SGD(0.25, 1, sampling="shuffled")),
    "minimum-fixed": lambda: sp.certify_minimum(_interpolation(), sp.SGD(0.25, 1, sampling=(1, 0))),
    "minimum-poisson": lambda: sp.certify_minimum(
        sp.Regression(_features, _COUNTED, np.array([0.5, -1.0]), np.array([2.0, 1.0]), loss="poisson"),
        sp.HeavyBall(0.25, 0.5),
    ),
    "minimum-optax": lambda: sp.certify_minimum(_interpolation(), optax.adam(1e-3, eps=0.125)),
    "strict-minimum": lambda: sp.certify_minimum(sp.Loss(_bowl, np.array([0.0, 0.0])), sp.Nesterov(0.25, 0.5)),
    "strict-minimum-field": lambda: sp.certify_minimum(sp.Loss(_replaced, np.array([1.0])), sp.GradientDescent(0.5)),
    "symmetric-minimum": lambda: sp.certify_minimum(
        sp.Loss(lambda p: (p["a"] * p["b"] - 1.0) ** 2, {"a": 1.0, "b": 1.0}), sp.GradientDescent(0.25)
    ),
    "locked-state": lambda: sp.certify_equilibrium(
        sp.Kuramoto(nx.cycle_graph(5), [0.125, -0.125, 0.0, 0.0, 0.0], 1), np.zeros(5)
    ),
    "locked-state-twisted": lambda: sp.certify_equilibrium(
        sp.Kuramoto(nx.complete_graph(5), [0.0] * 5, 1), 2 * np.pi * np.arange(5) / 5
    ),
    "locked-state-mixed": lambda: sp.certify_equilibrium(
        sp.Kuramoto(nx.cycle_graph(6), [0.0] * 6, 1), [0.0, 0.0, 0.0, np.pi, np.pi, np.pi]
    ),
    "locked-state-none": lambda: sp.certify_equilibrium(sp.Kuramoto(nx.path_graph(3), [-1, 0, 1], 0.75)),
    "hopfield": lambda: sp.certify_equilibrium(
        sp.Hopfield(np.array([[0.0, 0.5], [-0.25, 0.0]]), [0.5, 0.25]), [0.5, 0.25]
    ),
    "equilibrium-flow": lambda: sp.certify_equilibrium([-x + 2 * sympy.tanh(y), -y + 2 * sympy.tanh(x)], [1.9, 1.9]),
    "equilibrium-map": lambda: sp.certify_equilibrium([2 * x + y**2, y / 2], [0, 0], kind="map"),
    "equilibrium-undecided": lambda: sp.certify_equilibrium([y, -x], [0, 0]),
    "all-equilibria": lambda: sp.all_equilibria([x - x**3, -y], [(-2, 2), (-1, 1)]).certificate,
    "learning-rates": lambda: sp.certified_range(_interpolation(), 1, budget=2.0),
    "lyapunov-exponent": lambda: sp.lyapunov_exponent(
        [np.array([[0.5, 0.25], [0.0, 0.25]]), np.array([[0.25, 0.0], [0.25, 0.5]])], budget=1.0
    ),
    "descent": lambda: certify_descent(_network(), _start(), Fraction(1, 10), 3),
    "orbit-exponent": lambda: certify_orbit_exponent(
        _network(), _start(), np.ones(_network().dimension), Fraction(1, 10), Stretches(((0, 3),), ((0, 3),))
    ),
    "null-directions": lambda: certify_null_directions(_network(), _start()),
    "periodic-point": lambda: sp.certify_periodic_point([sympy.Rational(16, 5) * x * (1 - x)], [0.5], 2),
    "periodic-orbit": lambda: sp.certify_periodic_orbit(_spiral, [1.0, 0.0], 6.28),
    "time-map": lambda: sp.flow(lambda state: -(state**3), [1.0], 1).certificate,
    "horseshoe": lambda: sp.certify_horseshoe([4 * x * (1 - x)], [0.75]),
    "morse-class": lambda: (
        sp.morse_class(lambda state: (jnp.tanh(2 * state) - jnp.tanh(state))[0], [(-2, 2)]).certificate
    ),
    "inequality": lambda: sp.certify_inequality(x**2 - x + 1, [(-1, 1)], where=[x]),
    "inequality-refuted": lambda: sp.certify_inequality(x**2 - x, [(0.25, 2)]),
    "inequality-undecided": lambda: sp.certify_inequality((x**2 - 2) ** 2, [(1, 2)], most_boxes=20),
    "lyapunov-function": lambda: sp.certify_lyapunov_function(x**2, [-x + x**3], ([0], 2)),
    "lyapunov-function-refuted": lambda: sp.certify_lyapunov_function(x**2, [x], ([0], 1)),
    "sharpness": lambda: sp.certify_sharpness(sp.Loss(_bowl, np.array([0.25, -0.5]))),
    "sharpness-regression": lambda: sp.certify_sharpness(_regression(2)),
    "branch": lambda: sp.certify_branch([y - 1 + x**2], [-0.7], (y, 0.5, 2)),
    "branch-map": lambda: sp.certify_branch([y * x * (1 - x)], [0.655], (y, 2.9, 3.1), kind="map"),
    "opinions": lambda: issue(
        "opinions",
        {n: [Fraction(k, 3) for k in v] for n, v in {"start": (0, 2), "below": (1, 3), "above": (3, 1)}.items()},
        {},
    ),
    "values": lambda: sp.certify_values({"area": sympy.atan(2)}, [(sympy.E, "<", sympy.pi)]),
    "contraction": lambda: sp.certify_contraction([-x - x**3], [[1.0]], [(-1, 1)]),
}


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", sorted(MAKERS))


@pytest.fixture(scope="session")
def forging():
    """The module beside this one: tests are imported without their folder on the path."""
    spec = importlib.util.spec_from_file_location("forging", Path(__file__).with_name("forging.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Made(Mapping[str, Certificate]):
    """The certificates by name, each made when it is first asked for: a single test waits for its own alone."""

    def __init__(self) -> None:
        self._made: dict[str, Certificate] = {}

    def __getitem__(self, name: str) -> Certificate:
        if name not in self._made:
            self._made[name] = MAKERS[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MAKERS)

    def __len__(self) -> int:
        return len(MAKERS)


@pytest.fixture(scope="session")
def honest() -> Mapping[str, Certificate]:
    """One small certificate a kind, and further ones where a kind has several theorems."""
    return Made()
