"""p' = A p with A = diag(-1, -eps): a convex quadratic loss whose gradient vanishes long before the minimum."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.exact_formulas import all_hold, minus, over, values_task
from cases.common.parameters import as_float, as_sympy, rational_vector, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, case_of
from certify.verdict import Verdict
from numeric import orbit
from symbolic import Definition, Derivation, DerivativeIs, Equal, EquivalentTo, GradientIs, IsRoot, SignIs, Step
from symbolic.checks import at, total

_SOURCE = (
    "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, section 4.5, "
    "(53)"
)
_FAST, _SLOW = "p1 at the time T", "p2 at the time T"
_FAST_STEPS, _SLOW_STEPS = "p1 after n steps of gradient descent", "p2 after n steps of gradient descent"
_HALF, _RATIO, _RATE, _BEST = (
    "half-life of the slow component",
    "ratio of the time scales",
    "critical learning rate",
    "smallest contraction factor over all learning rates",
)
_VERDICT = "verdict on gradient descent"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    epsilon, rate, time = (as_sympy(values[name]) for name in ("epsilon", "learning_rate", "time"))
    start = [as_sympy(x) for x in values["start"]]
    slow, fast = sorted((epsilon, sympy.Integer(1)))
    exact: dict[str, Any] = {
        _FAST: start[0] * sympy.exp(-time),
        _SLOW: start[1] * sympy.exp(-epsilon * time),
        _FAST_STEPS: _power(start[0], 1 - rate, values["steps"]),
        _SLOW_STEPS: _power(start[1], 1 - rate * epsilon, values["steps"]),
        _HALF: sympy.log(2) / slow,
        _RATIO: fast / slow,
        _RATE: 2 / fast,
        _BEST: (fast - slow) / (fast + slow),
        _VERDICT: _verdict(values["epsilon"], values["learning_rate"]),
    }
    return SymbolicView((_flow(), _best_rate(), _comparison(epsilon, rate)), exact)


def _power(start: sympy.Rational, factor: sympy.Rational, steps: int) -> sympy.Expr:
    """start factor^steps, left as a power where the digits would fill pages."""
    if start == 0 or abs(factor) in (0, 1) or steps < 8:
        return start * factor**steps
    power = sympy.Pow(factor, steps, evaluate=False)
    return power if start == 1 else sympy.Mul(start, power, evaluate=False)


def _verdict(epsilon: Fraction, rate: Fraction) -> Verdict:
    """Convergence from every start: |1 - eta h| < 1 for both curvatures. At a factor -1 a component flips its sign for
    ever, so the minimum is not asymptotically stable."""
    return Verdict.STABLE if rate * max(epsilon, Fraction(1)) < 2 else Verdict.UNSTABLE


def _flow() -> Derivation:
    """Gradient, solution and change of time for every eps > 0."""
    epsilon = sympy.Symbol("epsilon", positive=True)
    p, q, t, s, a, b = sympy.symbols("p1 p2 t s a b", real=True)
    loss, first, second = sympy.symbols("L u v")
    solution = (a * sympy.exp(-t), b * sympy.exp(-epsilon * t))
    return Derivation(
        "The gradient flow and its two time scales",
        (
            (p, "parameter of curvature 1, the fast one for epsilon < 1"),
            (q, "parameter of curvature epsilon, the slow one for epsilon < 1"),
            (t, "time"),
            (s, "the time epsilon t, slow for epsilon < 1"),
        ),
        (
            Step("The loss.", reason="Definition.", check=Definition(loss, p**2 / 2 + epsilon * q**2 / 2)),
            Step(
                "Its gradient; near p1 = 0 its length is near epsilon |p2|, though the minimum is at |p2|.",
                reason="Differentiation.",
                check=GradientIs(loss, (p, q), sympy.ImmutableMatrix([p, epsilon * q])),
            ),
            Step(
                "The first component, fast for epsilon < 1.", reason="Definition.", check=Definition(first, solution[0])
            ),
            Step(
                "The second component, slow for epsilon < 1.",
                reason="Definition.",
                check=Definition(second, solution[1]),
            ),
            Step("It solves p1' = -p1.", reason="Differentiation.", check=DerivativeIs(first, (t,), -first)),
            Step(
                "It solves p2' = -epsilon p2.",
                reason="Differentiation.",
                check=DerivativeIs(second, (t,), -epsilon * second),
            ),
            Step(
                "They start at (a, b).",
                reason="Substitution.",
                check=IsRoot((first - a, second - b), ((t, sympy.Integer(0)),)),
            ),
            Step(
                "In the time s = epsilon t the rate of p2 is 1 and that of p1 is 1/epsilon: as epsilon tends to 0, "
                "what was a vanishing gradient becomes an exploding one.",
                reason="Chain rule.",
                reference=_SOURCE,
                check=DerivativeIs(solution[0].subs(t, s / epsilon), (s,), -solution[0].subs(t, s / epsilon) / epsilon),
            ),
        ),
    )


def _best_rate() -> Derivation:
    """eta = 2/(h + H) makes the two contraction factors equal in size; every other eta has a larger one."""
    low, high = sympy.symbols("h H", positive=True)
    best = 2 / (low + high)
    factor = (high - low) / (low + high)
    other = sympy.Symbol("delta", positive=True)
    return Derivation(
        "The best learning rate cannot hide the ratio of the time scales",
        ((low, "smaller curvature"), (high, "larger curvature"), (other, "deviation from the best learning rate")),
        (
            Step(
                "At eta = 2/(h + H) the slow factor is (H - h)/(H + h).",
                reason="Substitution.",
                check=Equal(1 - best * low, factor),
            ),
            Step("The fast factor is its negative.", reason="Substitution.", check=Equal(1 - best * high, -factor)),
            Step(
                "A smaller learning rate has a slower slow factor.",
                reason="Linear.",
                check=SignIs(total(1 - (best - other) * low, -(1 - best * low)), ">"),
            ),
            Step(
                "A larger one overshoots more in the fast direction.",
                reason="Linear.",
                check=SignIs(total((best + other) * high - 1, -(best * high - 1)), ">"),
            ),
        ),
    )


def _comparison(epsilon: sympy.Rational, rate: sympy.Rational) -> Derivation:
    eta, high = sympy.symbols("eta H", positive=True)
    largest = max(epsilon, sympy.Integer(1))
    excess = rate * largest - 2
    relation = "<" if excess < 0 else ">" if excess > 0 else "=="
    meaning = {
        "<": "both factors contract",
        ">": "a factor expands",
        "==": "the factor of the larger curvature is -1: its component flips its sign for ever, bounded, and never "
        "converges unless it is 0",
    }
    return Derivation(
        "Gradient descent with a fixed learning rate",
        ((eta, "learning rate"), (high, "larger curvature")),
        (
            Step(
                "Both factors are below one in size, so that every orbit converges, exactly for learning rates below "
                "2 over the larger curvature.",
                reason="Both factors are affine in eta.",
                check=EquivalentTo(
                    sympy.And((1 - eta) ** 2 < 1, (1 - epsilon * eta) ** 2 < 1), sympy.Lt(eta, 2 / largest)
                ),
            ),
            Step(
                f"At eta = {rate}: {meaning[relation]}.",
                reason="Comparison.",
                check=SignIs(at(eta * high - 2, (eta, rate), (high, largest)), relation),
            ),
        ),
    )


def _numeric(values: Mapping[str, Any]) -> NumericView:
    epsilon, rate, time = (as_float(values[name]) for name in ("epsilon", "learning_rate", "time"))
    start, steps = np.array([as_float(x) for x in values["start"]]), values["steps"]
    curvature = np.array([1.0, epsilon])
    path = orbit(lambda p: p - rate * curvature * p, start, steps)
    slow, fast = float(curvature.min()), float(curvature.max())
    estimates = {
        _FAST: _estimate(start[0] * np.exp(-time), time),
        _SLOW: _estimate(start[1] * np.exp(-epsilon * time), epsilon * time),
        _HALF: _estimate(np.log(2) / slow),
        _RATIO: _estimate(fast / slow),
        _RATE: _estimate(2 / fast),
        _BEST: _estimate((fast - slow) / (fast + slow)),
    }
    if path.diverged_at is None:
        for name, value in zip((_FAST_STEPS, _SLOW_STEPS), path.points[-1], strict=True):
            estimates[name] = _estimate(float(value), float(steps))
    return NumericView(estimates, (_picture(values, path.points, curvature, rate),))


def _estimate(value: float, roundings: float = 1.0) -> Estimate:
    return Estimate(float(value), 1e-15 * (10 + 2 * roundings) * max(1.0, abs(float(value))))


def _picture(values: Mapping[str, Any], points: np.ndarray, curvature: np.ndarray, rate: float) -> Plot:
    steps = np.arange(len(points))
    with np.errstate(over="ignore"):
        sizes = (points**2 * curvature / 2).sum(axis=1), np.sqrt(((points * curvature) ** 2).sum(axis=1))
    series = []
    for size, label in zip(sizes, ("loss", "length of the gradient"), strict=True):
        seen = np.isfinite(size) & (size > 1e-300) & (size < 1e300)
        series.append(Series("line", steps[seen], size[seen], label))
    seen = np.isfinite(points).all(axis=1)
    flow = (np.exp(-2 * rate * curvature[None, :] * steps[seen, None]) * points[0] ** 2 * curvature / 2).sum(axis=1)
    keep = flow > 1e-300
    series.append(Series("dashed", steps[seen][keep], flow[keep], "loss along the gradient flow, t = eta n"))
    return Plot(
        f"Gradient descent on a loss with two time scales, eps = {values['epsilon']}",
        "step n",
        "loss, length of the gradient",
        tuple(series),
        f"The loss is {sizes[0][0]:.3g} at the start and {sizes[0][-1]:.3g} after {len(points) - 1} steps; each step "
        f"multiplies the components by {1 - rate:.6g} and {1 - rate * curvature[1]:.6g}.",
        {"log_y": True},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    epsilon, rate, time = (values[name] for name in ("epsilon", "learning_rate", "time"))
    first, second = values["start"]
    slow, fast = ["min", 1, epsilon], ["max", 1, epsilon]
    factors = [["+", 1, minus(rate)], ["+", 1, minus(["*", rate, epsilon])]]
    formulas = {
        _FAST: ["*", first, ["exp", -time]],
        _SLOW: ["*", second, ["exp", -epsilon * time]],
        _FAST_STEPS: ["*", first, ["^", factors[0], values["steps"]]],
        _SLOW_STEPS: ["*", second, ["^", factors[1], values["steps"]]],
        _HALF: over(["log", 2], slow),
        _RATIO: over(fast, slow),
        _RATE: over(2, fast),
        _BEST: over(["+", fast, minus(slow)], ["+", fast, slow]),
    }
    contract = [(["abs", factor], "<", 1) for factor in factors]
    verdict = all_hold(_VERDICT, Verdict.STABLE, Verdict.UNSTABLE)
    return CertifiedView((values_task("two time scales", formulas, contract, verdict),))


_SMALLEST, _LARGEST = Fraction(1, 10**9), 10**9

CASE = case_of(
    "multiscale",
    readers={
        "epsilon": bounded_rational(_SMALLEST, _LARGEST),
        "learning_rate": bounded_rational(_SMALLEST, _LARGEST),
        "start": rational_vector(2),
        "time": bounded_rational(_SMALLEST, 10**6),
        "steps": whole_number(1, 2000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_RATIO, "100", "1/eps"),
        Known(_BEST, "99/101", "(1 - eps)/(1 + eps)"),
        Known(_HALF, "69.314718", "100 log 2"),
        Known(_VERDICT, "STABLE", "eta = 1/2 is below 2"),
    ),
)
