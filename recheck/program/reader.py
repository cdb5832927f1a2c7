"""Programs from the plain JSON of an untrusted file: every equation is typed anew, every size bounded first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recheck.npy import Array, read_array
from recheck.outcome import NotCovered
from recheck.program.decided import DECIDED
from recheck.program.kernel import Primitive
from recheck.program.reductions import REDUCTIONS
from recheck.program.signature import LARGEST_VALUE, TYPES, Signature, demand
from recheck.program.smooth import SMOOTH
from recheck.program.structural import STRUCTURAL

PRIMITIVES: dict[str, Primitive] = {**SMOOTH, **DECIDED, **REDUCTIONS, **STRUCTURAL}
_MOST_EQUATIONS = 100_000
_MOST_AXES = 32
_KEYS = {"inputs", "constants", "equations", "outputs"}


@dataclass(frozen=True)
class Equation:
    """One value of the program: a primitive applied to earlier values."""

    primitive: str
    operands: tuple[int, ...]
    parameters: Mapping[str, Any]
    source: str


@dataclass(frozen=True, eq=False)
class Program:
    """Values are numbered: inputs, constants, equations, in order; `outputs` are some of these numbers."""

    inputs: tuple[Signature, ...]
    constants: tuple[Array, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[int, ...]
    signatures: tuple[Signature, ...]

    @property
    def output_signatures(self) -> tuple[Signature, ...]:
        return tuple(self.signatures[ref] for ref in self.outputs)


def read_program(value: Any) -> Program:
    """The program of a JSON value; `BadInput` where it is malformed, `NotCovered` for an unknown primitive."""
    demand(isinstance(value, dict) and set(value) == _KEYS, f"it needs exactly {sorted(_KEYS)}")
    lists = all(isinstance(value[key], list) and len(value[key]) <= _MOST_EQUATIONS for key in _KEYS)
    demand(lists, "lists are wanted")
    inputs = tuple(_signature(entry) for entry in value["inputs"])
    constants = tuple(read_array(entry) for entry in value["constants"])
    signatures = [*inputs, *(Signature(array.shape, array.dtype) for array in constants)]
    equations = []
    for entry in value["equations"]:
        equation, signature = _equation(entry, signatures)
        equations.append(equation)
        signatures.append(signature)
    outputs = tuple(_reference(ref, len(signatures)) for ref in value["outputs"])
    return Program(inputs, constants, tuple(equations), outputs, tuple(signatures))


def _equation(entry: Any, signatures: list[Signature]) -> tuple[Equation, Signature]:
    demand(isinstance(entry, list) and len(entry) == 4, "an equation has four parts")
    name, operands, parameters, source = entry
    demand(isinstance(name, str) and isinstance(source, str) and len(source) <= 1000, "an equation's name or source")
    NotCovered.when(name not in PRIMITIVES, f"the primitive {name[:40]!r} is unknown")
    kinds = PRIMITIVES[name].parameters
    demand(isinstance(operands, list) and len(operands) <= _MOST_EQUATIONS, "a list of operands is wanted")
    demand(isinstance(parameters, dict) and set(parameters) == set(kinds), f"{name} needs the parameters {list(kinds)}")
    refs = tuple(_reference(ref, len(signatures)) for ref in operands)
    checked = {key: _parameter(parameters[key], kind) for key, kind in kinds.items()}
    signature = _bounded(PRIMITIVES[name].infer([signatures[ref] for ref in refs], checked))
    return Equation(name, refs, checked, source), signature


def _parameter(value: Any, kind: str) -> Any:
    if kind == "integers":
        demand(isinstance(value, list) and len(value) <= _MOST_AXES, "a short list is wanted")
        return tuple(_integer(item) for item in value)
    if kind == "integer":
        return _integer(value)
    demand(isinstance(value, bool if kind == "boolean" else str), f"a {kind} is wanted")
    return value


def _integer(value: Any) -> int:
    demand(isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**40, "a whole number is wanted")
    return int(value)


def _reference(value: Any, count: int) -> int:
    ref = _integer(value)
    demand(0 <= ref < count, f"value {ref} is used, but only {count} precede it")
    return ref


def _signature(value: Any) -> Signature:
    demand(isinstance(value, list) and len(value) == 2 and value[0] in TYPES, "an input is a type and a shape")
    return _bounded(Signature(_parameter(value[1], "integers"), value[0]))


def _bounded(signature: Signature) -> Signature:
    demand(len(signature.shape) <= _MOST_AXES and min(signature.shape, default=0) >= 0, f"the shape {signature.shape}")
    NotCovered.when(signature.size > LARGEST_VALUE, f"a value has {signature.size} entries, more than {LARGEST_VALUE}")
    return signature
