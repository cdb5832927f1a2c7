"""Rearrangements of entries: reshape, transpose, broadcast, slice, pad, reverse, concatenate, reading and adding."""

from collections.abc import Callable, Mapping, Sequence
from functools import cmp_to_key
from typing import Any

from flint import arb

from recheck.outcome import NotCovered
from recheck.program.decided import order_of
from recheck.program.kernel import Entries, Primitive, Site, added
from recheck.program.reductions import groups
from recheck.program.signature import Signature, demand, positions, strides

Parameters = Mapping[str, Any]
Shape = tuple[int, ...]
View = Callable[[Shape, Parameters], tuple[Shape, Sequence[int], int]]


def _one(operands: Sequence[Signature]) -> Signature:
    demand(len(operands) == 1, "one operand is wanted")
    return operands[0]


def _zero(signature: Signature) -> Any:
    return arb(0) if signature.is_real else False if signature.dtype == "bool" else 0


def _viewed(view: View, **kinds: str) -> Primitive:
    """Entries read at regular steps; view: (shape, parameters) -> (shape of the result, steps, start)."""

    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        source = _one(operands)
        return Signature(view(source.shape, parameters)[0], source.dtype)

    def run(site: Site, operands: list[Entries]) -> Entries:
        return [operands[0][i] for i in positions(*view(site.operands[0].shape, site.parameters))]

    return Primitive(infer, run, kinds, entire=True)


def _reshaped(shape: Shape, p: Parameters) -> tuple[Shape, Sequence[int], int]:
    wanted = tuple(p["shape"])
    size = Signature(wanted).size
    demand(min(wanted, default=1) >= 0 and size == Signature(shape).size, f"a reshape of {shape} to {wanted}")
    return wanted, strides(wanted), 0


def _transposed(shape: Shape, p: Parameters) -> tuple[Shape, Sequence[int], int]:
    demand(sorted(p["permutation"]) == list(range(len(shape))), f"the permutation {p['permutation']} of {shape}")
    steps = strides(shape)
    return tuple(shape[axis] for axis in p["permutation"]), [steps[axis] for axis in p["permutation"]], 0


def _broadcasted(shape: Shape, p: Parameters) -> tuple[Shape, Sequence[int], int]:
    wanted, axes = tuple(p["shape"]), list(p["axes"])
    demand(len(axes) == len(shape) and axes == sorted(set(axes)), f"a broadcast along {axes}")
    demand(all(0 <= a < len(wanted) for a in axes) and min(wanted, default=1) >= 0, f"a broadcast to {wanted}")
    demand(all(n in (1, wanted[a]) for n, a in zip(shape, axes, strict=True)), f"a broadcast of {shape} to {wanted}")
    steps = [0] * len(wanted)
    for axis, n, step in zip(axes, shape, strides(shape), strict=True):
        steps[axis] = step if n > 1 else 0
    return wanted, steps, 0


