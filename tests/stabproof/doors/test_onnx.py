"""`from_onnx`: whole files, which numbers they hold, and what is refused."""

import numpy as np
import pytest

import stabproof as sp
from stabproof import InputError

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402


def tensor(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def numbers(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def model_of(nodes, weights, inputs, outputs, *, opset=20, ir=10, kind=TensorProto.FLOAT, **more):
    ends = [
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in end.items()] for end in (inputs, outputs)
    ]
    graph = helper.make_graph(nodes, "g", *ends, [tensor(name, value) for name, value in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir, **more)


@pytest.fixture
def saved(tmp_path):
    def save(model):
        path = tmp_path / "model.onnx"
        onnx.save(model, str(path))
        return path

    return save


def perceptron(**more):
    nodes = [
        helper.make_node("Gemm", ["x", "W", "b"], ["h"], transB=1),
        helper.make_node("Tanh", ["h"], ["t"]),
        helper.make_node("MatMul", ["t", "V"], ["m"]),
        helper.make_node("Add", ["m", "c"], ["y"]),
    ]
    weights = {"W": numbers(4, 3), "b": numbers(4, seed=1), "V": numbers(4, 2, seed=2), "c": numbers(2, seed=3)}
    return model_of(nodes, weights, {"x": ["N", 3]}, {"y": ["N", 2]}, **more)


def convolutional():
    nodes = [
        helper.make_node("Conv", ["x", "K", "k"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["a", "s", "z", "mean", "var"], ["n"]),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "W"], ["y"]),
    ]
    weights = {
        "K": numbers(2, 1, 3, 3),
        "k": numbers(2),
        "s": numbers(2, seed=4),
        "z": numbers(2, seed=5),
        "mean": numbers(2, seed=6),
        "var": numbers(2, seed=7) ** 2,
        "W": numbers(8, 3, seed=8),
    }
    return model_of(nodes, weights, {"x": [1, 1, 4, 4]}, {"y": [1, 3]})


@pytest.mark.parametrize(("make", "shape"), [(perceptron, (3,)), (convolutional, (1, 4, 4))])
def test_a_network_is_read_as_the_standard_says(saved, make, shape):
    proto = make()
    model = sp.from_onnx(saved(proto))
    x = numbers(*shape, seed=9)
    expected = ReferenceEvaluator(proto).run(None, {"x": x[None]})[0].reshape(-1)
    np.testing.assert_allclose(np.asarray(model.predict(model.params, x)), expected, rtol=2e-5, atol=2e-6)


def test_weights_and_constants_are_told_apart(saved):
    model = sp.from_onnx(saved(convolutional()))
    assert list(model.params) == ["K", "k", "s", "z", "W"]
    assert set(model.constants) == {"mean", "var"}
    assert "constants: mean, var" in model.report()
    chosen = sp.from_onnx(saved(convolutional()), trainable=["W"])
    assert list(chosen.params) == ["W"]
    with pytest.raises(InputError, match="not an initializer"):
        sp.from_onnx(saved(convolutional()), trainable=["nothing"])


def test_weights_whose_gates_are_put_into_another_order_are_weights(saved):
    """As torch's exporter writes a GRU: slices of the stored arrays, put together again."""
    nodes = [
        *(helper.make_node("Slice", ["U", f"n{k}", f"n{k + 1}", "n0"], [f"U{k}"]) for k in range(2)),
        helper.make_node("Concat", ["U1", "U0", "last"], ["gates"], axis=0),
        helper.make_node("Unsqueeze", ["gates", "n0"], ["R"]),
        helper.make_node("Split", ["both"], ["W", "spare"], axis=0, num_outputs=2),
        helper.make_node("GRU", ["x", "W", "R", "", "", "start"], ["", "h"], hidden_size=2),
        helper.make_node("Squeeze", ["h", "n0"], ["y"]),
    ]
    weights = {f"n{k}": np.array([2 * k]) for k in range(3)}
    weights |= {"U": numbers(4, 2), "last": numbers(2, 2), "both": numbers(2, 6, 3), "start": numbers(1, 1, 2)}
    model = sp.from_onnx(saved(model_of(nodes, weights, {"x": [4, 1, 3]}, {"y": [1, 2]})), batch_axis=1)
    assert list(model.params) == ["U", "last", "both"]
    assert "start" in model.constants


@pytest.mark.parametrize("out", [-np.inf, np.finfo(np.float32).min])
def test_a_mask_that_is_added_is_no_weight(saved, out):
    nodes = [
        helper.make_node("Add", ["x", "mask"], ["s"]),
        helper.make_node("Softmax", ["s"], ["p"]),
        helper.make_node("Gemm", ["p", "W", "zero"], ["y"]),
    ]
    weights = {"mask": np.array([0.0, out, 0.0], np.float32), "W": numbers(3, 2), "zero": np.zeros(2, np.float32)}
    model = sp.from_onnx(saved(model_of(nodes, weights, {"x": [1, 3]}, {"y": [1, 2]})))
    assert list(model.params) == ["W", "zero"]


def test_a_certificate_of_a_file(saved):
    model = sp.from_onnx(saved(perceptron()))
    inputs = numbers(2, 3, seed=4).astype(np.float64)
    targets = np.stack([np.asarray(model.predict(model.params, x)) for x in inputs])
    problem = sp.Regression(model.predict, model.params, inputs, targets)
    certificate = sp.certify_minimum(problem, sp.GradientDescent(learning_rate=0.01))
    assert certificate.verdict is sp.Verdict.STABLE
    enclosed = sp.enclose(lambda p: model.predict(p, inputs[0]), model.params)
    assert np.all((enclosed.lower <= targets[0] + 1e-12) & (targets[0] - 1e-12 <= enclosed.upper))


def test_float_attributes_are_float32(saved):
    nodes = [helper.make_node("LeakyRelu", ["x"], ["l"], alpha=0.1), helper.make_node("MatMul", ["l", "W"], ["y"])]
    proto = model_of(nodes, {"W": np.eye(1)}, {"x": [1, 1]}, {"y": [1, 1]}, kind=TensorProto.DOUBLE)
    model = sp.from_onnx(saved(proto))
    assert np.asarray(model.predict(model.params, np.array([-1.0])))[0] == -float(np.float32(0.1)) != -0.1


def test_float_constants_of_a_network_of_doubles_are_float32(saved):
    """An exporter writes a Python 0.1 as a FLOAT constant and casts it; an exponent of a power stays a double."""
    nodes = [
        helper.make_node("Constant", [], ["tenth"], value=tensor("t", np.float32(0.1))),
        helper.make_node("Cast", ["tenth"], ["wide"], to=TensorProto.DOUBLE),
        helper.make_node("Mul", ["x", "wide"], ["m"]),
        helper.make_node("Pow", ["m", "exponent"], ["p"]),
        helper.make_node("MatMul", ["p", "W"], ["y"]),
    ]
    weights = {"W": np.eye(1), "exponent": np.array(1.7)}
    model = sp.from_onnx(saved(model_of(nodes, weights, {"x": [1, 1]}, {"y": [1, 1]}, kind=TensorProto.DOUBLE)))
    found = np.asarray(model.predict(model.params, np.array([2.0])))[0]
    np.testing.assert_allclose(found, (2.0 * float(np.float32(0.1))) ** 1.7, rtol=1e-15)
    assert abs(found - 0.2**1.7) > 1e-10


def test_weights_come_from_the_graph(saved):
    """An exporter folds BatchNorm into Linear under the old name: the file's numbers count, not the state dict's."""
    w, b, scale, shift, mean, var = numbers(2, 3), numbers(2), numbers(2), numbers(2), numbers(2), numbers(2) ** 2
    root = np.sqrt(var + np.float32(1e-5))
    folded = {"0.weight": (w * (scale / root)[:, None]).astype(np.float32),
              "0.bias": ((b - mean) * scale / root + shift).astype(np.float32)}  # fmt: skip
    nodes = [helper.make_node("Gemm", ["x", "0.weight", "0.bias"], ["y"], transB=1)]
    model = sp.from_onnx(saved(model_of(nodes, folded, {"x": [1, 3]}, {"y": [1, 2]})))
    assert {name: value.tolist() for name, value in model.params.items()} == {
        name: value.astype(np.float64).tolist() for name, value in folded.items()
    }


def test_the_branch_cut_of_a_graph_counts(saved):
    """atan2 exported as arithmetic: the file's graph is certified, not atan2."""
    nodes = [
        helper.make_node("Div", ["zero", "x"], ["q"]),
        helper.make_node("Atan", ["q"], ["a"]),
        helper.make_node("Sub", ["a", "pi"], ["s"]),
        helper.make_node("MatMul", ["s", "W"], ["y"]),
    ]
    weights = {"zero": np.zeros((1, 1)), "pi": np.full((1, 1), np.pi), "W": np.eye(1)}
    model = sp.from_onnx(saved(model_of(nodes, weights, {"x": [1, 1]}, {"y": [1, 1]}, kind=TensorProto.DOUBLE)))
    assert np.asarray(model.predict(model.params, np.array([-1.0])))[0] == -np.pi


def test_initializers_that_are_inputs(saved):
    for ir, free in ((3, False), (10, True)):
        nodes = [helper.make_node("Mul", ["x", "s"], ["m"]), helper.make_node("MatMul", ["m", "W"], ["y"])]
        weights = {"s": np.full((1, 2), 0.5, np.float32), "W": np.ones((2, 1), np.float32)}
        ends = {"x": [1, 2], "s": [1, 2], **({"W": [2, 1]} if ir == 3 else {})}
        model = sp.from_onnx(saved(model_of(nodes, weights, ends, {"y": [1, 1]}, ir=ir, opset=13)))
        assert ("s" in model.params) is free
        assert ("s" in model.constants) is not free


def test_tied_and_transposed_weights(saved):
    nodes = [
        helper.make_node("Transpose", ["W"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "t"], ["a"]),
        helper.make_node("MatMul", ["a", "W"], ["y"]),
    ]
    model = sp.from_onnx(saved(model_of(nodes, {"W": numbers(2, 3)}, {"x": [1, 3]}, {"y": [1, 3]})))
    w, x = model.params["W"], np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(np.asarray(model.predict(model.params, x)), x @ w.T @ w, rtol=1e-14)


def test_tokens_stay_integers(saved):
    graph = helper.make_graph(
        [helper.make_node("Gather", ["E", "x"], ["y"], axis=0)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.INT64, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 3])],
        [tensor("E", numbers(5, 3))],
    )
    model = sp.from_onnx(saved(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)))
    np.testing.assert_array_equal(
        np.asarray(model.predict(model.params, [4, 0])), model.params["E"][[4, 0]].reshape(-1)
    )
    assert np.isnan(np.asarray(model.predict(model.params, [5, 0]))[:3]).all()


