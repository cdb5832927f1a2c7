"""Reports in every format: LaTeX that compiles, Markdown that renders, PDF, and text that stays text."""

import html
import math
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import stabproof as sp
from cases.common.plot import Plot, Series
from stabproof.reports import Document
from stabproof.reports.document import Cell as C
from stabproof.reports.document import Code, Figure, Formula, Notice, Paragraph, Section, Steps, Table
from stabproof.reports.exact_values import approximation, readable
from stabproof.reports.html import html as whole_page
from stabproof.reports.latex_math import displayed_lines, mathematics
from stabproof.reports.latex_text import escaped as tex
from stabproof.reports.markdown import escaped as md
from stabproof.reports.mathml import displayed
from stabproof.reports.pieces import pieces
from symbolic import Derivation, SignIs, Step

HOSTILE = r"\input{/etc/passwd} $x$ <b>&amp;</b> 100% #1 _a_ *b* `c` | ~ ^ ηλ ≤ é 中"
X, Y = sympy.symbols("x y", real=True)


PRIMES = (11, 13, 17, 19, 23, 29)
# sqrt(2) + sqrt(3) + ... + sqrt(29) by integer square roots
TWELVE_DIGITS = str(sum(math.isqrt(p * 10**60) for p in (2, 3, 5, 7, *PRIMES)))
TWELVE_DIGITS = f"{TWELVE_DIGITS[:2]}.{TWELVE_DIGITS[2:12]}"


def plain_plot():
    x = np.linspace(0, 1, 5)
    return Plot("A plot", "x", "y", (Series("line", x, x, "a"),), f"a line {HOSTILE}")


def hostile_document():
    """Every kind of block, each with text that means something to TeX, Markdown and HTML."""
    symbol = sympy.Symbol(HOSTILE, real=True)
    long = sympy.Eq(X, sympy.Add(*[sympy.Symbol(f"a_{k}") * sympy.sqrt(k + 2) for k in range(40)]))
    results = tuple(sp.derive((X * Y - 2) ** 2, (X, Y)).verify())
    return Document(
        HOSTILE,
        HOSTILE,
        (
            Section(HOSTILE, "one"),
            Paragraph(HOSTILE),
            Formula(symbol**2),
            Formula(long),
            Formula(sympy.Function(r"\write18")(X)),
            Notice("erratum", HOSTILE, HOSTILE),
            Code(HOSTILE + "\n" + "f" * 200),
            Table(HOSTILE, (HOSTILE, "b"), ((C(HOSTILE, "good"), C("", "", symbol)), (C("f" * 64, "number"), C("")))),
            Section("Two", "two"),
            Figure(plain_plot(), HOSTILE),
            Section("Three", "three"),
            Steps(HOSTILE, results),
            Section("Four", "four"),
        ),
    )


@pytest.fixture(scope="module")
def document():
    return sp.document("strict-minimum")


def compiled(folder, name="report.tex"):
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, errors="replace")


needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@needs_tex
@pytest.mark.parametrize("which", ["case", "hostile"])
def test_the_latex_compiles_and_nothing_leaves_the_page(which, document, tmp_path):
    sp.report(document if which == "case" else hostile_document(), tmp_path / "report.tex")
    result = compiled(tmp_path)
    assert result.returncode == 0, result.stdout[-2000:]
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", result.stdout)]
    assert not [points for points in wide if points > 12]


