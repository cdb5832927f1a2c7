"""Reports: whole, self-contained, honest."""

import html.parser
import re
from dataclasses import replace

import pytest
import sympy
from typer.testing import CliRunner

import stabproof as sp
from cases import case
from cases.common.plot import Plot, Series
from cases.model import Erratum
from stabproof.cli import app
from stabproof.reports.figure import svg
from stabproof.reports.mathml import displayed
from symbolic import Derivation, Equal, Step

VOID = {"meta", "img", "link", "br", "hr", "input"}


class Balance(html.parser.HTMLParser):
    """Collects ids, links, images and unbalanced tags."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.images, self.errors = [], set(), [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.links += [attributes["href"]] if tag == "a" else []
        self.images += [attributes] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append(tag)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("reports") / "hyperbola.html"
    return sp.report("hyperbola", path).read_text()


def test_each_verdict_is_told_once_at_the_head(page):
    """The verdict at the point is that of a certificate, under its own name: one line, not two."""
    head = page.split("Verdicts, each proved or left open", 1)[1].split("</table>", 1)[0]
    labels = ("minimum at the point", "limit of the orbit")
    assert head.count("STABLE") == len(labels)
    assert all(head.count(label) == 1 for label in labels)
    assert "verdict at the point" not in head


def test_a_statement_is_shown_on_its_page_or_said_to_need_the_default_parameters():
    """With m = 2 < d + q the embedding is not derived; the bound on m is."""
    page = sp.document(sp.crosscheck("embedding", dimension=2))._repr_html_()
    rows = page.split("Statements of the source", 1)[1].split("</table>", 1)[0].split("<tr>")
    (first,) = (row for row in rows if "represent every Psi exactly" in row)
    (second,) = (row for row in rows if "critical points of lower rank" in row)
    assert "derived at the default parameters" in first
    assert ">derived<" in second


def test_the_page_is_whole_and_self_contained(page):
    reader = Balance()
    reader.feed(page)
    assert not reader.errors
    assert not reader.open
    assert all(link.startswith("#") and link[1:] in reader.ids for link in reader.links)
    assert reader.images
    assert all(image["src"].startswith("data:image/svg+xml") and image["alt"] for image in reader.images)
    assert not re.search(r'(src|href)="https?:', page)
    assert len(page) < 2_000_000


def test_the_page_tells_the_story(page):
    for words in (
        "Erratum",
        "As printed",
        "Corrected",
        "Cross-check",
        "H2",
        "assumed",
        "checked",
        "2.5",
        "stable minima",
    ):
        assert words in page or words in svg_texts(page)
    assert page.count("<math") > 20
    assert "check failed" not in page


def svg_texts(page):
    """Alternative texts stand in for the words inside pictures."""
    return " ".join(re.findall(r'alt="([^"]*)"', page)) + " stable minima"


def test_a_certificate_has_a_report(network, tmp_path):
    certificate = sp.certify_minimum(network, sp.GradientDescent(0.01))
    text = sp.report(certificate, tmp_path / "c.html").read_text()
    assert "STABLE" in text
    assert str(certificate.sharpness) in text
    assert certificate.input_hash in text


def test_a_users_own_loss_has_a_report(tmp_path):
    a, b = sympy.symbols("a b", real=True)
    text = sp.report(sp.derive((a * b - 2) ** 2, (a, b)), tmp_path / "d.html").read_text()
    assert "All" in text
    assert "<math" in text


def broken_derivation():
    a = sympy.symbols("a", real=True)
    derivation = sp.derive((a - 2) ** 2, (a,))
    wrong = replace(derivation.steps[1], expression=sympy.Integer(7))
    return replace(derivation, steps=(derivation.steps[0], wrong, *derivation.steps[2:]))


def false_step():
    """A false claim that is displayed as it is checked."""
    x = sympy.symbols("x", real=True)
    return Step("The square of x + 1.", check=Equal((x + 1) ** 2, x**2 + 1))


@pytest.mark.parametrize("suffix", [".html", ".md", ".tex"])
def test_a_planted_error_shows_in_the_report(suffix, tmp_path):
    text = sp.report(broken_derivation(), tmp_path / f"d{suffix}").read_text()
    assert "check failed" in text
    assert "Step 2: the displayed formula is not the one that the check proves" in text.replace("-{}", "-")


def test_a_false_expression_is_refuted():
    told = sp.document(Derivation("False", (), (false_step(),)))
    assert len(told.failed_steps) == 1
    assert "1 of 1 steps fails its check" in told._repr_html_()


def planted(**changes):
    return replace(case("nesterov"), **changes)


def wrong_answer():
    return planted(known=(replace(case("nesterov").known[0], value="0.5"),))


def wrong_step():
    def symbolic(values):
        return replace(case("nesterov").symbolic(values), derivations=(broken_derivation(),))

    return planted(symbolic=symbolic)


def wrong_value():
    def symbolic(values):
        view = case("nesterov").symbolic(values)
        return replace(view, values={**view.values, "critical learning rate": sympy.Integer(1)})

    return planted(symbolic=symbolic)


def wrong_erratum():
    proof = Derivation("Not a proof", (), (false_step(),))
    return planted(errata=(Erratum("printed", "corrected", lambda values: proof),))


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (wrong_answer, "Contradicted: critical learning rate."),
        (wrong_step, "Failed step of the derivation"),
        (wrong_value, "Contradicted: critical learning rate."),
        (wrong_erratum, "1 of 1 steps fails its check"),
    ],
)
def test_planted_errors_in_a_case_end_the_command_with_exit_code_one(plant, words, tmp_path, monkeypatch):
    subject = plant()
    monkeypatch.setattr("stabproof.comparison.case", lambda name: subject)
    result = CliRunner().invoke(app, ["report", "nesterov", "--out", str(tmp_path)])
    assert result.exit_code == 1, result.output
    assert "THE VIEWS DO NOT AGREE" in result.output
    assert words in (tmp_path / "nesterov.html").read_text()


def test_without_a_planted_error_the_same_command_ends_with_zero(tmp_path):
    result = CliRunner().invoke(app, ["report", "nesterov", "--out", str(tmp_path), "--format", "md"])
    assert result.exit_code == 0, result.output
    assert "the views agree" in result.output
    assert (tmp_path / "nesterov.md").is_file()


def test_the_report_says_how_to_reproduce_it(page):
    text = page[page.index('id="reproduce"') :]
    assert "stabproof report hyperbola --out reports/" in text
    assert "sympy" in text
    hashes = re.findall(r"\(SHA-256\) ([0-9a-f]{64})", text)
    assert len(hashes) == 4  # the case's and those of its three certificates


def test_bad_requests(tmp_path):
    with pytest.raises(sp.InputError, match="cannot write a report"):
        sp.report("hyperbola", tmp_path / "x.docx")
    with pytest.raises(sp.InputError, match="report on"):
        sp.report(3, tmp_path / "x.html")
    with pytest.raises(sp.InputError, match="cannot write"):
        sp.report(
            sp.derive(sympy.Symbol("a", real=True) ** 2, (sympy.Symbol("a", real=True),)), tmp_path / "n" / "x.html"
        )


def test_user_text_is_escaped(tmp_path):
    a = sympy.Symbol("<script>alert(1)</script>", real=True)
    text = sp.report(sp.derive(a**2, (a,)), tmp_path / "d.html").read_text()
    assert "<script" not in text
    assert "&lt;script" in text


def test_comparison_signs_are_escaped_in_mathml():
    x = sympy.Symbol("x")
    text = displayed(sympy.And(x > 0, x < 2))
    assert "&lt;" in text
    assert "&gt;" in text


def test_figures_are_reproducible():
    plot = Plot("t", "x", "y", (Series("line", range(3), range(3), "a"),), "a line")
    assert svg(plot) == svg(plot)


@pytest.mark.parametrize(
    ("place", "limits", "label"),
    [
        (20.0, (10.0, 300.0), "20"),
        (30.0, (10.0, 300.0), ""),
        (50.0, (10.0, 300.0), "50"),
        (20.0, (1.0, 1000.0), ""),
        (5e-9, (1e-9, 1e-8), r"$5\times 10^{-9}$"),
        (2e6, (1e6, 1e7), r"$2\times 10^{6}$"),
    ],
)
def test_few_ticks_between_powers_of_ten_are_labelled(place, limits, label):
    from stabproof.reports.figure import _between_powers

    assert _between_powers(place, *limits) == label
