"""Every ONNX operator with a rule against the standard's reference evaluator in double precision, or a formula."""

import inspect
import math

import jax
import mpmath
import numpy as np
import pytest

from foundation import InputError

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from stabproof.doors.onnx_graph import read_graph  # noqa: E402
from stabproof.doors.onnx_operators.table import OPERATORS  # noqa: E402

COVERED = set()
NEWEST = 23


def real(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def built(operator, arrays, version, outputs=1, first=0, **attributes):
    """A model of one node; `arrays[first]` is the input, the others are initializers (None: left out)."""
    names = [f"i{k}" if array is not None else "" for k, array in enumerate(arrays)]
    made = [f"o{k}" for k in range(outputs)]
    node = helper.make_node(operator, names, made, **attributes)
    kind = helper.np_dtype_to_tensor_dtype(np.asarray(arrays[first]).dtype)
    inputs = [helper.make_tensor_value_info(names[first], kind, np.shape(arrays[first]))]
    fixed = [
        numpy_helper.from_array(np.asarray(a), n)
        for k, (a, n) in enumerate(zip(arrays, names, strict=True))
        if a is not None and k != first
    ]
    # the type of an output is inferred: it is declared after a first reading
    empty = [helper.make_empty_tensor_value_info(name) for name in made]
    graph = helper.make_graph([node], "g", inputs, empty, fixed)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def ours(model, value, version):
    graph = read_graph(onnx, model, version)
    with jax.enable_x64(True):
        return np.asarray(graph({**graph.constants, graph.input: jax.numpy.asarray(value)}))


def check(operator, *arrays, version=NEWEST, expected=None, first=0, outputs=1, **attributes):
    COVERED.add(operator)
    model = built(operator, arrays, version, outputs, first, **attributes)
    if expected is None:
        expected = ReferenceEvaluator(model).run(None, {f"i{first}": arrays[first]})[0]
    mine = ours(model, arrays[first], version)
    assert mine.shape == np.shape(expected)
    np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-14)


X = np.array([-30.0, -2.5, -1.0, -0.5, -1e-8, 0.0, 0.3, 0.5, 1.5, 19.0])


@pytest.mark.parametrize(
    "name",
    [
        "Abs",
        "Atan",
        "Ceil",
        "Cos",
        "Cosh",
        "Exp",
        "Floor",
        "Identity",
        "Neg",
        "Round",
        "Sigmoid",
        "Sign",
        "Sin",
        "Sinh",
        "Tan",
        "Tanh",
        "Relu",
        "Softsign",
        "Asinh",
        "IsNaN",
    ],
)
def test_functions_of_one_entry(name):
    check(name, X)


def test_functions_on_their_domains():
    for name in ("Acos", "Asin"):
        check(name, np.array([-1.0, 0.0, 0.3, 1.0]))
    check("Atanh", np.array([-0.9, 0.0, 0.3]))
    check("Acosh", np.array([1.0, 3.0]))
    for name in ("Log", "Sqrt", "Reciprocal"):
        check(name, np.array([0.3, 1.0, 1e8]))
    check("Erf", X, expected=[math.erf(x) for x in X])
    check("Not", np.array([True, False]))


