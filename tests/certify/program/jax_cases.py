"""Cases of every JAX primitive that is enclosed: its parameters' values, element types, shapes and extreme entries.

A case is (label, function, arguments). Arguments are NumPy arrays; the function is traced at them and evaluated there.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
REALS = ("float64", "float32")
SHAPES = ((), (3,), (0,), (2, 1))


class Case(NamedTuple):
    label: str
    function: Callable[..., Any]
    arguments: tuple[np.ndarray, ...]


def _numbers(dtype: str, shape: tuple[int, ...], values: tuple[float, ...]) -> np.ndarray:
    return np.resize(np.array(values, dtype), shape).astype(dtype)


def _extremes(dtype: str) -> np.ndarray:
    """The smallest and largest integers, their neighbours, and small ones."""
    limits = np.iinfo(dtype)
    half = limits.max // 2 + 1
    chosen = [limits.min, limits.min + 1, limits.max - 1, limits.max, 0, 1, 2, 3, 7, half, half - 1]
    chosen += [-1, -2, -7, -half] if limits.min < 0 else []
    return np.array(sorted(set(chosen)), dtype)


def _pairs(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    values = _extremes(dtype)
    left, right = np.meshgrid(values, values)
    return left.ravel(), right.ravel()


_HALVES = (0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.25, -3.75, 7.0, 0.0, -2.0, 0.49999999999999994, 4503599627370497.5)
_POSITIVE = (0.25, 1.0, 2.5, 7.0)
_UNIT = (0.25, -0.5, 0.75, 0.0)
_ANY = (0.5, -1.25, 2.0, 0.0, -3.0)

_DOMAIN = {
    **dict.fromkeys(("log", "log2", "sqrt", "rsqrt", "log1p", "lgamma", "digamma"), _POSITIVE),
    **dict.fromkeys(("asin", "acos", "atanh"), _UNIT),
    "acosh": (1.5, 2.0, 7.0),
    **dict.fromkeys(("floor", "ceil", "round", "sign", "abs"), _HALVES),
}
_UNARY = (
    *("neg", "square", "exp", "exp2", "expm1", "log", "log2", "log1p", "tanh", "logistic", "sin", "cos", "tan"),
    *("asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "erf", "erfc", "sqrt", "rsqrt", "cbrt"),
    *("abs", "sign", "floor", "ceil", "is_finite", "one_minus_square", "copy", "stop_gradient"),
)
_INTEGER_UNARY = ("neg", "square", "abs", "sign", "not", "copy")
_BINARY = ("add", "sub", "mul", "div", "max", "min", "rem", "atan2", "lt", "le", "gt", "ge", "eq", "ne", "pow")
_INTEGER_BINARY = ("add", "sub", "mul", "div", "rem", "max", "min", "lt", "le", "gt", "ge", "eq", "ne")
_BITWISE = ("and", "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical")


def _public(name: str) -> Callable[..., Any] | None:
    """The function of jax.lax that emits the primitive, so that its parameters are JAX's own."""
    renamed = {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "not": "bitwise_not", "copy": "copy_p"}
    special = {"log2": getattr(lax, "log2", None), "copy": jnp.copy, "one_minus_square": None}
    if name in special:
        return special[name]
    return getattr(lax, renamed.get(name, name), None)


def _with(function: Callable[..., Any], constant: np.ndarray) -> Callable[..., Any]:
    return lambda x: function(x, constant)


