"""Memory capacity of neural delay equations: which K tau lets one neuron represent a function that is not monotone."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import scipy.optimize
import sympy

from cases.common.delay_derivation import derive_threshold, exact_first_zero
from cases.common.enclosures import rational_enclosure
from cases.common.exact_formulas import over, values_task
from cases.common.parameters import as_float, as_sympy, one_of, whole_number
from cases.common.readers import bounded_rational
from cases.memory_capacity.derivation import derive_augmented_erratum, derive_drain, derive_kernel, derive_limits
from cases.memory_capacity.dimensions import derive_equal, derive_fewer
from cases.memory_capacity.estimates import map_plots
from cases.memory_capacity.network import network_plots, network_values
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.neural_dde import first_zero_task
from certify.certificate import Certificate
from certify.delay import DecayPhase, best_decay_phase, first_zero, reach, step_polynomial
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric.delay import estimated_first_zero
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_ELL, _LOW, _HIGH = "K_Psi / (w w~)", "no below, any T: 1/e", "yes from: 2 (1 + K_Psi/(w w~))"
_ZERO, _ONE = "no below, this T: first zero", "yes above, by one delay"
_REACH = "K_Psi / (w w~) in reach of the construction"
_PRINTED, _OURS = "verdict of Theorem 2.10", "Psi is represented"
# the least and the largest slope of the target with amplitude and frequency one, in units of its Lipschitz constant
_SLOPES = {"cos": (-1, 1), "sin": (-1, 1), "tanh": (0, 1), "bump": (-1, 1)}


def _ratio(values: Mapping[str, Any]) -> Fraction:
    """K_Psi/(w w~) but for the factor sqrt(2/e) of the bump."""
    product: Fraction = values["amplitude"] * values["frequency"] / (values["w"] * values["w_out"])
    return product


def _given(values: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
    """(K tau, T/tau); `InputError` when the delay is longer than the horizon, or far shorter."""
    memory, horizon = values["lipschitz"] * values["delay"], values["horizon"] / values["delay"]
    if horizon < 1:
        raise InputError(f"the delay must not exceed the horizon, but {values['delay']} > {values['horizon']}")
    if horizon > 40:
        raise InputError(f"the horizon may hold at most 40 delays, but holds {float(horizon):g}")
    if memory * horizon > 300:
        raise InputError(f"lipschitz x horizon is {float(memory * horizon):g}; at most 300 is allowed")
    return memory, horizon


def drain_times(horizon: Fraction) -> tuple[Fraction, ...]:
    """Times S in delays, at most T and at most six delays: eighths, and T itself."""
    eighths = [Fraction(k, 8) for k in range(1, 49) if Fraction(k, 8) <= horizon]
    return tuple(sorted({*eighths, min(horizon, Fraction(6))}))


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    memory, horizon = _given(values)
    ell = as_sympy(_ratio(values)) * (sympy.sqrt(2 / sympy.E) if values["target"] == "bump" else 1)
    exact: dict[str, Any] = {_ELL: ell, _LOW: sympy.exp(-1), _HIGH: 2 * (1 + ell)}
    first = exact_first_zero(horizon)
    if first is not None and horizon.denominator <= 2:
        exact[_ZERO] = first
    exact["K tau"] = as_sympy(memory)
    exact[_PRINTED] = _printed_exactly(values, as_sympy(memory), ell)
    if horizon == 1:
        exact[_ONE] = 1 + ell
    ours = _ours_exactly(values, first)
    if ours is not None:
        exact[_OURS] = ours
    derivations = (derive_kernel(), derive_drain(), derive_threshold(), derive_equal(), derive_fewer(), derive_limits())
    return SymbolicView(derivations, exact)


def _printed_exactly(values: Mapping[str, Any], memory: sympy.Rational, ell: sympy.Expr) -> Verdict:
    """The two inequalities of Theorem 2.10, decided in SymPy."""
    above, below = number_sign(memory - 2 * (1 + ell)), number_sign(memory * sympy.E - 1)
    if above is not None and above >= 0:
        return Verdict.PROVED
    return Verdict.REFUTED if below == -1 and values["dimension"] == 1 else Verdict.UNDECIDED


def _ours_exactly(values: Mapping[str, Any], first: sympy.Expr | None) -> Verdict | None:
    """At and below the first zero, and at and above what one delay needs; None where neither says anything."""
    memory, horizon = _given(values)
    if values["dimension"] == 1 and first is not None:
        side = number_sign(as_sympy(memory) - first)
        if side == -1 or (side == 0 and _SLOPES[values["target"]][0] < 0):
            return Verdict.REFUTED
    return Verdict.PROVED if _in_one_delay(values, memory, horizon) else None


def _in_one_delay(values: Mapping[str, Any], memory: Fraction, horizon: Fraction) -> bool:
    """T = tau: h' = (psi(y) - y)/tau, y the delayed value, gives h(T) = psi(y); it needs K tau >= |psi' - 1|.

    psi may be taken with either sign of the weights. Inclusive, in exact arithmetic; no ramp is needed.
    """
    if horizon != 1 or values["target"] == "bump":
        return False
    low, high = (slope * _ratio(values) for slope in _SLOPES[values["target"]])
    needed = min(max(abs(low - 1), abs(high - 1)), max(abs(low + 1), abs(high + 1)))
    return bool(memory >= needed)


def _numeric(values: Mapping[str, Any]) -> NumericView:
    memory, horizon = (as_float(x) for x in _given(values))
    ell = as_float(_ratio(values)) * (math.sqrt(2 / math.e) if values["target"] == "bump" else 1.0)
    root = scipy.optimize.brentq(lambda k: k - 1 - ell * math.exp(-k * (horizon - 1)), 1.0, 2 + ell, xtol=1e-14)
    estimates = {
        _ELL: _estimate(ell),
        _LOW: _estimate(math.exp(-1)),
        _HIGH: _estimate(2 * (1 + ell)),
        _ONE: Estimate(float(root), 1e-10 * (1 + ell)),
        _ZERO: Estimate(*estimated_first_zero(horizon)),
    }
    way = best_decay_phase(*_given(values), drain_times(_given(values)[1]))
    found, remarks = network_values(values, memory, horizon, ell, way)
    estimates |= {name: Estimate(*pair) for name, pair in found.items()}
    plots = (*network_plots(values, memory, horizon, ell, way), *map_plots(values, ell, _half_width(values, ell)))
    return NumericView(estimates, plots, remarks)


def _estimate(value: float) -> Estimate:
    return Estimate(value, 1e-13 * (1 + abs(value)))


def _half_width(values: Mapping[str, Any], ell: float) -> float:
    low, high = _SLOPES[values["target"]]
    return ell * (high - low) / 2


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    memory, horizon = _given(values)
    with arb_precision(256):
        ell = exact_arb(_ratio(values))
        if values["target"] == "bump":
            ell = ell * (2 / flint.arb.const_e()).sqrt()
        zero = first_zero(horizon, 256)
        way = best_decay_phase(memory, horizon, drain_times(horizon))
        reached = None if way is None else reach(memory, horizon, way)
        proved: dict[str, Any] = {
            _ELL: arb_enclosure(ell),
            _LOW: arb_enclosure((-flint.arb(1)).exp()),
            _HIGH: arb_enclosure(2 * (1 + ell)),
            _ZERO: arb_enclosure(zero),
            _ONE: _one_delay(ell, horizon),
            _PRINTED: _printed(values, memory, ell),
            _OURS: _verdict(values, ell, zero, reached, way),
        }
    if reached is not None:
        proved[_REACH] = arb_enclosure(reached)
    proved["K tau"] = rational_enclosure(memory)
    return CertifiedView((first_zero_task(horizon, _ZERO), _theorem_task(values, proved[_PRINTED])), proved)


def _theorem_task(values: Mapping[str, Any], printed: Verdict) -> Task:
    """The numbers of Theorem 2.10, and the comparison that decides it."""
    ell = over(["*", values["amplitude"], values["frequency"]], ["*", values["w"], values["w_out"]])
    if values["target"] == "bump":
        ell = ["*", ell, ["sqrt", ["*", 2, ["exp", -1]]]]
    formulas = {
        "K tau": ["*", values["lipschitz"], values["delay"]],
        _ELL: ell,
        _LOW: ["exp", -1],
        _HIGH: ["*", 2, ["+", 1, ["value", 2]]],
    }
    decided = {
        Verdict.PROVED: [(["value", 4], "<=", ["value", 1])],
        Verdict.REFUTED: [(["value", 1], "<", ["value", 3])],
    }
    comparisons = decided.get(printed, [])

    def derived(certificate: Certificate) -> dict[str, Verdict]:
        return {_PRINTED: printed} if comparisons and certificate.verdict is Verdict.PROVED else {}

    return values_task("numbers of Theorem 2.10", formulas, comparisons, derived)


def _printed(values: Mapping[str, Any], memory: Fraction, ell: flint.arb) -> Verdict:
    """Theorem 2.10: (a) for m = max(d, q) = 1, (b) for every m; between them nothing is said."""
    exact = _ratio(values) if values["target"] != "bump" else None
    enough = memory >= 2 * (1 + exact) if exact is not None else bool(exact_arb(memory) > 2 * (1 + ell))
    if enough:
        return Verdict.PROVED
    low = values["dimension"] == 1 and exact_arb(memory) * flint.arb.const_e() < 1
    return Verdict.REFUTED if low else Verdict.UNDECIDED


def _verdict(
    values: Mapping[str, Any], ell: flint.arb, zero: flint.arb, reached: flint.arb | None, way: DecayPhase | None
) -> Verdict:
    """No by the comparison with h' = -K h(t - tau) or by Gronwall's bound; yes by a construction."""
    memory, horizon = _given(values)
    exponent = exact_arb(memory * horizon)
    low, high = _SLOPES[values["target"]]
    alone = values["dimension"] == 1
    if (alone and exact_arb(memory) < zero) or ell * (high - low) / 2 > exponent.exp() - 1:
        return Verdict.REFUTED
    if alone and low < 0 and _is_first_zero(memory, horizon, zero):
        return Verdict.REFUTED  # there the network is still monotone, though not strictly; the target is not
    if reached is not None and ell < reached:
        return Verdict.PROVED
    if _in_one_delay(values, memory, horizon):
        return Verdict.PROVED
    exact = None if values["target"] == "bump" else _ratio(values)
    return Verdict.PROVED if not alone and _augmented(ell, exact, memory * horizon) else Verdict.UNDECIDED


def _is_first_zero(memory: Fraction, horizon: Fraction, zero: flint.arb) -> bool:
    """Whether K tau is exactly the first zero: a root of the polynomial, inside the ball that isolates the first."""
    value = step_polynomial(horizon)(flint.fmpq(memory.numerator, memory.denominator))
    return bool(value == 0 and exact_arb(memory).overlaps(zero))


def _augmented(ell: flint.arb, exact: Fraction | None, growth: Fraction) -> bool:
    """m >= d + q: h2' = psi(h1) / S with Lipschitz constant l/S, then h2' = K h2; S = min(T, 1/K), growth = K T.

    exact: l where it is rational, for the threshold l = K T itself.
    """
    if growth <= 1:
        return exact <= growth if exact is not None else bool(ell <= exact_arb(growth))
    return bool(ell < exact_arb(growth - 1).exp())


def _one_delay(ell: flint.arb, horizon: Fraction) -> Enclosure:
    """The root of k = 1 + l exp(-k (T/tau - 1)): the right side falls, so signs at floats bracket it."""

    def excess(k: float) -> flint.arb:
        return exact_arb(k) - 1 - ell * (-exact_arb(k) * exact_arb(horizon - 1)).exp()

    low, high = 1.0, 2.0 + 2 * float(ell.mid())
    for _ in range(200):
        middle = low / 2 + high / 2
        value = excess(middle)
        if middle in (low, high) or not (value > 0 or value < 0):
            break
        low, high = (low, middle) if value > 0 else (middle, high)
    while not excess(low) <= 0:
        low = math.nextafter(low, 0.0)
    while not excess(high) >= 0:
        high = math.nextafter(high, math.inf)
    return Enclosure(low, high)


def _augmented_erratum(values: Mapping[str, Any]) -> Any:
    return derive_augmented_erratum()


CASE = case_of(
    "memory-capacity",
    readers={
        "lipschitz": bounded_rational(0, 10**4, open_below=True),
        "delay": bounded_rational(Fraction(1, 10**4), 10**4),
        "horizon": bounded_rational(Fraction(1, 10**4), 10**4),
        "dimension": whole_number(1, 10),
        "target": one_of(*_SLOPES),
        "amplitude": bounded_rational(Fraction(1, 1000), 1000),
        "frequency": bounded_rational(Fraction(1, 1000), 1000),
        "w": bounded_rational(Fraction(1, 1000), 1000),
        "w_out": bounded_rational(Fraction(1, 1000), 1000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_HIGH, "4", "Psi = cos, w = w~ = 1: 2 (1 + 1)"),
        Known(_LOW, "0.36787944117144", "1/e"),
        Known(_ZERO, "0.585786437626905", "2 - sqrt 2, T = 2 tau"),
        Known(_ONE, "1.27846454276107", "1 + W(1/e), with Lambert's W, for T = 2 tau and K_Psi = w w~"),
        Known(_PRINTED, "PROVED", "K tau = 4"),
    ),
    errata=(
        Erratum(
            "After Theorem 2.10: for m >= d + q neural delay equations in NDDE_A^k have the universal embedding "
            "property with respect to the space C^k(R^d, R^q).",
            "With respect to C_b^k, the functions with bounded derivatives, and K T must be large enough for K_Psi/(w "
            "w~): by Definition 2.3 the field has bounded derivatives, so every network is Lipschitz, and x^2 is not. "
            "K T >= K_Psi/(w w~) suffices.",
            _augmented_erratum,
        ),
    ),
)
