"""What the cases of deterministic optimisers share: three views of the companion map at a strict minimum."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy
from cases.common.plot import Plot, Series
from cases.model import Estimate
from cases.strict_minimum.case import separable
from certify.verdict import Verdict
from numeric import Regression, double_precision, update_map
from numeric.curvature import gradient_traced
from symbolic.optimizers import OptimizerStability
from symbolic.prove_sign import number_sign

RADIUS, RATE, VERDICT = "spectral radius", "critical learning rate", "verdict"
QUANTITIES = {RADIUS: "spectral_radius", RATE: "critical_learning_rate", VERDICT: "verdict"}


def exact_values(
    found: OptimizerStability, curvatures: Sequence[Fraction], settings: dict[str, Fraction]
) -> dict[str, Any]:
    """Spectral radius, threshold and verdict of the derived polynomial at exact settings; symbols go by name."""
    named = {symbol.name: symbol for symbol in found.polynomial.free_symbols | found.threshold.free_symbols}
    known = {named[name]: as_sympy(value) for name, value in settings.items() if name in named}
    sharpest = as_sympy(max(curvatures))
    threshold = sympy.nsimplify(found.threshold.subs({**known, named["h"]: sharpest}))
    moduli = [_modulus(found, known, named["h"], as_sympy(h)) for h in curvatures]
    largest = max(moduli, key=lambda value: value.evalf(40))
    sign = number_sign(as_sympy(settings["eta"]) - threshold)
    verdict = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(sign if sign is not None else 0, Verdict.UNDECIDED)
    return {RADIUS: largest, RATE: threshold, VERDICT: verdict}


def _modulus(found: OptimizerStability, known: dict[Any, Any], h: sympy.Symbol, value: sympy.Expr) -> sympy.Expr:
    """The largest root modulus of z^2 - t z + d in closed form."""
    polynomial = sympy.Poly(found.polynomial.subs({**known, h: value}), found.variable)
    _, minus_trace, determinant = polynomial.all_coeffs()
    discriminant = minus_trace**2 - 4 * determinant
    if discriminant < 0:
        return sympy.sqrt(determinant)
    return (abs(minus_trace) + sympy.sqrt(discriminant)) / 2


def gradient_of(problem: Regression) -> Callable[[Any], Any]:
    """theta -> grad L, a pure JAX function."""
    return lambda theta: gradient_traced(problem, theta, jnp.asarray(problem.inputs), jnp.asarray(problem.targets))


@double_precision
def map_spectral_radius(problem: Regression, optimizer: Any, gradient: Callable[..., Any], settled: int = 0) -> float:
    """Spectral radius of the Jacobian of optax's update on (parameters, memory) at the minimum; floating point.

    `settled` advances counters of the optimiser's state first, so that bias corrections have died out.
    """
    step = update_map(optimizer, gradient)
    theta = problem.flat_params
    state = optimizer.transformation.init(theta)
    leaves, treedef = jax.tree_util.tree_flatten(state)
    leaves = [leaf + settled if np.issubdtype(np.asarray(leaf).dtype, np.integer) else leaf for leaf in leaves]
    floats = [k for k, leaf in enumerate(leaves) if np.issubdtype(np.asarray(leaf).dtype, np.floating)]
    shapes = [np.shape(leaves[k]) for k in floats]
    sizes = [int(np.prod(shape)) for shape in shapes]

    def flat(z: Any) -> Any:
        parts = list(leaves)
        start = len(theta)
        for k, shape, size in zip(floats, shapes, sizes, strict=True):
            parts[k] = z[start : start + size].reshape(shape)
            start += size
        moved, after = step(z[: len(theta)], jax.tree_util.tree_unflatten(treedef, parts))
        kept = [jnp.ravel(jax.tree_util.tree_leaves(after)[k]) for k in floats]
        return jnp.concatenate([moved, *kept])

    point = np.concatenate([theta, *(np.ravel(leaves[k]) for k in floats)])
    jacobian = np.asarray(jax.jacfwd(flat)(jnp.asarray(point)))
    return float(np.abs(np.linalg.eigvals(jacobian)).max())


def radius_estimate(value: float) -> Estimate:
    """Eigenvalues of a companion map: half the digits may be lost where two roots meet."""
    return Estimate(value, 1e-7)


def problem_of(curvatures: Sequence[Fraction]) -> Regression:
    """The strict minimum sum_k h_k t_k^2 / 2."""
    return separable(tuple(curvatures))


def radius_plot(radius_at: Callable[[float], float], threshold: float, rate: float, name: str) -> Plot:
    """Spectral radius against the learning rate."""
    rates = np.linspace(threshold / 200, 1.5 * max(threshold, rate), 300)
    radii = np.array([radius_at(float(r)) for r in rates])
    return Plot(
        f"{name}: spectral radius of the companion map",
        "learning rate eta",
        "spectral radius",
        (Series("line", rates, radii, "largest root modulus"),),
        f"The spectral radius falls below one, and crosses one at the critical learning rate {threshold:.5g}.",
        {"horizontal": (1.0,), "vertical": (threshold, rate)},
    )


def float_radius(polynomial: Callable[[float, float], Sequence[float]], curvatures: Sequence[Fraction]) -> Any:
    """eta -> largest root modulus over the curvatures, by numpy's roots."""
    values = [as_float(h) for h in curvatures]
    return lambda rate: max(float(np.abs(np.roots(polynomial(rate, h))).max()) for h in values)