@needs_tex
def test_a_pdf_is_made_by_tex(document, tmp_path):
    assert sp.report(document, tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_a_pdf_is_printed_by_chromium_where_tex_is_missing(document, tmp_path, monkeypatch):
    find = shutil.which
    monkeypatch.setattr("shutil.which", lambda name, *rest: None if name == "pdflatex" else find(name, *rest))
    content = sp.report(document, tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"pdfTeX" not in content


def test_without_tex_and_browser_the_error_says_what_to_do(document, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name, *rest: None)
    with pytest.raises(sp.InputError, match=r"neither pdflatex nor Chromium .* install one of them, or write \.html"):
        sp.report(document, tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


def test_the_figures_of_latex_lie_beside_it(document, tmp_path):
    text = sp.report(document, tmp_path / "my report_1.tex").read_text()
    names = re.findall(r"\\includegraphics\[[^]]*\]\{([^}]*)\}", text)
    assert names
    assert all((tmp_path / name).read_bytes().startswith(b"%PDF") for name in names)
    assert all(re.fullmatch(r"my-report-1-figures/figure-\d+\.pdf", name) for name in names)


def test_markdown_has_headings_mathematics_tables_and_figures(document, tmp_path):
    text = sp.report(document, tmp_path / "report.md").read_text()
    assert text.startswith("# Strict minima under gradient descent\n")
    assert "## Erratum 1" in text
    assert text.count("```") % 2 == 0
    assert text.count("```math") >= 20
    assert "✓ checked" in text
    assert "$`" in text
    pictures = re.findall(r"!\[([^]]+)\]\(([^)]+)\)", text)
    assert pictures
    assert all("<svg" in (tmp_path / place).read_text() for _, place in pictures)


def test_markdown_tables_are_rectangular(document, tmp_path):
    lines = sp.report(document, tmp_path / "report.md").read_text().splitlines()
    rules = [number for number, line in enumerate(lines) if re.fullmatch(r"\|(---\|)+", line)]
    assert rules
    for rule in rules:
        width = lines[rule].count("|")
        body = [lines[rule - 1]]
        for line in lines[rule + 1 :]:
            if not line.startswith("|"):
                break
            body.append(line)
        assert len(body) > 1
        assert all(len(re.findall(r"(?<!\\)\|", line)) == width for line in body)


def test_no_file_is_written_when_the_rendering_fails(document, tmp_path, monkeypatch):
    def broken(plot, **options):
        raise RuntimeError("planted")

    monkeypatch.setattr("stabproof.reports.figure._saved", broken)
    for suffix in (".html", ".tex", ".md"):
        with pytest.raises(RuntimeError, match="planted"):
            sp.report(document, tmp_path / f"report{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a_b^c", r"a\_b\textasciicircum{}c"),
        ("50% & #1 $", r"50\% \& \#1 \$"),
        ("η ≤ Ω", r"\(\eta\) \(\le\) \(\Omega\)"),
        ("é ł ß", r"\'{e} \l{} \ss{}"),
        ("中", "(U+4E2D)"),
    ],
)
def test_text_for_latex(text, shown):
    assert tex(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>", "&lt;script>"),
        ("*a* _b_ [c](d) $e$", r"\*a\* \_b\_ \[c\](d) \$e\$"),
        ("# not a heading", r"\# not a heading"),
        ("1. not a list", r"1\. not a list"),
        ("a | b", r"a \| b"),
    ],
)
def test_text_for_markdown(text, shown):
    assert md(text) == shown


@pytest.mark.parametrize("name", [r"\input{x}", "x}", "a$b", r"\write18", "x_{\\par}", "%", "α"])
def test_names_of_symbols_are_never_latex_commands(name):
    shown = mathematics(sympy.Symbol(name) ** 2)
    assert shown == rf"{tex_group(name)}^{{2}}"


def tex_group(name):
    return rf"\text{{{tex(name)}}}"


@pytest.mark.parametrize(("name", "shown"), [("lambda_max", r"\lambda_{max}"), ("x_{n-1}", "x_{n-1}"), ("t1", "t_{1}")])
def test_names_that_are_mathematics_are_set_as_such(name, shown):
    assert mathematics(sympy.Symbol(name)) == shown


def test_pieces_of_a_formula_multiply_out_to_the_whole():
    terms = [k * X**k for k in range(1, 30)]
    parts = pieces(sympy.Ge(sympy.Add(*terms), Y))
    assert [part.operator for part in parts] == ["", *["+"] * 28, ">="]
    assert sympy.Add(*[part.expression for part in parts[:-1]]) == sympy.Add(*terms)
    assert parts[-1].expression == Y


def written_out(parts):
    """The pieces as SymPy would read them again."""
    text = ""
    for part in parts:
        body = f"{part.opening}{part.expression}{part.closing}"
        text += body if part.operator == "+" and body.startswith("-") else f"{part.operator} {body}"
    return sympy.sympify(text, locals={"x": X, "y": Y})


