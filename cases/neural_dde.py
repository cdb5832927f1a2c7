"""Neural delay equations h' = -K h(t - tau): the method of steps, and where the derivative of the output vanishes."""

import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy

from cases.common.delay_derivation import KAPPA, derivative_polynomial, derive_steps, derive_threshold, exact_first_zero
from cases.common.enclosures import rational_enclosure
from cases.common.exact_formulas import Formula, all_hold, values_task
from cases.common.matrix_parameters import Matrix, float_matrix, rational_matrix, sympy_matrix
from cases.common.numbers_of import numbers_of
from cases.common.parameters import as_float, as_sympy, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.delay import first_zero, solution_matrix
from certify.integral import arb_enclosure
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric.delay import Phase, delay_path, estimated_first_zero

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (8)"
_ZERO, _DETERMINANT = "K tau at the first zero of dh(T)/dx", "determinant of dh(T)/dx"
_INJECTIVE, _ABOVE = "x -> h(T) is injective", "the first zero lies above 1/e"
_LARGEST = 10**6


def _output(i: int) -> str:
    return f"h(T), neuron {i + 1}"


def _given(values: Mapping[str, Any]) -> tuple[Matrix, tuple[Fraction, ...], Fraction]:
    """(K tau, x, T / tau), exact; `InputError` when the sizes differ or the numbers leave the range of float64."""
    feedback, start, time = values["feedback"], values["start"], values["horizon"]
    start = start * len(feedback) if len(start) == 1 else start
    if len(start) != len(feedback):
        raise InputError(
            f"feedback is {len(feedback)} x {len(feedback)}, so start must hold 1 or {len(feedback)} numbers"
        )
    scaled = Matrix(tuple(tuple(entry * values["delay"] for entry in row) for row in feedback))
    if max(sum(abs(entry) for entry in row) for row in scaled) * time > 50 * (1 + len(scaled)):
        raise InputError("feedback x delay x horizon is so large that the solution leaves the range of float64")
    if max(abs(entry) for entry in start) > _LARGEST:
        raise InputError(f"start must hold numbers of at most {_LARGEST} in size, but is {values['start']!r}")
    return scaled, start, time


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    scaled, start, time = _given(values)
    exact: dict[str, Any] = {}
    first = exact_first_zero(time)
    if first is not None:
        exact[_ZERO] = first
    derivative = _matrix_polynomial(derivative_polynomial(time), sympy_matrix(scaled))
    outputs = derivative * sympy.Matrix([as_sympy(entry) for entry in start])
    exact |= {_output(i): outputs[i] for i in range(len(start))}
    exact[_DETERMINANT] = derivative.det()
    exact[_INJECTIVE] = Verdict.PROVED if exact[_DETERMINANT] != 0 else Verdict.REFUTED
    return SymbolicView((derive_steps(time), derive_threshold()), exact)


def _matrix_polynomial(polynomial: sympy.Expr, matrix: sympy.ImmutableMatrix) -> sympy.Matrix:
    total = sympy.zeros(matrix.rows)
    for coefficient in sympy.Poly(polynomial, KAPPA).all_coeffs():
        total = total * matrix + coefficient * sympy.eye(matrix.rows)
    return total


def _numeric(values: Mapping[str, Any]) -> NumericView:
    scaled, start, time = _given(values)
    matrix, vector, end = float_matrix(scaled), np.array([as_float(x) for x in start]), as_float(time)
    columns = np.column_stack([np.eye(len(vector)), vector])
    paths = [
        delay_path([Phase(end, lambda t, h, past: -matrix @ past)], columns, 1.0, count * values["steps"])
        for count in (1, 2)
    ]
    coarse, fine = (path.states[-1] for path in paths)
    size = float(np.abs(paths[1].states).max())
    error = float(np.abs(fine - coarse).max()) + 1e-13 * size
    estimates = {_output(i): Estimate(float(fine[i, -1]), error) for i in range(len(vector))}
    determinant = float(np.linalg.det(fine[:, :-1]))
    spread = len(vector) * error * float(np.abs(np.linalg.svd(fine[:, :-1])[1]).max() + error) ** (len(vector) - 1)
    estimates[_DETERMINANT] = Estimate(determinant, spread + 1e-13 * abs(determinant))
    zero, reach = estimated_first_zero(end, values["steps"])
    estimates[_ZERO] = Estimate(zero, reach)
    plots = (_paths(zero, end, values), _derivative(zero, end, values), _zeros(zero, end))
    return NumericView(estimates, plots)


