"""Programs in JSON: exact round trips, and refusal of damaged or hostile files."""

import copy
import json
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from certify.program import Program, evaluate, jacobian_program, program_from_json, program_to_json, trace
from foundation import CertificateError

_WEIGHTS = np.random.default_rng(1).normal(size=(3, 4))


def _program():
    return trace(lambda x, k: jnp.tanh(_WEIGHTS @ x)[k] + jnp.sum(x[::2] ** 3), np.ones(4), 1)


def test_a_round_trip_is_exact():
    program = jacobian_program(_program(), (0,))
    value = json.loads(json.dumps(program_to_json(program)))
    again = program_from_json(value)
    assert program_to_json(again) == value
    x = np.linspace(-1, 1, 4)
    (first,), (second,) = evaluate(program, [x, 1]), evaluate(again, [x, 1])
    assert np.array_equal(first.mid, second.mid)
    assert np.array_equal(first.rad, second.rad)


def test_arrays_may_be_handed_out():
    arrays = []
    value = _program().to_json(store=lambda array: arrays.append(array) or len(arrays) - 1)
    again = Program.from_json(json.loads(json.dumps(value)), load=lambda index: arrays[index])
    assert len(arrays) == len(again.constants) >= 1


def _equation(value, primitive):
    return next(e for e in value["equations"] if e[0] == primitive)


@pytest.mark.parametrize(
    "damage",
    [
        lambda v: v.pop("outputs"),
        lambda v: v.update(extra=1),
        lambda v: v["equations"][0].__setitem__(0, "__import__"),
        lambda v: v["equations"][0].__setitem__(0, ["tanh"]),
        lambda v: v["equations"][0].__setitem__(1, [10**6]),
        lambda v: v["equations"][0].__setitem__(1, [len(v["inputs"]) + len(v["constants"])]),
        lambda v: v["equations"][0].__setitem__(1, [-1]),
        lambda v: v["equations"][0].__setitem__(1, [True]),
        lambda v: v["equations"][0].__setitem__(1, "0"),
        lambda v: v["equations"][0].__setitem__(2, {"surprise": 1}),
        lambda v: v["equations"].__setitem__(0, None),
        lambda v: _equation(v, "slice")[2].__setitem__("limits", [400]),
        lambda v: _equation(v, "slice")[2].__setitem__("strides", [0]),
        lambda v: _equation(v, "slice")[2].__setitem__("starts", [1.5]),
        lambda v: _equation(v, "integer_pow")[2].__setitem__("exponent", 10**9),
        lambda v: _equation(v, "dot_general")[2].__setitem__("left_contract", [7]),
        lambda v: v["outputs"].append(10**9),
        lambda v: v["inputs"][0].__setitem__(0, "object"),
        lambda v: v["inputs"][0].__setitem__(1, [-4]),
        lambda v: v["inputs"][0].__setitem__(1, [2**20, 2**20]),
        lambda v: v["constants"].__setitem__(0, "no base64!"),
        lambda v: v["constants"].__setitem__(0, "AAAA"),
        lambda v: v["constants"].__setitem__(0, None),
    ],
)
def test_damaged_programs_are_refused(damage):
    value = copy.deepcopy(program_to_json(_program()))
    damage(value)
    with pytest.raises(CertificateError, match="malformed"):
        program_from_json(value)


@pytest.mark.parametrize("array", [np.array([np.nan] * 4), np.array(["text"]), np.array([1 + 2j]), [1.0]])
def test_constants_that_are_no_finite_numbers_are_refused(array):
    value = program_to_json(_program(), store=lambda _: 0)
    with pytest.raises(CertificateError, match="malformed"):
        program_from_json(value, load=lambda _: array)


def test_pickled_constants_are_never_loaded():
    import base64
    import io

    stream = io.BytesIO()
    np.save(stream, np.array([print], dtype=object), allow_pickle=True)
    value = program_to_json(_program())
    value["constants"][0] = base64.b64encode(stream.getvalue()).decode()
    with pytest.raises(CertificateError, match="malformed"):
        program_from_json(value)


def test_reading_and_evaluating_needs_no_jax():
    program = json.dumps(program_to_json(jacobian_program(_program(), (0,))))
    script = (
        "import sys, json; sys.modules['jax'] = None; sys.modules['jaxlib'] = None\n"
        "from certify.program import program_from_json, evaluate, jacobian\n"
        "program = program_from_json(json.load(sys.stdin))\n"
        "(value,) = evaluate(program, [[0.5, 0.25, -1.0, 2.0], 1])\n"
        "assert value.shape == (1, 4), value.shape\n"
        "(value,) = evaluate(program, [[0.5, 0.25, -1.0, 2.0], 1], precision=100)\n"
        "print('done')\n"
    )
    run = subprocess.run([sys.executable, "-c", script], input=program, capture_output=True, text=True)
    assert run.stdout.strip() == "done", run.stderr
