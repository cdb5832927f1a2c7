"""`from_onnx`: an ONNX file as a JAX function. The file is data: parsed by the onnx package, never executed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from foundation import InputError
from foundation.optional_packages import needed
from numeric.precision import double_precision
from stabproof.doors.arguments import check_batch_axis, file_path
from stabproof.doors.model import Model
from stabproof.doors.onnx_graph import Graph, read_graph
from stabproof.doors.onnx_operators.arithmetic import TYPES, held
from stabproof.doors.onnx_weights import default_weights

# Protocol buffers end at 2 GiB; a larger file cannot be one model.
_LARGEST_BYTES = 2 * 2**30
_OLDEST_OPSET = 13
_STANDARD = ("", "ai.onnx")


def from_onnx(path: str | Path, *, batch_axis: int | None = 0, trainable: Sequence[str] | None = None) -> Model:
    """The function of real numbers that an ONNX file describes (opset 13 to the newest that the onnx package knows).

    The model's `predict(params, x)` takes one input without `batch_axis` (None: there is no batch axis) and returns
    the output as a vector. params: the initializers named in `trainable`; by default those that are weights by
    their place (of Gemm, MatMul, Conv, norms, recurrent layers, an embedding, a bias that is added), also when their
    entries are put into another order before; the others are constants, and the report lists both. Numbers are those
    of the file: float attributes are float32, weights float32 unless the file says otherwise, and a network of doubles
    may hold float32 constants. Casts between float types and single-precision statistics inside a normalisation are
    rounding, not part of the function. Operators that are functions in the standard are expanded from the body that
    the onnx package ships. Raises `InputError` on external data, operators or attributes without a rule, training
    mode, and files that the checker of onnx refuses.
    """
    onnx = needed("onnx", "onnx")
    place = file_path(path, "an ONNX model")
    check_batch_axis(batch_axis)
    model = _loaded(onnx, place)
    graph = read_graph(onnx, model, _opset(onnx, model))
    kind, shape = _input(onnx, model.graph, graph, batch_axis)
    names = default_weights(graph) if trainable is None else _named(graph, trainable)
    names = [*names, *(name for name in graph.free if name not in names)]
    if not names:
        raise InputError(
            "no initializer of the file stands in the place of a weight; name those to train: trainable=[...]"
        )
    params = {name: graph.constants[name] for name in names}
    broken = [name for name, value in params.items() if not np.isfinite(value).all()]
    if broken:
        raise InputError(f"the weights {', '.join(broken)} hold NaN or infinities; nothing can be proved at them")
    constants = {name: value for name, value in graph.constants.items() if name not in params}
    predict = _predictor(graph, constants, kind, batch_axis)
    if all(isinstance(n, int) for n in shape):
        _try(predict, params, shape, kind, batch_axis)
    notes = (
        f"weights: {', '.join(names)}",
        f"constants: {', '.join(constants) or 'none'}",
        f"expanded from the standard's function bodies: {', '.join(sorted(set(graph.expanded))) or 'none'}",
        "casts between float types are the identity of real numbers; the numbers are those of the file",
    )
    return Model(predict, params, f"{place.name}, opset {graph.opset}, onnx {onnx.__version__}", constants, notes)


def _loaded(onnx: Any, path: Path) -> Any:
    try:
        if path.stat().st_size >= _LARGEST_BYTES:
            raise InputError(f"{path} has {path.stat().st_size} bytes, more than a model can have")
        model = onnx.load_model(str(path), load_external_data=False)
    except InputError:
        raise
    except Exception as error:  # a damaged file raises errors of several kinds
        raise InputError(f"{path} cannot be read as an ONNX model: {type(error).__name__}: {error}") from error
    outside = [t.name for t in model.graph.initializer if onnx.external_data_helper.uses_external_data(t)]
    if outside:
        raise InputError(
            f"the file keeps {', '.join(outside[:3])} in other files, which are not opened; save it in one piece: "
            "onnx.save(onnx.load(path), new_path), or torch.onnx.export(..., external_data=False)"
        )
    if model.graph.sparse_initializer:
        raise InputError("the file has sparse initializers, which are not modelled; store them densely")
    try:
        onnx.checker.check_model(model)
    except Exception as error:
        raise InputError(f"onnx's checker refuses the file: {str(error).strip().splitlines()[0]}") from error
    return _inlined(onnx, model)


def _inlined(onnx: Any, model: Any) -> Any:
    """The model without local functions; refuses those that programs read differently."""
    if not model.functions:
        return model
    for function in model.functions:
        if function.domain in _STANDARD or function.domain.startswith(("ai.onnx", "com.microsoft")):
            raise InputError(
                f"the local function {function.domain or 'ai.onnx'}.{function.name} has the name of a standard domain, "
                "which some programs ignore; rename its domain"
            )
    required = {(f.domain, f.name): set(f.attribute) for f in model.functions}
    nodes = [*model.graph.node, *(node for f in model.functions for node in f.node)]
    for node in nodes:
        missing = required.get((node.domain, node.op_type), set()) - {a.name for a in node.attribute}
        if missing:
            raise InputError(
                f"a call of {node.op_type} leaves {', '.join(sorted(missing))} unset; programs read that differently"
            )
    try:
        return needed("onnx.inliner", "onnx").inline_local_functions(model)
    except Exception as error:
        raise InputError(f"the file's local functions cannot be inlined: {error}") from error


def _opset(onnx: Any, model: Any) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in _STANDARD]
    newest = onnx.defs.onnx_opset_version()
    if len(versions) != 1 or not _OLDEST_OPSET <= versions[0] <= newest:
        raise InputError(
            f"the file imports the standard operators of versions {versions}; understood are {_OLDEST_OPSET} to "
            f"{newest} (onnx.version_converter moves a file there)"
        )
    return int(versions[0])


def _input(onnx: Any, proto: Any, graph: Graph, batch_axis: int | None) -> tuple[np.dtype, tuple[Any, ...]]:
    """The element type of the one input, and its shape with the batch axis at 1."""
    free = [value for value in proto.input if value.name not in graph.constants]
    if len(free) != 1 or len(proto.output) != 1:
        raise InputError(f"the graph has {len(free)} inputs and {len(proto.output)} outputs; one of each is modelled")
    tensor = free[0].type.tensor_type
    if not free[0].type.HasField("tensor_type") or tensor.elem_type not in TYPES:
        raise InputError(f"the graph's input {free[0].name} is not a tensor of numbers")
    if TYPES[tensor.elem_type] == "float16":
        raise InputError(
            f"the graph's input {free[0].name} is float16: programs keep the numbers between operators in different "
            "precisions then; export the model in float32 or double precision (weights stored in float16 and cast "
            "are taken exactly)"
        )
    shape = [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim]
    if batch_axis is not None:
        if batch_axis >= len(shape) or (shape[batch_axis] not in (1, None) and not isinstance(shape[batch_axis], str)):
            raise InputError(
                f"the graph's input {free[0].name} of shape {shape} is not a batch of one along axis {batch_axis}; "
                "name another axis, or batch_axis=None when it has none"
            )
        shape[batch_axis] = 1
    return held(TYPES[tensor.elem_type]), tuple(shape)


def _named(graph: Graph, trainable: Any) -> list[str]:
    if isinstance(trainable, str) or not isinstance(trainable, Sequence):
        raise InputError(f"trainable must be a list of names of initializers, but is {trainable!r}")
    for name in trainable:
        if name not in graph.constants or graph.constants[name].dtype != np.float64:
            raise InputError(f"trainable names {name!r}, which is not an initializer of real numbers; there are "
                             f"{', '.join(graph.constants)}")  # fmt: skip
    return list(trainable)


def _predictor(graph: Graph, constants: Any, kind: np.dtype, batch_axis: int | None) -> Callable[..., Any]:
    @double_precision
    def predict(params: Any, x: Any) -> Any:
        value = jnp.asarray(x).astype(kind)
        value = value if batch_axis is None else jnp.expand_dims(value, batch_axis)
        weights = {name: jnp.asarray(weight) for name, weight in params.items()}
        return jnp.asarray(graph({**constants, **weights, graph.input: value})).reshape(-1)

    return predict


@double_precision
def _try(predict: Any, params: Any, shape: tuple[int, ...], kind: np.dtype, batch_axis: int | None) -> None:
    """Reads the whole graph once, so that what has no rule is refused now."""
    one = shape if batch_axis is None else shape[:batch_axis] + shape[batch_axis + 1 :]
    try:
        jax.eval_shape(predict, params, jax.ShapeDtypeStruct(one, kind))
    except InputError:
        raise
    except Exception as error:  # a graph whose shapes do not fit raises JAX's errors
        line = (str(error).strip().splitlines() or [""])[0][:300]
        raise InputError(f"the graph fails on an input of shape {shape}: {type(error).__name__}: {line}") from error
