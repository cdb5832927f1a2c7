"""The exact view of Hopfield networks."""

from collections.abc import Mapping
from typing import Any

import sympy

from cases.common.matrix_parameters import Matrix, sympy_matrix
from cases.common.parameters import as_sympy
from cases.hopfield.derivation import (
    derive_hopfield_hopf,
    derive_hopfield_jacobian,
    derive_hopfield_pair,
    derive_hopfield_pitchfork,
)
from cases.hopfield.system import COUNT, GAIN, STABLE, Network, network_of
from cases.model import SymbolicView
from symbolic import Derivation
from symbolic.prove_sign import number_sign


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    network = network_of(values)
    derivations: list[Derivation] = [derive_hopfield_jacobian(), derive_hopfield_pitchfork(), derive_hopfield_hopf()]
    exact: dict[str, Any] = {}
    if not any(network.bias):
        top = _largest_real_part(network.weights)
        if top is not None and number_sign(top) == 1:
            exact[GAIN] = as_sympy(network.decay) / top
        exact |= _known_counts(network)
    if _is_pair(network):
        derivations.append(derive_hopfield_pair())
    return SymbolicView(tuple(derivations), exact)


def _largest_real_part(weights: Matrix) -> sympy.Expr | None:
    """The largest real part of an eigenvalue, for one or two neurons."""
    matrix = sympy_matrix(weights)
    if matrix.rows == 1:
        return matrix[0]
    if matrix.rows != 2:
        return None
    half = matrix.trace() / 2
    discriminant = half**2 - matrix.det()
    return half + sympy.sqrt(discriminant) if discriminant > 0 else half


def _is_pair(network: Network) -> bool:
    (first, *_), *rest = network.weights
    return network.size == 2 and first == 0 == rest[0][1] and network.weights[0][1] == rest[0][0] > 0


def _known_counts(network: Network) -> dict[str, Any]:
    """One neuron, or a mutually exciting pair, without bias."""
    if network.size == 1:
        drive = network.weights[0][0]
    elif _is_pair(network):
        drive = network.weights[0][1]
    else:
        return {}
    if drive == network.decay:
        return {}
    return {COUNT: sympy.Integer(3 if drive > network.decay else 1)} | {
        STABLE: sympy.Integer(2 if drive > network.decay else 1)
    }