@pytest.mark.parametrize(
    "name", ["Add", "Sub", "Mul", "Div", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Equal"]
)
def test_functions_of_two_entries(name):
    check(name, real(2, 3), real(3, seed=1))
    check(name, np.array([7, -7, 3]), np.array([2, 2, 3]), expected=[3, -3, 1] if name == "Div" else None)


def test_logic():
    p, q = np.array([True, True, False]), np.array([True, False, False])
    for name in ("And", "Or", "Xor"):
        check(name, p, q)
    check("Where", p, real(3), real(3, seed=1))


def test_powers():
    check("Pow", X, np.array(2.0))
    check("Pow", X, np.array(3.0))
    check("Pow", X, np.array([2], np.int64))
    check("Pow", np.array([0.5, 2.0]), np.array([1.7, -0.3]))
    with pytest.raises(InputError, match="power of integers"):
        ours(built("Pow", (np.array([2, 3]), np.array(0.5)), NEWEST), np.array([2, 3]), NEWEST)


def test_modulo():
    check("Mod", np.array([7.5, -7.5]), np.array([2.0, 2.0]), fmod=1)
    check("Mod", np.array([7, -7]), np.array([3, 3]))


def test_any_number_of_inputs():
    for name in ("Min", "Max", "Sum", "Mean"):
        check(name, real(2, 3), real(3, seed=1), real(2, 1, seed=2))


def test_bounds_and_types():
    check("Clip", X, np.array(-1.0), np.array(2.0))
    check("Clip", X, None, np.array(2.0))
    check("Cast", np.array([1, 2]), to=TensorProto.DOUBLE)
    check("Cast", np.array([-1.5, 2.7]), to=TensorProto.INT64)
    check("Cast", np.array([0.0, 0.5]), to=TensorProto.BOOL)
    check("CastLike", np.array([1, 2]), np.array(0.5))
    check("Dropout", X, np.array(0.5), np.array(False))
    with pytest.raises(InputError, match="training mode"):
        ours(built("Dropout", (X, np.array(0.5), np.array(True)), NEWEST), X, NEWEST)


def f32(value):
    return float(np.float32(value))


def test_activations_have_float32_constants():
    negative = np.minimum(X, 0)
    check("Elu", X, alpha=0.1, expected=np.where(X < 0, f32(0.1) * np.expm1(negative), X))
    check("LeakyRelu", X, expected=np.where(X < 0, f32(0.01) * X, X))
    check("Celu", X, alpha=0.3, expected=np.maximum(X, 0) + np.minimum(0, f32(0.3) * np.expm1(negative / f32(0.3))))
    alpha, gamma = 1.67326319217681884765625, 1.05070102214813232421875  # the standard's text
    check("Selu", X, expected=gamma * np.where(X > 0, X, alpha * np.expm1(negative)))
    check("ThresholdedRelu", X, alpha=0.4, expected=np.where(f32(0.4) < X, X, 0))
    check("HardSigmoid", X, expected=np.clip(f32(0.2) * X + 0.5, 0, 1))
    check("HardSwish", X, expected=X * np.clip(f32(1 / 6) * X + 0.5, 0, 1))
    check("PRelu", real(2, 3), np.array([0.1, 0.2, 0.3]))
    check(
        "Shrink",
        X,
        lambd=0.4,
        bias=0.1,
        expected=np.where(-f32(0.4) > X, X + f32(0.1), np.where(f32(0.4) < X, X - f32(0.1), 0)),
    )
    check("Softplus", X, expected=np.logaddexp(X, 0))
    check("Mish", X, expected=X * np.tanh(np.logaddexp(X, 0)))
    check("Swish", X, version=24, alpha=1.3, expected=X / (1 + np.exp(-f32(1.3) * X)))


def test_gelu_is_the_body_of_the_schema():
    root, cubic = f32(math.sqrt(f32(2 / math.pi))), f32(0.044715)
    textbook = 0.5 * X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)))
    ends = 0.5 * X * (1 + np.tanh(np.sqrt(f32(0.63661975)) * (X + cubic * X**3)))
    model = built("Gelu", (X,), NEWEST, approximate="tanh")
    mine = ours(model, X, NEWEST)
    np.testing.assert_allclose(mine, ends, rtol=1e-12, atol=1e-14)
    assert 1e-11 < np.max(np.abs(mine - textbook)) < 1e-6
    assert abs(root - math.sqrt(2 / math.pi)) < 1e-7
    exact = np.array([0.5 * x * (1 + math.erf(x / math.sqrt(2))) for x in X])
    np.testing.assert_allclose(ours(built("Gelu", (X,), NEWEST), X, NEWEST), exact, rtol=1e-12, atol=1e-14)


def test_softmax():
    for axis in (0, 1, -1):
        check("Softmax", real(2, 3) * 100, axis=axis)
        check("LogSoftmax", real(2, 3) * 100, axis=axis)


REDUCTIONS = ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"]


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name):
    check(f"Reduce{name}", real(2, 3, 4), np.array([-1, 0]), keepdims=0)
    check(f"Reduce{name}", real(2, 3, 4))
    if name != "Sum":
        check(f"Reduce{name}", real(2, 3, 4), version=13, axes=[1])


