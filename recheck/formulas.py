"""Values of formulas, and comparisons between them: rationals exactly, everything else in balls.

Integrals by pieces: on |u| <= h the integrand is its Taylor polynomial at the exact middle and a remainder whose
coefficient is enclosed over the whole piece (Lagrange), so that it must be analytic there. Where the integrand is
proved to be positive, the integral grows with its end: between two ends with less and more lies that with a value.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from flint import arb, arb_mat, arb_series, ctx, fmpq, fmpq_poly

from recheck.linear import spectrum, symmetric
from recheck.outcome import BadInput, NotCovered, Undecided, Work
from recheck.program.elements import Element, apply, power, series_to, value_of
from recheck.proof import Proof, Statement, entry
from recheck.spectra import ascending, extreme

_ORDER, _PIECES, _LONGEST_RATIONAL, _LARGEST_POWER, _LARGEST_MATRIX = 32, 2000, 4000, 2**12, 80
_STEPS, _DOUBLINGS, _TERMS = 60, 40, 80
_FUNCTIONS = {"exp", "log", "sqrt", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh", "atanh", "erf"}
# what may stand under an integral
_ANALYTIC = {"+", "*", "^", "exp", "log", "sqrt", "sin", "cos", "sinh", "cosh", "tanh"}
_COUNTS = {"^": 2, "abs": 1, "value": 1, "integral": 3, "reach": 3, "moment": 2}
_COUNTS |= {"eigenvalue": 2, "radius": 1, "abscissa": 1}
_HEADS = _FUNCTIONS | set(_COUNTS) | {"+", "*", "max", "min"}
_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, "=": operator.eq}


class Evaluator:
    """Formulas on top of earlier ones, whose values are `known`; rationals stay `fmpq`."""

    def __init__(self, work: Work) -> None:
        self.known: list[Element] = []
        self.work = work

    def value(self, formula: Any, t: Element = None) -> Element:
        """t: the variable of the integral around; raises `Undecided` where the formula has no value."""
        self.work.spend(200)
        if formula == "t" and t is not None:
            return t
        if formula == "pi":
            return arb.pi()
        if not isinstance(formula, list):
            whole = isinstance(formula, int | Fraction) and not isinstance(formula, bool)
            BadInput.unless(whole, "a formula is none")
            return fmpq(formula.numerator, formula.denominator)
        BadInput.when(len(formula) < 2 or not isinstance(formula[0], str), "a formula has no head or no argument")
        head, arguments = formula[0], formula[1:]
        NotCovered.unless(head in _HEADS, f"the head {head[:20]!r} of a formula is not covered")
        BadInput.when(len(arguments) != _COUNTS.get(head, 1 if head in _FUNCTIONS else len(arguments)), "a wrong count")
        BadInput.when(t is not None and head not in _ANALYTIC, "an integrand has a head that is not analytic")
        special: dict[str, Any] = {name: partial(self._spectral, name) for name in ("eigenvalue", "radius", "abscissa")}
        special |= {"value": self._earlier, "integral": self._integral, "reach": self._reach, "moment": self._moment}
        if head in special:
            return special[head](*arguments)
        return _short(_combined(head, [self.value(part, t) for part in arguments]))

    def _earlier(self, place: Any) -> Element:
        BadInput.unless(_is_place(place, len(self.known)), "a formula stands on one that is not before it")
        return self.known[place - 1]

    def _matrix(self, rows: Any) -> Any:
        square = isinstance(rows, list) and rows and all(isinstance(r, list) and len(r) == len(rows) for r in rows)
        BadInput.unless(square, "a formula has no square matrix")
        NotCovered.when(len(rows) > _LARGEST_MATRIX, "larger matrices of formulas are not covered")
        return arb_mat([[self.value(x) for x in row] for row in rows])

    def _spectral(self, head: str, rows: Any, place: Any = 1) -> Any:
        matrix = self._matrix(rows)
        if head != "eigenvalue":
            return extreme(spectrum(matrix), head == "radius")
        mirrored = all(rows[i][j] == rows[j][i] for i in range(len(rows)) for j in range(i))
        BadInput.unless(mirrored and _is_place(place, len(rows)), "an eigenvalue of no symmetric matrix, or none of it")
        return ascending(spectrum(symmetric(matrix)))[place - 1]

    def _integral(self, integrand: Any, lower: Any, upper: Any) -> arb:
        return self._between(integrand, arb(self.value(lower)), arb(self.value(upper)))

    def _reach(self, integrand: Any, lower: Any, wanted: Any) -> arb:
        """The end at which the integral has reached `wanted`: near that of Newton's method."""
        start, goal = arb(self.value(lower)), arb(self.value(wanted))
        end, step = start.mid(), arb(0)
        for _ in range(_STEPS):
            end = (end + step).mid()
            step = (goal - self._between(integrand, start, end)) / arb(self.value(integrand, end))
            Undecided.unless(step.is_finite(), "the end of an integral is not found")
            if step.contains(0):
                break
        slack = (2 * abs(step) + (1 + abs(end)) * arb(2) ** (16 - ctx.prec)).upper()
        low, high = end - slack, end + slack
        less, more = (self._between(integrand, start, x, is_positive=True) for x in (low, high))
        Undecided.unless(goal >= 0 and less < goal < more, "the end of an integral is not proved")
        return low.union(high)

    def _moment(self, order: Any, given: Any) -> arb:
        """The integral of t^k e^-P(t) over t >= 0.

        Where (P(t) - k log t)' >= d > 0 for all t >= X, the rest beyond X is at most X^k e^-P(X) / d.
        """
        numbers = [self.value(x) for x in (order, *given)] if isinstance(given, list) and len(given) < _TERMS else []
        BadInput.unless(len(numbers) > 2 and all(isinstance(x, fmpq) for x in numbers), "a moment is none, or too long")
        k, polynomial, least = numbers[0], fmpq_poly(numbers[1:]), min(numbers[-1], fmpq(1)) / 2
        BadInput.unless(k.q == 1 and 0 <= k <= _LARGEST_POWER and least > 0, "a moment has no value")
        growth = fmpq_poly([0, 1]) * (polynomial.derivative() - least) - k
        terms = [["*", -1, p, ["^", "t", i]] for i, p in enumerate(given)]
        for end in (fmpq(2) ** j for j in range(_DOUBLINGS)):
            rest = power(arb(end), int(k.p)) * (-arb(polynomial(end))).exp() / arb(least)
            is_late = all(c >= 0 for c in growth(fmpq_poly([end, 1])).coeffs())
            if is_late and rest < arb(2) ** -ctx.prec * (-arb(numbers[1])).exp():
                whole = self._between(["*", ["^", "t", order], ["exp", ["+", *terms]]], arb(0), arb(end))
                return whole + arb(0).union(rest)
        raise Undecided("the end of a moment is not found")

    def _between(self, integrand: Any, start: arb, stop: arb, is_positive: bool = False) -> arb:
        """The integral from start to stop; `is_positive`: the integrand must be proved to be so."""
        length, total, waiting = stop - start, arb(0), [(fmpq(1, 2), fmpq(1, 2))]
        with series_to(_ORDER + 1):
            for _ in range(_PIECES):
                if not waiting:
                    return total * length
                middle, half = waiting.pop()
                found = self._piece(integrand, start + length * arb(middle), length, arb(half), is_positive)
                if found is None:
                    waiting += [(middle + sign * half / 2, half / 2) for sign in (1, -1)]
                else:
                    total += found
        raise Undecided("an integral needs more pieces than are tried")

    def _piece(self, integrand: Any, middle: arb, length: arb, half: arb, is_positive: bool) -> arb | None:
        """The integral of f(middle + length u) over |u| <= half; None where the piece is too long."""
        self.work.spend(10**5)
        try:
            near = self.value(integrand, arb_series([middle, length], prec=_ORDER + 1))
            wide = self.value(integrand, arb_series([middle + length * arb(0, half), length], prec=_ORDER + 1))
        except (Undecided, ZeroDivisionError):
            return None
        if is_positive and not value_of(wide) > 0:
            return None
        if not isinstance(near, arb_series):
            return arb(near) * 2 * half
        # coefficients beyond a shortened series would read as 0
        NotCovered.when(min(near.prec, wide.prec) <= _ORDER, "a function of an integrand shortens power series")
        rest = (wide[_ORDER].abs_upper() * 2 * half ** (_ORDER + 1)).upper()
        if not rest < (half * value_of(near).abs_upper() + arb(2) ** -400) * arb(2) ** -80:
            return None
        return sum((near[k] * 2 * half ** (k + 1) / (k + 1) for k in range(0, _ORDER, 2)), arb(0, rest))


