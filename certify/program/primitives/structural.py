"""Rearrangements of entries: reshape, transpose, broadcast, concatenate, pad, slice, reverse."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from certify.program.primitives.primitive import Parameters, Primitive, Pull, demand
from certify.program.primitives.regularity import ENTIRE
from certify.program.signature import Signature
from certify.program.values import NumberSystem, Ternary, Value, is_plain, rearrange, ternary, truth


def _one(operands: Sequence[Signature]) -> Signature:
    demand(len(operands) == 1, f"takes one operand, got {len(operands)}")
    return operands[0]


def _moved(structural: Callable[[np.ndarray, Parameters], np.ndarray]) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        return rearrange(system, operands[0], lambda a: structural(a, parameters))

    return evaluate


def _infer_reshape(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x, shape = _one(operands), parameters["shape"]
    demand(min(shape, default=1) >= 0 and math.prod(shape) == x.size, f"cannot reshape {x} to {shape}")
    return Signature(shape, x.dtype)


def _infer_transpose(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x, permutation = _one(operands), parameters["permutation"]
    demand(sorted(permutation) == list(range(len(x.shape))), f"{permutation} permutes no axes of {x}")
    return Signature(tuple(x.shape[axis] for axis in permutation), x.dtype)


def _pull_transpose(p: Pull) -> Sequence[int]:
    inverse = tuple(int(i) for i in np.argsort(p.parameters["permutation"]))
    return (p.emitter.emit("transpose", p.cotangent, permutation=inverse),)


def _infer_broadcast(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x, shape, axes = _one(operands), parameters["shape"], parameters["axes"]
    demand(min(shape, default=1) >= 0, f"negative length in {shape}")
    demand(len(axes) == len(x.shape), f"{x} needs {len(x.shape)} target axes, got {axes}")
    demand(all(0 <= axis < len(shape) for axis in axes), f"axes {axes} leave the shape {shape}")
    demand(all(a < b for a, b in itertools.pairwise(axes)), f"axes {axes} do not increase")
    fits = all(length in (1, shape[axis]) for length, axis in zip(x.shape, axes, strict=True))
    demand(fits, f"cannot broadcast {x} to {shape} along {axes}")
    return Signature(shape, x.dtype)


def _broadcast(a: np.ndarray, parameters: Parameters) -> np.ndarray:
    shape, axes = parameters["shape"], parameters["axes"]
    spread = [1] * len(shape)
    for axis, length in zip(axes, a.shape[1:], strict=True):
        spread[axis] = length
    return np.broadcast_to(a.reshape(a.shape[0], *spread), (a.shape[0], *shape))


def _pull_broadcast(p: Pull) -> Sequence[int]:
    e, shape, axes = p.emitter, p.parameters["shape"], p.parameters["axes"]
    own = e.signature(p.operands[0]).shape
    stretched = {axis for axis, length in zip(axes, own, strict=True) if length == 1 and shape[axis] != 1}
    summed = tuple(axis for axis in range(len(shape)) if axis not in axes or axis in stretched)
    total = e.emit("reduce_sum", p.cotangent, axes=summed) if summed else p.cotangent
    return (e.emit("reshape", total, shape=own),)


def _infer_concatenate(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    axis = parameters["axis"]
    demand(len(operands) >= 1, "concatenates at least one operand")
    first = operands[0]
    demand(0 <= axis < len(first.shape), f"axis {axis} of {first}")
    others = {(s.dtype, s.shape[:axis], s.shape[axis + 1 :], len(s.shape)) for s in operands}
    demand(len(others) == 1, f"cannot concatenate {[str(s) for s in operands]} along axis {axis}")
    length = sum(s.shape[axis] for s in operands)
    return Signature((*first.shape[:axis], length, *first.shape[axis + 1 :]), first.dtype)


def _evaluate_concatenate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    axis = parameters["axis"] + 1
    examples = max(x.shape[0] for x in operands)
    full = [rearrange(system, x, lambda a: np.broadcast_to(a, (examples, *a.shape[1:]))) for x in operands]
    if all(is_plain(x) for x in full):
        return np.concatenate(full, axis)
    if any(isinstance(x, Ternary) for x in full):
        return ternary(*(np.concatenate(part, axis) for part in zip(*map(truth, full), strict=True)))
    return system.concatenate(full, axis)


def _pull_concatenate(p: Pull) -> Sequence[int]:
    e, axis = p.emitter, p.parameters["axis"]
    shares, start = [], 0
    for operand in p.operands:
        length = e.signature(operand).shape[axis]
        shares.append(_sliced(e, p.cotangent, axis, start, start + length))
        start += length
    return shares


def _sliced(emitter: Any, x: int, axis: int, start: int, stop: int) -> int:
    shape = emitter.signature(x).shape
    starts, limits = [0] * len(shape), list(shape)
    starts[axis], limits[axis] = start, stop
    return int(emitter.emit("slice", x, starts=tuple(starts), limits=tuple(limits), strides=(1,) * len(shape)))


def _infer_slice(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _one(operands)
    starts, limits, strides = (parameters[name] for name in ("starts", "limits", "strides"))
    demand(len(starts) == len(limits) == len(strides) == len(x.shape), f"a slice of {x} needs one entry an axis")
    ranges = zip(x.shape, starts, limits, strides, strict=True)
    inside = all(0 <= start <= limit <= length and stride >= 1 for length, start, limit, stride in ranges)
    demand(inside, f"the slice {starts}:{limits}:{strides} leaves {x}")
    lengths = zip(starts, limits, strides, strict=True)
    return Signature(tuple(-((start - limit) // stride) for start, limit, stride in lengths), x.dtype)


def _slice(a: np.ndarray, parameters: Parameters) -> np.ndarray:
    bounds = zip(parameters["starts"], parameters["limits"], parameters["strides"], strict=True)
    return a[(slice(None), *(slice(*b) for b in bounds))]


def _pull_slice(p: Pull) -> Sequence[int]:
    e, strides = p.emitter, p.parameters["strides"]
    own, made = e.signature(p.operands[0]).shape, e.signature(p.output).shape
    if 0 in made:
        return (e.number(0.0, own),)
    reach = [
        start + (n - 1) * stride + 1 for start, n, stride in zip(p.parameters["starts"], made, strides, strict=True)
    ]
    after = tuple(length - end for length, end in zip(own, reach, strict=True))
    inner = tuple(stride - 1 for stride in strides)
    return (e.emit("pad", p.cotangent, before=tuple(p.parameters["starts"]), after=after, interior=inner),)


def _infer_pad(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _one(operands)
    before, after, interior = (parameters[name] for name in ("before", "after", "interior"))
    demand(len(before) == len(after) == len(interior) == len(x.shape), f"padding of {x} needs one entry an axis")
    demand(all(n >= 0 for n in (*before, *after, *interior)), "padding must not be negative")
    widths = zip(x.shape, before, after, interior, strict=True)
    return Signature(tuple(b + a + n + max(n - 1, 0) * i for n, b, a, i in widths), x.dtype)


def _pad(a: np.ndarray, parameters: Parameters) -> np.ndarray:
    """Zeros before, after and between the entries."""
    widths = list(zip(parameters["before"], parameters["after"], parameters["interior"], strict=True))
    shape = [b + e + n + max(n - 1, 0) * i for n, (b, e, i) in zip(a.shape[1:], widths, strict=True)]
    result = np.zeros((a.shape[0], *shape), a.dtype)
    ends = [b + max(n - 1, 0) * (i + 1) + (n > 0) for n, (b, _, i) in zip(a.shape[1:], widths, strict=True)]
    places = tuple(slice(b, end, i + 1) for (b, _, i), end in zip(widths, ends, strict=True))
    result[(slice(None), *places)] = a
    return result


def _pull_pad(p: Pull) -> Sequence[int]:
    e = p.emitter
    shape, before, interior = e.signature(p.operands[0]).shape, p.parameters["before"], p.parameters["interior"]
    if 0 in shape:
        return (e.number(0.0, shape),)
    limits = tuple(b + (n - 1) * (i + 1) + 1 for n, b, i in zip(shape, before, interior, strict=True))
    strides = tuple(i + 1 for i in interior)
    return (e.emit("slice", p.cotangent, starts=tuple(before), limits=limits, strides=strides),)


def _infer_reverse(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = _one(operands)
    demand(all(0 <= axis < len(x.shape) for axis in parameters["axes"]), f"axes {parameters['axes']} of {x}")
    return x


PRIMITIVES = (
    Primitive(
        "reshape",
        _infer_reshape,
        _moved(lambda a, p: a.reshape(a.shape[0], *p["shape"])),
        lambda p: (p.emitter.emit("reshape", p.cotangent, shape=p.emitter.signature(p.operands[0]).shape),),
        {"shape": "integers"},
        ENTIRE,
    ),
    Primitive(
        "transpose",
        _infer_transpose,
        _moved(lambda a, p: np.transpose(a, (0, *(axis + 1 for axis in p["permutation"])))),
        _pull_transpose,
        {"permutation": "integers"},
        ENTIRE,
    ),
    Primitive(
        "broadcast_in_dim",
        _infer_broadcast,
        _moved(_broadcast),
        _pull_broadcast,
        {"shape": "integers", "axes": "integers"},
        ENTIRE,
    ),
    Primitive("concatenate", _infer_concatenate, _evaluate_concatenate, _pull_concatenate, {"axis": "integer"}, ENTIRE),
    Primitive(
        "slice",
        _infer_slice,
        _moved(_slice),
        _pull_slice,
        {"starts": "integers", "limits": "integers", "strides": "integers"},
        ENTIRE,
    ),
    Primitive(
        "pad",
        _infer_pad,
        _moved(_pad),
        _pull_pad,
        {"before": "integers", "after": "integers", "interior": "integers"},
        ENTIRE,
    ),
    Primitive(
        "rev",
        _infer_reverse,
        _moved(lambda a, p: np.flip(a, tuple(axis + 1 for axis in p["axes"]))),
        lambda p: (p.emitter.emit("rev", p.cotangent, axes=p.parameters["axes"]),),
        {"axes": "integers"},
        ENTIRE,
    ),
)