def elementwise() -> Iterator[Case]:
    for name in _UNARY:
        function = _public(name)
        if function is None:
            continue
        for dtype, shape in itertools.product(REALS, SHAPES):
            values = _DOMAIN.get(name, _ANY)
            yield Case(f"{name} {dtype}{shape}", function, (_numbers(dtype, shape, values),))
        yield Case(f"{name} all values", function, (np.array(_DOMAIN.get(name, _ANY)),))
    for name, dtype in itertools.product(_INTEGER_UNARY, INTEGERS):
        yield Case(f"{name} {dtype}", _public(name), (_extremes(dtype),))
    for name in _BINARY:
        for dtype, shape in itertools.product(REALS, SHAPES):
            left = _numbers(dtype, shape, (2.5, 0.75, 3.0, 1.0))
            right = _numbers(dtype, shape, (0.5, 3.0, 3.0, -1.25) if name != "pow" else (0.5, 3.0, 2.0, -1.0))
            yield Case(f"{name} {dtype}{shape}", _public(name), (left, right))
    signs = np.array([7.5, -7.5, 7.5, -7.5, 6.0, -6.0]), np.array([2.0, 2.0, -2.0, -2.0, 3.0, 3.0])
    yield Case("rem signs", lax.rem, signs)
    for name, dtype in itertools.product(_INTEGER_BINARY, INTEGERS):
        left, right = _pairs(dtype)
        kept = right != 0 if name in ("div", "rem") else np.ones(left.shape, bool)
        yield Case(f"{name} {dtype} extremes", _public(name), (left[kept], right[kept]))
        yield Case(f"{name} {dtype} constant", _with(_public(name), right[kept]), (left[kept],))
    for name, dtype in itertools.product(_BITWISE, INTEGERS):
        left, right = _pairs(dtype)
        yield Case(f"{name} {dtype} extremes", _public(name), (left, right))
        if name.startswith("shift"):
            bits = np.arange(np.iinfo(dtype).bits).astype(dtype)
            yield Case(f"{name} {dtype} widths", _public(name), (np.resize(_extremes(dtype), bits.shape), bits))
    for name in ("and", "or", "xor"):
        yield Case(f"{name} bool", _public(name), (np.array([True, True, False, False]), np.array([True, False] * 2)))
    yield Case("not bool", lax.bitwise_not, (np.array([True, False]),))
    for method, dtype in itertools.product(lax.RoundingMethod, REALS):
        values = np.array(_HALVES, dtype)
        yield Case(f"round {method.name} {dtype}", lambda x, m=method: lax.round(x, m), (values,))
    yield Case("jnp.round", jnp.round, (np.array(_HALVES),))
    for exponent, dtype in itertools.product((0, 1, 2, 3, 5), INTEGERS):
        yield Case(f"integer_pow {exponent} {dtype}", lambda x, n=exponent: lax.integer_pow(x, n), (_extremes(dtype),))
    for exponent in (-3, -1, 0, 1, 2, 3, 8):
        yield Case(
            f"integer_pow {exponent}", lambda x, n=exponent: lax.integer_pow(x, n), (np.array([0.5, -1.5, 3.0]),)
        )
    for dtype in (*INTEGERS, *REALS):
        x, low, high = np.array([0, 5, 100, 3, 9], dtype), np.array([2] * 5, dtype), np.array([7, 7, 1, 7, 7], dtype)
        yield Case(f"clamp {dtype}", lax.clamp, (low, x, high))
        yield Case(f"clamp scalar {dtype}", lax.clamp, (low[0], x, high[0]))
    for source, target in itertools.product((*INTEGERS, "bool", *REALS), (*INTEGERS, "bool", *REALS)):
        values = np.array([0, 1, 1], source) if source in ("bool", *REALS) else _extremes(source)
        label = f"convert_element_type {source} to {target}"
        yield Case(label, lambda x, t=target: lax.convert_element_type(x, t), (values,))
        fractions = np.array([0.75, 2.5, 100.99], source) if source in REALS else values[:3]
        yield Case(f"{label} small", lambda x, t=target: lax.convert_element_type(x, t), (fractions,))
    for exponent, mantissa in ((11, 52), (8, 23), (5, 10), (8, 7), (4, 3)):
        reduce = lambda x, e=exponent, m=mantissa: lax.reduce_precision(x, e, m)  # noqa: E731
        yield Case(f"reduce_precision {exponent} {mantissa}", reduce, (np.array([0.5, 1.25, -3.0]),))
        yield Case(f"reduce_precision {exponent} {mantissa} rounds", reduce, (np.array([0.1]),))
    for dtype in (*INTEGERS, "bool", *REALS):
        which, left, right = np.array([True, False, True]), np.array([1, 1, 0], dtype), np.array([0, 1, 1], dtype)
        yield Case(f"select_n bool {dtype}", lax.select_n, (which, left, right))
    yield Case("select_n int", lax.select_n, (np.array([0, 2, 1], np.int32), *(np.full(3, float(i)) for i in range(3))))
    yield Case("optimization_barrier", lambda x, y: lax.optimization_barrier((x, y)), (np.ones(2), np.arange(2)))
    if hasattr(lax, "one_minus_square_p"):
        yield Case("one_minus_square", lax.one_minus_square_p.bind, (np.array([0.5, 2.0]),))
    yield Case("derivative of tanh", jax.grad(lambda x: jnp.tanh(x).sum()), (np.array([0.5, -2.0]),))
    if hasattr(lax, "polynomial"):
        yield Case("polynomial", lambda x: lax.polynomial(x, [1.0, x, 3.0]), (np.array([0.5, 2.0]),))
    yield Case("device_put", jax.device_put, (np.ones(2),))
    yield Case("platform_index", lambda x: lax.platform_dependent(x, cpu=jnp.sin, default=jnp.sin), (np.ones(2),))


