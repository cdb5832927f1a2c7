"""Almost-sure against mean-square stability: one residual, multiplied by random numbers."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import jax
import numpy as np
import scipy.optimize
import sympy

from cases.common.parameters import as_float, as_sympy, positive_rational, rational_vector
from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.second_moment.derivation import (
    critical_power,
    derive_gradients,
    derive_jensen,
    orthogonal_exponent,
    quarter_and_two,
    scalar_exponent,
    scalar_moment,
)
from certify.arithmetic import Ball, exp, log
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import matrix_family
from foundation import InputError
from numeric.lyapunov import lyapunov_exponents, moment_exponent
from symbolic import Derivation, SignIs, Step
from symbolic.prove_sign import number_sign

_EXPONENT, _SECOND, _CRITICAL = "Lyapunov exponent", "Lambda(2)", "critical power"
_POWER = "Lambda(p) at the chosen power"
_ORTHOGONAL = "Lyapunov exponent if the gradients were orthogonal"
_DEFAULT = (Fraction(1, 4), Fraction(-2))


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    multipliers = [as_sympy(a) for a in values["multipliers"]]
    power = as_sympy(values["power"])
    exact: dict[str, Any] = {
        _EXPONENT: scalar_exponent(multipliers),
        _SECOND: scalar_moment(multipliers, 2),
        _POWER: scalar_moment(multipliers, power),
    }
    exact[_ORTHOGONAL] = orthogonal_exponent(multipliers)
    critical = critical_power(multipliers)
    if critical is not None:
        exact[_CRITICAL] = critical
    derivations = [derive_jensen(), derive_gradients()]
    if values["multipliers"] == _DEFAULT:
        return SymbolicView((quarter_and_two().derivation, *derivations), exact)
    return SymbolicView((_signs(multipliers), *derivations), exact)


def _signs(multipliers: Sequence[sympy.Rational]) -> Derivation:
    """The signs of lambda and Lambda(2) as written for these multipliers, as far as exact arithmetic shows them."""
    steps, count = [], len(multipliers)
    modulus = sympy.Mul(*[abs(a) for a in multipliers], evaluate=False)
    square = sympy.Mul(
        sympy.Rational(1, count), sympy.Add(*[a**2 for a in multipliers], evaluate=False), evaluate=False
    )
    exponent = -sympy.oo if 0 in multipliers else sympy.log(modulus, evaluate=False) / count
    second = sympy.log(square, evaluate=False)
    for value, words in ((exponent, "The exponent E log |a|"), (second, "The mean-square growth log E a^2")):
        if value in (sympy.oo, -sympy.oo):
            continue
        side = number_sign(value.doit())
        if side is None:
            continue
        sign = {-1: "<", 0: "==", 1: ">"}[side]
        meaning = {"<": "negative: decay", ">": "positive: growth", "==": "zero: critical"}[sign]
        steps.append(Step(f"{words} is {meaning}.", reason="Exact comparison with zero.", check=SignIs(value, sign)))
    return Derivation("Signs of the exponents", (), tuple(steps))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    multipliers = np.array([as_float(a) for a in values["multipliers"]])
    power = as_float(values["power"])
    found = lyapunov_exponents(multipliers[:, None, None], key=jax.random.key(0), tolerance=1e-2, maximum_steps=200_000)
    sampled = moment_exponent(multipliers[:, None, None], power, key=jax.random.key(1))
    second = math.log(float(np.mean(multipliers**2)))
    estimates = {_SECOND: Estimate(second, 1e-12), _POWER: Estimate(sampled.value, 6 * sampled.error + 1e-3)}
    if np.isfinite(found.exponents[0]):
        estimates[_EXPONENT] = Estimate(float(found.exponents[0]), 5 * float(found.errors[0]) + 1e-9)
    sizes = np.abs(multipliers)
    if sizes.max() > 0:
        estimates[_ORTHOGONAL] = Estimate(math.log(float(sizes.max())) / len(sizes), 1e-12)
    critical = _critical_power(multipliers)
    if critical is not None:
        estimates[_CRITICAL] = Estimate(critical, 1e-9)
    return NumericView(estimates, (_picture(multipliers), _orbits(multipliers)))


def _growth(multipliers: np.ndarray, power: float) -> float:
    return math.log(float(np.mean(np.abs(multipliers) ** power)))


def _critical_power(multipliers: np.ndarray) -> float | None:
    """The positive zero of Lambda when lambda < 0 (it is -inf beside a multiplier 0) and some modulus exceeds one."""
    sizes = np.abs(multipliers[multipliers != 0])
    below = bool(np.any(multipliers == 0)) or float(np.mean(np.log(sizes))) < 0
    if not below or sizes.max() <= 1:
        return None
    low = top = 1.0
    while _growth(multipliers, top) < 0:
        top *= 2
    while _growth(multipliers, low) >= 0 and low > 1e-12:
        low /= 2
    return float(scipy.optimize.brentq(lambda p: _growth(multipliers, p), low, top, xtol=1e-14))


def _picture(multipliers: np.ndarray) -> Plot:
    powers = np.linspace(0.01, 3, 200)
    growth = np.array([_growth(multipliers, p) for p in powers])
    return Plot(
        "Growth of the p-th mean",
        "power p",
        "Lambda(p) (nats per step)",
        (Series("line", powers, growth, "log E |a|^p"),),
        f"The convex curve Lambda(p) from {growth[0]:.3g} at p = {powers[0]:.2g} to {growth[-1]:.3g} at p = 3.",
        {"horizontal": (0.0,), "vertical": (2.0,)},
    )


def _orbits(multipliers: np.ndarray) -> Plot:
    """Paths of log |x_n|, and the mean square, which rare paths dominate."""
    with np.errstate(divide="ignore"):
        logarithms = np.log(np.abs(multipliers))
    draws = np.random.default_rng(0).choice(logarithms, size=(6, 400))
    paths = np.cumsum(draws, axis=1) / math.log(10)
    steps = np.arange(1, 401)
    growth = steps * math.log(float(np.mean(multipliers**2))) / math.log(10) / 2
    series = [
        Series("line", steps[alive], path[alive], "six paths" if k == 0 else "", tone=0)
        for k, path in enumerate(paths)
        if (alive := np.isfinite(path)).any()
    ]
    series.append(Series("dashed", steps, growth, "root mean square", tone=1))
    return Plot(
        "Typical size against the mean square",
        "step n",
        "log10 |x_n|",
        tuple(series),
        f"{_ends(paths[:, -1])} after 400 steps; the root mean square is 10^{growth[-1]:.0f}.",
        {"horizontal": (0.0,)},
    )


def _ends(last: np.ndarray) -> str:
    """Where six paths end; one that met the multiplier 0 is 0 from then on."""
    kept = last[np.isfinite(last)]
    if not len(kept):
        return "Each of six random paths meets the multiplier 0, and is 0"
    if len(kept) < len(last):
        return f"Of six random paths {len(last) - len(kept)} are 0; the others are at most 10^{kept.max():.0f}"
    return f"Six random paths end between 10^{last.min():.0f} and 10^{last.max():.0f}"


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    multipliers = values["multipliers"]
    family = matrix_family([[[a]] for a in multipliers])
    arguments = {"family": family, "tolerance": 1e-12, "budget": 5.0}
    proved: dict[str, Any] = {
        _SECOND: moment_growth(multipliers, Ball.exact(2.0)).enclosure(),
        _POWER: moment_growth(multipliers, rational_ball(values["power"])).enclosure(),
    }
    largest = rational_ball(max(abs(a) for a in multipliers))
    proved[_ORTHOGONAL] = (log(largest) / float(len(multipliers))).enclosure()
    critical = _critical_power(np.array([as_float(a) for a in multipliers]))
    bracket = None if critical is None else proved_critical_power(multipliers, critical)
    if bracket is not None:
        proved[_CRITICAL] = bracket
    return CertifiedView((Task("exponent", "exponent", arguments, {_EXPONENT: "lyapunov_exponent"}),), proved)


def moment_growth(multipliers: Sequence[Fraction], power: Ball) -> Ball:
    """log E |a|^p in balls; zero multipliers contribute nothing for p > 0."""
    sizes = rational_ball(np.array([abs(a) for a in multipliers if a != 0], dtype=object))
    total = exp(power * log(sizes)).sum() / float(len(multipliers))
    return log(total)


def proved_critical_power(multipliers: Sequence[Fraction], guess: float) -> Enclosure | None:
    """Two powers around the guess at which Lambda has proved opposite signs; Lambda is convex, so one zero between."""
    for width in (1e-13, 1e-11, 1e-9, 1e-6):
        low, high = guess * (1 - width), guess * (1 + width)
        below, above = moment_growth(multipliers, Ball.exact(low)), moment_growth(multipliers, Ball.exact(high))
        if below.upper < 0 < above.lower:
            return Enclosure(low, high)
    return None


def _multipliers(value: Any, name: str) -> tuple[Fraction, ...]:
    numbers = rational_vector()(value, name)
    if not any(numbers) or len(numbers) > 64:
        raise InputError(f"{name} must hold at most 64 numbers, not all 0, but is {value!r}")
    return numbers


CASE = case_of(
    "second-moment",
    readers={
        "multipliers": _multipliers,
        "power": positive_rational,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_EXPONENT, "-0.34657359027997265", "-(1/2) log 2"),
        Known(_SECOND, "0.708651", "log(65/32)"),
        Known(_CRITICAL, "0.694242", "log2 of the golden ratio"),
    ),
)
