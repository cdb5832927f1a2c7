"""`from_torch`: a torch module as a JAX function, read from torch.export's graph of ATen operations."""

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from foundation import InputError
from numeric.precision import double_precision
from stabproof.doors.comparison import demand_agreement
from stabproof.doors.model import Model
from stabproof.doors.packages import needed
from stabproof.doors.torch_graph import Graph, as_array, read_graph

# Points besides the example at which the converted model is compared with the module.
_RANDOM_POINTS = 3
# Relative: two double precision gradients of one function differ by rounding, a missing branch by its whole size.
_GRADIENT_TOLERANCE = 1e-8


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
    _check_module(torch, module)
    tensor = _example_tensor(torch, example, batch_axis)
    doubled = _doubled(torch, module)
    program = _exported(torch, doubled, tensor)
    names = _tied(module)
    graph, given, constants = _read(torch, program, doubled, names)
    params = {name: as_array(weight) for name, weight in doubled.named_parameters() if weight.requires_grad}
    if not params:
        raise InputError(
            "no weight of the module requires a gradient; call module.requires_grad_(True) for those to train"
        )
    predict = _predictor(graph, given, tensor, batch_axis)
    notes = [*_notes(module, names, graph), _compared(torch, doubled, predict, params, tensor, batch_axis)]
    return Model(
        predict, params, f"{type(module).__name__} by torch.export {torch.__version__}", constants, tuple(notes)
    )


def _check_module(torch: Any, module: Any) -> None:
    if isinstance(module, torch.jit.ScriptModule) or not isinstance(module, torch.nn.Module):
        raise InputError(f"module must be a torch.nn.Module that is not scripted, but is a {type(module).__name__}")
    random = [f"{path or '(the whole)'} ({type(part).__name__})" for path, part in module.named_modules()
              if part.training and _depends_on_training(torch, part)]  # fmt: skip
    if random:
        raise InputError(
            f"in training mode these modules use the batch's statistics or random numbers: {', '.join(random)}; "
            "call module.eval() and train on, or train without them, for a minimum to be a fixed point"
        )
    odd = [
        f"{name} ({weight.dtype})" for name, weight in module.named_parameters() if not weight.dtype.is_floating_point
    ]
    if odd:
        raise InputError(f"these weights are no real numbers: {', '.join(odd)}")


def _depends_on_training(torch: Any, part: Any) -> bool:
    nn = torch.nn
    if isinstance(part, nn.modules.batchnorm._NormBase):
        # without stored statistics both modes take those of the batch
        return part.track_running_stats or isinstance(part, nn.modules.batchnorm._BatchNorm)
    if isinstance(part, nn.modules.dropout._DropoutNd):
        return part.p > 0
    if isinstance(part, nn.MultiheadAttention | nn.RNNBase):
        return part.dropout > 0
    return isinstance(part, nn.RReLU)


def _example_tensor(torch: Any, example: Any, batch_axis: int | None) -> Any:
    try:
        tensor = torch.as_tensor(np.asarray(example) if not isinstance(example, torch.Tensor) else example)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"example must be one tensor or array, but is a {type(example).__name__}: {error}") from None
    tensor = tensor.detach().cpu()
    if tensor.is_complex():
        raise InputError("example holds complex numbers; only real numbers can be enclosed")
    if batch_axis is not None and (tensor.ndim <= batch_axis or tensor.shape[batch_axis] != 1):
        raise InputError(
            f"example must be a batch of one along axis {batch_axis}, but has shape {tuple(tensor.shape)}; pass "
            "inputs[:1], or batch_axis=None when the module takes one input without a batch axis"
        )
    return tensor.double() if tensor.dtype.is_floating_point else tensor


def _doubled(torch: Any, module: Any) -> Any:
    try:
        return copy.deepcopy(module).cpu().double()
    except Exception as error:  # the module's own code may raise anything here
        raise InputError(f"the module cannot be copied into double precision: {_first_line(error)}") from error


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
            f"torch.export cannot read the module: {_first_line(error)}; its forward must be one sequence of tensor "
            "operations for an input of this shape"
        ) from error
    signature = program.graph_signature
    changed = [*signature.buffers_to_mutate.values(), *signature.user_inputs_to_mutate.values()]
    if changed:
        raise InputError(
            f"the module changes {', '.join(sorted(map(str, changed)))} while it runs, so it is no function of its "
            "input alone; call module.eval()"
        )
    if len(signature.output_specs) != 1 or len(signature.user_outputs) != 1:
        raise InputError(
            f"the module returns {len(signature.output_specs)} values; wrap it so that it returns one tensor"
        )
    return program


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _tied(module: Any) -> dict[str, str]:
    """Every name of a weight -> the first name of the same weight; refuses weights that share memory otherwise."""
    first: dict[int, str] = {}
    memory: dict[int, str] = {}
    names = {}
    for name, weight in module.named_parameters(remove_duplicate=False):
        names[name] = first.setdefault(id(weight), name)
        place = weight.untyped_storage().data_ptr()
        if place and memory.setdefault(place, names[name]) != names[name]:
            raise InputError(
                f"the weights {memory[place]} and {name} share memory but are two parameters; tie them by assigning "
                "one parameter to both"
            )
    return names


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
            raise InputError(f"the module takes {spec.target or spec.arg.name} ({spec.kind.name}), which is no tensor")
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


