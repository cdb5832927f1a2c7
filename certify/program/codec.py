"""Programs as plain JSON values, and back, from untrusted files.

Nothing is evaluated or unpickled: reading re-emits every equation, so that each primitive checks its own operands and
parameters and derives its own output's shape.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeAlias

import numpy as np

from certify.arrays import array_from_text, array_text
from certify.effort import charge
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import SIGNED, Equation, Program
from certify.program.signature import ELEMENT_TYPES, FLOAT, Signature
from foundation import CertificateError, InputError

Json: TypeAlias = Any

_MOST_EQUATIONS = 1_000_000
_MOST_ENTRIES = 2**28  # of one value, hidden batch aside
_MOST_AXES = 32
_LONGEST_EMPTY = 2**20  # an axis of a value without entries
_LONGEST_SOURCE = 120
# A file's name and a line: a certificate shows it, so it must not read like a sentence.
SOURCE = re.compile(r"[\w.<>+-]{1,100}:\d{1,7}")
_FOREIGN = re.compile(r"[^\w.<>+-]")


def program_to_json(program: Program, store: Callable[[np.ndarray], Json] | None = None) -> Json:
    """The program as lists, dicts, strings, whole numbers and booleans.

    `store` turns a constant array into a JSON value (default: base64 of its .npy bytes).
    """
    write = store or array_text
    return {
        "inputs": [_signature_to_json(signature) for signature in program.inputs],
        "constants": [write(array) for array in program.constants],
        "equations": [_equation_to_json(equation) for equation in program.equations],
        "outputs": list(program.outputs),
    }


def program_from_json(value: Json, load: Callable[[Json], np.ndarray] | None = None) -> Program:
    """The program of a JSON value, checked in full; raises `CertificateError` where it is damaged.

    `load` turns the JSON value of a constant back into an array (default: from base64 .npy, never unpickled).
    """
    require(isinstance(value, Mapping) and set(value) == _KEYS, f"it needs exactly the entries {sorted(_KEYS)}")
    lists = {key: _list(value[key], key) for key in _KEYS}
    inputs = [_signature_from_json(entry) for entry in lists["inputs"]]
    constants = [_constant((load or _array_from_json)(entry)) for entry in lists["constants"]]
    signatures = [*inputs, *(Signature(array.shape, str(array.dtype)) for array in constants)]
    equations = []
    for number, entry in enumerate(lists["equations"]):
        charge("steps", 1)
        equations.append(_equation_from_json(entry, signatures, number))
        signatures.append(equations[-1].signature)
    outputs = tuple(_reference(ref, len(signatures), "an output") for ref in lists["outputs"])
    program = Program(tuple(inputs), tuple(constants), tuple(equations), outputs)
    if any(equation.primitive in SIGNED for equation in equations):
        _refuse_signs(program)
    return program


def _refuse_signs(program: Program) -> None:
    from certify.program.sign_free import require_sign_free

    try:
        require_sign_free(program)
    except InputError as error:
        _refuse(str(error))


_KEYS = {"inputs", "constants", "equations", "outputs"}


def _equation_to_json(equation: Equation) -> Json:
    parameters = {key: list(v) if isinstance(v, tuple) else v for key, v in equation.parameters.items()}
    return [equation.primitive, list(equation.operands), parameters, written_source(equation.source)]


def written_source(source: str) -> str:
    """The source line in the characters of `SOURCE`; "" where there is none."""
    name, colon, line = source.rpartition(":")
    if not colon or not line.isdecimal():
        return ""
    plain = _FOREIGN.sub("_", name)[-100:] or "_"
    return f"{plain}:{line[:7]}"


def _equation_from_json(entry: Json, signatures: list[Signature], number: int) -> Equation:
    what = f"equation {number}"
    require(isinstance(entry, list) and len(entry) == 4, f"{what} is not a list of four entries")
    name, operands, parameters, source = entry
    require(isinstance(name, str) and name in PRIMITIVES, f"{what} uses the unknown primitive {name!r:.60}")
    require(isinstance(source, str) and len(source) <= _LONGEST_SOURCE, f"{what} has a malformed source line")
    require(not source or SOURCE.fullmatch(source) is not None, f"{what} has the malformed source line {source!r:.80}")
    refs = tuple(_reference(ref, len(signatures), what) for ref in _list(operands, what))
    checked = _parameters(name, parameters, what)
    try:
        signature = PRIMITIVES[name].infer([signatures[ref] for ref in refs], checked)
    except InputError as error:
        _refuse(f"{what} (`{name}`) does not fit: {error}")
    _bounded(signature, what)
    return Equation(name, refs, checked, signature, source)


def _parameters(name: str, parameters: Json, what: str) -> dict[str, Any]:
    kinds = PRIMITIVES[name].parameters
    require(isinstance(parameters, Mapping) and set(parameters) == set(kinds), f"{what} needs parameters {list(kinds)}")
    return {key: _parameter(parameters[key], kind, f"{what}: {key}") for key, kind in kinds.items()}


def _parameter(value: Json, kind: str, what: str) -> Any:
    if kind == "integers":
        require(isinstance(value, list) and len(value) <= _MOST_AXES, f"{what} is not a short list")
        return tuple(_integer(item, what) for item in value)
    if kind == "integer":
        return _integer(value, what)
    expected = {"boolean": bool, "text": str}[kind]
    require(isinstance(value, expected), f"{what} must be of type {expected.__name__}")
    return value


def _integer(value: Json, what: str) -> int:
    require(isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**40, f"{what}: {value!r:.60}")
    return int(value)


def _reference(value: Json, count: int, what: str) -> int:
    ref = _integer(value, what)
    require(0 <= ref < count, f"{what} refers to value {ref}, but only {count} precede it")
    return ref


def _list(value: Json, what: str) -> list[Json]:
    require(isinstance(value, list) and len(value) <= _MOST_EQUATIONS, f"{what} is not a list, or too long")
    return list(value)


def _signature_to_json(signature: Signature) -> Json:
    return [signature.dtype, list(signature.shape)]


def _signature_from_json(value: Json) -> Signature:
    require(isinstance(value, list) and len(value) == 2, "an input's signature is not a pair")
    dtype, shape = value
    require(isinstance(dtype, str) and dtype in ELEMENT_TYPES, f"unknown element type {dtype!r:.60}")
    lengths = _parameter(shape, "integers", "an input's shape")
    return _bounded(Signature(lengths, dtype), "an input")


def _bounded(signature: Signature, what: str) -> Signature:
    lengths = signature.shape
    require(len(lengths) <= _MOST_AXES and min(lengths, default=0) >= 0, f"{what} has the shape {lengths}")
    require(signature.size <= _MOST_ENTRIES, f"{what} has {signature.size} entries, more than {_MOST_ENTRIES}")
    require(bool(signature.size) or max(lengths) <= _LONGEST_EMPTY, f"{what} is empty, but has the shape {lengths}")
    return signature


def _constant(array: Any) -> np.ndarray:
    good = isinstance(array, np.ndarray) and str(array.dtype) in ELEMENT_TYPES
    require(good, "a constant is neither float64, bool nor an integer array")
    finite = array.dtype != np.dtype(FLOAT) or bool(np.isfinite(array).all())
    require(finite, "a constant holds NaN or an infinity")
    return np.asarray(array)


def _array_from_json(value: Json) -> np.ndarray:
    try:
        return array_from_text(value, ELEMENT_TYPES)
    except CertificateError as error:
        _refuse(f"a constant cannot be used: {error}")


def require(condition: bool, message: str) -> None:
    if not condition:
        _refuse(message)


def _refuse(message: str) -> NoReturn:
    raise CertificateError(f"the program in the certificate is malformed: {message}")