@pytest.mark.parametrize("sign", [1, -1])
def test_long_sums_inside_sums_keep_their_brackets(sign):
    inner = sympy.Add(*[k * X**k for k in range(2, 20)])
    term = inner if sign == 1 else sympy.Mul(-1, inner, evaluate=False)
    whole = sympy.Add(Y, term, evaluate=False)
    parts = pieces(whole)
    assert len(parts) == 19
    assert sum(part.opening.count("(") for part in parts) == sum(part.closing.count(")") for part in parts) == 1
    assert sympy.expand(written_out(parts) - (Y + sign * inner)) == 0
    assert max(len(line) for line in displayed_lines(whole)) < 200


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=40)
def test_pieces_put_together_are_the_formula(monomials):
    whole = sympy.Add(*[c * X**i * Y**j for c, i, j in monomials])
    assert sympy.expand(written_out(pieces(whole)) - whole) == 0


def test_words_in_formulas_of_markdown_hold_no_command(tmp_path):
    text = sp.report(hostile_document(), tmp_path / "hostile.md").read_text()
    formulas = re.findall(r"```math\n(.*?)\n```", text, re.DOTALL) + re.findall(r"\$`(.*?)`\$", text)
    assert any("input" in formula for formula in formulas)
    assert not [formula for formula in formulas if r"\input" in formula or r"\write" in formula]
    assert not [formula for formula in formulas if formula.count("{") != formula.count("}")]


def test_an_implication_inside_an_equivalence_keeps_its_brackets():
    formula = sympy.Equivalent(X > 0, sympy.Implies(Y > 0, X > 1), evaluate=False)
    lines = " ".join(displayed_lines(formula))
    assert re.search(r"\\left\(.*\\Rightarrow.*\\right\)", lines)


def test_a_long_number_is_cut_and_marked_as_exact():
    root = sympy.CRootOf(X**5 - X - 1, 0)  # 1.16730397826141868..., the Bring radical's classical example
    assert approximation(root) == "= exact algebraic number, about 1.16730397826…"
    assert approximation(sympy.sqrt(2)) is None
    huge = sympy.Rational(2 * 10**80 + 1, 3)  # 6.666...e79: digits are cut, not rounded
    assert approximation(huge) == "= exact rational number, about 6.66666666666…e79"
    below = sympy.Rational(2 * 10**90 - 1, 10**90)  # 1.999...: not 2.000
    assert approximation(below) == "= exact rational number, about 1.99999999999…"
    sum_of_roots = sympy.Add(
        sympy.sqrt(2), sympy.sqrt(3), sympy.sqrt(5), sympy.sqrt(7), *[sympy.sqrt(k) for k in PRIMES]
    )
    assert approximation(sum_of_roots) == f"= exact algebraic number, about {TWELVE_DIGITS}…"
    assert "CRootOf" not in displayed(sympy.Eq(X, root))
    assert "first digits of exact numbers" in displayed(sympy.Eq(X, root))


def test_numbers_of_more_digits_than_python_writes_are_shown(tmp_path):
    huge = sympy.Integer(7) ** 6000  # 5071 digits; log10 is 5070.588...
    step = Step("A huge number.", check=SignIs(huge + sympy.Symbol("y", real=True) ** 2, ">"))
    text = sp.report(Derivation("Huge", (), (step,)), tmp_path / "huge.md").read_text()
    assert "e5070" in text
    assert "✓ checked" in text


def test_numbers_that_look_alike_do_not_cancel():
    first, second = sympy.Rational(10**70 + 1, 10**70), sympy.Rational(10**70 + 3, 10**70)
    shown = readable(sympy.Eq(X + first, Y + second, evaluate=False))
    assert isinstance(shown, sympy.Eq)
    assert len(shown.free_symbols - {X, Y}) == 2
    assert isinstance(readable(sympy.Gt(second, first, evaluate=False)), sympy.Gt)


