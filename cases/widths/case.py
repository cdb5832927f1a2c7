"""Non-augmented, augmented and bottleneck architectures: a disjoint and complete division of all width tuples."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from cases.common.exact_formulas import minus, values_task
from cases.common.parameters import whole_number
from cases.common.plot import Plot, Series
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.widths.derivation import WidthCounts, count_by_binomials, count_by_rises, derive_width_types
from certify.enclosure import Enclosure
from certify.verdict import Verdict
from foundation import InputError

_TYPES = ("non-augmented", "augmented", "bottleneck")
_MOST_TUPLES = 4_000_000
# Wider ones have matrices of walks that are too large for a certificate.
_WIDEST_COUNTED = 12


def types_of(widths: np.ndarray) -> np.ndarray:
    """Whether each tuple (N, L + 1) is non-augmented, augmented, has a bottleneck: (N, 3), from the definitions."""
    steps = np.diff(widths, axis=1)
    falling = (steps <= 0).all(axis=1)
    peak = np.argmax(widths, axis=1)
    place = np.arange(steps.shape[1])
    rises_to_peak = ((steps >= 0) | (place >= peak[:, None])).all(axis=1)
    falls_from_peak = ((steps <= 0) | (place < peak[:, None])).all(axis=1)
    augmented = (widths.max(axis=1) > widths[:, 0]) & rises_to_peak & falls_from_peak
    bottleneck = np.zeros(len(widths), bool)
    for layer in range(1, widths.shape[1] - 1):
        wider_before = (widths[:, :layer] > widths[:, layer, None]).any(axis=1)
        bottleneck |= wider_before & (widths[:, layer + 1 :] > widths[:, layer, None]).any(axis=1)
    return np.stack([falling, augmented, bottleneck], axis=1)


def _limits(values: Mapping[str, Any]) -> tuple[range, range, range, int]:
    """Depths, input widths, output widths, the largest width."""
    least, most, widest = values["min_depth"], values["max_depth"], values["max_width"]
    if least > most:
        raise InputError(f"min_depth must be at most max_depth = {most}, but is {least}")
    ends = []
    for name in ("input_width", "output_width"):
        fixed = values[name]
        if fixed is not None and fixed > widest:
            raise InputError(f"{name} must be at most max_width = {widest}, but is {fixed}")
        ends.append(range(1, widest + 1) if fixed is None else range(fixed, fixed + 1))
    tuples = sum(len(ends[0]) * len(ends[1]) * widest ** (depth - 1) for depth in range(least, most + 1))
    if tuples > _MOST_TUPLES:
        raise InputError(f"these limits admit {tuples} tuples, more than {_MOST_TUPLES}; lower max_depth or max_width")
    return range(least, most + 1), ends[0], ends[1], widest


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    depths, inputs, outputs, widest = _limits(values)
    counts = count_by_binomials(depths, inputs, outputs, widest)
    proof = derive_width_types(depths, len(inputs), len(outputs), widest, counts)
    exact: dict[str, Any] = {name: sympy.Integer(number) for name, number in _named(counts).items()}
    return SymbolicView((proof,), exact)


def _named(counts: WidthCounts) -> dict[str, int]:
    numbers = (counts.non_augmented, counts.augmented, counts.bottleneck)
    return {f"{name} tuples": number for name, number in zip(_TYPES, numbers, strict=True)} | {"all": counts.total}


def _numeric(values: Mapping[str, Any]) -> NumericView:
    depths, *_ = _limits(values)
    by_depth = np.array([_types_at(values, depth).sum(axis=0) for depth in depths])
    found = dict(zip((f"{name} tuples" for name in _TYPES), by_depth.sum(axis=0).tolist(), strict=True))
    found["all"] = sum(len(_types_at(values, depth)) for depth in depths)
    return NumericView(
        {name: Estimate(float(number), 0.0) for name, number in found.items()}, (_plot(depths, by_depth),)
    )


def _types_at(values: Mapping[str, Any], depth: int) -> np.ndarray:
    """The types of all tuples of one depth."""
    _, inputs, outputs, widest = _limits(values)
    ranges = [np.array(inputs), *(np.arange(1, widest + 1) for _ in range(depth - 1)), np.array(outputs)]
    return types_of(np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, depth + 1))


def _plot(depths: range, counts: np.ndarray) -> Plot:
    share = counts / counts.sum(axis=1, keepdims=True)
    series = tuple(Series("path", np.array(depths, float), share[:, k], name, tone=k) for k, name in enumerate(_TYPES))
    last = ", ".join(f"{name} {100 * share[-1, k]:.1f} %" for k, name in enumerate(_TYPES))
    return Plot(
        "Shares of the three types of architectures",
        "depth L",
        "share of all width tuples",
        series,
        f"Three curves over the depth; at depth {depths[-1]} the shares are {last}.",
        {"y_limits": (-0.03, 1.03)},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    depths, inputs, outputs, widest = _limits(values)
    counts = _named(count_by_rises(depths, inputs, outputs, widest))
    proved: dict[str, Any] = {name: Enclosure(float(number), float(number)) for name, number in counts.items()}
    one_type = all((_types_at(values, depth).sum(axis=1) == 1).all() for depth in depths)
    proved["every tuple is of exactly one type"] = Verdict.PROVED if one_type else Verdict.REFUTED
    tasks = (_task(depths, inputs, outputs, widest),) if widest <= _WIDEST_COUNTED else ()
    return CertifiedView(tasks, proved)


def _task(depths: range, inputs: range, outputs: range, widest: int) -> Task:
    """Walks of L + 2 steps from a source over widths to a sink: falling ones, and falling ones after rising ones.

    A tuple without a rise after a fall rises weakly until its first fall and falls weakly after it, in one way.
    """
    source, sink = 0, 2 * widest + 1
    falling = [[0] * (widest + 2) for _ in range(widest + 2)]
    either = [[0] * (sink + 1) for _ in range(sink + 1)]
    for w in inputs:
        falling[source][w] = either[source][w] = 1
    for w in range(1, widest + 1):
        for v in range(1, widest + 1):
            falling[w][v] = either[widest + w][widest + v] = int(v <= w)
            either[w][v], either[w][widest + v] = int(v >= w), int(v < w)
    for w in outputs:
        falling[w][widest + 1] = either[w][sink] = either[widest + w][sink] = 1
    walks = {
        "falling": ["+", *(["power-entry", falling, depth + 2, 1, widest + 2] for depth in depths)],
        "either": ["+", *(["power-entry", either, depth + 2, 1, sink + 1] for depth in depths)],
        "all": ["+", *(["*", len(inputs) * len(outputs), ["^", widest, depth - 1]] for depth in depths)],
    }
    formulas = {
        "non-augmented tuples": walks["falling"],
        "- tuples without a rise after a fall": walks["either"],
        "all": walks["all"],
        "augmented tuples": ["+", ["value", 2], minus(["value", 1])],
        "bottleneck tuples": ["+", ["value", 3], minus(["value", 2])],
    }
    return values_task("numbers of tuples", formulas)


CASE = case_of(
    "widths",
    readers={
        "min_depth": whole_number(1, 12),
        "max_depth": whole_number(1, 12),
        "max_width": whole_number(1, 64),
        "input_width": whole_number(1, 64),
        "output_width": whole_number(1, 64),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known("non-augmented tuples", "325", "independent enumeration"),
        Known("augmented tuples", "1940", "independent enumeration"),
        Known("bottleneck tuples", "19575", "independent enumeration"),
        Known("all", "21840", "sum of 4^2, ..., 4^7"),
        Known("every tuple is of exactly one type", "PROVED", "section 2.1"),
    ),
)
