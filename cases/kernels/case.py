"""The loss of a shallow network as an interaction potential: F, K, the expansion and the gradient flow, three ways."""

from collections.abc import Mapping
from typing import Any

import flint
import jax
import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.matrix_parameters import Matrix, rational_matrix
from cases.common.parameters import as_float, as_sympy, one_of
from cases.common.particle_loss import (
    derive_batch_loss_erratum,
    derive_drift_erratum,
    derive_loss_expansion,
    derive_mean_force_erratum,
    derive_variation_erratum,
)
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational, bounded_vector
from cases.kernels import derivation as kernel_integrals
from cases.kernels.formulas import Network
from cases.kernels.representation import derive_representation
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from certify.exponential_moments import gaussian_moment, sphere_moment
from certify.integral import arb_enclosure, exact_arb
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric.particles import gaussian_rule, sphere_rule
from numeric.precision import double_precision

_F, _K, _CF, _LOSS = "F(y_1)", "K(y_1, y_2)", "C_f", "loss of the network"
_CHARGE, _POSITION = "velocity of the charge C_1", "velocity of the first coordinate of Y_1"
_NODES = {"gaussian": {1: 80, 2: 40, 3: 24, 4: 14}, "sphere": {2: 60, 3: 30, 4: 20, 5: 12, 6: 8}}
_BITS = 128


def _network(values: Mapping[str, Any], convert: Any, moment: Any, exp: Any) -> Network:
    """The same network in SymPy or in Arb."""
    rate = convert(values["rate"])
    return Network(
        charges=[convert(c) for c in values["charges"]],
        positions=[[convert(entry) for entry in row] for row in _positions(values)],
        target=[convert(p) for p in values["target"]],
        rate=rate,
        decay=rate if values["kernel"] == "gaussian" else 0,
        moment=moment,
        exp=exp,
    )


def _positions(values: Mapping[str, Any]) -> Matrix:
    positions: Matrix = values["positions"]
    count, dimension = len(positions), len(positions[0])
    if len(values["charges"]) != count:
        raise InputError(f"charges holds {len(values['charges'])} numbers, but there are {count} positions")
    if dimension not in _NODES[values["kernel"]]:
        allowed = _NODES[values["kernel"]]
        raise InputError(
            f"positions of the {values['kernel']} kernel must have {min(allowed)} to {max(allowed)} coordinates, "
            f"but have {dimension}"
        )
    return positions


def _quantities(network: Network) -> dict[str, Any]:
    first, last = network.positions[0], network.positions[min(1, len(network.positions) - 1)]
    return {
        _F: network.force(first),
        _K: network.kernel(first, last),
        _CF: network.constant(),
        _LOSS: network.loss(),
        _CHARGE: network.charge_velocity(0),
        _POSITION: network.position_velocity(0, 0),
    }


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    variance = as_sympy(values["variance"])
    if values["kernel"] == "gaussian":
        integrals = kernel_integrals.derive_gaussian_integrals(as_sympy(values["rate"]), variance)
    else:
        integrals = kernel_integrals.derive_sphere_integrals(len(_positions(values)[0]))

    def moment(b: Any, powers: tuple[int, ...], decay: Any) -> sympy.Expr:
        if values["kernel"] == "gaussian":
            return kernel_integrals.gaussian_moment(b, powers, decay, variance)
        return kernel_integrals.sphere_moment(b, powers)

    network = _network(values, as_sympy, moment, sympy.exp)
    return SymbolicView((derive_loss_expansion(), derive_representation(), integrals), _quantities(network))


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    decay = values["rate"]

    def moment(b: Any, powers: tuple[int, ...], given: Any) -> flint.arb:
        if values["kernel"] == "sphere":
            return sphere_moment(b, powers)
        copies = 0 if given == 0 else (2 if _is_double(given, decay) else 1)
        return gaussian_moment(b, powers, copies * decay, values["variance"])

    with arb_precision(_BITS):
        network = _network(values, exact_arb, moment, lambda x: exact_arb(x).exp())
        return CertifiedView(values={name: arb_enclosure(exact_arb(v)) for name, v in _quantities(network).items()})


