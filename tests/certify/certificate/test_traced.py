"""The comparison with JAX at trace time stands in the file as a closed record, and is nobody's authority."""

import json
import platform
from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from certify.certificate import from_bytes, to_bytes
from certify.certificate.traced import check_traced, records_of, traced_text
from certify.program.record import NOT_FINITE, UNDECIDED, TraceRecord
from recheck.main import recheck_bytes
from recheck.outcome import Standing
from stabproof.reports import document
from stabproof.tables import certificate_table, plain_text


@pytest.fixture(scope="module")
def wrapping():
    """x' = -x + c x with an integer constant c that wraps around to 0: 2^62 times 4."""
    with jax.enable_x64(True):
        four = jnp.int64(2**62)
    return sp.certify_equilibrium(lambda x: -x + (four * 4) * x, np.zeros(1))


def test_what_was_compared_is_in_the_file_and_survives_it(honest):
    certificate = honest["minimum-gd"]
    record = json.loads(to_bytes(certificate))["traced"]["predict"]
    assert (record["jax"], record["points"], record["rounding"]) == (jax.__version__, 3, 0)
    assert (record["skipped"], record["wraps"]) == ([], [])
    again = from_bytes(to_bytes(certificate))
    assert again.traced == certificate.traced
    assert sp.check(again).traced == certificate.traced
    assert to_bytes(sp.check(again)) == to_bytes(certificate)


def test_kinds_without_a_traced_program_record_nothing(honest):
    assert honest["lyapunov-exponent"].traced == {}
    assert honest["horseshoe"].traced == {}  # written from SymPy expressions: there is no JAX function


@pytest.mark.parametrize(
    ("kind", "program"), [("learning-rates", "predict"), ("time-map", "field"), ("morse-class", "function")]
)
def test_programs_of_jax_functions_keep_their_record(honest, kind, program):
    assert honest[kind].traced[program]["points"] == 3


def test_it_is_shown_as_recorded(honest):
    certificate = honest["minimum-gd"]
    words = f"predict compared with JAX {jax.__version__} at 3 points"
    assert f"As recorded, not proved: {words}" in " ".join(plain_text([certificate_table(certificate)]).split())
    assert f"compared with JAX {jax.__version__} at 3 points" in str(document(certificate).blocks)


def test_integers_that_wrapped_are_in_the_file(wrapping):
    (wrap,) = wrapping.traced["field"]["wraps"]
    assert wrap[:2] == ["mul", "int64"]
    assert wrap[2].startswith("test_traced.py:")
    assert wrap[3] == 1
    assert "wrapped around: `mul` of int64 constants at test_traced.py" in traced_text(wrapping.traced["field"])
    assert from_bytes(to_bytes(wrapping)).traced == wrapping.traced


def test_points_that_were_not_compared_say_why():
    found = sp.certify_equilibrium(lambda x: jnp.log(x), np.array([1.0 + 2**-40]))
    record = found.traced["field"]
    assert record["points"] + len(record["skipped"]) == 3
    assert set(record["skipped"]) <= {"not evaluated"}
    outside = TraceRecord("0.10.2", 0, skipped=("log of a ball that reaches down to -1", NOT_FINITE, UNDECIDED))
    program = replace(honest_program(found), record=outside)
    words = records_of({"field": program})["field"]["skipped"]
    assert words == ["not evaluated", "not finite", "undecided"]
    check_traced({"field": {**GOOD, "points": 0, "skipped": words}}, {"field": program})


def honest_program(certificate):
    return certificate.problem["field"]


GOOD = {"jax": "0.10.2", "points": 3, "rounding": 0, "difference": 0.0, "skipped": [], "wraps": []}


@pytest.mark.parametrize(
    "change",
    [
        {"jax": "stable under Adam"},
        {"jax": 1},
        {"points": -1},
        {"points": True},
        {"points": 10**6},
        {"points": 3.0},
        {"rounding": None},
        {"difference": float("nan")},
        {"difference": float("inf")},
        {"difference": -1.0},
        {"difference": 0},
        {"skipped": ["proved"]},
        {"skipped": "not finite"},
        {"skipped": ["undecided"] * 1001},
        {"skipped": [["undecided"]]},
        {"wraps": [["mul", "int64", "a sentence of mine", 1]]},
        {"wraps": [["mul", "int64", "", 0]]},
        {"wraps": [["mul", "int64", "", True]]},
        {"wraps": [["multiply", "int64", "", 1]]},
        {"wraps": [["mul", "complex", "", 1]]},
        {"wraps": [[[], [], "", 1]]},
        {"wraps": [["mul", "int64", ""]]},
        {"wraps": [["mul", "int64", "", 1]] * 33},
        {"wraps": {}},
        {"note": 1},
    ],
)
def test_other_records_are_refused(honest, change):
    problem = honest["minimum-gd"].problem
    check_traced({"predict": GOOD}, problem)
    with pytest.raises(sp.CertificateError, match="comparison"):
        check_traced({"predict": {**GOOD, **change}}, problem)


def test_records_of_what_is_no_program_are_refused(honest):
    problem = honest["minimum-gd"].problem
    for tree in (Fraction(1, 2), None, [], "predict", 3.0):
        check_traced({}, tree)
        with pytest.raises(sp.CertificateError, match="comparison"):
            check_traced({"predict": GOOD}, tree)
    for traced in ({"params": GOOD}, {"proof": GOOD}, [], {"predict": []}, {"predict": {}}):
        with pytest.raises(sp.CertificateError, match="comparison"):
            check_traced(traced, problem)


def test_no_record_makes_a_proof(honest):
    """Another record leaves the outcome as it is; a record that claims agreement does not help a false file."""
    certificate = honest["minimum-gd"]
    other = replace(certificate, traced={"predict": {**GOOD, "points": 1000}})
    assert sp.check(from_bytes(to_bytes(other))).outcome == sp.check(certificate).outcome
    assert sp.check(from_bytes(to_bytes(replace(certificate, traced={})))).outcome == certificate.outcome


def test_the_second_program_reads_past_it(honest, forging):
    certificate = honest["minimum-gd"]
    assert recheck_bytes(to_bytes(certificate)).standing is Standing.CONFIRMED
    record = json.loads(to_bytes(certificate))
    assert recheck_bytes(forging.resigned({**record, "traced": {}})).standing is Standing.CONFIRMED


def test_versions_are_those_of_the_installed_packages(honest):
    from importlib import metadata

    for package, version in honest["minimum-gd"].software.items():
        assert version == (platform.python_version() if package == "python" else metadata.version(package))