def test_more_reductions():
    check("ReduceLogSum", np.abs(real(2, 3)), np.array([1]))
    check("ReduceSum", real(2, 3), None, noop_with_empty_axes=1)
    for name in ("ArgMax", "ArgMin"):
        check(name, real(2, 3), axis=1, keepdims=0)
        check(name, np.array([[1.0, 2.0, 2.0, 1.0]]), axis=1, select_last_index=1)
    for exclusive in (0, 1):
        for reverse in (0, 1):
            check("CumSum", real(2, 3), np.array(1), exclusive=exclusive, reverse=reverse)
    check("TopK", real(2, 5), np.array([2]), outputs=2)
    check("GlobalAveragePool", real(1, 2, 3, 4))
    check("GlobalMaxPool", real(1, 2, 3, 4))
    with pytest.raises(InputError, match="no entries"):
        ours(built("ReduceMean", (np.zeros((0, 2)), np.array([0])), NEWEST), np.zeros((0, 2)), NEWEST)


@pytest.mark.parametrize("kind", [np.uint8, np.uint64, np.int8, np.int64])
@pytest.mark.parametrize("largest", [0, 1])
def test_the_order_of_integers(kind, largest):
    ends = np.iinfo(kind)
    x = np.array([[0, 3, ends.max, ends.min, 7, 3]], kind)
    expected = np.sort(x)[:, ::-1][:, :3] if largest else np.sort(x)[:, :3]
    check("TopK", x, np.array([3]), outputs=2, largest=largest, expected=expected)


def test_sums_of_integers_keep_their_type():
    x = np.array([2**31 - 1, 7, -3], np.int32)
    wrapped = x.sum(keepdims=True, dtype=np.int32)
    mine = ours(built("ReduceSum", (x, np.array([0])), NEWEST), x, NEWEST)
    assert mine.dtype == np.int32
    assert mine == wrapped
    for name in ("ReduceMean", "ReduceL2", "ReduceLogSumExp"):
        with pytest.raises(InputError, match="of integers is not modelled"):
            ours(built(name, (x, np.array([0])), NEWEST), x, NEWEST)


def test_a_constant_that_is_cast_like_another_is_exact_or_refused():
    fixed = [numpy_helper.from_array(np.array(c), "c") for c in (0.1, 0.5)]
    like = numpy_helper.from_array(np.array(1.0, np.float32), "like")
    ends = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, [1]) for n in "xy"]
    nodes = [
        helper.make_node("CastLike", ["c", "like"], ["n"]),
        helper.make_node("Cast", ["n"], ["w"], to=TensorProto.DOUBLE),
        helper.make_node("Mul", ["x", "w"], ["y"]),
    ]
    graphs = [helper.make_graph(nodes, "g", ends[:1], ends[1:], [c, like]) for c in fixed]
    models = [helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]) for graph in graphs]
    with pytest.raises(InputError, match="single precision rounds"):
        ours(models[0], np.ones(1), 20)
    assert ours(models[1], np.ones(1), 20) == 0.5


def test_rearrangements():
    x = real(2, 3, 4)
    for axis in (0, 1, -1, 3):
        check("Flatten", x, axis=axis)
    check("Reshape", x, np.array([0, -1]))
    check("Transpose", x)
    check("Transpose", x, perm=[1, 2, 0])
    check("Concat", x, real(2, 1, 4), axis=-2)
    check("Squeeze", x[:1], np.array([0]))
    check("Squeeze", x[:1])
    check("Unsqueeze", x, np.array([0, -1]))
    check("Expand", x[:, :1], np.array([2, 1, 1]))
    check("Tile", x, np.array([1, 2, 3]))
    check("Trilu", x, np.array(1), upper=0)
    check("Trilu", x, np.array(-1))
    for mode in ("DCR", "CRD"):
        check("DepthToSpace", real(1, 8, 2, 3), blocksize=2, mode=mode)
    check("SpaceToDepth", real(1, 2, 4, 6), blocksize=2)


def test_a_descending_slice_from_before_the_first_entry_is_refused():
    with pytest.raises(InputError, match="read differently"):
        check("Slice", real(2, 4), np.array([-9]), np.array([-100]), np.array([1]), np.array([-1]))


