"""A checked ONNX graph as a list of rules, with operators that are functions of the standard expanded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import jax
import numpy as np

from foundation import InputError
from stabproof.doors.onnx_operators import shapes
from stabproof.doors.onnx_operators.table import OPERATORS
from stabproof.doors.onnx_tensors import constant, to_array
from stabproof.doors.rule import NotModelled, call

# Bodies of functions call functions: none of the standard goes deeper than a few.
_DEEPEST = 8
_STANDARD = ("", "ai.onnx")
# Results of these are entries of their arguments: on constants they stay constants.
_MOVES = frozenset(shapes.TABLE) | {"Identity", "Cast", "CastLike"}


@final
@dataclass(frozen=True)
class Node:
    """An operator's rule; `names` are its schema's names of the inputs (a variadic last takes the rest)."""

    operator: str
    rule: Callable[..., Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    names: tuple[str, ...]
    variadic: bool
    attributes: Mapping[str, Any]
    defaults: Mapping[str, Any]


@final
@dataclass(frozen=True)
class Graph:
    """`constants`: initializers and Constant nodes; `free`: initializers that a caller may override."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, np.ndarray]
    initializers: frozenset[str]
    free: tuple[str, ...]
    expanded: tuple[str, ...]
    input: str
    output: str
    opset: int

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The output, from the input, the weights and the constants by name."""
        known = dict(values)
        for node in self.nodes:
            known.update(zip(node.outputs, _run(node, known), strict=False))
        return known[self.output]


def read_graph(onnx: Any, model: Any, opset: int) -> Graph:
    """The graph of a checked model without local functions; raises `InputError` that names what has no rule."""
    proto = model.graph
    constants = {tensor.name: to_array(onnx, tensor) for tensor in proto.initializer}
    listed = {value.name for value in proto.input}
    free = tuple(name for name in constants if name in listed and model.ir_version >= 4)
    inputs = [value.name for value in proto.input if value.name not in constants]
    reader = _Reader(onnx, opset, {v.name: v.type for v in _typed(onnx, model)})
    for node in proto.node:
        reader.read(node, {}, "", opset, 0)
    read = constants | reader.constants
    wanted = _needed(reader.nodes, proto.output[0].name)
    nodes = tuple(node for node in reader.nodes if wanted & set(node.outputs))
    used = {name: value for name, value in read.items() if name in wanted}
    kept = tuple(name for name in free if name in wanted)
    return Graph(nodes, used, frozenset(constants), kept, tuple(reader.expanded), (inputs or [""])[0],
                 proto.output[0].name, opset)  # fmt: skip


def _typed(onnx: Any, model: Any) -> list[Any]:
    inferred = onnx.shape_inference.infer_shapes(model).graph
    held = [onnx.helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in inferred.initializer]
    return [*held, *inferred.value_info, *inferred.input, *inferred.output]


class _Reader:
    """Collects nodes; bodies of functions are read with prefixed names."""

    def __init__(self, onnx: Any, opset: int, types: Mapping[str, Any]) -> None:
        self.onnx, self.opset, self.types = onnx, opset, types
        self.nodes: list[Node] = []
        self.constants: dict[str, np.ndarray] = {}
        self.expanded: list[str] = []

    def read(self, proto: Any, names: Mapping[str, str], prefix: str, version: int, depth: int) -> None:
        """Appends one node; `names` maps the names of a body's inputs and outputs, other names get the prefix."""
        operator = proto.op_type
        if proto.domain not in _STANDARD:
            raise InputError(f"the operator {proto.domain}.{operator} is not of the standard, which is not modelled")
        inputs = tuple(_renamed(name, names, prefix) for name in proto.input)
        outputs = tuple(_renamed(name, names, prefix) for name in proto.output)
        given = {a.name: self._attribute(a, operator) for a in proto.attribute}
        if operator == "Constant":
            self.constants[outputs[0]] = constant(given)
            return
        schema = self.onnx.defs.get_schema(operator, version, "")
        defaults = {name: self._attribute(a.default_value, operator) for name, a in schema.attributes.items()
                    if a.default_value.type}  # fmt: skip
        rule = OPERATORS.get(operator)
        if rule is None:
            self._expand(schema, proto, {**defaults, **given}, inputs, outputs, version, depth)
            return
        variadic = (
            bool(schema.inputs) and schema.inputs[-1].option == self.onnx.defs.OpSchema.FormalParameterOption.Variadic
        )
        formal = tuple(i.name for i in schema.inputs)
        self.nodes.append(Node(operator, rule, inputs, outputs, formal, variadic, given, defaults))

    def _attribute(self, proto: Any, operator: str) -> Any:
        """A float attribute is the float32 that the file holds."""
        kinds = self.onnx.AttributeProto
        if proto.type in (kinds.GRAPH, kinds.GRAPHS):
            raise InputError(f"the operator {operator} has a branch or a loop inside, which is not modelled")
        value = self.onnx.helper.get_attribute_value(proto)
        if proto.type == kinds.TENSOR:
            return to_array(self.onnx, value)
        if proto.type in (kinds.INTS, kinds.FLOATS, kinds.STRINGS):
            return tuple(value)
        if proto.type not in (kinds.INT, kinds.FLOAT, kinds.STRING):
            raise InputError(f"the attribute {proto.name} of {operator} is of a kind that is not modelled")
        return value

    def _expand(self, schema: Any, proto: Any, attributes: Mapping[str, Any], inputs: Sequence[str],
                outputs: Sequence[str], version: int, depth: int) -> None:  # fmt: skip
        body = self._body(schema, proto, version)
        if body is None or depth >= _DEEPEST:
            raise InputError(f"the operator {proto.op_type} (opset {version}) is not modelled")
        self.expanded.append(proto.op_type)
        names = dict(zip(body.input, [*inputs, *[""] * len(body.input)], strict=False))
        names |= dict(zip(body.output, outputs, strict=False))
        prefix = f"{proto.op_type}{len(self.expanded)}:"
        inner = next((e.version for e in body.opset_import if e.domain in _STANDARD), version)
        for node in body.node:
            self.read(self._with_attributes(node, proto, attributes), names, prefix, inner, depth + 1)

    def _body(self, schema: Any, proto: Any, version: int) -> Any:
        function = self.onnx.FunctionProto()
        if schema.has_function:
            found = schema.get_function_with_opset_version(version)
        elif schema.has_context_dependent_function and all(name in self.types for name in proto.input if name):
            types = [self.types[name].SerializeToString() if name else b"" for name in proto.input]
            versions = [v for v in schema.context_dependent_function_opset_versions if v <= version]
            if not versions:
                return None
            found = schema.get_context_dependent_function_with_opset_version(
                max(versions), proto.SerializeToString(), types
            )
        else:
            return None
        function.ParseFromString(found)
        return function if function.node else None

    def _with_attributes(self, node: Any, caller: Any, attributes: Mapping[str, Any]) -> Any:
        """The node with references to the caller's attributes filled in."""
        filled = self.onnx.NodeProto()
        filled.CopyFrom(node)
        del filled.attribute[:]
        for attribute in node.attribute:
            if not attribute.ref_attr_name:
                filled.attribute.append(attribute)
            elif attribute.ref_attr_name in attributes:
                value = attributes[attribute.ref_attr_name]
                filled.attribute.append(self.onnx.helper.make_attribute(attribute.name, value))
        return filled


