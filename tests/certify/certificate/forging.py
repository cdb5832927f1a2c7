"""Changes that a forger may make to the data of a certificate, one field at a time."""

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.encoding import encode, input_hash
from certify.certificate.file import _digest
from certify.enclosure import Enclosure
from certify.program import Program

Path = tuple[Any, ...]
FLOATS = (0.0, -0.0, -1.0, 1.0, 5e-324, -1e-160, 1e160, 1.7e308, math.nan, math.inf, -math.inf)
INTEGERS = (0, -1, 1, 2, 2**31, 2**62, -(2**62))


def resigned(record: dict[str, Any]) -> bytes:
    """A forger's file: a changed record with a fresh digest."""
    return json.dumps({**record, "digest": _digest(record)}).encode()


def fresh(record: dict[str, Any], problem: Any) -> bytes:
    """The same with the hash of the changed problem."""
    return resigned({**record, "problem": encode(problem), "input_hash": input_hash(problem)})


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every entry of a tree of exact data that is no list or dict, with its path."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    elif isinstance(tree, list | tuple) and not (len(tree) > 8 and isinstance(tree[0], float | int | Fraction)):
        for k, value in enumerate(tree):
            yield from leaves(value, (*path, k))
    else:
        yield path, tree


def dicts(tree: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every dict of a tree, with its path."""
    if isinstance(tree, dict):
        yield path, tree
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from dicts(value, (*path, key))


def changed(tree: Any, path: Path, value: Any) -> Any:
    """A copy of the tree with the entry at `path` replaced."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(tree, dict):
        return {**tree, head: changed(tree[head], rest, value)}
    return [changed(item, rest, value) if k == head else item for k, item in enumerate(tree)]


def forgeries(value: Any, rng: np.random.Generator) -> list[Any]:
    """Other values for one leaf."""
    if isinstance(value, bool) or value is None:
        return [not value, 1, "yes"]
    if isinstance(value, int):
        return [*INTEGERS, value + 1, value - 1, float(value), str(value), True]
    if isinstance(value, float):
        near = (math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
        return [*FLOATS, *near, value * (1 + 1e-9), -value, 2 * value, 0.5 * value, 1, "1", None]
    if isinstance(value, str):
        return ["", value + "x", value[::-1], "none", "adam", 1, None]
    if isinstance(value, Fraction):
        return [Fraction(0), -value, value + 1, value * 2, Fraction(1, 10**300), Fraction(10**300), float(value)]
    if isinstance(value, np.ndarray):
        return _arrays(value, rng)
    if isinstance(value, Ball):
        moved = [Ball(other, value.rad) for other in _arrays(value.mid, rng) if _fits(other, value)]
        return [*moved, Ball(value.mid, value.rad + 1.0), Ball(value.mid, np.full(value.shape, np.inf)), value.mid]
    if isinstance(value, list):
        return [[], value[:-1], [*value, value[-1]], value[::-1]]
    assert isinstance(value, Program | Enclosure), type(value)
    return [None, 1.0]


def _fits(array: Any, value: Ball) -> bool:
    fits = isinstance(array, np.ndarray) and array.shape == value.shape and array.dtype == np.float64
    return fits and bool(np.isfinite(array).all())


def _arrays(value: np.ndarray, rng: np.random.Generator) -> list[Any]:
    """One entry changed, other shapes, other types."""
    found: list[Any] = [value.astype(np.int64) if value.dtype != np.int64 else value.astype(np.float64)]
    found += [value.reshape(-1), value[None], np.zeros((0, *value.shape[1:]), value.dtype), None, 0.5]
    if value.ndim and len(value):
        found += [value[:-1], np.concatenate([value, value[-1:]]), value[::-1].copy()]
    if not value.size:
        return [item for item in found if not isinstance(item, np.ndarray) or np.isfinite(item).all()]
    place = int(rng.integers(value.size))
    old = value.reshape(-1)[place]
    if value.dtype == np.float64:
        others = [*FLOATS, *(np.nextafter(old, side) for side in (-np.inf, np.inf)), old + 1e-3, 50.0]
    else:
        others = [not old] if value.dtype == np.bool_ else [0, 1, -1, 2**62, int(old) + 1]
    for other in others:
        array = value.copy()
        array.reshape(-1)[place] = other
        found.append(array)
    return found
