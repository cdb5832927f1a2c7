"""Collectives over an axis of one device: a sum, a maximum or a copy over one is the value itself.

Only `shard_map` brings them into a program, and it is opened on meshes of one device alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.rule import NEUTRAL, NOTHING, Rule, optional


def _identity(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return tuple(operands)


def _first(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.constant(np.int32(0)),)


_COPIED = Rule(_identity, {"axes": NEUTRAL})
_REDUCED = Rule(_identity, {"axes": NEUTRAL, "axis_index_groups": optional(NOTHING)})

RULES: dict[str, Rule] = {
    **dict.fromkeys(("psum", "pmax", "pmin"), _REDUCED),
    **dict.fromkeys(("psum_invariant", "pvary", "pbroadcast", "reduced_vary_cast", "vary_unreduced_cast"), _COPIED),
    "axis_index": Rule(_first, {"axis_name": NEUTRAL}),
}
