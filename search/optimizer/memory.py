"""How the memory of an optax optimiser rests: proposed by running it without a gradient."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Arrays = list[np.ndarray]

# Memories that settle away from zero are looked for so long: 0.999^60000 is below rounding.
_LONG = 60_000
_LATE = 2.0**24
# Beyond this a memory has not settled after `_LONG` steps.
_SLOWEST = 1 - 2.0**-16
# The longest period of a counter, and how long counters are watched.
_WATCHED = 129
_LONGEST = 64


def proposed_memory(
    step: Callable[..., Any], theta: np.ndarray, memory: Arrays, counters: Sequence[bool], owners: Arrays
) -> tuple[list[tuple[str, np.ndarray]], list[Arrays]]:
    """(kind, value) of every array of the memory, as `certify.training.optimizer.leaves.Leaf` names them, and the
    counters' values in every step of a period (the whole memory each, of which the kind "cycle" counts); estimates.

    step: (theta, gradient, *memory) -> (update, *memory).
    """
    still = jax.jit(lambda t, m: step(t, jnp.zeros(theta.shape), *m))

    def run(t: Any, m: Arrays) -> Any:
        return still(t, m)[1:]

    cycles, phases = _cycles(run, theta, memory, counters)
    memory = phases[0]
    clocks = [counter and not cycle for counter, cycle in zip(counters, cycles, strict=True)]
    late = [np.full(a.shape, _LATE) if clock else a for a, clock in zip(memory, clocks, strict=True)]
    first = [np.asarray(x) for x in run(theta, late)]
    second = [np.asarray(x) for x in run(theta, [a if c else x for a, x, c in zip(late, first, counters, strict=True)])]
    # what one step sets for good, as a first distance
    set_once = [not c and bool(x.any()) and np.array_equal(x, y) and not np.array_equal(x, a)
                for a, x, y, c in zip(late, first, second, counters, strict=True)]  # fmt: skip
    late = [x if once else a for a, x, once in zip(late, first, set_once, strict=True)]
    # a number that one step sets for good is part of the rule
    cycles = [c or (once and x.shape == ()) for c, x, once in zip(cycles, late, set_once, strict=True)]
    phases = [[x if once else a for a, x, once in zip(p, late, set_once, strict=True)] for p in phases]
    first = [np.asarray(x) for x in run(theta, late)]
    zeros = [a if counter else np.zeros(a.shape) for a, counter in zip(late, counters, strict=True)]
    from_zero = [np.asarray(x) for x in run(theta, zeros)]
    settled: Arrays | None = None
    found = []
    for k, array in enumerate(late):
        growth = 0.0 if counters[k] else _growth(run, theta, late, k)
        if growth:
            found.append(("sum", np.full(array.shape, growth)))
        elif cycles[k] or clocks[k]:
            found.append(("cycle" if cycles[k] else "clock", array))
        elif np.array_equal(first[k], array) and all(_keeps(run, theta, _at(late, p, cycles), k) for p in phases):
            found.append((_kept(lambda m: still(theta, m)[0], late, k, owners[k], theta), array))
        elif _copies(memory[k], theta, owners[k], first[k]):
            found.append(("params", array))
        elif np.array_equal(first[k], array) and not array.any():
            found.append(("moving", array))
        elif not from_zero[k].any():
            found.append(("moving", np.zeros(array.shape)))
        else:
            exact = _fixed_number(run, theta, late, k)
            if exact is not None:
                found.append(("moving", np.full(array.shape, exact)))
                continue
            settled = settled or _long_run(run, theta, late, counters)
            found.append(("near", np.full(array.shape, float(np.mean(settled[k])))))
    return found, phases


def _fixed_number(run: Any, theta: np.ndarray, memory: Arrays, index: int) -> float | None:
    """A short decimal number at which an array that follows c x + (1 - c) x0 rests, c so near to one that running it
    leads nowhere."""

    def after(value: float) -> np.ndarray:
        shape = memory[index].shape
        return np.asarray(run(theta, [np.full(shape, value) if k == index else a for k, a in enumerate(memory)])[index])

    start = after(0.0)
    if not start.size or not (start == start.flat[0]).all() or start.flat[0] == 0:
        return None
    with np.errstate(all="ignore"):
        slope = after(1.0).flat[0] - start.flat[0]
        if slope < _SLOWEST:
            return None
        guess = float(f"{start.flat[0] / (1 - slope):.6g}")
    return guess if np.isfinite(guess) and bool((after(guess) == guess).all()) else None


def _growth(run: Any, theta: np.ndarray, memory: Arrays, index: int) -> float:
    """By how much a number grows in every step, wherever it stands; 0 where it does not."""
    if memory[index].shape != ():
        return 0.0
    gains = []
    for value in (0.0, 1.0, 64.0):
        moved = run(theta, [np.asarray(value) if k == index else a for k, a in enumerate(memory)])[index]
        gains.append(float(moved) - value)
    return gains[0] if gains[0] > 0 and np.allclose(gains, gains[0], rtol=1e-9, atol=1e-12) else 0.0


def _at(memory: Arrays, phase: Arrays, cycles: Sequence[bool]) -> Arrays:
    return [p if cycle else a for a, p, cycle in zip(memory, phase, cycles, strict=True)]


def _kept(update: Callable[[Arrays], Any], memory: Arrays, index: int, owner: np.ndarray, theta: np.ndarray) -> str:
    """The kind of an array that keeps its value without a gradient: sums of gradients and starting points move the
    parameters when they change (dual averaging), accumulators do not."""
    array = memory[index]
    above = array + (np.abs(array) + 1.0) * 2.0**-9
    moved = update([above if k == index else a for k, a in enumerate(memory)])
    if np.array_equal(np.asarray(moved), np.asarray(update(memory))) or not (owner >= 0).all():
        return "kept"
    if array.any():
        return "params" if np.array_equal(array, theta[owner]) else "kept"
    return "moving"


def _keeps(run: Any, theta: np.ndarray, memory: Arrays, index: int) -> bool:
    """Whether the array also stays a little above its values: accumulators do, moments move back."""
    above = memory[index] * (1 + 2.0**-9) + 2.0**-60
    following = run(theta, [above if k == index else a for k, a in enumerate(memory)])
    return np.array_equal(np.asarray(following[index]), above)


def _copies(array: np.ndarray, theta: np.ndarray, owner: np.ndarray, following: np.ndarray) -> bool:
    """Whether the array is a copy of the parameters, and stays one."""
    if not array.size or not (owner >= 0).all() or not array.any():
        return False
    return np.array_equal(array, theta[owner]) and np.array_equal(following, array)


def _cycles(run: Any, theta: np.ndarray, memory: Arrays, counters: Sequence[bool]) -> tuple[list[bool], list[Arrays]]:
    """Which counters come back to where they are, or are switches that were thrown once; the memory with the counters
    of every step of their period."""
    if not any(counters):
        return [False] * len(counters), [memory]
    watched: list[Arrays] = []
    current = list(memory)
    for _ in range(_WATCHED):
        watched.append(current)
        following = [np.asarray(x) for x in run(theta, current)]
        current = [x if counter else a for x, a, counter in zip(following, current, counters, strict=True)]
    watched = watched[1:]
    keys = [[tuple(step[k].reshape(-1).tolist()) for step in watched] for k in range(len(memory))]
    periods = [_period(key) if counter else 0 for key, counter in zip(keys, counters, strict=True)]
    whole = math.lcm(*(p for p in periods if p))
    if whole > _LONGEST:
        return [False] * len(counters), [memory]
    # the user's counters stand at memory; a period from there, or from one step later where a switch was thrown
    start = 0 if any(p == 1 for p in periods) else whole - 1
    return [p > 0 for p in periods], [watched[start + k] for k in range(whole)]


def _period(series: Sequence[Any]) -> int:
    """The least period of a counter; 0 where it has none."""
    return next((p for p in range(1, _LONGEST + 1) if series[p:] == series[:-p]), 0)


def _long_run(run: Any, theta: np.ndarray, memory: Arrays, counters: Sequence[bool]) -> Arrays:
    fixed = [jnp.asarray(a) for a in memory]

    def body(_: Any, m: Any) -> Any:
        return [a if still else jnp.asarray(x) for x, a, still in zip(run(theta, m), fixed, counters, strict=True)]

    return [np.asarray(x) for x in jax.lax.fori_loop(0, _LONG, body, fixed)]