def test_refused_files(saved, tmp_path):
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(InputError, match=r"cannot be read|refuses"):
        sp.from_onnx(tmp_path / "text.onnx")
    with pytest.raises(InputError, match="cannot be read"):
        sp.from_onnx(tmp_path / "absent.onnx")
    with pytest.raises(InputError, match="understood are 13"):
        sp.from_onnx(saved(perceptron(opset=11)))
    wide = model_of([helper.make_node("MatMul", ["x", "W"], ["y"])], {"W": numbers(3, 2)}, {"x": [5, 3]}, {"y": [5, 2]})
    with pytest.raises(InputError, match="not a batch of one"):
        sp.from_onnx(saved(wide))
    model = sp.from_onnx(saved(wide), batch_axis=None)
    assert np.asarray(model.predict(model.params, np.ones((5, 3)))).shape == (10,)


def test_bad_arguments_and_files(saved, tmp_path):
    path = saved(perceptron())
    for trainable in ("W", 3):
        with pytest.raises(InputError, match="list of names"):
            sp.from_onnx(path, trainable=trainable)
    for axis in ("0", -1, True):
        with pytest.raises(InputError, match="batch_axis must be"):
            sp.from_onnx(path, batch_axis=axis)
    with pytest.raises(InputError, match="is an int"):
        sp.from_onnx(3)
    with pytest.raises(InputError, match="not a file"):
        sp.from_onnx(tmp_path)