@pytest.mark.parametrize(
    ("start", "end", "step"),
    [(0, 2, 1), (-3, 100, 2), (3, 0, -1), (3, -100, -1), (100, -100, -2), (1, 1, 1), (-1, -4, -1)],
)
def test_slices(start, end, step):
    check("Slice", real(2, 4), np.array([start]), np.array([end]), np.array([1]), np.array([step]))


def test_parts():
    x = real(2, 7)
    check("Split", x, np.array([3, 4]), axis=1, outputs=2)
    check("Split", x, axis=1, num_outputs=3, outputs=3)
    check("Split", real(2, 6), axis=1, version=13, outputs=3)


def test_padding():
    x = real(3, 4)
    cut = np.pad(x, ((1, 0), (0, 2)), constant_values=0.5)[:-1]
    check("Pad", x, np.array([1, 0, -1, 2]), np.array(0.5), expected=cut)
    for mode in ("reflect", "edge", "wrap"):
        check("Pad", x, np.array([1, 2, 2, 1]), mode=mode)
    check("Pad", x, np.array([1, 2]), None, np.array([-1]))


def test_picking_and_placing():
    x = real(4, 3)
    check("Gather", x, np.array([[3, -1]]), axis=0)
    check("Gather", x, np.array(1), axis=1)
    check("Gather", x, np.array([2, 0, -1]), first=1, axis=0)  # positions that depend on the input
    check("GatherElements", x, np.array([[3, 0, -1]]), axis=0)
    check("GatherND", x, np.array([[3, 0], [1, -1]]))
    check("ScatterND", x, np.array([[3], [0]]), real(2, 3, seed=1))
    check("ScatterND", x, np.array([[3], [3]]), real(2, 3, seed=1), reduction="add")
    with pytest.raises(InputError, match="twice"):
        ours(built("ScatterND", (x, np.array([[3], [-1]]), real(2, 3)), NEWEST), x, NEWEST)


def test_shapes_are_numbers_of_the_file():
    check("Shape", real(2, 3, 4), start=1)
    check("Size", real(2, 3))
    for name in ("ConstantOfShape", "Range"):
        COVERED.add(name)
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node(
            "ConstantOfShape", ["s"], ["c"], value=helper.make_tensor("v", TensorProto.DOUBLE, [1], [0.5])
        ),
        helper.make_node("Gather", ["s", "one"], ["n"]),
        helper.make_node("Range", ["zero", "n", "one"], ["r"]),
        helper.make_node("Cast", ["r"], ["f"], to=TensorProto.DOUBLE),
        helper.make_node("Add", ["c", "f"], ["d"]),
        helper.make_node("Mul", ["x", "d"], ["y"]),
    ]
    fixed = [numpy_helper.from_array(np.array(k), n) for n, k in (("zero", 0), ("one", 1))]
    ends = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, [2, 3]) for n in "xy"]
    model = helper.make_model(
        helper.make_graph(nodes, "g", ends[:1], ends[1:], fixed), opset_imports=[helper.make_opsetid("", 20)]
    )
    x = real(2, 3)
    np.testing.assert_allclose(ours(model, x, 20), x * (0.5 + np.arange(3)), rtol=1e-15)


def test_products():
    check("MatMul", real(5, 2, 3), real(3, 4))
    check("Gemm", real(3, 2), real(4, 3), real(4), transA=1, transB=1, alpha=0.5, beta=0.25)
    check("Gemm", real(2, 3), real(3, 4))
    check("Einsum", real(2, 3), real(3, 4), equation="ij,jk->ki")


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pads": [1, 0, 2, 1], "strides": [2, 1]},
        {"dilations": [2, 1]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
        {"auto_pad": "SAME_LOWER"},
        {"auto_pad": "VALID"},
    ],
)
def test_convolutions(attributes):
    check("Conv", real(1, 4, 7, 6), real(6, 2, 3, 2), real(6), group=2, **attributes)


