"""Flocking: two agents align unless they separate too fast; the threshold is a certified integral."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import diffrax
import flint
import jax.numpy as jnp
import numpy as np
import scipy.integrate
import sympy

from cases.case import Case, CertifiedView, Estimate, Known, NumericView, SymbolicView
from cases.parameters import Parameter, as_float, as_sympy, exact_rational, whole_number
from cases.plot import Plot, Series
from cases.readers import bounded_rational
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb, integral_arb
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric import double_precision
from symbolic import AllOf, Check, Definition, Derivation, DerivativeIs, Equal, SignIs, Step
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (35)"
_THRESHOLD, _DISTANCE = "flocking threshold of the relative velocity", "final distance"
_LEFT_OVER, _FLOCKS = "final relative velocity", "the agents flock"
_BITS = 128


def _oriented(values: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
    """(r, w) with w >= 0: the mirror image has the same distances."""
    r, w = values["position"], values["velocity"]
    return (r, w) if w >= 0 else (-r, -w)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    coupling, alpha = as_sympy(values["coupling"]), as_sympy(values["alpha"])
    r, w = (as_sympy(x) for x in _oriented(values))
    derivations = [_first_integral(), _quadratic()]
    threshold = _exact_threshold(alpha, coupling, r)
    if threshold is None:
        return SymbolicView(tuple(derivations))
    exact: dict[str, Any] = {_THRESHOLD: threshold}
    side = -1 if threshold is sympy.oo else number_sign(w - threshold)
    if side == -1:
        exact |= {_FLOCKS: Verdict.PROVED, _LEFT_OVER: sympy.Integer(0)}
        if alpha == 2:
            exact[_DISTANCE] = sympy.Abs(sympy.tan(w / coupling + sympy.atan(r)))
    elif side == 1:
        exact |= {_FLOCKS: Verdict.REFUTED, _LEFT_OVER: w - threshold}
    if threshold is not sympy.oo and side in (-1, 1):
        derivations.append(_decision(w, threshold, side))
    return SymbolicView(tuple(derivations), exact)


def _exact_threshold(alpha: sympy.Rational, coupling: sympy.Rational, r: sympy.Rational) -> sympy.Expr | None:
    """K times the integral of 1/(1 + |s|^alpha) from r on, where it has a closed form."""
    if alpha <= 1:
        return sympy.oo
    if r == 0:
        return coupling * (sympy.pi / alpha) / sympy.sin(sympy.pi / alpha)
    return coupling * (sympy.pi / 2 - sympy.atan(r)) if alpha == 2 else None


def _first_integral() -> Derivation:
    """Two agents: r' = w, w' = -K w/(1 + |r|^alpha), and w + K F(r) is constant."""
    v, u, w, r, s = sympy.symbols("v1 v2 w r s", positive=True)
    coupling, alpha = sympy.symbols("K alpha", positive=True)
    weight = 1 / (1 + r**alpha)
    pulls = coupling / 2 * (u - v) * weight, coupling / 2 * (v - u) * weight
    area = sympy.Integral(1 / (1 + s**alpha), (s, 0, r))
    name = sympy.Symbol("I")
    return Derivation(
        "The first integral of two agents",
        ((v, "velocity of the first agent"), (u, "velocity of the second"), (r, "distance"), (w, "relative velocity")),
        (
            Step(
                "With a_12 = a_21 = K/2 the relative velocity w = v2 - v1 has the derivative -K w/(1 + r^alpha), and "
                "the mean velocity is constant.",
                reason="Difference and sum of the two equations.",
                reference=_SOURCE,
                check=AllOf(
                    (
                        Equal(pulls[1] - pulls[0], -coupling * (u - v) * weight),
                        Equal(pulls[0] + pulls[1], sympy.Integer(0)),
                    )
                ),
            ),
            Step(
                "Let I be the relative velocity plus K times an area.",
                reason="Definition.",
                check=Definition(name, w + coupling * area),
            ),
            Step(
                "Its derivative by r.", reason="Fundamental theorem.", check=DerivativeIs(name, (r,), coupling * weight)
            ),
            Step(
                "Along solutions (r' = w) it is constant.",
                reason="Chain rule.",
                check=Equal(
                    sympy.Derivative(name, w) * (-coupling * w * weight) + coupling * weight * w, sympy.Integer(0)
                ),
            ),
            Step(
                "So w stays positive for ever, and r grows without bound, exactly when w(0) is at least K times the "
                "area from r(0) to infinity. For alpha > 1 it is finite: 1/(1 + s^alpha) is below s^-alpha, which has "
                "the bounded antiderivative -s^(1 - alpha)/(alpha - 1).",
                reason="Comparison; for alpha <= 1 the integrand is at least 1/(2s) from 1 on, and the area infinite.",
                reference="Cucker and Smale, Emergent behavior in flocks, IEEE Trans. Autom. Control 52 (2007)",
                check=AllOf(
                    (
                        Equal(s**-alpha - 1 / (1 + s**alpha), 1 / (s**alpha * (1 + s**alpha))),
                        DerivativeIs(-(s ** (1 - alpha)) / (alpha - 1), (s,), s**-alpha),
                    )
                ),
            ),
        ),
    )


def _quadratic() -> Derivation:
    """alpha = 2: the area is atan r, the threshold K (pi/2 - atan r0), the final distance tan(w0/K + atan r0)."""
    r, w, coupling = sympy.symbols("r w K", positive=True)
    return Derivation(
        "The case alpha = 2",
        ((r, "distance"), (w, "relative velocity at distance 0"), (coupling, "coupling")),
        (
            Step(
                "The area is the arcus tangent.",
                reason="Differentiation; both vanish at 0.",
                check=DerivativeIs(sympy.atan(r), (r,), 1 / (1 + r**2)),
            ),
            Step(
                "The whole area is pi/2.",
                reason="Limit.",
                check=Equal(sympy.Limit(sympy.atan(r), r, sympy.oo), sympy.pi / 2),
            ),
            Step(
                "From r = 0 the agents stop separating where K atan r = w, at r = tan(w/K).",
                reason="Substitution.",
                check=Equal(sympy.tan(sympy.atan(r), evaluate=False), r),
            ),
        ),
    )


def _decision(w: sympy.Rational, threshold: sympy.Expr, side: int) -> Derivation:
    check: Check = SignIs(w - threshold, "<" if side < 0 else ">")
    text = "below the threshold: the agents flock" if side < 0 else "above the threshold: the agents separate for ever"
    reference = "" if threshold.has(sympy.atan) else "NIST Digital Library of Mathematical Functions, 5.12.3 and 5.5.3"
    step = Step(f"The relative velocity {w} is {text}.", reason="Exact comparison.", reference=reference, check=check)
    return Derivation("The decision", (), (step,))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    alpha, coupling = as_float(values["alpha"]), as_float(values["coupling"])
    r, w = (as_float(x) for x in _oriented(values))
    estimates: dict[str, Estimate] = {}
    threshold = math.inf
    if alpha > 1:
        threshold = coupling * (_tail_area(alpha) - _area(r, alpha))
        estimates[_THRESHOLD] = Estimate(threshold, 1e-8 * coupling)
    times, path = two_agents(alpha, coupling, r, w)
    rest = coupling / (1 + abs(path[-1, 0]) ** alpha) * times[-1]
    if w < 0.999 * threshold and path[-1, 1] < 1e-9 * max(w, 1e-3) and rest > 0:
        estimates[_DISTANCE] = Estimate(abs(float(path[-1, 0])), 1e-5 * max(1.0, abs(float(path[-1, 0]))))
        estimates[_LEFT_OVER] = Estimate(float(path[-1, 1]), 1e-6)
    flock = _flock(values["agents"], alpha, coupling)
    remarks = (flock[1],)
    return NumericView(estimates, (_phase_plane(alpha, coupling, threshold, path), flock[0]), remarks)


def _area(r: float, alpha: float) -> float:
    """The integral of 1/(1 + |s|^alpha) from 0 to r."""
    found = scipy.integrate.quad(lambda s: 1 / (1 + s**alpha), 0, abs(r), epsabs=1e-12, limit=400)[0]
    return math.copysign(found, r)


def _tail_area(alpha: float) -> float:
    return math.pi / alpha / math.sin(math.pi / alpha)


@double_precision
def two_agents(alpha: float, coupling: float, r: float, w: float) -> tuple[np.ndarray, np.ndarray]:
    """(times, (r, w) at them) by Tsitouras' 5(4) method in diffrax, for a time in units of 1/K."""
    end = 2000.0 / coupling

    def field(t: Any, y: Any, args: Any) -> Any:
        return jnp.stack([y[1], -coupling * y[1] / (1 + jnp.abs(y[0]) ** alpha)])

    times = np.concatenate([[0.0], np.geomspace(1e-2 / coupling, end, 200)])
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        diffrax.Tsit5(),
        t0=0.0,
        t1=end,
        dt0=None,
        y0=jnp.array([r, w]),
        saveat=diffrax.SaveAt(ts=jnp.asarray(times)),
        stepsize_controller=diffrax.PIDController(rtol=1e-9, atol=1e-12),
        max_steps=200_000,
    )
    return times, np.asarray(solution.ys)


