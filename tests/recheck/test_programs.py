"""Programs: every primitive against NumPy or exact arithmetic, derivatives against exact difference quotients."""

import base64
import io
import itertools
import math
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import arb, fmpq

from recheck.outcome import NotCovered, Undecided, Work
from recheck.program.elements import FUNCTIONS
from recheck.program.machine import Machine, obstacle
from recheck.program.reader import PRIMITIVES, read_program


def text_of(array) -> str:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=False)
    return base64.b64encode(stream.getvalue()).decode()


def machine(inputs, equations, constants=(), active=None, outputs=None):
    last = len(inputs) + len(constants) + len(equations) - 1
    plain = {
        "inputs": [[dtype, list(shape)] for dtype, shape in inputs],
        "constants": [text_of(c) for c in constants],
        "equations": [[name, list(operands), parameters, ""] for name, operands, parameters in equations],
        "outputs": outputs or [last],
    }
    return Machine(read_program(plain), active or [d == "float64" for d, _ in inputs], Work())


def single(name, arrays, parameters=None, active=None):
    """The output of one equation on NumPy arrays, as a flat list, and its machine."""
    inputs = [("float64" if a.dtype.kind == "f" else str(a.dtype), a.shape) for a in arrays]
    found = machine(inputs, [(name, range(len(arrays)), parameters or {})], active=active)
    return found, [entries_of(a) for a in arrays]


def entries_of(a):
    return [arb(float(x)) for x in a.ravel()] if a.dtype.kind == "f" else a.ravel().tolist()


def values(name, arrays, parameters=None, active=None):
    found, entries = single(name, [np.asarray(a) for a in arrays], parameters, active)
    return [float(x) if isinstance(x, arb) else x for x in found.outputs(entries)]


RNG = np.random.default_rng(7)
A = RNG.integers(-8, 9, size=(2, 3, 4)).astype(float)


def test_structural_primitives():
    assert values("reshape", [A], {"shape": [4, 6]}) == A.ravel().tolist()
    for order in itertools.permutations(range(3)):
        assert values("transpose", [A], {"permutation": list(order)}) == np.transpose(A, order).ravel().tolist()
    assert values("rev", [A], {"axes": [0, 2]}) == A[::-1, :, ::-1].ravel().tolist()
    cut = {"starts": [0, 1, 0], "limits": [2, 3, 4], "strides": [1, 2, 3]}
    assert values("slice", [A], cut) == A[0:2, 1:3:2, 0:4:3].ravel().tolist()
    spread = {"shape": [2, 5, 3, 4], "axes": [0, 2, 3]}
    assert values("broadcast_in_dim", [A], spread) == np.broadcast_to(A[:, None], (2, 5, 3, 4)).ravel().tolist()
    column = A[:, :1, :]
    wide = {"shape": [2, 3, 4], "axes": [0, 1, 2]}
    assert values("broadcast_in_dim", [column], wide) == np.broadcast_to(column, (2, 3, 4)).ravel().tolist()
    assert values("concatenate", [A, A[:, :1]], {"axis": 1}) == np.concatenate([A, A[:, :1]], 1).ravel().tolist()


def test_padding_inside_and_outside():
    block = A[0, :2, :3]
    found = values("pad", [block], {"before": [1, 0], "after": [0, 2], "interior": [1, 1]})
    expected = np.zeros((1 + 3 + 0, 0 + 5 + 2))
    expected[1:4:2, 0:5:2] = block
    assert found == expected.ravel().tolist()


def test_reading_and_adding_at_positions():
    places = np.array([[3, -1], [0, 3]])
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert values("take", [x, places]) == [4.0, 0.0, 1.0, 4.0]
    assert values("scatter_add", [x.reshape(2, 2), places], {"shape": [5]}) == [3.0, 0.0, 0.0, 5.0, 0.0]
    assert values("inverse_positions", [np.array([2, -1, 0])], {"shape": [4]}) == [2, -1, 0, -1]
    with pytest.raises(NotCovered):
        values("take", [x, np.array([4])])
    with pytest.raises(NotCovered):
        values("inverse_positions", [np.array([1, 1])], {"shape": [2]})


