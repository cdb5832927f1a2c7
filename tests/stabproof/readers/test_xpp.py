"""from_xpp: XPP's own meaning of its formulas; exact values, and the rates of its engine where they are right."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import stabproof as sp
from numeric.precision import double_precision
from stabproof.readers.xpp_formulas import Formulas

X, A = sympy.symbols("x a", real=True)
READER = """
# FitzHugh-Nagumo, with everything that the subset has
par a=0.75, b=0.5 eps=.125
p iapp=5e-1
!c=1/3
f(u)=u-u^3*c
init v=-1,w=-.5
inward=f(v)-w
dv/dt = inward+ \\
   iapp
W'=eps*(v+a-b*w)
aux sum=v+w
@ total=100,dt=.01
done
this is never read
"""


def value(text):
    return Formulas(lambda name: {"x": X, "a": A}.get(name), {}).read(text, "a test")


MEANINGS = {
    "2^3^2": 64,
    "-x^2": -(X**2),
    "2-3-4": -5,
    "8/4/2": 1,
    "-2*x+1": 1 - 2 * X,
    "-a^2*x-1": -(A**2) * X - 1,
    "2*(-3)": -6,
    "(-2)^2": 4,
    "heav(0)": 1,
    "heav(-1)": 0,
    "sign(0)": 0,
    "mod(-1,3)": 2,
    "mod(1,-3)": 1,
    "mod(-1,-3)": -4,
    "mod(-3,-3)": 0,
    "flr(-1.5)": -2,
    "log(x)": sympy.log(X),
    "ln(x)": sympy.log(X),
    "log10(1000)-3": 0,
    "if(1<2)then(x)else(a)": X,
    "(2>1)+(1>2)": 1,
    "max(2,3)-min(2,3)": 1,
    "1.5e1*x": 15 * X,
}


@pytest.mark.parametrize("text", MEANINGS)
def test_formulas_mean_what_they_mean_in_xpp(text):
    assert sympy.simplify(value(text) - MEANINGS[text]) == 0


WRONG = {
    "x^-1": "'-'",
    "a*-x": "'-'",
    "ceil(x)": "'ceil'",
    "floor(x)": "'floor'",
    "gamma(x)": "'gamma'",
    "x+t": "time",
    "delay(x,1)": "delay",
    "ran(1)": "random",
    "q+1": "'q'",
    "1 2": "operator",
    "(x": "'\\)'",
    "2**3": "'\\*'",
    "1/0": "zero",
    "sqrt(-1)": "real",
    "9^9^9^9^9^9": "too large",
    "sin(1,2)": "2 arguments",
    "x;a": "not read",
    "": "a value",
    "(" * 500 + "x": "deep",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_xpp_does_not_read_is_refused(text):
    with pytest.raises(sp.InputError, match=WRONG[text]):
        value(text)


_LEAVES = st.sampled_from(["x", "a", "2", "0.5", "(-3)"])
_TEXTS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map("".join),
        inner.map(lambda t: f"({t})"),
        inner.map(lambda t: f"(-{t})"),
        inner.map(lambda t: f"({t})^2"),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(_TEXTS)
def test_sums_and_products_are_those_of_python(text):
    """Where the tables agree: + - * and powers of parentheses."""
    expected = eval(text.replace("^", "**").replace("0.5", "half"), {"x": X, "a": A, "half": sympy.Rational(1, 2)})
    assert sympy.expand(value(text) - expected) == 0


@pytest.fixture
def read(tmp_path):
    def reader(content):
        path = tmp_path / "model.ode"
        path.write_text(content)
        return sp.from_xpp(path)

    return reader


@pytest.mark.parametrize("word", ["set", "only", "aux", "option", "options"])
def test_no_equation_is_dropped_for_its_name(read, word):
    """A line is a command where something that is no equation follows the word."""
    rates = f"x'=-x\n{word}'={word}\n"
    unstable = read(f"{rates}done\n")
    assert [str(v) for v in unstable.variables] == ["x", word]
    found = sp.certify_equilibrium(unstable.expressions, np.zeros(2), variables=unstable.variables)
    assert found.verdict is sp.Verdict.UNSTABLE
    assert read(f"{word} = 3\nx'=-{word}*x\ndone\n").expressions[0] == -3 * X
    command = "set two {x=1}" if word == "set" else f"{word} y=x"
    assert len(read(f"x'=-x\n{command}\ndone\n").variables) == 1


def test_a_file_that_includes_another_one_is_refused(read):
    assert len(read("# included later\nx'=-x # include\ndone\n").variables) == 1
    for line in ("#include more.ode", "  # INCLUDE more.ode"):
        with pytest.raises(sp.InputError, match="line 2 includes another file"):
            read(f"x'=-x\n{line}\ndone\n")


def test_a_whole_file(read):
    system = read(READER)
    v, w = system.variables
    rates = (v - v**3 / 3 - w + sympy.Rational(1, 2), (v + sympy.Rational(3, 4) - w / 2) / 8)
    assert [sympy.expand(e - r) for e, r in zip(system.expressions, rates, strict=True)] == [0, 0]
    assert system.initial.tolist() == [-1.0, -0.5]
    assert {name: float(value) for name, value in system.parameters.items()} == {
        "a": 0.75,
        "b": 0.5,
        "eps": 0.125,
        "iapp": 0.5,
    }
    assert system.subspace is None
    assert "v' = " in system.report()
    changed = system.with_parameters(iapp=0)
    assert sympy.expand(changed.expressions[0] - rates[0] + sympy.Rational(1, 2)) == 0
    # a cubic: v - v^3/3 - 2 (v + 3/4) + 1/2 = 0
    root = sympy.nsolve(-(v**3) / 3 - v - 1, v, -0.8, prec=30)
    for field, more in ((system.field, {}), (list(system.expressions), {"variables": system.variables})):
        found = sp.certify_equilibrium(field, [-0.8, -0.1], **more)
        assert abs(float(root) - found.point[0]) <= found.radius + 1e-15


REFUSED = {
    "a formula as a number": ("par a=1/3\nx'=a", "line 1 has '1/3'"),
    "an initial formula": ("init x=2*3\nx'=x", "2\\*3"),
    "a later quantity": ("x'=b\nb2=c\nc=x", "'c', which the file does not define before it"),
    "noise": ("wiener n\nx'=n", "noise"),
    "events": ("global 1 x-1 {x=0}\nx'=x", "events"),
    "arrays": ("x[1..3]'=-x[j]", "array"),
    "a map": ("x(t+1)=x", "map"),
    "no equation": ("par a=1", "no differential equations"),
    "twice": ("x'=1\nx'=2", "again"),
    "two meanings": ("par x=1\nx'=1", "at once"),
    "an unknown line": ("hello world", "not read"),
    "a reserved name": ("par t=1\nx'=t", "keeps"),
    "a start without equation": ("init y=1\nx'=x", "'y'"),
    "endless functions": ("f(u)=f(u+1)\nx'=f(x)", "deep"),
    "a derived variable": ("x'=x\n!k=x+1", "depends on a variable"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_modelled_is_refused_by_name(read, name):
    content, message = REFUSED[name]
    with pytest.raises(sp.InputError, match=message):
        read(content)


def test_nothing_of_the_file_is_evaluated(read):
    with pytest.raises(sp.InputError):
        read("x'=__import__('os').system('true')")


def test_the_rates_of_xpps_engine(read):
    xpplab = pytest.importorskip("xpplab", reason="xpplab is not installed: XPP's rates are not compared")
    content = (
        "par a=0.7 b=2\ng(u,k)=u^2/(1+u^2)+heav(u-1)*k\nx'=a*g(x,y)-b*x^2^2+log(2+y^2)\ny'=-y+mod(x,3)*flr(2.5)\ndone\n"
    )
    system, engine = read(content), xpplab.Model.from_text(content)
    for point in ([0.5, -1.25], [2.0, 0.75]):
        np.testing.assert_allclose(double_precision(system.field)(np.array(point)), engine.rhs(point), rtol=1e-12)