def structural() -> Iterator[Case]:
    for dtype, shape in itertools.product(("float64", "int8", "uint64", "bool"), ((2, 3), (0, 3), (2, 0), (1, 1))):
        x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        tag = f"{dtype}{shape}"
        yield Case(f"reshape {tag}", lambda x: lax.reshape(x, (x.size,)), (x,))
        yield Case(f"squeeze {tag}", lambda x: lax.squeeze(x[None, :, None], (0, 2)), (x,))
        yield Case(f"expand_dims {tag}", lambda x: lax.expand_dims(x, (0, -1)), (x,))
        yield Case(f"broadcast_in_dim {tag}", lambda x: lax.broadcast_in_dim(x, (2, *x.shape), (1, 2)), (x,))
        yield Case(f"transpose {tag}", lambda x: lax.transpose(x, (1, 0)), (x,))
        yield Case(f"concatenate {tag}", lambda x: lax.concatenate([x, x, x[:1]], 0), (x,))
        yield Case(f"stack {tag}", lambda x: jnp.stack([x, x], 1), (x,))
        yield Case(f"unstack {tag}", lambda x: jnp.unstack(x, axis=1), (x,))
        yield Case(f"slice {tag}", lambda x: lax.slice(x, (0, 0), (x.shape[0], x.shape[1]), (2, 2)), (x,))
        yield Case(f"split {tag}", lambda x: lax.split(x, (0, x.shape[1]), 1), (x,))
        yield Case(f"rev {tag}", lambda x: lax.rev(x, (0, 1)), (x,))
        yield Case(f"tile {tag}", lambda x: jnp.tile(x, (2, 1)), (x,))
        for value, padding in ((0, ((1, 2, 0), (0, 0, 1))), (1, ((-1, 1, 2), (0, -1, 0))), (1, ((0, 0, 0), (0, 0, 0)))):
            pad = lambda x, v=value, p=padding: lax.pad(x, jnp.asarray(v, x.dtype), p)  # noqa: E731
            yield Case(f"pad {value} {padding} {tag}", pad, (x,))
    for dtype in (*INTEGERS, "float64", "float32"):
        yield Case(f"iota {dtype}", lambda x, d=dtype: lax.broadcasted_iota(d, (2, 300), 1), (np.ones(1),))