def test_transposed_convolution():
    check(
        "ConvTranspose",
        real(1, 4, 5, 4),
        real(4, 3, 3, 2),
        real(3),
        strides=[2, 2],
        pads=[1, 0, 1, 0],
        output_padding=[1, 0],
    )


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pads": [1, 1, 1, 1], "strides": [2, 2]},
        {"ceil_mode": 1, "strides": [2, 2]},
        {"strides": [2, 3]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    ],
)
def test_pools(attributes):
    x = real(1, 2, 8, 7)
    check("MaxPool", x, kernel_shape=[3, 2], **attributes)
    for include in (0, 1):
        check("AveragePool", x, kernel_shape=[3, 2], count_include_pad=include, **attributes)


def test_resizing():
    x = real(1, 1, 4, 5)
    sizes = np.array([1, 1, 7, 3])
    for frame in ("half_pixel", "asymmetric", "align_corners"):
        for rounding in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"):
            check("Resize", x, None, None, sizes, coordinate_transformation_mode=frame, nearest_mode=rounding)
    for frame in ("half_pixel", "align_corners"):
        check("Resize", x, None, None, sizes, coordinate_transformation_mode=frame, mode="linear")
    check("Resize", x, None, np.array([1, 1, 2, 2], np.float32))
    with pytest.raises(InputError, match="give sizes"):
        ours(
            built("Resize", (real(1, 1, 1, 10), None, np.array([1, 1, 1, 0.7], np.float32)), NEWEST),
            real(1, 1, 1, 10),
            NEWEST,
        )


def normal(x, axes, eps):
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)


def test_normalisations():
    x, scale, shift = real(2, 4, 3), np.array([0.5, 1.0, 2.0, 3.0]), real(4)
    a, b = scale[:, None], shift[:, None]
    check("BatchNormalization", x, scale, shift, real(4), real(4) ** 2, version=15)
    mean, var = real(4)[:, None], real(4)[:, None] ** 2
    older = (x - mean) / np.sqrt(var + f32(1e-5)) * a + b
    check("BatchNormalization", x, scale, shift, real(4), real(4) ** 2, version=13, expected=older)
    check("InstanceNormalization", x, scale, shift, epsilon=0.1, expected=normal(x, 2, f32(0.1)) * a + b)
    check(
        "LayerNormalization",
        x,
        real(3),
        real(3, seed=1),
        epsilon=0.1,
        expected=normal(x, 2, f32(0.1)) * real(3) + real(3, seed=1),
    )
    check("LayerNormalization", x, real(4, 3), axis=1, epsilon=0.1, expected=normal(x, (1, 2), f32(0.1)) * real(4, 3))
    root = np.sqrt((x**2).mean(axis=2, keepdims=True) + f32(0.1))
    check("RMSNormalization", x, real(3), epsilon=0.1, expected=x / root * real(3))
    grouped = normal(x.reshape(2, 2, 6), 2, f32(0.1)).reshape(x.shape)
    check("GroupNormalization", x, scale, shift, num_groups=2, epsilon=0.1, expected=grouped * a + b)
    two, more = scale[:2].repeat(2)[:, None], shift[:2].repeat(2)[:, None]
    check(
        "GroupNormalization",
        x,
        scale[:2],
        shift[:2],
        version=18,
        num_groups=2,
        epsilon=0.1,
        expected=grouped * two + more,
    )
    training = built("BatchNormalization", (x, scale, shift, real(4), real(4) ** 2), 15, 3, training_mode=1)
    with pytest.raises(InputError, match="training mode"):
        ours(training, x, 15)


def attended(q, k, v, allowed=None, cap=0.0, scale=0.5):
    """Head by head, query by query, from the text of the opset; head size 4, so that the scale is 1/2."""
    result = np.zeros((*q.shape[:3], v.shape[3]))
    for b, h, i in np.ndindex(q.shape[:3]):
        group = h * k.shape[1] // q.shape[1]
        scores = k[b, group] @ q[b, h, i] * scale
        scores = cap * np.tanh(scores / cap) if cap else scores
        kept = (
            np.ones(len(scores), bool) if allowed is None else np.broadcast_to(allowed, (len(q[b, h]), len(scores)))[i]
        )
        if kept.any():
            weights = np.exp(scores) * kept
            result[b, h, i] = weights / weights.sum() @ v[b, group]
    return result