@double_precision
def _flock(count: int, alpha: float, coupling: float) -> tuple[Plot, str]:
    """`count` agents on the line with velocities between -1 and 1."""
    draws = np.random.default_rng(0)
    start = jnp.asarray(np.concatenate([draws.normal(size=count), draws.uniform(-1, 1, size=count)]))

    def field(t: Any, y: Any, args: Any) -> Any:
        x, v = y[:count], y[count:]
        weights = 1 / (1 + jnp.abs(x[:, None] - x[None, :]) ** alpha)
        return jnp.concatenate([v, coupling / count * (weights @ v - weights.sum(axis=1) * v)])

    times = np.linspace(0, 30 / coupling, 121)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        diffrax.Tsit5(),
        t0=0.0,
        t1=float(times[-1]),
        dt0=None,
        y0=start,
        saveat=diffrax.SaveAt(ts=jnp.asarray(times)),
        stepsize_controller=diffrax.PIDController(rtol=1e-6, atol=1e-9),
        max_steps=100_000,
    )
    velocities = np.asarray(solution.ys)[:, count:]
    spread = np.ptp(velocities, axis=1)
    drift = float(np.abs(velocities.mean(axis=1) - velocities[0].mean()).max())
    chosen = np.linspace(0, count - 1, min(count, 40)).astype(int)
    series = tuple(
        Series("line", times, velocities[:, k], "velocities" if n == 0 else "", tone=0) for n, k in enumerate(chosen)
    )
    plot = Plot(
        f"{count} agents, alpha = {alpha:g}, K = {coupling:g}",
        "time",
        "velocity",
        series,
        f"The spread of the velocities of {count} agents goes from {spread[0]:.3g} to {spread[-1]:.3g}.",
    )
    return plot, f"The mean velocity of {count} agents is conserved up to {drift:.1g}."