def reductions() -> Iterator[Case]:
    sums = {"sum": lax.reduce_sum, "max": lax.reduce_max, "min": lax.reduce_min, "prod": lax.reduce_prod}
    for dtype in (*INTEGERS, *REALS):
        extreme = np.resize(_extremes(dtype), (3, 4)) if dtype in INTEGERS else np.array([[0.5, -1.5, 2.0, 3.0]] * 3)
        for (name, reduce), axes in itertools.product(sums.items(), ((0,), (1,), (0, 1), ())):
            yield Case(f"reduce_{name} {axes} {dtype}", lambda x, r=reduce, a=axes: r(x, a), (extreme.astype(dtype),))
            yield Case(
                f"reduce_{name} {axes} {dtype} empty", lambda x, r=reduce, a=axes: r(x, a), (np.zeros((0, 2), dtype),)
            )
        running = {"cumsum": lax.cumsum, "cumprod": lax.cumprod, "cummax": lax.cummax, "cummin": lax.cummin}
        for (name, run), axis, reverse in itertools.product(running.items(), (0, 1), (False, True)):
            call = lambda x, r=run, a=axis, b=reverse: r(x, a, b)  # noqa: E731
            yield Case(f"{name} {axis} {reverse} {dtype}", call, (extreme.astype(dtype),))
            yield Case(f"{name} {axis} {reverse} {dtype} empty", call, (np.zeros((0, 2), dtype),))
        for name, index in itertools.product(("argmax", "argmin"), ("int8", "int32", "int64", "uint32")):
            pick = lambda x, n=name, i=index: getattr(lax, n)(x, 1, i)  # noqa: E731
            yield Case(f"{name} {index} {dtype}", pick, (extreme.astype(dtype),))
        ties = np.array([[1, 3, 3, 0, 1]] * 2, dtype)
        yield Case(f"argmax ties {dtype}", lambda x: lax.argmax(x, 1, np.int32), (ties,))
    for reverse in (False, True):
        yield Case(
            f"cumlogsumexp {reverse}", lambda x, r=reverse: lax.cumlogsumexp(x, 0, r), (np.array([0.5, -1.0, 2.0]),)
        )
    for axes in ((0,), (0, 1), ()):
        grid = np.array([[True, False], [True, True]])
        yield Case(f"reduce_and {axes}", lambda x, a=axes: lax.reduce_and(x, a), (grid,))
        yield Case(f"reduce_or {axes}", lambda x, a=axes: lax.reduce_or(x, a), (grid,))
        yield Case(f"reduce_and {axes} empty", lambda x, a=axes: lax.reduce_and(x, a), (np.zeros((0, 2), bool),))
        yield Case(f"reduce_and {axes} int", lambda x, a=axes: lax.reduce_and(x, a), (np.array([[6, 3], [5, 1]]),))


def ordering() -> Iterator[Case]:
    for dtype in (*INTEGERS, *REALS, "bool"):
        base = (
            _extremes(dtype)
            if dtype in INTEGERS
            else np.array([2.5, -1, 2.5, 0, 7, -1, 1, 1, 0.5, 3, -9]).astype(dtype)
        )
        x = np.resize(np.roll(base, 3), (2, 9))
        for axis, stable in itertools.product((0, 1), (False, True)):
            call = lambda x, a=axis, s=stable: lax.sort(x, dimension=a, is_stable=s)  # noqa: E731
            yield Case(f"sort {axis} {stable} {dtype}", call, (x,))
            many = lambda x, y, a=axis, s=stable: lax.sort((x, y), dimension=a, is_stable=s)  # noqa: E731
            yield Case(f"sort with values {axis} {stable} {dtype}", many, (x, np.arange(18).reshape(2, 9)))
            yield Case(f"sort empty {axis} {stable} {dtype}", call, (np.zeros((0, 2), dtype),))
        keys = lambda x, y: lax.sort((x, y), num_keys=2)  # noqa: E731
        yield Case(f"sort two keys {dtype}", keys, (x, np.arange(18)[::-1].reshape(2, 9)))
        for k in (0, 1, 4, 9):
            yield Case(f"top_k {k} {dtype}", lambda x, k=k: lax.top_k(x, k), (x,))


_GATHER = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
_SCATTER = lax.ScatterDimensionNumbers(
    update_window_dims=(1,), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
)
_MODES = ("clip", "fill", "promise_in_bounds")