def test_order_is_stable_and_lexicographic():
    keys = np.array([[2.0, 1.0, 2.0, 0.5]]), np.array([[3, 1, 2, 0]])
    assert values("order", keys, {"axis": 1}, active=[False, False]) == [3, 1, 2, 0]
    assert values("order", keys[:1], {"axis": 1}, active=[False]) == [3, 1, 0, 2]
    with pytest.raises(Undecided):
        values("order", keys[:1], {"axis": 1})


@pytest.mark.parametrize(("name", "function"), [("reduce_sum", np.sum), ("reduce_max", np.max), ("reduce_min", np.min)])
def test_reductions(name, function):
    for axes in ((), (0,), (1,), (0, 2), (0, 1, 2)):
        found = values(name, [A], {"axes": list(axes)}, active=[False])
        assert found == function(A, axis=axes).ravel().tolist() if axes else A.ravel().tolist()


def test_cumulative_sums_and_indices():
    for axis, reverse in itertools.product(range(3), (False, True)):
        turned = np.flip(A, axis) if reverse else A
        expected = np.cumsum(turned, axis)
        expected = np.flip(expected, axis) if reverse else expected
        assert values("cumsum", [A], {"axes": [axis], "reverse": reverse}) == expected.ravel().tolist()
    x = np.array([[1.0, 3.0, 3.0], [0.0, -1.0, -1.0]])
    at = {"axes": [1], "dtype": "int32"}
    assert values("extremum_index", [x], {**at, "largest": True}, active=[False]) == [1, 0]
    assert values("extremum_index", [x], {**at, "largest": False}, active=[False]) == [0, 1]


@pytest.mark.parametrize("seed", range(6))
def test_contractions_are_those_of_einsum(seed):
    source = random.Random(seed)
    letters = "abcdef"
    sizes = {c: source.randrange(1, 4) for c in letters}
    left = source.sample("abcd", 3)
    right = source.sample("abcdef", 3)
    shared = [c for c in left if c in right]
    batch = shared[:1]
    contract = shared[1:]
    x = RNG.integers(-5, 6, size=[sizes[c] for c in left]).astype(float)
    y = RNG.integers(-5, 6, size=[sizes[c] for c in right]).astype(float)
    out = batch + [c for c in left if c not in shared] + [c for c in right if c not in shared]
    parameters = {
        "left_batch": [left.index(c) for c in batch],
        "right_batch": [right.index(c) for c in batch],
        "left_contract": [left.index(c) for c in contract],
        "right_contract": [right.index(c) for c in contract],
    }
    expected = np.einsum(f"{''.join(left)},{''.join(right)}->{''.join(out)}", x, y)
    assert values("dot_general", [x, y], parameters) == expected.ravel().tolist()
    _check_derivative("dot_general", [x, y], parameters)


def test_integers_wrap_as_their_type_does():
    big = np.array([2**62], np.int64)
    assert values("mul", [big, np.array([4], np.int64)]) == [0]
    assert values("add", [np.array([127], np.int8), np.array([1], np.int8)]) == [-128]
    assert values("sub", [np.array([0], np.uint8), np.array([1], np.uint8)]) == [255]
    assert values("neg", [np.array([-128], np.int8)]) == [-128]
    assert values("quotient", [np.array([-7, 7, -7]), np.array([2, -2, -2])]) == [-3, -3, 3]
    assert values("remainder", [np.array([-7, 7, -7]), np.array([2, -2, -2])]) == [-1, 1, -1]
    assert values("shift_left", [np.array([65], np.int8), np.array([1], np.int8)]) == [-126]
    assert values("shift_right", [np.array([-3], np.int8), np.array([1], np.int8)]) == [-2]
    assert values("not", [np.array([5, -1])]) == [-6, 0]
    assert values("not", [np.array([True, False])]) == [False, True]
    assert values("xor", [np.array([True, True]), np.array([True, False])]) == [False, True]
    assert values("convert", [np.array([300], np.int64)], {"dtype": "int8"}) == [44]
    assert values("convert", [np.array([-1.7, 2.9])], {"dtype": "int64"}, active=[False]) == [-1, 2]
    assert values("convert", [np.array([2, -1])], {"dtype": "float64"}) == [2.0, -1.0]
    with pytest.raises(NotCovered):
        values("convert", [np.array([300.0])], {"dtype": "int8"}, active=[False])
    with pytest.raises(NotCovered):
        values("quotient", [np.array([1]), np.array([0])])


