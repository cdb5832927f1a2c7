"""An exported graph of ATen operations as a JAX function of real numbers."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import jax.numpy as jnp
import numpy as np

from foundation import InputError
from stabproof.doors.aten import shapes
from stabproof.doors.aten.creation import held_type, is_narrow
from stabproof.doors.aten.table import OPERATIONS
from stabproof.doors.rule import NotModelled, call

# Operations that keep numbers as they are, so that narrow floats may pass through them.
_MOVES = frozenset(shapes.TABLE) | {"_to_copy.default", "to.dtype", "index_select.default", "gather.default"}
# Random only with a dropout, which their rules refuse.
_DROPOUT_IS_AN_ARGUMENT = frozenset(
    {"scaled_dot_product_attention.default", "_scaled_dot_product_flash_attention_for_cpu.default"}
)
# Statements about sizes that export has checked.
_ASSERTIONS = ("_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range")


@final
@dataclass(frozen=True)
class Ref:
    """The value of a node of the graph."""

    name: str


@final
@dataclass(frozen=True)
class Step:
    """One operation: its rule with arguments by name, and the shapes and types of what it gives in torch."""

    name: str
    operation: str
    rule: Callable[..., Any]
    arguments: Mapping[str, Any]
    defaults: Mapping[str, Any]
    expected: Any
    place: str


@final
@dataclass(frozen=True)
class Graph:
    """`placeholders`: node name -> (kind, target); `constants`: node name -> NumPy array; `output`: node name."""

    steps: tuple[Step, ...]
    constants: Mapping[str, np.ndarray]
    folded: tuple[str, ...]
    output: str

    def __call__(self, given: Mapping[str, Any]) -> Any:
        """The output at values of the other placeholders."""
        values: dict[str, Any] = {**self.constants, **given}
        for step in self.steps:
            values[step.name] = _run(step, values)
        return values[self.output]


def read_graph(nodes: Sequence[Any], known: Mapping[str, Any], output: str) -> Graph:
    """The steps of a graph after its placeholders; `known` are the placeholders with constant tensors.

    Operations on constants alone are run by torch when they make integers, booleans, narrow floats or new arrays: their
    results are the numbers that the module holds. Raises `InputError` that names an operation without a rule.
    """
    fixed = dict(known)
    steps, folded = [], []
    for node in nodes:
        if node.op != "call_function" or _is_assertion(node):
            continue
        _refuse_random(node)
        if _foldable(node, fixed):
            fixed[node.name] = _fold(node, fixed)
            folded.append(operation_name(node))
        else:
            steps.append(_step(node))
    wanted = _needed(steps, output)
    kept = tuple(step for step in steps if step.name in wanted)
    constants = {name: as_array(value) for name, value in fixed.items() if name in wanted}
    return Graph(kept, constants, tuple(sorted(set(folded))), output)


def operation_name(node: Any) -> str:
    """`add.Tensor` for ATen's own; `getitem`; the full name for the operations of others."""
    if node.target is operator.getitem:
        return "getitem"
    name = str(getattr(node.target, "_schema", None) and node.target._schema.name) or str(node.target)
    if not name.startswith("aten::"):
        return str(node.target)
    return f"{name.removeprefix('aten::')}.{node.target._overloadname}"


