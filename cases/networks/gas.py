"""Gravitating and charged bodies: conserved quantities, turning triangles and lines, Routh's criterion, N bodies."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import sympy

from cases.case import Case, CertifiedView, Erratum, Known, SymbolicView, Task
from cases.networks.gas_numeric import (
    ANGULAR,
    ENERGY,
    MARGIN,
    MOMENTUM,
    RATIO,
    REAL,
    gas_numeric,
)
from cases.parameters import Parameter, as_sympy, exact_rational, one_of, whole_number
from cases.readers import bounded_rational, bounded_vector
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb
from certify.verdict import Verdict
from foundation import InputError
from symbolic.prove_sign import number_sign
from symbolic.systems.gas import (
    PAIRS,
    Bodies,
    RelativeEquilibrium,
    collinear,
    collinear_ratio,
    largest_real_part,
    line_coefficient,
    line_squares,
    reduced_field,
    reduced_point,
    sine_sum,
    triangle,
    triangle_squares,
)
from symbolic.systems.gas_proofs import derive_gas_erratum, derive_invariants, derive_line, derive_triangle

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (29)"
_ROUTH, _VERDICT, _UNSTABLE = "Routh's criterion", "verdict", "unstable directions"
_BITS = 256


def bodies_of(values: Mapping[str, Any]) -> Bodies:
    """The user's bodies, exact."""
    masses = tuple(as_sympy(mass) for mass in values["masses"])
    charges = tuple(as_sympy(charge) for charge in values["charges"])
    strengths = tuple(masses[i] * masses[j] - charges[i] * charges[j] for i, j in PAIRS)
    return Bodies(masses, strengths, as_sympy(values["exponent"]))


def _state(values: Mapping[str, Any], bodies: Bodies) -> RelativeEquilibrium:
    return triangle(bodies) if values["configuration"] == "triangle" else collinear(bodies)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    bodies = bodies_of(values)
    state = _state(values, bodies)
    zero = sympy.Integer(0)
    exact: dict[str, Any] = {ENERGY: zero, MOMENTUM: zero, ANGULAR: zero}
    if values["configuration"] == "triangle":
        sines = sine_sum(bodies, state.sides)
        squares = triangle_squares(bodies.exponent, sines)
        exact[MARGIN] = (3 - bodies.exponent) ** 2 - 4 * (bodies.exponent + 1) ** 2 * sines
        exact[_ROUTH] = {1: Verdict.PROVED, -1: Verdict.REFUTED}.get(number_sign(exact[MARGIN]) or 0, Verdict.UNDECIDED)
        story = derive_triangle(bodies, state)
    else:
        exact[RATIO] = collinear_ratio(bodies)
        squares = line_squares(bodies.exponent, line_coefficient(bodies, exact[RATIO]))
        story = derive_line(bodies)
    exact[REAL] = state.rate * largest_real_part(squares)
    if exact[REAL] != 0:
        exact[_VERDICT] = Verdict.UNSTABLE
    return SymbolicView((derive_invariants(bodies.exponent), story), exact)


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    bodies = bodies_of(values)
    state = _state(values, bodies)
    field, symbols = reduced_field(bodies, state.momentum)
    point = [float(entry) for entry in reduced_point(bodies, state)]
    task = Task(
        f"The turning {values['configuration']}, without translations and rotations",
        "equilibrium",
        {"field": list(field), "x": point, "variables": list(symbols)},
        {_VERDICT: "verdict", REAL: "spectral_abscissa", _UNSTABLE: "unstable_directions"},
    )
    if values["configuration"] == "line":
        ratio = _ratio_enclosure(values, float(collinear_ratio(bodies)))
        return CertifiedView((task,), {} if ratio is None else {RATIO: ratio})
    margin = _margin(values)
    routh = Verdict.PROVED if margin.is_above(0) else Verdict.REFUTED if margin.is_below(0) else Verdict.UNDECIDED
    return CertifiedView((task,), {MARGIN: margin, _ROUTH: routh})


def _pull(values: Mapping[str, Any], pair: int) -> Fraction:
    """C_l = M c_jk / (m_j m_k)."""
    m, q = values["masses"], values["charges"]
    i, j = PAIRS[pair]
    return Fraction(sum(m) * (m[i] * m[j] - q[i] * q[j])) / (m[i] * m[j])


def _margin(values: Mapping[str, Any]) -> Enclosure:
    """(3 - k)^2 - 4 (k + 1)^2 X with the angles of the triangle from its sides, in Arb balls."""
    m, k = values["masses"], values["exponent"]
    with flint.ctx.workprec(_BITS):
        squares = [exact_arb(_pull(values, pair)) ** (2 / exact_arb(k + 1)) for pair in range(3)]
        total = flint.arb(0)
        for l, (i, j) in enumerate(PAIRS):
            cosine = squares[i] + squares[j] - squares[l]
            total += exact_arb(m[i] * m[j]) * (1 - cosine**2 / (4 * squares[i] * squares[j]))
        return arb_enclosure(exact_arb((3 - k) ** 2) - 4 * exact_arb((k + 1) ** 2 / sum(m) ** 2) * total)


