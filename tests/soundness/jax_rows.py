"""Functions of JAX, traced and enclosed by `certify.program`, against 50-digit or exact truth."""

import functools
import importlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax_functions
import jax_linear_algebra
import mpmath as mp
import numpy as np
from jax_functions import Case
from row import Outcome, Row

from certify.arithmetic import Ball
from certify.program import Program, Ternary, evaluate
from certify.program.tracing import lower
from foundation import InputError

_TINY = (5e-324, 2.0**-1022, 1e-300, 1e-20, 1e-8)
_HUGE = (1e8, 1e16, 1e100, 1e300)
# mpmath is right to 50 digits: what it may be off by
_TRUTH_ERROR = mp.mpf(10) ** -42

Draw = Callable[[np.random.Generator], np.ndarray]


def _mixed(rng: np.random.Generator, count: int, low: float, high: float, special: Sequence[float]) -> np.ndarray:
    """Half uniform, a quarter whole numbers, a quarter adversarial ones, all in [low, high]."""
    kind = rng.integers(0, 4, count)
    uniform = rng.uniform(low, high, count)
    whole = np.clip(np.rint(uniform), low, high)
    return np.where(kind == 0, whole, np.where(kind == 1, rng.choice(np.array(special), count), uniform))


def _signed(values: Sequence[float]) -> list[float]:
    return [*values, *(-v for v in values)]


def _away_from_poles(rng: np.random.Generator) -> np.ndarray:
    x = rng.uniform(-6, 20, 4)
    near = np.rint(np.minimum(x, 0)) + rng.choice([-1.0, 1.0], 4) * 10.0 ** rng.uniform(-9, -1, 4)
    chosen = np.where(rng.random(4) < 0.3, near, x)
    return np.where((chosen <= 0) & (chosen == np.rint(chosen)), 0.5, chosen)


def _regular(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(4, 4)) + rng.choice([0.0, 3.0]) * np.eye(4)


def _definite(rng: np.random.Generator) -> np.ndarray:
    a = rng.normal(size=(4, 4))
    return a @ a.T + 10.0 ** rng.integers(-6, 1) * np.eye(4)


def _symmetric(rng: np.random.Generator) -> np.ndarray:
    a = rng.normal(size=(4, 4))
    return a + a.T


DRAWS: dict[str, Draw] = {
    "real": lambda r: _mixed(r, 4, -30, 30, _signed((0.0, 1.0, *_TINY, *_HUGE))),
    "moderate": lambda r: _mixed(r, 4, -30, 30, _signed((0.5, 1.0, *_TINY))),
    "small": lambda r: _mixed(r, 4, -4, 4, _signed((0.5, 1.0, 1e-8, 1e-20))),
    "nonzero": lambda r: _mixed(r, 4, 0.01, 30, (1e-20, 1e-300, 64.0, 2.0)) * r.choice([-1.0, 1.0], 4),
    "positive": lambda r: _mixed(r, 4, 0.001, 30, (*_TINY, *_HUGE, 1.0)),
    "positive_moderate": lambda r: _mixed(r, 4, 0.01, 30, (1e-20, 1e-8, 0.5, 1.0, 2.0)),
    "small_positive": lambda r: _mixed(r, 4, 0.1, 5, (1e-3, 1.0, 0.5)),
    "above_one": lambda r: _mixed(r, 4, 1.01, 20, (1 + 2.0**-40, 2.0, 1.5)),
    "above_two": lambda r: _mixed(r, 4, 2.01, 20, (2.5, 3.0, 1.25)),
    "unit": lambda r: _mixed(r, 4, -0.999, 0.999, _signed((0.5, 1 - 2.0**-40, 1e-8, 1e-300))),
    "fraction": lambda r: np.clip(_mixed(r, 4, 0.01, 0.99, (0.5, 1 - 2.0**-40, 1e-8, 1e-300)), 1e-300, 1 - 2.0**-40),
    "shape": lambda r: _mixed(r, 4, 0.1, 12, (1.0, 0.5, 1e-3, 2.0)),
    "low_shape": lambda r: _mixed(r, 4, 0.1, 7.5, (1.0, 0.5, 1e-3, 2.0)),
    "off_poles": _away_from_poles,
    "integers": lambda r: r.integers(-(2**40), 2**40, 4),
    "shifts": lambda r: r.integers(0, 20, 4),
    "zeros": lambda r: np.zeros(4),
    "vector": lambda r: _mixed(r, 5, -3, 3, _signed((0.5, 1e-8, 2.0))) + r.normal(size=5) * 1e-3,
    "small_vector": lambda r: r.uniform(0.1, 3, 5) * r.choice([-1.0, 1.0], 5),
    "positive_vector": lambda r: r.uniform(0.1, 30, 5),
    "even_vector": lambda r: r.normal(size=6),
    "weights": lambda r: r.uniform(0.1, 3, 5),
    "four": lambda r: r.normal(size=4),
    "dominant": lambda r: r.uniform(4, 8, 4) * r.choice([-1.0, 1.0], 4),
    "scalar_positive": lambda r: np.asarray(r.uniform(0.5, 30)),
    "matrix": lambda r: r.normal(size=(3, 4)) * 10.0 ** r.integers(-3, 4),
    "tall": lambda r: r.normal(size=(5, 3)) * 10.0 ** r.integers(-3, 4),
    "square": lambda r: r.normal(size=(4, 4)),
    "regular": _regular,
    "definite": _definite,
    "symmetric": _symmetric,
}


def _function(case: Case) -> Callable[..., Any]:
    path = re.sub(r"\(.*\)", "", case.name)
    module, _, name = path.rpartition(".")
    function = getattr(importlib.import_module("jax." + module), name)
    return case.call(function) if case.call else function


