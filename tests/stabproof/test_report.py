"""Reports: whole, self-contained, honest."""

import html.parser
import re
from dataclasses import replace

import pytest
import sympy

import stabproof as sp
from cases import Plot, Series
from stabproof.reports.figure import svg
from stabproof.reports.mathml import displayed

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


def test_a_planted_error_shows_in_the_report(tmp_path):
    a = sympy.symbols("a", real=True)
    derivation = sp.derive((a - 2) ** 2, (a,))
    wrong = replace(derivation.steps[1], expression=sympy.Integer(7))
    broken = replace(derivation, steps=(derivation.steps[0], wrong, *derivation.steps[2:]))
    assert "check failed" in sp.report(broken, tmp_path / "d.html").read_text()


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
