"""Elementary functions and ball operations: millions of points against Arb and exact rationals."""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, ctx
from row import Outcome, Row

import certify.arithmetic as arithmetic
from certify.arithmetic import Ball

ArbFunction = Callable[[arb], arb]
_COUNT = 4000
_LARGEST = 1.7976931348623157e308


def _logistic(x: arb) -> arb:
    return x.exp() / (1 + x.exp()) if x < 0 else 1 / (1 + (-x).exp())


def _cbrt(x: arb) -> arb:
    return arb(0) if x == 0 else x.root(3) if x > 0 else -((-x).root(3))


FUNCTIONS: dict[str, ArbFunction] = {
    "exp": arb.exp,
    "expm1": arb.expm1,
    "log": arb.log,
    "log1p": arb.log1p,
    "tanh": arb.tanh,
    "logistic": _logistic,
    "sin": arb.sin,
    "cos": arb.cos,
    "tan": arb.tan,
    "atan": arb.atan,
    "sinh": arb.sinh,
    "cosh": arb.cosh,
    "erf": arb.erf,
    "erfc": arb.erfc,
    "sqrt": arb.sqrt,
    "rsqrt": arb.rsqrt,
    "cbrt": _cbrt,
    "abs": abs,
    "sign": lambda x: arb(0) if x == 0 else arb(1) if x > 0 else arb(-1),
}
_LOWEST = {"log": 0.0, "rsqrt": 0.0, "sqrt": 0.0, "log1p": -1.0}
_SPECIAL = np.array(
    [
        *(
            0.0,
            -0.0,
            5e-324,
            -5e-324,
            2.0**-1022,
            -(2.0**-1022),
            1.0,
            -1.0,
            0.125,
            0.25,
            6.0,
            8.0,
            19.0625,
            40.0,
            -40.0,
        ),
        *(
            -40.0,
            708.0,
            -708.0,
            709.0,
            709.78,
            710.4,
            -745.1,
            -746.0,
            2.0**21,
            2.0**-30,
            2.0**-200,
            _LARGEST,
            -_LARGEST,
        ),
    ]
)


def adversarial_points(rng: np.random.Generator, count: int) -> np.ndarray:
    """Ordinary numbers, all magnitudes, ties of the tables, multiples of pi/2, and neighbours of special points."""
    kind = rng.integers(0, 8, count)
    ordinary = rng.normal(size=count) * 10.0 ** rng.uniform(-3, 2, count)
    magnitudes = np.ldexp(rng.choice([-1.0, 1.0], count) * rng.uniform(1, 2, count), rng.integers(-1074, 1024, count))
    ties = (rng.integers(-2600, 2600, count) + 0.5) / 64
    angles = rng.integers(-(10**6), 10**6, count) * (np.pi / 2)
    near_one = rng.choice([-1.0, 1.0], count) * (1 + rng.normal(size=count) * 10.0 ** rng.uniform(-16, -1, count))
    logarithms = rng.integers(-1_100_000, 1_050_000, count) * (np.log(2) / 2048) + rng.normal(size=count) * 1e-13
    special = rng.choice(_SPECIAL, count)
    moderate = rng.uniform(-30, 30, count)
    points = np.choose(kind, [ordinary, magnitudes, ties, angles, near_one, logarithms, special, moderate])
    steps = rng.integers(-2, 3, count)
    for _ in range(2):
        points = np.where(np.abs(steps) > 0, np.nextafter(points, np.sign(steps) * np.inf), points)
        steps = steps - np.sign(steps)
    return np.clip(points, -_LARGEST, _LARGEST)


def adversarial_balls(rng: np.random.Generator, count: int) -> Ball:
    """A third exact, the others from one ulp to wider than any number; some unbounded."""
    mid = adversarial_points(rng, count)
    relative = np.abs(mid) * 10.0 ** rng.uniform(-17, 1, count)
    absolute = 10.0 ** rng.uniform(-20, 4, count)
    tiny = rng.integers(0, 4, count) * 5e-324
    rad = np.choose(rng.integers(0, 6, count), [0.0, 0.0, relative, relative, absolute, tiny])
    unbounded = rng.random(count) < 0.01
    rad = np.where(unbounded, np.inf, np.minimum(rad, _LARGEST))
    return Ball(np.where(unbounded, 0.0, mid), rad)


