"""The numbers that an ONNX file holds, exactly."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from foundation import InputError
from stabproof.doors.onnx_operators.arithmetic import TYPES, held


def to_array(onnx: Any, tensor: Any) -> np.ndarray:
    """A tensor of the file exactly: floats as float64."""
    if tensor.data_type not in TYPES:
        known = tensor.data_type in onnx.TensorProto.DataType.values()
        kind = onnx.TensorProto.DataType.Name(tensor.data_type) if known else f"number {tensor.data_type}"
        raise InputError(f"the tensor {tensor.name} has the element type {kind}, which is not modelled")
    if onnx.external_data_helper.uses_external_data(tensor):
        raise InputError(f"the tensor {tensor.name} is kept in another file, which is not opened")
    return onnx.numpy_helper.to_array(tensor).astype(held(TYPES[tensor.data_type]))


def constant(given: Mapping[str, Any]) -> np.ndarray:
    if len(given) != 1:
        raise InputError(f"a Constant has the attributes {sorted(given)}; one is allowed")
    ((name, value),) = given.items()
    if name == "value":
        return value
    kinds: dict[str, Any] = {
        "value_float": np.float64,
        "value_floats": np.float64,
        "value_int": np.int64,
        "value_ints": np.int64,
    }
    if name not in kinds:
        raise InputError(f"a Constant with {name} is not modelled")
    return np.asarray(value, kinds[name])
