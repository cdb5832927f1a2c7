"""The error bounds of the elementary functions, proved over their whole reduced ranges.

Each proof adds up: the roundings of the evaluation (the code itself run in a running error analysis over cells that
cover the range), the distance of its polynomial from the function (Arb, over the whole range), the error of the
tabulated values and the error of the argument reduction; and finds the sum below the bound that the function claims.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_poly, arb_series, ctx

from certify.arithmetic.elementary import (
    arctangent,
    error_function,
    exponential,
    hyperbolic,
    hyperbolic_sine,
    logarithm,
    trigonometric,
)


def _load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


analysis = _load("running_error")
Rounded, cells, graded_cells = analysis.Rounded, analysis.cells, analysis.graded_cells
polynomial_gap = analysis.polynomial_gap
U = analysis.U
# Of a tabulated value that is used as a pair: |T - (high + low)| <= 2^-104 |T|, and |low| <= u |T|.
TABLE = 2.0**-104
# A claimed factor is applied to the computed value, in a rounded product.
SLACK = 8 * U


def _column(values: Any) -> Any:
    return Rounded.exact(np.asarray(values)[:, None])


def _head_error(pair: Any) -> Any:
    """The table's head as a stand-in for the whole value: off by the tail."""
    high, low = pair
    return Rounded.exact(high[:, None], error=np.abs(low)[:, None] * (1 + 2.0**-30))


def _expm1(x: arb_series) -> arb_series:
    return x.exp() - 1


def _tanh(x: arb_series) -> arb_series:
    double = (2 * x).exp()
    return (double - 1) / (double + 1)


def _claimed(error: Any, least: Any, claim: float) -> None:
    ratio = float(np.max(error / least))
    assert ratio * (1 + SLACK) <= claim, f"proved {ratio / U:.4f} u, claimed {claim / U:.4f} u"
    # A claim far above what is proved would hide a coarser algorithm than the one described.
    assert ratio >= claim / 2


def test_the_analysis_bounds_real_roundings() -> None:
    from fractions import Fraction

    rng = np.random.default_rng(3)
    x, y = rng.normal(size=500), rng.normal(size=500)

    def formula(a: Any, b: Any) -> Any:
        return (a * b + a) * (b - 0.3) / (a * a + 1.5)

    bound = formula(Rounded.exact(x), Rounded.exact(y)).error
    computed = formula(x, y)
    for i in range(500):
        a, b = Fraction(x[i]), Fraction(y[i])
        exact = (a * b + a) * (b - Fraction(0.3)) / (a * a + Fraction(3, 2))
        assert abs(Fraction(float(computed[i])) - exact) <= Fraction(float(bound[i]))
    assert np.median(bound / np.abs(computed)) < 20 * U


def test_the_formulas_are_the_addition_theorems() -> None:
    """With exact table values and high precision the code gives the function, up to its polynomial's distance."""
    rng = np.random.default_rng(11)
    with ctx.workprec(300):
        for _ in range(50):
            r, c = arb(float(rng.uniform(-1 / 256, 1 / 256))), arb(float(rng.uniform(0.2, 5)))
            tail = arb(float(rng.normal())) * arb(2) ** -50
            small = r * (exponential.REDUCED * 128)
            power = (c / 64).exp()
            pairs = [
                (power - tail + exponential.exp_tail(small, power - tail, tail), (c / 64 + small).exp()),
                (hyperbolic.tanh_sum(r, c.tanh() - tail, tail, c.tanh()), (c + r).tanh()),
                (hyperbolic.logistic_sum(r, _logistic(c) - tail, tail, _logistic(c)), _logistic(c + r)),
                (logarithm.log_sum(r, c.log() - tail, tail), (c * (1 + r)).log()),
                (trigonometric.sine_sum(r, arb(0), c.sin() - tail, tail, c.cos()), (c + r).sin()),
                (arctangent.atan_series(r), r.atan()),
                (error_function.rise(r, c, 2 / arb.pi().sqrt() * (-c * c).exp()), (c + r).erf() - c.erf()),
                (exponential.expm1_series(r), r.expm1()),
                (hyperbolic_sine.sinh_series(r), r.sinh()),
            ]
            for i, (computed, exact) in enumerate(pairs):
                assert abs(computed - exact) < 2.0**-58, i