@pytest.mark.parametrize(
    ("name", "function"),
    [("floor", np.floor), ("ceil", np.ceil), ("round_to_even", np.rint), ("sign", np.sign)],
)
def test_roundings(name, function):
    x = np.array([-2.5, -1.5, -0.5, -0.25, 0.25, 0.5, 1.5, 2.5, 3.0, -3.0, 1e9 + 0.5])
    assert values(name, [x], active=[False]) == function(x).tolist()
    moved = machine([("float64", (1,))], [(name, [0], {})])
    with pytest.raises(Undecided):
        moved.outputs([[arb({"round_to_even": 0.5}.get(name, 0))]])


def test_rounding_away_from_zero():
    x = np.array([-2.5, -0.5, 0.5, 1.5, 2.4, -2.6])
    assert values("round_away", [x], active=[False]) == [-3.0, -1.0, 1.0, 2.0, 2.0, -3.0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lt", [True, False, False]),
        ("le", [True, True, False]),
        ("gt", [False, False, True]),
        ("ge", [False, True, True]),
        ("eq", [False, True, False]),
        ("ne", [True, False, True]),
    ],
)
def test_comparisons_decide_or_refuse(name, expected):
    x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
    assert values(name, [x, y], active=[False, False]) == expected
    assert values(name, [x.astype(int), y.astype(int)]) == expected
    for one, other in ((arb(2), arb(2)), (arb(2, 0.5), arb(2.25)), (arb(0, 1), arb(0))):
        with pytest.raises(Undecided):
            machine([("float64", (1,))] * 2, [(name, [0, 1], {})]).outputs([[one], [other]])


def test_selections():
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert values("select_n", [np.array([False, True]), x, y]) == [1.0, 4.0]
    assert values("select_n", [np.array([2, 0]), x, y, x + y]) == [4.0, 2.0]
    with pytest.raises(NotCovered):
        values("select_n", [np.array([3, 0]), x, y, x])


@pytest.mark.parametrize("name", ["abs", "max", "min", "step", "slope_of_abs"])
def test_kinks_are_not_regular(name):
    count = 2 if name in ("max", "min", "step") else 1
    with pytest.raises(Undecided):
        machine([("float64", (1,))] * count, [(name, range(count), {})]).outputs([[arb(0, 0.5)]] * count)
    with pytest.raises(Undecided):
        machine([("float64", (1,))] * count, [(name, range(count), {})]).outputs([[arb(0)]] * count)


def test_values_that_no_input_reaches_may_lie_on_a_kink():
    assert values("abs", [np.array([0.0, -2.0])], active=[False]) == [0.0, 2.0]
    assert values("sqrt", [np.array([0.0, 4.0])], active=[False]) == [0.0, 2.0]
    assert values("max", [np.array([1.0]), np.array([1.0])], active=[False, False]) == [1.0]


def test_narrowing_is_exact_or_refused():
    assert values("narrow", [np.array([0.5, 3.0])], {"dtype": "float32"}, active=[False]) == [0.5, 3.0]
    for x, dtype in ((0.1, "float32"), (2.0**130, "float32"), (257.0, "bfloat16"), (2049.0, "float16")):
        with pytest.raises(Undecided):
            values("narrow", [np.array([x])], {"dtype": dtype}, active=[False])


def test_softmax_and_log_sum_exp():
    x = np.array([[1.0, -2.0, 700.0], [0.25, 0.5, 0.125]])
    for row, entry in itertools.product(range(2), range(3)):
        found = single("softmax", [x], {"axes": [1]})
        value = found[0].outputs(found[1])[3 * row + entry]
        total = sum((arb(float(t)) - arb(float(x[row, entry]))).exp() for t in x[row])
        assert value.overlaps(1 / total)
        assert value.rad() < 1e-30
    found = single("logsumexp", [x], {"axes": [1]})
    assert found[0].outputs(found[1])[1].overlaps(sum(arb(float(t)).exp() for t in x[1]).log())


