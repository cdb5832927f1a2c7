"""Coupled oscillators: agreement at other parameters, the derivation, planted errors, bad input."""

import dataclasses

import pytest
import sympy

from cases.fitzhugh_nagumo import case as fitzhugh_nagumo
from cases.fitzhugh_nagumo.derivation import block, derive_block_hopf, largest_real_part
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed


@pytest.mark.parametrize("oscillators", [2, 3])
def test_the_block_derivation_passes(oscillators):
    assert all_passed(derive_block_hopf(oscillators).verify())


def test_a_wrong_block_fails():
    derivation = derive_block_hopf(2)
    wrong = sympy.ImmutableMatrix(sympy.diag(block(0, 1), block(3, 1)))
    check = dataclasses.replace(derivation.steps[1].check, right=wrong)
    steps = (dataclasses.replace(derivation.steps[1], check=check, expression=check.claim),)
    assert not all_passed(dataclasses.replace(derivation, steps=steps).verify())


@pytest.mark.parametrize(("k", "eps"), [("1/2", "1"), ("3", "1/4"), ("0", "1/5"), ("1", "2")])
def test_largest_real_parts(k, eps):
    k, eps = sympy.Rational(k), sympy.Rational(eps)
    roots = sympy.Poly(sympy.Symbol("z") ** 2 + (k - 1) * sympy.Symbol("z") + eps).nroots(n=30)
    assert abs(largest_real_part(k, eps) - max(sympy.re(r) for r in roots)) < sympy.Float("1e-25", 30)


def test_other_parameters_agree():
    table = crosscheck("fitzhugh-nagumo", epsilon="3", coupling="2", oscillators=2)
    assert table.agrees
    rows = {row.quantity: row for row in table.rows}
    assert rows["period of the limit cycle"].certified.width < 1e-12
    assert rows["verdict of synchronous oscillation"].certified.name == "STABLE"


def test_bad_input():
    for name, value in (("epsilon", 0), ("coupling", -1), ("oscillators", 1), ("coupling", "nan")):
        with pytest.raises(InputError):
            fitzhugh_nagumo.CASE.values({name: value})
