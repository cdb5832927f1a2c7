"""The gate for numbers: every type's exact value, or a sentence."""

from decimal import Decimal
from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy

from foundation import InputError, exact_bounds, exact_number, finite_array, real_array

THIRD64 = Fraction(6004799503160661, 2**54)  # the float64 next to 1/3
THIRD32 = Fraction(11184811, 2**25)  # float32
THIRD16 = Fraction(1365, 2**12)  # float16: 11 bits
THIRD_BFLOAT = Fraction(171, 2**9)  # bfloat16: 8 bits
THIRD80 = Fraction(12297829382473034411, 2**65)  # x87: 64 bits
EXTENDED = np.finfo(np.longdouble).nmant == 63

EXACT = {
    "int": (7, Fraction(7)),
    "long int": (2**80 + 1, Fraction(2**80 + 1)),
    "float": (1 / 3, THIRD64),
    "Fraction": (Fraction(1, 3), Fraction(1, 3)),
    "Decimal": (Decimal("0.1"), Fraction(1, 10)),
    "tiny Decimal": (Decimal("1e-400"), Fraction(1, 10**400)),
    "float16": (np.float16(1 / 3), THIRD16),
    "float32": (np.float32(1 / 3), THIRD32),
    "float64": (np.float64(1 / 3), THIRD64),
    "int8": (np.int8(-128), Fraction(-128)),
    "int64": (np.int64(-(2**63)), Fraction(-(2**63))),
    "uint64": (np.uint64(2**64 - 1), Fraction(2**64 - 1)),
    "array": (np.array(1 / 3), THIRD64),
    "unmasked": (np.ma.array(0.5, mask=False), Fraction(1, 2)),
    "jax float32": (jnp.float32(1 / 3), THIRD32),
    "jax float16": (jnp.float16(1 / 3), THIRD16),
    "jax bfloat16": (jnp.asarray(1 / 3, jnp.bfloat16), THIRD_BFLOAT),
    "bfloat16": (np.asarray(jnp.asarray(1 / 3, jnp.bfloat16))[()], THIRD_BFLOAT),
    "jax int32": (jnp.int32(-5), Fraction(-5)),
    "sympy Integer": (sympy.Integer(2) ** 70 + 1, Fraction(2**70 + 1)),
    "sympy Rational": (sympy.Rational(1, 3), Fraction(1, 3)),
    "sympy Float": (sympy.Float(1 / 3), THIRD64),
    "sympy long Float": (sympy.Float("0.5", 50) + sympy.Float(2, 50) ** -120, Fraction(1, 2) + Fraction(1, 2**120)),
    "fmpz": (flint.fmpz(2) ** 70 + 1, Fraction(2**70 + 1)),
    "fmpq": (flint.fmpq(1, 3), Fraction(1, 3)),
    "arb": (flint.arb(1 / 3), THIRD64),
    "arf": (flint.arf(1 / 3), THIRD64),
    "mpf": (mpmath.mpf(1 / 3), THIRD64),
    "negative mpf": (mpmath.mpf(-0.75), Fraction(-3, 4)),
    "zero mpf": (mpmath.mpf(0), Fraction(0)),
}
if EXTENDED:
    EXACT["long double"] = (np.longdouble(1) / 3, THIRD80)

REFUSED = {
    "text": "2",
    "bytes": b"2",
    "NumPy text": np.str_("2"),
    "bool": True,
    "NumPy bool": np.True_,
    "None": None,
    "complex": 1 + 0j,
    "complex64": np.complex64(1),
    "nan": float("nan"),
    "infinity": -float("inf"),
    "long double infinity": np.longdouble("inf"),
    "Decimal NaN": Decimal("NaN"),
    "a Decimal without end": Decimal("1e999999999"),
    "square root": sympy.sqrt(2),
    "pi": sympy.pi,
    "symbol": sympy.Symbol("x"),
    "sympy infinity": sympy.oo,
    "sympy nan": sympy.nan,
    "sympy imaginary": sympy.I,
    "sympy true": sympy.true,
    "arb nan": flint.arb("nan"),
    "arb infinity": flint.arb("inf"),
    "acb": flint.acb(1),
    "residue": flint.nmod(3, 7),
    "mpc": mpmath.mpc(1),
    "mpmath pi": mpmath.pi,
    "mpmath infinity": mpmath.inf,
    "mpmath nan": mpmath.nan,
    "mpmath interval": mpmath.iv.mpf(1),
    "a power without end": mpmath.mpf(2) ** (10**8),
    "masked": np.ma.masked,
    "masked array": np.ma.array(1.0, mask=True),
    "vector": np.array([1.0]),
    "jax vector": jnp.array([1.0]),
    "jax complex": jnp.complex64(1),
    "key": jax.random.key(0),
    "date": np.datetime64("2020-01-01"),
    "list": [1.0],
    "dict": {},
    "object": object(),
}


@pytest.mark.parametrize("name", EXACT)
def test_a_number_is_what_its_type_stands_for(name: str) -> None:
    value, truth = EXACT[name]
    assert exact_number(value, "x") == truth
    assert exact_bounds(value, "x") == (truth, truth)


@pytest.mark.parametrize("name", EXACT)
def test_entries_of_lists_are_not_rounded(name: str) -> None:
    value, truth = EXACT[name]
    array = real_array([[value, 0.5]], "x")
    assert array.shape == (1, 2)
    assert Fraction(array[0, 0]) == truth
    assert array[0, 1] == 0.5


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(InputError, match="the rate"):
        exact_number(REFUSED[name], "the rate")


def test_a_ball_of_arb_has_two_ends() -> None:
    lower, upper = exact_bounds(flint.arb(1, 0.25), "x")
    assert lower <= Fraction(3, 4)
    assert Fraction(5, 4) <= upper
    assert upper - lower <= Fraction(1, 2) + Fraction(1, 10**6)
    with pytest.raises(InputError, match="ball"):
        exact_number(flint.arb(1, 0.25), "x")


def test_whole_numbers_beside_floats_are_not_rounded() -> None:
    for value in ([2**53 + 1, 0.5], [[0.5, 2**53 + 1]], (2**53 + 1, np.float64(0.5)), [-1, 2**63]):
        flat = real_array(value, "x").ravel().tolist()
        assert any(abs(entry) in (2**53 + 1, 2**63) for entry in flat)
    with pytest.raises(InputError, match="beyond 2\\^53"):
        finite_array([2**53 + 1, 0.5], "x")


@pytest.mark.parametrize(
    "value",
    [
        np.ma.array([1.0, 2.0], mask=[False, True]),
        [np.ma.array([1.0, 2.0], mask=[False, True])],
        [1, np.ma.masked],
        [[1.0, 2.0], [3.0, np.ma.masked]],
    ],
)
def test_masked_entries_are_not_numbers(value: object) -> None:
    with pytest.raises(InputError, match="masked"):
        finite_array(value, "x")


def test_matrices_of_other_libraries() -> None:
    truth = [[Fraction(1, 3), Fraction(2)], [Fraction(0), Fraction(-1)]]
    for value in (
        sympy.Matrix(2, 2, [sympy.Rational(1, 3), 2, 0, -1]),
        flint.fmpq_mat(2, 2, [flint.fmpq(1, 3), 2, 0, -1]),
    ):
        assert real_array(value, "x").tolist() == truth
    assert real_array(jnp.array([[1, 2]], jnp.bfloat16), "x").tolist() == [[1.0, 2.0]]
    assert real_array(jnp.array([0.25], jnp.float8_e4m3fn), "x").tolist() == [0.25]
    assert real_array([True, 2.5], "x").tolist() == [1.0, 2.5]
