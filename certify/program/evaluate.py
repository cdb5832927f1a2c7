"""Evaluates a program in a number system: proved enclosures of its outputs."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from certify.arithmetic import Ball
from certify.effort import charge
from certify.program.arb import Arbs, to_arb
from certify.program.balls import Balls
from certify.program.fusion import DeferredOuter, deferrable, joined
from certify.program.nonnegative import (
    intersected,
    log_shares,
    safe_roots,
    without_negative_part,
    without_positive_part,
)
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Equation, Program
from certify.program.signature import Signature
from certify.program.undefined import follow, marked_constants
from certify.program.values import NumberSystem, Ternary, Value, rearrange
from foundation import InputError

Undecided = Literal["raise", "split"]


def evaluate(
    program: Program,
    arguments: Sequence[Any],
    *,
    undecided: Undecided = "raise",
    batch: Sequence[bool] | None = None,
    precision: int | None = None,
    known: Mapping[int, Ball] | None = None,
) -> list[Any]:
    """Proved enclosures of the program's outputs, as exact functions of real numbers.

    `arguments`: one a program input, each an array of floats (taken as exact numbers), a `Ball`, or, with
    `precision`, an object array of `flint.arb`. `batch[i]` says that argument i holds N examples, shape (N, *shape);
    the outputs then have shape (N, *shape) too, and the examples are computed together. `precision` is None for
    float64 balls, else the bits of Arb balls. `undecided`: a selection by a comparison that the balls cannot decide
    raises `UndecidedBranch`, or takes the hull of the branches ("split"). Real outputs are `Ball`s (object arrays of
    `flint.arb` with `precision`); integer and boolean outputs are NumPy arrays (`Ternary` where undecided). `known`:
    proved enclosures of some values, by reference, with which float64 balls are intersected. Raises `InputError`
    outside a function's domain.
    """
    if undecided not in ("raise", "split"):
        raise InputError(f'undecided must be "raise" or "split", but is {undecided!r}')
    system = number_system(precision, undecided == "split")
    values = converted_arguments(system, program, arguments, batch)
    values += program_constants(system, program)
    outputs = run_equations(system, program, values, known)
    if batch is None or not any(batch):
        return [rearrange(system, x, lambda a: a.reshape(a.shape[1:])) for x in outputs]
    count = _examples(values[: len(program.inputs)])
    return [rearrange(system, x, lambda a: np.broadcast_to(a, (count, *a.shape[1:]))) for x in outputs]


def number_system(precision: int | None, split: bool = False) -> NumberSystem:
    """Float64 balls, or Arb balls of `precision` bits."""
    if precision is None:
        return Balls(split)
    if isinstance(precision, bool) or not isinstance(precision, int) or not 2 <= precision <= 10**7:
        raise InputError(f"precision must be a number of bits between 2 and 10000000, but is {precision!r}")
    return Arbs(precision, split)


def run_equations(
    system: NumberSystem, program: Program, values: list[Value], known: Mapping[int, Ball] | None = None
) -> list[Value]:
    """Evaluates the equations; a value is dropped after its last use."""
    charge_program(program, getattr(system, "precision", None), _examples(values[: len(program.inputs)]))
    last_use = last_uses(program)
    fused = deferrable(program) if isinstance(system, Balls) else frozenset()
    cuts = isinstance(system, Balls | Arbs)
    forms = None if cuts else getattr(system, "root_of_nonnegative", None)
    roots = safe_roots(program) if cuts or forms else frozenset()
    shares = log_shares(program) if cuts else frozenset()
    marks = marked_constants(program)
    for position, equation in enumerate(program.equations):
        operands = [values[ref] for ref in equation.operands]
        if marks:
            follow(system, program, position, operands, marks)
        if position in roots and forms:
            value = forms(operands[0])
        elif position in fused:
            value = _fused(equation, operands)
        else:
            operands = [without_negative_part(operands[0])] if position in roots else operands
            value = apply_equation(system, equation, operands)
        if position in shares:
            value = without_positive_part(value)
        ref = program.first_equation + position
        values.append(intersected(value, known[ref]) if known and ref in known else value)
        for ref in last_use.get(position, ()):
            values[ref] = None
    return [values[ref] for ref in program.outputs]


def charge_program(program: Program, precision: int | None, examples: int, length: int = 1) -> None:
    """Counts the work of an evaluation before it is done; `length`: of the series that the entries are."""
    charge("steps", len(program.equations))
    if precision is None:
        charge("entries", program.work * examples)
    else:
        charge("words", program.work * examples * length * (_ARB_OVERHEAD + -(-precision // 64)))


# An Arb operation from Python costs about this many of its words, whatever its precision.
_ARB_OVERHEAD = 4


def _fused(equation: Equation, operands: list[Value]) -> Value:
    if equation.primitive == "dot_general":
        return DeferredOuter(*operands)
    return operands[0] if equation.primitive == "reshape" else joined(operands)


def last_uses(program: Program) -> dict[int, list[int]]:
    last: dict[int, int] = {}
    for position, equation in enumerate(program.equations):
        last.update(dict.fromkeys(equation.operands, position))
    kept = set(program.outputs) | set(range(len(program.inputs)))
    uses: dict[int, list[int]] = {}
    for ref, position in last.items():
        if ref not in kept:
            uses.setdefault(position, []).append(ref)
    return uses


def apply_equation(system: NumberSystem, equation: Equation, operands: list[Value]) -> Value:
    try:
        return PRIMITIVES[equation.primitive].evaluate(system, operands, equation.parameters)
    except InputError as error:
        place = f" at {equation.source}" if equation.source else ""
        raise type(error)(f"{error} (in `{equation.primitive}`{place})") from None


def program_constants(system: NumberSystem, program: Program) -> list[Value]:
    """The program's constants in the number system."""
    if isinstance(system, Arbs) and sum(array.size for array in program.constants) <= _KEPT_ENTRIES:
        return list(_kept_constants(system, program))
    return _constants(system, program)