def test_second_derivatives_put_the_order_on_the_variable():
    text = displayed(sympy.Derivative(sympy.Function("f")(X, Y), (X, 2)))
    plain = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert plain == "∂2∂x2f(x,y)"


def test_a_list_is_one_document_with_parts(tmp_path):
    first, second = sp.derive((X * Y - 2) ** 2, (X, Y)), sp.derive((X - 2) ** 2, (X,))
    page = sp.report([first, replace(second, title="Second part")], tmp_path / "both.html").read_text()
    assert 'id="part-1"' in page
    assert 'id="part-2-derivation"' in page
    assert "Second part" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    with pytest.raises(sp.InputError, match="empty list"):
        sp.report([], tmp_path / "none.html")


def test_notebooks_show_fragments_that_style_only_themselves():
    derivation = sp.derive((X - 2) ** 2, (X,))
    shown = sp.report(derivation)
    assert repr(shown).startswith("Document(")
    assert len(repr(shown)) < 400
    fragment = shown._repr_html_()
    assert fragment == sp.document(derivation)._repr_html_()
    assert "<html" not in fragment
    assert "<body" not in fragment
    assert " id=" not in fragment
    style = re.search(r"<style>(.*?)</style>", fragment, re.DOTALL).group(1)
    inner = re.sub(r"@media [^{]*\{|\n\}", "", style)
    selectors = [selector for rule in re.findall(r"([^{}]+)\{", inner) for selector in rule.split(",")]
    assert selectors
    assert all(".stabproof" in selector for selector in selectors)


def test_crosschecks_show_themselves_in_notebooks():
    assert "The views agree" in sp.crosscheck("nesterov")._repr_html_()


def test_products_of_numbers_show_their_sign():
    from stabproof.reports.mathml import inline

    product = sympy.Mul(5, 10, evaluate=False)
    assert "<mn>5</mn><mo>·</mo><mn>10</mn>" in html.unescape(inline(product))
    assert "·" not in inline(2 * sympy.Symbol("x"))


def test_a_sum_begins_with_a_term_without_minus_sign():
    plain = html.unescape(re.sub(r"<[^>]+>", "", displayed(sympy.Eq(X, 1 - X * Y, evaluate=False))))
    assert plain.replace("\u2062", "").replace(" ", "") == "x=1−xy"
    assert mathematics(1 - X) == "1 - x"
    assert mathematics(-X - 1) == "- x - 1"


def test_derivatives_by_several_variables_are_partial_also_of_names():
    name = sympy.Symbol("L")
    gradient = sympy.ImmutableMatrix([sympy.Derivative(name, X), sympy.Derivative(name, Y)])
    assert "∂" in html.unescape(displayed(gradient))
    assert r"\partial" in mathematics(gradient)
    assert "∂" not in html.unescape(displayed(sympy.Derivative(name, X)))


def test_brackets_of_matrices_need_no_font_and_products_of_matrices_break():
    matrix = sympy.ImmutableMatrix([[1, X], [Y, 2]])
    text = displayed(sympy.MatMul(matrix, matrix, evaluate=False))
    assert text.count("<math") == 2
    assert text.count('<mtable class="matrix">') == 2
    assert "<mo>[</mo>" not in text


@pytest.mark.parametrize(
    ("expression", "least", "most"),
    [(X, 0.4, 0.9), (sympy.Symbol("x12"), 0.8, 2), (X + Y + 1, 3.5, 6), (1 / (X + Y), 2, 4), (sympy.sqrt(X), 1, 2)],
)
def test_widths_of_formulas(expression, least, most):
    (found,) = re.findall(r"--width: ([0-9.]+)", displayed(expression))
    assert least < float(found) < most


def test_a_page_begins_with_its_result_and_then_lists_its_contents():
    blocks = (Notice("good", "PROVED", "It holds."), Section("First", "first"), Section("Second", "second"))
    page = whole_page(Document("t", "s", blocks))
    assert page.index("It holds.") < page.index("Contents") < page.index('id="first"')
    assert Document("t", "s", blocks[1:]).split() == (blocks[1:2], blocks[2:])
    assert Document("t", "s", blocks[:2]).split() == ((), blocks[:2])
