"""What is issued under some number of BLAS threads is accepted under others; each proof sets its own Arb precision."""

import itertools
from contextlib import contextmanager

import flint
import jax.numpy as jnp
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import stabproof as sp
from certify.certificate import checker, issue
from certify.certificate.issue import widened
from certify.enclosure import Enclosure

THREADS = (1, 2, 4)


def accepted_everywhere(certificate, threads=THREADS):
    """Reissues the proof under each number of threads, and checks each that differs under each."""
    issued = {}
    for count in threads:
        with threadpool_limits(count):
            made = issue(certificate.kind, certificate.problem, certificate.witness)
            issued.setdefault(repr(made.outcome), (count, made))
    for (first, made), second in itertools.product(issued.values(), threads):
        with threadpool_limits(second):
            assert sp.check(made).verdict is certificate.verdict, (first, second)


def test_every_kind_under_every_number_of_threads(name, honest):
    slow = honest[name].kind == "periodic-orbit"
    accepted_everywhere(honest[name], (1, 4) if slow else THREADS)


@pytest.fixture(scope="module")
def wide():
    """Products large enough that OpenBLAS divides them."""
    rng = np.random.default_rng(5)
    weights = jnp.asarray(rng.normal(size=(150, 150)) * (0.5 / np.sqrt(150)))
    return sp.certify_equilibrium(lambda x: -x + jnp.tanh(weights @ x) * 0.5, np.zeros(150))


def test_wide_products_under_every_number_of_threads(wide):
    assert wide.verdict is sp.Verdict.STABLE
    accepted_everywhere(wide)


@pytest.mark.parametrize("end", [-1.2e-6, -1e300, -5e-324, 3.0, 0.25, 1.0, 0.0, 1e-12])
def test_one_sided_margins(end):
    """Room on the side that is bounded, none across 0 or 1, and half of the distance to them at most."""
    upper = widened(Enclosure(-np.inf, end))
    lower = widened(Enclosure(end, np.inf))
    assert upper.lower == -np.inf
    assert lower.upper == np.inf
    assert upper.upper > end or end == -5e-324
    assert lower.lower < end or end in (0.0, -5e-324)
    for threshold in (0.0, 1.0):
        assert (upper.upper < threshold) == (end < threshold)
        assert (lower.lower > threshold) == (end > threshold)
    if abs(end) > 1e-300:
        assert upper.upper - end <= abs(end) / 128
        assert end - lower.lower <= abs(end) / 128
        assert upper.upper - end >= min(abs(end), abs(1 - end) or 1) / 600


def test_a_refusal_shows_the_last_digits(honest):
    from dataclasses import replace

    certificate = honest["lyapunov-exponent"]
    claim = certificate.claims[0]
    tight = Enclosure(claim.enclosure.lower, np.nextafter(sp.check(certificate).claims[0].enclosure.lower, np.inf))
    forged = replace(certificate, outcome=replace(certificate.outcome, claims=(replace(claim, enclosure=tight),)))
    with pytest.raises(sp.CertificateError) as caught:
        sp.check(forged)
    assert repr(tight.upper) in str(caught.value)
    assert str(caught.value).count("[") == 2


@contextmanager
def left_behind(bits, length):
    """The precision and the length of series that somebody else left in the process."""
    before = flint.ctx.prec, flint.ctx.cap
    flint.ctx.prec, flint.ctx.cap = bits, length
    try:
        yield
        assert (flint.ctx.prec, flint.ctx.cap) == (bits, length)
    finally:
        flint.ctx.prec, flint.ctx.cap = before


def test_every_kind_whatever_precision_others_left(name, honest):
    """No proof computes in Arb balls outside of a block that sets the precision: bounds are the same, to the bit."""
    certificate = honest[name]
    found = repr(checker._prove(certificate))
    with left_behind(2, 1):
        assert repr(checker._prove(certificate)) == found