def _is_double(given: Any, decay: Any) -> bool:
    """Whether the ball `given` is that of 2 kappa, not of kappa (both are balls around exact rationals)."""
    return bool(given > exact_arb(decay * 3 / 2))


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    positions = np.array([[as_float(entry) for entry in row] for row in _positions(values)])
    charges = np.array([as_float(c) for c in values["charges"]])
    dimension = positions.shape[1]
    nodes = _NODES[values["kernel"]][dimension]
    fine, coarse = (_estimates(values, charges, positions, count) for count in (nodes, nodes - max(2, nodes // 5)))
    estimates = {
        name: Estimate(fine[name], 3 * abs(fine[name] - coarse[name]) + 1e-12 * (1 + abs(fine[name]) + fine["size"]))
        for name in (_F, _K, _CF, _LOSS, _CHARGE, _POSITION)
    }
    return NumericView(estimates, _pictures(values, charges, positions))


def _rule(values: Mapping[str, Any], dimension: int, nodes: int) -> Any:
    if values["kernel"] == "gaussian":
        return gaussian_rule(dimension, nodes, as_float(values["variance"]))
    return sphere_rule(dimension, nodes)


def _loss_function(values: Mapping[str, Any], dimension: int, nodes: int) -> Any:
    """(loss, unit, target values, weights) of the quadrature points: the integrals by their definitions."""
    x, weights = (jnp.asarray(part) for part in _rule(values, dimension, nodes))
    target = jnp.polyval(jnp.array([as_float(p) for p in reversed(values["target"])]), x[:, 0])
    rate = as_float(values["rate"])

    def unit(y: Any) -> Any:
        if values["kernel"] == "gaussian":
            return jnp.exp(-rate / 2 * jnp.sum((x[:, None] - y[None]) ** 2, axis=2))
        return jnp.exp(rate * x @ y.T)

    def loss(c: Any, y: Any) -> Any:
        return 0.5 * jnp.sum(weights * (target - unit(y) @ c / len(c)) ** 2)

    return loss, unit, target, weights


def _estimates(values: Mapping[str, Any], charges: np.ndarray, positions: np.ndarray, nodes: int) -> dict[str, float]:
    loss, unit, target, weights = _loss_function(values, positions.shape[1], nodes)
    second = min(1, len(charges) - 1)

    def found(c: Any, y: Any) -> dict[str, Any]:
        phi = unit(y)
        by_charge, by_position = jax.grad(loss, (0, 1))(c, y)
        return {
            _F: jnp.sum(weights * target * phi[:, 0]),
            _K: jnp.sum(weights * phi[:, 0] * phi[:, second]),
            _CF: jnp.sum(weights * target**2) / 2,
            _LOSS: loss(c, y),
            _CHARGE: -len(charges) * by_charge[0],
            _POSITION: -len(charges) * by_position[0, 0],
            "size": (weights @ ((jnp.abs(target)[:, None] + jnp.abs(c * phi)) * jnp.abs(phi))).max(),
        }

    computed = jax.jit(found)(jnp.asarray(charges), jnp.asarray(positions))
    return {name: float(value) for name, value in computed.items()}


_STEPS, _RECORDS = 20, 100


def _pictures(values: Mapping[str, Any], charges: np.ndarray, positions: np.ndarray) -> tuple[Plot, ...]:
    times, losses, powers = _flow(values, charges, positions)
    if not np.isfinite(losses).all():
        return ()
    descent = np.concatenate([[0.0], np.cumsum((powers[1:] + powers[:-1]) / 2 * np.diff(times))])
    return (
        Plot(
            "Gradient flow (2.1): the loss falls by the work of its gradient",
            "time t",
            "loss",
            (
                Series("line", times, losses, "loss, by quadrature"),
                Series(
                    "points", times[::10], (losses[0] - descent)[::10], "initial loss - integral of n |grad loss|^2"
                ),
            ),
            f"The loss falls from {losses[0]:.3g} to {losses[-1]:.3g}; the work of the gradient accounts for it.",
        ),
    )


def _flow(values: Mapping[str, Any], charges: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, ...]:
    """Times, losses and n |grad loss|^2 along the flow, by Runge-Kutta of order 4."""
    dimension = positions.shape[1]
    loss = _loss_function(values, dimension, max(5, _NODES[values["kernel"]][dimension] // 2))[0]
    n, size = len(charges), as_float(values["duration"]) / (_STEPS * _RECORDS)

    def velocity(state: Any) -> Any:
        return jax.tree.map(lambda g: -n * g, jax.grad(loss, (0, 1))(*state))

    def moved(state: Any, slope: Any, step: float) -> Any:
        return jax.tree.map(lambda s, v: s + step * v, state, slope)

    def advance(_: Any, state: Any) -> Any:
        k1 = velocity(state)
        k2 = velocity(moved(state, k1, size / 2))
        k3 = velocity(moved(state, k2, size / 2))
        k4 = velocity(moved(state, k3, size))
        total = jax.tree.map(lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, k1, k2, k3, k4)
        return moved(state, total, size)

    def record(state: Any, _: Any) -> Any:
        power = sum(jnp.sum(v**2) for v in velocity(state)) / n
        return jax.lax.fori_loop(0, _STEPS, advance, state), (loss(*state), power)

    start = (jnp.asarray(charges), jnp.asarray(positions))
    _, (losses, powers) = jax.jit(lambda s: jax.lax.scan(record, s, None, length=_RECORDS + 1))(start)
    return np.linspace(0, as_float(values["duration"]) * (1 + 1 / _RECORDS), _RECORDS + 1), *map(
        np.asarray, (losses, powers)
    )


CASE = case_of(
    "kernels",
    readers={
        "kernel": one_of("gaussian", "sphere"),
        "rate": bounded_rational(0, 10, open_below=True),
        "variance": bounded_rational(0, 10, open_below=True),
        "target": bounded_vector(-100, 100, 6),
        "charges": bounded_vector(-100, 100, 8),
        "positions": rational_matrix(8),
        "duration": bounded_rational(0, 100, open_below=True),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(Known(_CF, "22/35", "half the mean of (x_1^3 - x_1)^2 on the sphere |x|^2 = 3: (27/7 - 18/5 + 1)/2"),),
    errata=(
        Erratum(
            "(1.19): the loss over a training set is (1/P) sum |f(x_p) - f_n(x_p)|^2.",
            "A factor 1/2 is missing: (1/(2P)) sum |f(x_p) - f_n(x_p)|^2 approximates (1.2), as in (3.6) and (4.8).",
            lambda values: derive_batch_loss_erratum(),
        ),
        Erratum(
            "(2.12): the first variation of the energy (2.11) is F_0 - F.",
            "It is c (F_0 - F).",
            lambda values: derive_variation_erratum(),
        ),
        Erratum(
            "(2.13): F_0(t, y) is the integral of c' grad K(y, y') against the density.",
            "K stands in the place of its gradient: F_0(t, y) is the integral of c' K(y, y').",
            lambda values: derive_mean_force_erratum(),
        ),
        Erratum(
            "(3.13): dZ = n grad loss dt + sqrt(theta) dB.",
            "The drift has a minus sign: dZ = -n grad loss dt + sqrt(theta) dB, as in (3.5) and (3.15).",
            lambda values: derive_drift_erratum(),
        ),
    ),
)
