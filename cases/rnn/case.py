"""Recurrent networks x_{k+1} = A x_k + B tanh(x_{k-1}) + u: equilibria and their companion matrix."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
import sympy

from cases.common.matrix_parameters import ball_matrix, float_matrix, rational_matrix, sympy_matrix
from cases.common.parameters import as_float, as_sympy, rational_vector, whole_number
from cases.common.plot import Plot, Series
from cases.common.told import Percentage, Told
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.rnn.derivation import derive_recurrent_triangle
from certify.arithmetic import Ball, tanh
from certify.arithmetic.rational import rational_ball
from certify.krawczyk import krawczyk
from certify.linear_algebra import spectral_radius
from certify.verdict import Verdict
from foundation import InputError
from numeric import double_precision
from symbolic import CharacteristicPolynomialIs, Derivation, SignIs, Step
from symbolic.checks import total
from symbolic.largest_root import characteristic_polynomial, largest_modulus
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_RADIUS, _VERDICT, _LINEAR = "spectral radius", "verdict", "spectral radius with slope 1"
_FIXED = "spectral radius on pairs of states"


def _shaped(values: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """(A, B, u), exact; `InputError` when their sizes differ."""
    a, b, u = values["a"], values["b"], values["input"]
    size = len(a)
    u = u * size if len(u) == 1 else u
    if len(b) != size or len(u) != size:
        numbers = "1 number" if size == 1 else f"1 or {size} numbers"
        raise InputError(f"a is {size} x {size}, so b must be {size} x {size} and input must hold {numbers}")
    return a, b, u


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    a, b, u = _shaped(values)
    general = derive_recurrent_triangle()
    companion = _companion(sympy_matrix(a), sympy_matrix(b))
    radius = largest_modulus(companion)
    linear = {} if radius is None else {_LINEAR: radius}
    if any(u):
        return SymbolicView((general,), linear)
    z = sympy.Symbol("z")
    step = Step(
        "Without input the origin is an equilibrium, where tanh has slope 1; the companion matrix of (A, B) has this "
        "characteristic polynomial.",
        reason="Determinant.",
        check=CharacteristicPolynomialIs(companion, z, characteristic_polynomial(companion, z)),
    )
    steps, exact = [step], linear | {f"equilibrium x{i + 1}": sympy.Integer(0) for i in range(len(a))}
    if radius is not None:
        side = number_sign(radius - 1)
        exact[_RADIUS] = exact[_FIXED] = radius
        exact[_VERDICT] = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(side or 0, Verdict.UNDECIDED)
        relation = {-1: "<", 1: ">", 0: "=="}.get(side if side is not None else 2)
        if relation is not None:
            words = {"<": "stable", ">": "unstable", "==": "neutral to first order"}[relation]
            steps.append(
                Step(
                    f"The spectral radius is {radius}: the origin is {words}.",
                    reason="Comparison with one.",
                    check=SignIs(total(radius, sympy.Integer(-1)), relation),
                )
            )
    return SymbolicView((general, Derivation("The origin of this network", (), tuple(steps))), exact)


def _companion(a: sympy.ImmutableMatrix, b: sympy.ImmutableMatrix) -> sympy.ImmutableMatrix:
    size = a.rows
    return sympy.Matrix([[a, b], [sympy.eye(size), sympy.zeros(size)]]).as_immutable()


def _float_equilibrium(a: np.ndarray, b: np.ndarray, u: np.ndarray) -> np.ndarray | None:
    """A zero of A x + B tanh x + u - x, by Newton's method (an estimate)."""
    if not u.any():
        return np.zeros(len(u))

    def residual(x: np.ndarray) -> np.ndarray:
        return np.asarray(a @ x + b @ np.tanh(x) + u - x)

    def slope(x: np.ndarray) -> np.ndarray:
        return np.asarray(a - np.eye(len(x)) + b / np.cosh(np.clip(x, -300, 300)) ** 2)

    starts = [np.zeros(len(u)), u, *np.random.default_rng(0).normal(size=(20, len(u)))]
    for start in starts:
        found = scipy.optimize.root(residual, start, jac=slope, tol=1e-14)
        if np.abs(residual(found.x)).max() < 1e-10 * (1 + np.abs(found.x).max()):
            return np.asarray(found.x)
    return None


