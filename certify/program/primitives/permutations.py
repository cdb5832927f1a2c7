"""Row orders and pivots of LU factorisations, and integers from constants: exact operations on whole numbers."""

from collections.abc import Callable, Sequence

import numpy as np

from certify.program.errors import UndecidedBranch
from certify.program.primitives.primitive import Parameters, Primitive, demand, elementwise_shape
from certify.program.primitives.regularity import ENTIRE, NOWHERE, Extent, Regularity, domain
from certify.program.signature import BOOL, FLOAT, INTEGERS, Signature
from certify.program.values import NumberSystem, Ternary, Value, aligned, is_plain, truth
from foundation import InputError


def _infer_rows(length: Callable[[Signature, int], int]) -> Callable[[Sequence[Signature], Parameters], Signature]:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(len(operands) == 1 and operands[0].dtype == "int64", "takes whole numbers of type int64")
        x, count = operands[0], parameters["count"]
        demand(len(x.shape) >= 1, "takes rows of whole numbers")
        return Signature((*x.shape[:-1], length(x, count)), "int64")

    return infer


def _pivots_length(x: Signature, count: int) -> int:
    demand(0 <= count <= x.shape[-1], f"{count} pivots of {x.shape[-1]} rows")
    return count


def _order_length(x: Signature, count: int) -> int:
    demand(x.shape[-1] <= count <= 2**20, f"{count} rows for {x.shape[-1]} pivots")
    return count


def _rowwise(function: Callable[[np.ndarray, int], np.ndarray]) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        (x,) = operands
        rows = [function(row, parameters["count"]) for row in x.reshape(-1, x.shape[-1])]
        return np.array(rows, np.int64).reshape(*x.shape[:-1], -1)

    return evaluate


def _pivots_of_order(order: np.ndarray, count: int) -> np.ndarray:
    """The exchanges, row k with row pivots_k, that bring the rows into this order."""
    state, pivots = list(range(len(order))), []
    demand(sorted(order.tolist()) == state, "an order of rows must be a permutation")
    for k in range(count):
        pivot = state.index(int(order[k]))
        demand(pivot >= k, "the order is not made of exchanges")
        state[k], state[pivot] = state[pivot], state[k]
        pivots.append(pivot)
    return np.array(pivots, np.int64)


def _order_of_pivots(pivots: np.ndarray, count: int) -> np.ndarray:
    state = np.arange(count)
    for k, pivot in enumerate(pivots.tolist()):
        demand(0 <= pivot < count, f"pivot {pivot} of {count} rows")
        state[[k, pivot]] = state[[pivot, k]]
    return state


# Bits.


def _infer_bits(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1 and operands[0].dtype in INTEGERS, "takes integers")
    return operands[0]


def _infer_shift(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 2 and operands[0].dtype in INTEGERS, "takes two integers")
    demand(operands[0].dtype == operands[1].dtype, "takes integers of one type")
    return Signature(elementwise_shape(operands), operands[0].dtype)


def unsigned(x: np.ndarray) -> np.ndarray:
    """The same bits as non-negative integers."""
    return x.view(f"uint{8 * x.dtype.itemsize}")


def _population_count(x: np.ndarray) -> np.ndarray:
    return np.bitwise_count(unsigned(np.ascontiguousarray(x))).astype(x.dtype)


def _leading_zeros(x: np.ndarray) -> np.ndarray:
    width, bits = 8 * x.dtype.itemsize, unsigned(np.ascontiguousarray(x))
    lengths = np.frompyfunc(lambda value: width - int(value).bit_length(), 1, 1)(bits)
    return np.asarray(lengths, dtype=x.dtype)