def indexing() -> Iterator[Case]:
    places = {"inside": [[0], [3], [1]], "outside": [[0], [9], [-1]], "far": [[4], [120], [-120]]}
    for dtype, (where, at), mode in itertools.product(("float64", "int32", "uint8", "bool"), places.items(), _MODES):
        x = np.arange(8).reshape(4, 2).astype(dtype)
        for fill in (None, 7, 0):
            call = lambda x, i, m=mode, f=fill: lax.gather(x, i, _GATHER, (1, 2), mode=m, fill_value=f)  # noqa: E731
            if mode == "promise_in_bounds" and where != "inside":
                continue  # JAX promises nothing there
            for index in ("int64", "int8"):
                yield Case(f"gather {dtype} {where} {mode} {fill} {index}", call, (x, np.array(at, index)))
    for name in ("scatter", "scatter_add", "scatter_sub", "scatter_mul", "scatter_min", "scatter_max", "scatter_apply"):
        function = getattr(lax, name, None)
        for (where, at), mode, dtype in itertools.product(places.items(), _MODES, ("float64", "int32", "uint8")):
            if function is None or (mode == "promise_in_bounds" and where != "inside"):
                continue
            updates = np.arange(6).reshape(3, 2).astype(dtype) + np.array(2, dtype)
            x, index = np.arange(8).reshape(4, 2).astype(dtype), np.array(at)
            if name == "scatter_apply":
                apply = lambda x, i, m=mode: lax.scatter_apply(  # noqa: E731
                    x, i, lambda v: v * v + v, _SCATTER, update_shape=(3, 2), mode=m
                )
                yield Case(f"{name} {where} {mode} {dtype}", apply, (x, index))
                continue
            call = lambda x, i, u, f=function, m=mode: f(x, i, u, _SCATTER, mode=m)  # noqa: E731
            yield Case(f"{name} {where} {mode} {dtype}", call, (x, index, updates))
            unique = lambda x, i, u, f=function, m=mode: f(  # noqa: E731
                x, i, u, _SCATTER, mode=m, unique_indices=True, indices_are_sorted=False
            )
            yield Case(f"{name} {where} {mode} {dtype} unique", unique, (x, index, updates))
        if function is not None and name != "scatter_apply":
            repeated = np.array([[1], [1], [3]])
            call = lambda x, i, u, f=function: f(x, i, u, _SCATTER)  # noqa: E731
            yield Case(f"{name} repeated", call, (np.ones((4, 2)), repeated, np.array([[2.0, 3.0]] * 3)))
    for index, dtype in itertools.product((0, 1, 5, -3), ("int32", "int8", "uint8", "uint64", "int64")):
        at = np.array(index).astype(dtype)
        x = np.arange(12.0).reshape(4, 3)
        zero = np.zeros((), dtype)
        yield Case(
            f"dynamic_slice {index} {dtype}", lambda x, i, z: lax.dynamic_slice(x, (i, z), (2, 2)), (x, at, zero)
        )
        update = lambda x, u, i, z: lax.dynamic_update_slice(x, u, (i, z))  # noqa: E731
        yield Case(f"dynamic_update_slice {index} {dtype}", update, (x, -np.ones((2, 2)), at, zero))
    yield Case("apply at an index", lambda x: x.at[1].apply(jnp.sin), (np.array([0.5, 1.5, 2.5]),))
    yield Case("insert", lambda x: jnp.insert(x, 1, 2.0), (np.array([0.5, 1.5, 2.5]),))
    yield Case("searchsorted", lambda x, v: jnp.searchsorted(x, v), (np.array([0.5, 1.5, 2.5]), np.array([1.0, -0.0])))