def _logistic(x: arb) -> arb:
    return 1 / (1 + (-x).exp())


def _exp_reduction_error() -> float:
    """|computed r - exact r| for |x| <= 746: the steps of `exp_parts`, with n <= 746 * 1478."""
    high, low = exponential.exp_step()
    count = 746 * 1478
    assert count < 2**21
    assert high * 2**42 == int(high * 2**42)
    assert high * 2**42 < 2**32  # multiples by 21-bit numbers are exact
    with ctx.workprec(200):
        step = arb.const_log2() / 1024
        missing = float(abs(step - arb(high) - arb(low)).upper())
        # the quotient x * 1477.3... is rounded, its factor too, and so is the sum with 1.5 * 2^52
        off = float(abs(arb(exponential._PER_UNIT) * step - 1).upper()) * count + count * 4 * U
        assert (0.5 + off) * float(step) * (1 + 1e-9) <= exponential.REDUCED
    # x - n high: one rounding of a number below REDUCED + n low; the other steps likewise
    largest = exponential.REDUCED + count * low
    return U * largest + U * count * low + U * largest + count * missing


def test_exp() -> None:
    r = Rounded.exact(*(lambda c: (c.low, c.high))(cells(exponential.REDUCED, 8)), error=_exp_reduction_error())
    high, low = exponential.exp_table()
    tail = exponential.exp_tail(r, _column(high), _column(low))
    value = _column(high) + tail
    gap = polynomial_gap(_expm1, lambda x: exponential.exp_tail(x, 1.0, 0.0), exponential.REDUCED)
    small = np.abs(low)[:, None] * exponential.REDUCED * 1.001
    error = value.error + high[:, None] * (gap + TABLE) + small
    _claimed(error, value.low, exponential.EXP_ERROR)
    tail_error = tail.error + high[:, None] * (gap + TABLE) + small
    assert np.max(tail_error / value.low) * (1 + SLACK) <= exponential.TAIL_ERROR


def test_expm1() -> None:
    radius = exponential._EXPM1_SMALL
    gap = polynomial_gap(_expm1, exponential.expm1_series, radius, power=1)
    for x in (graded_cells(radius, radius / 64), -graded_cells(radius, radius / 64)):
        least = np.minimum(np.abs(x.low), np.abs(x.high))
        shrink = np.abs(np.expm1(x.low)) / np.abs(x.low) * (1 - 1e-12)  # increasing in x
        value = exponential.expm1_series(x)
        _below((value.error / least + gap) / shrink, exponential.EXPM1_ERROR)
    # Next to zero: x + x^2 q with |q| <= 0.51, one rounding of the sum and the rounded correction.
    near = radius / 64
    assert U * (1 + near) + near * 0.51 * 16 * U + gap <= exponential.EXPM1_ERROR * (1 - near)
    # From 1/8 on: head - 1 exactly, the tail to 2^-61 e^x, one more rounding of a small sum, the final one.
    for edge in (radius, -radius):
        amplified = np.exp(edge) / abs(np.expm1(edge)) * 1.0001
        inner = (exponential.TAIL_ERROR + U * 2.0**-10 + U * U) * amplified + 2.0**-70
        assert U + inner * 1.01 <= exponential.EXPM1_ERROR


def test_tanh() -> None:
    centres, high, low = hyperbolic.tanh_table()
    half, radius = hyperbolic.STEP / 2, (hyperbolic.TANH_ALONE - 0.5) * hyperbolic.STEP
    gap = polynomial_gap(_tanh, hyperbolic.tanh_series, radius, power=1)
    # around the centres from 6/64 on: the sum T + (1 - T^2) t / (1 + T t)
    table = slice(hyperbolic.TANH_ALONE, None)
    pair = (high[table], low[table])
    value = hyperbolic.tanh_sum(cells(half, 16), _column(pair[0]), _column(pair[1]), _head_error(pair))
    _claimed(value.error + gap * half * 1.2 + TABLE, value.low, hyperbolic.TANH_ERROR)
    # alone: r + r^3 q, relative to r
    r = graded_cells(radius, radius / 64)
    series = hyperbolic.tanh_sum(r, Rounded.exact(0.0), Rounded.exact(0.0), Rounded.exact(0.0))
    error = series.error / r.low + gap
    assert np.max(error / (np.tanh(r.high) / r.high)) * (1 + SLACK) <= hyperbolic.TANH_ERROR
    near = radius / 64
    assert U + near * near * 16 * U + gap <= hyperbolic.TANH_ERROR * (1 - near * near)
    # beyond the table: tanh lies between its value at the end and 1
    end = hyperbolic.TANH_END * hyperbolic.STEP
    with ctx.workprec(200):
        assert float((1 - arb(end).tanh()).upper()) < 2.0**-54
    assert centres[-1] == end
    assert 2.0**-54 + U * 1.05 <= hyperbolic.TANH_ERROR