def _logical_shift(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    width = 8 * x.dtype.itemsize
    x, y = np.broadcast_arrays(x, y)
    inside = (y >= 0) & (y < width)
    wide = unsigned(np.ascontiguousarray(x))
    shifted = np.right_shift(wide, np.where(inside, y, 0).astype(wide.dtype))
    # a shift by the width or more leaves nothing [XLA, ShiftRightLogical]
    return np.ascontiguousarray(np.where(inside, shifted, np.zeros((), wide.dtype))).view(x.dtype)


def _high_product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The upper half of the bits of the product."""
    width = 8 * x.dtype.itemsize
    high = np.frompyfunc(lambda a, b: (int(a) * int(b)) >> width, 2, 1)(x, y)
    return np.asarray(high, dtype=x.dtype)


def _plain(function: Callable[..., np.ndarray]) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        return function(*aligned(system, operands))

    return evaluate


_ITEM_BITS = {"float64": 64, "float32": 32, "float16": 16, **{name: int(name.lstrip("uint")) for name in INTEGERS}}


def _infer_bitcast(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1 and operands[0].dtype != BOOL, "takes numbers")
    source, target = parameters["source"], parameters["target"]
    demand(source in _ITEM_BITS and target in _ITEM_BITS, f"cannot read the bits of {source} as {target}")
    demand(_ITEM_BITS[source] == _ITEM_BITS[target], f"{source} and {target} have different widths")
    read = FLOAT if source.startswith("float") else source
    demand(operands[0].dtype == read, f"takes {source}, got {operands[0].dtype}")
    return Signature(operands[0].shape, FLOAT if target.startswith("float") else target)


def _evaluate_bitcast(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """The bits of an integer or of an exactly known float, read as the other type."""
    (x,), source, target = operands, parameters["source"], parameters["target"]
    if not is_plain(x):
        low, high = system.bounds(x)
        values = np.asarray(low, np.float64)
        if not (np.all(np.asarray(low == high, bool)) and np.all(np.asarray(low == values, bool))):
            raise UndecidedBranch("the bits of a number that the balls do not determine; pass exact numbers")
        x = values.astype(source)
        demand(bool(np.all(x.astype(np.float64) == values)), f"the bits of a number that is no {source}")
    made = np.ascontiguousarray(x).view(target)
    if not target.startswith("float"):
        return made
    if not np.isfinite(made).all():
        raise InputError("bits that stand for NaN or an infinity are not a number")
    return system.constant(made.astype(np.float64))


# Random bits.

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def threefry(k1: np.ndarray, k2: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Threefry-2x32 with 20 rounds [J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011]."""
    keys = (k1, k2, k1 ^ k2 ^ np.uint32(0x1BD11BDA))
    with np.errstate(over="ignore"):
        x, y = x1 + keys[0], x2 + keys[1]
        for block in range(5):
            for rotation in _ROTATIONS[block % 2]:
                x = x + y
                y = x ^ ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation)))
            x = x + keys[(block + 1) % 3]
            y = y + keys[(block + 2) % 3] + np.uint32(block + 1)
    return x, y


def _infer_threefry(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 4 and {s.dtype for s in operands} == {"uint32"}, "takes four arrays of uint32")
    demand(parameters["word"] in (0, 1), "the word is 0 or 1")
    return Signature(elementwise_shape(operands), "uint32")


def _evaluate_threefry(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    return threefry(*np.broadcast_arrays(*aligned(system, operands)))[parameters["word"]]


# Loops that the balls stop.


def _infer_stopped(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 2 and operands[1] == Signature((), BOOL), "takes a value and one boolean")
    return operands[0]


def _evaluate_stopped(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """The value, where the loop's condition is proved false."""
    value, going_on = operands
    _, false = truth(going_on)
    if not np.all(false):
        raise UndecidedBranch(
            f"a while loop does not provably stop within {parameters['steps']} steps; shrink the balls, or use a loop "
            "with a fixed number of steps"
        )
    return value


def _infer_reduced_xor(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1 and operands[0].dtype != FLOAT, "takes booleans or integers")
    x, axes = operands[0], parameters["axes"]
    demand(all(0 <= axis < len(x.shape) for axis in axes) and list(axes) == sorted(set(axes)), f"axes {axes} of {x}")
    return Signature(tuple(n for axis, n in enumerate(x.shape) if axis not in axes), x.dtype)


def _bitwise(function: np.ufunc) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        (x,) = operands
        if isinstance(x, Ternary):
            raise UndecidedBranch("a reduction of undecided booleans; shrink the balls")
        result = x
        for axis in reversed(parameters["axes"]):
            result = function.reduce(result, axis=axis + 1)
        return np.asarray(result)

    return evaluate


def _integer(
    name: str,
    infer: Callable[..., Signature],
    evaluate: Callable[..., Value],
    regular: Regularity = ENTIRE,
    **kinds: str,
) -> Primitive:
    return Primitive(name, infer, evaluate, None, kinds, regular)


def _surely_false(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    return np.asarray(operands[1].upper <= 0.0)


_STOPS = domain("the loop must provably stop", _surely_false)


PRIMITIVES = (
    _integer("pivots_of_order", _infer_rows(_pivots_length), _rowwise(_pivots_of_order), count="integer"),
    _integer("order_of_pivots", _infer_rows(_order_length), _rowwise(_order_of_pivots), count="integer"),
    _integer("population_count", _infer_bits, _plain(_population_count)),
    _integer("leading_zeros", _infer_bits, _plain(_leading_zeros)),
    _integer("shift_right_logical", _infer_shift, _plain(_logical_shift)),
    _integer("high_product", _infer_shift, _plain(_high_product)),
    _integer("bitcast", _infer_bitcast, _evaluate_bitcast, NOWHERE, source="text", target="text"),
    _integer("threefry", _infer_threefry, _evaluate_threefry, word="integer"),
    _integer("bitwise_or_along", _infer_reduced_xor, _bitwise(np.bitwise_or), axes="integers"),
    _integer("bitwise_and_along", _infer_reduced_xor, _bitwise(np.bitwise_and), axes="integers"),
    _integer("bitwise_xor_along", _infer_reduced_xor, _bitwise(np.bitwise_xor), axes="integers"),
    Primitive(
        "stopped",
        _infer_stopped,
        _evaluate_stopped,
        lambda p: (p.emitter.emit("stopped", p.cotangent, p.operands[1], steps=p.parameters["steps"]), None),
        {"steps": "integer"},
        _STOPS,
    ),
)