def _renamed(name: str, names: Mapping[str, str], prefix: str) -> str:
    return names.get(name, prefix + name) if name else ""


def _needed(nodes: Sequence[Node], output: str) -> set[str]:
    wanted = {output}
    for node in reversed(nodes):
        if wanted & set(node.outputs):
            wanted.update(name for name in node.inputs if name)
    return wanted


def _run(node: Node, known: Mapping[str, Any]) -> tuple[Any, ...]:
    try:
        inputs = [_value(node, known, name) for name in node.inputs]
        arguments = {**node.defaults, **node.attributes, **_bound(node, inputs), "outputs": len(node.outputs)}
        static = all(x is None or isinstance(x, np.ndarray | np.generic) for x in inputs)
        if not static:
            return _results(call(node.rule, arguments, {**node.defaults, "outputs": len(node.outputs)}))
        return _folded(node, arguments)
    except InputError as error:
        if str(error).startswith("the operator "):
            raise
        raise InputError(f"the operator {node.operator} (of {node.outputs[0]}) is not modelled here: {error}") from None


def _folded(node: Node, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    """Entries of constants, integers and booleans stay known; real arithmetic on constants is left to be enclosed."""
    defaults = {**node.defaults, "outputs": len(node.outputs)}
    with jax.ensure_compile_time_eval():
        results = _results(call(node.rule, arguments, defaults))
    exact = node.operator in _MOVES or all(x.dtype.kind in "biu" for x in results if hasattr(x, "dtype"))
    if not exact:
        return _results(call(node.rule, arguments, defaults))
    return tuple(np.asarray(x) if hasattr(x, "dtype") else x for x in results)


def _bound(node: Node, inputs: Sequence[Any]) -> dict[str, Any]:
    names = node.names
    if node.variadic:
        fixed = len(names) - 1
        return {**dict(zip(names[:fixed], inputs, strict=False)), names[-1]: tuple(inputs[fixed:])}
    return {name: value for name, value in zip(names, inputs, strict=False) if value is not None}


def _value(node: Node, known: Mapping[str, Any], name: str) -> Any:
    if not name:
        return None
    value = known[name]
    if isinstance(value, NotModelled):
        raise InputError(f"{value.what} is not modelled")
    return value


def _results(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)
