"""The proved view of residual networks."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from cases.model import CertifiedView, Task
from cases.resnet.proofs import Block, arb_matrix, layer_is_injective, lipschitz_on_box, network
from cases.resnet.system import (
    DETERMINANT,
    INJECTIVE,
    LIPSCHITZ,
    PRECISION,
    block_of,
    end_name,
    error_name,
    limit_name,
)
from certify.arithmetic.rational import rational_ball
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb
from certify.linear_algebra import spectral_norm
from certify.verdict import Verdict
from foundation.arb_precision import arb_precision

_LARGEST_FLOW, _SECONDS = 64, 8.0


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    block, layers = block_of(values), values["layers"]
    constant, pieces = lipschitz_on_box(block, rational_ball(np.array(values["start"], dtype=object)), values["radius"])
    proved: dict[str, Any] = {LIPSCHITZ: constant, INJECTIVE: layer_is_injective(block, constant, pieces)}
    with arb_precision(PRECISION):
        last, product = network(block, values["start"], layers)
        proved[DETERMINANT] = arb_enclosure(product)
        exact = _exact_flow(values, block)
        for i in range(len(last)):
            if exact is not None:
                proved[end_name(i)] = arb_enclosure(exact[0][i])
                proved[error_name(i)] = arb_enclosure(layers * (exact[0][i] - last[i]))
                proved[limit_name(i)] = arb_enclosure(exact[1][i])
            else:
                bound = euler_bound(block, values["horizon"])
                proved[error_name(i)] = proved[limit_name(i)] = Enclosure(-bound, bound)
    return CertifiedView(_flow_tasks(values, block, [] if exact else last), proved)


def _flow_tasks(values: Mapping[str, Any], block: Block, last: list[flint.arb]) -> tuple[Task, ...]:
    """The flow of (h, T E), E the coefficient of the error, over the time T; none for large blocks.

    last: h_L where the error and its limit are wanted of the certificate, else empty.
    """
    size = len(values["start"])
    if size * len(block.bias) > _LARGEST_FLOW:
        return ()
    quantities = {} if not last else {limit_name(i): f"coordinate_{size + i + 1}" for i in range(size)}
    arguments = {
        "field": block.field_and_error(values["horizon"]),
        "x": [*values["start"], *[Fraction(0)] * size],
        "time": values["horizon"],
        "tolerance": 1e-18,
        "budget": _SECONDS,
    }
    label = "the differential equation"
    return (Task(label, "time-map", arguments, quantities, lambda found: _of_end(found, values, last)),)


def _of_end(found: Certificate, values: Mapping[str, Any], last: list[flint.arb]) -> dict[str, Enclosure | Verdict]:
    """h(T) where no closed form gives it, and L (h(T) - h_L)."""
    proved: dict[str, Enclosure | Verdict] = {}
    for i, layer in enumerate(last):
        bounds = found.number(f"coordinate_{i + 1}")
        assert bounds is not None
        with arb_precision(PRECISION):
            end = flint.arb(bounds.lower).union(flint.arb(bounds.upper))
            proved |= {end_name(i): bounds, error_name(i): arb_enclosure(values["layers"] * (end - layer))}
    return proved


def _exact_flow(values: Mapping[str, Any], block: Block) -> tuple[list[flint.arb], list[flint.arb]] | None:
    """(h(T), limit of L times the error) by closed forms: affine blocks, and one tanh neuron; None for others."""
    start, horizon = [exact_arb(x) for x in values["start"]], exact_arb(values["horizon"])
    if block.is_affine:
        return _affine_flow(block, start, horizon)
    if block.activation != "tanh" or len(start) != 1 or len(block.bias) != 1:
        return None
    w, v, b = (exact_arb(x) for x in (block.inner[0][0], block.outer[0][0], block.bias[0]))
    middle = w * start[0] + b
    if w == 0 or v == 0 or middle == 0:
        return [start[0] + horizon * v * middle.tanh()], [flint.arb(0)]
    grown = (w * v * horizon).exp() * middle.sinh()
    speed = v * grown.asinh().tanh()
    growth = (speed / (v * middle.tanh())).log()
    return [(grown.asinh() - b) / w], [horizon * speed * growth / 2]


def _affine_flow(block: Block, start: list[flint.arb], horizon: flint.arb) -> tuple[list[flint.arb], list[flint.arb]]:
    """h' = A h + c through exp of [[A, c], [0, 0]] T; the limit is T^2 A exp(A T) f(x) / 2."""
    outer, size = arb_matrix(block.outer), len(start)
    slopes = outer * arb_matrix(block.inner)
    constant = outer * arb_matrix([[entry] for entry in block.bias])
    rows = [[*(horizon * slopes[i, j] for j in range(size)), horizon * constant[i, 0]] for i in range(size)]
    flow = flint.arb_mat([*rows, [flint.arb(0)] * (size + 1)]).exp()
    end = flow * flint.arb_mat([*([x] for x in start), [flint.arb(1)]])
    speed = slopes * flint.arb_mat([[x] for x in start]) + constant
    linear = flint.arb_mat([[flow[i, j] for j in range(size)] for i in range(size)])
    limit = slopes * linear * speed
    return [end[i, 0] for i in range(size)], [horizon * horizon * limit[i, 0] / 2 for i in range(size)]


def euler_bound(block: Block, horizon: Fraction) -> float:
    """T M (exp(K T) - 1) / (2 K), a bound of L |h(T) - h_L| for bounded blocks.

    K >= |V| |W| sup |sigma'| is a Lipschitz constant of f on the whole space, and M = K |V| sqrt(k) bounds |h''| =
    |Df f| since |sigma| <= 1 [E. Hairer, S. Norsett, G. Wanner, Solving Ordinary Differential Equations I, I.7].
    """
    outer = exact_arb(spectral_norm(rational_ball(np.array(block.outer, dtype=object))).upper)
    inner = exact_arb(spectral_norm(rational_ball(np.array(block.inner, dtype=object))).upper)
    steep = outer * inner * (1 if block.activation == "tanh" else flint.arb(1) / 4)
    speed = outer * flint.arb(len(block.bias)).sqrt()
    time = exact_arb(horizon)
    return arb_enclosure(time * speed * ((steep * time).exp() - 1) / 2).upper