def members(rng: np.random.Generator, x: Ball) -> np.ndarray:
    """Floats in the balls: ends, midpoints and points between."""
    share = rng.choice([-1.0, 1.0, 0.0, 0.5, -0.3], x.shape) * rng.choice([1.0, 1.0, 0.999999], x.shape)
    reach = np.where(np.isfinite(x.rad), x.rad, 1e300)
    with np.errstate(over="ignore"):
        points = np.clip(x.mid + share * reach, -_LARGEST, _LARGEST)
    outside = np.array(
        [
            abs(Fraction(p) - Fraction(m)) > Fraction(r)
            for p, m, r in zip(points.ravel().tolist(), x.mid.ravel().tolist(), reach.ravel().tolist(), strict=True)
        ]
    ).reshape(x.shape)
    return np.where(outside, x.mid, points)


def _domain(name: str, x: Ball) -> Ball:
    if name not in _LOWEST:
        return x
    lowest = _LOWEST[name]
    good = x.lower > lowest if name != "sqrt" else x.lower >= 0
    mirrored = Ball(np.abs(x.mid), x.rad)
    good_mirrored = mirrored.lower > max(lowest, 0.0)
    mid = np.where(good, x.mid, np.where(good_mirrored, mirrored.mid, 1.0))
    return Ball(mid, np.where(good | good_mirrored, x.rad, 0.0))


def _function_row(name: str) -> Row:
    def generator(rng: np.random.Generator) -> tuple[Ball]:
        return (_domain(name, adversarial_balls(rng, _COUNT)),)

    def oracle(rng: np.random.Generator, arguments: tuple[Ball], result: Ball) -> Outcome:
        outcome = Outcome()
        points = members(rng, arguments[0]).tolist()
        mids, rads = result.mid.tolist(), result.rad.tolist()
        function = FUNCTIONS[name]
        with ctx.workprec(2200 if name in ("sin", "cos", "tan") else 256):
            for point, mid, rad in zip(points, mids, rads, strict=True):
                outcome.demand(
                    math.isfinite(mid) and (math.isinf(rad) or _inside(function(arb(point)), mid, rad)),
                    lambda p=point, m=mid, r=rad: f"{name}({p!r}) is not within {r!r} of {m!r}",  # type: ignore[misc]
                )
        _record_widths(outcome, arguments[0], result)
        return outcome

    return Row(name, getattr(arithmetic, name), generator, oracle)


def _inside(exact: arb, mid: float, rad: float) -> bool:
    low, high = arb(mid) - arb(rad), arb(mid) + arb(rad)
    return bool(exact.is_finite()) and not (exact < low or exact > high)


def _record_widths(outcome: Outcome, x: Ball, result: Ball) -> None:
    """Radii at points, in units of the last place of ordinary results."""
    ordinary = (x.rad == 0) & (np.abs(result.mid) > 1e-290) & np.isfinite(result.rad)
    outcome.widths.extend(
        (result.rad[ordinary] / np.spacing(np.minimum(np.abs(result.mid[ordinary]), 1e300))).tolist()[:50]
    )


def _binary_row(name: str, ours: Callable[[Any, Any], Any], exact: Callable[[Any, Any], Any]) -> Row:
    def generator(rng: np.random.Generator) -> tuple[Ball, Ball]:
        return adversarial_balls(rng, _COUNT), adversarial_balls(rng, _COUNT)

    def oracle(rng: np.random.Generator, arguments: tuple[Ball, Ball], result: Ball) -> Outcome:
        outcome = Outcome()
        x, y = (members(rng, a).tolist() for a in arguments)
        for p, q, mid, rad in zip(x, y, result.mid.tolist(), result.rad.tolist(), strict=True):
            if name == "quotient" and q == 0:
                outcome.demand(math.isinf(rad), lambda p=p: f"{p!r} / 0 has a bounded result")  # type: ignore[misc]
                continue
            outcome.demand(
                math.isinf(rad) or abs(exact(Fraction(p), Fraction(q)) - Fraction(mid)) <= Fraction(rad),
                lambda p=p, q=q, m=mid, r=rad: f"{name}({p!r}, {q!r}) is not within {r!r} of {m!r}",  # type: ignore[misc]
            )
        return outcome

    return Row(name, ours, generator, oracle)


