"""How batches are drawn, as an optimiser's settings say it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from foundation import CertificateError

IID = "iid"
SHUFFLED = "shuffled"
FIXED = "fixed"
BOTH = "iid and shuffled"

SCHEMES = (IID, SHUFFLED, FIXED, BOTH)


def sampling_of(optimizer: Mapping[str, Any]) -> str:
    """How the batches of SGD are drawn.

    "iid": uniform batches of distinct examples, independent from step to step (also when nothing is said, as in older
    certificates). "shuffled": every epoch runs through a fresh uniform permutation. "fixed": every epoch runs through
    the same order. "iid and shuffled": the first two, side by side. Raises `CertificateError` for anything else.
    """
    scheme = optimizer.get("sampling", IID)
    if not isinstance(scheme, str) or scheme not in SCHEMES:
        raise CertificateError(f"the sampling is {scheme!r}, but must be one of {', '.join(SCHEMES)}")
    return scheme


def drops_last(optimizer: Mapping[str, Any]) -> bool:
    """Whether an epoch leaves out the examples that do not fill a batch."""
    given = optimizer.get("drop_last", False)
    if not isinstance(given, bool):
        raise CertificateError(f"the setting 'drop_last' is {given!r}, but must be true or false")
    return given


def order_of(optimizer: Mapping[str, Any], examples: int) -> np.ndarray:
    """The order of a fixed epoch, (N,); 0, 1, ... when none is given. Raises `CertificateError` on no permutation."""
    order = optimizer.get("order")
    if order is None:
        return np.arange(examples)
    if not isinstance(order, np.ndarray) or order.dtype != np.int64 or order.shape != (examples,):
        raise CertificateError(f"the order of the examples must be {examples} whole numbers")
    if not np.array_equal(np.sort(order), np.arange(examples)):
        raise CertificateError(f"the order of the examples must name each of 0 to {examples - 1} exactly once")
    return order


def check_sampling(optimizer: Mapping[str, Any], examples: int, batch_size: int) -> None:
    """Raises `CertificateError` on a sampling that does not fit the data."""
    scheme, dropping = sampling_of(optimizer), drops_last(optimizer)
    if scheme != FIXED and "order" in optimizer:
        raise CertificateError(f"an order of the examples belongs to fixed sampling, but the sampling is {scheme!r}")
    order_of(optimizer, examples)
    if dropping and scheme == FIXED and examples % batch_size:
        raise CertificateError(
            f"a fixed order that drops the last {examples % batch_size} examples never fits them; leave them out"
        )