def _sliced(shape: Shape, p: Parameters) -> tuple[Shape, Sequence[int], int]:
    demand(all(len(p[name]) == len(shape) for name in ("starts", "limits", "strides")), f"a slice of {shape}")
    rows, steps = list(zip(shape, p["starts"], p["limits"], p["strides"], strict=True)), strides(shape)
    demand(all(0 <= a <= b <= n and s >= 1 for n, a, b, s in rows), f"a slice that leaves {shape}")
    start = sum(a * step for a, step in zip(p["starts"], steps, strict=True))
    lengths = tuple((b - a + s - 1) // s for _, a, b, s in rows)
    return lengths, [s * step for s, step in zip(p["strides"], steps, strict=True)], start


def _reversed(shape: Shape, p: Parameters) -> tuple[Shape, Sequence[int], int]:
    demand(all(0 <= axis < len(shape) for axis in p["axes"]), f"the axes {p['axes']} of {shape}")
    steps = strides(shape)
    start = sum(steps[axis] * (shape[axis] - 1) for axis in set(p["axes"]))
    return shape, [-s if axis in p["axes"] else s for axis, s in enumerate(steps)], start


def _infer_pad(operands: Sequence[Signature], p: Parameters) -> Signature:
    shape, names = _one(operands).shape, ("before", "after", "interior")
    demand(all(len(p[n]) == len(shape) and min(p[n], default=0) >= 0 for n in names), f"a padding of {shape}")
    rows = zip(shape, p["before"], p["after"], p["interior"], strict=True)
    return Signature(tuple(b + a + n + max(n - 1, 0) * i for n, b, a, i in rows), operands[0].dtype)


def _run_pad(site: Site, operands: list[Entries]) -> Entries:
    steps, p, zero = strides(site.output.shape), site.parameters, _zero(site.output)
    start = sum(b * step for b, step in zip(p["before"], steps, strict=True))
    inner = [(i + 1) * step for i, step in zip(p["interior"], steps, strict=True)]
    result: Entries = [zero] * site.output.size
    for place, entry in zip(positions(site.operands[0].shape, inner, start), operands[0], strict=True):
        result[place] = entry
    return result


def _infer_concatenate(operands: Sequence[Signature], p: Parameters) -> Signature:
    axis = p["axis"]
    demand(bool(operands) and 0 <= axis < len(operands[0].shape), "a concatenation along a missing axis")
    rest = {(s.dtype, s.shape[:axis], s.shape[axis + 1 :], len(s.shape)) for s in operands}
    demand(len(rest) == 1, "a concatenation of arrays that do not match")
    first = operands[0]
    length = sum(s.shape[axis] for s in operands)
    return Signature((*first.shape[:axis], length, *first.shape[axis + 1 :]), first.dtype)


def _run_concatenate(site: Site, operands: list[Entries]) -> Entries:
    axis, steps, start = site.parameters["axis"], strides(site.output.shape), 0
    result: Entries = [None] * site.output.size
    for signature, entries in zip(site.operands, operands, strict=True):
        for entry, place in zip(entries, positions(signature.shape, steps, start), strict=True):
            result[place] = entry
        start += signature.shape[axis] * steps[axis]
    return result


def _places(entries: Entries, size: int) -> Entries:
    NotCovered.unless(all(-1 <= place < size for place in entries), "a position outside of its array")
    return entries


def _infer_take(operands: Sequence[Signature], p: Parameters) -> Signature:
    demand(len(operands) == 2 and operands[1].dtype == "int64", "an array and int64 positions are wanted")
    return Signature(operands[1].shape, operands[0].dtype)


def _run_take(site: Site, operands: list[Entries]) -> Entries:
    size, zero = site.operands[0].size, _zero(site.operands[0])
    return [operands[0][i] if i >= 0 else zero for i in _places(operands[1], size)]


def _infer_scatter(operands: Sequence[Signature], p: Parameters) -> Signature:
    demand(len(operands) == 2 and operands[1] == Signature(operands[0].shape, "int64"), "a position for each entry")
    demand(min(p["shape"], default=1) >= 0 and operands[0].dtype != "bool", "a scatter of numbers")
    return Signature(tuple(p["shape"]), operands[0].dtype)


def _run_scatter(site: Site, operands: list[Entries]) -> Entries:
    size, zero = site.output.size, _zero(site.output)
    result: Entries = [[] for _ in range(size)]
    for place, value in zip(_places(operands[1], size), operands[0], strict=True):
        if place >= 0:
            result[place].append(value)
    return [added(terms, zero) for terms in result]


def _infer_inverse(operands: Sequence[Signature], p: Parameters) -> Signature:
    demand(_one(operands).dtype == "int64" and min(p["shape"], default=1) >= 0, "int64 positions are wanted")
    return Signature(tuple(p["shape"]), "int64")


def _run_inverse(site: Site, operands: list[Entries]) -> Entries:
    result: Entries = [-1] * site.output.size
    for source, place in enumerate(_places(operands[0], site.output.size)):
        if place >= 0:
            NotCovered.when(result[place] >= 0, "two values that are written to one place")
            result[place] = source
    return result


def _infer_order(operands: Sequence[Signature], p: Parameters) -> Signature:
    shape = operands[0].shape if operands else ()
    demand(bool(operands) and all(s.shape == shape and s.dtype != "bool" for s in operands), "keys of one shape")
    demand(0 <= p["axis"] < len(shape), "an order along a missing axis")
    return Signature(shape, "int64")


def _run_order(site: Site, operands: list[Entries]) -> Entries:
    def compare(i: int, j: int) -> int:
        for key, active in zip(operands, site.active, strict=True):
            found = order_of(key[i], key[j], active)
            if found:
                return found
        return i - j

    result: Entries = [0] * site.output.size
    for part in groups(site.output.shape, [site.parameters["axis"]]):
        for place, source in zip(part, sorted(part, key=cmp_to_key(compare)), strict=True):
            result[place] = source
    return result


STRUCTURAL: dict[str, Primitive] = {
    "reshape": _viewed(_reshaped, shape="integers"),
    "transpose": _viewed(_transposed, permutation="integers"),
    "broadcast_in_dim": _viewed(_broadcasted, shape="integers", axes="integers"),
    "slice": _viewed(_sliced, starts="integers", limits="integers", strides="integers"),
    "rev": _viewed(_reversed, axes="integers"),
    "pad": Primitive(_infer_pad, _run_pad, dict.fromkeys(("before", "after", "interior"), "integers"), entire=True),
    "concatenate": Primitive(_infer_concatenate, _run_concatenate, {"axis": "integer"}, entire=True),
    "take": Primitive(_infer_take, _run_take, entire=True),
    "scatter_add": Primitive(_infer_scatter, _run_scatter, {"shape": "integers"}, entire=True),
    "inverse_positions": Primitive(_infer_inverse, _run_inverse, {"shape": "integers"}),
    "order": Primitive(_infer_order, _run_order, {"axis": "integer"}),
}