def _numeric(values: Mapping[str, Any]) -> NumericView:
    exact_a, exact_b, exact_u = _shaped(values)
    a, b = float_matrix(exact_a), float_matrix(exact_b)
    u = np.array([as_float(x) for x in exact_u])
    point = _float_equilibrium(a, b, u)
    plots = [_orbit_plot(a, b, u, values["steps"]), _map_of_radii(a, b, point)]
    slope_one = _radius(a, b)
    linear = {_LINEAR: Estimate(slope_one, 1e-6 * (1 + slope_one))}
    if point is None:
        return NumericView(linear, tuple(plots), ("no equilibrium was found by Newton's method",))
    radius = _radius(a, b / np.cosh(point) ** 2)
    tolerance = 1e-6 * (1 + radius)
    estimates = {f"equilibrium x{i + 1}": Estimate(float(x), 1e-8 * (1 + abs(float(x)))) for i, x in enumerate(point)}
    estimates[_RADIUS] = estimates[_FIXED] = Estimate(radius, tolerance)
    return NumericView(estimates | linear, tuple(plots))


def _radius(a: np.ndarray, slopes: np.ndarray) -> float:
    size = len(a)
    return float(np.abs(np.linalg.eigvals(np.block([[a, slopes], [np.eye(size), np.zeros((size, size))]]))).max())


@double_precision
def _orbit(a: np.ndarray, b: np.ndarray, u: np.ndarray, steps: int) -> np.ndarray:
    """x_0 = x_1 = 1/10 in every coordinate, by a scan."""

    def step(state: Any, _: Any) -> Any:
        present, past = state
        moved = a @ present + b @ jnp.tanh(past) + u
        return (moved, present), moved

    start = jnp.full(len(u), 0.1)
    return np.asarray(jax.lax.scan(step, (start, start), None, length=steps)[1])


def _orbit_plot(a: np.ndarray, b: np.ndarray, u: np.ndarray, steps: int) -> Plot:
    orbit = _orbit(a, b, u, steps)
    seen = np.isfinite(orbit).all(axis=1) & (np.abs(orbit).max(axis=1) < 1e8)
    times, orbit = np.arange(1, steps + 1)[seen], orbit[seen]
    series = tuple(Series("line", times, orbit[:, i], f"x{i + 1}") for i in range(min(4, orbit.shape[1])))
    last = float(np.abs(orbit[-1]).max()) if len(orbit) else np.inf
    return Plot(
        "An orbit of the network from 1/10",
        "step k",
        "state x_k",
        series,
        f"The states over {len(times)} steps; the largest is {last:.3g} at the end.",
    )


