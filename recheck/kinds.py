"""The kinds of certificates that are covered."""

from recheck.enumeration import prove_all_equilibria, prove_morse_class
from recheck.equilibrium import prove_equilibrium, prove_periodic_point
from recheck.flow import prove_periodic_orbit, prove_time_map
from recheck.formulas import prove_values
from recheck.inequality import prove_contraction, prove_inequality
from recheck.locked import prove_locked_state
from recheck.lyapunov import prove_exponent
from recheck.minimum import prove_minimum, prove_sharpness, prove_strict_minimum
from recheck.proof import Prover
from recheck.stochastic import prove_rates

PROVERS: dict[str, Prover] = {
    "minimum": prove_minimum,
    "strict-minimum": prove_strict_minimum,
    "sharpness": prove_sharpness,
    "equilibrium": prove_equilibrium,
    "all-equilibria": prove_all_equilibria,
    "morse-class": prove_morse_class,
    "lyapunov-exponent": prove_exponent,
    "learning-rates": prove_rates,
    "locked-state": prove_locked_state,
    "periodic-point": prove_periodic_point,
    "periodic-orbit": prove_periodic_orbit,
    "time-map": prove_time_map,
    "values": prove_values,
    "inequality": prove_inequality,
    "contraction": prove_contraction,
}
