"""The exact view of residual networks."""

from collections.abc import Mapping
from typing import Any

import sympy

from cases.common.matrix_parameters import Matrix, sympy_matrix
from cases.common.parameters import as_sympy
from cases.model import SymbolicView
from cases.resnet.derivation import derive_euler_order, derive_injectivity, derive_layer
from cases.resnet.proofs import Block
from cases.resnet.system import (
    DETERMINANT,
    EXACT_LAYERS,
    INJECTIVE,
    LIPSCHITZ,
    ORDER,
    block_of,
    end_name,
    error_name,
    limit_name,
)
from certify.verdict import Verdict


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    block, derivations = block_of(values), [derive_euler_order(), derive_injectivity()]
    inner, outer = sympy_matrix(Matrix(block.inner)), sympy_matrix(Matrix(block.outer))
    if max(inner.shape) <= 3:
        bias = [as_sympy(entry) for entry in block.bias]
        derivations.append(derive_layer(inner, outer, bias, as_sympy(block.step), block.activation))
    exact: dict[str, Any] = {ORDER: sympy.Integer(1)}
    if block.is_affine:
        one_layer = sympy.eye(outer.rows) + as_sympy(block.step) * outer * inner
        exact[INJECTIVE] = Verdict.PROVED if one_layer.det() != 0 else Verdict.REFUTED
        if values["layers"] <= EXACT_LAYERS and outer.rows <= 3:
            exact[DETERMINANT] = one_layer.det() ** values["layers"]
            exact = {name: value for name, value in exact.items() if _is_short(value)}
    if inner.shape == (1, 1):
        exact |= _one_neuron(values, block)
    return SymbolicView(tuple(derivations), exact)


def _is_short(value: Any) -> bool:
    """Whether an exact answer can be read."""
    return isinstance(value, Verdict) or all(max(abs(n.p), n.q) < 10**30 for n in value.atoms(sympy.Rational))


def _one_neuron(values: Mapping[str, Any], block: Block) -> dict[str, Any]:
    """Closed forms for d = k = 1: h' = v (w h + b), and h' = v tanh(w h + b)."""
    w, v, b = (as_sympy(x) for x in (block.inner[0][0], block.outer[0][0], block.bias[0]))
    x, horizon, step = as_sympy(values["start"][0]), as_sympy(values["horizon"]), as_sympy(block.step)
    exact: dict[str, Any] = {}
    if block.is_affine:
        exact[LIPSCHITZ] = abs(step * v * w)
        rate, speed = v * w, v * (w * x + b)
        end = x + speed * ((sympy.exp(rate * horizon) - 1) / rate if rate else horizon)
        exact[end_name(0)] = end
        exact[limit_name(0)] = horizon**2 * rate * speed * sympy.exp(rate * horizon) / 2
        if values["layers"] <= EXACT_LAYERS:
            last = x + speed * (((1 + step * rate) ** values["layers"] - 1) / rate if rate else horizon)
            error = values["layers"] * (end - last)
            exact |= {error_name(0): error} if _is_short(last) else {}
    elif block.activation == "tanh":
        middle, radius = w * x + b, abs(w) * as_sympy(values["radius"])
        nearest = max(sympy.Integer(0), abs(middle) - radius)
        exact[LIPSCHITZ] = abs(step * v * w) * (1 - sympy.tanh(nearest) ** 2)
        if w * v != 0 and middle != 0:
            last_speed = v * sympy.tanh(w * _tanh_flow(w, v, b, x, horizon) + b)
            growth = sympy.log(last_speed / (v * sympy.tanh(middle)))
            exact[limit_name(0)] = horizon * last_speed * growth / 2
    return exact


def _tanh_flow(w: Any, v: Any, b: Any, x: Any, horizon: Any) -> sympy.Expr:
    """h' = v tanh(w h + b): sinh(w h + b) grows like exp(w v t)."""
    grown = sympy.exp(w * v * horizon) * sympy.sinh(w * x + b)
    return (sympy.log(grown + sympy.sqrt(grown**2 + 1)) - b) / w