def _ratio_enclosure(values: Mapping[str, Any], guess: float) -> Enclosure | None:
    """Two floats between which the balance of the line changes its sign, in rational arithmetic."""
    m, k = values["masses"], int(values["exponent"])
    pulls = [_pull(values, pair) / sum(m) for pair in range(3)]

    def balance(t: Fraction) -> Fraction:
        near, far, unit = pulls[0] / t ** (k + 1), pulls[1] / (1 + t) ** (k + 1), pulls[2]
        shift = unit + near * t - far * (1 + t)
        return t * (sum(m) * unit - m[2] * shift) - (sum(m) * near * t - m[0] * shift)

    low, high = (Fraction(guess) * (1 + side * Fraction(1, 2**48)) for side in (-1, 1))
    bounds = float(low), float(high)
    if balance(Fraction(bounds[0])) * balance(Fraction(bounds[1])) >= 0:
        return None
    return Enclosure(*bounds)


def _read_exponent(value: Any, name: str) -> Fraction:
    number = bounded_rational(0, 6)(value, name)
    if number == 3:
        raise InputError(f"{name} must not be 3: turning bodies of every size have then one angular momentum")
    if number.denominator > 12:
        raise InputError(f"{name} must have a denominator of at most 12, but is {value!r}")
    return number


def _read_charges(value: Any, name: str) -> tuple[Fraction, ...]:
    return bounded_vector(-1000, 1000, 3, shortest=3)(value, name)


def _read_horizon(value: Any, name: str) -> Fraction:
    number = exact_rational(value, name)
    if not 0 < number <= 200:
        raise InputError(f"{name} must be above 0 and at most 200, but is {value!r}")
    return number


CASE = Case(
    name="gas",
    title="Gravitating and charged bodies",
    group="C",
    source=_SOURCE,
    summary=(
        "Bodies that attract or repel each other with forces c r^-k along the lines between them, c_ij = m_i m_j - q_i "
        "q_j. Energy, momentum and angular momentum are conserved, so nothing is asymptotically stable; but some "
        "configurations turn as a whole. The triangle of three bodies has an imaginary spectrum exactly when Routh's "
        "criterion holds, for Newton's law 27 (m1 m2 + m2 m3 + m3 m1) < (m1 + m2 + m3)^2; Euler's line is unstable. "
        "The motion without translations and rotations is a flow in six dimensions, of which the turning bodies are an "
        "equilibrium; a positive real part there proves instability. An imaginary spectrum proves neither stability "
        "nor instability, and the verdict stays UNDECIDED."
    ),
    parameters=(
        Parameter("masses", "1,1,1", "three masses", bounded_vector(Fraction(1, 10**6), 10**6, 3, shortest=3)),
        Parameter("charges", "0,0,0", "three charges; like charges repel", _read_charges),
        Parameter("exponent", "2", "k, the force falls like r^-k; 0 to 6, not 3", _read_exponent),
        Parameter("configuration", "triangle", "'triangle' or 'line'", one_of("triangle", "line")),
        Parameter("horizon", 14, "time of the disturbed orbits in the figures", _read_horizon),
        Parameter("bodies", 100, "number of bodies of the cluster in the figure", whole_number(2, 2000)),
    ),
    symbolic=_symbolic,
    numeric=lambda values: gas_numeric(values, _numbers(values)),
    certified=_certified,
    known=(
        Known(REAL, "0.70710678118654752", "equal masses: +-1/sqrt 2 +- i"),
        Known(MARGIN, "-8", "1 - 27/3"),
        Known(_VERDICT, "UNSTABLE", "Routh 1875: 27 * 3 > 9"),
    ),
    errata=(
        Erratum(
            "f_i(x_i) = (x_{i,1}, x_{i,2}, x_{i,3}, 0, 0, 0).",
            "f_i(x_i) = (x_{i,4}, x_{i,5}, x_{i,6}, 0, 0, 0): positions change by velocities.",
            lambda values: derive_gas_erratum(),
        ),
    ),
)


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The turning bodies in floats: points, momentum, angular velocity."""
    bodies = bodies_of(values)
    state = _state(values, bodies)
    return {
        "points": [[float(x) for x in point] for point in state.points],
        "momentum": float(state.momentum),
        "rate": float(state.rate),
        "reduced": [float(x) for x in reduced_point(bodies, state)],
    }