def _phase_plane(alpha: float, coupling: float, threshold: float, path: np.ndarray) -> Plot:
    """Level sets of the first integral, and the chosen orbit."""
    reach = max(4.0, min(2 * float(np.abs(path[:, 0]).max()), 20.0))
    grid = np.linspace(0, reach, 161)
    area = coupling * np.concatenate(
        [[0.0], np.cumsum((grid[1] - grid[0]) / (1 + ((grid[1:] + grid[:-1]) / 2) ** alpha))]
    )
    top = coupling * _tail_area(alpha) if alpha > 1 else float(area[-1])
    series = []
    for k, share in enumerate((0.25, 0.5, 0.75, 1.0, 1.25)):
        level = share * top - area
        kept = level >= 0
        label = {
            0: "orbits that flock",
            3: "threshold" if alpha > 1 else "",
            4: "orbits that separate" if alpha > 1 else "",
        }.get(k, "")
        series.append(Series("dashed" if k == 3 else "line", grid[kept], level[kept], label, tone=0 if k < 3 else k))
    seen = np.abs(path[:, 0]) <= reach
    series.append(Series("path", path[seen, 0], path[seen, 1], "chosen start", emphasis=True))
    words = f"the threshold is {threshold:.4g}" if math.isfinite(threshold) else "every orbit flocks"
    return Plot(
        f"Two agents: distance and relative velocity, alpha = {alpha:g}",
        "distance r",
        "relative velocity w",
        tuple(series),
        f"Curves w + K F(r) = constant fall to w = 0 when they start below the threshold; {words}.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    alpha, coupling = values["alpha"], values["coupling"]
    r, w = _oriented(values)
    with arb_precision(_BITS):
        if alpha <= 1:
            threshold = None
            proved: dict[str, Any] = {_THRESHOLD: Enclosure(math.inf, math.inf), _FLOCKS: Verdict.PROVED}
        else:
            threshold = exact_arb(coupling) * (whole_area(alpha) - area(r, alpha))
            excess = exact_arb(w) - threshold
            verdict = Verdict.PROVED if excess < 0 else Verdict.REFUTED if excess > 0 else Verdict.UNDECIDED
            proved = {_THRESHOLD: arb_enclosure(threshold), _FLOCKS: verdict}
            if verdict is Verdict.REFUTED:
                proved[_LEFT_OVER] = arb_enclosure(excess)
        if proved[_FLOCKS] is Verdict.PROVED:
            proved[_LEFT_OVER] = Enclosure(0.0, 0.0)
            final = _final_position(alpha, coupling, r, w)
            if final is not None:
                proved[_DISTANCE] = final
    return CertifiedView(values=proved)


def area(r: Fraction, alpha: Fraction) -> flint.arb:
    """The integral of 1/(1 + |s|^alpha) from 0 to r; with alpha = p/q and s = t^q the integrand is rational in t."""
    p, q = alpha.numerator, alpha.denominator
    if r == 0:
        return flint.arb(0)
    end = exact_arb(abs(r)).root(q)
    found = integral_arb(lambda t, _: q * t ** (q - 1) / (1 + t**p), 0, end, precision=_BITS)
    return found if r > 0 else -found


def whole_area(alpha: Fraction) -> flint.arb:
    """The integral from 0 to infinity for alpha > 1: up to 1, and with t = 1/u beyond."""
    p, q = alpha.numerator, alpha.denominator
    beyond = integral_arb(lambda u, _: q * u ** (p - q - 1) / (1 + u**p), 0, 1, precision=_BITS)
    return area(Fraction(1), alpha) + beyond


def _final_position(alpha: Fraction, coupling: Fraction, r: Fraction, w: Fraction) -> Enclosure | None:
    """|r| where K (F(r) - F(r0)) = w, by bisection with proved signs; None beyond 2^100."""
    if w == 0:
        return arb_enclosure(exact_arb(abs(r)))
    goal = area(r, alpha) + exact_arb(w / coupling)
    low, high = r, r + 1
    while not area(high, alpha) > goal:
        low, high = (high if area(high, alpha) < goal else low), high + (high - r)
        if high - r > 2**100:
            return None
    for _ in range(90):
        middle = Fraction(float((low + high) / 2))
        if not low < middle < high:
            break
        value = area(middle, alpha)
        if value < goal:
            low = middle
        elif value > goal:
            high = middle
        else:
            break
    ends = exact_arb(low).union(exact_arb(high))
    return arb_enclosure(abs(ends))


def _exponent(value: Any, name: str) -> Fraction:
    number = bounded_rational(0, 20, open_below=True)(value, name)
    if number.denominator > 20:
        raise InputError(f"{name} must be a fraction with a denominator of at most 20, but is {value!r}; write '3/2'")
    return number


def _bounded(value: Any, name: str) -> Fraction:
    number = exact_rational(value, name)
    if abs(number) > 1000:
        raise InputError(f"{name} must lie between -1000 and 1000, but is {value!r}")
    return number


CASE = Case(
    name="cucker-smale",
    title="Flocking of two agents and its threshold",
    group="C",
    source=_SOURCE,
    summary=(
        "Each agent adjusts its velocity to the others', the less the farther they are. For two agents the relative "
        "velocity plus K times the area under 1/(1 + s^alpha) is conserved. For alpha <= 1 the agents always align; "
        "for alpha > 1 they do exactly when their relative velocity is below a threshold, and then their distance "
        "converges."
    ),
    parameters=(
        Parameter("alpha", "2", "alpha, decay of the influence with the distance", _exponent),
        Parameter("coupling", "1", "K", bounded_rational(Fraction(1, 1000), 1000)),
        Parameter("position", "0", "first position of agent 2 relative to agent 1", _bounded),
        Parameter("velocity", "1", "first velocity of agent 2 relative to agent 1", _bounded),
        Parameter("agents", 100, "agents of the second picture", whole_number(2, 1000)),
    ),
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_THRESHOLD, "1.5707963267948966", "pi/2"),
        Known(_DISTANCE, "1.5574077246549023", "tan 1"),
        Known(_FLOCKS, "PROVED", "1 < pi/2"),
    ),
)