DIFFERENTIATED = [
    ("add", [(2, 3), (2, 3)], {}),
    ("add", [(2, 3), ()], {}),
    ("sub", [(), (2, 2)], {}),
    ("sub", [(1, 3), (2, 1)], {}),
    ("mul", [(2, 3), (1, 3)], {}),
    ("div", [(2,), (2,)], {}),
    ("pow", [(2,), (2,)], {}),
    ("logaddexp", [(2,), (2,)], {}),
    ("atan2", [(2,), (2,)], {}),
    ("max", [(3,), (3,)], {}),
    ("min", [(3,), (3,)], {}),
    ("abs", [(3,)], {}),
    ("neg", [(3,)], {}),
    ("square", [(3,)], {}),
    ("integer_pow", [(3,)], {"exponent": 3}),
    ("expm1_over", [(3,)], {"order": 0}),
    ("expm1_over", [(2,)], {"order": 2}),
    ("integer_pow", [(3,)], {"exponent": -2}),
    ("softmax", [(2, 3)], {"axes": [1]}),
    ("softmax", [(2, 2)], {"axes": [0, 1]}),
    ("logsumexp", [(2, 3)], {"axes": [0]}),
    ("reduce_sum", [(2, 3)], {"axes": [1]}),
    ("reduce_max", [(2, 3)], {"axes": [1]}),
    ("reduce_min", [(2, 3)], {"axes": [0]}),
    ("cumsum", [(2, 3)], {"axes": [1], "reverse": False}),
    ("cumsum", [(2, 3)], {"axes": [0], "reverse": True}),
    ("reshape", [(2, 3)], {"shape": [3, 2]}),
    ("transpose", [(2, 3)], {"permutation": [1, 0]}),
    ("broadcast_in_dim", [(2, 1)], {"shape": [2, 2, 3], "axes": [0, 2]}),
    ("slice", [(4,)], {"starts": [1], "limits": [4], "strides": [2]}),
    ("pad", [(2,)], {"before": [1], "after": [0], "interior": [2]}),
    ("rev", [(2, 2)], {"axes": [1]}),
    ("concatenate", [(2,), (3,)], {"axis": 0}),
]


def _check_derivative(name, arrays, parameters):
    """Backward derivatives against difference quotients at 128 bits, of first and second order."""
    for wrt in range(len(arrays)):
        found, entries = single(name, arrays, parameters)
        count = len(found.outputs(entries))
        for k in range(count):
            row = found.jacobian(entries, wrt)[1][k]
            for i in range(len(entries[wrt])):
                step = arb(2) ** -40
                moved = [list(e) for e in entries]
                moved[wrt][i] = moved[wrt][i] + step
                back = [list(e) for e in entries]
                back[wrt][i] = back[wrt][i] - step
                quotient = (found.outputs(moved)[k] - found.outputs(back)[k]) / (2 * step)
                assert abs(quotient - row[i]) < 1e-18 * (1 + abs(row[i])), (name, wrt, k, i)


@pytest.mark.parametrize(("name", "shapes", "parameters"), DIFFERENTIATED)
def test_backward_derivatives(name, shapes, parameters):
    source = np.random.default_rng(3)
    _check_derivative(name, [source.permutation(math.prod(s)).reshape(s) * 0.37 + 0.4 for s in shapes], parameters)


def test_derivatives_of_reading_and_adding():
    places = np.array([2, -1, 0, 2])
    for name, x, parameters in (("take", np.array([1.0, 2, 3]), {}), ("scatter_add", np.arange(4.0), {"shape": [3]})):
        found, entries = single(name, [x, places], parameters, active=[True, False])
        count = len(found.outputs(entries))
        rows = found.jacobian(entries)[1]
        for k, i in itertools.product(range(count), range(len(x))):
            expected = int(places[k] == i) if name == "take" else int(places[i] == k)
            assert rows[k][i] == expected


def test_second_derivatives_of_a_polynomial_are_exact():
    """f(x, y) = x^3 y + 2 x y^2 at (3, 5): the Hessian is [[6 x y, 3 x^2 + 4 y], [., 4 x]]."""
    equations = [
        ("slice", [0], {"starts": [0], "limits": [1], "strides": [1]}),
        ("slice", [0], {"starts": [1], "limits": [2], "strides": [1]}),
        ("integer_pow", [2], {"exponent": 3}),
        ("mul", [4, 3], {}),
        ("square", [3], {}),
        ("mul", [2, 6], {}),
        ("mul", [7, 1], {}),
        ("add", [5, 8], {}),
    ]
    found = machine([("float64", (2,))], equations, constants=[np.array([2.0])])
    matrix = found.second([[arb(3), arb(5)]], [arb(1)])
    assert [[int(x.unique_fmpz()) for x in row] for row in matrix] == [[90, 47], [47, 12]]


