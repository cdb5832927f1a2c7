"""What one primitive of a program is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias, final

from certify.program.primitives.regularity import Regularity
from certify.program.signature import Signature
from certify.program.values import NumberSystem, Value
from foundation import InputError

Parameters: TypeAlias = Mapping[str, Any]


class Emitter(Protocol):
    """What a differentiation rule builds equations with; references are whole numbers."""

    def signature(self, ref: int) -> Signature: ...

    def emit(self, primitive: str, *operands: int, **parameters: Any) -> int: ...

    def constant(self, value: Any) -> int: ...

    def number(self, value: float, shape: tuple[int, ...] = ()) -> int: ...


class Pull(NamedTuple):
    """One equation and the cotangent of its output, as references of the emitter."""

    emitter: Emitter
    operands: tuple[int, ...]
    output: int
    cotangent: int
    parameters: Parameters


@final
@dataclass(frozen=True)
class Primitive:
    """`infer` checks the operands and gives the output's signature (or raises `InputError`); `evaluate` encloses the
    value in any number system, on arrays with the hidden batch axis first; `pull` emits the cotangent of each operand
    (None where it is zero); None stands for a derivative that is zero everywhere, as for integers. `regularity` says
    where the function is real-analytic; None: it declares nothing, and no program with it counts as regular anywhere.
    """

    name: str
    infer: Callable[[Sequence[Signature], Parameters], Signature]
    evaluate: Callable[[NumberSystem, Sequence[Value], Parameters], Value]
    pull: Callable[[Pull], Sequence[int | None]] | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    regularity: Regularity | None = None


def demand(condition: bool, message: str) -> None:
    """Raises `InputError(message)` unless the condition holds."""
    if not condition:
        raise InputError(message)


def elementwise_shape(operands: Sequence[Signature]) -> tuple[int, ...]:
    """The common shape; scalars go with any shape, and axes of length 1 with any length."""
    ranks = {len(s.shape) for s in operands if s.shape != ()}
    shapes = [s.shape for s in operands]
    demand(len(ranks) <= 1, f"operands of shapes {shapes} do not match elementwise")
    lengths = [{n for n in column if n != 1} for column in zip(*(s for s in shapes if s != ()), strict=True)]
    demand(all(len(column) <= 1 for column in lengths), f"operands of shapes {shapes} do not match elementwise")
    return tuple(column.pop() if column else 1 for column in lengths)


def reduced_to(emitter: Emitter, cotangent: int, operand: int) -> int:
    """The cotangent of an operand that was copied along axes: the sum over them."""
    shape, own = emitter.signature(cotangent).shape, emitter.signature(operand).shape
    if own == shape:
        return cotangent
    axes = tuple(axis for axis, n in enumerate(shape) if own == () or own[axis] != n)
    return emitter.emit("reshape", emitter.emit("reduce_sum", cotangent, axes=axes), shape=own)


def stretched(emitter: Emitter, x: int, shape: tuple[int, ...]) -> int:
    """The value copied into `shape`: a scalar, or an array with axes of length 1."""
    own = emitter.signature(x).shape
    if own == shape:
        return x
    return emitter.emit("broadcast_in_dim", x, shape=shape, axes=tuple(range(len(own))))
