"""A proof's work is declared, counted and bounded."""

import json
from dataclasses import replace

import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.certificate import from_bytes, to_bytes
from certify.certificate.encoding import decode
from certify.effort import COSTS, Effort, EffortExceeded, charge, counting, work_of
from certify.program import evaluate, trace
from certify.program.builder import Builder
from certify.program.signature import Signature

x, y = sympy.symbols("x y", real=True)


def chain(size, count, primitive="tanh"):
    """x -> tanh(tanh(... x)), `count` times on `size` entries: a small file that means much work."""
    builder = Builder()
    value = builder.input(Signature((1,)))
    wide = builder.emit("broadcast_in_dim", value, shape=(size,), axes=(0,))
    for _ in range(count):
        wide = builder.emit(primitive, wide)
    return builder.program([builder.emit("reshape", builder.emit("reduce_sum", wide, axes=(0,)), shape=(1,))])


def test_counts_add_up_and_end_at_the_budget():
    effort = Effort(1.0)
    effort.charge("steps", 10_000)
    assert effort.spent == pytest.approx(0.1)
    with pytest.raises(EffortExceeded, match="budget"):
        effort.charge("products", 10**9)
    with counting() as outer:
        charge("entries", 5)
        with counting(2.0) as inner:
            charge("entries", 7)
        charge("words", 1)
    assert inner.counts["entries"] == 7
    assert outer.counts == {"entries": 12, "products": 0, "steps": 0, "words": 1}
    charge("steps", 10**18)  # nobody counts


def test_a_nan_of_work_is_too_much():
    with pytest.raises(EffortExceeded):
        Effort(float("nan")).charge("steps", 1)


def test_evaluation_charges_before_it_works():
    program = chain(2**21, 60)
    with pytest.raises(EffortExceeded), counting(1.0):
        evaluate(program, [np.array([0.5])])
    power = trace(lambda x: x**9, np.ones(3))
    with counting() as effort:
        evaluate(power, [np.ones(3)])
        once = effort.counts["entries"]
        evaluate(power, [np.ones((10, 3))], batch=[True])
    assert effort.counts["entries"] == 11 * once
    assert once >= 3


def test_every_certificate_declares_its_work(name, honest):
    certificate = honest[name]
    assert set(certificate.effort) == set(COSTS)
    assert 0 <= work_of(certificate.effort) < 5
    again = from_bytes(to_bytes(certificate))
    assert again.effort == certificate.effort


def test_what_exceeds_the_budget_is_refused_at_once(honest):
    certificate = honest["equilibrium-flow"]
    with pytest.raises(sp.CertificateError, match="declares"):
        sp.check(certificate, budget=work_of(certificate.effort) / 2)
    huge = replace(certificate, effort={**certificate.effort, "products": 2**59})
    with pytest.raises(sp.CertificateError, match="budget"):
        sp.check(huge)
    for budget in (0, -1, float("nan"), "1", True):
        with pytest.raises(sp.InputError, match="budget"):
            sp.check(certificate, budget=budget)


@pytest.mark.parametrize(("size", "count"), [(2**21, 60), (2**24, 8)])
def test_what_a_file_does_not_declare_is_refused_while_checked(honest, size, count):
    """The program of a periodic point is exchanged for one of much work in a few bytes."""
    certificate = honest["periodic-point"]
    forged = replace(certificate, problem={**certificate.problem, "map": chain(size, count)})
    assert len(to_bytes(forged)) < 60_000
    with pytest.raises(sp.CertificateError, match="work"):
        sp.check(forged)
    old = replace(forged, effort={}, format=1)
    with pytest.raises(sp.CertificateError, match="work"):
        sp.check(old, budget=5.0)


def test_products_are_counted(honest):
    """Many large products of a small file."""
    builder = Builder()
    value = builder.input(Signature((1,)))
    square = builder.emit("broadcast_in_dim", builder.emit("reshape", value, shape=()), shape=(2048, 2048), axes=())
    contract = {"left_batch": (), "right_batch": (), "left_contract": (1,), "right_contract": (0,)}
    for _ in range(2000):
        square = builder.emit("dot_general", square, square, **contract)
    total = builder.emit("reduce_sum", square, axes=(0, 1))
    program = builder.program([builder.emit("reshape", total, shape=(1,))])
    certificate = honest["periodic-point"]
    forged = replace(certificate, problem={**certificate.problem, "map": program}, effort={}, format=1)
    assert len(to_bytes(forged)) < 500_000
    with pytest.raises(sp.CertificateError, match="work"):
        sp.check(forged, budget=1.0)


def test_endless_searches_are_refused():
    """A line of equilibria can be divided for ever."""
    found = sp.all_equilibria([x**2 * y, y], [(-1, 1), (-1, 1)], most_boxes=50).certificate
    endless = {**found.witness, "undecided": np.zeros((0, 2, 2)), "boxes": 10**9}
    with pytest.raises(sp.CertificateError, match="work"):
        sp.check(replace(found, witness=endless), budget=2.0)
    with pytest.raises(sp.CertificateError, match="work"):
        sp.check(replace(found, witness=endless, effort={}, format=1), budget=0.5)


def test_powers_and_rationals_of_any_size_end_in_a_sentence(forging):
    record = json.loads(to_bytes(sp.certify_equilibrium([2 * x + y**5, y / 2], [0, 0], kind="map")))
    for exponent in (400_000_000, 2**39, -(2**39)):
        text = json.dumps(record).replace('{"exponent": 5}', f'{{"exponent": {exponent}}}')
        forged = json.loads(text)
        assert forged != record
        with pytest.raises(sp.CertificateError, match="exponent"):
            sp.check(from_bytes(forging.resigned(forged)), budget=2.0)
    for text in ("1e400000000", "1_0", " 1", "0x10", "1.5", "٣", "9" * 4001):
        with pytest.raises(sp.CertificateError, match="rational"):
            decode({"$rational": [text, "1"]})


def test_the_command_takes_a_budget(honest, tmp_path):
    from typer.testing import CliRunner

    from stabproof.cli import app

    path = tmp_path / "c.json"
    honest["equilibrium-flow"].save(path)
    assert CliRunner().invoke(app, ["check", str(path), "--budget", "30"]).exit_code == 0
    refused = CliRunner().invoke(app, ["check", str(path), "--budget", "1e-9"])
    assert isinstance(refused.exception, sp.CertificateError)