def test_random_rational_programs_are_exact():
    """Sums, products and quotients of random rationals against Python's fractions."""
    source = random.Random(11)
    for _ in range(60):
        exact = [Fraction(source.randrange(-9, 10), 2 ** source.randrange(4)) for _ in range(3)]
        equations, truth = [], list(exact)
        for _ in range(8):
            name = source.choice(["add", "sub", "mul", "div", "neg", "square"])
            count = 1 if name in ("neg", "square") else 2
            refs = [source.randrange(len(truth)) for _ in range(count)]
            x, y = truth[refs[0]], truth[refs[-1]]
            if name == "div" and y == 0:
                name = "add"
            results = {"add": x + y, "sub": x - y, "mul": x * y, "neg": -x, "square": x * x}
            truth.append(x / y if name == "div" else results[name])
            equations.append((name, refs, {}))
        found = machine([("float64", ())] * 3, equations, active=[True] * 3)
        value = found.outputs([[arb(fmpq(x.numerator, x.denominator))] for x in exact])[0]
        assert value.overlaps(arb(fmpq(truth[-1].numerator, truth[-1].denominator)))


def test_analytic_everywhere():
    real = [("float64", (2,))]
    ones = [[arb(1), arb(2)]]
    assert obstacle(machine(real, [("tanh", [0], {})]), []) == ""
    for name in ("abs", "sqrt", "log", "sign", "floor", "cbrt", "tan"):
        assert obstacle(machine(real, [(name, [0], {})]), [])
        assert not obstacle(machine(real * 2, [(name, [1], {})], active=[True, False]), ones)
    assert obstacle(machine(real * 2, [("div", [1, 0], {})], active=[True, False]), ones)
    assert not obstacle(machine(real * 2, [("div", [0, 1], {})], active=[True, False]), ones)
    assert obstacle(machine(real, [("integer_pow", [0], {"exponent": -1})]), [])
    assert not obstacle(machine(real, [("integer_pow", [0], {"exponent": 3})]), [])
    assert obstacle(machine(real * 2, [("atan2", [0, 1], {})], active=[True, False]), ones)


# equations of sqrt(f) of the parameters x and the data c, and whether f > 0 for all x
_UNDER_A_ROOT = {
    "1 + x^2": ([("square", [0]), ("add", [2, 1])], [1.0], True),
    "x^2": ([("square", [0]), ("add", [2, 1])], [0.0], False),
    "-1 + x^2": ([("square", [0]), ("add", [2, 1])], [-1.0], False),
    "c + (c x) x": ([("mul", [1, 0]), ("mul", [2, 0]), ("add", [3, 1])], [2.0], True),
    "(c x) x": ([("mul", [1, 0]), ("mul", [2, 0])], [2.0], False),
    "c + (c x) x with c < 0": ([("mul", [1, 0]), ("mul", [2, 0]), ("add", [3, 1])], [-2.0], False),
    "c + x x x": ([("mul", [0, 0]), ("mul", [2, 0]), ("add", [3, 1])], [2.0], False),
    "c - x^2": ([("square", [0]), ("sub", [1, 2])], [2.0], False),
    "c + sin(x)^2": ([("sin", [0]), ("mul", [2, 2]), ("add", [3, 1])], [0.5], True),
    "c + sin(x) cos(x)": ([("sin", [0]), ("cos", [0]), ("mul", [2, 3]), ("add", [4, 1])], [0.5], False),
    "c + exp(x)": ([("exp", [0]), ("add", [2, 1])], [0.0], True),
    "c exp(x)": ([("exp", [0]), ("mul", [2, 1])], [0.0], False),
    "x^2 / (c + x^2) + c": ([("square", [0]), ("add", [2, 1]), ("div", [2, 3]), ("add", [4, 1])], [0.5], True),
    "c + x / x": ([("div", [0, 0]), ("add", [2, 1])], [0.5], False),
    "c + (sqrt(c + x^2))^2 x^2": (
        [("square", [0]), ("add", [2, 1]), ("sqrt", [3]), ("mul", [4, 4]), ("mul", [5, 2]), ("add", [6, 1])],
        [1.0],
        True,
    ),
}