def _map_of_radii(a: np.ndarray, b: np.ndarray, point: np.ndarray | None) -> Plot:
    """log10 of the spectral radius when A and B G' are multiplied by s and t."""
    slopes = b if point is None else b / np.cosh(point) ** 2
    scales = np.linspace(-4, 4, 81)
    radii = np.array([[_radius(s * a, t * slopes) for s in scales] for t in scales])
    share = Percentage(float((radii < 1).mean()))
    return Plot(
        "Where the network is stable",
        "factor s of A",
        "factor t of B G'(x*)",
        (
            Series("image", scales, scales, "stable: 0, unstable: 1", upper=(radii >= 1 - 1e-9).astype(float)),
            Series("points", np.ones(1), np.ones(1), "this network", emphasis=True),
        ),
        Told.of(
            "The factors for which the spectral radius of the companion matrix is below one cover {} of the square.",
            share,
        ),
        {"size": (5.6, 4.8)},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    exact_a, exact_b, exact_u = _shaped(values)
    a, b = ball_matrix(exact_a), ball_matrix(exact_b)
    u = rational_ball(np.array(exact_u, dtype=object))
    point = proved_equilibrium(a, b, u)
    linear = spectral_radius(companion_ball(a, b, Ball.exact(np.zeros(len(u)))))
    if point is None:
        return CertifiedView(values={_VERDICT: Verdict.UNDECIDED, _LINEAR: linear})
    radius = spectral_radius(companion_ball(a, b, point))
    verdict = Verdict.STABLE if radius.is_below(1) else Verdict.UNSTABLE if radius.is_above(1) else Verdict.UNDECIDED
    proved: dict[str, Any] = {_LINEAR: linear} | {
        f"equilibrium x{i + 1}": point[i].enclosure() for i in range(len(point))
    }
    task = _task(sympy_matrix(exact_a), sympy_matrix(exact_b), exact_u, point.mid)
    return CertifiedView((task,), proved | {_RADIUS: radius, _VERDICT: verdict})


def _task(a: sympy.ImmutableMatrix, b: sympy.ImmutableMatrix, u: Any, point: np.ndarray) -> Task:
    """The network as a map of pairs (x_k, x_{k-1})."""
    present, past = (sympy.Matrix([sympy.Symbol(f"{n}{i + 1}", real=True) for i in range(a.rows)]) for n in "xy")
    constant = sympy.Matrix([as_sympy(entry) for entry in u])
    moved = a * present + b * past.applyfunc(sympy.tanh) + constant
    return Task(
        "The equilibrium as a fixed point of the map of pairs of states",
        "equilibrium",
        {
            "field": [*moved, *present],
            "x": np.concatenate([point, point]),
            "kind": "map",
            "variables": [*present, *past],
        },
        {_FIXED: "spectral_radius"},
    )


def proved_equilibrium(a: Ball, b: Ball, u: Ball) -> Ball | None:
    """A ball that holds exactly one equilibrium, by Krawczyk's test; None when none was proved."""
    size = len(u)
    if u.is_exact and not u.mid.any():
        return Ball.exact(np.zeros(size))
    guess = _float_equilibrium(a.mid, b.mid, u.mid)
    if guess is None:
        return None

    def residual(x: Ball) -> Ball:
        return a @ x + b @ tanh(x) + u - x

    def slopes(x: Ball) -> Ball:
        return a + b * (1.0 - tanh(x).square()) - np.eye(size)

    for width in (1e-12, 1e-10, 1e-8, 1e-6, 1e-4):
        box = Ball(guess, np.full(size, width * (1 + float(np.abs(guess).max()))))
        found = krawczyk(residual, slopes, box)
        if found.verdict is Verdict.PROVED:
            return found.box
    return None


def companion_ball(a: Ball, b: Ball, point: Ball) -> Ball:
    """[[A, B diag(1 - tanh^2 x)], [I, 0]]."""
    size = len(point)
    slopes = b * (1.0 - tanh(point).square())
    zero = np.zeros((size, size))
    return Ball(
        np.block([[a.mid, slopes.mid], [np.eye(size), zero]]),
        np.block([[a.rad, slopes.rad], [zero, zero]]),
    )


def _read_input(value: Any, name: str) -> tuple[Fraction, ...]:
    numbers = rational_vector()(value, name)
    if max(abs(number) for number in numbers) > 2**100:
        raise InputError(f"{name} must hold numbers of at most 2^100 in size, but is {value!r}")
    return numbers


CASE = case_of(
    "rnn",
    readers={
        "a": rational_matrix(6, square=True),
        "b": rational_matrix(6, square=True),
        "input": _read_input,
        "steps": whole_number(1, 100_000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_RADIUS, "0.8090169943749475", "(1 + sqrt 5)/4, the larger root of z^2 - z/2 - 1/4"),
        Known(_VERDICT, "STABLE", "|1/2| < 1 - 1/4 and 1/4 > -1"),
    ),
)