def _solution(kappa: Any, end: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Times and h/h(0) for h' = -kappa h(t - 1), for all kappa at once."""
    kappa = np.asarray(kappa, float)
    return delay_path([Phase(end, lambda t, h, past: -kappa * past)], np.ones_like(kappa), 1.0, steps)


def _paths(zero: float, end: float, values: Mapping[str, Any]) -> Plot:
    chosen = [1 / np.e, zero, 1.5 * zero]
    labels = ["1/e: never zero", f"{zero:.4f}: zero at T", f"{1.5 * zero:.4f}: negative before T"]
    times, states = _solution(chosen, max(end, 1.0) * 1.25, values["steps"])
    series = [Series("line", times, states[:, k], f"K tau = {label}") for k, label in enumerate(labels)]
    series.append(Series("dashed", np.array([times[0], times[-1]]), np.zeros(2), "zero"))
    series.append(Series("points", np.array([end]), np.zeros(1), "T", emphasis=True))
    return Plot(
        "Solutions of h' = -K h(t - tau) with h = 1 before 0",
        "time t / tau",
        "h(t) / h(0)",
        tuple(series),
        f"For K tau = {zero:.4f} the solution first vanishes at T = {end:g} tau; for less memory it stays positive.",
    )


def _derivative(zero: float, end: float, values: Mapping[str, Any]) -> Plot:
    kappa = np.linspace(0, 1.6 * zero, 161)
    final = _solution(kappa, end, values["steps"])[1][-1]
    return Plot(
        f"Derivative of the time-T map at T = {end:g} tau",
        "memory K tau",
        "dh(T)/dx",
        (
            Series("line", kappa, final, "dh(T)/dx"),
            Series("dashed", kappa, 0 * kappa, "zero"),
            Series("points", np.array([zero]), np.zeros(1), f"first zero {zero:.6f}", emphasis=True),
        ),
        f"The derivative starts at 1, falls and crosses zero at K tau = {zero:.6f}.",
    )


def _zeros(zero: float, end: float) -> Plot:
    """Where the solution first vanishes, for many kappa in one run."""
    kappa = np.linspace(0.372, 1.0, 160)
    times, states = _solution(kappa, 25.0, 40)
    place = (states <= 0).argmax(axis=0)
    seen = (states <= 0).any(axis=0)
    below, above = states[place - 1, np.arange(len(kappa))], states[place, np.arange(len(kappa))]
    first = times[place - 1] + (times[place] - times[place - 1]) * below / (below - above)
    here = [Series("points", np.array([end]), np.array([zero]), "this T", emphasis=True)] if end >= 1 else []
    return Plot(
        "How much memory the derivative needs to vanish",
        "time T / tau",
        "K tau at the first zero",
        (
            Series("line", first[seen], kappa[seen], "first zero"),
            Series("dashed", np.array([1.0, first[seen].max()]), np.full(2, 1 / np.e), "1/e, the limit for long times"),
            *here,
        ),
        "The memory at which the derivative first vanishes falls from 1 at T = tau towards 1/e = 0.368 for long times.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    scaled, start, time = _given(values)
    zero = first_zero(time)
    derivative = solution_matrix(time, scaled.rows)
    outputs = derivative * flint.fmpq_mat(len(start), 1, [flint.fmpq(x.numerator, x.denominator) for x in start])
    proved: dict[str, Any] = {_output(i): rational_enclosure(_fraction(outputs[i, 0])) for i in range(len(start))}
    determinant = _fraction(derivative.det())
    with arb_precision(128):
        above = bool(zero > (-flint.arb(1)).exp())
    return CertifiedView(
        (first_zero_task(time, _ZERO, _ABOVE), _solution_task(scaled, start, time)),
        proved
        | {
            _ZERO: arb_enclosure(zero),
            _DETERMINANT: rational_enclosure(determinant),
            _INJECTIVE: Verdict.PROVED if determinant else Verdict.REFUTED,
            _ABOVE: Verdict.PROVED if above else Verdict.UNDECIDED,
        },
    )


def first_zero_task(time: Fraction, quantity: str, above: str | None = None) -> Task:
    """The smallest zero of the step polynomial: its coefficients alternate in sign, so that no zero is negative.

    above: a quantity that says whether it lies above 1/e.
    """
    formulas = {quantity: ["root", _coefficients(time), 1]}
    if above is None:
        return values_task("the first zero of the step polynomial", formulas)
    comparison = (["exp", -1], "<", ["value", 1])
    verdict = all_hold(above, Verdict.PROVED, Verdict.REFUTED)
    return values_task("the first zero of the step polynomial", formulas, [comparison], verdict)


def _coefficients(time: Fraction) -> list[Formula]:
    return list(sympy.Poly(derivative_polynomial(time), KAPPA).all_coeffs()[::-1])


def _solution_task(scaled: Matrix, start: tuple[Fraction, ...], time: Fraction) -> Task:
    """dh(T)/dx = p(K tau) by Horner's rule, column by column, its determinant, and h(T) = p(K tau) x."""
    size, coefficients = len(start), _coefficients(time)
    formulas: dict[str, Formula] = {}
    columns = []
    for column in range(size):
        entries: list[Formula] = [0] * size
        for power in reversed(range(len(coefficients))):
            moved = [["+", 0, *(["*", scaled.rows[i][j], entries[j]] for j in range(size))] for i in range(size)]
            entries = []
            for i in range(size):
                formulas[f"- entry {i + 1}, {column + 1} after the power {power}"] = (
                    ["+", moved[i], coefficients[power]] if i == column else moved[i]
                )
                entries.append(["value", len(formulas)])
        columns.append(entries)
    for i in range(size):
        formulas[_output(i)] = ["+", 0, *(["*", columns[j][i], start[j]] for j in range(size))]
    terms = []
    for order in itertools.permutations(range(size)):
        swaps = sum(order[a] > order[b] for a, b in itertools.combinations(range(size), 2))
        terms.append(["*", (-1) ** swaps, *(columns[j][i] for j, i in enumerate(order))])
    formulas[_DETERMINANT] = ["+", 0, *terms]
    verdict = all_hold(_INJECTIVE, Verdict.PROVED, Verdict.REFUTED)
    return values_task("the solution", formulas, [(["value", len(formulas)], "!=", 0)], verdict)


def _fraction(number: flint.fmpq) -> Fraction:
    return Fraction(int(number.p), int(number.q))


CASE = case_of(
    "neural-dde",
    readers={
        "feedback": rational_matrix(4, square=True),
        "delay": bounded_rational(0, _LARGEST, open_below=True),
        "horizon": bounded_rational(Fraction(1, 100), 25),
        "start": numbers_of,
        "steps": whole_number(4, 500),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_ZERO, "0.585786437626905", "2 - sqrt 2"),
        Known(_output(0), "1/8", "1 - 2 (1/2) + (1/2)^2 / 2"),
        Known(_INJECTIVE, "PROVED", "1/2 < 2 - sqrt 2"),
    ),
)
