"""The tracked training run: agreement of the views, confidence above the estimates, errors."""

import numpy as np
import pytest

from cases import case
from cases.tracking import confidence_bounds, derive_linearised_step, tracked
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic.derivation import all_passed

SMALL = {"examples": 8, "width": 6, "epochs": 20, "checkpoints": 3, "confidence": "no"}


@pytest.mark.parametrize("given", [{"batch_size": 2}, {"batch_size": 8, "multiple": "4/5", "labels": "classes"}])
def test_the_views_agree(given):
    assert crosscheck("tracking", **SMALL, **given).agrees


def test_confidence_bounds_lie_above_the_estimates():
    values = case("tracking").values(SMALL | {"batch_size": 2})
    _, _, found = tracked(values)
    bounds = confidence_bounds(values)
    assert (bounds >= found.series("exponent") - 3 * found.series("error")).all()
    assert np.isfinite(bounds).all()


def test_the_derivation_passes():
    assert all_passed(derive_linearised_step().verify())


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(InputError, match="batch_size"):
        crosscheck("tracking", examples=4, batch_size=5)


def test_shuffled_epochs_are_tracked():
    """The views agree, and a permutation is run through before the next one begins."""
    assert crosscheck("tracking", **SMALL, batch_size=2, sampling="shuffled").agrees
    _, optimizer, found = tracked(case("tracking").values(SMALL | {"batch_size": 2, "sampling": "shuffled"}))
    assert optimizer.sampling == "shuffled"
    assert found.shuffled
    with pytest.raises(InputError, match="do not fill"):
        crosscheck("tracking", **SMALL | {"examples": 7}, batch_size=2, sampling="shuffled")
