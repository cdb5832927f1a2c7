"""The written specification lists what the catalogue and the registry hold."""

import string
from pathlib import Path

import pytest

from certify.certificate.checker import PROVERS
from certify.certificate.problems import PROBLEMS
from certify.lyapunov.registry import ENGINES, SGD_ENGINES, twin_of
from certify.program.primitives.meanings import MEANINGS
from certify.program.primitives.registry import PRIMITIVES
from certify.statements import TEMPLATES
from certify.statements.exponents import PLACES
from certify.statements.specification import specified
from certify.statements.template import NUMBERS, ROLES
from foundation import CertificateError

PAGE = Path(__file__).parents[3] / "docs" / "certificate-format.md"


def test_the_page_is_current():
    """`python -m certify.statements.specification docs/certificate-format.md` brings it up to date."""
    text = PAGE.read_text(encoding="utf-8")
    assert specified(text) == text


def test_every_primitive_has_a_meaning():
    assert set(MEANINGS) == set(PRIMITIVES)


def test_every_sentence_can_be_said():
    for id, template in TEMPLATES.items():
        assert id == template.id
        assert template.role in ROLES
        assert template.number in NUMBERS
        for text in (template.text, template.name):
            gaps = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            assert gaps <= set(template.parameters), id
        assert (template.role == "claim") == bool(template.formula), id
        assert bool(template.name) == (template.role in ("claim", "hypothesis")), id
        assert all(TEMPLATES[other].role == "hypothesis" for other in template.hypotheses), id


def test_claims_and_theorems_have_exact_parameters_only():
    """What hangs on rounding, or is free words, never stands in what is proved."""
    for id, template in TEMPLATES.items():
        if template.role in ("claim", "hypothesis", "theorem"):
            assert all(kind.exact and kind.stored for kind in template.parameters.values()), id


def test_the_engines_have_names():
    assert set(PLACES) == set(ENGINES) | set(SGD_ENGINES)


def test_every_engine_for_sgd_has_its_twin():
    assert [twin_of(name) for name in SGD_ENGINES] == ["determinant", "contraction", "reduction", "concave_bound"]
    with pytest.raises(CertificateError, match="twin of no engine"):
        twin_of("sgd_alone")


def test_every_kind_has_its_entries():
    assert set(PROBLEMS) == set(PROVERS)
    for kind in PROVERS:
        assert f"`{kind}`" in PAGE.read_text(encoding="utf-8")