def simple(weight, kind=TensorProto.FLOAT, operator="MatMul"):
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", "W"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", kind, [1, 3])],
        [helper.make_tensor_value_info("y", kind, [1, 2])],
        [weight],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def test_broken_weights(saved):
    declared = TensorProto(name="W", data_type=TensorProto.FLOAT, dims=[10**6, 10**6], raw_data=bytes(16))
    with pytest.raises(InputError, match="too small"):
        sp.from_onnx(saved(simple(declared)))
    with pytest.raises(InputError, match="W hold NaN"):
        sp.from_onnx(saved(simple(tensor("W", np.full((3, 2), np.nan, np.float32)))))
    with pytest.raises(InputError, match="No Op registered for Foo"):
        sp.from_onnx(saved(simple(tensor("W", numbers(3, 2)), operator="Foo")))
    with pytest.raises(InputError, match="BFLOAT16"):
        sp.from_onnx(saved(simple(helper.make_tensor("W", TensorProto.BFLOAT16, [3, 2], np.ones(6)),
                                  TensorProto.BFLOAT16)))  # fmt: skip


def test_float16_between_operators_is_refused(saved):
    with pytest.raises(InputError, match="float16"):
        sp.from_onnx(saved(simple(tensor("W", numbers(3, 2, dtype=np.float16)), TensorProto.FLOAT16)))
    nodes = [
        helper.make_node("Cast", ["V"], ["W"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "W"], ["y"]),
    ]
    stored = model_of(nodes, {"V": numbers(3, 2, dtype=np.float16)}, {"x": [1, 3]}, {"y": [1, 2]})
    model = sp.from_onnx(saved(stored), trainable=["V"])
    assert model.params["V"].tolist() == numbers(3, 2, dtype=np.float16).astype(float).tolist()
    nodes = [
        helper.make_node("Cast", ["x"], ["h"], to=TensorProto.FLOAT16),
        helper.make_node("Cast", ["h"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["f", "W"], ["y"]),
    ]
    with pytest.raises(InputError, match="float16"):
        sp.from_onnx(saved(model_of(nodes, {"W": numbers(3, 2)}, {"x": [1, 3]}, {"y": [1, 2]})))


def test_data_in_other_files_are_not_opened(tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(perceptron(), str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    with pytest.raises(InputError, match=r"other files.*external_data=False"):
        sp.from_onnx(path)


def test_training_mode_is_refused(saved):
    nodes = [
        helper.make_node("Dropout", ["x", "ratio", "mode"], ["d"]),
        helper.make_node("MatMul", ["d", "W"], ["y"]),
    ]
    weights = {"ratio": np.float32(0.5), "mode": np.array(True), "W": numbers(3, 2)}
    with pytest.raises(InputError, match=r"Dropout.*training mode"):
        sp.from_onnx(saved(model_of(nodes, weights, {"x": [1, 3]}, {"y": [1, 2]})))


def local(domain, set_slope):
    body = [helper.make_node("LeakyRelu", ["a"], ["b"])]
    reference = onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    body[0].attribute.append(reference)
    function = helper.make_function(domain, "Bend", ["a"], ["b"], body, [helper.make_opsetid("", 20)], ["slope"])
    call = helper.make_node("Bend", ["x"], ["l"], domain=domain, **({"slope": 0.25} if set_slope else {}))
    proto = model_of(
        [call, helper.make_node("MatMul", ["l", "W"], ["y"])],
        {"W": np.eye(1, dtype=np.float32)},
        {"x": [1, 1]},
        {"y": [1, 1]},
    )
    proto.functions.append(function)
    proto.opset_import.append(helper.make_opsetid(domain, 1))
    return proto


def test_local_functions(saved):
    model = sp.from_onnx(saved(local("mine", True)))
    assert np.asarray(model.predict(model.params, np.array([-2.0])))[0] == -0.5
    with pytest.raises(InputError, match="slope unset"):
        sp.from_onnx(saved(local("mine", False)))
    with pytest.raises(InputError, match="standard domain"):
        sp.from_onnx(saved(local("com.microsoft", True)))


def test_an_operator_without_a_rule_is_named(saved):
    nodes = [helper.make_node("Hardmax", ["x"], ["h"]), helper.make_node("MatMul", ["h", "W"], ["y"])]
    with pytest.raises(InputError, match="Hardmax"):
        sp.from_onnx(saved(model_of(nodes, {"W": numbers(3, 2)}, {"x": [1, 3]}, {"y": [1, 2]})))


@pytest.mark.filterwarnings("ignore")
def test_an_export_of_torch_is_the_same_function(tmp_path):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = (
        torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3), torch.nn.Tanh(), torch.nn.AvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(2, 3)
        )
        .double()
        .eval()
    )
    example, path = torch.randn(1, 1, 4, 5).double(), tmp_path / "torch.onnx"
    try:
        torch.onnx.export(module, (example,), str(path), dynamo=False, opset_version=17)
    except (ImportError, RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        pytest.skip(f"this torch exports no file: {error}")
    file, module_model = sp.from_onnx(path), sp.from_torch(module, example)
    x = np.asarray(example)[0]
    mine, theirs = (np.asarray(m.predict(m.params, x)) for m in (file, module_model))
    np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-14)
    assert sorted(p.shape for p in file.params.values()) == sorted(p.shape for p in module_model.params.values())
