"""Thousands of damaged files: every one ends in one sentence or shows the truth, within bounded work."""

import base64
import json
import random

import numpy as np
import pytest

import stabproof as sp
from certify.arrays import array_bytes, array_from_bytes, array_text
from certify.certificate import from_bytes, to_bytes
from certify.certificate.encoding import canonical
from certify.certificate.parsing import parse

DTYPES = ("float64", "int64", "bool", "uint8")
BYTES, STRUCTURES, HEADERS = 4000, 4000, 20_000
BUDGET = 1.0


def outcome(data):
    """None where the file is refused by a sentence; anything else that comes out fails the test."""
    try:
        return from_bytes(data)
    except (sp.CertificateError, sp.InputError) as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 1500
    return None


def test_changed_bytes_never_pass(honest):
    """A digest protects against damage: whatever is read is what was written."""
    rng = random.Random(0)
    for name in ("locked-state", "horseshoe", "minimum-sgd", "morse-class"):
        whole = to_bytes(honest[name])
        for _ in range(BYTES // 4):
            data = bytearray(whole)
            for _ in range(rng.randint(1, 3)):
                place = rng.randrange(len(data))
                change = rng.randrange(4)
                if change == 0:
                    data[place] = rng.randrange(256)
                elif change == 1:
                    del data[place : place + rng.randint(1, 40)]
                elif change == 2:
                    data[place:place] = bytes(rng.choice(b'[]{}",:0\\e9') for _ in range(rng.randint(1, 9)))
                else:
                    data = data[: max(place, 1)]
            found = outcome(bytes(data))
            assert found is None or canonical(json.loads(data)) == canonical(json.loads(whole))


SCRAPS = (
    None,
    True,
    False,
    0,
    -1,
    2**63 - 1,
    10**19,
    "",
    "x",
    "$float",
    [],
    {},
    [[]],
    {"$float": "0x1p"},
    {"$float": "0x1.0000000000000p+0"},
    {"$float": "nan"},
    {"$rational": ["1", "0"]},
    {"$rational": ["9" * 3999, "1"]},
    {"$rational": ["1e400000000", "1"]},
    {"$array": "AAAA"},
    {"$ball": []},
    {"$enclosure": ["inf", "-inf"]},
    {"$program": {}},
    {"$unknown": 1},
)


def places(value, path=()):
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def test_damaged_structures_with_fresh_digests(honest, forging):
    """A forger's files: read and proved with a small budget, refused or true."""
    rng = random.Random(1)
    names = [name for name in sorted(honest) if name not in {"periodic-orbit", "learning-rates"}]
    records = {name: json.loads(to_bytes(honest[name])) for name in names}
    every = {
        name: [p for p in places(record) if p and p[0] not in {"digest", "format"}] for name, record in records.items()
    }
    passed = 0
    for k in range(STRUCTURES):
        name = names[k % len(names)]
        record = records[name]
        for _ in range(rng.randint(1, 2)):
            path = rng.choice(every[name])
            try:
                record = forging.changed(record, path, rng.choice(SCRAPS))
            except (KeyError, TypeError, IndexError, AttributeError):
                continue
        found = outcome(forging.resigned(record))
        if found is None:
            continue
        passed += 1
        try:
            shown = sp.check(found, budget=BUDGET)
        except sp.CertificateError:
            continue
        assert shown.verdict is honest[name].verdict or shown.input_hash != honest[name].input_hash or _is_weaker(shown)
    assert passed < STRUCTURES // 2


def _is_weaker(shown):
    return shown.verdict is sp.Verdict.UNDECIDED


def test_headers_of_arrays():
    """Every header is read as written, or refused: no parser of Python source, no memory asked for."""
    rng = random.Random(2)
    whole = array_bytes(np.arange(6.0).reshape(2, 3))
    end = 10 + int.from_bytes(whole[8:10], "little")
    for _ in range(HEADERS):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(end)
            if rng.random() < 0.5:
                data[place] = rng.choice(b"()[]{}'\",: 0123456789TrueFalse<>|fiubO-+eE\n\\\x00\xff")
            else:
                data[place:place] = rng.choice((b"9" * 30, b"(", b"True", b"-", b",", b"1e9", b"None", b"\t"))
        try:
            found = array_from_bytes(bytes(data), DTYPES)
        except sp.CertificateError as error:
            message = str(error)
            assert "\n" not in message
            continue
        assert array_bytes(found) == bytes(data), bytes(data[:80])


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 999999999999999), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 6), }",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (6,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (6,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (12,), }",
        "{'descr': '>f8', 'fortran_order': False, 'shape': (6,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (06,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (6), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), 'extra': 1}",
        "{'shape': (6,), 'fortran_order': False, 'descr': '<f8', }",
        "(" * 9000,
        "'" * 3,
        "",
    ],
)
def test_forged_headers_are_refused(header):
    text = header.encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + np.arange(6.0).tobytes()
    if header.endswith("(1, 6), }"):
        assert array_from_bytes(data, DTYPES).shape == (1, 6)
        return
    with pytest.raises(sp.CertificateError):
        array_from_bytes(data, DTYPES)


def test_archives_and_other_versions_are_refused():
    for start in (b"PK\x03\x04", b"\x93NUMPY\x02\x00", b"\x93NUMPY\x03\x00", b"\x80\x04", b""):
        with pytest.raises(sp.CertificateError):
            array_from_bytes(start + b"\0" * 200, DTYPES)
    with pytest.raises(sp.CertificateError, match="truth value"):
        array_from_bytes(array_bytes(np.array([True, False]))[:-1] + b"\2", DTYPES)
    assert base64.b64decode(array_text(np.zeros(3))) == array_bytes(np.zeros(3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": {"b": 1, "b": 1}}', "twice"),
        (b'{"a": "\\u0000"}', "unprintable"),
        ('{"a": "\u202e"}'.encode(), "unprintable"),
        (b'{"a\\u200b": 1}', "unprintable"),
        (b'{"a": "\\ud800"}', "unprintable"),
        (b'{"a": 1.5}', "decimal"),
        (b'{"a": NaN}', "decimal"),
        (b'{"a": 1e999999999}', "decimal"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b"[" * 100_000 + b"]" * 100_000, "deep"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "deep"),
        (b'{"a": "' + b"[" * 1000 + b'"', "not a stabproof certificate"),
        (b"\xff\xfe", "not a stabproof certificate"),
        (b"[]", "no JSON object"),
        (b"", "not a stabproof certificate"),
    ],
)
def test_texts_that_nobody_writes(text, words):
    with pytest.raises(sp.CertificateError, match=words):
        parse(text)


def test_brackets_inside_of_strings_do_not_nest():
    assert parse(b'{"a": "[[[[\\"[[' + b"[" * 1000 + b'"}')["a"].count("[") == 1006


def test_arrays_without_entries_have_no_long_axes():
    """A shape costs no byte of the file; a loop over its longest axis takes time."""

    def empty(length):
        text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': (0, {length}), }}\n".encode()
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text

    assert array_from_bytes(empty(2**20), DTYPES).shape == (0, 2**20)
    for length in (2**20 + 1, 10**14):
        with pytest.raises(sp.CertificateError, match="long axis"):
            array_from_bytes(empty(length), DTYPES)
