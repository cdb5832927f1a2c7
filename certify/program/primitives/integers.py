"""Booleans and integers, and conversions between them and the reals."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from certify.program.errors import UndecidedBranch
from certify.program.primitives.primitive import Parameters, Primitive, Pull, demand, elementwise_shape
from certify.program.primitives.regularity import ENTIRE, NOWHERE, TRUNCATED
from certify.program.signature import BOOL, ELEMENT_TYPES, FLOAT, INTEGERS, Signature
from certify.program.values import NumberSystem, Ternary, Value, aligned, is_plain, ternary, truth
from foundation import InputError


def _same(count: int) -> Callable[[Sequence[Signature], Parameters], Signature]:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(len(operands) == count, f"takes {count} operands, got {len(operands)}")
        types = {s.dtype for s in operands}
        demand(len(types) == 1 and FLOAT not in types, f"takes booleans or integers of one type, got {sorted(types)}")
        return Signature(elementwise_shape(operands), operands[0].dtype)

    return infer


def _integers(count: int) -> Callable[[Sequence[Signature], Parameters], Signature]:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(all(s.dtype in INTEGERS for s in operands), f"takes integers, got {[s.dtype for s in operands]}")
        return _same(count)(operands, parameters)

    return infer


def _logical(
    name: str, integer: Callable[..., np.ndarray], boolean: Callable[..., tuple[np.ndarray, np.ndarray]], count: int
) -> Primitive:
    """A bitwise operation; on booleans in Kleene's three-valued logic."""

    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        values = aligned(system, operands)
        if all(is_plain(x) for x in values):
            return integer(*values)
        return ternary(*boolean(*(part for x in values for part in truth(x))))

    return Primitive(name, _same(count), evaluate, regularity=ENTIRE)


def _exact(name: str, function: Callable[..., np.ndarray]) -> Primitive:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        return function(*aligned(system, operands))

    return Primitive(name, _integers(2), evaluate, regularity=ENTIRE)


