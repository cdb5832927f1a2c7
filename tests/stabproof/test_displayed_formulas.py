"""What a reader sees is what was proved: displayed MathML, read from left to right, has the formula's value."""

import random
import re
from xml.etree import ElementTree

import pytest
import sympy

from stabproof.reports.latex_math import mathematics
from stabproof.reports.mathml import displayed, inline
from symbolic import TaylorIs
from symbolic.checks import total

X, Y, Z = SYMBOLS = sympy.symbols("x y z", positive=True)
PLACE = {X: sympy.Rational(7, 5), Y: sympy.Rational(3, 11), Z: sympy.Rational(13, 4)}
SIGNS = {"−": "-", "\u2062": "*", "·": "*", "(": "(", ")": ")", "+": "+"}


def as_read(node: ElementTree.Element) -> str:
    """The formula as somebody reads it: rows from left to right, nothing added."""
    tag, children = node.tag.rsplit("}", 1)[-1], list(node)
    if tag == "mfrac":
        return f"(({as_read(children[0])})/({as_read(children[1])}))"
    if tag == "msup":
        return f"({as_read(children[0])})**({as_read(children[1])})" if len(children[0]) == 0 else power(children)
    if tag == "msqrt":
        return f"sqrt({''.join(map(as_read, children))})"
    if tag in ("mi", "mn"):
        return (node.text or "").replace("−", "-")
    if tag == "mo":
        return SIGNS[node.text or ""]
    return "".join(map(as_read, children))


def power(children: list[ElementTree.Element]) -> str:
    base = as_read(children[0])
    # an exponent stands at what is directly before it: the whole base only where brackets show that
    assert base.startswith("(") or re.fullmatch(r"\w+", base), base
    return f"{base}**({as_read(children[1])})"


def value_as_read(formula: sympy.Expr) -> sympy.Expr:
    text = re.search(r"<math.*</math>", inline(formula), re.S).group()
    return sympy.sympify(as_read(ElementTree.fromstring(text)), locals={s.name: s for s in SYMBOLS}).subs(PLACE)


def unevaluated(kind, *terms):
    return kind(*terms, evaluate=False)


NESTED = [
    total(X, unevaluated(sympy.Mul, -1, Y - Z)),
    total(X, Z - Y),
    total(1, unevaluated(sympy.Mul, -1, X + Y)),
    unevaluated(sympy.Mul, -1, X + Y),
    unevaluated(sympy.Mul, -3, X - Y),
    total(-X, -Y - Z, X * Y),
    total(X - X**3 / 3, Y),
    total(Y, -X / 3 + X**3),
    1 - X * (Y - Z),
    -(X - Y) / Z + 2,
    ((X - Y) / (Z + 1)) ** 2 - Y ** sympy.Rational(1, 2),
    total(sympy.Rational(-1, 2), total(-X, Y)),
]


@pytest.mark.parametrize("formula", NESTED, ids=str)
def test_a_displayed_formula_has_its_value(formula):
    assert sympy.simplify(value_as_read(formula) - formula.doit().subs(PLACE)) == 0


def nested(draw: random.Random, depth: int) -> sympy.Expr:
    """A random sum of sums, products and negated sums, as they are written."""
    if not depth or draw.random() < 0.2:
        return draw.choice([*SYMBOLS, sympy.Integer(2), -X, Y - 1])
    parts = nested(draw, depth - 1), nested(draw, depth - 1)
    kind = draw.randrange(3)
    if kind == 2:
        return unevaluated(sympy.Mul, draw.choice([-3, -1, 2]), parts[0])
    return unevaluated(sympy.Add, *parts) if kind else parts[0] * parts[1]


def test_every_sum_of_sums_has_its_value():
    draw = random.Random(1)
    for _ in range(40):
        formula = nested(draw, 3)
        assert value_as_read(formula) == formula.doit().subs(PLACE), formula


def test_a_remainder_is_the_last_term():
    claim = TaylorIs(sympy.tanh(X), X, sympy.Integer(0), 3, X - X**3 / 3).claim
    plain = re.sub(r"<[^>]+>", "", displayed(claim)).replace("\u2062", "").replace("&#8722;", "−").replace(" ", "")
    assert plain.endswith("=x−x33+O(x4)"), plain
    assert mathematics(claim.rhs).replace(" ", "").endswith("+O\\left(x^{4}\\right)")


def test_a_limit_of_a_sum_has_brackets():
    text = re.sub(r"<[^>]+>", "", inline(sympy.Limit(X + Y, X, 0)))
    assert "(x+y)" in text.replace(" ", "")


def test_a_product_over_an_index_has_its_sign():
    text = inline(sympy.Product(sympy.IndexedBase("A")[sympy.Symbol("j")], (sympy.Symbol("j"), 1, 5)))
    assert "munderover" in text
    assert "&#8719;" in text or "∏" in text
