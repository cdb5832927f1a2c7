"""Every system tells what its source states, each with a status that the case can show."""

import pytest

from cases import case, case_names
from cases.statements import StatementStatus, statements


def test_every_system_has_statements_and_no_other_has():
    assert set(statements()) == set(case_names())
    assert all(found for found in statements().values())


@pytest.mark.parametrize("name", case_names())
def test_each_status_is_shown_by_the_case(name):
    """A derivation of that title, or that many errata; every erratum of the case is among its statements."""
    found = case(name)
    view = found.symbolic(found.values({})) if found.symbolic else None
    titles = [derivation.title for derivation in view.derivations] if view else []
    told = statements()[name]
    for statement in told:
        assert statement.place
        assert statement.text.endswith(".")
        if statement.status is StatementStatus.DERIVED:
            assert statement.by in titles, (statement.by, titles)
        if statement.status is StatementStatus.CITED:
            assert not statement.by
    errata = sorted(int(s.by) for s in told if s.status is StatementStatus.ERRATUM)
    assert errata == list(range(1, len(found.errata) + 1))