def _is_place(value: Any, count: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= count


def _short(x: Element) -> Element:
    """Rationals of bounded length; longer ones as balls."""
    is_long = isinstance(x, fmpq) and max(int(x.p).bit_length(), int(x.q).bit_length()) > _LONGEST_RATIONAL
    return arb(x) if is_long else x


def _real(x: Element) -> Element:
    return arb(x) if isinstance(x, fmpq) else x


def _combined(head: str, values: list[Element]) -> Element:
    if head in _FUNCTIONS:
        return apply(head, _real(values[0]), closed=isinstance(values[0], arb))
    if head == "^":
        return _power(*values)
    if head == "abs":
        return values[0] if isinstance(values[0], fmpq) and values[0] >= 0 else abs(values[0])
    if not all(isinstance(x, fmpq) for x in values):
        values = [_real(x) for x in values]
    rules: dict[str, Callable[[Element, Element], Element]] = {
        "+": operator.add,
        "*": operator.mul,
        "max": lambda x, y: max(x, y) if isinstance(x, fmpq) else x.max(y),
        "min": lambda x, y: min(x, y) if isinstance(x, fmpq) else x.min(y),
    }
    return reduce(rules[head], values)


def _power(base: Element, exponent: Element) -> Element:
    """Whole exponents of any base, 1/2 and its multiples of one that is >= 0, others of one above 0."""
    if isinstance(exponent, fmpq) and exponent.q == 1 and abs(exponent.p) <= _LARGEST_POWER:
        is_exact = isinstance(base, fmpq) and (base != 0 or exponent.p >= 0)
        return base ** int(exponent.p) if is_exact else power(_real(base), int(exponent.p))
    if isinstance(exponent, fmpq) and exponent.q == 2 and abs(exponent.p) <= _LARGEST_POWER:
        return power(apply("sqrt", _real(base), closed=True), int(exponent.p))
    return apply("exp", apply("log", _real(base)) * _real(exponent))


def prove_values(statement: Statement, work: Work) -> Proof:
    """Every formula's value, and whether every comparison holds."""
    names, formulas, comparisons = (entry(statement.problem, n, list) for n in ("names", "formulas", "comparisons"))
    distinct = len(set(map(str, names))) == len(names) == len(formulas)
    BadInput.unless(distinct and (formulas or comparisons), "there are no formulas, or not a name for each")
    proof, evaluator, answers = Proof(weak={"verdict"}), Evaluator(work), []
    try:
        with ctx.workprec(2 * ctx.prec + 64):
            for place, formula in enumerate(formulas, 1):
                evaluator.known.append(evaluator.value(formula))
                proof.values[f"value_{place}"] = found = _real(evaluator.known[-1])
                answers.append(True if found.is_finite() else None)
            answers += [_compared(place, given, evaluator, proof) for place, given in enumerate(comparisons, 1)]
    except Undecided as reason:
        raise NotCovered(str(reason)) from None
    proof.weak |= set(proof.values)
    proof.verdict = "REFUTED" if False in answers else "" if None in answers else "PROVED"
    return proof


def _compared(place: int, given: Any, evaluator: Evaluator, proof: Proof) -> bool | None:
    three = isinstance(given, list) and len(given) == 3 and given[1] in (*_RELATIONS, "!=")
    BadInput.unless(three, "a comparison is none")
    truth = _holds(evaluator.value(given[0]), given[1], evaluator.value(given[2]))
    if truth is not None:
        name = f"{'holds' if truth else 'fails'}_{place}"
        proof.values[name], proof.said[name] = arb(1), {"relation": given[1]}
    return truth


def _holds(left: Element, relation: str, right: Element) -> bool | None:
    """Exactly between rationals, else by the sign of the difference."""
    if relation == "!=":
        equal = _holds(left, "=", right)
        return None if equal is None else not equal
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return bool(_RELATIONS[relation](left, right))
    left, right = _real(left), _real(right)
    if left < right or left > right:
        return relation != "=" and bool(left < right)
    return None
