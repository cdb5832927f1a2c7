"""The table that says which module holds which sentences."""

import pytest

from certify.statements.catalogue import _MODULES, TEMPLATES
from foundation import load


@pytest.mark.parametrize("module", _MODULES)
def test_every_sentence_is_found_by_its_identifier(module):
    for template in load(f"certify.statements.{module}").TEMPLATES:
        assert TEMPLATES[template.id] is template
