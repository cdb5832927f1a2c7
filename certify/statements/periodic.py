"""What certificates say about periodic points of maps and periodic orbits of flows."""

from certify.statements.parameter import DETAIL
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

TEMPLATES = (
    theorem(
        "periodic-orbit.stable",
        "Andronov and Witt: a periodic orbit of a C1 vector field is asymptotically orbitally stable, with asymptotic "
        "phase, if all multipliers but the trivial one lie inside of the unit circle [J. Hale, Ordinary Differential "
        "Equations, VI.2, Theorem 2.1].",
        "flow.analytic",
        "linearisation.hyperbolic",
    ),
    theorem(
        "periodic-orbit.unstable",
        "Linearised Poincare map: a periodic orbit of a C1 vector field is unstable if a multiplier lies outside of "
        "the unit circle [P. Hartman, Ordinary Differential Equations, IX.5 and IX.10].",
        "flow.analytic",
        "linearisation.hyperbolic",
    ),
    theorem(
        "periodic-orbit.family",
        "On the level of the first integral H through the witness's point the field has a periodic orbit near it, one "
        "of a family: f + a grad H has one for some a, and along it H changes by a times the integral of "
        "|grad H|^2, so that a = 0 [F. Munoz-Almaraz, E. Freire, J. Galan, E. Doedel, A. Vanderbauwhede, Physica D "
        "181 (2003)]. Such an orbit is never asymptotically stable.",
        "flow.analytic",
        "periodic-orbit.integral",
    ),
    claim(
        "periodic-point.radius",
        "radius",
        "An exact periodic point exists within this Euclidean distance of the witness's point.",
        "f^m(x) = x for an x with |x - point|_2 = number",
    ),
    claim(
        "periodic-point.least-period",
        "least_period",
        "The least period of the periodic point.",
        "number = min {k >= 1 : f^k(x) = x}",
        number="count",
    ),
    claim(
        "periodic-point.uniqueness-radius",
        "uniqueness_radius",
        "No other cycle of this length has its points within this distance, in the maximum norm, of the witness's "
        "points, in their order.",
        "at most one m-cycle has |x_k - points[k]|_max <= number for all k",
        number="promise",
    ),
    claim(
        "periodic-orbit.radius",
        "radius",
        "A point of the exact periodic orbit lies within this Euclidean distance of the witness's point.",
        "|x - point|_2 = number for a point x of the periodic orbit",
    ),
    claim(
        "periodic-orbit.least-period",
        "period",
        "The least period of the orbit.",
        "number = min {T > 0 : Phi_T(x) = x}",
        unit="time",
    ),
    claim(
        "periodic-orbit.period",
        "period",
        "A period of the orbit, a multiple of the least one.",
        "Phi_number(x) = x, number > 0",
        unit="time",
    ),
    hypothesis(
        "periodic-point.smooth", "smooth", "The map is continuously differentiable near every point of the cycle."
    ),
    hypothesis("periodic-orbit.integral", "integral", "H is a first integral of the field: grad H . f = 0."),
    reason(
        "periodic-orbit.expanded",
        "Expanded as a polynomial in the variables and in the elementary functions that occur, every coefficient of "
        "grad H . f is exactly 0.",
    ),
    reason(
        "periodic-orbit.no-integral",
        "that H is a first integral is not proved: the expansion of grad H . f is not 0, or it cannot be expanded",
    ),
    reason("periodic-orbit.critical-level", "the gradient of the first integral is not proved to be other than 0"),
    reason(
        "periodic-orbit.degenerate",
        "the orbit seems to be one of a family, since the multiplier 1 is double: no isolated orbit can be proved",
    ),
    reason(
        "periodic-point.analytic",
        "Its program is real-analytic on a neighbourhood of the enclosure of each point.",
    ),
    reason("periodic-point.kink", "A kink or a jump is not excluded."),
    reason("periodic-point.not-proved", "the cycle is not proved: {detail}", detail=DETAIL),
    reason(
        "periodic-point.rough",
        "the map is not proved to be differentiable near the cycle: {detail}",
        detail=DETAIL,
    ),
    reason("periodic-orbit.no-flow", "the flow over the period is not proved: {detail}", detail=DETAIL),
    reason("periodic-orbit.not-proved", "the periodic orbit is not proved: {detail}", detail=DETAIL),
    reason("periodic-orbit.not-positive", "the period is not proved to be positive"),
    reason(
        "periodic-orbit.not-transversal",
        "the section is not proved to be transversal to the orbit, so that the multipliers are not bounded",
    ),
    next_step(
        "periodic-orbit.name-the-integral",
        "pass first_integral= a function of the state that the flow conserves, such as the energy, or c^2 + s^2 of a "
        "forcing phase (c, s) on a circle; an orbit at a fold has a double multiplier 1 too: change the parameters",
    ),
    next_step("periodic-point.next", "{detail}", detail=DETAIL),
    next_step(
        "periodic-point.smooth-it",
        "the multipliers decide nothing at a kink: smooth the map, or treat its pieces one by one",
    ),
    next_step(
        "periodic-orbit.polish",
        "polish the point and the period, or ask for a smaller tolerance; an orbit at a fold has no isolated period",
    ),
)
