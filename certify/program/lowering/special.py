"""JAX primitives of special functions."""

from collections.abc import Mapping, Sequence
from typing import Any

from certify.program.builder import Builder
from certify.program.lowering.rule import NEUTRAL, Lowering, Rule, optional
from certify.program.primitives.primitive import elementwise_shape, stretched
from foundation import InputError


def _renamed(name: str, **parameters: int) -> Lowering:
    def rule(builder: Builder, operands: Sequence[int], given: Mapping[str, Any]) -> Sequence[int]:
        shape = elementwise_shape([builder.signature(x) for x in operands])
        return (builder.emit(name, *(stretched(builder, x, shape) for x in operands), **parameters),)

    return rule


def whole_number(builder: Builder, ref: int, what: str) -> int:
    """The whole number that a constant holds in every entry; `InputError` where it is none."""
    known = builder.value(ref)
    node = builder.nodes[ref]
    while known is None and node.primitive in ("broadcast_in_dim", "reshape", "convert"):
        known, node = builder.value(node.operands[0]), builder.nodes[node.operands[0]]
    if known is None or known.size == 0 or (known != known.flat[0]).any() or float(known.flat[0]) % 1 != 0:
        raise InputError(f"{what} must be one whole number that does not depend on the inputs")
    return int(known.flat[0])


def _polygamma(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    order = whole_number(builder, operands[0], "the order of polygamma")
    return (builder.emit("polygamma", operands[1], order=order),)


def _refused(reason: str) -> Lowering:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        raise InputError(reason)

    return rule


_ACCURACY = {"accuracy": optional(NEUTRAL)}

RULES: dict[str, Rule] = {
    **{name: Rule(_renamed(name), _ACCURACY) for name in ("lgamma", "digamma", "igamma", "igammac", "zeta", "erf_inv")},
    "regularized_incomplete_beta": Rule(_renamed("betainc"), _ACCURACY),
    "bessel_i0e": Rule(_renamed("bessel_ie", order=0), _ACCURACY),
    "bessel_i1e": Rule(_renamed("bessel_ie", order=1), _ACCURACY),
    "polygamma": Rule(_polygamma, _ACCURACY),
    "nextafter": Rule(_refused("the neighbour of a float is not a function of real numbers")),
    "igamma_grad_a": Rule(_refused("the derivative of igamma by its shape is not enclosed; keep the shape constant")),
    "random_gamma_grad": Rule(_refused("the derivative of a gamma sample by its shape is not enclosed")),
}
