"""The linear delay equation h' = -kappa h(t - 1) by the method of steps, in exact rational arithmetic."""

from certify.delay.first_zero import first_zero
from certify.delay.reach import DecayPhase, best_decay_phase, decay_phase, reach
from certify.delay.steps import solution_matrix, solution_value, step_polynomial

__all__ = [
    "DecayPhase",
    "best_decay_phase",
    "decay_phase",
    "first_zero",
    "reach",
    "solution_matrix",
    "solution_value",
    "step_polynomial",
]
