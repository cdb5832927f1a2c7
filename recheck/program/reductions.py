"""Sums, extrema, contractions and cumulative sums along axes."""

from collections.abc import Mapping, Sequence
from typing import Any

from flint import arb

from recheck.outcome import Undecided
from recheck.program.decided import largest_place
from recheck.program.elements import apply, value_of
from recheck.program.kernel import Entries, Kernel, Primitive, Site
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


def _infer_extremum(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    result = infer_reduced(operands, parameters)
    demand(all(operands[0].shape[axis] > 0 for axis in parameters["axes"]), "an extremum of no entries")
    return result


def _infer_sum(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 1 and operands[0].dtype != "bool", "a sum of numbers")
    return infer_reduced(operands, parameters)


def _build_sum(site: Site) -> Kernel:
    parts, dtype = groups(site.operands[0].shape, site.parameters["axes"]), site.output.dtype
    if dtype != "float64":
        return lambda operands: [wrapped(sum(operands[0][i] for i in part), dtype) for part in parts]
    return lambda operands: [added((operands[0][i] for i in part), arb(0)) for part in parts]


def _build_extremum(largest: bool) -> Any:
    def build(site: Site) -> Kernel:
        parts = groups(site.operands[0].shape, site.parameters["axes"])

        def chosen(entries: Entries) -> Any:
            if not site.output.is_real:
                return max(entries) if largest else min(entries)
            return entries[largest_place(entries, largest, True)] if site.strict else _hull(entries, largest)

        return lambda operands: [chosen([operands[0][i] for i in part]) for part in parts]

    return build


def _hull(entries: Entries, largest: bool) -> arb:
    best = entries[0]
    for entry in entries[1:]:
        best = best.max(entry) if largest else best.min(entry)
    return best


def _build_share(site: Site) -> Kernel:
    """1 at the largest (smallest) entry, 0 elsewhere: the derivative of the extremum where it is decided."""
    parts, largest = groups(site.operands[0].shape, site.parameters["axes"]), site.parameters["largest"]

    def forward(operands: list[Entries]) -> Entries:
        result: Entries = [arb(0)] * site.output.size
        for part in parts:
            result[part[largest_place([operands[0][i] for i in part], largest, True)]] = arb(1)
        return result

    return forward


def _infer_share(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    _infer_extremum(operands, parameters)
    demand(operands[0].is_real, "real entries are wanted")
    return operands[0]


def _infer_index(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(parameters["axes"]) == 1 and parameters["dtype"] in INTEGERS, "one axis, and an integer type")
    return Signature(_infer_extremum(operands, parameters).shape, parameters["dtype"])


def _build_index(site: Site) -> Kernel:
    parts, largest = groups(site.operands[0].shape, site.parameters["axes"]), site.parameters["largest"]
    dtype = site.output.dtype

    def forward(operands: list[Entries]) -> Entries:
        found = [largest_place([operands[0][i] for i in part], largest, site.strict) for part in parts]
        return [wrapped(place, dtype) for place in found]

    return forward


def _infer_cumulative(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    _infer_sum(operands, parameters)
    demand(len(parameters["axes"]) == 1, "one axis is wanted")
    return operands[0]


def _build_cumulative(site: Site) -> Kernel:
    parts, dtype = groups(site.output.shape, site.parameters["axes"]), site.output.dtype

    def forward(operands: list[Entries]) -> Entries:
        result: Entries = [None] * site.output.size
        for part in parts:
            total: Any = arb(0) if dtype == "float64" else 0
            for i in reversed(part) if site.parameters["reverse"] else part:
                total = added([operands[0][i]], total) if dtype == "float64" else wrapped(total + operands[0][i], dtype)
                result[i] = total
        return result

    return forward


def _build_log_sum(site: Site) -> Kernel:
    parts = groups(site.operands[0].shape, site.parameters["axes"])

    def total(*entries: Any) -> Any:
        shift = max((value_of(x).mid() for x in entries), key=float)
        if not shift.is_finite():
            raise Undecided("a log-sum-exp of unbounded numbers")
        return apply("log", sum((apply("exp", x - shift) for x in entries), arb(0))) + shift

    def forward(operands: list[Entries]) -> Entries:
        result = []
        for part in parts:
            entries = [operands[0][i] for i in part]
            value = total(*map(plain, entries))
            result.append(kept(value, [(x, apply("exp", plain(x) - value)) for x in entries]))
        return result

    return forward


def _infer_log_sum(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 1 and operands[0].is_real, "real entries are wanted")
    return _infer_extremum(operands, parameters)


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
    axes, tables = _axes(site.operands, site.parameters), []
    for signature, side in zip(site.operands, ("left", "right"), strict=True):
        steps = strides(signature.shape)
        tables.append(
            {
                k: positions([signature.shape[a] for a in axes[side, k]], [steps[a] for a in axes[side, k]])
                for k in _KINDS
            }
        )
    left, right = tables
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


_KINDS = ("batch", "free", "contract")


def _infer_logical(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 1 and operands[0].dtype == "bool", "booleans are wanted")
    return infer_reduced(operands, parameters)


def _logical(every: bool) -> Primitive:
    def build(site: Site) -> Kernel:
        parts, test = groups(site.operands[0].shape, site.parameters["axes"]), all if every else any
        return lambda operands: [test(operands[0][i] for i in part) for part in parts]

    return Primitive(_infer_logical, build, {"axes": "integers"})


_AXES = {"axes": "integers"}
REDUCTIONS: dict[str, Primitive] = {
    "reduce_sum": Primitive(_infer_sum, _build_sum, _AXES, entire=True),
    "reduce_max": Primitive(_infer_extremum, _build_extremum(True), _AXES),
    "reduce_min": Primitive(_infer_extremum, _build_extremum(False), _AXES),
    "extremum_share": Primitive(_infer_share, _build_share, {"axes": "integers", "largest": "boolean"}),
    "extremum_index": Primitive(
        _infer_index, _build_index, {"axes": "integers", "largest": "boolean", "dtype": "text"}
    ),
    "cumsum": Primitive(_infer_cumulative, _build_cumulative, {"axes": "integers", "reverse": "boolean"}, entire=True),
    "logsumexp": Primitive(_infer_log_sum, _build_log_sum, _AXES, entire=True),
    "reduce_and": _logical(True),
    "reduce_or": _logical(False),
    "dot_general": Primitive(
        _infer_contraction,
        _build_contraction,
        dict.fromkeys(("left_batch", "right_batch", "left_contract", "right_contract"), "integers"),
        entire=True,
    ),
}