def test_logistic() -> None:
    high, low = hyperbolic.logistic_table()
    half = hyperbolic.STEP / 2
    gap = polynomial_gap(_expm1, hyperbolic.expm1_short, half)
    value = hyperbolic.logistic_sum(cells(half, 8), _column(high), _column(low), _head_error((high, low)))
    error = value.error + high[:, None] * (gap * 1.02 + TABLE)
    _claimed(error, value.low, hyperbolic.LOGISTIC_ERROR)
    # outside [-40, 40]: e^x (1 - q) with q < e^-40 on the left, 1 - q on the right
    assert float(arb(-hyperbolic.LOGISTIC_END).exp().upper()) < 2.0**-57
    assert U * 1.05 + 2.0**-57 <= hyperbolic.LOGISTIC_ERROR


def test_log() -> None:
    low_edge, high_edge = logarithm.mantissa_cells()
    centres, base, rest = logarithm.log_table()
    two_high, two_low = logarithm.log_two()
    assert np.all(base * 2**42 == np.rint(base * 2**42))
    assert two_high * 2**42 == int(two_high * 2**42)
    assert (two_high * 1100 + 1) * 2**42 < 2**53  # k log 2 + log F is exact
    gap = polynomial_gap(lambda x: (1 + x).log(), lambda x: x + logarithm.log1p_rest(x), 1 / 32, power=1)
    edges = np.linspace(low_edge, high_edge, 9)
    start, end = edges[:-1].T, edges[1:].T
    middle = centres[:, None]
    # mantissa - F is exact, also with the rest of log1p up to one rounding; then one division
    difference = Rounded.exact(start - middle, end - middle, error=U * np.maximum(end - middle, middle - start))
    for power in range(-1080, 1025):
        if abs(power) > 40 and power % 97:
            continue
        head = power * two_high + base
        tail = power * two_low + rest
        near = (head == 0)[:, None] & np.ones((1, 8), bool)
        value = logarithm.log_sum(
            difference / middle,
            Rounded.exact(head[:, None]),
            Rounded.exact(tail[:, None], error=4 * U * np.abs(tail)[:, None] + 2.0**-93),
        )
        least = np.minimum(np.abs(value.low), np.abs(value.high))
        away = ~near & (value.low * value.high > 0)
        assert np.all(near | away)
        reach = np.maximum(np.abs(start - middle), np.abs(end - middle)) / middle
        _below(((value.error + gap * reach) / np.where(away, least, 1.0))[away], logarithm.LOG_ERROR)
    # around 1: r = x - 1 (log1p: x) exactly, log(1 + r) = r + r^2 q; relative to r
    assert np.all(np.abs(low_edge[centres == 1] - 1) <= 1 / 32)
    assert np.all(np.abs(high_edge[centres == 1] - 1) <= 1 / 32)
    assert low_edge[centres == 1].min() < 1 - 1 / 64
    assert high_edge[centres == 1].max() > 1 + 1 / 64
    for sign in (-1.0, 1.0):
        r = graded_cells(1 / 32, 1 / 2048)
        r = r if sign > 0 else -r
        least = np.minimum(np.abs(r.low), np.abs(r.high))
        value = logarithm.log_sum(r, Rounded.exact(0.0), Rounded.exact(0.0))
        _below((value.error / least + gap) / (1 - 1 / 60), logarithm.LOG_ERROR)
    assert U + 16 * U / 2048 + gap <= logarithm.LOG_ERROR * (1 - 1 / 2048)


def _below(ratio: Any, claim: float) -> None:
    assert np.max(ratio, initial=0.0) * (1 + SLACK) <= claim, f"proved {np.max(ratio) / U:.4f} u"