def test_attention():
    q, k, v = (real(1, 2, 3, 4, seed=n) for n in range(3))
    causal = np.tri(3, dtype=bool)
    check("Attention", q, k, v, expected=attended(q, k, v))
    check("Attention", q, k, v, scale=0.3, expected=attended(q, k, v, scale=f32(0.3)))
    check("Attention", q, k, v, is_causal=1, expected=attended(q, k, v, causal))
    # a cap after the mask would make a shut entry -0.5
    check("Attention", q, k, v, is_causal=1, softcap=0.5, expected=attended(q, k, v, causal, 0.5))
    mask = np.array([[False] * 3, [True] * 3, [False, True, True]])
    check("Attention", q, k, v, mask, expected=attended(q, k, v, mask))
    assert (ours(built("Attention", (q, k, v, mask), NEWEST), q, NEWEST)[:, :, 0] == 0).all()
    check("Attention", q, k, v, np.where(mask | causal, 0.0, -np.inf), expected=attended(q, k, v, mask | causal))
    longer = (real(1, 1, 5, 4, seed=3), real(1, 1, 5, 4, seed=4))
    check("Attention", q, *longer, is_causal=1, expected=attended(q, *longer, np.tri(3, 5, dtype=bool)))
    flat = [np.swapaxes(x, 1, 2).reshape(1, -1, 4 * x.shape[1]) for x in (q, *longer)]
    check(
        "Attention",
        *flat,
        q_num_heads=2,
        kv_num_heads=1,
        expected=np.swapaxes(attended(q, *longer), 1, 2).reshape(1, 3, 8),
    )
    with pytest.raises(InputError, match="past_key"):
        ours(built("Attention", (q, k, v, None, k, v), NEWEST, 3), q, NEWEST)


def test_where_the_reference_evaluator_is_no_yardstick():
    """It is wrong for these; they are compared with a formula, or refused by name."""
    x = -1 - np.abs(real(1, 1, 3, 3))  # padding that counted as 0 would win
    rows = np.full((4, 4), -np.inf)
    rows[1:, 1:] = x[0, 0]
    largest = [[rows[i : i + 2, j : j + 2].max() for j in range(3)] for i in range(3)]
    check("MaxPool", x, kernel_shape=[2, 2], auto_pad="SAME_LOWER", expected=np.array([[largest]]))
    series, w, r = real(3, 1, 2), real(1, 16, 2), real(1, 16, 4)
    for name, arrays, more in (
        ("LSTM", (series, w, r, None, np.array([2], np.int32)), {}),
        ("LSTM", (series, w, r), {"input_forget": 1}),
        ("RNN", (series, w[:, :4], r[:, :4]), {"activations": ["Relu"]}),
    ):
        with pytest.raises(InputError, match=r"sequence_lens|input_forget|activations"):
            ours(built(name, arrays, NEWEST, hidden_size=4, **more), series, NEWEST)
    for name, arrays, more in (
        ("LRN", (real(1, 3, 2, 2),), {"size": 3}),
        ("LpNormalization", (real(2, 3),), {"p": 1}),
        ("GridSample", (real(1, 1, 3, 3), real(1, 2, 2, 2)), {}),
        ("Hardmax", (real(2, 3),), {}),
    ):
        with pytest.raises(InputError, match=f"operator {name}"):
            ours(built(name, arrays, NEWEST, **more), arrays[0], NEWEST)


def enclosed(operators, value):
    """What `enclose` proves of a chain of operators in double precision; an operator may take one constant."""
    import stabproof as sp

    nodes, before = [], "x"
    for number, (operator, *constant) in enumerate(operators):
        nodes.append(helper.make_node(operator, [before, *constant], [f"h{number}"]))
        before = f"h{number}"
    ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [1]) for name in ("x", before)]
    fixed = [numpy_helper.from_array(np.array([float(w)]), w) for w in ("1", "-1")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], fixed)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    read = read_graph(onnx, model, 20)
    return sp.enclose(lambda x: read({**read.constants, read.input: x}), np.array([value]))