def contractions() -> Iterator[Case]:
    row, square = (((0,), (0,)), ((), ())), (((1,), (0,)), ((), ()))
    for dtype in INTEGERS:
        x = _extremes(dtype)
        for preferred in (None, *INTEGERS, *REALS):
            call = lambda x, y, p=preferred: lax.dot_general(x, y, row, preferred_element_type=p)  # noqa: E731
            yield Case(f"dot_general {dtype} {preferred}", call, (x, x[::-1].copy()))
    for preferred, precision in itertools.product((None, *REALS, "int32"), (None, "highest", "high", "default")):
        call = lambda x, y, p=preferred, q=precision: lax.dot_general(  # noqa: E731
            x, y, square, preferred_element_type=p, precision=q
        )
        x = np.arange(6.0).reshape(2, 3)
        yield Case(f"dot_general real {preferred} {precision}", call, (x, x.T.copy()))
        yield Case(f"dot_general empty {preferred} {precision}", call, (np.zeros((2, 0)), np.zeros((0, 3))))
    batched = lambda x, y: lax.dot_general(x, y, (((2,), (1,)), ((0,), (0,))))  # noqa: E731
    yield Case("dot_general batched", batched, (np.arange(12.0).reshape(2, 2, 3), np.arange(6.0).reshape(2, 3, 1)))
    for dtype, preferred in itertools.product(
        ("int8", "int32", "uint8", "float64"), (None, "int32", "int64", "float64")
    ):
        image, kernel = (
            np.arange(24).reshape(1, 2, 3, 4).astype(dtype),
            np.array([100, 3, 7, 90] * 2).reshape(1, 2, 2, 2),
        )
        convolve = lambda x, k, p=preferred: lax.conv_general_dilated(  # noqa: E731
            x, k, (1, 2), ((1, 0), (2, -1)), (2, 1), (1, 2), preferred_element_type=p
        )
        yield Case(f"conv_general_dilated {dtype} {preferred}", convolve, (image, kernel.astype(dtype)))
    grouped = lambda x, k: lax.conv_general_dilated(x, k, (1,), "SAME", feature_group_count=2)  # noqa: E731
    yield Case(
        "conv_general_dilated groups", grouped, (np.arange(8.0).reshape(1, 2, 4), np.arange(4.0).reshape(2, 1, 2))
    )
    grouped = lambda x, k: lax.conv_general_dilated(x, k, (1,), "VALID", batch_group_count=2)  # noqa: E731
    yield Case(
        "conv_general_dilated batch groups", grouped, (np.arange(8.0).reshape(2, 1, 4), np.arange(4.0).reshape(2, 1, 2))
    )


def windows() -> Iterator[Case]:
    kinds = {"add": (lax.add, 0), "max": (lax.max, "least"), "min": (lax.min, "greatest"), "mul": (lax.mul, 1)}
    for (name, (combine, start)), dtype in itertools.product(kinds.items(), ("float64", "int8", "uint8", "int32")):
        limits = np.finfo(dtype) if dtype == "float64" else np.iinfo(dtype)
        ends = {
            "least": -np.inf if dtype == "float64" else limits.min,
            "greatest": np.inf if dtype == "float64" else limits.max,
        }
        first = np.array(ends.get(start, start), dtype)[()]
        x = np.resize(_extremes(dtype) if dtype != "float64" else np.array([0.5, -2.0, 3.0, 1.0]), (4, 5)).astype(dtype)
        for padding in ("VALID", "SAME", ((1, 2), (0, 3))):
            call = lambda x, c=combine, s=first, p=padding: lax.reduce_window(  # noqa: E731
                x, s, c, (2, 2), (1, 2), p, base_dilation=(1, 1), window_dilation=(2, 1)
            )
            yield Case(f"reduce_window {name} {dtype} {padding}", call, (x,))
            dilated = lambda x, c=combine, s=first, p=padding: lax.reduce_window(  # noqa: E731
                x, s, c, (3, 2), (1, 1), p, base_dilation=(2, 1)
            )
            yield Case(f"reduce_window {name} {dtype} {padding} dilated", dilated, (x,))
    pool = lambda x: lax.reduce_window(x, -np.inf, lax.max, (2, 2), (1, 1), "SAME").sum()  # noqa: E731
    x = np.array([[0.5, -2.0, 3.0], [1.0, 7.0, -4.0]])
    yield Case("select_and_scatter_add", jax.grad(pool), (x,))
    yield Case("select_and_gather_add", lambda x, t: jax.jvp(pool, (x,), (t,))[1], (x, np.arange(6.0).reshape(2, 3)))


def _step(carried: Any, row: Any) -> Any:
    return (carried[0] + row.sum(), carried[1] * 2), carried[0] * row


