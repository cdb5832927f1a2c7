"""Forged files of every kind end in one sentence: no traceback of another error, no endless proof, no false text."""

import itertools
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.certificate import checker, from_bytes, to_bytes
from certify.certificate.file import _digest
from certify.trajectories.network import ExactNetwork
from certify.trajectories.orbit import MOST_STEPS
from search.trajectories import certify_descent

x, y = sympy.symbols("x y")


@pytest.fixture(scope="module")
def certificate():
    return sp.certify_equilibrium([-x + 2 * sympy.tanh(y), -y + 2 * sympy.tanh(x)], [1.9, 1.9])


def resigned(record):
    """A forger's file: a changed record with a fresh digest."""
    return json.dumps({**record, "digest": _digest(record)}).encode()


@pytest.mark.parametrize(
    "error",
    [
        AssertionError(),
        MemoryError("Unable to allocate 8 EiB"),
        RecursionError("maximum recursion depth exceeded"),
        RuntimeError("a\nmessage of\n  many lines"),
        NotImplementedError("x" * 10_000),
        sp.InputError(f"must be a number, but is {np.zeros((3, 3))!r}"),
        ZeroDivisionError("division by zero"),
    ],
)
def test_whatever_happens_in_a_prover_is_one_sentence(certificate, monkeypatch, error):
    def failing(problem, witness):
        raise error

    monkeypatch.setattr(checker, "prover", lambda kind: failing)
    with pytest.raises(sp.CertificateError) as caught:
        sp.check(certificate)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_shown_digits_are_those_of_the_number(certificate):
    record = json.loads(to_bytes(certificate))
    assert set(record["claims"][0]["enclosure"]) == {"$enclosure"}
    record["claims"][0]["enclosure"]["digits"] = "0 exactly"
    with pytest.raises(sp.CertificateError, match="digits"):
        from_bytes(resigned(record))


def test_a_proof_gives_no_reason_for_doubt(certificate):
    outcome = replace(certificate.outcome, reason="the spectrum lies in the left half-plane of every linearisation")
    with pytest.raises(sp.CertificateError, match="reason"):
        sp.check(from_bytes(to_bytes(replace(certificate, outcome=outcome))))


def test_proofs_without_end_are_refused():
    network = ExactNetwork(np.array([[0.5], [-1.0], [0.25]]), np.array([0, 1, 1]), 1, 2)
    descent = certify_descent(network, np.linspace(-0.5, 0.75, network.dimension), Fraction(1, 10), 3)
    assert sp.check(descent).verdict is sp.Verdict.PROVED
    with pytest.raises(sp.CertificateError, match=str(MOST_STEPS)):
        sp.check(replace(descent, problem={**descent.problem, "steps": 10**15}))
    found = sp.all_equilibria([x**2 * y, y], [(-1, 1), (-1, 1)], most_boxes=50).certificate
    endless = {**found.witness, "undecided": np.zeros((0, 2, 2)), "boxes": 10**15}
    with pytest.raises(sp.CertificateError, match="boxes"):
        sp.check(replace(found, witness=endless))


SPECIAL = (np.nan, np.inf, -np.inf, 0.0, 5e-324, -1e-160, 1e160, 1.7e308)


@pytest.mark.parametrize("number", SPECIAL)
def test_numbers_that_nobody_writes(certificate, number):
    """Every array of the witness, entry by entry: refused, or what is proved is still true of the exact root."""
    exact = 1.9150080481545374  # s = 2 tanh s, to 1e-16
    names = [name for name, value in certificate.witness.items() if isinstance(value, np.ndarray)]
    for name, k in itertools.product(names, range(2)):
        array = certificate.witness[name].copy()
        array.flat[k] = number
        forged = from_bytes(to_bytes(replace(certificate, witness={**certificate.witness, name: array})))
        try:
            outcome = checker._prove(forged)
        except sp.CertificateError:
            continue
        if outcome.verdict is sp.Verdict.STABLE:
            distance = np.abs(forged.witness["point"] - exact).max()
            assert distance <= outcome.claim("radius").enclosure.upper + 1e-15
