"""The proved view of flocking."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from cases.common.exact_formulas import Formula, minus, over, values_task
from cases.cucker_smale.system import BITS, DISTANCE, FLOCKS, LEFT_OVER, THRESHOLD, area, oriented
from cases.model import CertifiedView, Task
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb, integral_arb
from certify.verdict import Verdict
from foundation.arb_precision import arb_precision


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    alpha, coupling = values["alpha"], values["coupling"]
    r, w = oriented(values)
    with arb_precision(BITS):
        if alpha <= 1:
            threshold = None
            proved: dict[str, Any] = {THRESHOLD: Enclosure(math.inf, math.inf), FLOCKS: Verdict.PROVED}
        else:
            threshold = exact_arb(coupling) * (whole_area(alpha) - area(r, alpha))
            excess = exact_arb(w) - threshold
            verdict = Verdict.PROVED if excess < 0 else Verdict.REFUTED if excess > 0 else Verdict.UNDECIDED
            proved = {THRESHOLD: arb_enclosure(threshold), FLOCKS: verdict}
            if verdict is Verdict.REFUTED:
                proved[LEFT_OVER] = arb_enclosure(excess)
        if proved[FLOCKS] is Verdict.PROVED:
            proved[LEFT_OVER] = Enclosure(0.0, 0.0)
            final = _final_position(alpha, coupling, r, w)
            if final is not None:
                proved[DISTANCE] = final
    return CertifiedView((_task(alpha, coupling, r, w, proved),), proved)


def _task(alpha: Fraction, coupling: Fraction, r: Fraction, w: Fraction, proved: Mapping[str, Any]) -> Task:
    """The first integral by its definition: with s = t^q, alpha = p/q, the area under 1/(1 + s^alpha) is rational in t.

    The final distance x has F(x) = |w/K + F(r)|, F the area from 0 to x (odd in r).
    """
    p, q = alpha.numerator, alpha.denominator
    integrand = over(["*", q, ["^", "t", q - 1]], ["+", 1, ["^", "t", p]])
    inner = ["integral", integrand, 0, ["^", abs(r), Fraction(1, q)]] if r else 0
    signed = inner if r >= 0 else minus(inner)
    formulas: dict[str, Formula] = {}
    if alpha > 1:
        beyond = ["integral", over(["*", q, ["^", "t", p - q - 1]], ["+", 1, ["^", "t", p]]), 0, 1]
        formulas[THRESHOLD] = ["*", coupling, ["+", ["integral", integrand, 0, 1], beyond, minus(signed)]]
    if proved[FLOCKS] is Verdict.REFUTED:
        formulas[LEFT_OVER] = ["+", w, minus(["value", 1])]
    if DISTANCE in proved:
        formulas[DISTANCE] = ["^", ["reach", integrand, 0, ["abs", ["+", w / coupling, signed]]], q]
    flocks = (w, "<", ["value", 1]) if alpha > 1 else (alpha, "<=", 1)

    def derived(certificate: Certificate) -> dict[str, Enclosure | Verdict]:
        if certificate.verdict is Verdict.PROVED:
            return {FLOCKS: Verdict.PROVED, LEFT_OVER: Enclosure(0.0, 0.0)}
        return {FLOCKS: Verdict.REFUTED}

    return values_task("flocking", formulas, [flocks], derived)


def whole_area(alpha: Fraction) -> flint.arb:
    """The integral from 0 to infinity for alpha > 1: up to 1, and with t = 1/u beyond."""
    p, q = alpha.numerator, alpha.denominator
    beyond = integral_arb(lambda u, _: q * u ** (p - q - 1) / (1 + u**p), 0, 1, precision=BITS)
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
