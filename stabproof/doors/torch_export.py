"""`from_torch`: a torch module as a JAX function, read from torch.export's graph of ATen operations."""

import copy
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from foundation import InputError
from foundation.optional_packages import needed
from numeric.precision import double_precision
from stabproof.doors.model import Model
from stabproof.doors.torch_comparison import demand_torchs_values
from stabproof.doors.torch_graph import Graph, as_array, read_graph
from stabproof.doors.torch_module import check_module, example_tensor, first_line, tied_names


def from_torch(module: Any, example: Any, *, batch_axis: int | None = 0) -> Model:
    """The function of real numbers that a torch module computes, with its trainable weights as parameters.

    module: a `torch.nn.Module` of one tensor to one tensor; weights of float32 and narrower are taken exactly.
    example: what the module takes, a batch of one along `batch_axis` (None: the module takes one input without a batch
    axis). Inputs of integers (tokens) stay integers. The model's `predict(params, x)` takes one input without the batch
    axis and returns the output as a vector (row by row). params: weights that require a gradient, by the names of the
    module; tied weights appear once. Buffers and frozen weights are constants.
    The module is exported in the mode that it is in; modules whose training mode is no function of the input (batch
    statistics, dropout) are refused by name, as is every operation without a rule. Values and gradients are compared
    with the module's own in double precision at the example and at random points. Raises `InputError`.
    """
    torch = needed("torch", "torch")
    check_module(torch, module)
    tensor = example_tensor(torch, example, batch_axis)
    doubled = _doubled(torch, module)
    _demand_that_it_runs(torch, doubled, tensor)
    program = _exported(torch, doubled, tensor)
    names = tied_names(module)
    graph, given, constants = _read(torch, program, doubled, names)
    params = {name: as_array(weight) for name, weight in doubled.named_parameters() if weight.requires_grad}
    if not params:
        raise InputError(
            "no weight of the module requires a gradient; call module.requires_grad_(True) for those to train"
        )
    predict = _predictor(graph, given, tensor, batch_axis)
    notes = [*_notes(module, names, graph), demand_torchs_values(torch, doubled, predict, params, tensor, batch_axis)]
    return Model(
        predict, params, f"{type(module).__name__} by torch.export {torch.__version__}", constants, tuple(notes)
    )


def _doubled(torch: Any, module: Any) -> Any:
    try:
        return copy.deepcopy(module).cpu().double()
    except Exception as error:  # the module's own code may raise anything here
        raise InputError(f"the module cannot be copied into double precision: {first_line(error)}") from error


def _demand_that_it_runs(torch: Any, module: Any, tensor: Any) -> None:
    """Torch's own run comes first: its export prints a traceback before it raises."""
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            copy.deepcopy(module)(tensor)
    except Exception as error:  # the module's own code may raise anything here
        raise InputError(
            f"the module fails on the example of shape {tuple(tensor.shape)}: {first_line(error)}; pass what it takes, "
            "real numbers as floats and tokens as integers"
        ) from error


def _exported(torch: Any, module: Any, tensor: Any) -> Any:
    table = torch.export.default_decompositions()
    # attention has a rule of its own: its decomposition asks which scores are minus infinity
    table.pop(torch.ops.aten.scaled_dot_product_attention.default, None)
    try:
        # torch warns of its own old names while it exports; where warnings are errors that would end the export
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(module, (tensor,), strict=False).run_decompositions(table)
    except Exception as error:  # export raises errors of many kinds for what it cannot read
        raise InputError(
            f"torch.export cannot read the module: {first_line(error)}; its forward must be one sequence of tensor "
            "operations for an input of this shape"
        ) from error
    signature = program.graph_signature
    changed = [*signature.buffers_to_mutate.values(), *signature.user_inputs_to_mutate.values()]
    if changed:
        raise InputError(
            f"the module changes {', '.join(sorted(map(str, changed)))} while it runs, so it is not a function of its "
            "input alone; call module.eval()"
        )
    if len(signature.output_specs) != 1 or len(signature.user_outputs) != 1:
        raise InputError(
            f"the module returns {len(signature.output_specs)} values; wrap it so that it returns one tensor"
        )
    return program


def _read(
    torch: Any, program: Any, module: Any, names: Mapping[str, str]
) -> tuple[Graph, dict[str, str | None], dict[str, np.ndarray]]:
    """(graph, placeholder -> name of a parameter or None for the input, constants by name)."""
    kinds = torch.export.graph_signature.InputKind
    weights = dict(module.named_parameters(remove_duplicate=False))
    tensors = {**program.constants, **dict(module.named_buffers(remove_duplicate=False)), **program.state_dict}
    given: dict[str, str | None] = {}
    known, constants = {}, {}
    for spec in program.graph_signature.input_specs:
        if spec.kind == kinds.USER_INPUT:
            given[spec.arg.name] = None
        elif spec.kind == kinds.PARAMETER and weights[spec.target].requires_grad:
            given[spec.arg.name] = names[spec.target]
        elif spec.kind in (kinds.PARAMETER, kinds.BUFFER, kinds.CONSTANT_TENSOR):
            known[spec.arg.name] = tensors[spec.target].detach()
            constants[spec.target] = as_array(tensors[spec.target])
        else:
            raise InputError(
                f"the module takes {spec.target or spec.arg.name} ({spec.kind.name}), which is not a tensor"
            )
    if sum(target is None for target in given.values()) != 1:
        raise InputError("the module's forward must take one tensor")
    output = program.graph_signature.user_outputs[0]
    if not isinstance(output, str):
        raise InputError(f"the module returns the constant {output!r}")
    return read_graph(list(program.graph.nodes), known, output), given, constants


def _predictor(
    graph: Graph, given: Mapping[str, str | None], tensor: Any, batch_axis: int | None
) -> Callable[..., Any]:
    kind = as_array(tensor).dtype

    @double_precision
    def predict(params: Any, x: Any) -> Any:
        value = jnp.asarray(x).astype(kind)
        value = value if batch_axis is None else jnp.expand_dims(value, batch_axis)
        if value.shape != tuple(tensor.shape):
            raise InputError(f"the module was read at one input of shape {tuple(tensor.shape)}, not {value.shape}")
        values = {name: value if target is None else jnp.asarray(params[target]) for name, target in given.items()}
        return jnp.asarray(graph(values)).reshape(-1)

    return predict


def _notes(module: Any, names: Mapping[str, str], graph: Graph) -> list[str]:
    tied = [f"{name} is {first}" for name, first in names.items() if name != first]
    frozen = [name for name, weight in module.named_parameters() if not weight.requires_grad]
    types = sorted({str(weight.dtype) for weight in module.parameters()})
    notes = [f"weights: {', '.join(types)}, taken exactly as float64"]
    notes += [f"tied weights: {', '.join(tied)}"] if tied else []
    notes += [f"frozen weights, kept as constants: {', '.join(frozen)}"] if frozen else []
    if graph.folded:
        notes.append(f"tables computed by torch and taken as the numbers it holds: {', '.join(graph.folded)}")
    return notes
