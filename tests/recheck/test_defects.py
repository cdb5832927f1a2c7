"""The table of defects of the first program fits its source; one of them is planted, and refused."""

import pytest
from plant import TABLE, attempt, load, staleness

DEFECTS = load(TABLE)


def test_there_are_at_least_sixty_defects_with_different_names():
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 60


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_each_defect_fits_the_source(defect):
    assert staleness(defect) == ""


def test_a_false_certificate_is_refused():
    state, reason = attempt(DEFECTS[0])
    assert state == "refused", reason