def _sine_reduction_error() -> float:
    """|computed r + tail - exact| for |x| <= 2^21: only the third product and its sum are rounded."""
    first, second, third = trigonometric.half_pi()
    count = int(trigonometric.LARGEST_ARGUMENT * 0.64)
    assert count < 2**21
    assert first * 2**29 == int(first * 2**29)
    assert second * 2**59 == int(second * 2**59)
    assert first < 2
    assert (
        second < 2.0**-29
    )  # both products have at most 21 + 30 bits; x - n first is exact: multiples of 2^-53 below 1
    with ctx.workprec(300):
        missing = float(abs(arb.pi() / 2 - arb(first) - arb(second) - arb(third)).upper())
        off = float(abs(arb(trigonometric._TWO_OVER_PI) * arb.pi() / 2 - 1).upper())
    assert count * (off + 4 * U) < 2.0**-25  # |r| <= pi/4 (1 + 2^-24)
    return U * count * third + U * (count * third + U) + count * missing + U * U


def test_sine_and_cosine() -> None:
    reduction = _sine_reduction_error()
    # the sum of the tail is renormalised: |tail| <= u |r| up to the error of the reduction
    assert reduction <= 2.0**-90
    centres, high, low, slope = trigonometric.sine_table()
    used = np.array([abs((n + 64) % 128 - 64) <= 51 for _ in range(4) for n in range(128)])
    half, radius = trigonometric.STEP / 2 * (1 + 2.0**-30), (trigonometric.ALONE + 0.5) * trigonometric.STEP
    odd = polynomial_gap(lambda x: x.sin(), lambda x: x + x * trigonometric.sine_series(x)[0], radius, power=1)
    even = polynomial_gap(lambda x: x.cos() - 1, lambda x: trigonometric.sine_series(x)[1], half)
    apart = used & (high != 0)
    pair = (high[apart], low[apart])
    s = cells(half, 16)
    tail = Rounded.exact(-U, U, error=2.0**-90)
    slopes = Rounded.exact(slope[apart][:, None], error=U * np.abs(slope[apart])[:, None])
    value = trigonometric.sine_sum(s, tail, _column(pair[0]), _column(pair[1]), slopes)
    # first order in the tail only: s * tail + tail^2 are left out, and the table's low part does not turn
    omitted = half * U * 2 + np.abs(pair[1])[:, None] * half
    least = np.minimum(np.abs(value.low), np.abs(value.high))
    assert np.all(value.low * value.high > 0)
    error = value.error + odd * half + even + TABLE + omitted * half * 2 + np.abs(pair[1])[:, None] * half * half
    _claimed(error + half * U * np.abs(pair[0])[:, None], least, trigonometric.SINE_ERROR)
    # around a zero: +-(s + s^3 q + tail), relative to s; the reduction is checked down to 2^-30
    alone = used & (high == 0)
    assert np.all(np.abs(slope[alone]) == 1)
    assert np.all(low[alone] == 0)
    assert np.all(centres[alone] == 0)
    s = graded_cells(radius, radius / 64)
    tail = Rounded.exact(-U * radius, U * radius)
    value = trigonometric.sine_sum(s, tail, Rounded.exact(0.0), Rounded.exact(0.0), Rounded.exact(1.0))
    shrink = np.sin(s.high) / s.high * (1 - 1e-12)
    lost = U * s.high**2 + reduction / trigonometric.NEAREST
    _below((value.error / s.low + odd + lost) / shrink, trigonometric.SINE_ERROR)
    near = radius / 64
    assert U * (1 + near) + 16 * near * near * U + odd + reduction / trigonometric.NEAREST <= trigonometric.SINE_ERROR