def place_of(node: Any) -> str:
    """The innermost module that the operation comes from."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return "the module"
    path, kind = stack[-1][0], stack[-1][1]
    name = kind if isinstance(kind, str) else getattr(kind, "__qualname__", str(kind))
    return f"module {path or '(the whole)'} ({name.rpartition('.')[2]})"


def as_array(value: Any) -> Any:
    """A tensor as a NumPy array, exactly: real numbers as float64, others as they are. Lists entry by entry."""
    if isinstance(value, list | tuple):
        return type(value)(as_array(part) for part in value)
    kind = held_type(value.dtype)
    tensor = value.detach().resolve_conj().cpu()
    return (tensor.double() if kind == np.float64 else tensor).numpy().astype(kind)


def _is_assertion(node: Any) -> bool:
    return any(name in str(node.target) for name in _ASSERTIONS)


def _refuse_random(node: Any) -> None:
    import torch

    random = torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ())
    if random and operation_name(node) not in _DROPOUT_IS_AN_ARGUMENT:
        raise InputError(
            f"{place_of(node)} draws random numbers ({operation_name(node)}), so it is not a function of its input; "
            "call module.eval(), or take the noise out"
        )


def _foldable(node: Any, fixed: Mapping[str, Any]) -> bool:
    if any(argument.name not in fixed for argument in node.all_input_nodes):
        return False
    if not node.all_input_nodes or node.target is operator.getitem:
        return True
    return all(value.dtype not in _double_types() for value in _flat(node.meta.get("val")))


def _double_types() -> tuple[Any, ...]:
    import torch

    return (torch.float64, torch.complex128, torch.complex64)


def _fold(node: Any, fixed: Mapping[str, Any]) -> Any:
    import torch

    def known(argument: Any) -> Any:
        return fixed[argument.name]

    arguments = torch.fx.node.map_arg((node.args, node.kwargs), known)
    with torch.no_grad():
        return node.target(*arguments[0], **arguments[1])


def _step(node: Any) -> Step:
    name, place = operation_name(node), place_of(node)
    if name == "getitem":
        arguments = {"self": _plain(node.args[0], name, place), "index": node.args[1]}
        return Step(node.name, name, _item, arguments, {}, _signature(node, name, place), place)
    rule = OPERATIONS.get(name)
    if rule is None:
        raise InputError(f"torch's operation {name} in {place} is not modelled; rewrite the module without it")
    given, defaults = bound(node.target, node.args, node.kwargs)
    arguments = {key: _plain(value, name, place) for key, value in given.items()}
    return Step(node.name, name, rule, arguments, defaults, _signature(node, name, place), place)


def bound(operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of a call by the names of the schema, and the schema's defaults."""
    schema = operation._schema.arguments
    named = dict(zip((a.name for a in schema), args, strict=False)) | dict(kwargs)
    return named, {a.name: a.default_value for a in schema if a.has_default_value()}


def _plain(value: Any, name: str, place: str) -> Any:
    """An argument with nodes as `Ref`s and lists as tuples."""
    import torch

    if isinstance(value, torch.fx.Node):
        return Ref(value.name)
    if isinstance(value, list | tuple):
        return tuple(_plain(part, name, place) for part in value)
    if isinstance(value, torch.SymInt | torch.SymFloat | torch.SymBool):
        raise InputError(f"{name} in {place} has a size that depends on the input, which is not modelled")
    return value


def _signature(node: Any, name: str, place: str) -> Any:
    """The shape and type of each result; refuses arithmetic in narrow floats."""
    value = node.meta.get("val")
    for part in _flat(value):
        if is_narrow(part.dtype) and name not in _MOVES and name != "getitem":
            raise InputError(
                f"{place} computes {name} in {part.dtype} although its weights are doubles, and rounding is no "
                "function of real numbers; give new tensors the type of the input (dtype=x.dtype)"
            )
    if isinstance(value, list | tuple):
        return None
    return None if value is None else (tuple(int(n) for n in value.shape), held_type(value.dtype))


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in _flat(part)]
    return [value] if hasattr(value, "dtype") else []


def _needed(steps: Sequence[Step], output: str) -> set[str]:
    wanted = {output}
    for step in reversed(steps):
        if step.name in wanted:
            wanted.update(ref.name for ref in _refs(step.arguments.values()))
    return wanted


def _refs(values: Any) -> list[Ref]:
    found = []
    for value in values:
        if isinstance(value, Ref):
            found.append(value)
        elif isinstance(value, tuple):
            found += _refs(value)
    return found


def _item(self: Any, index: int) -> Any:
    return self[index]


def _run(step: Step, values: Mapping[str, Any]) -> Any:
    try:
        arguments = {key: _filled(value, values) for key, value in step.arguments.items()}
        result = call(step.rule, arguments, step.defaults)
    except InputError as error:
        raise InputError(f"torch's operation {step.operation} in {step.place} is not modelled here: {error}") from None
    if step.expected is not None and not isinstance(result, NotModelled):
        result = result if isinstance(result, np.ndarray) else jnp.asarray(result)
        if (tuple(result.shape), np.dtype(result.dtype)) != step.expected:
            raise InputError(
                f"torch's operation {step.operation} in {step.place} gives {step.expected} in torch, but "
                f"{(tuple(result.shape), str(result.dtype))} here, so it is not modelled"
            )
    return result


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_filled(part, values) for part in value)
    if not isinstance(value, Ref):
        return value
    found = values[value.name]
    if isinstance(found, NotModelled):
        raise InputError(f"{found.what} is not modelled")
    return found
