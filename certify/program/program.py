"""A traced function as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.program.record import TraceRecord
from certify.program.signature import Signature

# Primitives whose value has signs that nothing determines; see `certify.program.sign_free`.
SIGNED = frozenset(("eigh_vectors", "singular_vectors"))


@final
@dataclass(frozen=True)
class Equation:
    """`primitive` applied to earlier values; `operands` are references (see `Program`), `parameters` plain values."""

    primitive: str
    operands: tuple[int, ...]
    parameters: Mapping[str, Any]
    signature: Signature
    source: str = ""


@final
@dataclass(frozen=True, eq=False)
class Program:
    """A function of real arrays as a list of equations, each with one output.

    A reference is a whole number: first the inputs, then the constants, then the equations, in order. Constants are
    float64, bool or integer arrays, taken as exact numbers. The program describes a function of real numbers:
    nothing in it is rounded.
    """

    inputs: tuple[Signature, ...]
    constants: tuple[np.ndarray, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[int, ...]
    record: TraceRecord | None = field(default=None, repr=False)
    signatures: tuple[Signature, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        constants = (Signature(array.shape, str(array.dtype)) for array in self.constants)
        equations = (equation.signature for equation in self.equations)
        object.__setattr__(self, "signatures", (*self.inputs, *constants, *equations))

    @property
    def output_signatures(self) -> tuple[Signature, ...]:
        return tuple(self.signatures[ref] for ref in self.outputs)

    @cached_property
    def work(self) -> int:
        """How many entries the equations read and make for one example; powers count their squarings."""
        return sum(self._work_of(equation) for equation in self.equations)

    def _work_of(self, equation: Equation) -> int:
        entries = equation.signature.size + sum(self.signatures[ref].size for ref in equation.operands)
        exponent = equation.parameters.get("exponent", 1) if equation.primitive == "integer_pow" else 1
        return entries * max(1, abs(exponent).bit_length())

    @property
    def first_equation(self) -> int:
        """The reference of the first equation's value."""
        return len(self.inputs) + len(self.constants)

    def to_json(self, store: Callable[[np.ndarray], Any] | None = None) -> Any:
        """Plain JSON values; see `certify.program.program_to_json`."""
        from certify.program.codec import program_to_json

        return program_to_json(self, store)

    @staticmethod
    def from_json(value: Any, load: Callable[[Any], np.ndarray] | None = None) -> "Program":
        """The program of untrusted JSON values; see `certify.program.program_from_json`."""
        from certify.program.codec import program_from_json

        return program_from_json(value, load)