def control() -> Iterator[Case]:
    x = np.array([0.5, -1.5, 2.0])
    yield Case("jit", jax.jit(lambda x: x * 2), (x,))
    yield Case("checkpoint", jax.checkpoint(lambda x: jnp.sin(x) * x), (x,))
    yield Case("gradient of checkpoint", jax.grad(lambda x: jax.checkpoint(jnp.sin)(x).sum()), (x,))
    custom = jax.custom_jvp(lambda x: x * x)
    custom.defjvp(lambda p, t: (custom(*p), t[0]))
    yield Case("custom_jvp_call", custom, (x,))
    reverse = jax.custom_vjp(lambda x: x * x)
    reverse.defvjp(lambda x: (reverse(x), x), lambda r, g: (g,))
    yield Case("custom_vjp_call", reverse, (x,))
    yield Case("composite", lax.composite(lambda x: x * x, "own.square"), (x,))
    for length, flip, unroll in ((3, False, 1), (3, True, 1), (3, False, 2), (0, False, 1)):
        rows = np.arange(2.0 * length).reshape(length, 2)
        scan = lambda x, r, f=flip, u=unroll: lax.scan(_step, (x[0], 1), r, reverse=f, unroll=u)  # noqa: E731
        yield Case(f"scan {length} {flip} {unroll}", scan, (x, rows))
    yield Case("scan without rows", lambda x: lax.scan(lambda c, _: (c * x, c), x, None, length=3), (x,))
    yield Case("fori_loop", lambda x: lax.fori_loop(0, 4, lambda i, c: c * x + i, x), (x,))
    yield Case("map", lambda x: lax.map(lambda v: v * v, x), (x,))
    yield Case("associative_scan", lambda x: lax.associative_scan(jnp.multiply, x), (x,))
    yield Case("while", lambda x: lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * x), (0, x)), (x,))
    for value in (True, False):
        yield Case(f"cond {value}", lambda x, v=value: lax.cond(v, jnp.abs, lambda x: -x, x), (x,))
    yield Case("cond of data", lambda x: lax.cond(x[0] > 0, jnp.abs, lambda x: -x, x), (x,))
    branches = (lambda x: x + 1, lambda x: x + 2, lambda x: x + 3)
    for index in (-1, 0, 1, 5):
        yield Case(f"switch {index}", lambda x, i=index: lax.switch(i, branches, x), (x,))
        yield Case(f"switch of data {index}", lambda x, i: lax.switch(i, branches, x), (x, np.array(index)))
    root = lambda x: lax.custom_root(lambda y: y - 2 * x, x, lambda f, g: g - f(g), lambda g, y: y)  # noqa: E731
    yield Case("custom_root", root, (x,))
    solve = lambda x: lax.custom_linear_solve(  # noqa: E731
        lambda v: 2 * v, x, lambda f, b: b / 2, lambda f, b: b / 2
    )
    yield Case("custom_linear_solve", solve, (x,))
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("i",))
    spec = jax.sharding.PartitionSpec("i")
    body = lambda x: x * 2 + lax.psum(x, "i") + lax.pmax(x, "i") + lax.axis_index("i")  # noqa: E731
    yield Case("shard_map", jax.shard_map(body, mesh=mesh, in_specs=spec, out_specs=spec), (x,))


GROUPS = (elementwise, structural, reductions, ordering, indexing, contractions, windows, control)


# What is refused, and why it has no exact real meaning (or is another primitive's task).
_REFUSED = (
    *("scatter_apply", "apply at an index"),  # a function of one's own at positions
    "one_hot",
    "repeated",  # two values at one place: the result depends on an order
    *("scatter outside", "scatter far", "scatter_mul outside", "scatter_mul far", "scatter_min outside"),
    *("scatter_min far", "scatter_max outside", "scatter_max far"),  # clipped to one place
    *("sort with values", "bool"),  # unstable, or an order of booleans
    *("to float32", "to float64", "float32 to", "rounds", "reduce_precision", "dot_general"),  # would be rounded
    "gather float64",  # JAX fills with NaN
    *("reduce_max", "reduce_min"),  # of no entries
    *("reduce_and", "reduce_or"),  # of integers
    *("reduce_window", "round", "floor", "ceil", "conv_general_dilated", "shift_right_logical"),
)


def may_be_refused(label: str) -> bool:
    return any(part in label for part in _REFUSED)


# Rules for what no public function emits in every version: other names of the same rule, and markers.
NOT_EMITTED = {
    *("call", "call_hi_primitive", "closed_call", "eval_jaxpr", "add_any", "name", "sharding_constraint"),
    *("eq_to", "le_to", "lt_to", "pbroadcast", "pmin", "psum", "reduced_vary_cast", "vary_unreduced_cast"),
    *("geqp3", "geqrf"),  # made by the lowering of `qr` alone
}
