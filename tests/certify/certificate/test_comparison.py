"""What a proof found against what a file states: numbers by their kind, statements by identifier and parameters."""

import math
from dataclasses import replace

import pytest

import stabproof as sp
from certify.certificate.comparison import compared, implies
from certify.certificate.model import Claim, ProofResult, claim
from certify.enclosure import Enclosure
from certify.statements import TEMPLATES
from certify.verdict import Verdict


def of_kind(number):
    """A claim of the catalogue that has this kind of number and no parameters."""
    template = next(
        t
        for t in TEMPLATES.values()
        if t.role == "claim" and t.number == number and not t.parameters and "{" not in t.name
    )
    return lambda lower, upper: claim(template.id, Enclosure(lower, upper))


def stated(found, *ends):
    """Whether a file may state these ends of what was found."""
    return implies(found, Enclosure(*ends))


@pytest.mark.parametrize("number", ["promise", "guarantee"])
def test_a_promise_is_no_larger_than_proved(number):
    found = of_kind(number)(0.25, 0.25)
    assert stated(found, 0.25, 0.25)
    assert stated(found, 0.125, 0.125)
    assert not stated(found, math.nextafter(0.25, 1), math.nextafter(0.25, 1))
    assert not stated(found, 50.0, 50.0)
    assert not stated(found, math.inf, math.inf)
    assert not stated(found, 0.125, 0.25)


def test_counts_are_exactly_those_found():
    found = of_kind("count")(2.0, 2.0)
    assert stated(found, 2.0, 2.0)
    for ends in ((1.0, 2.0), (2.0, 3.0), (2.0, math.inf), (0.0, math.inf), (3.0, 3.0)):
        assert not stated(found, *ends)
    open_count = of_kind("count")(2.0, math.inf)
    assert stated(open_count, 2.0, math.inf)
    for ends in ((1.0, math.inf), (0.0, math.inf), (2.0, 5.0)):
        assert not stated(open_count, *ends)


def test_enclosures_may_be_wider_and_never_narrower():
    found = of_kind("enclosure")(0.25, 0.5)
    assert stated(found, 0.25, 0.5)
    assert stated(found, 0.0, 0.75)
    for ends in ((0.3, 0.5), (0.25, 0.4), (0.5, 0.75), (0.0, 0.1)):
        assert not stated(found, *ends)
    single = of_kind("enclosure")(1.0, 1.0)
    assert stated(single, 1.0, 1.0)
    assert not stated(single, 0.0, 2.0)


def outcome(*claims):
    return ProofResult(Verdict.PROVED, "", claims)


def test_the_statement_of_a_claim_is_the_one_found():
    """Of the same name, another identifier or another parameter is refused, whatever the words are."""
    whole = claim("equilibrium.uniqueness-radius", Enclosure(0.5, 0.5))
    slice_ = claim("equilibrium.uniqueness-radius-on-slice", Enclosure(0.5, 0.5))
    assert whole.name == slice_.name
    assert compared(outcome(whole), outcome(whole)).claims == (whole,)
    flow, map_ = (
        claim("equilibrium.radius", Enclosure(0.0, 0.5), condition="none", what=what) for what in ("flow", "map")
    )
    if_ = claim("equilibrium.radius", Enclosure(0.0, 0.5), condition="subspace", what="flow")
    words = Claim(whole.name, str(whole.statement), whole.enclosure)
    for found, other in ((whole, slice_), (slice_, whole), (flow, map_), (if_, flow), (flow, if_), (whole, words)):
        with pytest.raises(sp.CertificateError, match="states something else"):
            compared(outcome(found), outcome(other))


def test_numbers_come_from_the_file_and_all_else_from_the_proof():
    found = claim("minimum.sharpness", Enclosure(0.25, 0.5))
    wider = replace(found, enclosure=Enclosure(0.0, 1.0), unit="furlongs")
    (shown,) = compared(outcome(found), outcome(wider)).claims
    assert (shown.enclosure, shown.unit, shown.statement) == (Enclosure(0.0, 1.0), found.unit, found.statement)
    for other in (Enclosure(0.3, 0.4), None):
        with pytest.raises(sp.CertificateError, match=r"prove only|whether there is a number"):
            compared(outcome(found), outcome(replace(found, enclosure=other)))
