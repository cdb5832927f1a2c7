"""A subdivision of a box whose parts are tested again: a proof by branch and bound, repeated without searching."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from certify.effort import charge
from certify.morse.partition import COVERED, EXCLUDED, OPEN, Boxes, halves, levels
from foundation import CertificateError

Test: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(lower (N, d), upper (N, d)) -> bool (N,): for which boxes it is proved what has to hold there."""

_CHUNK = 4096
# Another machine rounds differently: a part that is barely proved is halved this often.
_FURTHER_HALVINGS = 6


def open_parts(test: Test, codes: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Boxes:
    """The parts of the subdivision of [lower, upper] (d,) that are left open; every other one passes the test.

    Raises `CertificateError` where a part that is marked as proved does not pass.
    """
    found: list[Boxes] = []
    for boxes, own in levels(codes, lower, upper):
        charge("steps", len(own))
        if (own == COVERED).any():
            raise CertificateError("the certificate's subdivision has parts of a kind that its proof does not know")
        closed = own == EXCLUDED
        _demand(test, (boxes[0][closed], boxes[1][closed]), _FURTHER_HALVINGS)
        found.append((boxes[0][own == OPEN], boxes[1][own == OPEN]))
    lows, highs = (np.concatenate([part[side] for part in found]) for side in (0, 1))
    return lows, highs


def holds_on(test: Test, lower: np.ndarray, upper: np.ndarray, halvings: int) -> bool:
    """Whether all parts of the box (d,), halved at most so often where that is needed, pass the test."""
    try:
        _demand(test, (lower[None], upper[None]), halvings)
    except CertificateError:
        return False
    return True


def _demand(test: Test, boxes: Boxes, halvings: int) -> None:
    for start in range(0, len(boxes[0]), _CHUNK):
        part = boxes[0][start : start + _CHUNK], boxes[1][start : start + _CHUNK]
        left = ~test(*part)
        if not left.any():
            continue
        if halvings == 0:
            raise CertificateError("a part of the certificate's box does not pass the test that its proof needs")
        rest = part[0][left], part[1][left]
        _demand(test, halves(rest, np.argmax(rest[1] - rest[0], axis=1)), halvings - 1)