@pytest.mark.parametrize("name", _UNDER_A_ROOT)
def test_a_root_is_analytic_where_what_stands_under_it_is_proved_positive(name):
    steps, data, is_positive = _UNDER_A_ROOT[name]
    for last in ("sqrt", "log", "rsqrt"):
        equations = [(step, operands, {}) for step, operands in [*steps, (last, [len(steps) + 1])]]
        found = machine([("float64", (1,))] * 2, equations, active=[True, False])
        assert (obstacle(found, [[arb(c) for c in data]]) == "") == is_positive


def test_products_of_different_unknown_values_are_not_squares():
    shape = [("float64", (2,))]
    moved = [("sin", [0], {}), ("rev", [1], {"axes": [0]}), ("mul", [1, 2], {}), ("exp", [0], {}), ("add", [3, 4], {})]
    assert obstacle(machine(shape, [*moved, ("sqrt", [5], {})]), [])
    inner = {"left_batch": [], "right_batch": [], "left_contract": [0], "right_contract": [0]}
    same = [("sin", [0], {}), ("dot_general", [1, 1], inner), ("exp", [2], {}), ("add", [2, 3], {})]
    assert not obstacle(machine(shape, [*same, ("log", [4], {})]), [])


def test_work_is_bounded():
    real = machine([("float64", (50,))], [("exp", [0], {})])
    real.work.left = 20
    with pytest.raises(NotCovered):
        real.outputs([[arb(0)] * 50])


def test_every_primitive_is_tried_somewhere_here():
    source = Path(__file__).read_text()
    tried = {name for name in PRIMITIVES if f'"{name}"' in source}
    assert set(PRIMITIVES) <= tried | set(FUNCTIONS)


def test_an_order_that_is_none_is_not_covered():
    for order in (-1, 65):
        found, entries = single("expm1_over", [np.array([1.0])], {"order": order})
        with pytest.raises(NotCovered):
            found.outputs(entries)


def test_powers_with_whole_exponents_have_any_base():
    x, y = np.array([-2.0, 0.0, -2.0, 3.0]), np.array([3.0, 0.0, -1.0, 0.5])
    found, entries = single("pow", [x, y], active=[True, False])
    assert [float(v) for v in found.outputs(entries)[:3]] == [-8.0, 1.0, -0.5]
    rows = found.jacobian(entries)[1]
    assert [rows[k][k] for k in range(3)] == [12, 0, arb(-0.25)]
    with pytest.raises(Undecided):
        values("pow", [np.array([-2.0]), np.array([0.5])])


def test_logic_and_derivatives_of_extrema():
    x, y = np.array([True, True, False]), np.array([True, False, False])
    assert values("and", [x, y]) == [True, False, False]
    assert values("or", [x, y]) == [True, True, False]
    assert values("and", [np.array([6]), np.array([3])]) == [2]
    assert values("reduce_and", [np.stack([x, y])], {"axes": [0]}) == [True, False, False]
    assert values("reduce_or", [np.stack([x, y])], {"axes": [1]}) == [True, True]
    share = {"axes": [0], "largest": True}
    assert values("extremum_share", [np.array([1.0, 5.0, 2.0])], share) == [0.0, 1.0, 0.0]
    with pytest.raises(Undecided):
        values("extremum_share", [np.array([5.0, 5.0, 2.0])], share)
    assert values("slope_of_jump", [np.array([1.5])]) == [0.0]


@pytest.mark.parametrize(("name", "result"), [("eq", True), ("ne", False), ("le", True), ("gt", False)])
def test_one_value_equals_itself_and_two_that_look_alike_do_not(name, result):
    # log x against itself, over a ball: it is one number; against the log of another input of the same ball it is open
    real, ball = ("float64", (1,)), arb(2, 0.5)
    logarithm = ("log", [0], {})
    found = machine([real], [logarithm, (name, [1, 1], {})])
    assert found.outputs([[ball]]) == [result]
    pair = machine([real, real], [logarithm, ("log", [1], {}), (name, [2, 3], {})])
    with pytest.raises(Undecided):
        pair.outputs([[ball], [ball]])
    with pytest.raises(Undecided):  # no logarithm, so nothing that equals itself
        found.outputs([[arb(-2, 0.5)]])
    itself = machine([real], [(name, [0, 0], {})])
    with pytest.raises(Undecided):
        itself.outputs([[arb("inf")]])
