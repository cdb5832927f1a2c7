"""What `from_torch` asks of a module and of its example, before it is exported."""

from typing import Any

import numpy as np

from foundation import InputError
from foundation.errors import type_of
from stabproof.doors.arguments import check_batch_axis


def check_module(torch: Any, module: Any) -> None:
    if isinstance(module, torch.jit.ScriptModule) or not isinstance(module, torch.nn.Module):
        raise InputError(f"module must be a torch.nn.Module that is not scripted, but is {type_of(module)}")
    random = [f"{path or '(the whole)'} ({type(part).__name__})" for path, part in module.named_modules()
              if part.training and _depends_on_training(torch, part)]  # fmt: skip
    if random:
        raise InputError(
            f"in training mode these modules use the batch's statistics or random numbers: {', '.join(random)}; "
            "call module.eval() and train on, or train without them, for a minimum to be a fixed point"
        )
    lazy = [name for name, weight in module.named_parameters() if torch.nn.parameter.is_lazy(weight)]
    if lazy:
        raise InputError(f"the weights {', '.join(lazy)} have no shape yet; call the module on an example first")
    odd = [
        f"{name} ({weight.dtype})" for name, weight in module.named_parameters() if not weight.dtype.is_floating_point
    ]
    if odd:
        raise InputError(f"these weights are not real numbers: {', '.join(odd)}")
    for name, weight in module.named_parameters():
        if not weight.is_meta and not torch.isfinite(weight).all():
            raise InputError(f"the weight {name} holds NaN or infinities; train again from finite weights")


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


def example_tensor(torch: Any, example: Any, batch_axis: int | None) -> Any:
    try:
        tensor = torch.as_tensor(np.asarray(example) if not isinstance(example, torch.Tensor) else example)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"example must be one tensor or array of numbers, but is {type_of(example)}") from None
    tensor = tensor.detach().cpu()
    if tensor.is_complex():
        raise InputError("example holds complex numbers; only real numbers can be enclosed")
    check_batch_axis(batch_axis)
    if batch_axis is not None and (tensor.ndim <= batch_axis or tensor.shape[batch_axis] != 1):
        raise InputError(
            f"example must be a batch of one along axis {batch_axis}, but has shape {tuple(tensor.shape)}; pass "
            "inputs[:1], or batch_axis=None when the module takes one input without a batch axis"
        )
    if not tensor.dtype.is_floating_point:
        return tensor
    if not torch.isfinite(tensor).all():
        raise InputError("example holds NaN or infinities; pass an input on which the module gives numbers")
    return tensor.double()


def tied_names(module: Any) -> dict[str, str]:
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


def first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
