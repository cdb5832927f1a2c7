"""Summaries of results: boxes in terminals, tables in notebooks."""

import unicodedata

import pytest

from foundation import Summary, more


def test_a_box_is_straight_and_breaks_no_number():
    number = "0." + "1234567890" * 9 + "(5)"
    box = Summary(
        "A title " * 20, "STABLE", (("label", f"words {number} words"), ("a label that is much longer", "x"))
    ).text()
    lines = box.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert number in box
    short = Summary("Title", "", (("label", "word " * 40),)).text().splitlines()
    assert {len(line) for line in short} == {78}
    assert all(unicodedata.category(c) != "Cc" for line in short for c in line)


def test_html_is_escaped_and_numbers_stay_whole():
    shown = Summary("<b>", "UNSTABLE", (("x", "<script> 0.5(1)"),)).html()
    assert "<script>" not in shown
    assert "&lt;b&gt;" in shown
    assert '<span style="white-space:nowrap">0.5(1)</span>' in shown
    assert "#d6455d" in shown


def test_more_counts_the_rest():
    assert more(iter("abc"), 2, 3) == "a, b, and 1 more"
    assert more(iter("ab"), 2, 2) == "a, b"


def test_every_result_shows_itself_in_a_few_lines():
    import numpy as np
    import sympy

    import stabproof as sp

    x, y = sympy.symbols("x y", real=True)
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, np.array([1.5, 2.0]), np.ones(1), np.full(1, 3.0))
    found = sp.all_equilibria([x - x**3], [(-2, 2)])
    results = [
        sp.certify_minimum(problem, sp.GradientDescent(0.1)),
        found,
        found.certificate,
        sp.derive((x * y - 2) ** 2, (x, y)),
        sp.morse_class(x**2, [(-1, 1)]),
        sp.eigenvalues(matrix),
        sp.symmetric_eigenvalues(matrix),
        sp.singular_values(matrix),
        sp.flow([-x], [1.0], 1),
    ]
    for result in results:
        text = repr(result)
        assert str(result) == text
        assert text.startswith("╭")
        assert 3 <= len(text.splitlines()) <= 24
        assert max(map(len, text.splitlines())) <= 100
        assert result._repr_html_().startswith('<div class="stabproof-summary"')
    assert "3: 2 stable, 1 unstable" in repr(found)
    assert found.kinds == ("stable", "unstable", "stable")
    assert "STABLE" in repr(results[0])
    assert "C2 PROVED" in repr(results[4])


def test_a_summary_is_each_results_own():
    from foundation import Shown

    with pytest.raises(NotImplementedError):
        repr(Shown())
