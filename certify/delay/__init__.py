"""The linear delay equation h' = -kappa h(t - 1) by the method of steps, in exact rational arithmetic."""

from certify.delay.first_zero import first_zero
from certify.delay.reach import Drain, best_drain, drain, reach
from certify.delay.steps import solution_matrix, solution_value, step_polynomial

__all__ = [
    "Drain",
    "best_drain",
    "drain",
    "first_zero",
    "reach",
    "solution_matrix",
    "solution_value",
    "step_polynomial",
]
