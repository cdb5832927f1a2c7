"""How an SGD optimiser draws its batches, as exact data for a certificate."""

from typing import Any

import numpy as np

from certify.training.sampling import BOTH, FIXED
from foundation import InputError
from numeric import SGD, Regression


def sampling_settings(optimizer: SGD) -> dict[str, Any]:
    """The sampling, the order where one is given, and drop_last where it is set; no word means both usual ways."""
    settings: dict[str, Any] = {"drop_last": True} if optimizer.drop_last else {}
    if optimizer.sampling is None:
        return {"sampling": BOTH, **settings}
    if isinstance(optimizer.sampling, str):
        return {"sampling": optimizer.sampling, **settings}
    return {"sampling": FIXED, "order": np.array(optimizer.sampling, dtype=np.int64), **settings}


def check_sampling(problem: Regression, optimizer: SGD) -> None:
    """Raises `InputError` where batches, order and data do not fit together."""
    count = problem.number_of_examples
    batch = optimizer.checked_batch_size(count)
    if isinstance(optimizer.sampling, tuple) and len(optimizer.sampling) != count:
        raise InputError(
            f"the order of the examples has {len(optimizer.sampling)} entries, but there are {count} examples"
        )
    settings = sampling_settings(optimizer)
    if optimizer.drop_last and settings["sampling"] == FIXED and count % batch:
        raise InputError(
            f"a fixed order that drops the last {count % batch} examples never fits them; leave them out of the data"
        )