def _quotient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Division truncated toward zero."""
    demand(bool(np.all(y != 0)), "integer division by zero")
    return (x - np.fmod(x, y)) // y


def _remainder(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    demand(bool(np.all(y != 0)), "integer remainder by zero")
    return np.fmod(x, y)


def _bits(x: np.ndarray) -> int:
    return 8 * x.dtype.itemsize


def _shift_left(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """By the unsigned number y; beyond the width nothing is left."""
    inside = (y >= 0) & (y < _bits(x))
    return np.where(inside, np.left_shift(x, np.where(inside, y, 0).astype(y.dtype)), np.zeros((), x.dtype))


def _shift_right(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """By the unsigned number y, with copies of the highest bit, which is what is left beyond the width."""
    inside = (y >= 0) & (y < _bits(x))
    width = np.where(inside, y, _bits(x) - 1).astype(np.int64)
    signed = np.dtype(f"int{_bits(x)}")
    return np.right_shift(x.astype(signed), width.astype(signed)).astype(x.dtype)


def _infer_convert(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1, "takes one operand")
    demand(parameters["dtype"] in ELEMENT_TYPES, f"unknown element type {parameters['dtype']}")
    demand(parameters["dtype"] != BOOL or operands[0].dtype == BOOL, "a comparison with zero makes booleans")
    return Signature(operands[0].shape, parameters["dtype"])


def _evaluate_convert(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    (x,), dtype = operands, parameters["dtype"]
    if isinstance(x, Ternary):
        return _from_undecided(system, x, dtype)
    if is_plain(x):
        return _from_integers(system, x, dtype)
    return x if dtype == FLOAT else _truncated(system, x, dtype)


def _from_undecided(system: NumberSystem, x: Ternary, dtype: str) -> Value:
    if dtype == BOOL:
        return x
    if dtype != FLOAT or not system.split:
        raise UndecidedBranch("a comparison that the balls cannot decide is used as a number; shrink the balls")
    return system.interval(np.where(x.true, 1.0, 0.0), np.where(x.false, 0.0, 1.0))


def _from_integers(system: NumberSystem, x: np.ndarray, dtype: str) -> Value:
    if dtype != FLOAT:
        return x.astype(dtype)
    too_large = x.dtype.kind in "iu" and x.size and max(abs(int(x.max())), abs(int(x.min()))) > 2**53
    demand(not too_large, "an integer above 2^53 does not fit into float64")
    return system.constant(x.astype(np.float64))


def _truncated(system: NumberSystem, x: Value, dtype: str) -> Value:
    """Real to integer: toward zero, where every point of the ball gives the same integer."""
    bounds = system.bounds(x)
    if not all(bool(np.all(_IS_FINITE(bound))) for bound in bounds):
        raise UndecidedBranch("the conversion of an unbounded ball to an integer is undecided; shrink the balls")
    low, high = (_WHOLE(bound) for bound in bounds)
    if not np.all(low == high):
        raise UndecidedBranch("the conversion of a ball to an integer is undecided; shrink the balls")
    limits = np.iinfo(dtype)
    demand(bool(np.all((low >= limits.min) & (low <= limits.max))), f"overflow of {dtype}")
    return np.asarray(low, dtype=object).astype(dtype)


def _whole_part(number: Any) -> int:
    """The exact whole part of a float or of an exact Arb number, toward zero."""
    if isinstance(number, float):
        return int(number)
    below = number.floor() if number >= 0 else number.ceil()
    return int(below.unique_fmpz())


_WHOLE = np.frompyfunc(_whole_part, 1, 1)
_IS_FINITE = np.frompyfunc(lambda x: math.isfinite(x) if isinstance(x, float) else bool(x.is_finite()), 1, 1)


def _pull_convert(p: Pull) -> Sequence[int | None]:
    return (p.cotangent if p.emitter.signature(p.operands[0]).is_real else None,)


def _infer_narrow(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1 and operands[0].is_real, "takes one real operand")
    demand(parameters["dtype"] in ("float32", "float16", "bfloat16"), f"unknown type {parameters['dtype']}")
    return operands[0]


def _evaluate_narrow(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """The identity on numbers that the narrower float type represents exactly; others would be rounded: refused."""
    (x,) = operands
    low, high = system.bounds(x)
    values = np.asarray(low, np.float64)
    exact = np.all(np.asarray(low == high, bool)) and np.all(np.asarray(low == values, bool))
    if not (exact and np.all(_rounded(values, parameters["dtype"]) == values)):
        raise InputError(
            f"the program rounds numbers to {parameters['dtype']}, which is not an exact function; compute in float64 "
            "(jax.nn.dot_product_attention rounds before its softmax, flax.linen.dot_product_attention does not)"
        )
    return x


def _rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    if dtype != "bfloat16":
        with np.errstate(over="ignore", under="ignore"):
            return values.astype(dtype).astype(np.float64)
    narrow = values.astype(np.float32)
    kept = (narrow.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(narrow == values, kept.astype(np.float64), np.nan)


# Operations on integers that may leave their type, on Python's own integers.
_UNBOUNDED: dict[str, Callable[..., Any]] = {
    "add": lambda p, x, y: x + y,
    "sub": lambda p, x, y: x - y,
    "mul": lambda p, x, y: x * y,
    "neg": lambda p, x: -x,
    "abs": lambda p, x: abs(x),
    "square": lambda p, x: x * x,
    "convert": lambda p, x: x,
    "quotient": lambda p, x, y: np.where(y == -1, -x, 0 * x),
    "shift_left": lambda p, x, y: x * 2 ** np.minimum(y, 64),
    "reduce_sum": lambda p, x: np.sum(x, axis=tuple(axis + 1 for axis in p["axes"])),
    "cumsum": lambda p, x: np.add.accumulate(x, p["axes"][0] + 1),
    "scatter_add": lambda p, x, y: np.sum(np.where(y < 0, 0 * x, abs(x))),
}


def wraps_around(primitive: str, operands: Sequence[np.ndarray], parameters: Parameters, result: np.ndarray) -> bool:
    """Whether an operation on integer constants left the range of their type (for a scatter: whether it might have)."""
    if result.dtype.kind not in "iu" or any(x.dtype.kind not in "biu" for x in operands):
        return False
    limits = np.iinfo(result.dtype)
    wide = [x.astype(object) for x in operands]
    if primitive == "integer_pow":
        exact = _power_beyond(wide[0], parameters["exponent"])
    elif primitive == "dot_general":
        reach = [float(np.max(np.abs(x.astype(np.float64)), initial=0.0)) for x in operands]
        exact = np.asarray(reach[0] * reach[1] * max(operands[0].size, 1), dtype=object)
    elif primitive in _UNBOUNDED:
        exact = np.asarray(_UNBOUNDED[primitive](parameters, *_same_rank(wide)), dtype=object)
    else:
        return False
    return bool(np.any((exact < limits.min) | (exact > limits.max))) if exact.size else False


def _same_rank(operands: Sequence[np.ndarray]) -> list[np.ndarray]:
    rank = max(x.ndim for x in operands)
    return [x.reshape(x.shape + (1,) * (rank - x.ndim)) for x in operands]


def _power_beyond(x: np.ndarray, exponent: int) -> np.ndarray:
    """x^exponent, or as far as it takes to leave every type: 65 bits."""
    short = np.where(abs(x) <= 1, x ** (exponent % 2 + 2 * (exponent > 1)), x ** min(exponent, 65))
    return np.asarray(short, dtype=object)


PRIMITIVES = (
    _logical("and", np.bitwise_and, lambda a, b, c, d: (a & c, b | d), 2),
    _logical("or", np.bitwise_or, lambda a, b, c, d: (a | c, b & d), 2),
    _logical("xor", np.bitwise_xor, lambda a, b, c, d: ((a & d) | (b & c), (a & c) | (b & d)), 2),
    _logical("not", np.invert, lambda a, b: (b, a), 1),
    _exact("quotient", _quotient),
    _exact("remainder", _remainder),
    _exact("shift_left", _shift_left),
    _exact("shift_right", _shift_right),
    Primitive("convert", _infer_convert, _evaluate_convert, _pull_convert, {"dtype": "text"}, TRUNCATED),
    Primitive(
        "narrow",
        _infer_narrow,
        _evaluate_narrow,
        lambda p: (p.cotangent,),
        {"dtype": "text"},
        NOWHERE,
    ),
)
