"""Untrusted files: what is malformed is bad input, what is too large is bounded before it is evaluated."""

import base64
import io
import json
import random
import struct
from fractions import Fraction

import numpy as np
import pytest

from recheck.document import decode, read_plain
from recheck.npy import read_array
from recheck.outcome import BadInput, NotCovered
from recheck.program.reader import read_program


def text_of(array: np.ndarray) -> str:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return base64.b64encode(stream.getvalue()).decode()


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "int8", "uint8", "int32", "uint64", "uint16"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4), (1, 1, 1, 2)])
def test_arrays_are_read_as_numpy_writes_them(dtype, shape):
    array = np.random.default_rng(1).integers(0, 2, size=shape).astype(dtype)
    found = read_array(text_of(array))
    assert (found.shape, found.dtype, found.data) == (shape, dtype, array.ravel().tolist())


def header(text: str, body: bytes = b"") -> str:
    raw = text.encode()
    return base64.b64encode(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw + body).decode()


@pytest.mark.parametrize(
    "text",
    [
        "not base64!",
        5,
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }\n"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (True,), }\n", bytes(8)),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n", bytes(8)),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", bytes(8)),
        header("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1,), }\n", bytes(8)),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", bytes(8)),
        header("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }\n", bytes(8)),
        header("__import__('os').system('true')\n", bytes(8)),
        header("{'descr': '|b1', 'fortran_order': False, 'shape': (1,), }\n", b"\x02"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n", struct.pack("<d", float("nan"))),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n", struct.pack("<d", float("inf"))),
        base64.b64encode(b"\x93NUMPY\x01\x00\xff\xff").decode(),
        base64.b64encode(b"PK\x03\x04").decode(),
    ],
)
def test_forged_arrays_are_bad_input(text):
    with pytest.raises(BadInput):
        read_array(text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": 1.5}',
        b'{"a": NaN}',
        b'{"a": ' + b"9" * 30 + b"}",
        b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"a": "' + b"\xff" + b'"}',
        b'{"a": ' + b"[" * 100_000,
    ],
)
def test_malformed_texts_are_bad_input(data):
    with pytest.raises(BadInput):
        read_plain(data)


def test_brackets_in_strings_do_not_nest():
    assert read_plain(b'{"a": "' + b"[" * 500 + b'\\" {"}') == {"a": "[" * 500 + '" {'}


@pytest.mark.parametrize(
    "value",
    [
        {"$float": "nan"},
        {"$float": "0x1.0p+0", "more": 1},
        {"$float": 1},
        {"$rational": ["1", "0"]},
        {"$rational": ["1", "-2"]},
        {"$rational": ["1e9", "1"]},
        {"$rational": ["9" * 5000, "1"]},
        {"$rational": ["--1", "1"]},
        {"$enclosure": ["0x1p+1", "0x1p+0"]},
        {"$ball": [text_of(np.zeros(2)), text_of(-np.ones(2))]},
        {"$ball": [text_of(np.zeros(2)), text_of(np.ones(3))]},
        {"$unknown": 1},
    ],
)
def test_defective_data_are_bad_input(value):
    with pytest.raises(BadInput):
        decode(value)


def test_exact_data_are_read_exactly():
    assert decode({"$rational": ["-10", "4"]}) == Fraction(-5, 2)
    assert decode({"$float": (0.1).hex()}) == 0.1
    assert decode({"$float": "-inf"}) == float("-inf")


def program(**changes):
    plain = {
        "inputs": [["float64", [2]]],
        "constants": [text_of(np.array([1.0, 2.0]))],
        "equations": [["add", [0, 1], {}, ""], ["reduce_sum", [2], {"axes": [0]}, ""]],
        "outputs": [3],
    }
    return plain | changes


def test_programs_are_typed_anew():
    assert read_program(program()).output_signatures[0].shape == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"outputs": [4]},
        {"outputs": [-1]},
        {"outputs": [True]},
        {"inputs": [["float64", [3]]]},
        {"inputs": [["complex128", [2]]]},
        {"inputs": [["float64", [-2]]]},
        {"equations": [["add", [0, 2], {}, ""]]},
        {"equations": [["add", [0], {}, ""]]},
        {"equations": [["reduce_sum", [0], {"axes": [1]}, ""]]},
        {"equations": [["reduce_sum", [0], {"axes": [0], "more": 1}, ""]]},
        {"equations": [["reshape", [0], {"shape": [3]}, ""]]},
        {"equations": [["broadcast_in_dim", [0], {"shape": [3], "axes": [0]}, ""]]},
        {"equations": [["slice", [0], {"starts": [0], "limits": [3], "strides": [1]}, ""]]},
        {"equations": [["integer_pow", [0], {"exponent": 2**21}, ""]]},
        {"extra": 1},
    ],
)
def test_defective_programs_are_bad_input(changes):
    with pytest.raises(BadInput):
        read_program(program(**changes))


def test_unknown_primitives_and_huge_values_are_not_covered():
    with pytest.raises(NotCovered):
        read_program(program(equations=[["fft", [0], {}, ""]]))
    with pytest.raises(NotCovered):
        read_program(program(equations=[["broadcast_in_dim", [0], {"shape": [2, 2**30], "axes": [0]}, ""]]))


def test_random_damage_never_escapes():
    """Flipped characters end as bad input or not covered, never as another exception."""
    plain = json.dumps(program())
    source = random.Random(5)
    for _ in range(300):
        place = source.randrange(len(plain))
        damaged = plain[:place] + source.choice('0123456789[]{}",:ae-') + plain[place + 1 :]
        try:
            read_program(read_plain(damaged.encode()))
        except (BadInput, NotCovered):
            continue
