"""Networks of the shapes and operators that verification benchmarks use, in the old opset of their files: a controller
of six hidden layers of 50 units behind a normalised input, and a residual network of convolutions.

The files of the benchmarks themselves are not here; these have the same operators and random weights.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest

import stabproof as sp
from stabproof import InputError

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper, version_converter  # noqa: E402

OPSET = 9


def saved(path, nodes, weights, shape, outputs):
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, size)
        for name, size in (("input", shape), ("output", [1, outputs]))
    ]
    # IR version 4 with initializers that are no inputs: they are constants and weights
    tensors = [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=4)
    onnx.save(model, str(path))
    return path


def moved(path):
    """The file in an opset that is understood."""
    model = version_converter.convert_version(onnx.load(str(path)), 13)
    onnx.save(model, str(path))
    return path


def controller(path):
    rng = np.random.default_rng(0)
    sizes = [5, *[50] * 6, 5]
    weights = {"mean": rng.normal(size=(1, 1, 1, 5))}
    nodes = [helper.make_node("Sub", ["input", "mean"], ["s"]), helper.make_node("Flatten", ["s"], ["h0"])]
    for layer, (n, m) in enumerate(itertools.pairwise(sizes)):
        weights[f"W{layer}"], weights[f"b{layer}"] = rng.normal(size=(n, m)) / np.sqrt(n), rng.normal(size=m) / 4
        last = layer == len(sizes) - 2
        nodes += [
            helper.make_node("MatMul", [f"h{layer}", f"W{layer}"], [f"m{layer}"]),
            helper.make_node("Add", [f"m{layer}", f"b{layer}"], ["output" if last else f"a{layer}"]),
        ]
        nodes += [] if last else [helper.make_node("Relu", [f"a{layer}"], [f"h{layer + 1}"])]
    return saved(path, nodes, weights, [1, 1, 1, 5], 5), {k: np.float32(v) for k, v in weights.items()}


def exact_output(weights, x):
    """In rational numbers."""
    h = [Fraction(float(a)) - Fraction(float(b)) for a, b in zip(x, weights["mean"].reshape(-1), strict=True)]
    for layer in range(7):
        w, b = ([[Fraction(float(v)) for v in row] for row in weights[f"W{layer}"].T.tolist()], weights[f"b{layer}"])
        h = [sum((u * v for u, v in zip(row, h, strict=True)), Fraction(float(c))) for row, c in zip(w, b, strict=True)]
        h = h if layer == 6 else [max(v, Fraction(0)) for v in h]
    return h


def test_a_controller_is_enclosed(tmp_path):
    path, weights = controller(tmp_path / "controller.onnx")
    with pytest.raises(InputError, match="version_converter"):
        sp.from_onnx(path)
    model = sp.from_onnx(moved(path))
    assert sum(value.size for value in model.params.values()) == 13305
    x = np.random.default_rng(1).normal(size=5)
    found = sp.enclose(lambda x: model.predict(model.params, x.reshape(1, 1, 5)), x)
    for truth, low, high in zip(exact_output(weights, x), found.lower, found.upper, strict=True):
        assert Fraction(float(low)) <= truth <= Fraction(float(high))
        assert high - low < 1e-12


def test_a_residual_network_is_enclosed(tmp_path):
    rng = np.random.default_rng(2)
    weights = {"K": rng.normal(size=(4, 1, 3, 3)) / 3, "k": rng.normal(size=4), "L": rng.normal(size=(4, 4, 3, 3)) / 6}
    weights |= {"l": rng.normal(size=4), "W": rng.normal(size=(3, 64)) / 8, "w": rng.normal(size=3)}
    weights |= {"scale": rng.normal(size=4), "shift": rng.normal(size=4), "mean": rng.normal(size=4)}
    weights["var"] = rng.uniform(0.5, 2, size=4)
    nodes = [
        helper.make_node("Conv", ["input", "K", "k"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2], kernel_shape=[3, 3]),
        helper.make_node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"]),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("Conv", ["r", "L", "l"], ["d"], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Add", ["d", "r"], ["e"]),
        helper.make_node("Relu", ["e"], ["f"]),
        helper.make_node("Flatten", ["f"], ["g"]),
        helper.make_node("Gemm", ["g", "W", "w"], ["output"], transB=1),
    ]
    path = moved(saved(tmp_path / "residual.onnx", nodes, weights, [1, 1, 8, 8], 3))
    model = sp.from_onnx(path)
    x = rng.normal(size=(1, 8, 8))
    w = {name: np.float64(np.float32(value)) for name, value in weights.items()}

    def convolved(x, kernel, bias, stride):
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        rows = range(0, x.shape[1], stride)
        return np.array([[[np.sum(padded[:, i : i + 3, j : j + 3] * k) + b for j in rows] for i in rows]
                         for k, b in zip(kernel, bias, strict=True)])  # fmt: skip

    c = convolved(x, w["K"], w["k"], 2)
    a, b, mean, var = (w[name][:, None, None] for name in ("scale", "shift", "mean", "var"))
    r = np.maximum((c - mean) / np.sqrt(var + np.float64(np.float32(1e-5))) * a + b, 0)
    expected = w["W"] @ np.maximum(convolved(r, w["L"], w["l"], 1) + r, 0).reshape(-1) + w["w"]
    found = sp.enclose(lambda x: model.predict(model.params, x), x)
    assert np.all((found.lower <= expected + 1e-12) & (expected - 1e-12 <= found.upper))
    assert (found.upper - found.lower < 1e-12).all()
