"""Sums, extrema, contractions and cumulative sums along axes."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from flint import arb

from recheck.outcome import Undecided
from recheck.program.decided import largest_place
from recheck.program.elements import apply, divide, value_of
from recheck.program.kernel import Entries, Kernel, Primitive, Site, kind_of
from recheck.program.signature import INTEGERS, Signature, demand, positions, strides, wrapped
from recheck.program.tape import added, combined, kept, plain


def groups(shape: tuple[int, ...], axes: Sequence[int]) -> list[list[int]]:
    """For each entry of the reduced array the places that are reduced to it."""
    steps = strides(shape)
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    starts = positions([shape[a] for a in kept], [steps[a] for a in kept])
    offsets = positions([shape[a] for a in axes], [steps[a] for a in axes])
    return [[start + offset for offset in offsets] for start in starts]


def infer_reduced(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 1, "one operand is wanted")
    shape, axes = operands[0].shape, parameters["axes"]
    demand(all(0 <= a < len(shape) for a in axes) and list(axes) == sorted(set(axes)), f"the axes {axes} of {shape}")
    return Signature(tuple(n for axis, n in enumerate(shape) if axis not in axes), operands[0].dtype)


def along(kinds: str, nonempty: bool = False, single: bool = False, each: bool = False) -> Any:
    """The shape rule along axes, for operands of these kinds; `each`: an entry for every entry of the operand."""

    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        result, axes = infer_reduced(operands, parameters), parameters["axes"]
        demand(kind_of(operands[0]) in kinds, f"operands of type {operands[0].dtype}")
        demand(not nonempty or all(operands[0].shape[axis] > 0 for axis in axes), "an extremum of no entries")
        demand(not single or len(axes) == 1, "one axis is wanted")
        if "dtype" in parameters:
            demand(parameters["dtype"] in INTEGERS, "an integer type is wanted")
            return Signature(result.shape, parameters["dtype"])
        return operands[0] if each else result

    return infer


def by_groups(function_of: Callable[[Site], Callable[[Entries], Any]], each: bool = False) -> Callable[[Site], Kernel]:
    """Each group of entries is reduced to one value; `each`: to a list of values, in the places of the group."""

    def build(site: Site) -> Kernel:
        parts, function = groups(site.operands[0].shape, site.parameters["axes"]), function_of(site)

        def forward(operands: list[Entries]) -> Entries:
            found = [function([operands[0][i] for i in part]) for part in parts]
            if not each:
                return found
            placed: Entries = [None] * site.output.size
            for part, row in zip(parts, found, strict=True):
                for place, value in zip(part, row, strict=True):
                    placed[place] = value
            return placed

        return forward

    return build


def _sum(site: Site) -> Callable[[Entries], Any]:
    if site.output.is_real:
        return lambda entries: added(entries, arb(0))
    return lambda entries: wrapped(sum(entries), site.output.dtype)


def _extremum(largest: bool) -> Callable[[Site], Callable[[Entries], Any]]:
    def function_of(site: Site) -> Callable[[Entries], Any]:
        if not site.output.is_real:
            return max if largest else min
        if site.strict:
            return lambda entries: entries[largest_place(entries, largest, True)]
        return lambda entries: reduce(arb.max if largest else arb.min, entries)

    return function_of


def _share(site: Site) -> Callable[[Entries], Entries]:
    """1 at the largest (smallest) entry, 0 elsewhere: the derivative of the extremum where it is decided."""

    def shares(entries: Entries) -> Entries:
        place = largest_place(entries, site.parameters["largest"], True)
        return [arb(int(k == place)) for k in range(len(entries))]

    return shares


def _index(site: Site) -> Callable[[Entries], int]:
    largest, dtype = site.parameters["largest"], site.output.dtype
    return lambda entries: wrapped(largest_place(entries, largest, site.strict), dtype)


def _cumulative(site: Site) -> Callable[[Entries], Entries]:
    total, step = _sum(site), -1 if site.parameters["reverse"] else 1

    def sums(entries: Entries) -> Entries:
        result: Entries = []
        for entry in entries[::step]:
            result.append(total([*result[-1:], entry]))
        return result[::step]

    return sums


def _log_sum(site: Site) -> Callable[[Entries], Any]:
    def total(*entries: Any) -> Any:
        shift = max((value_of(x).mid() for x in entries), key=float)
        Undecided.unless(shift.is_finite(), "a log-sum-exp of unbounded numbers")
        return apply("log", sum((apply("exp", x - shift) for x in entries), arb(0))) + shift

    def kept_total(entries: Entries) -> Any:
        value = total(*map(plain, entries))
        return kept(value, [(x, apply("exp", plain(x) - value)) for x in entries])

    return kept_total


def _softmax(site: Site) -> Callable[[Entries], Entries]:
    def share(k: int, entries: Entries) -> Any:
        others = sum((apply("exp", x - entries[k]) for j, x in enumerate(entries) if j != k), arb(0))
        return divide(arb(1), 1 + others)

    def all_shares(entries: Entries) -> Entries:
        count, values = len(entries), [plain(x) for x in entries]
        shares = [share(k, values) for k in range(count)]
        slopes = [[shares[k] * (int(j == k) - shares[j]) for j in range(count)] for k in range(count)]
        return [kept(x, list(zip(entries, row, strict=True))) for x, row in zip(shares, slopes, strict=True)]

    return all_shares


def _infer_contraction(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 2 and operands[0].dtype == operands[1].dtype != "bool", "two operands of one type")
    axes = _axes(operands, parameters)
    for kind in ("batch", "contract"):
        lengths = [[s.shape[a] for a in axes[side, kind]] for s, side in zip(operands, ("left", "right"), strict=True)]
        demand(lengths[0] == lengths[1], "contracted axes of different lengths")
    shape = [operands[0].shape[a] for a in axes["left", "batch"]]
    shape += [s.shape[a] for s, side in zip(operands, ("left", "right"), strict=True) for a in axes[side, "free"]]
    return Signature(tuple(shape), operands[0].dtype)


def _axes(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> dict[tuple[str, str], list[int]]:
    result = {}
    for signature, side in zip(operands, ("left", "right"), strict=True):
        batch, contract = parameters[f"{side}_batch"], parameters[f"{side}_contract"]
        used = [*batch, *contract]
        demand(len(set(used)) == len(used) and all(0 <= a < len(signature.shape) for a in used), f"the axes {used}")
        result[side, "batch"], result[side, "contract"] = list(batch), list(contract)
        result[side, "free"] = [a for a in range(len(signature.shape)) if a not in used]
    return result


def _build_contraction(site: Site) -> Kernel:
    axes = _axes(site.operands, site.parameters)

    def places(signature: Signature, side: str, kind: str) -> list[int]:
        own, steps = axes[side, kind], strides(signature.shape)
        return positions([signature.shape[a] for a in own], [steps[a] for a in own])

    left, right = ({k: places(s, side, k) for k in _KINDS} for s, side in zip(site.operands, _SIDES, strict=True))
    dtype = site.output.dtype
    triples = [
        ([i + k for k in left["contract"]], [j + k for k in right["contract"]])
        for a, b in zip(left["batch"], right["batch"], strict=True)
        for i in (a + f for f in left["free"])
        for j in (b + f for f in right["free"])
    ]

    def forward(operands: list[Entries]) -> Entries:
        x, y = operands
        if dtype != "float64":
            return [wrapped(sum(x[i] * y[j] for i, j in zip(p, q, strict=True)), dtype) for p, q in triples]
        return [combined([(x[i], y[j]) for i, j in zip(p, q, strict=True)]) for p, q in triples]

    return forward


_KINDS, _SIDES = ("batch", "free", "contract"), ("left", "right")


_AXES = {"axes": "integers"}
_WHICH = {**_AXES, "largest": "boolean"}
REDUCTIONS: dict[str, Primitive] = {
    "reduce_sum": Primitive(along("fi"), by_groups(_sum), _AXES, entire=True),
    "reduce_max": Primitive(along("fib", nonempty=True), by_groups(_extremum(True)), _AXES),
    "reduce_min": Primitive(along("fib", nonempty=True), by_groups(_extremum(False)), _AXES),
    "extremum_share": Primitive(along("f", nonempty=True, each=True), by_groups(_share, each=True), _WHICH),
    "extremum_index": Primitive(along("fib", True, single=True), by_groups(_index), {**_WHICH, "dtype": "text"}),
    "cumsum": Primitive(
        along("fi", single=True, each=True), by_groups(_cumulative, True), {**_AXES, "reverse": "boolean"}, entire=True
    ),
    "logsumexp": Primitive(along("f", nonempty=True), by_groups(_log_sum), _AXES, entire=True),
    "softmax": Primitive(along("f", nonempty=True, each=True), by_groups(_softmax, each=True), _AXES, entire=True),
    "reduce_and": Primitive(along("b"), by_groups(lambda site: all), _AXES),
    "reduce_or": Primitive(along("b"), by_groups(lambda site: any), _AXES),
    "dot_general": Primitive(
        _infer_contraction,
        _build_contraction,
        dict.fromkeys(("left_batch", "right_batch", "left_contract", "right_contract"), "integers"),
        entire=True,
    ),
}
