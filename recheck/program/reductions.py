"""Sums, extrema, contractions and cumulative sums along axes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flint import arb

from recheck.outcome import Undecided
from recheck.program.decided import extremum, largest_place
from recheck.program.elements import apply, divide, value_of
from recheck.program.kernel import Entries, Kernel, Primitive, Site, added, combined, kept, kind_of, plain
from recheck.program.signature import INTEGERS, Signature, demand, positions, strides, wrapped


def groups(shape: tuple[int, ...], axes: Sequence[int]) -> list[list[int]]:
    """For each entry of the reduced array the places that are reduced to it."""
    steps = strides(shape)
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    starts = positions([shape[a] for a in kept], [steps[a] for a in kept])
    offsets = positions([shape[a] for a in axes], [steps[a] for a in axes])
    return [[start + offset for offset in offsets] for start in starts]


def along(kinds: str, nonempty: bool = False, single: bool = False, each: bool = False) -> Any:
    """The shape rule along axes, for operands of these kinds; `each`: an entry for every entry of the operand."""

    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        demand(len(operands) == 1 and kind_of(operands[0]) in kinds, "one operand of another type is wanted")
        shape, axes, dtype = operands[0].shape, parameters["axes"], parameters.get("dtype", operands[0].dtype)
        demand(all(0 <= a < len(shape) for a in axes) and [*axes] == sorted(set(axes)), f"the axes {axes} of {shape}")
        demand(not nonempty or all(shape[axis] > 0 for axis in axes), "an extremum of no entries")
        demand(not single or len(axes) == 1, "one axis is wanted")
        demand("dtype" not in parameters or dtype in INTEGERS, "an integer type is wanted")
        return Signature(shape if each else tuple(n for axis, n in enumerate(shape) if axis not in axes), dtype)

    return infer


def by_groups(function: Callable[[Site, Entries], Any], each: bool = False) -> Kernel:
    """Each group of entries is reduced to one value; `each`: to a list of values, in the places of the group."""

    def run(site: Site, operands: list[Entries]) -> Entries:
        parts = groups(site.operands[0].shape, site.parameters["axes"])
        found = [function(site, [operands[0][i] for i in part]) for part in parts]
        if not each:
            return found
        placed = dict(pair for part, row in zip(parts, found, strict=True) for pair in zip(part, row, strict=True))
        return [placed[k] for k in range(site.output.size)]

    return run


def _sum(site: Site, entries: Entries) -> Any:
    return added(entries, arb(0)) if site.output.is_real else wrapped(sum(entries), site.output.dtype)


def _share(site: Site, entries: Entries) -> Entries:
    """1 at the largest (smallest) entry, 0 elsewhere: the derivative of the extremum where it is decided."""
    place = largest_place(entries, site.parameters["largest"], True)
    return [arb(int(k == place)) for k in range(len(entries))]


def _index(site: Site, entries: Entries) -> int:
    return wrapped(largest_place(entries, site.parameters["largest"], site.strict), site.output.dtype)


def _cumulative(site: Site, entries: Entries) -> Entries:
    step = -1 if site.parameters["reverse"] else 1
    result: Entries = []
    for entry in entries[::step]:
        result.append(_sum(site, [*result[-1:], entry]))
    return result[::step]


def _log_sum(site: Site, entries: Entries) -> Any:
    values = [plain(x) for x in entries]
    shift = max((value_of(x).mid() for x in values), key=float)
    Undecided.unless(shift.is_finite(), "a log-sum-exp of unbounded numbers")
    value = apply("log", sum((apply("exp", x - shift) for x in values), arb(0))) + shift
    return kept(value, [(x, apply("exp", plain(x) - value)) for x in entries])


def _softmax(site: Site, entries: Entries) -> Entries:
    def share(k: int) -> Any:
        others = sum((apply("exp", x - values[k]) for j, x in enumerate(values) if j != k), arb(0))
        return divide(arb(1), 1 + others)

    count, values = len(entries), [plain(x) for x in entries]
    shares = [share(k) for k in range(count)]
    slopes = [[shares[k] * (int(j == k) - shares[j]) for j in range(count)] for k in range(count)]
    return [kept(x, list(zip(entries, row, strict=True))) for x, row in zip(shares, slopes, strict=True)]


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


def _run_contraction(site: Site, operands: list[Entries]) -> Entries:
    axes, dtype = _axes(site.operands, site.parameters), site.output.dtype

    def places(signature: Signature, side: str, kind: str) -> list[int]:
        own, steps = axes[side, kind], strides(signature.shape)
        return positions([signature.shape[a] for a in own], [steps[a] for a in own])

    left, right = ({k: places(s, side, k) for k in _KINDS} for s, side in zip(site.operands, _SIDES, strict=True))
    batches = zip(left["batch"], right["batch"], strict=True)
    starts = [(a + i, b + j) for a, b in batches for i in left["free"] for j in right["free"]]
    (x, y), steps = operands, list(zip(left["contract"], right["contract"], strict=True))
    found = ([(x[i + k], y[j + n]) for k, n in steps] for i, j in starts)
    if dtype != "float64":
        return [wrapped(sum(p * q for p, q in pairs), dtype) for pairs in found]
    return [combined(pairs) for pairs in found]


_KINDS, _SIDES = ("batch", "free", "contract"), ("left", "right")


_AXES = {"axes": "integers"}
_WHICH, _DIRECTED = {**_AXES, "largest": "boolean"}, {**_AXES, "reverse": "boolean"}
_CONTRACTED = {f"{side}_{kind}": "integers" for side in _SIDES for kind in ("batch", "contract")}
REDUCTIONS: dict[str, Primitive] = {
    "reduce_sum": Primitive(along("fi"), by_groups(_sum), _AXES, entire=True),
    "reduce_max": Primitive(along("fib", nonempty=True), by_groups(extremum(True)), _AXES),
    "reduce_min": Primitive(along("fib", nonempty=True), by_groups(extremum(False)), _AXES),
    "extremum_share": Primitive(along("f", nonempty=True, each=True), by_groups(_share, each=True), _WHICH),
    "extremum_index": Primitive(along("fib", True, single=True), by_groups(_index), {**_WHICH, "dtype": "text"}),
    "cumsum": Primitive(along("fi", single=True, each=True), by_groups(_cumulative, True), _DIRECTED, entire=True),
    "logsumexp": Primitive(along("f", nonempty=True), by_groups(_log_sum), _AXES, entire=True),
    "softmax": Primitive(along("f", nonempty=True, each=True), by_groups(_softmax, each=True), _AXES, entire=True),
    "reduce_and": Primitive(along("b"), by_groups(lambda site, entries: all(entries)), _AXES),
    "reduce_or": Primitive(along("b"), by_groups(lambda site, entries: any(entries)), _AXES),
    "dot_general": Primitive(_infer_contraction, _run_contraction, _CONTRACTED, entire=True),
}
