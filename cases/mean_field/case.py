"""Mean-field limits: Dobrushin's estimate of the Wasserstein distance of two solutions, and when it is an equality."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy, one_of, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.mean_field.estimates import mean_field_path
from cases.mean_field.wasserstein import wasserstein_distance
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, case_of
from certify.arithmetic import Ball, exp
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.program import jacobian, trace
from numeric import double_precision
from symbolic import AllOf, Definition, Derivation, DerivativeIs, Equal, IsRoot, Step
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (36)-(43)"
_LIPSCHITZ, _BOUND = "Lipschitz constant of g on the box", "Dobrushin's factor exp(2 L T)"
_FIRST, _LAST, _GROWTH = "W1 at the start", "W1 at the time T", "growth of W1"
_CELLS, _RECORDS = 64, 30


def _coupling(values: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
    """g(x, y) as a JAX function; the coefficients are quotients of whole numbers, so that they are exact."""
    a, b = _quotient(values["a"]), _quotient(values["b"])
    if values["coupling"] == "linear":
        return lambda x, y: a() * x + b() * y
    if values["coupling"] == "sine":
        return lambda x, y: a() * jnp.sin(y - x)
    return lambda x, y: a() * x - x * x * x + b() * y


def _quotient(number: Fraction) -> Callable[[], Any]:
    """The exact rational inside a traced function: a quotient of floats that are whole numbers."""
    return lambda: jnp.float64(as_float(Fraction(number.numerator))) / as_float(Fraction(number.denominator))


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    a, b, time, width, shift, radius = (as_sympy(values[n]) for n in ("a", "b", "time", "width", "shift", "radius"))
    lipschitz = {
        "linear": max(abs(a), abs(b)),
        "sine": abs(a),
        "cubic": max(abs(a), abs(a - 3 * radius**2), abs(b)),
    }[values["coupling"]]
    exact: dict[str, Any] = {_LIPSCHITZ: lipschitz, _FIRST: _distance(1 - width, (1 - width) / 2 - shift)}
    if _bound_holds(values):
        exact[_BOUND] = sympy.exp(2 * lipschitz * time)
    derivations = [_distances(), _characteristics()]
    if values["coupling"] == "linear":
        slope = sympy.exp(a * time) * (1 - width)
        exact[_LAST] = _distance(slope, sympy.exp((a + b) * time) * ((1 - width) / 2 - shift))
        if exact[_FIRST] != 0:
            exact[_GROWTH] = exact[_LAST] / exact[_FIRST]
    return SymbolicView(tuple(derivations), exact)


def _distance(slope: sympy.Expr, middle: sympy.Expr) -> sympy.Expr:
    """The integral of |slope (q - 1/2) + middle| over q in (0, 1)."""
    slope, middle = abs(slope), abs(middle)
    if number_sign(slope / 2 - middle) == 1:
        return (slope**2 / 4 + middle**2) / slope
    return middle


def _bound_holds(values: Mapping[str, Any]) -> bool:
    """Whether L on the box holds along the solutions: globally, or as the box is invariant and holds both laws."""
    if values["coupling"] != "cubic":
        return True
    inside = max(Fraction(1), abs(values["shift"]), abs(values["shift"] + values["width"])) <= values["radius"]
    return inside and values["radius"] ** 2 >= abs(values["a"]) + abs(values["b"])


def _distances() -> Derivation:
    q = sympy.Symbol("q", real=True)
    slope, middle = sympy.symbols("A B", positive=True)
    line = slope * (q - sympy.Rational(1, 2)) + middle
    root = sympy.Rational(1, 2) - middle / slope
    pieces = sympy.Integral(line, (q, root, 1)) - sympy.Integral(line, (q, 0, root))
    return Derivation(
        "The Wasserstein distance of two uniform laws",
        ((q, "level of the quantile"), (slope, "difference of the widths"), (middle, "difference of the means")),
        (
            Step(
                "W_1 is the integral of the distance of the quantiles. When the difference A (q - 1/2) + B keeps its "
                "sign (A/2 <= B), it is B.",
                reason="Integration.",
                reference="Villani, Topics in Optimal Transportation, 2.18",
                check=Equal(sympy.Integral(line, (q, 0, 1)), middle),
            ),
            Step(
                "When it changes its sign (B < A/2), it is (A^2/4 + B^2)/A.",
                reason="Integration over the two pieces.",
                check=Equal(pieces, (slope**2 / 4 + middle**2) / slope),
            ),
        ),
    )


def _characteristics() -> Derivation:
    """g = a x + b y: x(t) = e^(a t) (x0 - m0) + e^((a + b) t) m0."""
    a, b, t, x0, m0 = sympy.symbols("a b t x0 m0", real=True)
    mean, place = sympy.symbols("m x")
    shift = sympy.Symbol("delta", positive=True)
    return Derivation(
        "Characteristics for g = a x + b y, and the equality in Dobrushin's estimate",
        ((x0, "starting point"), (m0, "mean of the law at the start"), (mean, "mean of the law")),
        (
            Step("The mean.", reason="Definition.", check=Definition(mean, sympy.exp((a + b) * t) * m0)),
            Step(
                "A characteristic.", reason="Definition.", check=Definition(place, sympy.exp(a * t) * (x0 - m0) + mean)
            ),
            Step(
                "They solve m' = (a + b) m and x' = a x + b m, which is (37).",
                reason="Differentiation.",
                reference=_SOURCE,
                check=AllOf(
                    (DerivativeIs(mean, (t,), (a + b) * mean), DerivativeIs(place, (t,), a * place + b * mean))
                ),
            ),
            Step(
                "They start at m0 and x0.",
                reason="Substitution.",
                check=IsRoot((mean - m0, place - x0), ((t, sympy.Integer(0)),)),
            ),
            Step(
                "Two laws that differ by the shift delta stay shifted: by delta exp((a + b) t). For g = x + y the "
                "Lipschitz constant is L = 1, and W_1(t) = exp(2 L t) W_1(0): the estimate (43) is an equality.",
                reason="Both means shift by delta, so the differences x0 - m0 agree.",
                check=Equal(
                    (sympy.exp((a + b) * t) * (m0 + shift) - sympy.exp((a + b) * t) * m0).subs({a: 1, b: 1}),
                    sympy.exp(2 * t) * shift,
                ),
            ),
        ),
    )


def _numeric(values: Mapping[str, Any]) -> NumericView:
    time, count = as_float(values["time"]), values["particles"]
    levels = (np.arange(count) + 0.5) / count
    starts = levels, as_float(values["shift"]) + as_float(values["width"]) * levels
    steps = _steps(values)
    paths = [mean_field_path(_field(values), start, time, steps, _RECORDS) for start in starts]
    times = paths[0][0]
    distances = np.array([wasserstein_distance(x, y) for x, y in zip(paths[0][1], paths[1][1], strict=True)])
    scale = max(1.0, float(np.abs(paths[0][1]).max()), float(np.abs(paths[1][1]).max()))
    estimates = {_FIRST: Estimate(float(distances[0]), 1e-12 + 1.0 / count**2)}
    if np.isfinite(distances[-1]):
        error = scale * (1e-7 + 1.0 / count**2)
        estimates[_LAST] = Estimate(float(distances[-1]), error)
        if distances[0] > 1e-9:
            growth = float(distances[-1] / distances[0])
            estimates[_GROWTH] = Estimate(growth, error * (1 + growth) / float(distances[0]))
    lipschitz = _sampled_constant(values)
    estimates[_LIPSCHITZ] = Estimate(lipschitz, 1e-3 * max(1.0, lipschitz))
    return NumericView(estimates, (_picture(values, times, distances, lipschitz), _laws(times, [p[1] for p in paths])))


def _field(values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """All velocities from the averages of x, or of sin x and cos x."""
    a, b = as_float(values["a"]), as_float(values["b"])
    if values["coupling"] == "linear":
        return lambda x: a * x + b * jnp.mean(x)
    if values["coupling"] == "sine":
        return lambda x: a * (jnp.cos(x) * jnp.mean(jnp.sin(x)) - jnp.sin(x) * jnp.mean(jnp.cos(x)))
    return lambda x: a * x - x**3 + b * jnp.mean(x)


def _steps(values: Mapping[str, Any]) -> int:
    reach = float(max(Fraction(1), abs(values["shift"]) + values["width"]))
    rates = {"linear": abs(values["a"]) + abs(values["b"]), "sine": abs(values["a"])}
    # steps for each unit of rate x time; the cubic contracts where it is stiff
    density, rate = 60 if values["coupling"] == "linear" else 36, float(rates.get(values["coupling"], Fraction(0)))
    if values["coupling"] == "cubic":
        density, rate = 20, float(abs(values["a"]) + abs(values["b"])) + 3 * reach**2
    return 2 + math.ceil(density * rate * float(values["time"]) / _RECORDS)


@double_precision
def _sampled_constant(values: Mapping[str, Any]) -> float:
    """The largest difference quotient of g along the axes on a grid of the box."""
    radius = as_float(values["radius"])
    grid = jnp.linspace(-radius, radius, 401)
    surface = np.asarray(_coupling(values)(grid[:, None], grid[None, :]) + 0 * grid[:, None] * grid[None, :])
    step = 2 * radius / 400
    slopes = [np.abs(np.gradient(surface, step, axis=axis, edge_order=2)).max() for axis in (0, 1)]
    return float(max(slopes))


def _picture(values: Mapping[str, Any], times: np.ndarray, distances: np.ndarray, lipschitz: float) -> Plot:
    seen = distances > 1e-300
    bound = distances[0] * np.exp(2 * lipschitz * times)
    series = [Series("line", times[seen], distances[seen], f"W1 of {values['particles']} particles", emphasis=True)]
    if _bound_holds(values) and distances[0] > 0:
        series.append(Series("dashed", times, bound, "Dobrushin's bound exp(2 L t) W1(0)"))
    return Plot(
        f"Distance of two solutions, {values['coupling']} coupling",
        "time",
        "Wasserstein distance W1",
        tuple(series),
        f"W1 goes from {distances[0]:.3g} to {distances[-1]:.3g}; Dobrushin's bound ends at {bound[-1]:.3g}.",
        {"log_y": True},
    )


def _laws(times: np.ndarray, states: list[np.ndarray]) -> Plot:
    """Quantiles of both laws over time."""
    levels = np.linspace(0, 1, 9)
    series = []
    for tone, (path, name) in enumerate(zip(states, ("first law", "second law"), strict=True)):
        lines = np.quantile(path, levels, axis=1)
        series += [Series("line", times, line, name if k == 0 else "", tone=tone) for k, line in enumerate(lines)]
    return Plot(
        "Quantiles of the two laws",
        "time",
        "position x",
        tuple(series),
        "Nine quantiles of each of the two laws, moving along the characteristics.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    constant = lipschitz_on_box(_coupling(values), values["radius"])
    width, shift, time = values["width"], values["shift"], values["time"]
    first = _distance_ball(rational_ball(1 - width), rational_ball((1 - width) / 2 - shift))
    proved: dict[str, Any] = {_LIPSCHITZ: constant, _FIRST: first.enclosure()}
    if _bound_holds(values):
        ends = Ball.from_bounds(constant.lower, constant.upper)
        proved[_BOUND] = exp(2.0 * ends * rational_ball(time)).enclosure()
    if values["coupling"] == "linear":
        spread = exp(rational_ball(values["a"] * time)) * rational_ball(1 - width)
        gap = exp(rational_ball((values["a"] + values["b"]) * time)) * rational_ball((1 - width) / 2 - shift)
        last = _distance_ball(spread, gap)
        proved[_LAST] = last.enclosure()
        if float(first.lower) > 0:
            proved[_GROWTH] = (last / first).enclosure()
    return CertifiedView(values=proved)


def _distance_ball(slope: Ball, middle: Ball) -> Ball:
    """As `_distance`; where the balls cannot tell the cases apart, the hull of both (each is >= 0)."""
    slope, middle = abs(slope), abs(middle)
    if float((slope * 0.5 - middle).upper) <= 0:
        return middle
    mixed = slope * 0.25 + middle * middle / slope
    if float((slope * 0.5 - middle).lower) >= 0:
        return mixed
    # (A^2/4 + B^2)/A - B = (A/2 - B)^2/A >= 0, so the two cases meet where they change
    low, high = min(float(middle.lower), float(mixed.lower)), max(float(middle.upper), float(mixed.upper))
    return Ball.from_bounds(max(low, 0.0), high)


@double_precision
def lipschitz_on_box(coupling: Callable[[Any, Any], Any], radius: Fraction) -> Enclosure:
    """The smallest L with |g(x, y) - g(x', y')| <= L (|x - x'| + |y - y'|) on [-R, R]^2, enclosed.

    It is the largest modulus of a partial derivative on the box: above by the Jacobian over cells that cover the box,
    below by the Jacobian at exact points of it.
    """
    program = trace(coupling, np.float64(0.0), np.float64(0.0))
    size = rational_ball(radius)
    ends = np.linspace(-1.0, 1.0, _CELLS + 1)
    cells = Ball.from_bounds(ends[:-1], ends[1:]) * size
    points = ends[np.abs(ends) <= 1] * float(size.lower)
    above = jacobian(program, _pairs(cells), wrt=(0, 1), batch=[True, True])
    below = jacobian(program, _pairs(Ball.exact(points)), wrt=(0, 1), batch=[True, True])
    return Enclosure(float(np.max(below.mignitude)), float(np.max(above.magnitude)))


def _pairs(line: Ball) -> list[Ball]:
    """All pairs (x, y) of entries, as two batched arguments."""
    count = len(line)
    first, second = np.repeat(np.arange(count), count), np.tile(np.arange(count), count)
    return [line[first], line[second]]


CASE = case_of(
    "mean-field",
    readers={
        "coupling": one_of("linear", "sine", "cubic"),
        "a": bounded_rational(-3, 3),
        "b": bounded_rational(-3, 3),
        "time": bounded_rational(0, 5, open_below=True),
        "shift": bounded_rational(-2, 2),
        "width": bounded_rational(0, 2),
        "radius": bounded_rational(Fraction(1, 10), 10),
        "particles": whole_number(10, 1000000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_GROWTH, "7.38905609893065", "e^2"),
        Known(_LIPSCHITZ, "1", "g = x + y"),
        Known(_FIRST, "1/10", "the shift"),
    ),
)
