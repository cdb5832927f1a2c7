"""Levenberg-Marquardt steps in the dual form, for problems with fewer residuals than parameters.

(J^T J + lambda I)^-1 J^T = J^T (J J^T + lambda I)^-1, so that a step costs one Cholesky decomposition of the
size of the residual (Nocedal, Wright, Numerical Optimization, section 10.3, for the primal form).
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import lineax
import numpy as np
import optimistix
from jaxtyping import Array, Float


class DualState(eqx.Module):
    """What a step needs from the last accepted point: J (n, D), J J^T (n, n) and the residual (n,)."""

    jacobian: Float[Array, "n D"]
    gram: Float[Array, "n n"]
    residual: Float[Array, " n"]


class DualDampedNewtonDescent(optimistix.AbstractDescent):
    """-J^T (J J^T + lambda I)^-1 r with lambda = 1/step_size; `rows(theta)` gives J (n, D)."""

    rows: Callable[[Array], Array]

    def init(self, y: Array, f_info_struct: Any) -> DualState:
        """Zeros of the right shapes."""
        shape = jax.eval_shape(self.rows, y).shape
        # NumPy's zeros: a compilation less for each shape
        zeros = (np.zeros(size, dtype=y.dtype) for size in (shape, (shape[0], shape[0]), shape[0]))
        return DualState(*(jnp.asarray(zero) for zero in zeros))

    def query(self, y: Array, f_info: Any, state: DualState) -> DualState:
        """The Jacobian and Gram matrix at an accepted point."""
        jacobian = self.rows(y)
        return DualState(jacobian, jacobian @ jacobian.T, f_info.residual)

    def step(self, step_size: Array, state: DualState) -> tuple[Array, Any]:
        """The step for one damping, and whether its linear system was solved."""
        damped = state.gram + jnp.eye(len(state.gram)) / step_size
        operator = lineax.MatrixLinearOperator(damped, lineax.positive_semidefinite_tag)
        solution = lineax.linear_solve(operator, state.residual, lineax.Cholesky(), throw=False)
        return -state.jacobian.T @ solution.value, optimistix.RESULTS.promote(solution.result)


class DualLevenbergMarquardt(optimistix.AbstractGaussNewton):
    """Levenberg-Marquardt (trust region of optimistix) with the dual step."""

    rtol: float
    atol: float
    norm: Callable[[Any], Array]
    descent: DualDampedNewtonDescent
    search: optimistix.ClassicalTrustRegion
    verbose: Callable[..., None]


def levenberg_marquardt(rows: Callable[[Array], Array], dual: bool, tolerance: float) -> Any:
    """The solver: dual for fewer residuals than parameters, optimistix's own (QR of the stacked system) otherwise."""
    if not dual:
        return optimistix.LevenbergMarquardt(rtol=tolerance, atol=tolerance)
    return DualLevenbergMarquardt(
        rtol=tolerance,
        atol=tolerance,
        norm=optimistix.max_norm,
        descent=DualDampedNewtonDescent(rows),
        search=optimistix.ClassicalTrustRegion(),
        verbose=lambda **_: None,
    )