@functools.cache
def _program(case: Case, shapes: tuple[tuple[tuple[int, ...], str], ...]) -> Program:
    """The program as it is lowered: here the truth is its test, not JAX's own values, to which `trace` compares it."""
    import jax

    with jax.enable_x64(True):
        arguments = [np.ones(shape, dtype) for shape, dtype in shapes]
        return lower(jax.make_jaxpr(lambda *x: jax.tree.leaves(_function(case)(*x)))(*arguments))


def enclosed(case: Case, arguments: Sequence[Any]) -> list[Any]:
    """The function's outputs over the arguments (arrays, balls, integers)."""
    values = [x.mid if isinstance(x, Ball) else x for x in arguments]
    program = _program(case, tuple((v.shape, str(v.dtype)) for v in values))
    return evaluate(program, list(arguments))


def flattened(truth: Any) -> list[Any]:
    """The truth's arrays as a list, as JAX lists its outputs."""
    return list(truth) if isinstance(truth, list | tuple) else [truth]


def holds(result: Any, truth: Any, slack: float = 0.0) -> np.ndarray:
    """Entrywise: whether the result contains (for integers and booleans: is) the truth."""
    exact = np.asarray(truth, object)
    if isinstance(result, Ternary):
        expected = exact.astype(bool)
        return ~(result.true & ~expected) & ~(result.false & expected)
    if not isinstance(result, Ball):
        return np.asarray(np.asarray(result).shape == exact.shape and np.asarray(result) == exact.astype(result.dtype))
    if result.shape != exact.shape:
        return np.asarray(False)
    return np.asarray(np.frompyfunc(_within, 4, 1)(result.lower, result.upper, exact, slack), bool)


def _within(low: float, high: float, exact: Any, relative: float) -> bool:
    value = mp.mpf(exact)
    slack = abs(value) * max(_TRUTH_ERROR, mp.mpf(relative))
    if not (np.isfinite(low) and np.isfinite(high)):
        return True
    return bool(mp.mpf(float(low)) - slack <= value <= mp.mpf(float(high)) + slack)


def _numbers(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.kind in "biu" else _exact(array)


def _exact(array: np.ndarray) -> np.ndarray:
    result = np.empty(array.shape, object)
    result[...] = np.frompyfunc(mp.mpf, 1, 1)(array.astype(object))
    return result


def _widened(rng: np.random.Generator, x: np.ndarray) -> tuple[Any, np.ndarray]:
    """A ball around the floats, and floats in it."""
    rad = np.abs(x) * 10.0 ** rng.uniform(-12, -4)
    share = rng.choice([-0.99, 0.99, 0.5, 0.0], x.shape)
    ball = Ball(np.asarray(x, float), np.asarray(rad, float))
    return ball, np.clip(x + share * rad, ball.lower, ball.upper)


def drawn(case: Case, rng: np.random.Generator) -> tuple[list[Any], list[np.ndarray]]:
    """Arguments (half of them balls) and members of them."""
    arguments: list[Any] = []
    members: list[np.ndarray] = []
    wide = rng.random() < 0.5
    for kind in case.kinds:
        x = DRAWS[kind](rng)
        if wide and x.dtype.kind == "f":
            ball, member = _widened(rng, x)
            arguments.append(ball)
            members.append(member)
        else:
            arguments.append(x)
            members.append(x)
    return arguments, members


def examined(case: Case, arguments: Sequence[Any], members: Sequence[np.ndarray], outcome: Outcome) -> None:
    """One evaluation against the truth at the members."""
    results = enclosed(case, arguments)
    truths = flattened(case.truth(*(_numbers(m) for m in members)))
    outcome.tried.append(case.name)
    if len(results) != len(truths):
        outcome.demand(False, lambda: f"{case.name} has {len(results)} outputs, not {len(truths)}")
        return
    for result, truth in zip(results, truths, strict=True):
        inside = holds(result, truth, case.slack)
        outcome.checks += inside.size - 1
        outcome.demand(bool(np.all(inside)), lambda: f"{case.name} at {members} misses {truth}: {result}")  # noqa: B023
        if isinstance(result, Ball) and all(not isinstance(a, Ball) for a in arguments):
            finite = np.isfinite(result.rad) & (np.abs(result.mid) > 1e-290)
            outcome.widths.extend((result.rad[finite] / np.abs(result.mid[finite])).tolist()[:20])


def _row(name: str, cases: Sequence[Case]) -> Row:
    """Each call takes the next function."""
    following: Iterator[Case] = itertools.cycle(cases)

    def generator(rng: np.random.Generator) -> tuple[Case, list[Any], list[np.ndarray]]:
        case = next(following)
        return (case, *drawn(case, rng))

    def routine(case: Case, arguments: list[Any], members: list[np.ndarray]) -> Outcome:
        outcome = Outcome()
        examined(case, arguments, members, outcome)
        return outcome

    return Row(name, routine, generator, lambda rng, arguments, result: result)


GROUPS: dict[str, Sequence[Case]] = {
    "jax elementwise": jax_functions.elementwise(),
    "jax arrays": jax_functions.arrays(),
    "jax special": jax_functions.special(),
    "jax linear algebra": jax_linear_algebra.linear_algebra(),
    "jax fourier": jax_linear_algebra.fourier(),
    "jax reductions": jax_linear_algebra.reductions(),
}

ROWS: tuple[Row, ...] = tuple(_row(f"{name} ({len(cases)} functions)", cases) for name, cases in GROUPS.items())

__all__ = ["GROUPS", "ROWS", "InputError", "drawn", "enclosed", "examined"]