def test_tangent() -> None:
    """Sine and cosine as heads and tails, then their quotient, corrected once: all steps of 1/64 in a quarter."""
    half, radius = trigonometric.STEP / 2 * (1 + 2.0**-30), (trigonometric.ALONE + 0.5) * trigonometric.STEP
    steps = np.arange(trigonometric.ALONE + 1, 52)
    sine, cosine = _heads_and_tails(0, steps, cells(half, 16)), _heads_and_tails(1, steps, cells(half, 16))
    _below(_quotient_error(sine, cosine), trigonometric.TAN_ERROR)
    _below(_quotient_error(cosine, sine), trigonometric.TAN_ERROR)
    # around a zero of the sine: head s, tail s^3 q; the cosine from its centres 0 to 8/64 in turn
    for step in range(trigonometric.ALONE + 1):
        lowest = max((step - 0.5) * trigonometric.STEP, 2.0**-20)
        s = graded_cells((step + 0.5) * trigonometric.STEP, lowest, 100)
        tail = s * trigonometric.sine_series(s)[0] + Rounded.exact(-U * radius, U * radius, error=U * U)
        sine = (s, tail)
        cosine = _heads_and_tails(1, np.array([step]), cells(half, 16))
        cosine = (cosine[0], Rounded.exact(cosine[1].low.min(), cosine[1].high.max(), error=cosine[1].error.max()))
        _below(_quotient_error(sine, cosine), trigonometric.TAN_ERROR)
        _below(_quotient_error(cosine, sine), trigonometric.TAN_ERROR)


def _heads_and_tails(quarter: int, steps: np.ndarray, s: Any) -> tuple[Any, Any]:
    """The pair of `sine_pair` around tabulated centres, with all that the proof of the sine adds to its tail."""
    index = 128 * quarter + steps
    _, high, low, slope = (column[index][:, None] for column in trigonometric.sine_table())
    odd, even = trigonometric.sine_series(s)
    slopes = Rounded.exact(slope, error=U * np.abs(slope))
    tail = Rounded.exact(low) + (Rounded.exact(high) * even + slopes * (s + (s * odd + Rounded.exact(-U, U))))
    omitted = 2.0**-58 * np.abs(high)
    return Rounded.exact(high), Rounded(tail.low, tail.high, tail.error + omitted)


def _quotient_error(over: tuple[Any, Any], under: tuple[Any, Any]) -> Any:
    """Relative error of `quotient`: first + (remainder + tail - first * under_tail) / (under + under_tail).

    The identity is exact for whatever `first` is; the remainder h - first * d is computed exactly up to one rounding.
    """
    head, divisor = over[0], under[0]
    ratio = head / divisor
    first = Rounded.exact(ratio.low, ratio.high)
    remainder = Rounded.exact(-2 * U * head.size, 2 * U * head.size, error=4 * U * U * head.size)
    correction = (remainder + (over[1] - first * under[1])) / (divisor + under[1])
    least = np.minimum(np.abs(ratio.low), np.abs(ratio.high)) - correction.size
    # final rounding relative to the result itself, correction relative to the least result in the cell
    return U + correction.error / least


def test_arctangent() -> None:
    centres, high, low = arctangent.atan_table()
    radius = (arctangent.ALONE + 0.5) * arctangent.STEP
    gap = polynomial_gap(lambda x: x.atan(), arctangent.atan_series, radius, power=1)
    table = slice(arctangent.ALONE + 1, arctangent.END + 1)
    c = centres[table][:, None]
    offsets = np.linspace(-arctangent.STEP / 2, arctangent.STEP / 2, 9)
    difference = Rounded.exact(np.broadcast_to(offsets[:-1], (c.size, 8)), np.broadcast_to(offsets[1:], (c.size, 8)))
    x = Rounded.exact(c + offsets[:-1], c + offsets[1:])
    r = difference / (1.0 + x * c)
    value = _column(high[table]) + (_column(low[table]) + arctangent.atan_series(r))
    _claimed(value.error + gap * r.size + TABLE, value.low, arctangent.ATAN_ERROR)
    # beyond 8: pi/2 - atan(1 / x)
    r = Rounded.exact(-1 / 8, -(2.0**-20), error=U / 8)
    far = Rounded.exact(high[-1]) + (Rounded.exact(low[-1]) + arctangent.atan_series(r))
    _below((far.error + gap / 8) / far.low, arctangent.ATAN_ERROR)
    r = graded_cells(radius, radius / 64)
    series = arctangent.atan_series(r)
    _below((series.error / r.low + gap) / (np.arctan(r.high) / r.high * (1 - 1e-12)), arctangent.ATAN_ERROR)
    near = radius / 64
    assert U + 16 * near * near * U + gap <= arctangent.ATAN_ERROR * (1 - near * near)
    with ctx.workprec(100):
        assert arb(arctangent.HALF_PI_ABOVE) > arb.pi() / 2


