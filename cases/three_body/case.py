"""Gravitating and charged bodies: conserved quantities, turning triangles and lines, Routh's criterion, N bodies."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy

from cases.common.parameters import as_sympy, exact_rational, one_of, whole_number
from cases.common.readers import bounded_rational, bounded_vector
from cases.model import CertifiedView, Erratum, Known, SymbolicView, Task, case_of
from cases.three_body.derivation import (
    PAIRS,
    Bodies,
    RelativeEquilibrium,
    collinear,
    collinear_ratio,
    heaviest_first,
    largest_real_part,
    line_coefficient,
    line_squares,
    reduced_field,
    reduced_point,
    sine_sum,
    triangle,
    triangle_squares,
)
from cases.three_body.estimates import ANGULAR, ENERGY, MARGIN, MOMENTUM, RATIO, REAL, cubic_field, gas_numeric
from cases.three_body.line_proofs import derive_line
from cases.three_body.particle_proofs import derive_gas_erratum, derive_invariants
from cases.three_body.triangle_proofs import derive_triangle
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb
from certify.linear_algebra import eigenvalues
from certify.program import jacobian, trace
from certify.program.arb import to_ball
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric import double_precision
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (29)"
_ROUTH, _VERDICT, _UNSTABLE = "Routh's criterion", "verdict", "unstable directions"
_BITS = 256
_FINEST = 100  # roots of this order stay quick in exact arithmetic


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
        story, ratio = derive_line(bodies), collinear_ratio(bodies)
        if ratio.is_Float:  # a guess
            return SymbolicView((derive_invariants(bodies.exponent), story), exact)
        exact[RATIO] = ratio
        squares = line_squares(bodies.exponent, line_coefficient(bodies, ratio))
    exact[REAL] = state.rate * largest_real_part(squares)
    if exact[REAL] != 0:
        exact[_VERDICT] = Verdict.UNSTABLE
    return SymbolicView((derive_invariants(bodies.exponent), story), exact)


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    bodies = bodies_of(values)
    proved: dict[str, Any] = {}
    if values["configuration"] == "line":
        ratio = _ratio_enclosure(values, float(collinear_ratio(bodies)))
        proved = {} if ratio is None else {RATIO: ratio}
    else:
        margin = _margin(values)
        routh = Verdict.PROVED if margin.is_above(0) else Verdict.REFUTED if margin.is_below(0) else Verdict.UNDECIDED
        proved = {MARGIN: margin, _ROUTH: routh}
    if bodies.exponent == 3:
        return CertifiedView(values=proved | _linearised(values, proved.get(RATIO)))
    return CertifiedView((_task(values, bodies),), proved)


def _task(values: Mapping[str, Any], bodies: Bodies) -> Task:
    moved, state = heaviest_first(bodies, _state(values, bodies))
    field, symbols = reduced_field(moved, state.momentum)
    return Task(
        f"The turning {values['configuration']}, without translations and rotations",
        "equilibrium",
        {"field": list(field), "x": [float(e) for e in reduced_point(moved, state)], "variables": list(symbols)},
        {_VERDICT: "verdict", REAL: "spectral_abscissa", _UNSTABLE: "unstable_directions"},
    )


@double_precision
def _linearised(values: Mapping[str, Any], ratio: Enclosure | None) -> dict[str, Any]:
    """k = 3: turning bodies of every size have one angular momentum, and so are not isolated on its level.

    They exist by the balance of the forces, an identity; the linearisation there is enclosed from their exact sides.
    """
    with arb_precision(_BITS):
        sides = _turning_sides(values, ratio)
        if sides is None:
            return {_VERDICT: Verdict.UNDECIDED}
        point, momentum, order = _reduced_arb(values, sides)
        numbers = [to_ball(np.array(part, dtype=object)) for part in (point, [momentum])]
    masses = rational_ball(np.array([values["masses"][i] for i in order], dtype=object))
    strengths = rational_ball(np.array([_strength(values, i) for i in order], dtype=object))
    arguments = [numbers[0], masses, strengths, numbers[1]]
    program = trace(cubic_field, *(np.ones(len(part)) for part in arguments))
    found = eigenvalues(jacobian(program, arguments, wrt=(0,)))
    abscissa = found.spectral_abscissa
    return {REAL: abscissa, _VERDICT: Verdict.UNSTABLE if abscissa.is_above(0) else Verdict.UNDECIDED}


def _turning_sides(values: Mapping[str, Any], ratio: Enclosure | None) -> list[flint.arb] | None:
    """(r_23, r_31, r_12) at the angular velocity 1, in Arb balls, for k = 3."""
    pulls = [exact_arb(_pull(values, pair)) for pair in range(3)]
    if values["configuration"] == "triangle":
        return [pull.root(4) for pull in pulls]
    if ratio is None:
        return None
    m, total = values["masses"], exact_arb(sum(values["masses"]))
    t = exact_arb(Fraction(ratio.lower)).union(exact_arb(Fraction(ratio.upper)))
    near, far, unit = pulls[0] / total / t**4, pulls[1] / total / (1 + t) ** 4, pulls[2] / total
    size = (total * unit - exact_arb(m[2]) * (unit + near * t - far * (1 + t))).root(4)
    return [size * t, size * (1 + t), size]


def _reduced_arb(
    values: Mapping[str, Any], sides: list[flint.arb]
) -> tuple[list[flint.arb], flint.arb, tuple[int, int, int]]:
    """The turning bodies in the coordinates of the reduced system, heaviest first: (point, momentum, order)."""
    masses = values["masses"]
    first, second, third = order = sorted(range(3), key=lambda i: -masses[i])
    m = [exact_arb(masses[i]) for i in order]
    r23, r31, r12 = (sides[i] for i in order)
    momentum = (m[1] * m[2] * r23**2 + m[2] * m[0] * r31**2 + m[0] * m[1] * r12**2) / sum(m[1:], m[0])
    along = m[1] / (m[0] + m[1]) * r12
    if values["configuration"] == "triangle":
        x = (r12**2 + r31**2 - r23**2) / (2 * r12)
        a, b = x - along, (r31**2 - x**2).sqrt()
    else:  # the third body as seen from the first, on the side of the second or not
        inside = (third - first) * (second - first) > 0
        a, b = (r31 if inside else -r31) - along, flint.arb(0)
    return [r12, a, b, flint.arb(0), -b, a], momentum, (first, second, third)


def _strength(values: Mapping[str, Any], pair: int) -> Fraction:
    """c_jk of the pair opposite to a body."""
    i, j = PAIRS[pair]
    return Fraction(values["masses"][i] * values["masses"][j] - values["charges"][i] * values["charges"][j])


def _pull(values: Mapping[str, Any], pair: int) -> Fraction:
    """C_l = M c_jk / (m_j m_k)."""
    m, (i, j) = values["masses"], PAIRS[pair]
    return Fraction(sum(m)) * _strength(values, pair) / (m[i] * m[j])


def _margin(values: Mapping[str, Any]) -> Enclosure:
    """(3 - k)^2 - 4 (k + 1)^2 X with the angles of the triangle from its sides, in Arb balls."""
    m, k = values["masses"], values["exponent"]
    with arb_precision(_BITS):
        squares = [exact_arb(_pull(values, pair)) ** (2 / exact_arb(k + 1)) for pair in range(3)]
        total = flint.arb(0)
        for l, (i, j) in enumerate(PAIRS):
            cosine = squares[i] + squares[j] - squares[l]
            total += exact_arb(m[i] * m[j]) * (1 - cosine**2 / (4 * squares[i] * squares[j]))
        return arb_enclosure(exact_arb((3 - k) ** 2) - 4 * exact_arb((k + 1) ** 2 / sum(m) ** 2) * total)


def _ratio_enclosure(values: Mapping[str, Any], guess: float) -> Enclosure | None:
    """Two floats between which the balance of the line changes its sign, in Arb balls."""
    m, power = values["masses"], exact_arb(values["exponent"] + 1)

    def balance(place: float) -> flint.arb:
        t, total = exact_arb(place), exact_arb(sum(m))
        pulls = [exact_arb(_pull(values, pair)) / total for pair in range(3)]
        near, far, unit = pulls[0] / t**power, pulls[1] / (1 + t) ** power, pulls[2]
        shift = unit + near * t - far * (1 + t)
        return t * (total * unit - exact_arb(m[2]) * shift) - (total * near * t - exact_arb(m[0]) * shift)

    low, high = guess * (1 - 2.0**-48), guess * (1 + 2.0**-48)
    with arb_precision(_BITS):
        product = balance(low) * balance(high)
    return Enclosure(low, high) if product < 0 else None


def _read_exponent(value: Any, name: str) -> Fraction:
    number = bounded_rational(0, 6)(value, name)
    if number.denominator > _FINEST:
        raise InputError(
            f"{name} must be a fraction with a denominator of at most {_FINEST}, but is {value!r}; write '1/10'"
        )
    return number


def _read_charges(value: Any, name: str) -> tuple[Fraction, ...]:
    return bounded_vector(-1000, 1000, 3, shortest=3)(value, name)


def _read_horizon(value: Any, name: str) -> Fraction:
    number = exact_rational(value, name)
    if not 0 < number <= 200:
        raise InputError(f"{name} must be above 0 and at most 200, but is {value!r}")
    return number


CASE = case_of(
    "gas",
    readers={
        "masses": bounded_vector(Fraction(1, 10**6), 10**6, 3, shortest=3),
        "charges": _read_charges,
        "exponent": _read_exponent,
        "configuration": one_of("triangle", "line"),
        "horizon": _read_horizon,
        "bodies": whole_number(2, 2000),
    },
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
    """The turning bodies in floats: points, momentum, angular velocity, and the reduced point, heaviest first."""
    bodies = bodies_of(values)
    state = _state(values, bodies)
    moved, ordered = heaviest_first(bodies, state)
    return {
        "points": [[float(x) for x in point] for point in state.points],
        "momentum": float(state.momentum),
        "rate": float(state.rate),
        "order": sorted(range(3), key=lambda i: -values["masses"][i]),
        "reduced": [float(x) for x in reduced_point(moved, ordered)],
    }