# Arb constants of programs with at most so many entries are kept: making them takes as long as multiplying by them.
_KEPT_ENTRIES = 1 << 15


@functools.lru_cache(maxsize=4)
def _kept_constants(system: Arbs, program: Program) -> list[Value]:
    return _constants(system, program)


def _constants(system: NumberSystem, program: Program) -> list[Value]:
    return [
        constant_value(system, array, _is_no_number(array) and in_branch(program, i))
        for i, array in enumerate(program.constants)
    ]


def constant_value(system: NumberSystem, array: np.ndarray, may_be_undefined: bool = False) -> Value:
    """A constant. What is no number (NaN, an infinity) may stand in branches of selections alone: there it is unknown,
    so that only a selection that takes it knows nothing; elsewhere it is refused.
    """
    if array.dtype != np.float64:
        return array[None]
    finite = np.isfinite(array)[None]
    if finite.all() or not may_be_undefined:
        return system.constant(array[None])
    unknown = system.interval(np.full(finite.shape, -np.inf), np.full(finite.shape, np.inf))
    return system.where(finite, system.constant(np.where(finite, array[None], 0.0)), unknown)


# What may happen to a constant on its way into the branch of a selection.
_TOWARDS_BRANCHES = frozenset(("select_n", "broadcast_in_dim", "reshape", "concatenate"))


def _is_no_number(array: np.ndarray) -> bool:
    return array.dtype == np.float64 and not np.isfinite(array).all()


def in_branch(program: Program, number: int) -> bool:
    """Whether a constant goes into branches of selections alone."""
    ref = len(program.inputs) + number
    uses = [equation.primitive for equation in program.equations if ref in equation.operands]
    return ref not in program.outputs and set(uses) <= _TOWARDS_BRANCHES


def converted_arguments(
    system: NumberSystem, program: Program, arguments: Sequence[Any], batch: Sequence[bool] | None
) -> list[Value]:
    """The arguments in the number system, each with the batch axis first; raises `InputError` where they do not fit."""
    if len(arguments) != len(program.inputs):
        raise InputError(f"the program takes {len(program.inputs)} arguments, but got {len(arguments)}")
    marks = [False] * len(arguments) if batch is None else list(batch)
    if len(marks) != len(arguments):
        raise InputError(f"batch needs one mark for each of the {len(arguments)} arguments, but has {len(marks)}")
    names = [f"argument {i}" for i in range(len(arguments))]
    values = [
        _argument(system, x, signature, mark, name)
        for x, signature, mark, name in zip(arguments, program.inputs, marks, names, strict=True)
    ]
    if len({x.shape[0] for x, mark in zip(values, marks, strict=True) if mark}) > 1:
        raise InputError("batched arguments hold different numbers of examples; pass the same number in each")
    return values


def _argument(system: NumberSystem, argument: Any, signature: Signature, batched: bool, name: str) -> Value:
    value = _converted(system, argument, signature, name)
    shape = value.shape[1:] if batched else value.shape
    if shape != signature.shape or (batched and value.ndim == 0):
        expected = f"(N, {', '.join(map(str, signature.shape))})" if batched else signature.shape
        raise InputError(f"{name} has shape {value.shape}, but the program takes {expected}")
    return value if batched else rearrange(system, value, lambda a: a[None])


def _converted(system: NumberSystem, argument: Any, signature: Signature, name: str) -> Value:
    if not signature.is_real:
        array = np.asarray(argument)
        if array.dtype.kind not in "biu":
            raise InputError(f"{name} must hold {signature.dtype}, but holds {array.dtype}")
        return array.astype(signature.dtype)
    if isinstance(argument, Ball):
        return argument if isinstance(system, Balls) else to_arb(argument)
    array = np.asarray(argument)
    if array.dtype == object and isinstance(system, Arbs):
        return array
    ball = Ball.exact(argument, name)
    return ball if isinstance(system, Balls) else to_arb(ball)


def _examples(values: Sequence[Value]) -> int:
    return max((x.shape[0] for x in values if not isinstance(x, Ternary)), default=1)