@pytest.mark.parametrize(
    ("operators", "value", "exact"),
    [
        ((("Add", "1"), ("Log",)), 1e-12, lambda x: mpmath.log1p(x)),
        ((("Exp",), ("Add", "-1")), 1e-12, lambda x: mpmath.expm1(x)),
        ((("Sigmoid",), ("Log",)), -40.0, lambda x: -mpmath.log1p(mpmath.exp(-x))),
        ((("Sigmoid",),), -40.0, lambda x: 1 / (1 + mpmath.exp(-x))),
    ],
)
def test_compositions_are_the_functions_that_they_came_from(operators, value, exact):
    """Exporters write log1p as Log(1 + x); runtimes lose the digits, and some return a sigmoid below 0."""
    found = enclosed(operators, value)
    with mpmath.workdps(50):
        truth = exact(mpmath.mpf(value))
        assert mpmath.mpf(float(found.lower[0])) <= truth <= mpmath.mpf(float(found.upper[0]))
    assert found.upper[0] - found.lower[0] < 1e-15 * max(1.0, abs(value))


def test_no_number_is_no_value():
    """ReduceMax drops a NaN in some programs; here what is none is refused."""
    with pytest.raises(InputError):
        enclosed((("Log",), ("ReduceMax",)), -1.0)


def test_sizes_that_a_file_declares_are_bounded():
    for operator, arrays in (
        ("Expand", (real(1), np.array([10**6, 10**6]))),
        ("Tile", (real(2), np.array([10**12]))),
        ("Pad", (real(2), np.array([10**12, 0]))),
    ):
        with pytest.raises(InputError, match="entries, more than"):
            ours(built(operator, arrays, NEWEST), arrays[0], NEWEST)
    for operator, sizes in (("ConstantOfShape", ("n",)), ("Range", ("zero", "count", "one"))):
        nodes = [helper.make_node(operator, list(sizes), ["c"]), helper.make_node("Shape", ["c"], ["s"]),
                 helper.make_node("Add", ["x", "s"], ["y"])]  # fmt: skip
        ends = [helper.make_tensor_value_info(n, TensorProto.INT64, [1]) for n in "xy"]
        numbers = {"n": [10**6, 10**6], "zero": 0, "count": 10**12, "one": 1}
        fixed = [numpy_helper.from_array(np.array(numbers[name]), name) for name in sizes]
        graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], fixed)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
        with pytest.raises(InputError, match="entries, more than"):
            ours(model, np.array([1]), 20)


def test_recurrent_layers():
    x, h = real(3, 1, 2), 4
    for name, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        w, r, b = real(1, gates * h, 2), real(1, gates * h, h, seed=1), real(1, 2 * gates * h, seed=2)
        check(name, x, w, r, b, hidden_size=h, outputs=2)
    check("GRU", x, real(1, 12, 2), real(1, 12, 4), real(1, 24), hidden_size=h, linear_before_reset=1)
    with pytest.raises(InputError, match="clip"):
        ours(built("RNN", (x, real(1, 4, 2), real(1, 4, 4)), NEWEST, hidden_size=4, clip=1.0), x, NEWEST)


@pytest.mark.parametrize("name", ["Loop", "If", "RandomNormalLike", "NonZero", "Hardmax"])
def test_operators_without_a_rule(name):
    assert name not in OPERATORS


def test_refused_by_name():
    with pytest.raises(InputError, match="RandomNormalLike"):
        read_graph(onnx, built("RandomNormalLike", (X,), NEWEST), NEWEST)
    with pytest.raises(InputError, match="operator Resize"):
        ours(
            built("Resize", (real(1, 1, 4, 4), None, None, np.array([1, 1, 8, 8])), NEWEST, mode="cubic"),
            real(1, 1, 4, 4),
            NEWEST,
        )


def test_every_version_of_an_operator_has_its_inputs():
    """BatchNormalization's statistics were called mean and var up to opset 13: a rule must know both names."""
    for name, rule in OPERATORS.items():
        known = inspect.signature(rule).parameters
        for version in range(13, onnx.defs.onnx_opset_version() + 1):
            if onnx.defs.has(name, version, ""):
                inputs = [given.name for given in onnx.defs.get_schema(name, version, "").inputs]
                assert set(inputs) <= set(known), (name, version)


def test_every_operator_was_compared():
    if len(COVERED) < 100:
        pytest.skip("only when the whole file runs")
    assert not set(OPERATORS) - COVERED