def _power_row(exponent: int) -> Row:
    def generator(rng: np.random.Generator) -> tuple[Ball, int]:
        return adversarial_balls(rng, _COUNT), exponent

    def oracle(rng: np.random.Generator, arguments: tuple[Ball, int], result: Ball) -> Outcome:
        outcome = Outcome()
        points = members(rng, arguments[0]).tolist()
        for point, mid, rad in zip(points, result.mid.tolist(), result.rad.tolist(), strict=True):
            if point == 0 and exponent < 0:
                outcome.demand(math.isinf(rad), lambda: "a negative power of 0 has a bounded result")
                continue
            outcome.demand(
                math.isinf(rad) or abs(Fraction(point) ** exponent - Fraction(mid)) <= Fraction(rad),
                lambda p=point, m=mid, r=rad: f"{p!r}^{exponent} is not within {r!r} of {m!r}",  # type: ignore[misc]
            )
        _record_widths(outcome, arguments[0], result)
        return outcome

    return Row(f"integer_pow {exponent}", arithmetic.integer_pow, generator, oracle)


def _real_power_row() -> Row:
    def generator(rng: np.random.Generator) -> tuple[Ball, Ball]:
        count = 300
        base = np.exp(rng.normal(size=count) * 10.0 ** rng.uniform(-8, 2, count))
        exponent = rng.normal(size=count) * 10.0 ** rng.uniform(-3, 1, count)
        radius = np.where(rng.random(count) < 0.5, 0.0, base * 10.0 ** rng.uniform(-16, -0.5, count))
        return Ball(base, radius), Ball(exponent, np.where(rng.random(count) < 0.7, 0.0, 1e-3))

    def oracle(rng: np.random.Generator, arguments: tuple[Ball, Ball], result: Ball) -> Outcome:
        outcome = Outcome()
        x, y = (members(rng, a).tolist() for a in arguments)
        with ctx.workprec(256):
            for p, q, mid, rad in zip(x, y, result.mid.tolist(), result.rad.tolist(), strict=True):
                outcome.demand(
                    math.isinf(rad) or _inside(arb(p) ** arb(q), mid, rad),
                    lambda p=p, q=q, m=mid, r=rad: f"{p!r}^{q!r} is not within {r!r} of {m!r}",  # type: ignore[misc]
                )
        return outcome

    return Row("pow", arithmetic.pow, generator, oracle)


def _product_row() -> Row:
    def generator(rng: np.random.Generator) -> tuple[Ball, Ball]:
        rows, inner, columns = int(rng.integers(1, 5)), int(rng.integers(0, 40)), int(rng.integers(1, 5))
        scale = 10.0 ** rng.uniform(-160, 150, 2) if rng.random() < 0.3 else np.ones(2)
        shapes = ((rows, inner), (inner, columns))
        mids = [rng.normal(size=n) * 10.0 ** rng.uniform(-8, 2, n) * s for n, s in zip(shapes, scale, strict=True)]
        rads = [np.abs(m) * 10.0 ** rng.uniform(-17, 0, m.shape) * (rng.random(m.shape) < 0.6) for m in mids]
        return tuple(Ball(m, r) for m, r in zip(mids, rads, strict=True))  # type: ignore[return-value]

    def oracle(rng: np.random.Generator, arguments: tuple[Ball, Ball], result: Ball) -> Outcome:
        outcome = Outcome()
        a, b = ([[Fraction(v) for v in row] for row in members(rng, m).tolist()] for m in arguments)
        for (i, j), mid in np.ndenumerate(result.mid):
            exact = sum((a[i][k] * b[k][j] for k in range(len(b))), Fraction(0))
            rad = float(result.rad[i, j])
            outcome.demand(
                math.isinf(rad) or abs(exact - Fraction(float(mid))) <= Fraction(rad),
                lambda i=i, j=j: f"entry ({i}, {j}) of a product misses the exact one",  # type: ignore[misc]
            )
        return outcome

    return Row("matmul", arithmetic.matmul, generator, oracle)


ROWS: list[Row] = [
    *(_function_row(name) for name in FUNCTIONS),
    _binary_row("sum", operator.add, operator.add),
    _binary_row("difference", operator.sub, operator.sub),
    _binary_row("product", operator.mul, operator.mul),
    _binary_row("quotient", operator.truediv, operator.truediv),
    _binary_row("minimum", arithmetic.minimum, min),
    _binary_row("maximum", arithmetic.maximum, max),
    *(_power_row(exponent) for exponent in (2, 3, 7, -1, -2, -5)),
    _real_power_row(),
    _product_row(),
]
