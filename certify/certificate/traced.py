"""How a certificate's programs were compared with JAX when they were traced: never proved, shown as recorded."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from certify.certificate.records import is_version
from certify.program.codec import SOURCE, written_source
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Program
from certify.program.record import NOT_FINITE, UNDECIDED, TraceRecord, Wrap
from certify.program.signature import ELEMENT_TYPES
from foundation import CertificateError

# A trace compares at three points; many times as many fit, and nobody reads longer lists.
_MOST_POINTS, _MOST_PLACES = 1000, 32
_MOST_TIMES = 2**40
# Why a point was not compared, in words from a closed list; the default is for what lies outside of the domain.
_NOT_EVALUATED = "not evaluated"
_WORDS = {NOT_FINITE: "not finite", UNDECIDED: "undecided"}
_REASONS = (_NOT_EVALUATED, *_WORDS.values())


def records_of(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The records of the problem's programs, by their names; none for a program that came out of a file."""
    programs = {name: value for name, value in problem.items() if isinstance(value, Program)}
    return {name: _as_data(value.record) for name, value in programs.items() if value.record is not None}


def check_traced(traced: Any, problem: Any) -> None:
    """Records of programs of the problem, any tree; raises `CertificateError` on anything else."""
    entries = problem.items() if isinstance(problem, dict) else ()
    programs = {name for name, value in entries if isinstance(value, Program)}
    if not isinstance(traced, dict) or not set(traced) <= programs:
        raise CertificateError("the certificate records a comparison with JAX of what is not a program of its problem")
    for name, record in traced.items():
        good = isinstance(record, dict) and set(record) == set(_ENTRIES)
        if not good or not all(is_good(record[entry]) for entry, is_good in _ENTRIES.items()):
            raise CertificateError(f"the certificate's record of the comparison of {name!r:.80} with JAX is malformed")


def traced_text(record: Mapping[str, Any]) -> str:
    """One record in words, such as "compared with JAX 0.10.2 at 2 points; 1 not compared (undecided)"."""
    points = record["points"]
    parts = [f"compared with JAX {record['jax']} at {points} point{'s' * (points != 1)}"]
    if points:
        parts.append(f"largest relative difference beyond rounding {record['difference']:.2g}")
    if record["rounding"]:
        parts.append(f"at {record['rounding']} of them a larger one is JAX's own rounding")
    parts += [f"{record['skipped'].count(why)} not compared ({why})" for why in _REASONS if why in record["skipped"]]
    parts += [f"wrapped around: {Wrap(*wrap)}" for wrap in record["wraps"]]
    return "; ".join(parts)


def _as_data(record: TraceRecord) -> dict[str, Any]:
    return {
        "jax": record.jax,
        "points": record.points,
        "rounding": record.rounding,
        "difference": record.difference,
        "skipped": [_WORDS.get(why, _NOT_EVALUATED) for why in record.skipped],
        "wraps": [[w.primitive, w.dtype, written_source(w.source), w.times] for w in record.wraps[:_MOST_PLACES]],
    }


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MOST_POINTS


def _is_difference(value: Any) -> bool:
    return type(value) is float and math.isfinite(value) and value >= 0


def _are_reasons(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_POINTS and all(why in _REASONS for why in value)


def _are_wraps(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_PLACES and all(map(_is_wrap, value))


def _is_wrap(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 4:
        return False
    primitive, dtype, source, times = value
    known = isinstance(primitive, str) and primitive in PRIMITIVES and isinstance(dtype, str) and dtype in ELEMENT_TYPES
    place = isinstance(source, str) and (not source or SOURCE.fullmatch(source) is not None)
    return known and place and type(times) is int and 1 <= times <= _MOST_TIMES


_ENTRIES: dict[str, Callable[[Any], bool]] = {
    "jax": is_version,
    "points": _is_count,
    "rounding": _is_count,
    "difference": _is_difference,
    "skipped": _are_reasons,
    "wraps": _are_wraps,
}