def test_error_functions() -> None:
    high, low, complement_high, complement_low, slope = error_function.error_table()
    half = error_function.STEP / 2
    gaps = np.array([_rise_gap(n * error_function.STEP, half) for n in range(error_function.END + 1)])
    centre = _column(np.arange(error_function.END + 1) * error_function.STEP)
    slopes = Rounded.exact(slope[:, None], error=U * slope[:, None])
    r = cells(half, 16)
    growth = error_function.rise(r, centre, slopes)
    missing = (gaps * slope * half)[:, None] + TABLE
    value = _column(high) + (_column(low) + growth)
    table = slice(int(error_function.SMALL / error_function.STEP), None)
    _claimed((value.error + missing)[table], value.low[table], error_function.ERF_ERROR)
    right = _column(complement_high) + (_column(complement_low) - growth)
    missing = (gaps * slope * half + TABLE * complement_high)[:, None]
    _claimed(right.error + missing, right.low, error_function.ERFC_ERROR)
    # left of zero: 1 + erf exactly in two parts, then two small sums
    left = Rounded.exact(1.0, 2.0) + (Rounded.exact(-U, U) + (_column(low) + growth))
    _below((left.error + missing) / 1.0 / (1 + high[:, None] - half * 1.13) * 1.0, 2 * error_function.ERFC_ERROR)
    total = 1 + high[:, None] - half * 1.13
    _below((left.error - U * left.size + missing) / total + U, error_function.ERFC_ERROR)
    assert float(arb(6).erfc().upper()) < 2.0**-55


def _rise_gap(centre: float, radius: float) -> float:
    """Distance of the code's polynomial from (erf(c + r) - erf(c)) / slope, relative to r."""
    with ctx.workprec(400):
        value = arb(centre).erf()
        slope = 2 / arb.pi().sqrt() * (-(arb(centre) ** 2)).exp()
    return float(
        polynomial_gap(
            lambda x: (x.erf() - value) / slope,
            lambda x: error_function.rise(x, arb(centre), arb(1)),
            radius,
            power=1,
            terms=18,
            centre=centre,
        )
    )


def test_error_function_near_zero() -> None:
    radius = error_function.SMALL

    def function(x: arb_series) -> arb_series:
        return x.erf() * (arb.pi().sqrt() / 2)

    gap = polynomial_gap(function, lambda x: x + x * error_function.erf_correction(x * x), radius, power=1)
    x = cells(radius, 64, lowest=0.0)
    correction = error_function.erf_correction(x * x)
    # head + (rest + (x * slope_rest + head * correction)), relative to the head: rest and slope_rest are below u
    inner = Rounded.exact(-2 * U, 2 * U, error=4 * U * U) + correction
    _below((U + inner.error + gap) / (1 - radius**2 / 3 - 3 * U), error_function.ERF_ERROR)


def test_hyperbolic_sine_and_cosine() -> None:
    radius = hyperbolic_sine._SMALL
    gap = polynomial_gap(lambda x: (x.exp() - (-x).exp()) / 2, hyperbolic_sine.sinh_series, radius, power=1)
    x = graded_cells(radius, radius / 128)
    value = hyperbolic_sine.sinh_series(x)
    _below(value.error / x.low + gap, hyperbolic_sine.SINH_ERROR)
    near = radius / 128
    assert U * (1 + near) + 16 * near * near * U + gap <= hyperbolic_sine.SINH_ERROR
    # heads add exactly in two parts; the tails are good to 2^-61 each, with two small roundings of at most 2^-10
    for total, claim in ((np.sinh(radius), hyperbolic_sine.SINH_ERROR), (1.0, hyperbolic_sine.COSH_ERROR)):
        both = np.exp(radius) + np.exp(-radius) if claim == hyperbolic_sine.SINH_ERROR else 2 * np.cosh(0.0)
        inner = both * (exponential.TAIL_ERROR + 2 * U * 2.0**-10) + 2 * U * U * both
        assert U + inner / (2 * total) * 1.01 <= claim


def test_a_broken_polynomial_and_a_missing_rounding_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(r: Any) -> Any:
        s = r * r
        return r - r * (s * (1 / 3 - s * (2 / 15)))

    monkeypatch.setattr(hyperbolic, "tanh_series", broken)
    with pytest.raises(AssertionError, match="proved"):
        test_tanh()
    assert isinstance(arb_poly([0, 1]) * 0.5, arb_poly)