def _compared(
    torch: Any, module: Any, predict: Any, params: Mapping[str, np.ndarray], tensor: Any, batch_axis: int | None
) -> str:
    """Compares values at the example, and values and gradients at random points; raises `InputError`."""
    rng = np.random.default_rng(0)
    example = as_array(tensor) if batch_axis is None else np.squeeze(as_array(tensor), batch_axis)
    points: list[tuple[Any, Any]] = [(dict(params), example)]
    for _ in range(_RANDOM_POINTS):
        moved = {name: _moved(rng, weight) for name, weight in params.items()}
        points.append((moved, _random_input(rng, example)))
    theirs = _torch_function(torch, module, batch_axis)
    usable = [points[0], *(p for p in points[1:] if np.isfinite(theirs(*p)[0]).all())]
    note = demand_agreement("torch", _compiled(predict), lambda p, x: theirs(p, x)[0], usable)
    _compare_gradients(_compiled(jax.grad(_weighted(predict))), theirs, usable[1:])
    return note


def _weighted(predict: Callable[..., Any]) -> Callable[..., Any]:
    """The sum of the outputs with weights 1, 2, 3, ..."""

    def total(params: Any, x: Any) -> Any:
        output = predict(params, x)
        return jnp.sum(output * jnp.arange(1, output.shape[0] + 1))

    return total


def _moved(rng: Any, weight: np.ndarray) -> np.ndarray:
    return weight + 0.1 * rng.normal(size=weight.shape) * np.abs(weight) + 0.01 * rng.normal(size=weight.shape)


def _random_input(rng: Any, example: np.ndarray) -> np.ndarray:
    if example.dtype != np.float64:
        return rng.permutation(example.reshape(-1)).reshape(example.shape)
    return example + rng.normal(size=example.shape) * (1.0 + np.abs(example))


def _torch_function(torch: Any, module: Any, batch_axis: int | None) -> Callable[[Any, Any], Any]:
    """(params, x) -> (output, gradient of its sum with weights 1, 2, 3, ... in the parameters)."""

    def run(params: Any, x: Any) -> Any:
        weights = {name: torch.tensor(np.asarray(value), requires_grad=True) for name, value in params.items()}
        value = torch.as_tensor(np.array(x))
        value = value if batch_axis is None else value.unsqueeze(batch_axis)
        with torch.enable_grad():
            output = torch.func.functional_call(module, weights, (value,)).reshape(-1)
            total = (output * torch.arange(1, len(output) + 1, dtype=output.dtype)).sum()
            slopes = (
                torch.autograd.grad(total, list(weights.values()), allow_unused=True) if total.requires_grad else ()
            )
        gradient = {
            name: None if slope is None else slope.numpy() for name, slope in zip(weights, slopes, strict=False)
        }
        return output.detach().numpy(), gradient

    return run


def _compiled(predict: Callable[..., Any]) -> Callable[..., Any]:
    return double_precision(jax.jit(predict))


def _compare_gradients(gradient: Any, theirs: Any, points: Sequence[tuple[Any, Any]]) -> None:
    for params, x in points:
        slopes, ours = theirs(params, x)[1], gradient(params, x)
        scale = 1.0 + max(float(np.max(np.abs(slope), initial=0.0)) for slope in ours.values())
        for name, slope in ours.items():
            own = slopes.get(name)
            gap = np.abs(np.asarray(slope) - (0.0 if own is None else own))
            if not np.all(gap <= _GRADIENT_TOLERANCE * scale):
                raise InputError(
                    f"torch's own gradient for {name} is not the derivative of the module's output (a detach, no_grad, "
                    "padding_idx or a hand-written backward), so training does not descend the loss that would be "
                    "certified; write the module without it"
                )
